"""Messages in the ledger: arrival, readings, and the stages they pass."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from postroom.disposition import OTHER, Disposition, Outcome
from postroom.errors import ItemNotFound
from postroom.failpoints import Failpoint, failpoint
from postroom.ledger import schema
from postroom.ledger.codec import from_json, to_json
from postroom.ledger.creating import insert_item
from postroom.ledger.leases import LEASE_SECONDS, Leases, is_free
from postroom.ledger.records import FINAL, Arrival, Lease, MessageRecord, Stage
from postroom.ledger.rows import message_record
from postroom.ledger.storage import change_one
from postroom.message import Message, Problem
from postroom.workitem import Extraction, Triage

_MESSAGES = schema.messages
MESSAGE = "message"
"""The kind of a message's lease."""
MAX_ATTEMPTS = 3
"""Attempts at one stage before a message goes to a person."""
_RETRY_SECONDS = 30.0
_WORKED_ON = (Stage.RECEIVED, Stage.READ)


class Messages(Leases):
    """What has arrived and how far it has come."""

    def add_message(self, message: Message) -> Arrival:
        """Store one message; see `add_messages`."""
        return self.add_messages([message])[0]

    def add_messages(self, messages: Sequence[Message]) -> list[Arrival]:
        """Store messages, bytes first, in one transaction; a message that is there already changes nothing.

        The same bytes under another key of the same inbox become a message of their own, linked to the first and
        closed as a duplicate; in another inbox they are other post.
        """
        known = self._known(messages)
        for message in messages:
            if message.id not in known:
                self.documents.put(message.raw)
        failpoint(Failpoint.INTAKE_STORED)
        with self._writing() as connection:
            return [self._add(connection, message) for message in messages]

    def message(self, message_id: str) -> MessageRecord:
        """Return a message without its bytes.

        Raises:
            ItemNotFound: The ledger does not hold it.
        """
        with self._reading() as connection:
            return message_record(message_row(connection, message_id))

    def load_message(self, message_id: str) -> Message:
        """Return a message with its bytes, as it arrived."""
        with self._reading() as connection:
            record = message_row(connection, message_id)
        raw = self.documents.get(record.digest)
        problems = from_json(tuple[Problem, ...], record.problems) if record.problems else ()
        return Message(record.inbox, record.source_key, record.name, raw, record.received_at, problems=problems)

    def messages_due(self, stage: Stage, limit: int = 100, inbox: str | None = None) -> list[str]:
        """Return ids of messages that wait for the step after `stage`, oldest first, and that nobody works on.

        At `Stage.ITEMISED` only those are due of which every item is final.
        """
        now = self._clock()
        where: list[ColumnElement[bool]] = [
            _MESSAGES.c.stage == stage,
            _MESSAGES.c.next_at <= now,
            is_free(MESSAGE, _MESSAGES.c.id, now),
        ]
        if stage is Stage.ITEMISED:
            where.append(_all_items_final())
        if inbox is not None:
            where.append(_MESSAGES.c.inbox == inbox)
        chosen = select(_MESSAGES.c.id).where(*where).order_by(_MESSAGES.c.received_at, _MESSAGES.c.id).limit(limit)
        with self._reading() as connection:
            return list(connection.scalars(chosen))

    def lease_message(self, message_id: str, stage: Stage, owner: str, seconds: float = LEASE_SECONDS) -> Lease | None:
        """Take a message that is at `stage`; None if it has moved on or another worker has it.

        Each taking is an attempt. After three that ended in failure or death the message goes to a person instead.
        """
        with self._writing() as connection:
            row = message_row(connection, message_id)
            if row.stage != stage:
                return None
            lease = self._take(connection, MESSAGE, message_id, owner, seconds)
            if lease is None or stage not in _WORKED_ON:
                return lease
            if row.attempts >= MAX_ATTEMPTS:
                self._quarantine(connection, lease, row, "the work was broken off each time")
                return None
            changed = update(_MESSAGES).where(_MESSAGES.c.id == message_id).values(attempts=row.attempts + 1)
            change_one(connection, changed)
            return lease

    def release_message(self, lease: Lease) -> None:
        """Give a message back unharmed, without counting the attempt; nothing happens if another worker has it."""
        with self._writing() as connection:
            if not self._has(connection, lease):
                return
            self._let_go(connection, lease)
            row = message_row(connection, lease.subject)
            attempts = max(row.attempts - 1, 0)
            change_one(connection, update(_MESSAGES).where(_MESSAGES.c.id == row.id).values(attempts=attempts))

    def fail_message(self, lease: Lease, fault: str) -> None:
        """Give a message back after a failed attempt: it waits, or on the third goes to a person.

        Args:
            lease: The worker's turn.
            fault: What failed, in plain words and without content of the post.
        """
        with self._writing() as connection:
            row = message_row(connection, lease.subject)
            if row.attempts >= MAX_ATTEMPTS and row.stage in _WORKED_ON:
                self._hold(connection, lease)
                self._quarantine(connection, lease, row, fault)
                return
            self._let_go(connection, lease)
            # A message that waits to be settled is never given up: its inbox comes back one day.
            turns = max(row.attempts, 1)
            later = self._clock() + timedelta(seconds=_RETRY_SECONDS * 2.0 ** min(turns - 1, 5))
            values = {"next_at": later, "last_fault": fault}
            change_one(connection, update(_MESSAGES).where(_MESSAGES.c.id == row.id).values(**values))
            self._record(connection, "message-failed", message_id=row.id, fault=fault, stage=row.stage)

    def mark_settled(self, lease: Lease) -> None:
        """Record that a message was settled in its inbox, and give it back."""
        with self._writing() as connection:
            self._hold(connection, lease)
            advance(connection, lease.subject, Stage.ITEMISED, Stage.SETTLED, settled_at=self._clock())
            self._let_go(connection, lease)
            self._record(connection, "settled", message_id=lease.subject)

    def settle_again(self, message_id: str) -> None:
        """Have a settled message that lies in its inbox again moved once more."""
        with self._writing() as connection:
            advance(connection, message_id, Stage.SETTLED, Stage.ITEMISED, settled_at=None, next_at=self._clock())
            self._record(connection, "seen-again", message_id=message_id)

    def _known(self, messages: Sequence[Message]) -> set[str]:
        """Return the ids the ledger holds already: their bytes are stored, and a mail written anew must not be."""
        chosen = select(_MESSAGES.c.id).where(_MESSAGES.c.id.in_([message.id for message in messages]))
        with self._reading() as connection:
            return set(connection.scalars(chosen))

    def _add(self, connection: Connection, message: Message) -> Arrival:
        known = connection.execute(select(_MESSAGES).where(_MESSAGES.c.id == message.id)).one_or_none()
        if known is not None:
            taken_back = known.taken_back_at is not None
            return Arrival(known.id, False, known.duplicate_of or "", Stage(known.stage), taken_back)
        self._insert_document(connection, message.digest, len(message.raw))
        same = (_MESSAGES.c.inbox == message.inbox, _MESSAGES.c.digest == message.digest)
        first = connection.scalar(select(_MESSAGES.c.id).where(*same, _MESSAGES.c.duplicate_of.is_(None)))
        now = self._clock()
        stage = Stage.ITEMISED if first else Stage.RECEIVED
        values = {
            "id": message.id,
            "inbox": message.inbox,
            "source_key": message.source_key,
            "name": message.name,
            "digest": message.digest,
            "received_at": message.received_at,
            "added_at": now,
            "duplicate_of": first,
            "problems": to_json(message.problems) if message.problems else None,
            "stage": stage,
            "next_at": now,
        }
        connection.execute(insert(_MESSAGES).values(**values))
        self._record(connection, "received", message_id=message.id, inbox=message.inbox, duplicate_of=first or "")
        if first:
            reason = f"The same post is already there: message {first}."
            self._insert_stand_in(connection, message.id, OTHER, Outcome.DUPLICATE, reason)
        return Arrival(message.id, True, first or "", stage)

    def _quarantine(self, connection: Connection, lease: Lease, row: Row[Any], fault: str) -> None:
        step = "read" if row.stage == Stage.RECEIVED else "sorted"
        reason = f"This post could not be {step} in {MAX_ATTEMPTS} attempts ({fault}). Please handle it by hand."
        advance(connection, row.id, Stage(row.stage), Stage.ITEMISED, attempts=0)
        self._insert_stand_in(connection, row.id, OTHER, Outcome.REVIEW, reason)
        self._let_go(connection, lease)
        self._record(connection, "quarantined", message_id=row.id, fault=fault, stage=row.stage)

    def _insert_stand_in(
        self, connection: Connection, message_id: str, process: str, outcome: Outcome, reason: str
    ) -> None:
        """Add an item that stands for a whole message of which nothing was read."""
        extraction = Extraction(Triage(process, 1.0), (), Disposition(outcome, (reason,)))
        insert_item(connection, message_id, 0, extraction, extraction.disposition, self._clock())

    def _insert_document(self, connection: Connection, document_id: str, size: int) -> None:
        table = schema.documents
        if connection.scalar(select(table.c.id).where(table.c.id == document_id)) is None:
            connection.execute(insert(table).values(id=document_id, size=size, stored_at=self._clock()))


def message_row(connection: Connection, message_id: str) -> Row[Any]:
    """Return the row of a message.

    Raises:
        ItemNotFound: There is none.
    """
    row = connection.execute(select(_MESSAGES).where(_MESSAGES.c.id == message_id)).one_or_none()
    if row is None:
        raise ItemNotFound(f"There is no message {message_id} in the ledger.", hint="Check the id.")
    return row


def advance(connection: Connection, message_id: str, before: Stage, after: Stage, **values: object) -> None:
    """Move a message from one stage to another, once."""
    where = (_MESSAGES.c.id == message_id, _MESSAGES.c.stage == before)
    change_one(connection, update(_MESSAGES).where(*where).values(stage=after, **values))


def _all_items_final() -> ColumnElement[bool]:
    items = schema.items
    still_open = select(items.c.id).where(items.c.message_id == _MESSAGES.c.id, items.c.state.not_in(FINAL))
    return ~still_open.exists()
