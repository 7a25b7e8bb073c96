"""Vectors in Qdrant: on a server, or in a folder by its client's local mode, which serves one process.

The local mode keeps points as pickles, so a folder is opened only where the settings name it
(`hybrid.stores.vector_places`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from hybrid.errors import CorpusError, MissingExtraError
from hybrid.stores.points import AT_ONCE, Connected, Failure, Pairs, attempted
from hybrid.stores.vectors import Vectors

_TIMEOUT = 60
"""Seconds that a server has for one call. Not measured."""
Found = TypeVar("Found")


class QdrantPoints:
    """`hybrid.stores.points.Points` in a collection of Qdrant.

    Args:
        where: as the setting says it, without a key.
        folder: that of the local mode.
        url: of a server; one of both.
        collection: its name.
        key: the API key.
    """

    kind: str = "qdrant"
    most: int = 10_000
    listed: int = 10_000

    def __init__(self, where: str, collection: str, *, folder: Path | None, url: str | None, key: str | None) -> None:
        try:
            import qdrant_client
            from qdrant_client import models
            from qdrant_client.http.exceptions import ApiException
        except ImportError as error:
            raise MissingExtraError("vectors in Qdrant need qdrant-client", "qdrant") from error
        self.where: str = where
        self.called: str = f"Qdrant at {folder or url}"
        self.compares_all: bool = folder is not None
        self._client_of, self._models = qdrant_client.QdrantClient, models
        damage = (sqlite3.Error, KeyError, TypeError, EOFError)  # of a folder whose files are damaged
        self._errors: tuple[type[Exception], ...] = (ApiException, OSError, RuntimeError, ValueError, *damage)
        self._collection = collection
        self._folder, self._url, self._key = folder, url, key
        place = self.kind, str(folder or url), key
        self._connected = Connected(place, self._begin, lambda client: client.close(), one_by_one=folder is not None)

    # The connection ------------------------------------------------------------------------------

    def _begin(self) -> Any:
        if self._folder is not None:
            return self._client_of(path=str(self._folder))
        headers = {} if self._key is None else {"api-key": self._key}  # as an argument it is warned of where not TLS
        return self._client_of(
            url=self._url, port=None, timeout=_TIMEOUT, metadata=headers, check_compatibility=False, prefer_grpc=False
        )

    def _call(self, what: Callable[[Any], Found]) -> Found:
        def call() -> Found:
            with self._connected.client() as client:
                return what(client)

        return attempted(call, self._errors, self._meaning, self.called)

    def _meaning(self, error: Exception) -> Failure:
        status = getattr(error, "status_code", None)
        if status is None:
            said = str(error).partition("\n")[0]
            if "already accessed by another instance" in said:
                raise CorpusError(
                    f"another process has {self._folder} open, and the local mode of Qdrant serves one at a time: end "
                    "it, or run a server and name it in stores.vectors (qdrant+http://HOST:6333)"
                ) from None
            local = isinstance(error, ValueError) and "not found" in said
            damaged = isinstance(error, ValueError | sqlite3.Error | KeyError | TypeError | EOFError) and not local
            if self._folder is not None and (damaged or isinstance(error, FileExistsError | NotADirectoryError)):
                raise CorpusError(
                    f"{self._folder} cannot be read as a folder of Qdrant ({type(error).__name__}: {said}): nothing in "
                    "it is lost that the catalogs of its corpora have not; move it away, and hybrid repair makes the "
                    "vectors of each of them again"
                ) from None
            return Failure(said, unreachable=not isinstance(error, ValueError), lost=local)
        said = f"{status} {getattr(error, 'reason_phrase', '')}".strip()
        return Failure(said, unreachable=status >= 500 or status in (408, 429), lost=status == 404)

    def close(self) -> None:
        """Let go of the connection."""
        self._connected.close()

    # The collection ------------------------------------------------------------------------------

    def create(self, dimension: int) -> None:
        """Make the collection if it is not there."""
        models = self._models
        form = models.VectorParams(size=dimension, distance=models.Distance.DOT)

        def make(client: Any) -> None:
            if not client.collection_exists(self._collection):
                client.create_collection(self._collection, vectors_config=form)

        self._call(make)

    def dimension(self) -> int | None:
        """The length of its vectors; ``None`` where there is no collection."""

        def ask(client: Any) -> int | None:
            if not client.collection_exists(self._collection):
                return None
            return int(client.get_collection(self._collection).config.params.vectors.size)

        return self._call(ask)

    def count(self) -> int:
        """How many points there are."""

        def ask(client: Any) -> int:
            if not client.collection_exists(self._collection):
                return 0
            return int(client.count(self._collection, exact=True).count)

        return self._call(ask)

    def drop(self) -> None:
        """Delete the collection."""
        self._call(lambda client: client.delete_collection(self._collection))

    # Points --------------------------------------------------------------------------------------

    def upsert(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Write points, over those of the same ids."""
        batch = self._models.Batch(ids=list(ids), vectors=vectors.tolist())
        self._call(lambda client: client.upsert(self._collection, points=batch, wait=True))

    def delete(self, ids: Sequence[int]) -> None:
        """Delete points."""
        selector = self._models.PointIdsList(points=list(ids))
        self._call(lambda client: client.delete(self._collection, points_selector=selector, wait=True))

    def vectors(self, ids: Sequence[int]) -> Pairs:
        """Ids and vectors of these, as far as they are there."""
        wanted = list(ids)
        rows = self._call(
            lambda client: client.retrieve(self._collection, ids=wanted, with_payload=False, with_vectors=True)
        )
        rows = sorted(rows, key=lambda row: row.id)
        found = np.array([row.vector for row in rows], np.float32)
        return np.array([row.id for row in rows], np.int64), found.reshape(len(rows), -1 if rows else 0)

    def ids(self) -> frozenset[int]:
        """All ids."""

        def ask(client: Any) -> frozenset[int]:
            found: set[int] = set()
            if not client.collection_exists(self._collection):
                return frozenset()
            offset = None
            while True:
                rows, offset = client.scroll(
                    self._collection, limit=10 * AT_ONCE, offset=offset, with_payload=False, with_vectors=False
                )
                found.update(row.id for row in rows)
                if offset is None:
                    return frozenset(found)

        return self._call(ask)

    def nearest(
        self, query: Sequence[float], k: int, among: Sequence[int] | None, exact: bool
    ) -> list[tuple[int, float]]:
        """The points of the largest inner product."""
        models = self._models
        only = None if among is None else models.Filter(must=[models.HasIdCondition(has_id=list(among))])
        how = models.SearchParams(exact=exact) if self._folder is None else None
        found = self._call(
            lambda client: client.query_points(
                self._collection, query=list(query), limit=k, query_filter=only, search_params=how, with_payload=False
            )
        )
        return [(one.id, one.score) for one in found.points]
