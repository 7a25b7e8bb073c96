"""A corpus with both its memories as a LangChain chat model."""

from __future__ import annotations

import json
import re
import uuid
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Sequence
from contextlib import ExitStack, aclosing, closing, nullcontext, suppress
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast

from langchain_core.caches import BaseCache
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.globals import get_llm_cache
from langchain_core.language_models import BaseChatModel, BaseLanguageModel, LangSmithParams
from langchain_core.load import dumps
from langchain_core.load.serializable import Serializable
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult, Generation
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import Runnable, RunnableConfig
from pydantic import BeforeValidator, ConfigDict, Field, InstanceOf, field_validator, model_validator

from hybrid.components import placed
from hybrid.errors import InputError, UnsupportedOperationError
from hybrid.langchain import prompts
from hybrid.langchain.component import GivenCorpus, OfCorpus, checked_documents
from hybrid.langchain.prompts import citation_blocks
from hybrid.langchain.retriever import HybridRetriever
from hybrid.langchain.running import (
    Steps,
    StopWords,
    WriterRun,
    below,
    child_config,
    parent_of_call,
    parent_of_run,
    searching,
    stop_words,
    usage_of,
)
from hybrid.types.answers import Answer, RouteName
from hybrid.types.base import shown
from hybrid.types.events import EndEvent, EvidenceEvent, TextEvent
from hybrid.types.filters import Filter

if TYPE_CHECKING:
    from typing import Self

    from hybrid.types.documents import Passage


_INSTEAD = (
    "give the tools or the schema to another chat model, and this corpus to it as HybridRetriever, or that model to "
    "this one as writer="
)


LONGEST_TIMEOUT = 31_536_000
"""Seconds: a year. What an operating system can wait for ends later, at a limit of its own."""


