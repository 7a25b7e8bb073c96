"""Vectors in the catalog's own database, by the extension pgvector.

They are rows of a table beside the catalog's, written in the transaction of each commit: a reader sees those of the
commit that it reads. Up to ``exact_up_to`` rows, and among few ids, every one is compared. Past that there is an HNSW
index; where it finds fewer than were asked for (it looks at so many candidates, and drops those that a filter does not
let through) every row is compared after all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import numpy as np
from sqlalchemy import Connection, text

from hybrid.errors import CorpusError, CorruptCorpusError, InputError, SettingsError
from hybrid.stores.backend import backend_of
from hybrid.stores.catalog import Catalog
from hybrid.stores.postgresql.engine import alone
from hybrid.stores.postgresql.errors import server_errors
from hybrid.stores.postgresql.place import Place
from hybrid.stores.postgresql.schema import VECTORS, extension
from hybrid.stores.rows import CommitRow, StoredFile
from hybrid.stores.transaction import Transaction
from hybrid.stores.vector_store import unlike
from hybrid.stores.vectors import (
    FaissIndex,
    Ids,
    VectorIndex,
    Vectors,
    check_pairs,
    checked_ids,
    checked_query,
    checked_vectors,
)
from hybrid.types.reports import IntegrityProblem

KIND = "pgvector"
EXTENSION = "vector"
_OLDEST = (0, 5)
"""The first version of pgvector with HNSW indexes."""
MOST_DIMENSIONS = 16_000
"""Of a vector that pgvector stores."""
MOST_INDEXED = 2_000
"""Dimensions of a vector that its HNSW index takes; those of longer ones are all compared."""
_INDEX = f"{VECTORS}_hnsw"
_CANDIDATES = 100
"""Candidates that a search of the HNSW index looks at, at least; pgvector's own default is 40."""
_MOST_CANDIDATES = 1_000
"""The most that pgvector takes."""
_SLACK = 16
_CERTAIN = 4
"""The part of ``exact_up_to``, one in so many, up to which a search among some ids compares all of them."""
_AT_ONCE = 500
"""Rows that one statement writes: 3 MB of text at 384 dimensions."""
Connecting = Callable[[], AbstractContextManager[Connection]]


def check_extension(place: Place) -> None:
    """Raise `CorpusError` where the database has no pgvector, and this user may not make it."""
    with server_errors(place), alone(place) as connection:
        if extension(connection, EXTENSION) is None:
            raise CorpusError(
                f"{place.database} has no extension {EXTENSION} (pgvector), and this user may not make it, or the "
                f"server does not have it: install the package pgvector there, and run CREATE EXTENSION {EXTENSION} in "
                "that database as a superuser; or leave stores.vectors at faiss"
            )
        asked = text("SELECT extversion FROM pg_extension WHERE extname = :name")
        version = connection.scalar(asked, {"name": EXTENSION})
        if tuple(map(int, re.findall(r"\d+", str(version))[:2])) < _OLDEST:
            raise CorpusError(
                f"{place.database} has pgvector {version}, and 0.5 or later is needed, which has HNSW indexes; upgrade "
                "it there, or leave stores.vectors at faiss"
            )
        connection.commit()


