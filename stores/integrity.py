"""Whether a corpus is whole: every text, chunk, vector, index and volume against what was recorded of it. Nothing is
changed, moved or loaded into the memory model."""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import get_args

from sqlalchemy import Connection, select
from sqlalchemy.exc import DatabaseError

from hybrid.errors import CorruptCorpusError
from hybrid.stores import erasure, full_text, records, schema
from hybrid.stores.backend import backend_of
from hybrid.stores.catalog import Catalog
from hybrid.stores.cells import as_read
from hybrid.stores.files import inside, sha256_of
from hybrid.stores.records import PUT_BACK
from hybrid.stores.rows import StoredFile
from hybrid.stores.study import damaged_pairs
from hybrid.stores.tables import CommitTable, LogTable, VolumeDocumentTable, VolumeTable
from hybrid.stores.vector_places import vector_store
from hybrid.types.documents import text_sha256
from hybrid.types.reports import IntegrityProblem, IntegrityReport, MemoryState

_DROPPED = "hybrid repair drops it, and the next ingest adapts it again"

INGEST_AGAIN = "remove it by this name (hybrid remove) and ingest its file again"


def check(catalog: Catalog, directory: Path) -> IntegrityReport:
    """Everything that a corpus holds against its hashes and against each other."""
    problems: list[IntegrityProblem] = []
    with catalog.connection(write=False) as connection:
        lost = schema.missing(connection)
        absent = {one.table for one in lost if one.source is not None}
        problems += [_of_table(connection, one.table, one.said, one.advice, repairable=one.rebuilt) for one in lost]
        problems += _catalog(connection)
        problems += _facts(connection)
        problems += _cells(connection)
        problems += _log_rows(connection)
        texts, documents = _texts(connection)
        problems += texts
        if not texts and absent.isdisjoint(
            backend_of(connection).text.parts
        ):  # else it differs from what it was made of
            problems += _full_text(connection)
        chunks, ids = _chunks(connection, documents, sentences="sentences" not in absent)
        problems += chunks.values()
        if absent.isdisjoint(("sentences", "source_metadata")):
            problems += _records(connection, documents, {one.name for one in problems})
    commit = catalog.commit()
    if commit is not None:
        problems += vector_store(catalog, directory).problems(commit, frozenset(ids))
    volumes = catalog.volumes() if absent.isdisjoint(("volumes", "volume_documents")) else []
    problems += [one for row in volumes for one in _volume_file(directory, row.stored)]
    for row in volumes:
        if not row.parts or sum(part.end - part.start for part in row.parts) != row.tokens:
            said, advice = "its rows are not those of what it was adapted to", _DROPPED
            problems.append(
                IntegrityProblem(part="volume", name=row.stored.file, problem=said, advice=advice, repairable=True)
            )
    for name in damaged_pairs(directory, catalog.sha256s().values()):
        said, advice = "it is damaged, or was edited", "ingest again: what the memory studies is made again"
        problems.append(IntegrityProblem(part="study", name=name, problem=said, advice=advice, repairable=False))
    if erasure.pending(catalog):
        said = "what was removed is not yet erased from the catalog's free pages and its log of changes"
        advice = "hybrid repair does it, once nobody reads the state before the removal"
        problems.append(
            IntegrityProblem(part="deletion", name=catalog.called, problem=said, advice=advice, repairable=True)
        )
    counts = {"documents": len(documents), "chunks": len(ids), "index": 1, "volumes": len(volumes)}
    return IntegrityReport(commit=commit.n if commit else None, checked=counts, problems=tuple(problems))


def damaged_pages(catalog: Catalog) -> list[IntegrityProblem]:
    """What SQLite itself says is wrong with the file: where pages of it are damaged, other checks may not get far."""
    found: list[IntegrityProblem] = []
    with suppress(CorruptCorpusError), catalog.connection(write=False) as connection:
        found += [one for one in _catalog(connection) if one.part == "catalog"]
    return found


