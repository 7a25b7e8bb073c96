"""Hashes of what is recorded of sources, and of where chunks and sentences lie.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. What is there already gets no hash: nobody can say whether it is as it was."""
    op.add_column("documents", sa.Column("record", sa.String))
    op.add_column("sources", sa.Column("record", sa.String))


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("documents", "record")
    op.drop_column("sources", "record")
