"""Cells of the catalog, checked as they are read: SQLite keeps a value of any type in any column, so that a catalog
which something else wrote to may hold a text where a number belongs. Who reads it gets an error that names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import JSON, Boolean, Dialect, Integer, LargeBinary, MetaData, String
from sqlalchemy.types import TypeDecorator, TypeEngine

from hybrid.errors import CorruptCorpusError


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
        column = self.column

        def checked(value: Any) -> Any:
            if value is None:
                return None
            try:
                found = value if decode is None else decode(value)
            except (ValueError, TypeError, RecursionError):
                found = None
            if not isinstance(found, types):
                raise damaged(column, expected, value)
            return found

        return checked


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