def damaged_spans(catalog: Catalog) -> list[int]:
    """The documents whose chunks or sentences are not as they were recorded, or have damaged vectors."""
    with catalog.connection(write=False) as connection:
        _, documents = _texts(connection)
        found = set(_chunks(connection, documents, sentences=True)[0])
        try:
            differing = records.differing(connection, list(documents), restricted=False)
            found.update(one for one, what in differing if what == records.SPANS)
        except CorruptCorpusError:  # a cell that cannot be read
            found.update(records.damaged(connection, restricted=False))
    return sorted(found & documents.keys())


def restore_tables(catalog: Catalog) -> set[str]:
    """Make the tables again that are missing, or have rows of what is not there, as far as others have what was in
    them; the full-text index among them. Returns their names."""
    with catalog.connection(write=True) as connection:
        tables = {one.table for one in schema.missing(connection) if one.source is not None}
        tables |= {table for table, _ in backend_of(connection).strays(connection)} & schema.rebuilt(connection).keys()
        if _facts_differ(connection):
            tables.add("source_metadata")
        return schema.restore(connection, tables)


def rebuild_full_text(catalog: Catalog) -> None:
    """Make the full-text index anew from the texts."""
    with catalog.connection(write=True) as connection:
        full_text.create(connection)
        full_text.rebuild(connection)


def _facts_differ(connection: Connection) -> bool:
    """Whether what is filtered by is not what the sources' metadata say."""
    try:
        with backend_of(connection).attempt(connection):
            everyone = list(connection.exec_driver_sql("SELECT id FROM documents").scalars())
            return any(what == records.FACTS for _, what in records.differing(connection, everyone, restricted=False))
    except (CorruptCorpusError, DatabaseError):  # a cell that cannot be read, or a table that is missing
        return False


def _catalog(connection: Connection) -> Iterator[IntegrityProblem]:
    backend, sources = backend_of(connection), schema.rebuilt(connection)
    try:
        with backend.attempt(connection):
            strays = list(backend.strays(connection))
    except DatabaseError:  # what is wrong with the pages says the next
        strays = []
    for line in backend.faults(connection):
        yield IntegrityProblem(part="catalog", name=backend.called, problem=line, advice=PUT_BACK, repairable=False)
    orphans: set[int] = set()
    for table, parent in strays:
        said = f"it has rows that belong to no row of {parent}"
        if table in sources and parent != "documents":
            yield _of_table(
                connection,
                table,
                said,
                schema.Missing(table, said, sources[table]).advice,
                repairable=True,
            )
        elif parent == "documents":
            there = f"SELECT DISTINCT document_id FROM {table} WHERE document_id NOT IN (SELECT id FROM documents)"
            orphans.update(connection.exec_driver_sql(there).scalars())
        else:
            yield _of_table(connection, table, said, PUT_BACK, repairable=False)
    for identifier in sorted(orphans):
        yield _problem("document", f"document {identifier}", "its row is gone, and other rows of it are there")


def _facts(connection: Connection) -> Iterator[IntegrityProblem]:
    name, said = f"{backend_of(connection).called}, table info", "the fact {!r} is not as it was set"
    try:
        found = records.edited_facts(
            {row[0]: row[1] for row in connection.exec_driver_sql("SELECT key, value FROM info")}
        )
    except CorruptCorpusError:
        found = [records.FACT_RECORDS]
    for key in found:
        advice = records.advice_of_fact(key) if key != records.FACT_RECORDS else PUT_BACK
        again = advice != PUT_BACK
        yield IntegrityProblem(part="fact", name=name, problem=said.format(key), advice=advice, repairable=again)


def edited_facts(catalog: Catalog) -> list[str]:
    """The facts about the corpus that are not as they were set and can be known again, by their keys."""
    with catalog.connection(write=False) as connection:
        rows: dict[str, str] = {row[0]: row[1] for row in connection.exec_driver_sql("SELECT key, value FROM info")}
    return [key for key in records.edited_facts(rows) if records.advice_of_fact(key) != PUT_BACK]


