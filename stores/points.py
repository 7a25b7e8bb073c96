"""Vectors as points in a collection of another program: what Qdrant and Milvus share.

The program gives candidates and whoever searches decides: ids that are not to be found drop out, and scores are
computed anew. `hybrid.stores.point_store` keeps a corpus's vectors so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np

from hybrid.errors import CorpusError, CorruptCorpusError, InputError, VectorsUnreachableError
from hybrid.stores.vectors import (
    Ids,
    Vectors,
    check_pairs,
    checked_ids,
    checked_query,
    checked_vectors,
)

_LOG = logging.getLogger("hybrid.stores")
PAUSES: tuple[float, ...] = (0.1, 0.5, 2.0)
"""Seconds before each further attempt to reach a server: a restart behind a proxy takes about as long. Not measured."""
AT_ONCE = 1000
"""Points that one call adds, deletes or reads: 1.5 MB at 384 dimensions, far below what servers refuse."""
_SLACK = 16
"""Candidates beyond those asked for: some may have gone, or tie."""
_GROWTH = 4
_SAME = 1e-5
"""By how much a program's score may differ from the same inner product computed here: sums of float32 in another
order differ by about 1e-6 at 384 dimensions."""
_SCANNED = 10_000
"""Vectors of the catalog that a scan compares at a time: a bound of memory."""
_CERTAIN = 4
"""The part of ``exact_up_to``, one in so many, up to which a search among some ids compares all of them."""
Found = TypeVar("Found")
Pairs = tuple[Ids, Vectors]


class Points(Protocol):
    """A collection in another program. Methods raise `VectorsUnreachableError` where it does not answer after some
    attempts, `CorpusError` where it refuses, and `CorruptCorpusError` where the collection is not there."""

    kind: str
    where: str
    called: str
    most: int
    """The most points that a search finds."""
    listed: int
    """The most ids that a search is told to look among."""
    compares_all: bool
    """Whether every search is exact, however many points there are."""

    def create(self, dimension: int) -> None:
        """Make the collection if it is not there."""

    def dimension(self) -> int | None:
        """The length of its vectors; ``None`` where there is no collection."""

    def count(self) -> int:
        """How many points there are; none where there is no collection."""

    def upsert(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Write points, over those of the same ids; `AT_ONCE` at most. Done when it returns."""

    def delete(self, ids: Sequence[int]) -> None:
        """Delete points, as far as they are there; `AT_ONCE` at most. Done when it returns."""

    def vectors(self, ids: Sequence[int]) -> Pairs:
        """Ids ``[n]``, ascending, and vectors ``[n, dimension]`` of these, as far as they are there."""

    def ids(self) -> frozenset[int]:
        """All ids; none where there is no collection."""

    def nearest(
        self, query: Sequence[float], k: int, among: Sequence[int] | None, exact: bool
    ) -> list[tuple[int, float]]:
        """The ``k`` points of the largest inner product, best first: ids and scores. ``exact``: every one is compared,
        where the program can be told to."""

    def drop(self) -> None:
        """Delete the collection."""

    def close(self) -> None:
        """Let go of the connection."""


@dataclass
class _Shared:
    end: Callable[[Any], None]
    calls: AbstractContextManager[Any]
    """Around each call: a lock where the program takes one at a time."""
    opening: threading.Lock = field(default_factory=threading.Lock)
    client: Any = None
    users: int = 0


class Clients:
    """The connections of this process: corpora that name the same place share one, as an embedded program serves one
    connection at a time. The last that lets go of it closes it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[object, _Shared] = {}

    def take(self, key: object, begin: Callable[[], Any], end: Callable[[Any], None], *, one_by_one: bool) -> _Shared:
        """The connection of that key. With ``one_by_one`` its ``calls`` are a lock. Raises what ``begin`` raises."""
        with self._lock:
            found = self._open.get(key)
            if found is None:
                self._open[key] = found = _Shared(end, threading.RLock() if one_by_one else nullcontext())
            found.users += 1
        try:
            with found.opening:  # a server that does not answer holds up those of its own place alone
                if found.client is None:
                    found.client = begin()
        except BaseException:
            self.give_back(key)
            raise
        return found

    def give_back(self, key: object) -> None:
        """Let go of it."""
        with self._lock:
            found = self._open[key]
            found.users -= 1
            if not found.users:
                del self._open[key]
                if found.client is not None:
                    found.end(found.client)


CLIENTS: Clients = Clients()


class Connected:
    """One's hold on a connection of `CLIENTS`, which is taken when it is first needed. Threads may use it at once."""

    def __init__(self, key: object, begin: Callable[[], Any], end: Callable[[Any], None], *, one_by_one: bool) -> None:
        self._key = key
        self._begin, self._end, self._one_by_one = begin, end, one_by_one
        self._lock = threading.Lock()
        self._taken: _Shared | None = None

    @contextmanager
    def client(self) -> Iterator[Any]:
        """The client, for one call. Raises what making it raises."""
        with self._lock:
            if self._taken is None:
                self._taken = CLIENTS.take(self._key, self._begin, self._end, one_by_one=self._one_by_one)
            taken = self._taken
        with taken.calls:
            yield taken.client

    def close(self) -> None:
        """Let go of it."""
        with self._lock:
            if self._taken is not None:
                self._taken = None
                CLIENTS.give_back(self._key)


