"""Sentences that have several parts.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. Sentences that are in the catalog already have one part each."""
    op.add_column("sentences", sa.Column("parts", sa.String, nullable=True))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("sentences", "parts")
