"""Row-level access in a connection of SQLite (`hybrid.stores.access`)."""

from __future__ import annotations

from typing import Any

from hybrid.stores.access import Access, views
from hybrid.stores.filtering import folded, spellings

BASE = "main."


def restrict(connection: Any, access: Access) -> None:
    """Let a connection of SQLite's driver show what ``access`` names, and write nothing."""
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute("PRAGMA query_only=OFF")  # also of a read-only file: the temporary tables are in memory
    connection.execute("CREATE TEMP TABLE seen_classes (value TEXT PRIMARY KEY)")
    connection.executemany("INSERT INTO seen_classes VALUES (?)", {(folded(one),) for one in access.classes or ()})
    connection.execute("CREATE TEMP TABLE access_keys (key TEXT PRIMARY KEY)")
    connection.executemany("INSERT INTO access_keys VALUES (?)", {(one,) for one in spellings(access.key)})
    connection.execute("CREATE TEMP TABLE left_out (id INTEGER PRIMARY KEY)")
    connection.executemany("INSERT INTO left_out VALUES (?)", {(one,) for one in access.without})
    for table, columns, condition in views(access, BASE):
        connection.execute(f"CREATE TEMP VIEW {table} AS SELECT {columns} FROM {BASE}{table} AS row WHERE {condition}")
    connection.execute("PRAGMA query_only=ON")
