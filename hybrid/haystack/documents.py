"""Hits and citations as Haystack's documents, and documents as passages to answer from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from haystack import Document

import hybrid
from hybrid.components import beside_own, cited_place, passage_from, place_of, support_of
from hybrid.errors import InputError
from hybrid.types.answers import Answer, Hit
from hybrid.types.base import shown


def document_of_hit(hit: Hit, document: hybrid.Document) -> Document:
    """A search result: its content is the span, its meta say where it stands, beside the document's own."""
    return _document(hit.text, beside_own(place_of(hit, document), document), hit.score)


def documents_of_citations(answer: Answer) -> list[Document]:
    """The citations of an answer, by number: the quote, where it stands, and as its score the support that it gives."""
    return [_document(one.quote, cited_place(one), support_of(one, answer)) for one in answer.citations]


def _document(content: str, meta: dict[str, Any], score: float | None) -> Document:
    return Document(id=f"{meta['source']}:{meta['start']}-{meta['end']}", content=content, meta=meta, score=score)


def passages_of(documents: Sequence[Document]) -> list[hybrid.Passage]:
    """Any retriever's documents as passages to answer from; those without text are left out.

    Raises `InputError` for what is no list of documents.
    """
    if not isinstance(documents, Sequence) or isinstance(documents, str):
        raise InputError(f"documents must be a list of haystack.Document, not {shown(documents)}")
    found = []
    for at, one in enumerate(documents):
        if not isinstance(one, Document):
            raise InputError(f"documents[{at}] must be a haystack.Document, not {shown(one)}")
        if one.content and one.content.strip():
            name = str(one.meta.get("file_path") or one.meta.get("source_id") or one.id)
            start = one.meta.get("split_idx_start")  # Haystack's splitters write it
            found.append(passage_from(one.content, one.meta, name, start, _page(one.meta)))
    return found


def _page(meta: Mapping[str, Any]) -> int | None:
    """The page from 1, as Haystack's converters and splitters count."""
    for key in ("page_number", "page"):
        value = meta.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
    return None
