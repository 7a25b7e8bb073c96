"""Hashes of what the catalog says about texts: of each source its name, dates and other metadata, and of each document
where its chunks and sentences lie. A quote is only as right as the name, the date and the span that it is given.

A hash is written when the row is, and compared when a document is loaded to be quoted, and by `hybrid verify`. What was
added by a version without these hashes has none, and is not compared. As all hashes here they are against accidents and
careless edits: who can write to the catalog can write a hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, select

from hybrid.stores import filtering
from hybrid.stores.tables import ChunkTable, DocumentTable, MetadataTable, SentenceTable, SourceTable

SOURCE = "what is recorded of it (its name, its dates, where it came from or other metadata)"
SPANS = "where its chunks and sentences lie"
_AT_ONCE = 500  # ids in one SQL statement: older SQLite takes 999 variables


def of_source(values: Mapping[str, Any], document_sha256: str) -> str:
    """The hashes of a source's row, without and with the name of what it came with: who may see an attachment need not
    see the mail."""
    fields = [document_sha256, *(values[name] for name in _OF_SOURCE)]
    return f"{_digest(fields)} {_digest([*fields, values['parent']])}"


def of_document(values: Mapping[str, Any], chunks: Sequence[Span], sentences: Sequence[Sentence]) -> str:
    """The hash of a document's row, the spans of its chunks with their ids, and those of its sentences with their
    parts, each in the order of its start."""
    return _digest(
        [*(values[name] for name in _OF_DOCUMENT), sorted(chunks), sorted(sentences, key=lambda one: one[:2])]
    )


Span = tuple[int, int, int]
"""A chunk's id, start and end."""
Sentence = tuple[int, int, str | None]
"""A sentence's start, its end, and its parts as they are stored."""
_OF_SOURCE = ("name", "size", "mtime_ns", "details", "first_day", "last_day")
_OF_DOCUMENT = ("sha256", "media_type", "chars", "pages", "text_sha256")


def _digest(values: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def differing(connection: Connection, document_ids: Sequence[int], *, restricted: bool) -> Iterator[tuple[int, str]]:
    """Of these documents those of which something is not as it was recorded, with what that is: `SOURCE` or `SPANS`.
    ``restricted`` connections do not show what a source came with."""
    for at in range(0, len(document_ids), _AT_ONCE):
        given = {"ids": list(document_ids[at : at + _AT_ONCE])}
        sha256s: dict[int, str] = {}
        media_types: dict[int, str] = {}
        rows = connection.execute(_DOCUMENTS, given).all()
        chunks = _by_document(connection.execute(_CHUNKS, given))
        sentences = _by_document(connection.execute(_SENTENCES, given))
        for row in rows:
            sha256s[row.id], media_types[row.id] = row.sha256, row.media_type
            spans = chunks.get(row.id, []), sentences.get(row.id, [])
            if row.record is not None and row.record != of_document(row._asdict(), *spans):
                yield row.id, SPANS
        facts: dict[int, set[tuple[str, str]]] = {}
        for source_id, key, value in connection.execute(_FACTS, given):
            facts.setdefault(source_id, set()).add((key, value))
        for row in connection.execute(_SOURCES, given):
            if row.record is None:
                continue
            recorded, found = row.record.split(), of_source(row._asdict(), sha256s.get(row.document_id, "")).split()
            if recorded[:1] != found[:1] or not (restricted or recorded == found):
                yield row.document_id, SOURCE
            elif facts.get(row.id, set()) != set(filtering.facts(media_types.get(row.document_id, ""), row.details)):
                yield row.document_id, SOURCE  # what is filtered by, and what access goes by, is not what it has


def _by_document(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(tuple(row[1:]))
    return found


_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_DOCUMENTS = select(
    DocumentTable.id, DocumentTable.record, *(DocumentTable.__table__.c[name] for name in _OF_DOCUMENT)
).where(DocumentTable.id.in_(_IDS))
_CHUNKS = select(ChunkTable.document_id, ChunkTable.id, ChunkTable.start, ChunkTable.end).where(
    ChunkTable.document_id.in_(_IDS)
)
_SENTENCES = select(SentenceTable.document_id, SentenceTable.start, SentenceTable.end, SentenceTable.parts).where(
    SentenceTable.document_id.in_(_IDS)
)
_FACTS = (
    select(MetadataTable.source_id, MetadataTable.key, MetadataTable.value)
    .join(SourceTable, SourceTable.id == MetadataTable.source_id)
    .where(SourceTable.document_id.in_(_IDS))
)
_SOURCES = select(
    SourceTable.id,
    SourceTable.document_id,
    SourceTable.record,
    SourceTable.parent,
    *(SourceTable.__table__.c[name] for name in _OF_SOURCE),
).where(SourceTable.document_id.in_(_IDS))