@dataclass(frozen=True)
class Failure:
    """What an error of a client means: ``said`` in words, without a key; and whether to try again."""

    said: str
    unreachable: bool = False
    lost: bool = False
    """Whether there is no such collection."""


def attempted(
    what: Callable[[], Found],
    errors: tuple[type[Exception], ...],
    meaning: Callable[[Exception], Failure],
    called: str,
) -> Found:
    """What ``what`` returns; it is called again, after `PAUSES`, while the program cannot be reached. All that is sent
    to one can be sent twice."""
    for pause in (*PAUSES, None):
        try:
            return what()
        except errors as error:
            failure = meaning(error)
            if failure.unreachable and pause is not None:
                time.sleep(pause)
                continue
            raise _raised(failure, called) from None  # the client's own errors may repeat a request with its key
    raise AssertionError("the last attempt raises")


def _raised(failure: Failure, called: str) -> CorpusError:
    if failure.unreachable:
        return VectorsUnreachableError(
            f"{called} cannot be reached, or went away ({failure.said}): nothing half-written is kept, and all that "
            "was committed before is there; run the same command again when it is back, it goes on from there"
        )
    if failure.lost:
        return CorruptCorpusError(
            f"{called} has no collection of this corpus ({failure.said}): it is another program, or has lost it; "
            "hybrid repair makes it again from the catalog"
        )
    return CorpusError(f"{called} refuses what was asked ({failure.said}); see stores.vectors and stores.vectors_key")


