"""Row-level access in a connection of PostgreSQL (`hybrid.stores.access`)."""

from __future__ import annotations

from typing import Any

from hybrid.stores.access import Access, views
from hybrid.stores.filtering import folded, spellings
from hybrid.stores.tables import SEARCHED_BY_SQLITE, Base


def restrict(cursor: Any, access: Access, schema: str) -> None:
    """Let a connection show what ``access`` names: its temporary views come before the tables of the schema."""
    base = f'"{schema}".'
    for table, values in (
        ("seen_classes (value TEXT PRIMARY KEY)", {folded(one) for one in access.classes or ()}),
        ("access_keys (key TEXT PRIMARY KEY)", set(spellings(access.key))),
        ("left_out (id INTEGER PRIMARY KEY)", set(access.without)),
    ):
        cursor.execute(f"CREATE TEMPORARY TABLE {table}")
        for value in values:
            cursor.execute(f"INSERT INTO pg_temp.{table.partition(' ')[0]} VALUES (%s)", (value,))
    tables = Base.metadata.tables.keys() - SEARCHED_BY_SQLITE
    for table, columns, condition in views(access, base, tables, json="'{}'::json"):
        cursor.execute(f"CREATE TEMPORARY VIEW {table} AS SELECT {columns} FROM {base}{table} AS row WHERE {condition}")
