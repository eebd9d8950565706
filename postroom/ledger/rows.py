"""Rows of the tables as the values that the ledger hands out."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Row

from postroom.delivery import Receipt, State
from postroom.disposition import Outcome
from postroom.ledger.codec import from_json
from postroom.ledger.records import DeliveryRecord, HistoryEntry, ItemState, ItemSummary, MessageRecord, Stage
from postroom.reasons import kinds_in


def message_record(row: Row[Any]) -> MessageRecord:
    """Return a row of the messages table as a value."""
    return MessageRecord(
        row.id,
        row.inbox,
        row.source_key,
        row.name,
        row.digest,
        row.received_at,
        Stage(row.stage),
        row.attempts,
        row.duplicate_of or "",
        row.claimed_at is not None,
    )


def item_summary(row: Row[Any]) -> ItemSummary:
    """Return a row of the items table joined with its message as a value."""
    reasons = from_json(tuple[str, ...], row.reasons)
    kinds = kinds_in(row.kinds)
    return ItemSummary(
        row.id,
        row.message_id,
        row.inbox,
        row.process,
        Outcome(row.outcome),
        ItemState(row.state),
        reasons,
        row.protected,
        row.due,
        row.received_at,
        row.created_at,
        kinds,
        row.version,
        row.pages,
        row.configuration,
        row.closed_at,
    )


def delivery_record(row: Row[Any]) -> DeliveryRecord:
    """Return a row of the deliveries table as a value."""
    return DeliveryRecord(
        id=row.id,
        item_id=row.item_id,
        target=row.target,
        generation=row.generation,
        key=row.key,
        fields=json.loads(row.payload),
        state=State(row.state),
        suspect=row.suspect,
        sends=row.sends,
        waits=row.waits,
        waiting_since=row.waiting_since,
        next_at=row.next_at,
        receipt=from_json(Receipt, row.receipt) if row.receipt else None,
        reason=row.reason,
        created_at=row.created_at,
        changed_at=row.changed_at,
        letter=row.letter,
    )


def history_entry(row: Row[Any]) -> HistoryEntry:
    """Return a row of the history as a value."""
    return HistoryEntry(
        row.sequence,
        row.at,
        row.actor,
        row.action,
        json.loads(row.detail),
        row.message_id,
        row.item_id,
        row.delivery_id,
    )
