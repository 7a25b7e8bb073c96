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
from sqlalchemy import Connection, bindparam, func, insert, select

from hybrid.errors import CorruptCorpusError
from hybrid.stores import records
from hybrid.stores.cells import damaged
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


MOST = 400_000
"""Sentences that are searched: 154 MB of vectors of 384 numbers. A larger corpus is searched by chunks alone."""
_BLOCK = 16_384  # rows that are made float32 together: 25 MB


@dataclass(frozen=True, eq=False)
class SentenceIndex:
    """The sentences of a corpus with their vectors, for an exact search: ``spans`` ``[n, 3]`` are document id, start
    and end, ``codes`` ``[n, dimension]`` what `packed` made, ``lengths`` ``[n]`` theirs."""

    spans: NDArray[np.int64]
    codes: NDArray[np.int8]
    lengths: NDArray[np.float32]

    def nearest(
        self, vector: NDArray[np.float32], k: int, documents: NDArray[np.int64] | None = None
    ) -> list[tuple[tuple[int, int, int], float]]:
        """The spans of the ``k`` sentences with the highest cosine to ``vector`` (float32 ``[dimension]``, length 1),
        best first, of ``documents`` or of all."""
        if self.codes.shape[1] != len(vector):
            raise damaged("sentences.vector", f"{len(vector)} bytes long", self.codes[0].tobytes())
        chosen = (
            np.arange(len(self.spans)) if documents is None else np.flatnonzero(np.isin(self.spans[:, 0], documents))
        )
        if not len(chosen) or k < 1:
            return []
        products = np.concatenate(
            [
                self.codes[chosen[first : first + _BLOCK]].astype(np.float32) @ vector
                for first in range(0, len(chosen), _BLOCK)
            ]
        )
        cosines = products / self.lengths[chosen]
        best = np.argpartition(-cosines, min(k, len(cosines)) - 1)[:k]
        best = best[np.argsort(-cosines[best], kind="stable")]
        rows: list[list[int]] = self.spans[chosen[best]].tolist()
        return [
            ((document_id, start, end), float(cosine))
            for (document_id, start, end), cosine in zip(rows, cosines[best], strict=True)
        ]


def index_of(connection: Connection) -> SentenceIndex | None:
    """The index of all stored sentences; ``None`` where there are none, or more than `MOST`."""
    n = connection.scalar(select(func.count()).select_from(SentenceTable)) or 0
    if not 0 < n <= MOST:
        return None
    if found := records.damaged_vectors(connection, ["sentences"]):
        raise CorruptCorpusError(
            f"the vectors of sentences of {len(found):,} documents in the catalog "
            "(catalog.sqlite, or what catalog.url names) are not those that were made "
            "(damaged, or edited): what they say would not be found; hybrid repair makes them again, and hybrid verify "
            "names them"
        )
    rows = connection.execute(_ALL).all()
    spans = np.array([row[:3] for row in rows], np.int64)
    codes = _codes([row.vector for row in rows])
    lengths = np.sqrt(np.einsum("nd,nd->n", codes, codes, dtype=np.float32, casting="unsafe"))
    return SentenceIndex(spans, codes, np.maximum(lengths, 1e-6))


def _codes(stored: Sequence[bytes]) -> NDArray[np.int8]:
    """The vectors ``[n, dimension]`` as they were packed, from those of n sentences, at least one."""
    dimension = len(stored[0])
    if any(len(one) != dimension for one in stored):
        raise damaged("sentences.vector", f"as long as the others, {dimension}", stored[0])
    return np.frombuffer(b"".join(stored), np.int8).reshape(len(stored), dimension)


def add(connection: Connection, document_id: int, found: SentenceVectors) -> list[tuple[int, int, str | None]]:
    """Store a document's sentences. Returns their starts, ends and parts, as they are stored."""
    if len(found.spans) != len(found.vectors):
        raise ValueError(f"{len(found.spans)} sentences with {len(found.vectors)} vectors")
    stored = as_stored(found)
    rows: list[dict[str, Any]] = [
        {"document_id": document_id, "start": start, "end": end, "vector": code.tobytes(), "parts": parts}
        for (start, end, parts), code in zip(stored, packed(found.vectors), strict=True)
    ]
    if rows:
        connection.execute(insert(SentenceTable), rows)
    return stored


def as_stored(found: SentenceVectors) -> list[tuple[int, int, str | None]]:
    """The starts, ends and parts of sentences, as they are stored."""
    parts = found.parts or [((start, end),) for start, end in found.spans]
    return [
        (start, end, json.dumps(of_it) if tuple(of_it) != ((start, end),) else None)
        for (start, end), of_it in zip(found.spans, parts, strict=True)
    ]


def overlapping(connection: Connection, document_id: int, start: int, end: int, longest: int) -> list[StoredSentence]:
    """The sentences of a document that ``[start, end)`` touches, in order. None is longer than ``longest``, which
    bounds what is searched."""
    given: dict[str, Any] = {"document": document_id, "after": start - longest, "start": start, "end": end}
    rows = connection.execute(_OVERLAPPING, given).all()
    if not rows:
        return []
    vectors = unpacked(_codes([row.vector for row in rows]))
    return [
        StoredSentence(row.start, row.end, vector, _parts(row.start, row.end, row.parts))
        for row, vector in zip(rows, vectors, strict=True)
    ]


def _parts(start: int, end: int, stored: str | None) -> tuple[Span, ...]:
    if stored is None:
        return ((start, end),)
    try:
        return tuple((int(first), int(last)) for first, last in json.loads(stored))
    except (ValueError, TypeError, RecursionError) as error:
        raise damaged("sentences.parts", "a JSON list of spans", stored) from error


# Made once: SQLAlchemy takes longer to put it together than SQLite to answer it.
_OVERLAPPING = (
    select(SentenceTable.start, SentenceTable.end, SentenceTable.vector, SentenceTable.parts)
    .where(SentenceTable.document_id == bindparam("document"), SentenceTable.start >= bindparam("after"))
    .where(SentenceTable.start < bindparam("end"), SentenceTable.end > bindparam("start"))
    .order_by(SentenceTable.start)
)
_ALL = select(SentenceTable.document_id, SentenceTable.start, SentenceTable.end, SentenceTable.vector)
