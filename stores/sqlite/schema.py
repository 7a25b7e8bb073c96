"""What a SQLite file has of the catalog's schema, and what SQLite itself says of its pages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from hybrid.stores.sqlite import full_text

_SHOWN = 20  # lines of SQLite's own check


def has_table(connection: Connection, name: str) -> bool:
    """Whether there is a table of that name."""
    there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return connection.exec_driver_sql(there, (name,)).first() is not None


def columns(connection: Connection) -> dict[str, set[str]]:
    """The columns of each table that is there."""
    found: dict[str, set[str]] = {}
    for table, column in connection.exec_driver_sql(
        # Not of virtual tables: SQLite would open the full-text index, which may be damaged.
        "SELECT m.name, c.name FROM (SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%') "
        "AS m JOIN pragma_table_info(m.name) AS c"
    ):
        found.setdefault(table, set()).add(column)
    return found


def indexes(connection: Connection) -> set[tuple[str, str]]:
    """The indexes that are there, each with its table."""
    rows = connection.exec_driver_sql("SELECT name, tbl_name FROM sqlite_master WHERE type = 'index'")
    return {(row[0], row[1]) for row in rows}


def lost_parts(connection: Connection) -> Iterator[tuple[str, str]]:
    """The parts of the full text that are missing or defined otherwise, each with what is said of it."""
    there = {row[0]: row[1] for row in connection.exec_driver_sql("SELECT name, sql FROM sqlite_master")}
    for name, statement in ((full_text.VIEW, full_text.CREATE_VIEW), (full_text.TABLE, full_text.CREATE_TABLE)):
        if name not in there:
            yield name, "it is missing"
        elif _plain(there[name]) != _plain(statement):
            yield name, "it is defined otherwise"


def _plain(statement: str | None) -> str:
    return re.sub(r"[\s\"]+", "", statement or "")


def faults(connection: Connection) -> Iterator[str]:
    """What SQLite's own check says, apart from the full text, which is checked by itself."""
    try:
        lines = [row[0] for row in connection.exec_driver_sql(f"PRAGMA integrity_check({_SHOWN})")]
    except DatabaseError as error:
        lines = [str(error.orig)]
    yield from (one for one in lines if one != "ok" and full_text.TABLE not in one)


def strays(connection: Connection) -> Iterator[tuple[str, str]]:
    """The tables that have rows which belong to no row of another, with that one."""
    for row in connection.exec_driver_sql('SELECT DISTINCT "table", parent FROM pragma_foreign_key_check'):
        yield row[0], row[1]
