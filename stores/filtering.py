"""From a filter to the documents that it lets through, by the catalog's indexes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, Select, exists, func, select

from hybrid.errors import InputError
from hybrid.stores.tables import DocumentTable, MetadataTable, SourceTable
from hybrid.types.filters import Filter, first_day, last_day

_OWN = ("title", "author", "custodian", "media_type")
_LAST = "\U0010ffff"  # sorts after every other character


def facts(media_type: str, details: Mapping[str, Any]) -> dict[str, str]:
    """What a document can be filtered by besides its sources and its date, by key."""
    own = {key: details.get(key) for key in _OWN} | {"media_type": media_type}
    return {key: str(value) for key, value in (details.get("extra", {}) | own).items() if value is not None}


def days(date: str | None) -> tuple[str | None, str | None]:
    """The first and the last day that a document's date may mean; a time of the day does not matter."""
    return (None, None) if date is None else (first_day(date[:10]), last_day(date[:10]))


def matching(connection: Connection, wanted: Filter) -> list[int]:
    """The ids of the documents that the filter lets through, ascending; perhaps none.

    Raises `InputError` for a metadata key that no document has, and for a source that does not exist or a
    pattern that no source matches: both are slips more often than a wish for nothing.
    """
    _check_keys(connection, wanted)
    table = DocumentTable
    statement = select(table.id).order_by(table.id)
    if wanted.sources:
        named = json.dumps(sorted({one for pattern in wanted.sources for one in _with_source(connection, pattern)}))
        statement = statement.where(table.id.in_(select(func.json_each(named).table_valued("value").c.value)))
    for key, values in wanted.metadata.items():
        statement = statement.where(table.id.in_(_with(key, values)))
    if wanted.since is not None:
        statement = statement.where(table.last_day >= first_day(wanted.since))
    if wanted.until is not None:
        statement = statement.where(table.first_day <= last_day(wanted.until))
    return list(connection.scalars(statement))


def _with(key: str, values: tuple[str, ...]) -> Select[int]:
    folded = [value.casefold() for value in values]
    return select(MetadataTable.document_id).where(MetadataTable.key == key, MetadataTable.value.in_(folded))


def _check_keys(connection: Connection, wanted: Filter) -> None:
    asked = set(wanted.metadata) - set(_OWN)
    unknown = sorted(key for key in asked if not connection.scalar(select(exists().where(MetadataTable.key == key))))
    if unknown:
        known = connection.scalars(select(MetadataTable.key).distinct())
        listed = ", ".join(sorted({*known, *_OWN}))
        hint = "; dates are asked for with since and until" if "date" in unknown else ""
        raise InputError(f"no document has the metadata {', '.join(map(repr, unknown))}; there are {listed}{hint}")


def _with_source(connection: Connection, pattern: str) -> set[int]:
    """The documents with a source of that name, or that matches the pattern. Of the names only those that begin as the
    pattern does are compared."""
    name = SourceTable.name
    start = "".join(takewhile(lambda letter: letter not in "*?[", pattern))
    statement = select(name, SourceTable.document_id).where(name >= start, name <= start + _LAST)
    # A name is itself even where it holds a bracket.
    rows = connection.execute(statement.union(select(name, SourceTable.document_id).where(name == pattern)))
    found = {document_id for one, document_id in rows if one == pattern or fnmatchcase(one, pattern)}
    if not found:
        names = connection.scalars(select(name)).all()
        if not names:
            raise InputError("the corpus is empty, so that a filter finds nothing; ingest documents first")
        close = get_close_matches(pattern, names, n=3)
        advice = f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
        raise InputError(f"no source matches {pattern!r}{advice}")
    return found
