"""From a filter to the documents that it lets through, by the catalog's indexes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import takewhile
from typing import Any
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select, text

from hybrid.errors import InputError
from hybrid.stores.tables import MetadataTable, SourceTable
from hybrid.text.formatting import name_of, quoted_name
from hybrid.types.documents import AS_JSON, AS_TYPES
from hybrid.types.filters import Filter, first_day, last_day

BACKEND = "hybrid_backend"
"""The execution option of engines and connections that is their `hybrid.stores.backend.Backend`."""
_OWN = ("title", "author", "custodian", "media_type", "status")
_PERSONS = ("author", "custodian")
LAST = "\U0010ffff"
"""Sorts after every other character."""


def folded(text: str) -> str:
    """A text as values are compared: without regard to case, and to whether a letter with an accent is written as one
    character or as two (NFC, NFD).

    Example:
        >>> folded("Jose\u0301") == folded("JOS\xc9")
        True
    """
    return normalize("NFC", normalize("NFC", text).casefold())


def spellings(text: str) -> list[str]:
    """The text as it is given, and the others that are the same but for how accents are written (NFC, NFD)."""
    return list(dict.fromkeys((text, normalize("NFC", text), normalize("NFD", text))))


@dataclass(frozen=True)
class Selection:
    """The documents that a filter lets through, and their chunks, in one state of the catalog.

    Args:
        documents: ids, int64 [d], ascending.
        chunks: ids, int64 [c], ascending.
        share: these chunks' part of all, 0 to 1.
        sources: by document, the name that the filter lets it through by, where that is not its first.
    """

    documents: NDArray[np.int64]
    chunks: NDArray[np.int64]
    share: float
    sources: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many chunks."""
        return len(self.chunks)

    @cached_property
    def mask(self) -> bytes:
        """A byte for each chunk id from 0: 1 where the chunk is among these. Past the last of them there are none."""
        mask = np.zeros(int(self.chunks[-1]) + 1 if len(self.chunks) else 0, np.uint8)
        mask[self.chunks] = 1
        return mask.tobytes()


def selected(connection: Connection, wanted: Filter, chunk_count: int) -> Selection:
    """What a filter lets through, perhaps nothing, of ``chunk_count`` chunks in all. Raises what `matching` raises."""
    first = _matching(connection, wanted)
    documents = list(first)
    listed = listed_ids(connection)
    of_documents = text(f"SELECT id FROM chunks WHERE document_id IN {listed}")
    rows = connection.execute(of_documents, {"ids": json.dumps(documents)}).all()
    chunks = np.sort(np.fromiter((row[0] for row in rows), np.int64, len(rows)))
    not_first = connection.execute(text(_NOT_FIRST.format(listed)), {"ids": json.dumps(list(first.values()))})
    other: dict[int, str] = {document_id: name for document_id, name in not_first}  # noqa: C416 - rows
    return Selection(np.array(documents, np.int64), chunks, len(rows) / max(1, chunk_count), other)


def listed_ids(connection: Connection) -> str:
    """What stands after IN for the ids in the parameter ``ids``, a JSON list."""
    listed: str = connection.get_execution_options()[BACKEND].listed
    return listed


def facts(media_type: str, details: Mapping[str, Any]) -> set[tuple[str, str]]:
    """What a source can be filtered by besides its name and its date: keys and `folded` values. A list is found by
    each of its elements, and as a whole."""
    own = {key: details.get(key) for key in _OWN} | {"media_type": media_type}
    status = details.get("status")
    own["status"] = status.get("name") if isinstance(status, Mapping) else None
    extra = details.get("extra", {})
    given = {key: value for key, value in extra.items() if key not in (AS_JSON, AS_TYPES)}
    found = {(normalize("NFC", key), folded(str(value))) for key, value in (given | own).items() if value is not None}
    for key in json.loads(extra.get(AS_JSON, "[]")):
        if isinstance(listed := json.loads(extra[key]), list):
            texts = (one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in listed)
            found |= {(normalize("NFC", key), folded(text)) for text in texts}
    return found


def days(date: str | None) -> tuple[str | None, str | None]:
    """The first and the last day that a date may mean; a time of the day does not matter."""
    return (None, None) if date is None else (first_day(date[:10]), last_day(date[:10]))


def matching(connection: Connection, wanted: Filter) -> list[int]:
    """The ids of the documents that the filter lets through, ascending; perhaps none.

    A document with several sources is let through if one of them meets every condition.

    Raises `InputError` for a metadata key that no document has, and for a source that does not exist or a
    pattern that no source matches: both are slips more often than a wish for nothing.
    """
    return list(_matching(connection, wanted))


