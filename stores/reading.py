"""The statements that a catalog reads by, and what it makes of their rows."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BindParameter, Connection, bindparam, func, literal, select, text

from hybrid._runtime import log_warning
from hybrid.errors import CorruptCorpusError, InputError
from hybrid.stores import records
from hybrid.stores.catalog_cache import Name
from hybrid.stores.rows import DocumentRow, SourceRow
from hybrid.stores.tables import (
    ChunkTable,
    CommitTable,
    DocumentTable,
    SourceTable,
    TextTable,
    VolumeTable,
)
from hybrid.text import shingles
from hybrid.types.documents import Document, Metadata

_LOG = logging.getLogger("hybrid.stores")
AT_ONCE = 500  # ids in one SQL statement: older SQLite takes 999 variables
Identity = tuple[int | None, ...]
"""What tells one state of a catalog from others."""

# Made once: SQLAlchemy takes longer to put one together than SQLite to answer it.
# Every change of a corpus is a commit; the others tell apart states of a catalog that is filled without commits.
STATE = select(
    *(select(func.max(column)).scalar_subquery() for column in (ChunkTable.id, CommitTable.n, SourceTable.id))
)
ALL_CHUNKS = "SELECT count(document_id) FROM {}chunks"  # whoever asks
CHUNK_COUNT = select(func.count(ChunkTable.document_id))  # reads an index, no embeddings
SHA256S = select(DocumentTable.id, DocumentTable.sha256)
IDS: BindParameter[int] = bindparam("ids", expanding=True)
SIGNATURES = (
    select(DocumentTable.id, DocumentTable.signature)
    .where(func.length(DocumentTable.signature) == 4 * shingles.PERMUTATIONS)
    .order_by(DocumentTable.id)
)
FIRST_NAME = text("SELECT name FROM sources WHERE document_id = :document ORDER BY id LIMIT 1")  # of whatever type
TOUCHING = select(ChunkTable.id, ChunkTable.start, ChunkTable.end).where(
    ChunkTable.document_id == bindparam("document"),
    ChunkTable.start < bindparam("end"),
    ChunkTable.end > bindparam("start"),
)
NAMES = (
    select(SourceTable.document_id, SourceTable.name, SourceTable.parent, SourceTable.details)
    .where(SourceTable.document_id.in_(IDS))
    .order_by(SourceTable.id.desc())
)
CHUNKS = select(ChunkTable.id, ChunkTable.document_id, ChunkTable.start, ChunkTable.end).where(ChunkTable.id.in_(IDS))
EMBEDDINGS = select(ChunkTable.id, ChunkTable.embedding).where(ChunkTable.id.in_(IDS))

DOCUMENTS = select(
    DocumentTable.id,
    DocumentTable.sha256,
    DocumentTable.chars,
    DocumentTable.media_type,
    DocumentTable.pages,
)

NAMED = 3  # documents in a note
LOST = (
    "was damaged or edited, and answers may lack what stood there; hybrid verify names all that is wrong and what to do"
)
DAMAGED_TEXT = (
    "the text of {0} in {1} is not what was ingested: its sha256 differs (damaged, or edited), and nothing "
    "of it is quoted; remove {0} and ingest its file again, or put back a copy of the corpus"
)
DAMAGED_RECORD = (
    "{1} is not as it was recorded of {0} in {3} (damaged, or edited), and nothing of it is quoted; {2}"
    "remove {0} and ingest its file again, or put back a copy of the corpus"
)
BODIES = (
    DOCUMENTS.add_columns(TextTable.text, DocumentTable.text_sha256).join(TextTable).where(DocumentTable.id.in_(IDS))
)

TEXTS = select(TextTable.document_id, TextTable.text).where(TextTable.document_id.in_(IDS))

OF_COMMIT = (
    CommitTable.n,
    CommitTable.created_at,
    CommitTable.index_file,
    CommitTable.index_sha256,
    CommitTable.memory_state,
)
COMMITS = select(*OF_COMMIT, select(func.coalesce(func.sum(VolumeTable.tokens), 0)).scalar_subquery())
COMMITS_ALONE = select(*OF_COMMIT, literal(0))  # of a catalog that lost its table of volumes


def damaged_record(name: str, what: str, called: str) -> str:
    """The message for a document whose record differs; ``what`` is what of it does."""
    again = "" if what in (records.SOURCE, records.ROW) else "hybrid repair makes it again where it can; otherwise "
    return DAMAGED_RECORD.format(name, what, again, called)


def called(document_id: int, names: Mapping[int, Name]) -> str:
    """What a document is called in messages: its first source, or its number where no source names it."""
    return names[document_id][0] if document_id in names else f"document {document_id}"


def check_span(document: Document, start: int, end: int, called: str) -> None:
    """Raise `CorruptCorpusError` for a span that is not within its document."""
    if not 0 <= start < end <= len(document.text):
        raise CorruptCorpusError(
            f"{called} is damaged: it has a chunk or sentence from character {start} to {end} of "
            f"{document.source}, which has {len(document.text)}; hybrid verify names all that is damaged and what to do"
        )


def texts(connection: Connection, ids: list[int]) -> Iterator[tuple[int, str]]:
    """The canonical texts of these documents, with their ids."""
    for at in range(0, len(ids), AT_ONCE):
        for row in connection.execute(TEXTS, {"ids": ids[at : at + AT_ONCE]}):
            yield row.document_id, row.text


def identity(connection: Connection) -> Identity:
    """What is another after each change of the catalog."""
    return tuple(connection.execute(STATE).one())


def document_row(row: Any, sources: list[SourceRow], chunks: int, damaged: str | None) -> DocumentRow:
    """What lists show of a document."""
    own = metadata(sources[0].source, sources[0].details)
    return DocumentRow(
        id=row.id,
        source=sources[0].source,
        title=own.title or Path(sources[0].source).name,
        sha256=row.sha256,
        chars=row.chars,
        chunks=chunks,
        pages=len(row.pages),
        media_type=row.media_type,
        author=own.author,
        date=own.date,
        custodian=own.custodian,
        parent=sources[0].parent,
        aliases=tuple(alias.source for alias in sources[1:]),
        status=own.status.name if own.status else None,
        damaged=damaged,
    )


def metadata(source: str, details: Mapping[str, Any]) -> Metadata:
    """The stored metadata of a source. Of metadata that do not fit, which another program must have written, the fields
    that do are used: one source must not keep all others from being listed."""
    try:
        return Metadata.model_validate(details)
    except InputError as error:
        log_warning(_LOG, "stored metadata cannot be used whole", source=source, error=str(error))
        fields = details.items() if isinstance(details, dict) else ()
        return Metadata(**{key: value for key, value in fields if fits(key, value)})


def fits(key: str, value: object) -> bool:
    """Whether a field of metadata is one that can be."""
    try:
        Metadata(**{key: value})
    except InputError:
        return False
    return True


DAMAGED_VECTORS = (
    "the catalog (catalog.sqlite, or what catalog.url names) is damaged: vectors of chunks are missing or cut off; "
    "hybrid verify says of which, and what to do"
)


def matrix(rows: Any, count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Ids ``[count]`` and vectors ``[count, dimension]`` from rows of both. Raises `CorruptCorpusError`."""
    ids = np.empty(count, np.int64)
    vectors: NDArray[np.float32] = np.empty((count, 0), np.float32)
    for at, (chunk_id, embedding) in enumerate(rows):
        try:
            vector = np.frombuffer(embedding, "<f4")
            if at == 0:
                vectors = np.empty((count, len(vector)), np.float32)
            ids[at], vectors[at] = chunk_id, vector
        except (TypeError, ValueError) as error:
            raise CorruptCorpusError(DAMAGED_VECTORS) from error
    return ids, vectors