def _cells(connection: Connection) -> Iterator[IntegrityProblem]:
    """Tables with a cell that holds something else than it should, of those that no hash covers."""
    for table in (LogTable, CommitTable, VolumeTable, VolumeDocumentTable):
        try:
            with backend_of(connection).attempt(connection):
                for _ in connection.execute(select(table.__table__)):
                    pass
        except CorruptCorpusError:
            yield _of_table(
                connection,
                table.__tablename__,
                "a cell of it cannot be read",
                PUT_BACK,
                repairable=False,
            )
        except DatabaseError:  # the table, or a column, is missing, which is named already
            continue
    state = connection.exec_driver_sql("SELECT memory_state FROM commits ORDER BY n DESC LIMIT 1").scalar()
    if state is not None and state not in get_args(MemoryState):
        said = f"the state of the memory is {state!r}, which is none"
        yield _of_table(connection, "commits", said, "hybrid repair writes it again", repairable=True)


def _log_rows(connection: Connection) -> Iterator[IntegrityProblem]:
    if log_differs(connection):
        yield _of_table(
            connection,
            "log",
            "its rows are not those that were written",
            records.LOG_ADVICE,
            repairable=True,
        )


def log_differs(connection: Connection) -> bool:
    """Whether the rows of the log of ingests and removals are others than those that were written."""
    try:
        with backend_of(connection).attempt(connection):
            recorded = records.recorded_log(connection)
            return recorded is not None and recorded != records.of_log(connection)
    except (CorruptCorpusError, DatabaseError):  # the fact is not as it was set, or the table is missing: named already
        return False


def _of_table(connection: Connection, table: str, said: str, advice: str, *, repairable: bool) -> IntegrityProblem:
    name = f"{backend_of(connection).called}, table {table}"
    return IntegrityProblem(part="table", name=name, problem=said, advice=advice, repairable=repairable)


def _full_text(connection: Connection) -> Iterator[IntegrityProblem]:
    if (said := full_text.fault(connection)) is not None:
        yield IntegrityProblem(
            part="full text",
            name=backend_of(connection).called,
            problem=said,
            advice="hybrid repair rebuilds it",
            repairable=True,
        )


def _texts(connection: Connection) -> tuple[list[IntegrityProblem], dict[int, tuple[str, int]]]:
    """What is wrong with the texts, and each document's first source and length."""
    problems: list[IntegrityProblem] = []
    documents: dict[int, tuple[str, int]] = {}
    rows = connection.exec_driver_sql(
        "SELECT d.id, d.chars, d.text_sha256, t.text, (SELECT s.name FROM sources s WHERE s.document_id = d.id "
        "ORDER BY s.id LIMIT 1) FROM documents d LEFT JOIN texts t ON t.document_id = d.id ORDER BY d.id"
    )
    for identifier, chars, digest, body, given in rows:
        source = as_read(connection, given)
        name = source if isinstance(source, str) and source else f"document {identifier}"
        chars = chars if isinstance(chars, int) else -1  # whatever else a damaged cell has
        documents[identifier] = name, chars
        said = None
        if body is None:
            said = "its text is missing"
        elif not isinstance(body, str) or (digest is not None and text_sha256(body) != digest):
            said = "its text is not what was ingested: the sha256 differs"
        elif len(body) != chars:
            said = f"its text has {len(body):,} characters and {chars:,} were recorded"
        elif source is None:
            said = "no source names it"
        if said is not None:
            problems.append(_problem("text", name, said))
    return problems, documents


