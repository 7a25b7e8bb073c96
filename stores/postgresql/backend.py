"""`hybrid.stores.backend.Backend` for a catalog in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Table, Text, and_, func, text
from sqlalchemy.dialects.postgresql import insert

from hybrid.stores.access import Access
from hybrid.stores.filtering import LAST
from hybrid.stores.postgresql import schema
from hybrid.stores.postgresql.characters import stored
from hybrid.stores.postgresql.engine import Server, open_server
from hybrid.stores.postgresql.errors import server_errors
from hybrid.stores.postgresql.full_text import PostgresIndex
from hybrid.stores.postgresql.place import Place

_ESCAPED = str.maketrans({one: f"\\{one}" for one in "\\%_"})


class PostgreSQL:
    """A catalog in a schema of a database."""

    listed: str = "(SELECT CAST(value AS integer) FROM json_array_elements_text(CAST(:ids AS json)) AS t (value))"
    holding: str = (
        f"SELECT document_id FROM texts WHERE document_id IN {listed} "
        "AND strpos(text, :wanted) > 0 ORDER BY document_id"
    )
    has_table: Final = staticmethod(schema.has_table)
    columns: Final = staticmethod(schema.columns)
    indexes: Final = staticmethod(schema.indexes)
    lost_parts: Final = staticmethod(schema.lost_parts)
    strays: Final = staticmethod(schema.strays)

    def __init__(self, place: Place) -> None:
        self.place = place
        self.called: str = place.called
        self.where: str = str(place)
        self.base: str = f'"{place.schema}".'
        self.text: PostgresIndex = PostgresIndex()
        self.writable = True  # until it is opened
        self._server: Server | None = None

    def open(self, *, create: bool, access: Access | None) -> Engine:
        """The engine of the catalog, its tables made or upgraded."""
        self._server = open_server(self.place, self, create=create, access=access)
        return self._server.reading

    def shown(self, access: Access | None) -> Engine:
        """See `Backend.shown`."""
        other = PostgreSQL(self.place)
        other.writable, other.text, other._server = self.writable, self.text, self.server.shown(other, access)
        return other.server.reading

    def attempt(self, connection: Connection) -> AbstractContextManager[Any]:
        """See `Backend.attempt`: after an error a transaction takes no other statement, but for a savepoint."""
        return connection.begin_nested()

    def asking(self) -> AbstractContextManager[None]:
        """See `Backend.asking`."""
        return self.server.asking()

    @property
    def server(self) -> Server:
        """The connections, once it is open."""
        assert self._server is not None
        return self._server

    def transaction(self, engine: Engine, *, write: bool) -> AbstractContextManager[Connection]:
        """See `Backend.transaction`."""
        return self.server.transaction(engine, write=write)

    def errors(self) -> AbstractContextManager[None]:
        """See `Backend.errors`."""
        return server_errors(self.place)

    def write_lock(self, _: Engine, directory: Path, wait: float) -> AbstractContextManager[None]:
        """See `Backend.write_lock`."""
        return self.server.write_lock(directory, wait)

    def vacuum(self, _: Engine, wait_ms: int) -> bool:
        """See `Backend.vacuum`."""
        return self.server.vacuum(wait_ms)

    def insert(self, table: Any) -> Any:
        """An INSERT with ``on_conflict_do_update``."""
        return insert(table)

    def among(self, column: Any, texts: Sequence[str]) -> ColumnElement[bool]:
        """See `Backend.among`."""
        begins = sorted({stored(one)[: schema.INDEXED] for one in texts})
        return and_(func.left(column, schema.INDEXED, type_=Text).in_(begins), column.in_(texts))

    def between(self, column: Any, start: str) -> ColumnElement[bool]:
        """See `Backend.between`."""
        first, begins = func.left(column, schema.INDEXED, type_=Text), stored(start)[: schema.INDEXED]
        return and_(first >= begins, first <= begins + LAST)

    def candidates(self, connection: Connection, wanted: str) -> Sequence[int]:
        """The documents that hold the text, found by the trigrams in it, where the server has pg_trgm."""
        like = text("SELECT document_id FROM texts WHERE text LIKE :pattern ORDER BY document_id")
        return connection.scalars(like, {"pattern": f"%{wanted.translate(_ESCAPED)}%"}).all()

    def faults(self, _: Connection) -> Iterator[str]:
        """Nothing: the server checks its pages itself, where its checksums are on."""
        return iter(())

    def make(self, connection: Connection, table: Table) -> None:
        """See `Backend.make`."""
        schema.make(connection, table.name)

    def close(self, _: Engine) -> None:
        """See `Backend.close`."""
        if self._server is not None:
            self._server.close()
        self.text.close()
