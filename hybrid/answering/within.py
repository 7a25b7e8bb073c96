"""Some of a corpus's documents, for verifying against them and no others."""

from __future__ import annotations

from collections.abc import Container
from typing import Protocol

from hybrid.answering.verification import Documents, Searches
from hybrid.answers import Hit
from hybrid.documents import Document, Location
from hybrid.filters import Filter

_PLACES = 1000  # looked at for one that is let through


class Matching(Documents, Protocol):
    """The part of a catalog that choosing documents needs."""

    def matching(self, wanted: Filter) -> list[int]:
        """The ids of the documents that a filter lets through."""


class Within:
    """A catalog and a searcher that know only the documents that a filter lets through.

    Example:
        verifier = Verifier(within, within, embedder, rarity)  # within = Within(catalog, searcher, where)
    """

    def __init__(self, catalog: Matching, searcher: Searches, where: Filter) -> None:
        self._catalog = catalog
        self._searcher = searcher
        self._where = where
        self._documents: Container[int] = frozenset(catalog.matching(where))

    def search(self, question: str, k: int = 10, where: Filter | None = None) -> list[Hit]:
        """The best spans of these documents; ``where`` is always the filter that they were chosen by."""
        return self._searcher.search(question, k, where or self._where)

    def find_exact(self, text: str, k: int = 10) -> list[tuple[int, int, int]]:
        """Up to ``k`` places in these documents where ``text`` stands."""
        return [place for place in self._catalog.find_exact(text, _PLACES) if place[0] in self._documents][:k]

    def document(self, document_id: int) -> Document:
        """A document with its text."""
        return self._catalog.document(document_id)

    def text(self, document_id: int, start: int = 0, end: int | None = None) -> str:
        """Characters ``[start, end)`` of a document."""
        return self._catalog.text(document_id, start, end)

    def locate(self, document_id: int, start: int, end: int) -> Location:
        """The pages and lines of a span."""
        return self._catalog.locate(document_id, start, end)
