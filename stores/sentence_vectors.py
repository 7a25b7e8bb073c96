"""Embeddings of sentences, a byte a number: a corpus has about six times as many sentences as chunks.

A vector of length 1 is scaled so that its largest number is 127, and rounded; only its direction is wanted, so the
scale is not stored. Cosines change by less than 0.005 (a test measures it).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, insert, select

from hybrid.stores.tables import SentenceTable

_LARGEST = 127  # of a signed byte
Span = tuple[int, int]


@dataclass(frozen=True, eq=False)
class SentenceVectors:
    """A document's sentences: ``spans`` are ``[start, end)`` of its canonical text, in order and apart from each other;
    ``vectors`` ``[len(spans), dimension]`` float32. ``parts`` are the spans that say each sentence, where that is not
    its own alone (`hybrid.text.layout.Unit`): a table's row has its heading first."""

    spans: Sequence[Span]
    vectors: NDArray[np.float32]
    parts: Sequence[tuple[Span, ...]] = ()


@dataclass(frozen=True, eq=False)
class StoredSentence:
    """One sentence, ``[start, end)`` of its document, and its vector ``[dimension]`` of length 1. ``parts`` as in
    `SentenceVectors`."""

    start: int
    end: int
    vector: NDArray[np.float32]
    parts: tuple[Span, ...] = ()


def packed(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """``vectors`` ``[n, dimension]`` as they are stored."""
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True, initial=0.0), 1e-12)
    codes: NDArray[np.int8] = np.rint(vectors * (_LARGEST / largest)).astype(np.int8)
    return codes


def unpacked(codes: NDArray[np.int8]) -> NDArray[np.float32]:
    """Vectors ``[n, dimension]`` of length 1 from what `packed` made."""
    vectors = codes.astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = vectors / np.maximum(lengths, 1e-12)
    return unit


def add(connection: Connection, document_id: int, found: SentenceVectors) -> None:
    """Store a document's sentences."""
    if len(found.spans) != len(found.vectors):
        raise ValueError(f"{len(found.spans)} sentences with {len(found.vectors)} vectors")
    parts = found.parts or [((start, end),) for start, end in found.spans]
    rows = [
        {
            "document_id": document_id,
            "start": start,
            "end": end,
            "vector": code.tobytes(),
            "parts": json.dumps(of_it) if tuple(of_it) != ((start, end),) else None,
        }
        for (start, end), code, of_it in zip(found.spans, packed(found.vectors), parts, strict=True)
    ]
    if rows:
        connection.execute(insert(SentenceTable), rows)


def overlapping(connection: Connection, document_id: int, start: int, end: int, longest: int) -> list[StoredSentence]:
    """The sentences of a document that ``[start, end)`` touches, in order. None is longer than ``longest``, which
    bounds what is searched."""
    given: dict[str, Any] = {"document": document_id, "after": start - longest, "start": start, "end": end}
    rows = connection.execute(_OVERLAPPING, given).all()
    if not rows:
        return []
    vectors = unpacked(np.stack([np.frombuffer(row.vector, np.int8) for row in rows]))
    return [
        StoredSentence(row.start, row.end, vector, _parts(row.start, row.end, row.parts))
        for row, vector in zip(rows, vectors, strict=True)
    ]


def _parts(start: int, end: int, stored: str | None) -> tuple[Span, ...]:
    return ((start, end),) if stored is None else tuple((first, last) for first, last in json.loads(stored))


# Made once: SQLAlchemy takes longer to put it together than SQLite to answer it.
_OVERLAPPING = (
    select(SentenceTable.start, SentenceTable.end, SentenceTable.vector, SentenceTable.parts)
    .where(SentenceTable.document_id == bindparam("document"), SentenceTable.start >= bindparam("after"))
    .where(SentenceTable.start < bindparam("end"), SentenceTable.end > bindparam("start"))
    .order_by(SentenceTable.start)
)
