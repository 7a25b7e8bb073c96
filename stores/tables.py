"""The catalog's tables. Migrations bring them about; this file says what they must amount to.

Ids of documents, chunks, volumes and commits are never used twice (AUTOINCREMENT, in the migrations): a reader that
still holds an older index must never find another chunk under an id it knows.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from hybrid.stores.cells import JSONList, check_cells

REVISION = "0007"  # the migration that leads to the tables below; a test compares it with the migrations


SEARCHED_BY_SQLITE = {"search_texts"}
"""Tables that only SQLite's full text needs; another database's has its own (`TextIndex.parts`)."""


_LONG = Integer().with_variant(BigInteger(), "postgresql")  # SQLite's integers have 64 bits


class Base(DeclarativeBase):
    """Base of the catalog's tables."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own
        dict[str, Any]: JSON,
        list[int]: JSONList,
        bytes: LargeBinary,
        str: String().with_variant(Text(collation="C"), "postgresql"),  # compared by code points, as in SQLite
    }


class DocumentTable(Base):
    """One row per content: files with the same bytes share a document.

    ``details`` are the metadata that came with its first source; a source has its own. ``scanned`` documents are
    compared whole where an exact text is looked for: their chunks do not lie as `hybrid.stores.exact_text` needs them.
    ``text_sha256`` is of the canonical text, by which copies are found that differ as files, and ``signature`` what
    near copies are found by (`hybrid.text.shingles`); both NULL in a document that was added before there were these.
    ``record`` is the hash of the row and of where chunks and sentences lie (`hybrid.stores.records`), NULL likewise.
    """

    __tablename__ = "documents"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(unique=True)
    media_type: Mapped[str]
    chars: Mapped[int]
    pages: Mapped[list[int]]
    details: Mapped[dict[str, Any]]
    scanned: Mapped[bool]
    text_sha256: Mapped[str | None] = mapped_column(index=True)
    signature: Mapped[bytes | None]
    record: Mapped[str | None]

    __table_args__ = (
        Index("ix_documents_scanned", "id", sqlite_where=text("scanned"), postgresql_where=text("scanned")),
    )


class MetadataTable(Base):
    """What sources can be filtered by, besides names and dates: values as `hybrid.stores.filtering.folded` has them."""

    __tablename__ = "source_metadata"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True, index=True)


class TextTable(Base):
    """Canonical texts. Apart from `documents`, whose rows stay small and quick to list."""

    __tablename__ = "texts"

    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class SourceTable(Base):
    """Names under which documents were ingested. ``parent`` is the mail that an attachment came with.

    ``size`` in bytes and ``mtime_ns`` are those of the file, absent where there was none. ``details`` are the metadata
    given with this name: the same text can come from two custodians. ``first_day`` and ``last_day`` are what its date
    may mean (ISO 8601, NULL without a date), for filters. ``record`` are the row's hashes (`hybrid.stores.records`),
    NULL in a source that was added before there were these.
    """

    __tablename__ = "sources"
    # A hash takes a name of any length, as SQLite's indexes do.
    __table_args__ = (Index("ix_sources_parent", "parent", postgresql_using="hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    size: Mapped[int | None] = mapped_column(_LONG)
    mtime_ns: Mapped[int | None] = mapped_column(_LONG)
    parent: Mapped[str | None]
    details: Mapped[dict[str, Any]]
    first_day: Mapped[str | None] = mapped_column(index=True)
    last_day: Mapped[str | None] = mapped_column(index=True)
    record: Mapped[str | None]


class ChunkTable(Base):
    """Spans with their embeddings: float32, little endian. The text is that of the span, not stored again."""

    __tablename__ = "chunks"

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), index=True)
    start: Mapped[int]
    end: Mapped[int]
    embedding: Mapped[bytes]


class SearchTextTable(Base):
    """What full text indexes of a chunk, where that is not its text (`hybrid.stores.full_text`)."""

    __tablename__ = "search_texts"

    chunk_id: Mapped[int] = mapped_column(ForeignKey("chunks.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class SentenceTable(Base):
    """Sentences with their embeddings, and the spans that say them where these are several, as
    `hybrid.stores.sentence_vectors` writes them.

    A document that was added before there was this table has none here: its sentences are found and embedded when a
    question needs them.
    """

    __tablename__ = "sentences"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own

    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    start: Mapped[int] = mapped_column(primary_key=True)
    end: Mapped[int]
    vector: Mapped[bytes]
    parts: Mapped[str | None]


class VolumeTable(Base):
    """Volumes of the memory. ``digest`` names what one was made of and how (`hybrid.ingest.volume_plan.digest_of`);
    ``sha256`` is of the file, ``tensors_sha256`` of its tensors. Those that do harm have ``mounted`` false."""

    __tablename__ = "volumes"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy's own

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    file: Mapped[str]
    sha256: Mapped[str]
    tensors_sha256: Mapped[str]
    identity: Mapped[str]
    access_class: Mapped[str]
    tokens: Mapped[int]
    mounted: Mapped[bool]
    report: Mapped[dict[str, Any]]


class VolumeDocumentTable(Base):
    """What a volume was adapted to, in the order of ``position``: tokens ``start`` to ``end`` of a document. ``key`` is
    what the document is grouped by (`hybrid.ingest.volume_plan`), as it was when the volume was made."""

    __tablename__ = "volume_documents"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own

    volume_id: Mapped[int] = mapped_column(ForeignKey("volumes.id", ondelete="CASCADE"), primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), primary_key=True, index=True)
    start: Mapped[int] = mapped_column(primary_key=True)
    end: Mapped[int]
    of: Mapped[int]
    key: Mapped[str]
    position: Mapped[int]


class CommitTable(Base):
    """Committed states of the corpus. The newest row is the corpus; inserting it is the commit."""

    __tablename__ = "commits"

    n: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[str]
    index_file: Mapped[str]
    index_sha256: Mapped[str]
    memory_state: Mapped[str]


class LogTable(Base):
    """What was done to the corpus, and when."""

    __tablename__ = "log"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[str]
    event: Mapped[str]
    detail: Mapped[dict[str, Any]]


class InfoTable(Base):
    """Facts about the corpus as a whole, such as the embedder's fingerprint and the settings."""

    __tablename__ = "info"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


check_cells(Base.metadata)
