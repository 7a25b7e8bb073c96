"""Row-level access to a catalog in PostgreSQL (`hybrid.stores.access`).

What an identity asks is said to the server with the views that it may see as common table expressions before it: a name
in a statement is that of such an expression before it is that of a table. So a connection belongs to no identity, all
of them share a few, and nothing is made in the database, which a standby would not let.
"""

from __future__ import annotations

import re

from hybrid.stores.access import Access, views
from hybrid.stores.filtering import folded, spellings
from hybrid.stores.postgresql.characters import stored
from hybrid.stores.tables import SEARCHED_BY_SQLITE, Base

_BEGINS = re.compile(r"\s*(?:(?P<with>WITH(?P<recursive>\s+RECURSIVE)?\s)|(?P<select>SELECT\s|\(\s*SELECT\s))")
_SAVEPOINT = re.compile(r"\s*(?:SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT)\s")


def expressions(access: Access, schema: str) -> str:
    """The views of an identity, as they stand after WITH, in the place of the tables of ``schema``."""
    base = f'"{schema}".'
    tables = Base.metadata.tables.keys() - SEARCHED_BY_SQLITE
    said = [
        f"seen_classes (value) AS ({_texts({folded(one) for one in access.classes or ()})})",
        f"access_keys (key) AS ({_texts(set(spellings(access.key)))})",
        f"left_out (id) AS (SELECT unnest(ARRAY[{','.join(str(int(one)) for one in access.without)}]::integer[]))",
    ]
    for table, columns, condition in views(access, base, tables, json="'{}'::json"):
        of_table = f"SELECT {columns} FROM {base}{table} AS row WHERE {condition}"
        said.append(f"{table} AS NOT MATERIALIZED ({of_table})")
    return ", ".join(said)


def _texts(values: set[str]) -> str:
    """A query for these texts. They are written as hexadecimal digits, so that nothing in them is SQL."""
    written = ",".join(f"'{stored(one).encode().hex()}'" for one in sorted(values))
    return f"SELECT convert_from(decode(t.one, 'hex'), 'UTF8') FROM unnest(ARRAY[{written}]::text[]) AS t (one)"


def restricted(statement: str, expressions: str) -> str:
    """A statement as an identity may ask it. Raises `ValueError` for one that is no query: it would be asked of the
    tables themselves.

    Example:
        >>> restricted("SELECT name FROM sources", "sources AS (SELECT ...)")
        'WITH sources AS (SELECT ...) SELECT name FROM sources'
    """
    found = _BEGINS.match(statement)
    if found is None:
        if _SAVEPOINT.match(statement):
            return statement
        raise ValueError(f"a catalog that is seen by an identity is asked queries alone: {statement[:60]}")
    if found["with"]:
        return f"WITH{found['recursive'] or ''} {expressions}, {statement[found.end() :]}"
    return f"WITH {expressions} {statement}"
