"""A corpus with both its memories as a LlamaIndex query engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterator, Sequence
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.base.response.schema import (
    RESPONSE_TYPE,
    AsyncStreamingResponse,
    Response,
    StreamingResponse,
)
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.callbacks.schema import CBEventType, EventPayload
from llama_index.core.llms.llm import LLM
from llama_index.core.schema import NodeWithScore, QueryBundle

from hybrid.components import Opener, checked_route, corpus_of, facts_of, filter_of
from hybrid.corpus import Corpus
from hybrid.errors import InputError
from hybrid.llamaindex.nodes import asked, node_of_citation, nodes_of_citations, passages_of
from hybrid.llamaindex.retriever import HybridRetriever
from hybrid.types.answers import Answer, RouteName
from hybrid.types.base import shown
from hybrid.types.documents import Passage
from hybrid.types.events import CitationEvent, EndEvent, Event, RouteEvent, TextEvent
from hybrid.types.filters import Filter


class HybridQueryEngine(BaseQueryEngine):
    """Answers from a corpus, with citations and a verdict on every sentence.

    ``response.response`` is the answer's text with its numbers, and ``response.source_nodes`` are the citations by
    number: the quote, and where it stands, who says it and when, and the status of its document, in the metadata. A
    node's score is the support that it gives to a claim. ``response.metadata`` have ``found``, ``route``, ``verdicts``
    (every claim, its span in the text, its verdict and its citations), ``notes``, ``digest``, ``draft``, ``commit``
    and ``where``. Where nothing in the corpus answers the question the text says so, ``found`` is false, and there are
    no source nodes.

    Args:
        corpus: an open corpus, or the directory of one, which is opened with the first question.
        route: ``"lookup"``, ``"comprehension"`` or ``"both"``, instead of the router's choice.
        where: answer from these documents of the corpus only.
        retriever: a retriever of LlamaIndex's that finds the evidence in the index's place: its nodes alone are
            quoted, and every sentence is verified against them.
        llm: a language model of LlamaIndex's, which writes in the memory's place; every sentence of it is verified,
            and what nothing supports is left out. Without one no model but the corpus's own is asked, whatever
            ``llama_index.core.Settings`` names.
        streaming: give the text piece by piece (`StreamingResponse`): quotes first, then each sentence once it is
            verified. The source nodes are added as they are cited, and the metadata are complete, when the text is.
        callback_manager: LlamaIndex's, which is told of each query.

    Raises:
        CorpusNotFoundError: with the first question, if there is no corpus in the directory.
        InputError: an argument that cannot be used; an empty question; a filter that names what no document has.

    Example:
        >>> response = HybridQueryEngine("acme-v-beta").query("When does the supply agreement end?")
        >>> response.source_nodes[0].text
        'The supply agreement ends on 30 June 2027, unless both parties extend it in writing.'
    """

    def __init__(
        self,
        corpus: Corpus | str | Path,
        *,
        route: RouteName | None = None,
        where: Filter | None = None,
        retriever: BaseRetriever | None = None,
        llm: LLM | None = None,
        streaming: bool = False,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        if retriever is not None and not isinstance(retriever, BaseRetriever):
            raise InputError(f"retriever must be a retriever of LlamaIndex's, not {shown(retriever)}")
        if retriever is not None and where is not None:
            raise InputError("where chooses documents of the corpus; give it to the retriever, which finds them")
        if llm is not None and not isinstance(llm, LLM):
            raise InputError(f"llm must be a language model of LlamaIndex's, not {shown(llm)}")
        self._given = corpus_of(corpus)
        self._open = Opener(self._given)
        self._route = checked_route(route)
        self._where = filter_of(where)
        self._retriever = retriever
        self._writer = None if llm is None else _StreamingWriter(llm) if streaming else _Writer(llm)
        self._streaming = streaming
        super().__init__(callback_manager)

    def retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """What `query` would answer from: the nodes of the retriever, or the spans that the corpus finds."""
        retriever = self._retriever or HybridRetriever(
            self._given, where=self._where, callback_manager=self.callback_manager
        )
        return retriever.retrieve(query_bundle)

    def synthesize(
        self,
        query_bundle: QueryBundle,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
    ) -> RESPONSE_TYPE:
        """Answer from these nodes alone, which are quoted and verified against; of the corpus its router and its memory
        are used. ``additional_source_nodes`` are added to the response's own and not read."""
        return self._with(self._response(asked(query_bundle), passages_of(nodes)), additional_source_nodes)

    async def asynthesize(
        self,
        query_bundle: QueryBundle,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
    ) -> RESPONSE_TYPE:
        """`synthesize`, without holding up the event loop."""
        return self._with(await self._aresponse(asked(query_bundle), passages_of(nodes)), additional_source_nodes)

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        question = asked(query_bundle)
        with self.callback_manager.event(CBEventType.QUERY, payload={EventPayload.QUERY_STR: question}) as told:
            found = None if self._retriever is None else passages_of(self._retriever.retrieve(query_bundle))
            response = self._response(question, found)
            told.on_end(payload={EventPayload.RESPONSE: response})
        return response

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        question = asked(query_bundle)
        with self.callback_manager.event(CBEventType.QUERY, payload={EventPayload.QUERY_STR: question}) as told:
            found = None if self._retriever is None else passages_of(await self._retriever.aretrieve(query_bundle))
            response = await self._aresponse(question, found)
            told.on_end(payload={EventPayload.RESPONSE: response})
        return response

    def _get_prompt_modules(self) -> dict[str, Any]:
        return {}  # no prompt of LlamaIndex's is used

    # Answering ---------------------------------------------------------------------------------------

    def _options(self, passages: list[Passage] | None) -> dict[str, Any]:
        where = None if passages is not None else self._where
        return {"route": self._route, "where": where, "passages": passages, "writer": self._writer}

    def _response(self, question: str, passages: list[Passage] | None) -> RESPONSE_TYPE:
        corpus = self._open()
        if not self._streaming:
            return _whole(corpus.ask(question, **self._options(passages)))
        events = corpus.stream(question, **self._options(passages))
        begun = _Streamed(next(events))  # a question that cannot be asked is an error here, not of who reads the text
        return StreamingResponse(begun.text(events), begun.nodes, begun.metadata)

    async def _aresponse(self, question: str, passages: list[Passage] | None) -> RESPONSE_TYPE:
        corpus = await asyncio.to_thread(self._open)
        if not self._streaming:
            return _whole(await corpus.aask(question, **self._options(passages)))
        events = corpus.astream(question, **self._options(passages))
        begun = _Streamed(await anext(events))
        return AsyncStreamingResponse(begun.atext(events), begun.nodes, begun.metadata)

    @staticmethod
    def _with(response: RESPONSE_TYPE, more: Sequence[NodeWithScore] | None) -> RESPONSE_TYPE:
        response.source_nodes.extend(more or ())
        return response