class PgIndex:
    """`hybrid.stores.vectors.VectorIndex` in a table.

    Args:
        connect: gives a connection to the catalog's schema, in a transaction, which is not ended here.
        dimension: length of a vector.
        exact_up_to: rows up to which every one is compared.
    """

    def __init__(self, connect: Connecting, dimension: int, exact_up_to: int) -> None:
        self._connect = connect
        self._dimension = dimension
        self._exact_up_to = exact_up_to

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    @property
    def exact(self) -> bool:
        """Whether every vector is compared."""
        return not self._approximate(len(self))

    def _approximate(self, rows: int) -> bool:
        return rows > self._exact_up_to and self._dimension <= MOST_INDEXED

    def __len__(self) -> int:
        with self._connect() as connection:
            return count(connection)

    def ids(self) -> frozenset[int]:
        """The ids of all vectors."""
        with self._connect() as connection:
            return ids_of(connection)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add rows."""
        ids, vectors = checked_ids(ids), checked_vectors(vectors, self._dimension)
        check_pairs(ids, vectors)
        with self._connect() as connection:
            table, home = _names(connection)
            there = text(f"SELECT min(chunk_id), count(*) FROM {table} WHERE chunk_id = ANY(CAST(:ids AS integer[]))")
            least, known = connection.execute(there, {"ids": ids.tolist()}).one()
            if known:
                raise InputError(f"{known} ids are in the index already, such as {least}; remove them first")
            insert = text(
                f"INSERT INTO {table} SELECT i, CAST(v AS {home}.vector) FROM "
                "unnest(CAST(:ids AS integer[]), CAST(:vectors AS text[])) AS t (i, v)"
            )
            for at in range(0, len(ids), _AT_ONCE):
                rows = [_literal(one) for one in vectors[at : at + _AT_ONCE]]
                connection.execute(insert, {"ids": ids[at : at + _AT_ONCE].tolist(), "vectors": rows})

    def remove(self, ids: Ids) -> int:
        """Remove what is there of ``ids`` and say how many that were."""
        with self._connect() as connection:
            delete = text(f"DELETE FROM {_names(connection)[0]} WHERE chunk_id = ANY(CAST(:ids AS integer[]))")
            return connection.execute(delete, {"ids": checked_ids(ids).tolist()}).rowcount

    def search(self, query: Vectors, k: int, among: Ids | None = None) -> tuple[Vectors, Ids]:
        """The ``k`` most similar: scores and ids ``[q, k]``, padded with ``-inf`` and ``-1``, equal scores by id."""
        query = checked_query(query, self._dimension, k)
        scores = np.full((len(query), k), -np.inf, np.float32)
        ids = np.full((len(query), k), -1, np.int64)
        chosen = None if among is None else np.unique(checked_ids(among)).tolist()
        with self._connect() as connection:
            rows = count(connection)
            for at, one in enumerate(query):
                found = self._found(connection, _literal(one), k, chosen, rows)
                scores[at, : len(found)] = [score for _, score in found]
                ids[at, : len(found)] = [identifier for identifier, _ in found]
        return scores, ids

    def search_with_vectors(self, query: Vectors, k: int) -> tuple[Vectors, Ids, Vectors]:
        """The same among all, and the vectors that were found ``[q, k, dimension]``."""
        scores, ids = self.search(query, k)
        vectors = np.zeros((*ids.shape, self._dimension), np.float32)
        with self._connect() as connection:
            known = text(
                f"SELECT chunk_id, CAST(vector AS text) FROM {_names(connection)[0]} "
                "WHERE chunk_id = ANY(CAST(:ids AS integer[]))"
            )
            rows = connection.execute(known, {"ids": np.unique(ids[ids >= 0]).tolist()}) if (ids >= 0).any() else ()
            of = {row[0]: np.fromstring(row[1][1:-1], np.float32, sep=",") for row in rows}
        for place in np.argwhere(ids >= 0):
            vectors[tuple(place)] = of[int(ids[tuple(place)])]
        return scores, ids, vectors

    def _found(
        self, connection: Connection, query: str, k: int, among: list[int] | None, rows: int
    ) -> list[tuple[int, float]]:
        """Ids and scores, best first."""
        wanted = min(k, rows if among is None else len(among))
        if not wanted:
            return []
        few = among is not None and len(among) * _CERTAIN <= self._exact_up_to
        if self._approximate(rows) and not few:
            take = wanted + _SLACK
            looked_at = max(_CANDIDATES, 2 * take)
            if among is not None:
                looked_at = max(looked_at, math.ceil(2 * take * rows / len(among)))
            if looked_at <= _MOST_CANDIDATES:
                connection.execute(text(f"SET LOCAL hnsw.ef_search = {looked_at}"))
                found = self._rows(connection, query, take, among, indexed=True)
                cut_off = len(found) == take and found[wanted - 1][1] <= found[-1][1]  # equal ones may be missing
                if len(found) >= wanted and not cut_off:
                    return found[:wanted]
        return self._rows(connection, query, wanted, among, indexed=False)

    def _rows(
        self, connection: Connection, query: str, most: int, among: list[int] | None, *, indexed: bool
    ) -> list[tuple[int, float]]:
        table, home = _names(connection)
        distance = f"vector OPERATOR({home}.<#>) CAST(:query AS {home}.vector)"
        # The index is not taken for what only resembles its own order; and ties go by id there alone.
        order = distance if indexed else f"({distance}) + 0.0, chunk_id"
        only = "" if among is None else "WHERE chunk_id = ANY(CAST(:ids AS integer[])) "
        statement = text(f"SELECT chunk_id, -({distance}) FROM {table} {only}ORDER BY {order} LIMIT :most")
        given = {"query": query, "most": most} | ({} if among is None else {"ids": among})
        found = [(row[0], float(row[1])) for row in connection.execute(statement, given)]
        return sorted(found, key=lambda row: (-row[1], row[0]))


class PgVectors:
    """`hybrid.stores.vector_store.VectorStore` in the catalog's database."""

    kind: str = KIND
    where: str = KIND

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @property
    def called(self) -> str:
        """What messages call it."""
        return f"the table {VECTORS} of {self._catalog.called}"

    def index(self, commit: CommitRow | None, dimension: int, exact_up_to: int) -> tuple[VectorIndex, str | None]:
        """The rows that the state of the catalog has."""
        if commit is None or not self._there():
            nothing = np.zeros(0, np.int64), np.zeros((0, dimension), np.float32)
            return FaissIndex.build(dimension, *nothing, exact_up_to), None
        return PgIndex(self._catalog.reader, dimension, exact_up_to), None

    def _there(self) -> bool:
        with self._catalog.reader() as connection:
            return has_vectors(connection)

    def reusable(self, before: CommitRow | None, commit: CommitRow | None) -> bool:
        """Whether there is a table for both."""
        return before is not None and commit is not None

    def changes(self, exact_up_to: int, notes: list[str]) -> PgChanges:
        """The table, to be changed."""
        return PgChanges(self._catalog, exact_up_to, notes)

    def ids(self, _: CommitRow) -> frozenset[int]:
        """The ids of all rows."""
        with self._catalog.reader() as connection:
            if not has_vectors(connection):
                raise CorruptCorpusError(f"{self.called} is missing")
            return ids_of(connection)

    def problems(self, commit: CommitRow, chunks: frozenset[int]) -> Iterator[IntegrityProblem]:
        """A table that is missing, or does not have the chunks' ids."""
        try:
            there = self.ids(commit)
        except CorruptCorpusError:
            said = "it is missing"
        else:
            if there == chunks:
                return
            said = unlike(len(there), len(chunks - there), len(there - chunks), len(chunks))
        advice = "hybrid repair makes it again"
        yield IntegrityProblem(part="index", name=self.called, problem=said, advice=advice, repairable=True)

    def finish(self) -> None:
        """Nothing: rows go in the commit of the removal, and their bytes as the catalog's do."""

    def drop(self) -> None:
        """Nothing: the table goes with the catalog's schema."""