def _chunks(
    connection: Connection, documents: dict[int, tuple[str, int]], *, sentences: bool
) -> tuple[dict[int, IntegrityProblem], dict[int, int]]:
    """What is wrong with the chunks, and with the number of ``sentences``, by document; and each chunk's document."""
    problems: dict[int, IntegrityProblem] = {}
    ids: dict[int, int] = {}
    size: int | None = None
    columns = 'id, document_id, start, "end", embedding'
    for identifier, document, start, end, embedding in connection.exec_driver_sql(f"SELECT {columns} FROM chunks"):
        ids[identifier] = document
        name, chars = documents.get(document, (f"document {document}", -1))
        embedding = embedding if isinstance(embedding, bytes) else b""  # whatever else a damaged cell has
        size = size or len(embedding)
        values = struct.unpack(f"<{len(embedding) // 4}f", embedding[: len(embedding) // 4 * 4])
        whole = isinstance(start, int) and isinstance(end, int)
        if document not in documents:  # that is named already
            continue
        if not whole or not 0 <= start < end <= chars:
            problems[document] = _of_spans(name, f"chunk {identifier} lies outside of its text")
        elif len(embedding) != size or not math.isclose(math.fsum(v * v for v in values), 1.0, abs_tol=0.01):
            problems[document] = _of_spans(name, f"the vector of chunk {identifier} is damaged")
    for document, there in records.incomplete(connection, sys.maxsize if sentences else -1).items():
        name = documents.get(document, (f"document {document}", -1))[0]
        problems.setdefault(document, _of_spans(name, f"rows of it are gone or not its own: it has {there}"))
    tables = ("chunks", "sentences") if sentences else ("chunks",)
    for document, table in records.damaged_vectors(connection, tables).items():
        name = documents.get(document, (f"document {document}", -1))[0]
        problems.setdefault(document, _of_spans(name, f"the vectors of its {table} are not those that were made"))
    return problems, ids


def _records(
    connection: Connection, documents: dict[int, tuple[str, int]], known: set[str]
) -> Iterator[IntegrityProblem]:
    """What is not as it was recorded of documents of which nothing else is ``known`` to be wrong."""
    try:
        found = dict(records.differing(connection, list(documents), restricted=False))
    except CorruptCorpusError:  # a cell that cannot be read, of a source or a document: nothing is done with either
        for identifier in records.damaged(connection, restricted=False):
            name = documents.get(identifier, (f"document {identifier}", -1))[0]
            if name not in known:
                said = "a cell of its rows cannot be read"
                yield IntegrityProblem(part="record", name=name, problem=said, advice=PUT_BACK, repairable=False)
        return
    for identifier, what in found.items():
        name = documents[identifier][0]
        said = f"{what} is not as it was recorded"
        if name in known:
            continue
        if what == records.SPANS:
            yield _of_spans(name, said)
        elif what == records.FACTS:
            advice = "hybrid repair makes it again from its metadata"
            yield IntegrityProblem(part="record", name=name, problem=said, advice=advice, repairable=True)
        else:
            yield _problem("record", name, said)


def _volume_file(directory: Path, stored: StoredFile) -> Iterator[IntegrityProblem]:
    try:
        digest = sha256_of(inside(directory, stored.file))
        said = None if digest == stored.sha256 else "it does not match its recorded sha256 (damaged, or edited)"
    except (CorruptCorpusError, OSError) as error:
        said = "it is missing" if isinstance(error, FileNotFoundError) else str(error)
    if said is not None:
        yield IntegrityProblem(part="volume", name=stored.file, problem=said, advice=_DROPPED, repairable=True)


def _of_spans(name: str, said: str) -> IntegrityProblem:
    """A problem with chunks or sentences, which can be made again as far as they come out as they were recorded."""
    advice = f"hybrid repair makes them again from the text; where it still says so, {INGEST_AGAIN}"
    return IntegrityProblem(part="chunks", name=name, problem=said, advice=advice, repairable=True)


def _problem(part: str, name: str, said: str) -> IntegrityProblem:
    return IntegrityProblem(part=part, name=name, problem=said, advice=INGEST_AGAIN, repairable=False)
