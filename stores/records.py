"""Hashes of what the catalog says about texts: of each source its name, dates and other metadata, of each document
where its chunks and sentences lie, and of each fact about the corpus, such as its settings. A quote is only as right as
the name, the date and the span that it is given.

A hash is written when the row is, and compared when a document is loaded to be quoted, and by `hybrid verify`. What was
added by a version without these hashes has none, and is not compared. As all hashes here they are against accidents and
careless edits: who can write to the catalog can write a hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, func, select, text

from hybrid.errors import CorruptCorpusError
from hybrid.stores import filtering
from hybrid.stores.tables import ChunkTable, DocumentTable, MetadataTable, SentenceTable, SourceTable, TextTable
from hybrid.types.documents import text_sha256

SOURCE = "what is recorded of it (its name, its dates, where it came from or other metadata)"
FACTS = "what it is filtered by (its rows of the table source_metadata)"
SEARCHED = "what copies and exact texts of it are found by (documents.signature, documents.scanned)"
ROW = "what is recorded of its text (its kind, its length or its pages)"
SPANS = "where its chunks and sentences lie"
Span = tuple[int, int, int]
"""A chunk's id, start and end."""
Sentence = tuple[int, int, str | None]
"""A sentence's start, its end, and its parts as they are stored."""
_AT_ONCE = 500  # ids in one SQL statement: older SQLite takes 999 variables


def of_source(values: Mapping[str, Any], document_sha256: str) -> str:
    """The hashes of a source's row, without and with the name of what it came with: who may see an attachment need not
    see the mail."""
    fields = [document_sha256, *(values[name] for name in _OF_SOURCE)]
    return f"{_digest(fields)} {_digest([*fields, values['parent']])}"


def of_document(values: Mapping[str, Any], chunks: Sequence[Span], sentences: Sequence[Sentence]) -> str:
    """The hash of a document's row, the spans of its chunks with their ids, and those of its sentences with their
    parts, each in the order of its start; and how many chunks and sentences these are. A document without chunks is
    found by no search, so that its hash would never be compared: `incomplete` compares the numbers of all documents."""
    fields = [*(values[name] for name in _OF_DOCUMENT), sorted(chunks), sorted(sentences, key=lambda one: one[:2])]
    return f"{_digest(fields)} {len(chunks)} {len(sentences)}"


_OF_SOURCE = ("name", "size", "mtime_ns", "details", "first_day", "last_day")
_OF_DOCUMENT = ("sha256", "media_type", "chars", "pages", "text_sha256")


FACT_RECORDS = "records"
"""The row of the table info that has the hashes of the others, by key, as JSON."""

EVERY_ROW = "every_row"
"""The fact that every document and source of a corpus has a hash: one that began with a version that writes them. There
a hash that is gone is no older version's row."""


def of_facts(before: str | None, key: str, value: str | None) -> str:
    """The value of `FACT_RECORDS` after a fact was set, or forgotten (``None``). Each fact has its own hash: whoever
    sets one says nothing of the others."""
    known = _fact_hashes(before)
    known.pop(key, None)
    if value is not None:
        known[key] = _digest([key, value])
    return json.dumps(known, sort_keys=True)


def check_fact(recorded: str | None, key: str, value: str | None) -> None:
    """Raise `CorruptCorpusError` if a fact is not as it was set."""
    known = _fact_hashes(recorded).get(key)
    if known is not None and (value is None or known != _digest([key, value])):
        raise CorruptCorpusError(_DAMAGED_FACT.format(key, advice_of_fact(key)))


def edited_facts(facts: Mapping[str, str]) -> list[str]:
    """The keys of the facts that are not as they were set, of all rows of the table info."""
    recorded = _fact_hashes(facts.get(FACT_RECORDS))
    return [key for key, digest in recorded.items() if key not in facts or _digest([key, facts[key]]) != digest]


LOG_ROWS = "log_rows"
"""The fact that says what rows the table log has: how many, and their hash."""
LOG_ADVICE = (
    "put back a copy of the corpus, or run hybrid repair, which goes on with the rows that are there, and ingest all "
    "files again: what is left out of them is then named again"
)
ROWS_LOST = "rows_lost"
"""The event of a row of the log that says that the rows before it were others once."""
_LOG, _LOG_FROM = (text(f"SELECT at, event, detail FROM log{where} ORDER BY id") for where in ("", " WHERE id >= :id"))
_NO_ROWS = "0 " + "0" * 64


