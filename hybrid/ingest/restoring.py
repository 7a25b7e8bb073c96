"""Making a document's chunks and sentences again from its text, where rows of them are gone or damaged.

They are kept only if they come out as they were recorded, with the ids that the chunks had (`hybrid.stores.records`):
what is restored is what was there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hybrid.ingest.chunking import chunk
from hybrid.ingest.execution import Embedder
from hybrid.settings import IngestSettings
from hybrid.stores import integrity
from hybrid.stores.catalog import Catalog
from hybrid.stores.sentence_vectors import SentenceVectors, as_stored
from hybrid.text import layout
from hybrid.text.folding import folded
from hybrid.types.documents import Chunk


@dataclass(frozen=True)
class Spans:
    """A document's chunks with their ids and vectors ``[chunks, dimension]``, and its sentences with theirs."""

    document_id: int
    ids: Sequence[int]
    chunks: Sequence[Chunk]
    vectors: NDArray[np.float32]
    sentences: SentenceVectors


def restore(catalog: Catalog, embedder: Embedder, settings: IngestSettings, free: Collection[int]) -> int:
    """Make chunks and sentences again for the documents that lack some, or whose are not as they were recorded; of how
    many. ``free`` are the ids of chunks that the index knows and the catalog does not have."""
    restored = 0
    damaged = integrity.damaged_spans(catalog)
    free = {*free, *(one for identifier in damaged for one in catalog.chunk_ids(identifier))}
    for identifier in damaged:
        found = _restored(catalog, identifier, embedder, settings, free)
        if found is not None:
            with catalog.transaction() as transaction:
                transaction.replace_spans(found.document_id, found.ids, found.chunks, found.vectors, found.sentences)
            restored += 1
    return restored


def _restored(
    catalog: Catalog, identifier: int, embedder: Embedder, settings: IngestSettings, free: Collection[int]
) -> Spans | None:
    """The spans of a document as they were; ``None`` where its text is damaged, or other spans come out of it now."""
    row = catalog.recorded(identifier)
    if row is None:
        return None
    running = str((row.details.get("extra") or {}).get(layout.RUNNING_TEXT, ""))
    units = layout.of(row.text, tuple(row.pages), running).units if row.sentences else ()
    chunks = chunk(row.text, embedder, settings, row.pages)
    none = np.zeros((len(units), 0), np.float32)
    sentences = SentenceVectors([(one.start, one.end) for one in units], none, [one.spans for one in units])
    stored = as_stored(sentences)

    def fits(first: int) -> bool:
        return row.fits([(n, one.start, one.end) for n, one in enumerate(chunks, first)], stored)

    first = next(filter(fits, _first_ids(row.ids, free, len(chunks))), None)
    if first is None:
        return None
    texts = [folded(one.text) for one in chunks]
    texts += [" ".join(folded(one.text(row.text)).split()) for one in units]
    vectors = embedder.encode(texts, bulk=True) if texts else np.zeros((0, embedder.dimension), np.float32)
    found = replace(sentences, vectors=vectors[len(chunks) :])
    return Spans(identifier, range(first, first + len(chunks)), chunks, vectors[: len(chunks)], found)


def _first_ids(there: Sequence[int], free: Iterable[int], count: int) -> Iterable[int]:
    """What the first id of a document's ``count`` chunks can have been: they follow one another. Some may be another
    document's now, or another's this one's."""
    around = range(max(1, max(there) - count + 1), min(there) + 1) if there else ()
    return dict.fromkeys([*around, *there, *sorted(free)]) or [0]