def _whole(answer: Answer) -> Response:
    return Response(answer.text, nodes_of_citations(answer), facts_of(answer))


class _Streamed:
    """What a streamed response has besides its text, filled while the text is read."""

    def __init__(self, first: Event) -> None:
        assert isinstance(first, RouteEvent)  # an answer's first event always is
        self.nodes: list[NodeWithScore] = []
        self.metadata: dict[str, Any] = {"route": first.route.name}

    def text(self, events: Generator[Event, None, None]) -> Generator[str, None, None]:
        """The pieces of the answer's text. Closing it ends the work."""
        with closing(events):
            for event in events:
                yield from self._said(event)

    async def atext(self, events: AsyncGenerator[Event, None]) -> AsyncGenerator[str, None]:
        """`text`, without holding up the event loop."""
        async with aclosing(events):
            async for event in events:
                for piece in self._said(event):
                    yield piece

    def _said(self, event: Event) -> tuple[str, ...]:
        if isinstance(event, CitationEvent):
            self.nodes.insert(event.citation.number - 1, node_of_citation(event.citation))
        elif isinstance(event, EndEvent):
            self._end(event.answer)
        return (event.text,) if isinstance(event, TextEvent) else ()

    def _end(self, answer: Answer) -> None:
        """The citations with their scores, in their places, and what the answer says of itself."""
        cited = nodes_of_citations(answer)
        self.nodes[: len(cited)] = cited  # further ones are the caller's additional source nodes
        self.metadata.update(facts_of(answer))


class _Writer:
    """A language model of LlamaIndex's, as `hybrid.Corpus.ask` takes a writer."""

    def __init__(self, llm: LLM) -> None:
        self._llm = llm

    def invoke(self, messages: list[tuple[str, str]]) -> str:
        """What it writes. Raises what the model raises."""
        return self._llm.chat(_chat(messages)).message.content or ""


class _StreamingWriter(_Writer):
    """One that is read piece by piece, so that its first sentence is verified before it has written the last."""

    def stream(self, messages: list[tuple[str, str]]) -> Iterator[str]:
        """What it writes, as it comes. Raises what the model raises."""
        for response in self._llm.stream_chat(_chat(messages)):
            yield response.delta or ""


def _chat(messages: list[tuple[str, str]]) -> list[ChatMessage]:
    return [ChatMessage(role=role, content=text) for role, text in messages]