class PgChanges:
    """`hybrid.stores.vector_store.IndexChanges` of the table: all of it in the transactions of the commits."""

    def __init__(self, catalog: Catalog, exact_up_to: int, notes: list[str]) -> None:
        self._catalog = catalog
        self._exact_up_to = exact_up_to
        self._notes = notes
        self._size: int | None = None
        self._whole = True

    def __len__(self) -> int:
        return self._size or 0

    @property
    def whole(self) -> bool:
        """Whether there is a row for every chunk."""
        return self._whole

    def load(self, _: int | None) -> None:
        """Compare how many rows there are with the catalog's chunks."""
        if self._size is None:
            with self._catalog.reader() as connection:
                there = count(connection) if has_vectors(connection) else 0
            self._size = self._catalog.chunk_count()
            self._whole = there == self._size
            if not self._whole:
                self._notes.append(
                    f"the vectors were made again from the catalog: there were {there:,}, and the catalog has "
                    f"{self._size:,} chunks"
                )

    def rebuild(self) -> None:
        """Make the table again with the next commit."""
        self._size, self._whole = self._catalog.chunk_count(), False

    def add(self, transaction: Transaction, ids: Ids, vectors: Vectors) -> None:
        """Add rows."""
        if self._whole:  # else `save` adds these as well
            with transaction.connection() as connection:
                create(connection, vectors.shape[1])
            PgIndex(transaction.connection, vectors.shape[1], self._exact_up_to).add(ids, vectors)
        self._size = (self._size or 0) + len(ids)

    def remove(self, transaction: Transaction, ids: Ids) -> None:
        """Remove rows."""
        with transaction.connection() as connection:
            there = self._whole and has_vectors(connection)
        if there:
            PgIndex(transaction.connection, 1, self._exact_up_to).remove(ids)
        self._size = (self._size or 0) - len(ids)

    def save(self, transaction: Transaction, _: int | None = None) -> StoredFile:
        """Make the table again where it was not whole, and the HNSW index where there are enough rows. There is no
        file: the kind of the store stands for it."""
        with transaction.connection() as connection:
            if not self._whole:
                _make_again(connection, transaction)
                self._whole = True
            if has_vectors(connection):
                index_if_many(connection, self._exact_up_to)
        return StoredFile(KIND, "")

    def committed(self) -> None:
        """Nothing is left to do."""

    def failed(self) -> None:
        """Compare again."""
        self._size, self._whole = None, True


