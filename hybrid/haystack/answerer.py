"""A corpus with both its memories as a component of Haystack's that answers."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import aclosing
from pathlib import Path
from typing import Any

from haystack import Document, GeneratedAnswer, component, default_from_dict, default_to_dict
from haystack.components.generators.chat.types import ChatGenerator
from haystack.core.serialization import component_to_dict
from haystack.dataclasses import (
    ChatMessage,
    ComponentInfo,
    StreamingCallbackT,
    StreamingChunk,
    select_streaming_callback,
)
from haystack.utils import deserialize_callable, serialize_callable

from hybrid.components import Opener, checked_route, corpus_of, facts_of
from hybrid.corpus import Corpus
from hybrid.errors import InputError
from hybrid.haystack.documents import documents_of_citations, passages_of
from hybrid.haystack.filters import filter_from
from hybrid.types.answers import Answer, RouteName
from hybrid.types.base import shown
from hybrid.types.events import EndEvent, TextEvent


@component
class HybridAnswerer:
    """Answers from a corpus, with citations and a verdict on every sentence.

    ``answers`` is one `GeneratedAnswer`: its ``data`` is the text with its numbers, its ``documents`` are the citations
    by number (the quote, and in ``meta`` where it stands, who says it and when, and the status of its document), and
    its ``meta`` have ``found``, ``route``, ``verdicts`` (every claim, its span in the text, its verdict and its
    citations), ``notes``, ``digest``, ``draft``, ``commit`` and ``where``. ``found`` is false where nothing in the
    corpus answers; the text then says what was searched, and a router may ask elsewhere.

    With ``documents`` connected to any retriever, these are what is quoted and what every sentence is verified against;
    the corpus gives its router and its memory.

    Args:
        corpus: an open corpus, or the directory of one, which is opened with the first query. Written to a pipeline's
            file is the directory.
        route: ``"lookup"``, ``"comprehension"`` or ``"both"``, instead of the router's choice.
        filters: answer from these documents of the corpus only: a filter of Haystack's (`hybrid.haystack.filters`).
            Those of the call stand in the place of these.
        writer: a chat generator of Haystack's, which writes in the memory's place; every sentence of it is verified,
            and what nothing supports is left out.
        streaming_callback: called with each piece of the text: quotes first, then each sentence once it is verified.
            That of the call stands in its place.

    Raises:
        CorpusNotFoundError: with the first query, if there is no corpus in the directory.
        InputError: an argument that cannot be used; an empty query; a filter that names what no document has, or that
            is given beside documents.
        UnsupportedOperationError: a filter with an operator that a corpus does not have.

    Example:
        >>> answerer = HybridAnswerer("acme-v-beta")
        >>> answerer.run("When does the supply agreement end?")["answers"][0].documents[0].content
        'The supply agreement ends on 30 June 2027, unless both parties extend it in writing.'
    """

    def __init__(
        self,
        corpus: Corpus | str | Path,
        route: RouteName | None = None,
        filters: dict[str, Any] | None = None,
        writer: ChatGenerator | None = None,
        streaming_callback: StreamingCallbackT | None = None,
    ) -> None:
        if writer is not None and (isinstance(writer, type) or not callable(getattr(writer, "run", None))):
            raise InputError(f"writer must be a chat generator of Haystack's, not {shown(writer)}")
        self._open = Opener(corpus_of(corpus))
        self._route = checked_route(route)
        self._filters = filters
        self._writer = writer
        self._streaming_callback = streaming_callback
        filter_from(filters)  # an error now, not with the first query

    def warm_up(self) -> None:
        """Opens the corpus, and warms the writer up. Raises `CorpusNotFoundError` if there is none."""
        self._open()
        if callable(warm_up := getattr(self._writer, "warm_up", None)):
            warm_up()

    def to_dict(self) -> dict[str, Any]:
        """What `from_dict` makes it of: the directory of the corpus, and the arguments."""
        callback = self._streaming_callback
        return default_to_dict(
            self,
            corpus=self._open.directory,
            route=self._route,
            filters=self._filters,
            writer=None if self._writer is None else component_to_dict(self._writer, "writer"),
            streaming_callback=None if callback is None else serialize_callable(callback),
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> HybridAnswerer:
        """The component that `to_dict` wrote down."""
        given = dict(data.get("init_parameters", {}))
        if given.get("streaming_callback") is not None:
            given["streaming_callback"] = deserialize_callable(given["streaming_callback"])
        return default_from_dict(cls, {**data, "init_parameters": given})

    @component.output_types(answers=list[GeneratedAnswer], found=bool)
    def run(
        self,
        query: str,
        documents: list[Document] | None = None,
        filters: dict[str, Any] | None = None,
        history: list[str] | None = None,
        streaming_callback: StreamingCallbackT | None = None,
    ) -> dict[str, Any]:
        """The answer to ``query``.

        Args:
            query: a question.
            documents: answer from these in the index's place; an empty list says that nothing was found.
            filters: in the place of the component's own.
            history: the questions asked before, oldest first.
            streaming_callback: in the place of the component's own.
        """
        tell = select_streaming_callback(self._streaming_callback, streaming_callback, requires_async=False)
        options = self._options(documents, filters, history)
        listener = None if tell is None else lambda piece: tell(self._chunk(piece))
        return _found(self._open().ask(query, **options, on_token=listener))

    @component.output_types(answers=list[GeneratedAnswer], found=bool)
    async def run_async(
        self,
        query: str,
        documents: list[Document] | None = None,
        filters: dict[str, Any] | None = None,
        history: list[str] | None = None,
        streaming_callback: StreamingCallbackT | None = None,
    ) -> dict[str, Any]:
        """`run`, without holding up the event loop; a callback that is a coroutine function is awaited."""
        tell = select_streaming_callback(self._streaming_callback, streaming_callback, requires_async=True)
        options = self._options(documents, filters, history)
        corpus = await asyncio.to_thread(self._open)
        if tell is None:
            return _found(await corpus.aask(query, **options))
        async with aclosing(corpus.astream(query, **options)) as events:
            async for event in events:
                if isinstance(event, TextEvent):
                    told = tell(self._chunk(event.text))
                    if inspect.isawaitable(told):
                        await told
                elif isinstance(event, EndEvent):
                    return _found(event.answer)
        raise AssertionError("the events have no end")  # an answer's always have

    def _options(
        self, documents: list[Document] | None, filters: dict[str, Any] | None, history: list[str] | None
    ) -> dict[str, Any]:
        where = filter_from(self._filters if filters is None else filters)
        if documents is not None and where is not None:
            raise InputError(
                "filters choose documents of the corpus, and the documents to answer from are given; give the filters "
                "to the retriever, which finds them"
            )
        return {
            "route": self._route,
            "history": history or [],
            "where": where,
            "passages": None if documents is None else passages_of(documents),
            "writer": None if self._writer is None else _Writer(self._writer),
        }

    def _chunk(self, text: str) -> StreamingChunk:
        return StreamingChunk(text, component_info=ComponentInfo.from_component(self))


def _found(answer: Answer) -> dict[str, Any]:
    documents = documents_of_citations(answer)
    made = GeneratedAnswer(data=answer.text, query=answer.question, documents=documents, meta=facts_of(answer))
    return {"answers": [made], "found": answer.found}


class _Writer:
    """A chat generator of Haystack's, as `hybrid.Corpus.ask` takes a writer."""

    def __init__(self, generator: ChatGenerator) -> None:
        self._generator = generator

    def invoke(self, messages: list[tuple[str, str]]) -> str:
        """What it writes. Raises what the generator raises."""
        made = {"system": ChatMessage.from_system, "user": ChatMessage.from_user}
        replies = self._generator.run(messages=[made[role](text) for role, text in messages])["replies"]
        return (replies[0].text if replies else None) or ""
