"""The tables of the desk: staff and their sign-ins, what people did at items, checks on their work, and the plant."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from postroom.ledger.schema import SEQUENCE, Moment, metadata


def _item_id(**options: Any) -> Column[str]:
    return Column("item_id", String(16), ForeignKey("items.id"), nullable=False, **options)


staff = Table(
    "staff",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("sign_in_name", String(200), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("password", Text, nullable=False),
    Column("first_password", Boolean, nullable=False),
    Column("roles", Text, nullable=False),
    Column("teams", Text, nullable=False),
    Column("restricted", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Moment),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("staff_id", String(32), ForeignKey("staff.id"), nullable=False),
    Column("since", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("browser", String(200), nullable=False),
    Index(None, "staff_id"),
)
"""One sign-in of one person in one browser; the id is the SHA-256 of the token in the browser's cookie."""

pending_sign_ins = Table(
    "pending_sign_ins",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("pending", Text, nullable=False),
    Column("return_to", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
"""Sign-ins at the OpenID provider that have begun; the id is the SHA-256 of the token in the browser's cookie."""

looks = Table(
    "looks",
    metadata,
    _item_id(primary_key=True),
    Column("staff_id", String(32), ForeignKey("staff.id"), primary_key=True),
    Column("since", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Index(None, "seen_at"),
)
"""Who has an item open now."""

spells = Table(
    "spells",
    metadata,
    Column("id", SEQUENCE, primary_key=True, autoincrement=True),
    _item_id(index=True),
    Column("staff_id", String(32), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "at"),
)
"""How long a person worked on an item, up to a decision, and in how many keystrokes and clicks."""

acts = Table(
    "acts",
    metadata,
    Column("id", SEQUENCE, primary_key=True, autoincrement=True),
    _item_id(index=True),
    Column("person", String(200), nullable=False),
    Column("what", String(40), nullable=False),
    Column("field", String(100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("before", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
    Column("undone", Boolean, nullable=False),
)
"""What people did to items, each with how the item stood before, so that it can be taken back."""

entries = Table(
    "entries",
    metadata,
    _item_id(primary_key=True),
    Column("field", String(100), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("value", Text, nullable=False),
    Column("person", String(200), nullable=False),
    Column("at", Moment, nullable=False),
)
"""Blind entries of a field: 1 is the first person's, 2 that of a second who did not see it."""

samples = Table(
    "samples",
    metadata,
    _item_id(primary_key=True),
    Column("process", String(100), nullable=False),
    Column("chosen_at", Moment, nullable=False),
    Column("checked_at", Moment),
    Column("person", String(200), nullable=False),
    Column("right", Boolean),
    Index(None, "checked_at"),
)
"""Items that went straight through and are read again by a person who does not see the values."""

sample_fields = Table(
    "sample_fields",
    metadata,
    _item_id(primary_key=True),
    Column("field", String(100), primary_key=True),
    Column("delivered", Text, nullable=False),
    Column("entered", Text, nullable=False),
    Column("right", Boolean, nullable=False),
)

seeds = Table(
    "seeds",
    metadata,
    _item_id(primary_key=True),
    Column("field", String(100), nullable=False),
    Column("shown", Text, nullable=False),
    Column("planted_at", Moment, nullable=False),
    Column("person", String(200), nullable=False),
    Column("caught", Boolean),
    Column("at", Moment),
)
"""Known errors shown to reviewers; the item itself always holds the value that was read."""

pauses = Table(
    "pauses",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("subject", String(200), primary_key=True),
    Column("person", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
"""Processes and targets that ICT has stopped for now."""

runs = Table(
    "runs",
    metadata,
    Column("id", SEQUENCE, primary_key=True, autoincrement=True),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("prefect_id", String(64), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("counts", Text, nullable=False),
    Column("faults", Text, nullable=False),
    Index(None, "started_at"),
)

health = Table(
    "health",
    metadata,
    Column("role", String(16), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("worked_at", Moment),
    Column("failed_at", Moment),
    Column("said", Text, nullable=False),
)
"""What each inbox and target last answered."""

configurations = Table(
    "configurations",
    metadata,
    Column("version", String(16), primary_key=True),
    Column("since", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("files", LargeBinary, nullable=False),
)
"""Each configuration that was ever in force; secrets are never part of one."""

report_mails = Table(
    "report_mails",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("first", String(10), nullable=False),
    Column("state", String(16), nullable=False),
    Column("said", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
"""Report mails: one row a report and address, written before it is sent."""
