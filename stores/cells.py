"""Cells of the catalog, checked as they are read: SQLite keeps a value of any type in any column, so that a catalog
which something else wrote to may hold a text where a number belongs. Who reads it gets an error that names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, Dialect, Integer, LargeBinary, MetaData, String
from sqlalchemy.types import TypeDecorator, TypeEngine

from hybrid.errors import CorruptCorpusError
from hybrid.stores.postgresql.characters import restored, stored


class JSONList(JSON):
    """JSON that is a list."""


_KINDS: tuple[tuple[type[TypeEngine[Any]], tuple[type, ...], str], ...] = (
    (Boolean, (bool,), "true or false"),
    (Integer, (int,), "a whole number"),
    (LargeBinary, (bytes,), "bytes"),
    (JSONList, (list,), "a JSON list"),
    (JSON, (dict,), "a JSON object"),
    (String, (str,), "a text"),
)


class Checked(TypeDecorator[Any]):
    """A column's type, with a check of what is read from it. Raises `CorruptCorpusError` for a value of another type,
    and for JSON that cannot be decoded. NULL passes: SQLite itself keeps it out of columns that must have a value."""

    impl = String  # stands for any: the column's own is given
    cache_ok = True

    def __init__(self, given: TypeEngine[Any], column: str) -> None:
        self.given, self.column = given, column
        self.impl = given  # type: ignore[assignment]

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """What turns SQLite's value into Python's."""
        decode = self.given.dialect_impl(dialect).result_processor(dialect, coltype)
        types, expected = next((types, said) for kind, types, said in _KINDS if isinstance(self.given, kind))
        column, read = self.column, restored if self._is_escaped(dialect) else None

        def checked(value: Any) -> Any:
            if value is None:
                return None
            try:
                found = value if decode is None else decode(value)
            except (ValueError, TypeError, RecursionError):
                found = None
            if not isinstance(found, types):
                raise damaged(column, expected, value)
            return read(found) if read is not None and isinstance(found, str) else found

        return checked

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """What turns Python's value into the database's."""
        encode = super().bind_processor(dialect)
        if not self._is_escaped(dialect):
            return encode

        def escaped(value: Any) -> Any:
            value = stored(value) if isinstance(value, str) else value
            return value if encode is None else encode(value)

        return escaped

    def _is_escaped(self, dialect: Dialect) -> bool:
        return dialect.name == "postgresql" and isinstance(self.given, String) and self.column not in _AS_THEY_ARE


_AS_THEY_ARE = ("texts.text", "search_texts.text", "info.key", "info.value")
"""Columns of texts that have no NUL, and are compared and counted within the database."""


def as_read(connection: Connection, name: Any) -> Any:
    """The name that a statement without types read, as its column gives it."""
    escaped = connection.dialect.name == "postgresql" and isinstance(name, str)
    return restored(name) if escaped else name


def damaged(column: str, expected: str, value: object) -> CorruptCorpusError:
    """The error for a cell of ``column`` ("table.column") that should hold something else than it does."""
    return CorruptCorpusError(
        "the catalog (catalog.sqlite, or what catalog.url names) is damaged: a cell of "
        f"{column} holds a {type(value).__name__} that is not "
        f"{expected} (`hybrid verify` names what else is); put back a copy of it, or ingest the documents into a new "
        "directory"
    )


def check_cells(metadata: MetaData) -> None:
    """Give each column of these tables the check of its own type."""
    for table in metadata.tables.values():
        for column in table.columns:
            column.type = Checked(column.type, f"{table.name}.{column.name}")
