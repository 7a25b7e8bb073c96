"""A corpus whose vectors are points of Qdrant or Milvus: commits, readers of older ones, checks and repair.

A point's number is its chunk's. Points are added before the catalog's commit, which makes them visible: until then the
catalog does not know their chunks. They are deleted after it: the commit records which are to go
(`hybrid.stores.vector_store.PENDING`), so that the next writer ends what one that was killed left.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator

import numpy as np

from hybrid._runtime import log_warning
from hybrid.errors import CorpusError, CorruptCorpusError
from hybrid.stores.catalog import Catalog
from hybrid.stores.points import AT_ONCE, PointIndex, Points, put, take_away
from hybrid.stores.rows import CommitRow, StoredFile
from hybrid.stores.transaction import Transaction
from hybrid.stores.vector_store import FORMER, PENDING, unlike
from hybrid.stores.vectors import FaissIndex, Ids, VectorIndex, Vectors
from hybrid.types.reports import IntegrityProblem

_LOG = logging.getLogger("hybrid.stores")


class _Removed:
    """The chunks of a commit that later ones have removed, for those who still read it: their points may be gone."""

    def __init__(self, catalog: Catalog, commit: CommitRow) -> None:
        self._catalog = catalog
        self._commit = commit
        self._known: tuple[CommitRow | None, tuple[int, ...]] = commit, ()

    def __call__(self) -> tuple[int, ...]:
        with self._catalog.reading(None):
            newest = self._catalog.commit()
            if newest in (self._commit, self._known[0]):
                return () if newest == self._commit else self._known[1]
            there = frozenset(self._catalog.all_chunk_ids())
        self._known = newest, tuple(sorted(set(self._catalog.all_chunk_ids()) - there))
        return self._known[1]


class PointStore:
    """`hybrid.stores.vector_store.VectorStore` of a collection. ``adopt`` lets the catalog say that this is its place,
    and is told whether it had every vector (`hybrid.stores.vector_places`)."""

    def __init__(self, catalog: Catalog, points: Points, adopt: Callable[[bool], None]) -> None:
        self._catalog = catalog
        self._points = points
        self.adopt: Callable[[bool], None] = adopt

    @property
    def kind(self) -> str:
        """``qdrant`` or ``milvus``."""
        return self._points.kind

    @property
    def where(self) -> str:
        """Where it is, as the setting says it."""
        return self._points.where

    @property
    def called(self) -> str:
        """What messages call it."""
        return self._points.called

    def index(self, commit: CommitRow | None, dimension: int, exact_up_to: int) -> tuple[VectorIndex, str | None]:
        """The points of the chunks that the catalog has, in the state that is read."""
        if commit is None:
            nothing = np.zeros(0, np.int64), np.zeros((0, dimension), np.float32)
            return FaissIndex.build(dimension, *nothing, exact_up_to), None
        removed = _Removed(self._catalog, commit)
        size = min(self._points.count() + len(removed()), self._catalog.all_chunks())
        return PointIndex(self._points, dimension, exact_up_to, self._catalog.vectors, size, removed), None

    def reusable(self, _: CommitRow | None, __: CommitRow | None) -> bool:
        """Never: the number of points belongs to one commit."""
        return False

    def changes(self, _: int, notes: list[str]) -> PointChanges:
        """The collection, to be changed."""
        return PointChanges(self, self._catalog, self._points, notes)

    def ids(self, _: CommitRow) -> frozenset[int]:
        """The ids of all points."""
        return self._points.ids()

    def problems(self, _: CommitRow, chunks: frozenset[int]) -> Iterator[IntegrityProblem]:
        """Chunks without a point, and points without a chunk; and that another place may have them, too."""
        if (former := self._catalog.info(FORMER, checked=False)) is not None:
            said = f"the corpus had its vectors at {former}, and they were made again here"
            advice = "delete what is left at the former place; hybrid repair then forgets it"
            yield IntegrityProblem(part="index", name=self.called, problem=said, advice=advice, repairable=True)
        there = self._points.ids()
        pending = there.intersection(_pending(self._catalog.info(PENDING, checked=False))) - chunks
        missing, extra = len(chunks - there), len(there - chunks - pending)
        if missing or extra:
            said = unlike(len(there - pending), missing, extra, len(chunks))
            advice = "hybrid repair, and the next ingest, make it whole; a writer at work has vectors not yet committed"
            yield IntegrityProblem(part="index", name=self.called, problem=said, advice=advice, repairable=True)
        if pending:
            said = f"{len(pending):,} vectors of chunks that were removed are still there"
            advice = "hybrid repair, and the next ingest or removal, delete them"
            yield IntegrityProblem(part="deletion", name=self.called, problem=said, advice=advice, repairable=True)

    def finish(self) -> None:
        """Delete the points of chunks that were removed."""
        known = self._catalog.info(PENDING, checked=False)
        if known is None:
            return
        gone = sorted(_pending(known).difference(self._catalog.spans(sorted(_pending(known)))))
        if self._points.dimension() is not None:
            take_away(self._points, gone)
        with self._catalog.transaction() as transaction:
            transaction.unset_info(PENDING)

    def drop(self) -> None:
        """Delete the collection."""
        self._points.drop()


class PointChanges:
    """`hybrid.stores.vector_store.IndexChanges` of a collection."""

    whole: bool = True
    """A commit has nothing to save: `load` leaves the collection as the catalog has it."""

    def __init__(self, store: PointStore, catalog: Catalog, points: Points, notes: list[str]) -> None:
        self._store = store
        self._catalog = catalog
        self._points = points
        self._notes = notes
        self._size: int | None = None  # None: not compared with the catalog yet
        self._created = False

    def __len__(self) -> int:
        return self._size or 0

    def load(self, _: int | None) -> None:
        """Delete what is to go, and compare how many points there are with the catalog's chunks."""
        if self._size is None:
            self._store.finish()
            there, chunks = self._points.count(), self._catalog.chunk_count()
            if there != chunks:
                self._notes.append(
                    f"{self._points.called} was made whole from the catalog: it held {there:,} vectors, and the "
                    f"catalog has {chunks:,} chunks"
                )
                self._mend(every=False)
            self._store.adopt(there == chunks)
            self._size = chunks

    def rebuild(self) -> None:
        """Write the point of every chunk, and delete all others."""
        self._store.finish()
        self._store.adopt(self._points.count() == self._catalog.chunk_count())
        self._mend(every=True)
        self._size = self._catalog.chunk_count()

    def _mend(self, *, every: bool) -> None:
        """Write what is missing, or every point, and delete what has no chunk."""
        chunks = self._catalog.all_chunk_ids()
        known = self._points.dimension()
        if chunks and known is not None and known != self._catalog.vectors(chunks[:1])[1].shape[1]:
            self._points.drop()
        there = self._points.ids()
        take_away(self._points, sorted(there.difference(chunks)))
        lacking = sorted(chunks if every else set(chunks) - there)
        for at in range(0, len(lacking), AT_ONCE):
            ids, vectors = self._catalog.vectors(lacking[at : at + AT_ONCE])
            self._points.create(vectors.shape[1])
            put(self._points, ids, vectors)

    def add(self, _: Transaction, ids: Ids, vectors: Vectors) -> None:
        """Write points, before the commit that makes them visible. None of these ids waits to be deleted: `load` has
        seen to that."""
        if not self._created:
            self._points.create(vectors.shape[1])
            self._created = True
        put(self._points, ids, vectors)
        self._size = (self._size or 0) + len(ids)

    def remove(self, transaction: Transaction, ids: Ids) -> None:
        """Record which points are to go, once the commit has made them invisible."""
        waiting = _pending(transaction.info(PENDING))
        transaction.set_info(PENDING, json.dumps(sorted(waiting.union(ids.tolist()))))
        self._size = (self._size or 0) - len(ids)

    def save(self, _: Transaction, __: int | None = None) -> StoredFile:
        """No file: the kind of the store stands for it."""
        return StoredFile(self._points.kind, "")

    def committed(self) -> None:
        """Delete the points of chunks that are gone; where the program is away, the next writer does."""
        try:
            self._store.finish()
        except CorpusError as error:
            log_warning(_LOG, "points not deleted yet", store=self._points.called, error=str(error))
            self._size = None

    def failed(self) -> None:
        """Compare again, before anything else is written."""
        self._size = None
        self._created = False


def _pending(known: str | None) -> frozenset[int]:
    try:
        found = json.loads(known or "[]")
        return frozenset(int(one) for one in found)
    except (ValueError, TypeError) as error:
        raise CorruptCorpusError(f"the fact {PENDING!r} of the catalog is no list of ids ({error})") from error