def undated(connection: Connection, wanted: Filter) -> int:
    """How many documents a filter's days leave out because they have no date in their metadata: they meet everything
    else that it names. Raises what `matching` raises."""
    if wanted.since is None and wanted.until is None:
        return 0
    others = _matching(connection, wanted.model_copy(update={"since": None, "until": None}))
    dated = select(SourceTable.document_id).where(SourceTable.first_day.is_not(None))
    return len(others.keys() - set(connection.scalars(dated)))


_NOT_FIRST = """
SELECT document_id, name FROM sources WHERE id IN {} AND EXISTS (
    SELECT 1 FROM sources AS earlier WHERE earlier.document_id = sources.document_id AND earlier.id < sources.id)"""


def _matching(connection: Connection, wanted: Filter) -> dict[int, int]:
    """The documents that the filter lets through, ascending, each with the first of its sources that meets it."""
    _check_keys(connection, wanted)
    table = SourceTable
    statement = select(table.document_id, func.min(table.id)).group_by(table.document_id).order_by(table.document_id)
    if wanted.sources:
        named = json.dumps(sorted({one for pattern in wanted.sources for one in _with_source(connection, pattern)}))
        statement = statement.where(text(f"sources.id IN {listed_ids(connection)}").bindparams(ids=named))
    for key, values in wanted.metadata.items():
        statement = statement.where(table.id.in_(_with(connection, key, values)))
    if wanted.since is not None:
        statement = statement.where(table.last_day >= first_day(wanted.since))
    if wanted.until is not None:
        statement = statement.where(table.first_day <= last_day(wanted.until))
    return {document_id: source_id for document_id, source_id in connection.execute(statement)}  # noqa: C416 - rows


def _with(connection: Connection, key: str, values: tuple[str, ...]) -> Select[int]:
    # An earlier version stored values as their accents were written.
    asked = {one for value in values for one in (*spellings(folded(value)), value.casefold())}
    held = _among(connection, MetadataTable.value, sorted(asked))
    if key in _PERSONS:
        held = or_(held, *(_of_mail(one) for one in sorted(asked) if one.strip()))
    return select(MetadataTable.source_id).where(_among(connection, MetadataTable.key, spellings(key)), held)


def _among(connection: Connection, column: Any, texts: list[str]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = connection.get_execution_options()[BACKEND].among(column, texts)
    return found


def _of_mail(asked: str) -> ColumnElement[bool]:
    """Whether a value is a mail's "Ann Orr <ann@mill.example>", of which the name or the address was asked for."""
    value = MetadataTable.value
    return or_(
        value.startswith(f"{asked} <", autoescape=True),
        value.startswith(f'"{asked}" <', autoescape=True),
        value.endswith(f"<{asked}>", autoescape=True),
    )


def _check_keys(connection: Connection, wanted: Filter) -> None:
    asked = set(wanted.metadata) - set(_OWN)
    unknown = sorted(
        key
        for key in asked
        if not connection.scalar(select(exists().where(_among(connection, MetadataTable.key, spellings(key)))))
    )
    if unknown:
        known = connection.scalars(select(MetadataTable.key).distinct())
        listed = ", ".join(sorted({*known, *_OWN}))
        hint = "; dates are asked for with since and until" if "date" in unknown else ""
        raise InputError(f"no document has the metadata {', '.join(map(repr, unknown))}; there are {listed}{hint}")


def _with_source(connection: Connection, pattern: str) -> set[int]:
    """The ids of the sources of that name, or that match the pattern. Of the names only those that begin as the
    pattern does are compared."""
    name = SourceTable.name
    written, wanted = spellings(pattern), normalize("NFC", pattern)
    start = "".join(takewhile(lambda letter: letter not in "*?[" and letter.isascii(), wanted))
    statement = select(name, SourceTable.id).where(connection.get_execution_options()[BACKEND].between(name, start))
    # A name is itself even where it holds a bracket.
    rows = connection.execute(statement.union(select(name, SourceTable.id).where(name.in_(written))))
    found = {
        source_id
        for one, source_id in rows
        if (as_compared := normalize("NFC", one)) == wanted or fnmatchcase(as_compared, wanted)
    }
    if not found and (shown := name_of(pattern)) != pattern:
        found = set(connection.scalars(select(SourceTable.id).where(name == shown)))
    if not found:
        names = connection.scalars(select(name)).all()
        if not names:
            raise InputError("the corpus is empty, so that a filter finds nothing; ingest documents first")
        close = get_close_matches(pattern, names, n=3)
        advice = f"; did you mean {' or '.join(map(quoted_name, close))}?" if close else ""
        raise InputError(f"no source matches {pattern!r}{advice}")
    return found
