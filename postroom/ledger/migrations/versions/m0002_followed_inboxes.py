"""Followed inboxes: where each look goes on, what is claimed, and notices to people.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the bookmarks, and what messages and deliveries need beside them."""
    op.create_table(
        "bookmarks",
        sa.Column("inbox", sa.String(length=200), nullable=False),
        sa.Column("bookmark", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("inbox", name=op.f("pk_bookmarks")),
    )
    op.add_column("messages", sa.Column("claimed_at", sa.String(length=32), nullable=True))
    op.add_column("messages", sa.Column("taken_back_at", sa.String(length=32), nullable=True))
    op.add_column("messages", sa.Column("problems", sa.Text(), nullable=True))
    op.create_index(op.f("ix_messages_inbox_source_key"), "messages", ["inbox", "source_key"], unique=False)
    op.add_column("deliveries", sa.Column("notice", sa.Boolean(), server_default=sa.false(), nullable=False))