class ChatHybrid(OfCorpus, BaseChatModel):
    """Answers from a corpus, with citations and a verdict on every sentence.

    The last human message is the question, those before it are its history. The answer is text with annotations
    (`hybrid.langchain.prompts`), its ``response_metadata`` hold the route, the verdicts and the notes. Streamed,
    quotes come first and then what is generated, sentence by sentence, each once it is verified; the last chunk has the
    citations. The chunks add up to the message that ``invoke`` returns.

    A prompt that brings its own context (`hybrid.langchain.prompts`) is answered from that context, as is any
    question where there is a ``retriever``: its documents are what is quoted and verified against.

    Args:
        corpus: an open corpus, or the directory of one, which is opened with the first question.
        route: ``"lookup"``, ``"comprehension"`` or ``"both"``, instead of the router's choice; also in the call.
        where: answer from these documents of the corpus only; also in the call.
        retriever: a LangChain retriever that finds the evidence in the index's place.
        writer: another chat model, which writes in the memory's place. It runs with the callbacks, tags and metadata of
            the call, and where its messages say what they cost, that is the answer's ``usage_metadata``.
        judge: a chat model that is asked about what the rules on a generated sentence leave open; it runs as the
            writer does.
        timeout: seconds for an answer; also in the call.
        stop: the answer ends before this string, or the first of these; also in the call.
        streaming: LangChain's: ``invoke`` streams to the callbacks, too.

    Raises:
        CorpusNotFoundError: with the first question, if there is no corpus in the directory.
        InputError: an argument that is unknown or cannot be used; no question, or one that is too long; a message with
            an image or a file; a filter for a retriever that is not this library's.
        AnswerTimeoutError: the time was over. The work stops at its next step: a token, a search, a sentence verified.

    Example:
        >>> chat = ChatHybrid(corpus="acme-v-beta")
        >>> message = chat.invoke("When does the supply agreement end?")
        >>> message.content_blocks[0]["annotations"][0]["cited_text"]
        'The supply agreement ends on 30 June 2027, unless both parties extend it in writing.'
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    corpus: GivenCorpus
    route: RouteName | None = None
    where: InstanceOf[Filter] | None = None
    retriever: Runnable[str, Any] | None = None
    writer: Any = None
    judge: Any = None
    timeout: float | None = Field(default=None, gt=0, le=LONGEST_TIMEOUT, allow_inf_nan=False, strict=True)
    stop: Annotated[list[str] | None, BeforeValidator(stop_words)] = None
    streaming: bool = False

    @field_validator("retriever", mode="before")
    @classmethod
    def _retriever_retrieves(cls, given: object) -> object:
        if isinstance(given, BaseLanguageModel):
            raise ValueError(f"a retriever gives documents, and {type(given).__name__} is a model; give it as writer=")
        return given

    @field_validator("cache", mode="before")
    @classmethod
    def _cache_is_langchains(cls, given: object) -> object:
        if given is not None and not isinstance(given, bool | BaseCache):
            raise ValueError(
                "must be a LangChain cache, such as langchain_core.caches.InMemoryCache(), or True or None for the one "
                f"of set_llm_cache, or False for none, not {shown(given)}"
            )
        return given

    @field_validator("writer", "judge", mode="before")
    @classmethod
    def _model_can_be_asked(cls, given: object) -> object:
        if given is not None and (isinstance(given, type) or not (callable(given) or hasattr(given, "invoke"))):
            raise ValueError(f"must be a LangChain chat model, or a function from messages to text, not {shown(given)}")
        return given

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
        return _result(list(self._steps(messages, stop, run_manager, kwargs).each()))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        steps = self._steps(messages, stop, run_manager.get_sync() if run_manager else None, kwargs)
        async with aclosing(steps.aeach()) as each:
            return _result([one async for one in each])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        with closing(self._steps(messages, stop, run_manager, kwargs).each()) as each:
            for one in each:
                if one is not None:
                    yield _chunk(one)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        steps = self._steps(messages, stop, run_manager.get_sync() if run_manager else None, kwargs)
        async with aclosing(steps.aeach()) as each:
            async for one in each:
                if one is not None:
                    yield _chunk(one)

    def _convert_input(self, model_input: Any) -> PromptValue:
        try:
            return super()._convert_input(model_input)
        except (ValueError, TypeError, KeyError, NotImplementedError) as error:
            raise InputError(
                'input is a question, a prompt value, or a list of messages, such as ("user", "When does the lease '
                f'end?"), and {shown(model_input)} cannot be made into one: {str(error).splitlines()[0]}'
            ) from None

    # LangChain streams without giving the run to `_stream`. These four say below which run the writer and the
    # retriever are at work.

    def stream(
        self, input: Any, config: RunnableConfig | None = None, *, stop: list[str] | None = None, **kwargs: Any
    ) -> Iterator[AIMessageChunk]:
        """LangChain's ``stream``."""
        config, parent = parent_of_call(config)
        chunks = super().stream(input, config, stop=stop, **kwargs)
        with closing(cast("Generator[AIMessageChunk]", chunks)):
            while True:
                with below(parent):  # not over a yield: the caller's code is no part of this run
                    chunk = next(chunks, None)
                if chunk is None:
                    return
                yield chunk

    async def astream(
        self, input: Any, config: RunnableConfig | None = None, *, stop: list[str] | None = None, **kwargs: Any
    ) -> AsyncIterator[AIMessageChunk]:
        """LangChain's ``astream``."""
        config, parent = parent_of_call(config)
        chunks = super().astream(input, config, stop=stop, **kwargs)
        async with aclosing(cast("AsyncGenerator[AIMessageChunk]", chunks)):
            while True:
                with below(parent):
                    chunk = await anext(chunks, None)
                if chunk is None:
                    return
                yield chunk

    def _generate_with_cache(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        with below(parent_of_run(run_manager)) if run_manager else nullcontext():
            return super(ChatHybrid, self._cached())._generate_with_cache(messages, stop, run_manager, **kwargs)

    async def _agenerate_with_cache(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        with below(parent_of_run(run_manager)) if run_manager else nullcontext():
            return await super(ChatHybrid, self._cached())._agenerate_with_cache(messages, stop, run_manager, **kwargs)

    def _cached(self) -> Self:
        """This model, with a cache that keeps no answer whose writer or judge failed; itself if there is no cache."""
        cache = self.cache if isinstance(self.cache, BaseCache) else get_llm_cache()
        if cache is None or self.cache is False:
            return self
        model = copy(self)
        vars(model)["cache"] = _WithoutFailures(cache)  # not checked as an assignment is
        return model

    def _steps(
        self,
        messages: Sequence[BaseMessage],
        stop: list[str] | None,
        run_manager: CallbackManagerForLLMRun | None,
        options: dict[str, Any],
    ) -> Steps[_Step]:
        words = stop_words(stop if stop is not None else self.stop) or []
        timeout = options.pop("timeout", self.timeout)
        number = isinstance(timeout, int | float) and not isinstance(timeout, bool)
        if timeout is not None and not (number and 0 < timeout <= LONGEST_TIMEOUT):
            raise InputError(
                f"timeout is a number of seconds above 0, at most {LONGEST_TIMEOUT:,}, or None, not {shown(timeout)}"
            )
        return Steps(self._said(messages, words, child_config(run_manager), options), timeout)

    def _said(
        self,
        messages: Sequence[BaseMessage],
        stop: list[str],
        config: RunnableConfig,
        options: dict[str, Any],
    ) -> Generator[_Step, None, None]:
        """The answer's text, piece by piece, and the whole message at the end. ``None`` is a step of work that brought
        no text: between any two steps the work can be stopped."""
        route, where = options.pop("route", self.route), options.pop("where", self.where)
        options.pop("stream", None)  # LangChain's own
        if options:
            known = "stop, route, where and timeout"
            raise InputError(f"ChatHybrid does not know {', '.join(sorted(options))}; a call takes {known}")
        asked = prompts.read(messages)
        passages: Any = asked.passages
        if passages is None and self.retriever is not None:

            def passages(question: str) -> tuple[Passage, ...]:
                return self._retrieved(question, config)

        writer, judge = (
            WriterRun(model, config) if isinstance(model, Runnable) else model for model in (self.writer, self.judge)
        )
        cut = StopWords(stop)
        text, answer = "", None
        yield None
        events = self._opened()().stream(
            asked.question,
            route=route,
            history=asked.history,
            where=where if passages is None else None,
            passages=passages,
            writer=writer,
            judge=judge,
        )
        with ExitStack() as turn, closing(events):
            if self.retriever is None:  # another's search may be a wait for the network
                turn.enter_context(searching())
            yield None  # whoever was given up while waiting for a turn does not search
            for event in events:
                if isinstance(event, EvidenceEvent):
                    turn.close()
                piece = cut.let(event.text) if isinstance(event, TextEvent) else ""
                text += piece
                yield piece or None
                if isinstance(event, EndEvent):
                    answer = event.answer
        if rest := cut.rest():
            text += rest
            yield rest
        assert answer is not None  # the last event has it
        about = self._about(messages, text, answer, asked.notes)
        if (usage := usage_of(writer, judge)) is not None:
            about["usage_metadata"] = usage
            # LangChain's counters add up usage by model_name, and their own runs have counted these.
            del about["response_metadata"]["model_name"]
        block = {**_piece(text), "annotations": citation_blocks(answer, len(text))}
        yield AIMessage(content=[block], **about)

    def _retrieved(self, question: str, config: RunnableConfig) -> tuple[Passage, ...]:
        assert self.retriever is not None
        found = checked_documents("what the retriever found", self.retriever.invoke(question, config=config))
        return tuple(
            prompts.passage(document.page_content, document.metadata, str(document.id or f"document {number}"))
            for number, document in enumerate(found, 1)
            if document.page_content.strip()
        )

    # The message ------------------------------------------------------------------------------------

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
                "digest": [part.model_dump(mode="json") for part in answer.digest],
                "draft": None if answer.draft is None else answer.draft.model_dump(mode="json"),
                "notes": [*notes, *answer.notes],
            },
        }

    # What it does not do ----------------------------------------------------------------------------

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        """Refused: raises `UnsupportedOperationError`."""
        raise UnsupportedOperationError(f"ChatHybrid has no tools, so bind_tools cannot be used: {_INSTEAD}")

    def with_structured_output(self, schema: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        """Refused: raises `UnsupportedOperationError`."""
        raise UnsupportedOperationError(
            f"ChatHybrid answers in the documents' words, so with_structured_output cannot be used: {_INSTEAD}"
        )

    # What LangChain asks of a model -----------------------------------------------------------------

    def _get_llm_string(self, stop: list[str] | None = None, **kwargs: Any) -> str:
        """The key of LangChain's caches, beside the messages: everything else that an answer depends on."""
        opened = self._opened()
        with opened().session() as session:
            state = session.fingerprint
        where = kwargs.pop("where", self.where)
        key = {
            "model": f"{type(self).__module__}.{type(self).__qualname__}",
            "corpus": str(Path(opened.directory).absolute()),
            "state": state,
            "route": kwargs.pop("route", self.route),
            "where": where.model_dump() if isinstance(where, Filter) else str(where),
            "stop": stop_words(stop if stop is not None else self.stop),
            "retriever": retriever_key(self.retriever),
            "writer": writer_key(self.writer),
            "judge": writer_key(self.judge),
            "options": str(sorted(kwargs.items())),
        }
        return json.dumps(key, sort_keys=True)

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


_Step = str | AIMessage | None


def _result(steps: Sequence[_Step]) -> ChatResult:
    message = steps[-1]
    assert isinstance(message, AIMessage)  # the last step is
    return ChatResult(generations=[ChatGeneration(message=message)])


def _chunk(step: str | AIMessage) -> ChatGenerationChunk:
    """A piece of text as a chunk; of the message at the end what the pieces do not have."""
    if isinstance(step, str):
        return ChatGenerationChunk(message=AIMessageChunk(content=[_piece(step)]))
    block = step.content[0]
    assert isinstance(block, dict)  # see `ChatHybrid._said`
    last = AIMessageChunk(
        content=[{**block, "text": ""}],
        usage_metadata=step.usage_metadata,
        response_metadata=step.response_metadata,
        chunk_position="last",
    )
    return ChatGenerationChunk(message=last)


def _piece(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text, "index": 0}


_FAILED = re.compile(r"The (?:writer|judge) did not (?:answer|finish): ")
"""How a note of `hybrid.Answer.notes` begins that says so."""


class _WithoutFailures(BaseCache):
    """A cache that is not given the answers whose writer or judge failed: the next call asks them again."""

    def __init__(self, cache: BaseCache) -> None:
        self._cache = cache

    def lookup(self, prompt: str, llm_string: str) -> Sequence[Generation] | None:
        return self._cache.lookup(prompt, llm_string)

    async def alookup(self, prompt: str, llm_string: str) -> Sequence[Generation] | None:
        return await self._cache.alookup(prompt, llm_string)

    def update(self, prompt: str, llm_string: str, return_val: Sequence[Generation]) -> None:
        if not _failed(return_val):
            self._cache.update(prompt, llm_string, return_val)

    async def aupdate(self, prompt: str, llm_string: str, return_val: Sequence[Generation]) -> None:
        if not _failed(return_val):
            await self._cache.aupdate(prompt, llm_string, return_val)

    def clear(self, **kwargs: Any) -> None:
        self._cache.clear(**kwargs)


def _failed(generations: Sequence[Generation]) -> bool:
    messages = (one.message for one in generations if isinstance(one, ChatGeneration))
    return any(_FAILED.match(note) for one in messages for note in one.response_metadata.get("notes", ()))


_NAMES: dict[int, tuple[weakref.ref[Any], str]] = {}


def retriever_key(retriever: Any) -> str:
    """Names what a retriever finds. One of another kind has a new key each time: what it searches may have changed, and
    nothing would say so."""
    if retriever is None:
        return ""
    return retriever.state() if isinstance(retriever, HybridRetriever) else uuid.uuid4().hex


def writer_key(writer: Any) -> str:
    """Names a model by what it is made of, where LangChain can write that down, and else this very object."""
    if isinstance(writer, Serializable) and writer.is_lc_serializable():
        written = dumps(writer)
        if '"not_implemented"' not in written:
            return written
    return "" if writer is None else f"{_name_of(writer)} {writer!r}"  # its repr, because its fields may be changed


def _name_of(thing: Any) -> str:
    """A name for an object that no other has, in this process or another, now or later."""
    known = _NAMES.get(id(thing))
    if known is not None and known[0]() is thing:
        return known[1]
    name, key = uuid.uuid4().hex, id(thing)

    def forget(_: object) -> None:
        _NAMES.pop(key, None)

    with suppress(TypeError):  # what cannot be known again has another name each time
        _NAMES[key] = (weakref.ref(thing, forget), name)
    return name
