"""Vectors in Milvus: on a server, or in a folder by Milvus Lite, which serves one process."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from hybrid.errors import CorpusError, MissingExtraError
from hybrid.stores.points import AT_ONCE, Connected, Failure, Pairs, attempted
from hybrid.stores.vectors import Vectors

_TIMEOUT = 60.0
"""Seconds that a server has for one call. Not measured."""
_CONNECTING = 5.0
"""Seconds that a server has to accept a connection; not measured."""
_REFUSED = ("auth", "permission", "privilege", "denied")
Found = TypeVar("Found")


class MilvusPoints:
    """`hybrid.stores.points.Points` in a collection of Milvus, with an index that compares every vector (FLAT).

    Args:
        where: as the setting says it, without a key.
        folder: that of Milvus Lite; it ends with ``.db``.
        url: of a server; one of both.
        collection: its name.
        key: the token, ``user:password`` or an API key.
    """

    kind: str = "milvus"
    most: int = 16_384
    listed: int = 10_000
    compares_all: bool = True

    def __init__(self, where: str, collection: str, *, folder: Path | None, url: str | None, key: str | None) -> None:
        try:
            import grpc
            import pymilvus

            if folder is not None:
                __import__("milvus_lite")
        except ImportError as error:
            raise MissingExtraError("vectors in Milvus need pymilvus", "milvus") from error
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # who asks is told by an error
        logging.getLogger("milvus_lite").setLevel(logging.CRITICAL)
        self.where: str = where
        self.called: str = f"Milvus at {folder or url}"
        self._pymilvus = pymilvus
        self._errors: tuple[type[Exception], ...] = (
            pymilvus.MilvusException, grpc.RpcError, grpc.FutureTimeoutError, OSError, ValueError,
        )  # fmt: skip
        self._collection = collection
        self._folder, self._url, self._key = folder, url, key
        place = self.kind, str(folder or url), key
        self._connected = Connected(place, self._begin, self._end, one_by_one=folder is not None)
        self._loaded = False

    # The connection ------------------------------------------------------------------------------

    def _begin(self) -> Any:
        client = self._pymilvus.MilvusClient
        if self._folder is None:
            return client(uri=self._url, token=self._key or "", timeout=_CONNECTING)
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        from milvus_lite.server_manager import server_manager_instance

        if server_manager_instance.start_and_get_uri(str(self._folder)) is None:
            raise CorpusError(
                f"{self._folder} cannot be opened by Milvus Lite, which serves one process at a time: end the other, "
                "or run a server and name it in stores.vectors (milvus+http://HOST:19530)"
            )
        return client(uri=str(self._folder), timeout=_CONNECTING)

    def _end(self, client: Any) -> None:
        client.close()
        if self._folder is not None:
            from milvus_lite.server_manager import server_manager_instance

            server_manager_instance.release_server(str(self._folder))

    def _call(self, what: Callable[[Any], Found]) -> Found:
        def call() -> Found:
            with self._connected.client() as client:
                self._load(client)
                return what(client)

        return attempted(call, self._errors, self._meaning, self.called)

    def _load(self, client: Any) -> None:
        """Have the collection in the program's memory: Milvus Lite begins without."""
        if not self._loaded and client.has_collection(self._collection, timeout=_TIMEOUT):
            client.load_collection(self._collection, timeout=_TIMEOUT)
            self._loaded = True

    def _meaning(self, error: Exception) -> Failure:
        said = str(getattr(error, "message", "") or error).partition("\n")[0].strip() or type(error).__name__
        code = getattr(error, "code", None)
        code = code() if callable(code) else code
        name = str(getattr(code, "name", code)).upper()  # of gRPC, or a number of Milvus
        if any(word in said.lower() for word in _REFUSED) or name in ("UNAUTHENTICATED", "PERMISSION_DENIED"):
            return Failure("it does not accept the token, or the user may not do this")
        if "released" in said or "not loaded" in said:  # by somebody else: the next attempt loads it again
            self._loaded = False
            return Failure(said, unreachable=True)
        if "not exist" in said or "not found" in said:
            return Failure(said, lost=True)
        away = name in ("UNAVAILABLE", "DEADLINE_EXCEEDED", "2", "UNKNOWN", "CANCELLED") or isinstance(error, OSError)
        away = away or any(word in said.lower() for word in ("connect", "unavailable", "timeout", "closed channel"))
        return Failure(said, unreachable=away)

    def close(self) -> None:
        """Let go of the connection."""
        self._loaded = False
        self._connected.close()

    # The collection ------------------------------------------------------------------------------

    def create(self, dimension: int) -> None:
        """Make the collection if it is not there."""
        kinds = self._pymilvus.DataType

        def make(client: Any) -> None:
            if client.has_collection(self._collection, timeout=_TIMEOUT):
                return
            form = client.create_schema(auto_id=False, enable_dynamic_field=False)
            form.add_field("id", kinds.INT64, is_primary=True)
            form.add_field("vector", kinds.FLOAT_VECTOR, dim=dimension)
            index = client.prepare_index_params()
            index.add_index("vector", index_type="FLAT", metric_type="IP")
            client.create_collection(
                self._collection, schema=form, index_params=index, consistency_level="Strong", timeout=_TIMEOUT
            )

        self._call(make)

    def dimension(self) -> int | None:
        """The length of its vectors; ``None`` where there is no collection."""

        def ask(client: Any) -> int | None:
            if not client.has_collection(self._collection, timeout=_TIMEOUT):
                return None
            fields = client.describe_collection(self._collection, timeout=_TIMEOUT)["fields"]
            return next(int(one["params"]["dim"]) for one in fields if one["name"] == "vector")

        return self._call(ask)

    def count(self) -> int:
        """How many points there are."""

        def ask(client: Any) -> int:
            if not client.has_collection(self._collection, timeout=_TIMEOUT):
                return 0
            rows = client.query(self._collection, filter="", output_fields=["count(*)"], timeout=_TIMEOUT)
            return int(rows[0]["count(*)"])

        return self._call(ask)

    def drop(self) -> None:
        """Delete the collection."""
        self._call(lambda client: client.drop_collection(self._collection, timeout=_TIMEOUT))
        self._loaded = False

    # Points --------------------------------------------------------------------------------------

    def upsert(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Write points, over those of the same ids."""
        rows = [{"id": one, "vector": vector.tolist()} for one, vector in zip(ids, vectors, strict=True)]
        self._call(lambda client: client.upsert(self._collection, data=rows, timeout=_TIMEOUT))

    def delete(self, ids: Sequence[int]) -> None:
        """Delete points."""
        self._call(lambda client: client.delete(self._collection, ids=list(ids), timeout=_TIMEOUT))

    def vectors(self, ids: Sequence[int]) -> Pairs:
        """Ids and vectors of these, as far as they are there."""
        wanted = list(ids)
        rows: list[Any] = []
        if wanted:
            rows = self._call(
                lambda client: list(
                    client.get(self._collection, ids=wanted, output_fields=["id", "vector"], timeout=_TIMEOUT)
                )
            )
        rows.sort(key=lambda row: row["id"])
        found = np.array([row["vector"] for row in rows], np.float32)
        return np.array([row["id"] for row in rows], np.int64), found.reshape(len(rows), -1 if rows else 0)

    def ids(self) -> frozenset[int]:
        """All ids."""

        def ask(client: Any) -> frozenset[int]:
            found: set[int] = set()
            if not client.has_collection(self._collection, timeout=_TIMEOUT):
                return frozenset()
            while True:  # Milvus Lite does not know the timestamps that an iterator of the client asks for
                after = f"id > {max(found, default=-1)}"
                rows = client.query(
                    self._collection, filter=after, output_fields=["id"], limit=self.most, timeout=_TIMEOUT
                )
                found.update(int(row["id"]) for row in rows)
                if len(rows) < self.most:
                    return frozenset(found)

        found = self._call(ask)
        return found if len(found) == self.count() else self._call(self._iterated)

    def _iterated(self, client: Any) -> frozenset[int]:
        """All ids, where pages by id did not give as many as there are: a cluster orders them for an iterator alone."""
        found: set[int] = set()
        rows = client.query_iterator(self._collection, batch_size=AT_ONCE, output_fields=["id"], timeout=_TIMEOUT)
        try:
            while batch := rows.next():
                found.update(int(row["id"]) for row in batch)
        finally:
            rows.close()
        return frozenset(found)

    def nearest(self, query: Sequence[float], k: int, among: Sequence[int] | None, _: bool) -> list[tuple[int, float]]:
        """The points of the largest inner product."""
        only = "" if among is None else f"id in {list(among)}"
        found = self._call(
            lambda client: client.search(
                self._collection, data=[list(query)], limit=k, filter=only, output_fields=[], timeout=_TIMEOUT
            )
        )
        return [(int(one["id"]), float(one["distance"])) for one in found[0]]