def of_log(connection: Connection, before: str = _NO_ROWS, *, from_id: int | None = None) -> str:
    """The value of `LOG_ROWS` for the rows that there are, or for those from an id on after those that it was
    ``before``: each hash is of a row and the hash before it, so that to write a row reads no other."""
    count, digest = before.split()
    rows = (connection.execute(_LOG) if from_id is None else connection.execute(_LOG_FROM, {"id": from_id})).all()
    for row in rows:
        digest = _digest([digest, *(one if isinstance(one, str) else repr(one) for one in row)])
    return f"{int(count) + len(rows)} {digest}"


def recorded_log(connection: Connection) -> str | None:
    """What `LOG_ROWS` says; ``None`` of a corpus to which only earlier versions wrote. Raises `CorruptCorpusError` if
    it is not as it was set."""
    found: dict[str, str] = {row[0]: row[1] for row in connection.execute(_LOG_FACTS)}
    check_fact(found.get(FACT_RECORDS), LOG_ROWS, found.get(LOG_ROWS))
    return found.get(LOG_ROWS)


def check_log(connection: Connection) -> None:
    """Raise `CorruptCorpusError` if the rows of the table log are not those that were written."""
    recorded, found = recorded_log(connection), of_log(connection)
    if recorded is not None and recorded != found:
        counts = f"{int(found.split()[0]):,} rows, and {int(recorded.split()[0]):,} were written"
        called = connection.get_execution_options()[filtering.BACKEND].called
        raise CorruptCorpusError(f"the table log of {called} was edited or damaged ({counts}): {LOG_ADVICE}")


def advice_of_fact(key: str) -> str:
    """What to do about a fact that is not as it was set."""
    return PUT_BACK if key in _NOT_KNOWN_AGAIN else "hybrid repair sets it again"


