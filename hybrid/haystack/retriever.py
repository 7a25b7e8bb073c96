"""A corpus's index as a retriever of Haystack's."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Literal

from haystack import Document, component, default_from_dict, default_to_dict

from hybrid.components import Opener, corpus_of, number_of_hits, order_of
from hybrid.corpus import Corpus
from hybrid.haystack.documents import document_of_hit
from hybrid.haystack.filters import filter_from


@component
class HybridRetriever:
    """Retrieves the spans of a corpus that are relevant to a query.

    A document's ``content`` is the span, character for character. Its ``meta`` say where it stands (``source``,
    ``title``, ``start``, ``end``, ``page``, ``last_page``, ``lines``, ``sha256``), who says it and when (``speaker``,
    ``author``, ``date``) and what its document is (``status``, ``status_reason``), beside the document's own metadata.
    Pages and lines count from 1; what is not known is ``None``.

    Args:
        corpus: an open corpus, or the directory of one, which is opened with the first query. Written to a pipeline's
            file is the directory.
        top_k: how many spans.
        filters: search these documents of the corpus only: a filter of Haystack's (`hybrid.haystack.filters`). Those of
            the call stand in the place of these.
        order: ``"dense"`` or ``"lexical"`` for one search alone.

    Raises:
        CorpusNotFoundError: with the first query, if there is no corpus in the directory.
        InputError: an argument that cannot be used; an empty query; a filter that names what no document has.
        UnsupportedOperationError: a filter with an operator that a corpus does not have.

    Example:
        >>> retriever = HybridRetriever("acme-v-beta", top_k=2)
        >>> retriever.run("When does the supply agreement end?")["documents"][0].meta["lines"]
        [3, 3]
    """

    def __init__(
        self,
        corpus: Corpus | str | Path,
        top_k: int = 10,
        filters: dict[str, Any] | None = None,
        order: Literal["fused", "dense", "lexical"] = "fused",
    ) -> None:
        self._open = Opener(corpus_of(corpus))
        self._top_k = number_of_hits(top_k)
        self._filters = filters
        self._order: Literal["fused", "dense", "lexical"] = order_of(order)
        filter_from(filters)  # an error now, not with the first query

    def warm_up(self) -> None:
        """Opens the corpus. Raises `CorpusNotFoundError` if there is none."""
        self._open()

    def to_dict(self) -> dict[str, Any]:
        """What `from_dict` makes it of: the directory of the corpus, and the arguments."""
        return default_to_dict(
            self, corpus=self._open.directory, top_k=self._top_k, filters=self._filters, order=self._order
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> HybridRetriever:
        """The component that `to_dict` wrote down."""
        return default_from_dict(cls, data)

    @component.output_types(documents=list[Document])
    def run(
        self, query: str, filters: dict[str, Any] | None = None, top_k: int | None = None
    ) -> dict[str, list[Document]]:
        """The best spans for ``query``, best first.

        Args:
            query: a question, or a search expression.
            filters: in the place of the component's own.
            top_k: in the place of the component's own.
        """
        where = filter_from(self._filters if filters is None else filters)
        with self._open().session() as session:
            hits = session.search(query, self._top_k if top_k is None else top_k, where=where, order=self._order)
            documents = session.get_documents({hit.document_id for hit in hits})
            return {"documents": [document_of_hit(hit, documents[hit.document_id]) for hit in hits]}

    @component.output_types(documents=list[Document])
    async def run_async(
        self, query: str, filters: dict[str, Any] | None = None, top_k: int | None = None
    ) -> dict[str, list[Document]]:
        """`run`, without holding up the event loop."""
        return await asyncio.to_thread(self.run, query, filters, top_k)
