"""From a filter to the documents that it lets through."""

from __future__ import annotations

from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from sqlalchemy import Connection, select

from hybrid.errors import InputError
from hybrid.stores.tables import DocumentTable, SourceTable
from hybrid.types.filters import Filter, first_day, last_day

_OWN = ("title", "author", "custodian", "media_type")


def matching(connection: Connection, wanted: Filter) -> list[int]:
    """The ids of the documents that the filter lets through, ascending; perhaps none.

    Raises `InputError` for a metadata key that no document has, and for a source that does not exist or a
    pattern that no source matches: both are slips of the pen more often than a wish for nothing.
    """
    statement = select(DocumentTable.id, DocumentTable.media_type, DocumentTable.details).order_by(DocumentTable.id)
    rows = [
        (row.id, _facts(row.media_type, row.details), row.details.get("date")) for row in connection.execute(statement)
    ]
    _check_keys(wanted, {key for _, facts, _ in rows for key in facts})
    named = _with_sources(connection, wanted.sources) if wanted.sources else None
    return [
        document_id
        for document_id, facts, date in rows
        if (named is None or document_id in named) and _has(facts, wanted) and _within(date, wanted)
    ]


def _facts(media_type: str, details: dict[str, Any]) -> dict[str, str]:
    facts = {key: details.get(key) for key in _OWN} | {"media_type": media_type}
    return {key: str(value) for key, value in (details.get("extra", {}) | facts).items() if value is not None}


def _check_keys(wanted: Filter, known: set[str]) -> None:
    unknown = sorted(set(wanted.metadata) - known - set(_OWN))
    if unknown:
        listed = ", ".join(sorted(known | set(_OWN)))
        hint = "; dates are asked for with since and until" if "date" in unknown else ""
        raise InputError(f"no document has the metadata {', '.join(map(repr, unknown))}; there are {listed}{hint}")


def _with_sources(connection: Connection, patterns: tuple[str, ...]) -> set[int]:
    rows = connection.execute(select(SourceTable.name, SourceTable.document_id).order_by(SourceTable.id)).all()
    found: set[int] = set()
    for pattern in patterns:
        # A name is itself even where it holds a bracket.
        matched = {row.document_id for row in rows if row.name == pattern or fnmatchcase(row.name, pattern)}
        if not matched:
            close = get_close_matches(pattern, [row.name for row in rows], n=3)
            advice = f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
            raise InputError(f"no source matches {pattern!r}{advice}")
        found |= matched
    return found


def _has(facts: dict[str, str], wanted: Filter) -> bool:
    return all(
        facts.get(key, "").casefold() in {value.casefold() for value in values} and key in facts
        for key, values in wanted.metadata.items()
    )


def _within(date: str | None, wanted: Filter) -> bool:
    if wanted.since is None and wanted.until is None:
        return True
    if date is None:
        return False
    day = date[:10]  # a time of the day does not matter
    return (wanted.since is None or last_day(day) >= first_day(wanted.since)) and (
        wanted.until is None or first_day(day) <= last_day(wanted.until)
    )
