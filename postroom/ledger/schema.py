"""The tables of the ledger, one definition for SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.types import TypeDecorator

HEAD = "0003"
"""The newest migration; a test holds it equal to the migrations folder."""


class Moment(TypeDecorator[datetime]):
    """A moment in UTC as text of fixed width, so that both databases sort and compare it alike."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Refuse a moment without a time zone and write the rest in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment without a time zone cannot be stored.")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Read the text back."""
        return None if value is None else datetime.fromisoformat(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

SEQUENCE = BigInteger().with_variant(Integer, "sqlite")


def _message_id(**options: Any) -> Column[str]:
    return Column("message_id", String(32), ForeignKey("messages.id"), nullable=False, **options)


def _item_id(**options: Any) -> Column[str]:
    return Column("item_id", String(16), ForeignKey("items.id"), nullable=False, **options)


documents = Table(
    "documents",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("stored_at", Moment, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("inbox", String(200), nullable=False),
    Column("source_key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", String(64), ForeignKey("documents.id"), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("duplicate_of", String(32), ForeignKey("messages.id")),
    Column("stage", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_at", Moment, nullable=False),
    Column("last_fault", Text, nullable=False, default=""),
    Column("settled_at", Moment),
    Column("reading", LargeBinary),
    Column("claimed_at", Moment),
    Column("taken_back_at", Moment),
    Column("problems", Text),
    Index(None, "stage", "next_at"),
    Index(None, "inbox", "source_key"),
    Index(None, "inbox", "digest"),
    Index(None, "received_at"),
)

message_documents = Table(
    "message_documents",
    metadata,
    _message_id(primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("document_id", String(64), ForeignKey("documents.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", String(200), nullable=False),
    Column("role", String(16), nullable=False),
    Column("inside", Text, nullable=False),
    Index(None, "document_id"),
)

texts = Table(
    "texts",
    metadata,
    _message_id(primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("document_id", String(64), ForeignKey("documents.id"), nullable=False),
    Column("content", LargeBinary, nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("id", String(16), primary_key=True),
    _message_id(),
    Column("position", Integer, nullable=False),
    Column("process", String(100), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("first_outcome", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reasons", Text, nullable=False),
    Column("extraction", Text, nullable=False),
    Column("protected", Text, nullable=False),
    Column("due", String(10), nullable=False),
    Column("likeness", String(64), nullable=False),
    Column("touched", Boolean, nullable=False),
    Column("like_item", String(16), ForeignKey("items.id")),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False, server_default=""),
    Column("closed_at", Moment),
    Column("rank", String(64), nullable=False, server_default=""),
    Column("kinds", Text, nullable=False, server_default=""),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("pages", Integer, nullable=False, server_default="0"),
    Column("configuration", String(16), nullable=False, server_default=""),
    UniqueConstraint("message_id", "position"),
    Index(None, "state", "created_at"),
    Index(None, "state", "rank"),
    Index(None, "state", "process", "rank"),
    # What waits is counted by process and kind on every page of the queue: from the index alone.
    Index(None, "state", "process", "kinds", "protected", "received_at"),
    # Holds all that reports count by, so that they never read the items themselves, which hold whole extractions.
    Index(
        "ix_items_figures",
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
        "id",
    ),
    Index(None, "likeness", "created_at"),
    Index(None, "configuration", "id"),
)

fields = Table(
    "fields",
    metadata,
    _item_id(primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("value", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("read", Text, nullable=False),
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", SEQUENCE, primary_key=True, autoincrement=True),
    _item_id(index=True),
    Column("field", String(100), nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("person", String(200), nullable=False),
    Column("at", Moment, nullable=False),
    Column("undone", Boolean, nullable=False, server_default=false()),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(32), primary_key=True),
    _item_id(),
    Column("target", String(200), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("key", String(32), nullable=False, unique=True),
    Column("payload", Text, nullable=False),
    Column("payload_hash", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("suspect", Boolean, nullable=False),
    Column("sends", Integer, nullable=False),
    Column("waits", Integer, nullable=False),
    Column("waiting_since", Moment),
    Column("next_at", Moment, nullable=False),
    Column("receipt", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("notice", Boolean, nullable=False, server_default=false()),
    Column("letter", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("item_id", "target", "generation"),
    Index(None, "state", "next_at"),
    Index("ix_deliveries_figures", "item_id", "target", "generation", "notice", "letter", "state"),
)

bookmarks = Table(
    "bookmarks",
    metadata,
    Column("inbox", String(200), primary_key=True),
    Column("bookmark", Text, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("subject", String(200), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("fence", Integer, nullable=False),
    Column("until", Moment, nullable=False),
)

breakers = Table(
    "breakers",
    metadata,
    Column("target", String(200), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("open_until", Moment),
    Column("reason", Text, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

history = Table(
    "history",
    metadata,
    Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("action", String(40), nullable=False),
    Column("message_id", String(32), nullable=False),
    Column("item_id", String(16), nullable=False),
    Column("delivery_id", String(32), nullable=False),
    Column("detail", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Index(None, "message_id"),
    Index(None, "item_id"),
    Index(None, "actor", "sequence"),
    Index(None, "at"),
    sqlite_autoincrement=True,
)
