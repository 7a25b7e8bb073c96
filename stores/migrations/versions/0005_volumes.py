"""The memory as volumes, in place of snapshots of one stream.

A snapshot cannot be cut into volumes: the memory of a corpus that has one is behind until the next ingest, which adapts
its volumes and deletes the snapshots' files.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of volumes, and drop the snapshots."""
    op.create_table(
        "volumes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("tensors_sha256", sa.String, nullable=False),
        sa.Column("identity", sa.String, nullable=False),
        sa.Column("access_class", sa.String, nullable=False),
        sa.Column("tokens", sa.Integer, nullable=False),
        sa.Column("mounted", sa.Boolean, nullable=False),
        sa.Column("report", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "volume_documents",
        sa.Column("volume_id", sa.Integer, sa.ForeignKey("volumes.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("document_id", sa.Integer, sa.ForeignKey("documents.id"), primary_key=True, index=True),
        sa.Column("start", sa.Integer, primary_key=True),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("of", sa.Integer, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute("UPDATE commits SET memory_state = 'behind' WHERE memory_state IN ('ready', 'off')")
    op.execute("UPDATE commits SET snapshot_id = NULL")
    with op.batch_alter_table("commits", table_kwargs={"sqlite_autoincrement": True}) as commits:
        commits.drop_column("snapshot_id")
    op.drop_table("snapshots")
