"""The desk: staff and sign-ins, work at items, checks on that work, and what ICT sees; and what queues sort by.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from postroom.reasons import kinds_of

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_FILL = """
UPDATE items SET
  received_at = (SELECT received_at FROM messages WHERE messages.id = items.message_id),
  closed_at = CASE WHEN state IN ('delivered', 'rejected', 'no-action') THEN changed_at END,
  rank = CASE WHEN protected = '' THEN '1' ELSE '0' END
    || CASE WHEN due = '' THEN '9999-12-31' ELSE due END
    || (SELECT received_at FROM messages WHERE messages.id = items.message_id)
"""


def upgrade() -> None:
    """Add the tables, then fill the new columns of the items that are there."""
    _staff()
    _work_at_items()
    _entries()
    _checks_on_work()
    _plant()
    _settings_and_mails()
    _items()
    op.execute(_FILL)
    _fill_kinds()


def _fill_kinds() -> None:
    items = sa.table("items", sa.column("id"), sa.column("reasons"), sa.column("kinds"))
    connection = op.get_bind()
    held = connection.execute(sa.select(items.c.id, items.c.reasons).where(items.c.reasons != "[]")).all()
    found = [{"item": row.id, "found": kinds_of(json.loads(row.reasons))} for row in held]
    changed = sa.update(items).where(items.c.id == sa.bindparam("item")).values(kinds=sa.bindparam("found"))
    if found:
        connection.execute(changed, found)


def _staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("sign_in_name", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("first_password", sa.Boolean(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("teams", sa.Text(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("changed_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("sign_in_name", name=op.f("uq_staff_sign_in_name")),
    )
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("since", sa.String(length=32), nullable=False),
        sa.Column("seen_at", sa.String(length=32), nullable=False),
        sa.Column("ends_at", sa.String(length=32), nullable=False),
        sa.Column("ended_at", sa.String(length=32), nullable=True),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_sign_ins_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
    )
    op.create_index(op.f("ix_sign_ins_staff_id"), "sign_ins", ["staff_id"], unique=False)
    op.create_table(
        "pending_sign_ins",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("pending", sa.Text(), nullable=False),
        sa.Column("return_to", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_sign_ins")),
    )


def _work_at_items() -> None:
    op.create_table(
        "looks",
        sa.Column("item_id", sa.String(length=16), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("since", sa.String(length=32), nullable=False),
        sa.Column("seen_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_looks_item_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_looks_staff_id")),
        sa.PrimaryKeyConstraint("item_id", "staff_id", name=op.f("pk_looks")),
    )
    op.create_index(op.f("ix_looks_seen_at"), "looks", ["seen_at"], unique=False)
    op.create_table(
        "spells",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("item_id", sa.String(length=16), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_spells_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spells")),
    )
    op.create_index(op.f("ix_spells_at"), "spells", ["at"], unique=False)
    op.create_index(op.f("ix_spells_item_id"), "spells", ["item_id"], unique=False)
    op.create_table(
        "acts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("item_id", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("field", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_acts_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acts")),
    )
    op.create_index(op.f("ix_acts_item_id"), "acts", ["item_id"], unique=False)


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("item_id", sa.String(length=16), nullable=False),
        sa.Column("field", sa.String(length=100), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_entries_item_id")),
        sa.PrimaryKeyConstraint("item_id", "field", "number", name=op.f("pk_entries")),
    )


def _checks_on_work() -> None:
    op.create_table(
        "samples",
        sa.Column("item_id", sa.String(length=16), nullable=False),
        sa.Column("process", sa.String(length=100), nullable=False),
        sa.Column("chosen_at", sa.String(length=32), nullable=False),
        sa.Column("checked_at", sa.String(length=32), nullable=True),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_samples_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_samples")),
    )
    op.create_index(op.f("ix_samples_checked_at"), "samples", ["checked_at"], unique=False)
    op.create_table(
        "sample_fields",
        sa.Column("item_id", sa.String(length=16), nullable=False),
        sa.Column("field", sa.String(length=100), nullable=False),
        sa.Column("delivered", sa.Text(), nullable=False),
        sa.Column("entered", sa.Text(), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_sample_fields_item_id")),
        sa.PrimaryKeyConstraint("item_id", "field", name=op.f("pk_sample_fields")),
    )
    op.create_table(
        "seeds",
        sa.Column("item_id", sa.String(length=16), nullable=False),
        sa.Column("field", sa.String(length=100), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("planted_at", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("caught", sa.Boolean(), nullable=True),
        sa.Column("at", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_seeds_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_seeds")),
    )


def _plant() -> None:
    op.create_table(
        "pauses",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", name=op.f("pk_pauses")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("started_at", sa.String(length=32), nullable=False),
        sa.Column("ended_at", sa.String(length=32), nullable=True),
        sa.Column("prefect_id", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("faults", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_started_at"), "runs", ["started_at"], unique=False)
    op.create_table(
        "health",
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("worked_at", sa.String(length=32), nullable=True),
        sa.Column("failed_at", sa.String(length=32), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("role", "name", name=op.f("pk_health")),
    )


def _settings_and_mails() -> None:
    op.create_table(
        "configurations",
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("since", sa.String(length=32), nullable=False),
        sa.Column("seen_at", sa.String(length=32), nullable=False),
        sa.Column("files", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_configurations")),
    )
    op.create_table(
        "report_mails",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("first", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_report_mails")),
    )


def _items() -> None:
    op.add_column("corrections", sa.Column("undone", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("deliveries", sa.Column("letter", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("items", sa.Column("received_at", sa.String(length=32), server_default="", nullable=False))
    op.add_column("items", sa.Column("closed_at", sa.String(length=32), nullable=True))
    op.add_column("items", sa.Column("rank", sa.String(length=64), server_default="", nullable=False))
    op.add_column("items", sa.Column("kinds", sa.Text(), server_default="", nullable=False))
    op.add_column("items", sa.Column("version", sa.Integer(), server_default="0", nullable=False))
    op.add_column("items", sa.Column("pages", sa.Integer(), server_default="0", nullable=False))
    op.add_column("items", sa.Column("configuration", sa.String(length=16), server_default="", nullable=False))
    op.create_index(op.f("ix_history_actor_sequence"), "history", ["actor", "sequence"], unique=False)
    op.create_index(op.f("ix_history_at"), "history", ["at"], unique=False)
    op.create_index(op.f("ix_items_configuration_id"), "items", ["configuration", "id"], unique=False)
    figures = [
        "received_at",
        "process",
        "state",
        "touched",
        "outcome",
        "protected",
        "pages",
        "due",
        "closed_at",
        "kinds",
    ]
    op.create_index("ix_items_figures", "items", [*figures, "id"], unique=False)
    sent = ["item_id", "target", "generation", "notice", "letter", "state"]
    op.create_index("ix_deliveries_figures", "deliveries", sent, unique=False)
    op.create_index(op.f("ix_items_state_process_rank"), "items", ["state", "process", "rank"], unique=False)
    counted = ["state", "process", "kinds", "protected", "received_at"]
    op.create_index(op.f("ix_items_state_process_kinds_protected_received_at"), "items", counted, unique=False)
    op.create_index(op.f("ix_items_state_rank"), "items", ["state", "rank"], unique=False)
