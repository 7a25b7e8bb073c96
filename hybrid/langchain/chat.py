"""A corpus with both its memories as a LangChain chat model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from langchain_core.callbacks import CallbackManager, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableConfig
from pydantic import ConfigDict, model_validator

from hybrid.corpus import Corpus
from hybrid.errors import InputError
from hybrid.langchain import prompts
from hybrid.langchain.opening import OfCorpus
from hybrid.langchain.prompts import citation_blocks, placed
from hybrid.langchain.streaming import Relay, StopWords
from hybrid.types.answers import Answer, RouteName
from hybrid.types.filters import Filter

if TYPE_CHECKING:
    from typing import Self

    from hybrid.types.documents import Passage


class ChatHybrid(OfCorpus, BaseChatModel):
    """Answers from a corpus, with citations and a verdict on every sentence.

    The last human message is the question, those before it are its history. The answer is text with annotations
    (`hybrid.langchain.prompts`), its ``response_metadata`` hold the route, the verdicts and the notes. Streamed,
    quotes come first and then what the memory writes, token by token; the mark that says what carries a sentence
    follows it as soon as it is verified, and the last chunk has the citations. The chunks add up to the message
    that ``invoke`` returns.

    A prompt that brings its own context (`hybrid.langchain.prompts`) is answered from that context, as is any
    question where there is a ``retriever``: its documents are what is quoted and verified against.

    Args:
        corpus: an open corpus, or the directory of one, which is opened with the first question.
        route: ``"lookup"``, ``"comprehension"`` or ``"both"``, instead of the router's choice; also in the call.
        where: answer from these documents of the corpus only; also in the call.
        retriever: a LangChain retriever that finds the evidence in the index's place.
        writer: another chat model, which writes in the memory's place.
        stop: the answer ends before the first of these strings; also in the call.
        streaming: LangChain's: ``invoke`` streams to the callbacks, too.

    Raises:
        CorpusNotFoundError: with the first question, if there is no corpus in the directory.
        InputError: no question, one that is too long, or a filter for a retriever that is not this library's.

    Example:
        >>> chat = ChatHybrid(corpus="acme-v-beta")
        >>> message = chat.invoke("When does the supply agreement end?")
        >>> message.content_blocks[0]["annotations"][0]["cited_text"]
        'The supply agreement ends on 30 June 2027, unless both parties extend it in writing.'
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    corpus: Corpus | str | Path
    route: RouteName | None = None
    where: Filter | None = None
    retriever: Runnable[str, Any] | None = None
    writer: Any = None
    stop: list[str] | None = None
    streaming: bool = False

    @model_validator(mode="after")
    def _filter_has_an_index(self) -> Self:
        if self.retriever is not None and self.where is not None:
            raise ValueError("a filter chooses documents of the corpus; give it to the retriever, which finds them")
        return self

    # Answering --------------------------------------------------------------------------------------

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        ask = self._asker(messages, run_manager, kwargs)
        answer, notes = ask(_unheard)
        cut = StopWords(self._stops(stop))
        text = cut.let(answer.text)
        text += cut.rest()
        message = AIMessage(content=[self._block(text, answer)], **self._about(messages, text, answer, notes))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        cut = StopWords(self._stops(stop))
        relay = Relay(self._asker(messages, run_manager, kwargs))
        text = ""
        for piece in relay.pieces():
            if said := cut.let(piece):
                text += said
                yield ChatGenerationChunk(message=AIMessageChunk(content=[_piece(said)]))
        if said := cut.rest():
            text += said
            yield ChatGenerationChunk(message=AIMessageChunk(content=[_piece(said)]))
        answer, notes = relay.result()
        last = {**self._block(text, answer), "text": ""}
        about = self._about(messages, text, answer, notes)
        yield ChatGenerationChunk(message=AIMessageChunk(content=[last], chunk_position="last", **about))

    def _asker(
        self, messages: Sequence[BaseMessage], run_manager: CallbackManagerForLLMRun | None, options: dict[str, Any]
    ) -> Callable[[Callable[[str], None]], tuple[Answer, tuple[str, ...]]]:
        """Asks what the messages ask, tells the answer to who is given, and returns it with notes on the prompt."""
        route, where = options.pop("route", self.route), options.pop("where", self.where)
        options.pop("stream", None)  # LangChain's own
        if options:
            raise InputError(
                f"ChatHybrid does not know {', '.join(sorted(options))}; a call takes stop, route and where"
            )
        asked = prompts.read(messages)
        corpus = self._opened()()
        passages: Any = asked.passages
        if passages is None and self.retriever is not None:

            def passages(question: str) -> tuple[Passage, ...]:
                return self._retrieved(question, run_manager)

        def ask(tell: Callable[[str], None]) -> tuple[Answer, tuple[str, ...]]:
            answer = corpus.ask(
                asked.question,
                route=route,
                history=asked.history,
                where=where if passages is None else None,
                passages=passages,
                writer=self.writer,
                on_token=tell,
            )
            return answer, asked.notes

        return ask

    def _retrieved(self, question: str, run_manager: CallbackManagerForLLMRun | None) -> tuple[Passage, ...]:
        assert self.retriever is not None
        found = self.retriever.invoke(question, config=_below(run_manager))
        return tuple(
            prompts.passage(document.page_content, document.metadata, str(document.id or f"document {number}"))
            for number, document in enumerate(found, 1)
        )

    # The message ------------------------------------------------------------------------------------

    def _stops(self, stop: list[str] | None) -> list[str]:
        return stop if stop is not None else self.stop or []

    def _block(self, text: str, answer: Answer) -> dict[str, Any]:
        return {**_piece(text), "annotations": citation_blocks(answer, len(text))}

    def _about(
        self, messages: Sequence[BaseMessage], text: str, answer: Answer, notes: tuple[str, ...]
    ) -> dict[str, Any]:
        """The usage and the metadata of a message."""
        count = self._opened()().count_tokens
        given, made = sum(count(str(message.text)) for message in messages), count(text)
        settings = self._opened()().settings
        verdicts = [
            {
                "text": claim.text,
                "start_index": start,
                "end_index": min(end, len(text)),
                **claim.model_dump(mode="json", include={"verdict", "origin", "support", "contradicted_by"}),
                "citations": [citation.number for citation in claim.citations],
            }
            for claim, start, end in placed(answer)
            if start < len(text)
        ]
        return {
            "usage_metadata": UsageMetadata(input_tokens=given, output_tokens=made, total_tokens=given + made),
            "response_metadata": {
                "model_provider": "hybrid",
                "model_name": settings.memory.model if settings.memory.enabled else settings.retrieval.embedder,
                "route": answer.route.name,
                "p_comprehension": answer.route.p_comprehension,
                "route_forced": answer.route.forced,
                "found": answer.found,
                "commit": answer.commit,
                "where": None if answer.where is None else str(answer.where),
                "verdicts": verdicts,
                "notes": [*notes, *answer.notes],
            },
        }

    # What LangChain asks of a model -----------------------------------------------------------------

    @property
    def _llm_type(self) -> str:
        return "hybrid"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {
            "corpus": self._opened().directory,
            "route": self.route,
            "where": self.where.model_dump() if self.where else None,
        }

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop or self.stop, **kwargs)
        params.setdefault("ls_model_name", f"hybrid/{Path(self._opened().directory).name}")
        return params

    def get_num_tokens(self, text: str) -> int:
        """Tokens of a text, by the memory's tokenizer where there is one, else by the embedder's."""
        return self._opened()().count_tokens(text)

    def get_token_ids(self, text: str) -> list[int]:
        """Token ids of a text, by the memory's tokenizer. Raises `UnsupportedModelError` where there is no memory."""
        return self._opened()().tokenize(text)


def _below(run_manager: CallbackManagerForLLMRun | None) -> RunnableConfig | None:
    """Traces show what the retriever does below what the model does."""
    if run_manager is None:
        return None
    handlers, inherited = run_manager.handlers, run_manager.inheritable_handlers
    return {"callbacks": CallbackManager(handlers, inherited, parent_run_id=run_manager.run_id)}


def _piece(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text, "index": 0}


def _unheard(piece: str) -> None:
    """Told, as a streamed answer is, so that both are the same; nobody listens."""