class PointIndex:
    """`hybrid.stores.vectors.VectorIndex` of a collection, by itself or as a state of a catalog sees it.

    Args:
        points: the collection.
        dimension: length of a vector.
        exact_up_to: points up to which every one is compared.
        vectors_of: ids ``[n]`` and vectors ``[n, dimension]`` of those of some ids that are to be found; by default of
            all in the collection.
        size: how many there are to be found; ``None``: all in the collection.
        gone: ids that are to be found, and whose points may have been deleted by now.
    """

    def __init__(
        self,
        points: Points,
        dimension: int,
        exact_up_to: int,
        vectors_of: Callable[[Sequence[int]], Pairs] | None = None,
        size: int | None = None,
        gone: Callable[[], Sequence[int]] = tuple,
    ) -> None:
        self._points = points
        self._dimension = dimension
        self._exact_up_to = exact_up_to
        self._vectors_of = vectors_of or self._stored
        self._size = size
        self._gone = gone

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    @property
    def exact(self) -> bool:
        """Whether every vector is compared."""
        return self._points.compares_all or len(self) <= self._exact_up_to

    def __len__(self) -> int:
        return self._points.count() if self._size is None else self._size

    def ids(self) -> frozenset[int]:
        """The ids of all points."""
        return self._points.ids()

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add points."""
        ids, vectors = checked_ids(ids), checked_vectors(vectors, self._dimension)
        check_pairs(ids, vectors)
        if len(known := self._stored(ids.tolist())[0]):
            raise InputError(f"{len(known)} ids are in the index already, such as {known.min()}; remove them first")
        put(self._points, ids, vectors)

    def remove(self, ids: Ids) -> int:
        """Remove what is there of ``ids`` and say how many that were."""
        known = self._stored(np.unique(checked_ids(ids)).tolist())[0]
        take_away(self._points, known.tolist())
        return len(known)

    def search(self, query: Vectors, k: int, among: Ids | None = None) -> tuple[Vectors, Ids]:
        """The ``k`` most similar: scores and ids ``[q, k]``, padded with ``-inf`` and ``-1``, equal scores by id."""
        scores, ids, _ = self._search(query, k, among)
        return scores, ids

    def search_with_vectors(self, query: Vectors, k: int) -> tuple[Vectors, Ids, Vectors]:
        """The same among all, and the vectors that were found ``[q, k, dimension]``."""
        return self._search(query, k, None)

    def _search(self, query: Vectors, k: int, among: Ids | None) -> tuple[Vectors, Ids, Vectors]:
        query = checked_query(query, self._dimension, k)
        scores = np.full((len(query), k), -np.inf, np.float32)
        ids = np.full((len(query), k), -1, np.int64)
        vectors = np.zeros((len(query), k, self._dimension), np.float32)
        chosen = None if among is None else np.unique(checked_ids(among))
        size = len(self)
        for row, one in enumerate(query):
            best, found, of_found = self._best(one, min(k, size if chosen is None else len(chosen)), chosen, size)
            scores[row, : len(found)], ids[row, : len(found)], vectors[row, : len(found)] = best, found, of_found
        return scores, ids, vectors

    def _best(self, query: Vectors, wanted: int, among: Ids | None, size: int) -> tuple[Vectors, Ids, Vectors]:
        """Scores, ids and vectors of at most ``wanted``, best first."""
        if not wanted or not size:
            return self._ordered(query, np.zeros(0, np.int64), np.zeros((0, self._dimension), np.float32), 0)
        listed = among is not None and len(among) <= self._points.listed
        few = among is not None and len(among) * _CERTAIN <= self._exact_up_to
        exact = size <= self._exact_up_to or few
        take = wanted + _SLACK
        if among is not None and not listed:  # of all there are, so many of these among each
            take = int(take * max(1.0, size / len(among)) * 1.5)
        while True:
            take = min(take, self._points.most)
            told = among.tolist() if among is not None and listed else None
            candidates = self._points.nearest(query.tolist(), take, told, exact)
            # What is gone is asked for after the program: it deletes a point when that is known already.
            ids, vectors = self._vectors_of(list(dict.fromkeys([*(one for one, _ in candidates), *self._gone()])))
            if among is not None:  # whatever the program says: ids may be what somebody is allowed to see
                kept = np.isin(ids, among)
                ids, vectors = ids[kept], vectors[kept]
            best = self._ordered(query, ids, vectors, wanted)
            every = len(candidates) < take
            if not every and len(best[1]) == wanted and best[0][-1] > candidates[-1][1] + _SAME:
                return best
            if every or take == self._points.most:
                break
            take *= _GROWTH
        if len(best[1]) < wanted and among is not None:
            return self._scanned(query, wanted, among)
        if len(best[1]) < wanted and not every:  # more are wanted than the program finds at a time
            return self._scanned(query, wanted, np.array(sorted(self._points.ids()), np.int64))
        return best

    def _scanned(self, query: Vectors, wanted: int, among: Ids) -> tuple[Vectors, Ids, Vectors]:
        """The best of these ids, each compared here."""
        ids, vectors = np.zeros(0, np.int64), np.zeros((0, self._dimension), np.float32)
        for at in range(0, len(among), _SCANNED):
            more, of_more = self._vectors_of(among[at : at + _SCANNED].tolist())
            both = np.concatenate([ids, more]), np.concatenate([vectors, of_more.reshape(-1, self._dimension)])
            _, ids, vectors = self._ordered(query, *both, wanted)
        return self._ordered(query, ids, vectors, wanted)

    def _ordered(self, query: Vectors, ids: Ids, vectors: Vectors, wanted: int) -> tuple[Vectors, Ids, Vectors]:
        vectors = vectors.reshape(-1, self._dimension)
        scores = (vectors * query).sum(axis=1, dtype=np.float32)  # row by row: equal vectors get equal scores
        order = np.lexsort((ids, -scores))[:wanted]
        return scores[order], ids[order], vectors[order]

    def _stored(self, ids: Sequence[int]) -> Pairs:
        parts = [self._points.vectors(ids[at : at + AT_ONCE]) for at in range(0, len(ids), AT_ONCE)]
        if not parts:
            return np.zeros(0, np.int64), np.zeros((0, self._dimension), np.float32)
        vectors = [one[1].reshape(-1, self._dimension) for one in parts]
        return np.concatenate([one[0] for one in parts]), np.concatenate(vectors)


def put(points: Points, ids: Ids, vectors: Vectors) -> None:
    """Write points, over those of the same ids."""
    for at in range(0, len(ids), AT_ONCE):
        points.upsert(ids[at : at + AT_ONCE].tolist(), vectors[at : at + AT_ONCE])


def take_away(points: Points, ids: Sequence[int]) -> None:
    """Delete points, and see that they are gone. Raises `CorpusError` where they are not."""
    for at in range(0, len(ids), AT_ONCE):
        points.delete(ids[at : at + AT_ONCE])
        if len(left := points.vectors(ids[at : at + AT_ONCE])[0]):
            raise CorpusError(f"{points.called} still has {len(left):,} points that it was told to delete; try again")