def _fact_hashes(recorded: str | None) -> dict[str, str]:
    try:
        found = json.loads(recorded or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise CorruptCorpusError(_DAMAGED_FACT.format(FACT_RECORDS, PUT_BACK))
    return found


PUT_BACK = "put back a copy of the corpus, or ingest the documents into a new directory"
_NOT_KNOWN_AGAIN = ("settings", "embedder", "vectors", EVERY_ROW)
_DAMAGED_FACT = "the {0} stored in the catalog (a row of its table info) are not as they were set: {1}"


def _digest(values: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def differing(connection: Connection, document_ids: Sequence[int], *, restricted: bool) -> Iterator[tuple[int, str]]:
    """Of these documents those of which something is not as it was recorded, with what that is: `SOURCE`, `FACTS` or
    `SPANS`.
    ``restricted`` connections do not show what a source came with."""
    every_row = _every_row(connection)
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
            # An earlier version recorded the hash without the numbers.
            now = of_document(row._asdict(), *spans).split()[:1]
            if (row.record or "").split()[:1] != now and (every_row or row.record is not None):
                yield row.id, SPANS
            elif len(parts := (row.record or "").split()) > 5 and parts[5] != of_search(row.scanned, row.signature):
                yield row.id, SEARCHED
        facts: dict[int, set[tuple[str, str]]] = {}
        for source_id, key, value in connection.execute(_FACTS, given):
            facts.setdefault(source_id, set()).add((key, value))
        for row in connection.execute(_SOURCES, given):
            sha256 = sha256s.get(row.document_id, "")
            if not _source_whole(row, sha256, every_row=every_row, restricted=restricted):
                yield row.document_id, SOURCE
            elif row.record is not None and facts.get(row.id, set()) != set(
                filtering.facts(media_types.get(row.document_id, ""), row.details)
            ):
                yield row.document_id, FACTS  # what access goes by, too


def listed(connection: Connection, *, restricted: bool) -> dict[int, str]:
    """The documents of which what a list shows, or a filter of days and names compares, is not as it was recorded, each
    with what that is. Reads no text and no spans: of all documents their rows, and of all sources theirs.
    ``restricted`` connections do not show what a source came with."""
    every_row = _every_row(connection)
    found: dict[int, str] = {}
    sha256s: dict[int, str] = {}
    for row in connection.execute(_ALL_DOCUMENTS):
        sha256s[row.id] = row.sha256
        parts = (row.record or "").split()
        if (row.record is None and every_row) or (len(parts) > 6 and parts[6] != of_row(row._asdict())):
            found[row.id] = ROW
    for row in connection.execute(_ALL_SOURCES):
        if row.document_id in sha256s and not _source_whole(
            row, sha256s[row.document_id], every_row=every_row, restricted=restricted
        ):
            found.setdefault(row.document_id, SOURCE)
    return found


def filtered(connection: Connection) -> dict[int, str]:
    """The documents of which what metadata are filtered by is not what these metadata are, with `FACTS`."""
    facts: dict[int, set[tuple[str, str]]] = {}
    for source_id, key, value in connection.execute(_ALL_FACTS):
        facts.setdefault(source_id, set()).add((key, value))
    every = connection.execute(_FILTERED)
    return {row.document_id: FACTS for row in every if facts.get(row.id, set()) != _facts_of(row)}


def _facts_of(row: Any) -> set[tuple[str, str]]:
    return set(filtering.facts(row.media_type, row.details))


def _every_row(connection: Connection) -> bool:
    return connection.scalar(_EVERY_ROW) is not None


def _source_whole(row: Any, sha256: str, *, every_row: bool, restricted: bool) -> bool:
    """Whether a source's row is as it was recorded."""
    if row.record is None:
        return not every_row
    recorded, found = row.record.split(), of_source(row._asdict(), sha256).split()
    return recorded[:1] == found[:1] and (restricted or recorded == found)


@dataclass(frozen=True)
class Recorded:
    """A document whose text is as it was: what is known of where its chunks and sentences lay. ``ids`` are those of its
    chunks that are there; ``sentences`` says whether it had any."""

    text: str
    pages: Sequence[int]
    details: Mapping[str, Any]
    ids: Sequence[int]
    sentences: bool
    _row: Mapping[str, Any]

    def fits(self, chunks: Sequence[Span], sentences: Sequence[Sentence]) -> bool:
        """Whether these chunks and sentences are those that were recorded."""
        return self._row["record"].split()[:3] == of_document(self._row, chunks, sentences).split()  # type: ignore[no-any-return]


def recorded(connection: Connection, document_id: int) -> Recorded | None:
    """What is known of a document's spans; ``None`` where its text is damaged, or nothing was recorded."""
    columns = [*(DocumentTable.__table__.c[name] for name in ("record", "details", *_OF_DOCUMENT)), TextTable.text]
    try:
        row = connection.execute(select(*columns).join(TextTable).where(DocumentTable.id == document_id)).first()
        whole = row is not None and text_sha256(row.text) == row.text_sha256
    except CorruptCorpusError:  # a cell of another type
        return None
    if row is None or not whole or len((row.record or "").split()) < 3:
        return None
    ids = list(connection.scalars(select(ChunkTable.id).where(ChunkTable.document_id == document_id)))
    return Recorded(row.text, row.pages, row.details, ids, row.record.split()[2] != "0", row._asdict())


def damaged(connection: Connection, *, restricted: bool) -> list[int]:
    """The documents of which nothing may be quoted: their text, or what is recorded of them, is not as it was, or
    cannot be read. Compares everything, as `hybrid verify` does."""
    found: set[int] = set()
    everyone = [row[0] for row in connection.exec_driver_sql("SELECT id FROM documents ORDER BY id")]
    rows = connection.exec_driver_sql(
        "SELECT d.id, d.text_sha256, d.chars, t.text, EXISTS (SELECT 1 FROM sources s WHERE s.document_id = d.id) "
        "FROM documents d LEFT JOIN texts t ON t.document_id = d.id"
    )
    for identifier, digest, chars, body, named in rows:
        whole = named and isinstance(body, str) and len(body) == chars and digest in (None, text_sha256(body))
        if not whole:
            found.add(identifier)
    spans = connection.exec_driver_sql(
        'SELECT c.document_id, c.start, c."end", d.chars FROM chunks c LEFT JOIN documents d ON d.id = c.document_id'
    )
    found.update(row[0] for row in spans if not _within(*row[1:]))
    found.update(damaged_vectors(connection, ["sentences"]))
    for at in range(0, len(everyone), _AT_ONCE):
        some = everyone[at : at + _AT_ONCE]
        try:
            found.update(one for one, _ in differing(connection, some, restricted=restricted))
        except CorruptCorpusError:  # a cell that cannot be read: of which document?
            found.update(one for one in some if not _readable(connection, one, restricted=restricted))
    return sorted(found)


def _within(start: object, end: object, chars: object) -> bool:
    """Whether a chunk's cells, of whatever type, say where it lies in its text."""
    return isinstance(start, int) and isinstance(end, int) and isinstance(chars, int) and 0 <= start < end <= chars


def _readable(connection: Connection, document_id: int, *, restricted: bool) -> bool:
    try:
        return not list(differing(connection, [document_id], restricted=restricted))
    except CorruptCorpusError:
        return False


def of_vectors(chunks: Iterable[bytes], sentences: Iterable[bytes]) -> str:
    """The hashes of the vectors of a document's chunks and sentences, each in the order of the ids or starts. A vector
    that is another leads to no wrong quote; but what it should find is not found."""
    return f"{_digest_of_bytes(chunks)} {_digest_of_bytes(sentences)}"


def of_search(scanned: bool, signature: bytes | None) -> str:
    """The hash of what exact texts and near copies are found by."""
    return _digest([bool(scanned), (signature or b"").hex()])


def of_row(values: Mapping[str, Any]) -> str:
    """The hash of a document's row alone, which lists show."""
    return _digest([values[name] for name in _OF_DOCUMENT])


def _digest_of_bytes(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else b"?")  # whatever else a damaged cell has
    return digest.hexdigest()


_VECTORS = ((3, "chunks", "embedding", "id"), (4, "sentences", "vector", "start"))
"""Which part of a record is of which table's vectors, in which order."""


def damaged_vectors(connection: Connection, tables: Sequence[str] = ("chunks", "sentences")) -> dict[int, str]:
    """The documents whose vectors of chunks or sentences are not those that were made, with which these are. Reads all
    of them."""
    found: dict[int, str] = {}
    recorded = {row.id: row.record.split() for row in connection.execute(_RECORDS)}
    for part, table, column, order in _VECTORS:
        if table not in tables:
            continue
        rows = connection.exec_driver_sql(f"SELECT document_id, {column} FROM {table} ORDER BY document_id, {order}")
        digests = {one: _digest_of_bytes(row[1] for row in of) for one, of in groupby(rows, key=lambda row: row[0])}
        nothing = _digest_of_bytes(())
        for identifier, parts in recorded.items():
            if len(parts) > part and parts[part] != digests.get(identifier, nothing):
                found.setdefault(identifier, table)
    return found


def incomplete(connection: Connection, sentences_up_to: int) -> dict[int, str]:
    """The documents with more or fewer chunks or sentences than were recorded, each with what that is in words. Reads
    no text and compares no hash: it is asked for of each commit. Sentences are counted where they are no more than
    ``sentences_up_to``: their rows are long."""
    recorded = {row.id: counts for row in connection.execute(_RECORDS) if len(counts := row.record.split()[1:3]) == 2}
    kinds = [("chunk", ChunkTable.document_id)]
    if sum(int(counts[1]) for counts in recorded.values() if counts[1].isdigit()) <= sentences_up_to:
        kinds.append(("sentence", SentenceTable.document_id))
    found: dict[int, str] = {}
    for at, (kind, column) in enumerate(kinds):
        there = {row[0]: row[1] for row in connection.execute(select(column, func.count()).group_by(column))}
        for identifier, counts in recorded.items():
            if str(there.get(identifier, 0)) != counts[at]:
                found.setdefault(identifier, f"{there.get(identifier, 0)} of {counts[at]} {kind}s")
    return found


def _by_document(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(tuple(row[1:]))
    return found


_LOG_FACTS = text(f"SELECT key, value FROM info WHERE key IN ('{LOG_ROWS}', '{FACT_RECORDS}')")
_EVERY_ROW = text(f"SELECT 1 FROM info WHERE key = '{EVERY_ROW}'")
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_DOCUMENTS = select(
    DocumentTable.id,
    DocumentTable.record,
    DocumentTable.scanned,
    DocumentTable.signature,
    *(DocumentTable.__table__.c[name] for name in _OF_DOCUMENT),
).where(DocumentTable.id.in_(_IDS))
_RECORDS = select(DocumentTable.id, DocumentTable.record).where(DocumentTable.record.is_not(None))
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
_ALL_DOCUMENTS = select(
    DocumentTable.id, DocumentTable.record, *(DocumentTable.__table__.c[name] for name in _OF_DOCUMENT)
)
_ALL_FACTS = select(MetadataTable.source_id, MetadataTable.key, MetadataTable.value)
_FILTERED = (
    select(SourceTable.id, SourceTable.document_id, SourceTable.details, DocumentTable.media_type)
    .join(DocumentTable)
    .where(SourceTable.record.is_not(None))
)
_ALL_SOURCES = select(
    SourceTable.id,
    SourceTable.document_id,
    SourceTable.record,
    SourceTable.parent,
    *(SourceTable.__table__.c[name] for name in _OF_SOURCE),
)
_SOURCES = _ALL_SOURCES.where(SourceTable.document_id.in_(_IDS))
