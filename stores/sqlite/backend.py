"""`hybrid.stores.backend.Backend` for a catalog in a SQLite file."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Table, and_, text
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.schema import CreateTable

from hybrid.stores.access import Access
from hybrid.stores.filtering import LAST
from hybrid.stores.sqlite import engine, schema
from hybrid.stores.sqlite.access import BASE
from hybrid.stores.sqlite.full_text import FtsIndex


class SQLite:
    """A catalog in a file."""

    called: str = "catalog.sqlite"
    where: str = "sqlite"
    listed: str = "(SELECT value FROM json_each(:ids))"
    holding: str = (
        "SELECT document_id FROM texts WHERE document_id IN (SELECT value FROM json_each(:ids)) "
        "AND instr(text, :wanted) > 0 ORDER BY document_id"
    )
    base: str = BASE
    has_table: Final = staticmethod(schema.has_table)
    columns: Final = staticmethod(schema.columns)
    indexes: Final = staticmethod(schema.indexes)
    lost_parts: Final = staticmethod(schema.lost_parts)
    faults: Final = staticmethod(schema.faults)
    strays: Final = staticmethod(schema.strays)
    vacuum: Final = staticmethod(engine.vacuum)
    transaction: Final = staticmethod(engine.transaction)

    def __init__(self) -> None:
        self.text: FtsIndex = FtsIndex()
        self.writable = True  # until it is opened

    def errors(self) -> AbstractContextManager[None]:
        """See `hybrid.stores.sqlite.engine.storage_errors`."""
        return engine.storage_errors()

    def write_lock(self, _: Engine, directory: Path, wait: float) -> AbstractContextManager[None]:
        """See `hybrid.stores.sqlite.engine.write_lock`."""
        return engine.write_lock(directory, wait)

    def insert(self, table: Any) -> Any:
        """An INSERT with ``on_conflict_do_update``."""
        return insert(table)

    def among(self, column: Any, texts: Sequence[str]) -> ColumnElement[bool]:
        """See `Backend.among`."""
        found: ColumnElement[bool] = column.in_(texts)
        return found

    def between(self, column: Any, start: str) -> ColumnElement[bool]:
        """See `Backend.between`."""
        return and_(column >= start, column <= start + LAST)

    def candidates(self, connection: Connection, _: str) -> Sequence[int]:
        """All documents: SQLite has no index of parts of words."""
        return connection.scalars(text("SELECT document_id FROM texts ORDER BY document_id")).all()

    def make(self, connection: Connection, table: Table) -> None:
        """See `Backend.make`."""
        connection.execute(CreateTable(table))

    def shown(self, _: Access | None) -> None:
        """See `Backend.shown`: a connection of SQLite's belongs to who sees it."""

    def attempt(self, _: Connection) -> AbstractContextManager[None]:
        """See `Backend.attempt`: a statement that fails is none."""
        return nullcontext()

    def asking(self) -> AbstractContextManager[None]:
        """See `Backend.asking`: readers are as many as there are."""
        return nullcontext()

    def close(self, engine: Engine) -> None:
        """See `Backend.close`."""
        engine.dispose()