def create(connection: Connection, dimension: int) -> None:
    """Make the table if it is not there. Raises `SettingsError` for more dimensions than pgvector stores."""
    if has_vectors(connection):
        return
    if dimension > MOST_DIMENSIONS:
        raise SettingsError(
            f"stores.vectors: pgvector stores vectors of up to {MOST_DIMENSIONS:,} dimensions, and those of this "
            f"embedder have {dimension:,}; leave it at faiss"
        )
    table, home = _names(connection)
    connection.execute(
        text(f"CREATE TABLE {table} (chunk_id integer PRIMARY KEY, vector {home}.vector({dimension}) NOT NULL)")
    )


def _make_again(connection: Connection, transaction: Transaction) -> None:
    connection.execute(text(f"DROP TABLE IF EXISTS {_names(connection)[0]}"))
    for ids, vectors in transaction.embeddings(_AT_ONCE):
        create(connection, vectors.shape[1])
        PgIndex(transaction.connection, vectors.shape[1], 0).add(ids, vectors)


def index_if_many(connection: Connection, exact_up_to: int) -> None:
    """Make the HNSW index, where there are more rows than are all compared."""
    table, home = _names(connection)
    there = text("SELECT 1 FROM pg_indexes WHERE schemaname = current_schema() AND indexname = :name")
    if connection.scalar(there, {"name": _INDEX}) is not None or count(connection) <= exact_up_to:
        return
    size = connection.scalar(text(f"SELECT {home}.vector_dims(vector) FROM {table} LIMIT 1"))
    if size is not None and size <= MOST_INDEXED:
        connection.execute(text(f"CREATE INDEX {_INDEX} ON {table} USING hnsw (vector {home}.vector_ip_ops)"))


def has_vectors(connection: Connection) -> bool:
    """Whether there is a table of vectors."""
    return backend_of(connection).has_table(connection, VECTORS)


def count(connection: Connection) -> int:
    """How many rows it has."""
    return connection.scalar(text(f"SELECT count(*) FROM {_names(connection)[0]}")) or 0


def ids_of(connection: Connection) -> frozenset[int]:
    """The ids of its rows."""
    return frozenset(connection.scalars(text(f"SELECT chunk_id FROM {_names(connection)[0]}")))


def _names(connection: Connection) -> tuple[str, str]:
    """The table, past what views show, and the extension's schema; both as SQL."""
    home = connection.info.get("pgvector")
    if home is None:
        home = extension(connection, EXTENSION)
        if home is None:
            raise CorpusError(
                f"{backend_of(connection).called} keeps its vectors there, and the extension {EXTENSION} (pgvector) is "
                f"gone: run CREATE EXTENSION {EXTENSION} in that database"
            )
        connection.info["pgvector"] = home
    return f"{backend_of(connection).base}{VECTORS}", f'"{home}"'


def _literal(vector: Vectors) -> str:
    """A vector as pgvector reads it, every float32 exactly."""
    return f"[{','.join(map(repr, vector.tolist()))}]"
