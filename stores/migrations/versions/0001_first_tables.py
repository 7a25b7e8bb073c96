"""The first tables, and the full-text index over chunks.

The full-text index holds no text: it reads it through the view ``chunk_texts``, which cuts chunks out
of the canonical texts (SQLite counts characters as Python does, by code point).

Words are cut by Unicode's rules, without accents, and stemmed, because a question says "terminate"
where the contract says "termination". An exact term is a phrase of such words.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


_DOCUMENT = "documents.id"


def upgrade() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sha256", sa.String, nullable=False, unique=True),
        sa.Column("media_type", sa.String, nullable=False),
        sa.Column("chars", sa.Integer, nullable=False),
        sa.Column("pages", sa.JSON, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("scanned", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_documents_scanned", "documents", ["id"], sqlite_where=sa.text("scanned"))
    op.create_table(
        "texts",
        sa.Column("document_id", sa.Integer, sa.ForeignKey(_DOCUMENT, ondelete="CASCADE"), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "sources",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("document_id", sa.Integer, sa.ForeignKey(_DOCUMENT), nullable=False, index=True),
        sa.Column("size", sa.Integer),
        sa.Column("mtime_ns", sa.Integer),
        sa.Column("parent", sa.String, index=True),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("first_day", sa.String, index=True),
        sa.Column("last_day", sa.String, index=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "source_metadata",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("value", sa.String, primary_key=True),
        sa.Column(
            "source_id", sa.Integer, sa.ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True, index=True
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "chunks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("document_id", sa.Integer, sa.ForeignKey(_DOCUMENT, ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("embedding", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "snapshots",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("document_id", sa.Integer, nullable=False),
        sa.Column("document_tokens", sa.Integer),
        sa.Column("tokens", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "commits",
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("index_file", sa.String, nullable=False),
        sa.Column("index_sha256", sa.String, nullable=False),
        sa.Column("snapshot_id", sa.Integer, sa.ForeignKey("snapshots.id", ondelete="SET NULL")),
        sa.Column("memory_state", sa.String, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "log",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "info", sa.Column("key", sa.String, primary_key=True), sa.Column("value", sa.String, nullable=False)
    )
    op.execute(
        """CREATE VIEW chunk_texts AS
           SELECT chunks.id AS id, substr(texts.text, chunks."start" + 1, chunks."end" - chunks."start") AS text
           FROM chunks JOIN texts ON texts.document_id = chunks.document_id"""
    )
    op.execute(
        """CREATE VIRTUAL TABLE chunks_fts USING fts5(
           text, content='chunk_texts', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2')"""
    )
