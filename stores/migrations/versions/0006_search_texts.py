"""Words that invisible characters part, and Chinese, Japanese and Korean, in the full text.

Revision ID: 0006
Revises: 0005
"""

import logging

import sqlalchemy as sa
from alembic import op

from hybrid._runtime import log_warning
from hybrid.stores.sqlite import full_text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SPAN = 'substr(texts.text, chunks."start" + 1, chunks."end" - chunks."start")'
_FROM = "FROM chunks JOIN texts ON texts.document_id = chunks.document_id"


def upgrade() -> None:
    """Add the table, let the index read it, and index again where a chunk's words are other ones now."""
    op.create_table(
        "search_texts",
        sa.Column("chunk_id", sa.Integer, sa.ForeignKey("chunks.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.execute("DROP VIEW chunk_texts")
    op.execute(
        f"""CREATE VIEW chunk_texts AS SELECT chunks.id AS id, coalesce(search_texts.text, {_SPAN}) AS text
            {_FROM} LEFT JOIN search_texts ON search_texts.chunk_id = chunks.id"""
    )
    connection = op.get_bind()
    if stored := full_text.store_search_texts(connection):
        log_warning(logging.getLogger("hybrid.stores"), "search by words was brought up to date", chunks=stored)
        full_text.rebuild(connection)


def downgrade() -> None:
    """Drop the table, and index the texts as they stand."""
    op.execute("DROP VIEW chunk_texts")
    op.execute(f"CREATE VIEW chunk_texts AS SELECT chunks.id AS id, {_SPAN} AS text {_FROM}")
    op.drop_table("search_texts")
    op.execute("INSERT INTO chunks_fts(chunks_fts) VALUES ('rebuild')")
