"""What copies and near copies of documents are found by.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. Documents that are in the catalog already have nothing in them."""
    op.add_column("documents", sa.Column("text_sha256", sa.String, nullable=True))
    op.add_column("documents", sa.Column("signature", sa.LargeBinary, nullable=True))
    op.create_index("ix_documents_text_sha256", "documents", ["text_sha256"])


def downgrade() -> None:
    """Drop the columns."""
    op.drop_index("ix_documents_text_sha256", "documents")
    op.drop_column("documents", "signature")
    op.drop_column("documents", "text_sha256")
