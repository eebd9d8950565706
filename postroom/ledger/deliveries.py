"""Deliveries in the ledger: claimed, moved one fenced step at a time, and each target's breaker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, update

from postroom.delivery import Attachment, Delivery, State
from postroom.document import Role
from postroom.errors import ItemNotFound
from postroom.ledger import schema
from postroom.ledger.codec import from_json, to_json
from postroom.ledger.items import TAKEN_BACK, Items, item_row
from postroom.ledger.leases import LEASE_SECONDS, is_free
from postroom.ledger.messages import message_row
from postroom.ledger.pauses import not_paused, rests
from postroom.ledger.records import Breaker, DeliveryRecord, ItemState, Lease
from postroom.ledger.rows import delivery_record
from postroom.ledger.storage import change_one
from postroom.protocol import Move
from postroom.workitem import Extraction

DELIVERY = "delivery"
"""The kind of a delivery's lease."""
BREAKER_FAILURES = 5
"""Technical failures in a row after which a target is left alone."""
PROBE_SECONDS = 30.0
"""How long a target is left alone before one delivery tries it again."""
_DUE_LATER = (State.WAIT, State.UNCERTAIN, State.ACKED)
_HELD = (State.CLAIMED, State.SENDING)
_SENT_NEXT = (State.READY, State.WAIT)
_TABLE = schema.deliveries
_BREAKERS = schema.breakers


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery and the right to work on it."""

    lease: Lease
    record: DeliveryRecord


class Deliveries(Items):
    """Items on their way into targets."""

    def delivery(self, delivery_id: str) -> DeliveryRecord:
        """Return a delivery.

        Raises:
            ItemNotFound: There is no such delivery.
        """
        with self._reading() as connection:
            return delivery_record(_row(connection, delivery_id))

    def deliveries(self, *, target: str | None = None, states: Sequence[State] = ()) -> list[DeliveryRecord]:
        """Return deliveries, oldest first."""
        where: list[ColumnElement[bool]] = [_TABLE.c.target == target] if target is not None else []
        if states:
            where.append(_TABLE.c.state.in_(states))
        with self._reading() as connection:
            rows = connection.execute(select(_TABLE).where(*where).order_by(_TABLE.c.created_at, _TABLE.c.id))
            return [delivery_record(row) for row in rows]

    def deliveries_due(self, limit: int = 100, target: str | None = None) -> list[DeliveryRecord]:
        """Return deliveries that can be worked on now, oldest first, without those that are to rest."""
        now = self._clock()
        resting = select(_BREAKERS.c.target).where(_BREAKERS.c.open_until > now)
        where = [_is_due(now), is_free(DELIVERY, _TABLE.c.id, now), _TABLE.c.target.not_in(resting), *not_paused()]
        if target is not None:
            where.append(_TABLE.c.target == target)
        chosen = select(_TABLE).where(*where).order_by(_TABLE.c.created_at, _TABLE.c.id).limit(limit)
        with self._reading() as connection:
            return [delivery_record(row) for row in connection.execute(chosen)]

    def claim_delivery(
        self, delivery_id: str, owner: str, seconds: float = LEASE_SECONDS, concurrency: int = 1
    ) -> Claim | None:
        """Take a delivery that is due; one that is ready becomes claimed, others keep their state.

        Returns None if it is not due, ICT paused its target or process, another worker has it, or the target has its
        fill of workers.
        """
        with self._writing() as connection:
            row, now = _row(connection, delivery_id), self._clock()
            if not _row_is_due(row, now) or _at_work(connection, row.target, now) >= concurrency:
                return None
            if rests(connection, delivery_id):
                return None
            lease = self._take(connection, DELIVERY, delivery_id, owner, seconds)
            if lease is None:
                return None
            if row.state in (State.READY, State.WAIT):
                where = (_TABLE.c.id == delivery_id, _TABLE.c.state == row.state)
                change_one(connection, update(_TABLE).where(*where).values(state=State.CLAIMED, changed_at=now))
                self._record_delivery(connection, row, State.CLAIMED, owner=owner)
            return Claim(lease, delivery_record(_row(connection, delivery_id)))

    def move_delivery(self, lease: Lease, before: State, move: Move, *, last: bool = False) -> DeliveryRecord:
        """Write one step of a delivery, and with it where its item stands.

        Args:
            lease: The worker's turn.
            before: The state the worker believes it in.
            move: What the protocol decided.
            last: Whether the worker gives the delivery back with this step.

        Raises:
            LeaseLost: Another worker took it over, or its state is another; nothing is written.
        """
        with self._writing() as connection:
            self._hold(connection, lease)
            theirs = _is_taken_back(connection, _row(connection, lease.subject))
            if theirs and move.state in _SENT_NEXT:
                move = replace(move, state=State.CANCELLED, reason=TAKEN_BACK)
            values = {
                "state": move.state,
                "suspect": move.suspect,
                "sends": move.sends,
                "waits": move.waits,
                "waiting_since": move.waiting_since,
                "next_at": move.next_at,
                "reason": move.reason,
                "changed_at": self._clock(),
            }
            if move.receipt is not None:
                values["receipt"] = to_json(move.receipt)
            where = (_TABLE.c.id == lease.subject, _TABLE.c.state == before)
            change_one(connection, update(_TABLE).where(*where).values(**values))
            row = _row(connection, lease.subject)
            if last:
                self._let_go(connection, lease)
            self._record_delivery(connection, row, move.state, reason=move.reason)
            if not row.notice and not theirs:
                self._refresh_item(connection, row.item_id)
            return delivery_record(row)

    def load_delivery(self, delivery_id: str) -> Delivery:
        """Return a delivery as its target takes it, with the documents its item was read from."""
        with self._reading() as connection:
            row = _row(connection, delivery_id)
            record = delivery_record(row)
            item = item_row(connection, record.item_id)
            wanted = from_json(Extraction, item.extraction).triage.document_ids
            message = message_row(connection, item.message_id)
            documents = self._load_documents(connection, item.message_id)
        attachments = tuple(
            Attachment(document.name, document.media_type, document.content)
            for document in documents
            if not (row.notice or row.letter)
            and document.id in wanted
            and document.role in (Role.ATTACHMENT, Role.SCAN)
        )
        return Delivery(
            record.id,
            record.item_id,
            item.process,
            record.target,
            record.key,
            record.fields,
            message.received_at,
            attachments,
            message.source_key,
        )

    def take_over_abandoned(
        self, owner: str, alive: Callable[[str, str], bool], seconds: float = LEASE_SECONDS
    ) -> list[Claim]:
        """Take every delivery whose worker stopped half-way and return them for recovery.

        A worker that still exists keeps what it is sending, however long it takes: the end of a lease proves nothing
        about a process that is only slow.

        Args:
            owner: Who recovers.
            alive: Tells of an owner and a delivery's id whether it may still be at work on it.
            seconds: How long the recovery may take.
        """
        now, leases = self._clock(), schema.leases
        joined = and_(leases.c.kind == DELIVERY, leases.c.subject == _TABLE.c.id)
        left = select(_TABLE, leases.c.owner).join(leases, joined)
        chosen = left.where(_TABLE.c.state.in_(_HELD), leases.c.until <= now)
        with self._writing() as connection:
            rows = connection.execute(chosen).all()
            taken = [row for row in rows if row.state == State.CLAIMED or not alive(row.owner, row.id)]
            claims = []
            for row in taken:
                lease = self._take(connection, DELIVERY, row.id, owner, seconds)
                if lease is not None:
                    claims.append(Claim(lease, delivery_record(row)))
            return claims

    def admit(self, target: str) -> bool:
        """Return whether a target may be tried now; while its breaker is open, once in thirty seconds."""
        with self._reading() as connection:
            if _breaker(connection, target).open_until is None:
                return True
        with self._writing() as connection:
            breaker, now = _breaker(connection, target), self._clock()
            if breaker.open_until is None:
                return True
            if breaker.open_until > now:
                return False
            self._set_breaker(connection, target, breaker.failures, now + _PROBE, breaker.reason)
            return True

    def target_worked(self, target: str) -> None:
        """Close a target's breaker."""
        with self._reading() as connection:
            breaker = _breaker(connection, target)
        if breaker.failures or breaker.open_until:
            with self._writing() as connection:
                self._set_breaker(connection, target, 0, None, "")

    def target_failed(self, target: str, reason: str, *, down: bool = False) -> None:
        """Count a technical failure; the breaker opens after five in a row, or at once if the connector is down."""
        with self._writing() as connection:
            failures = _breaker(connection, target).failures + 1
            opens = down or failures >= BREAKER_FAILURES
            until = self._clock() + _PROBE if opens else None
            self._set_breaker(connection, target, failures, until, reason)

    def breakers(self) -> list[Breaker]:
        """Return how each target that ever failed has fared."""
        with self._reading() as connection:
            rows = connection.execute(select(_BREAKERS).order_by(_BREAKERS.c.target))
            return [Breaker(row.target, row.failures, row.open_until, row.reason) for row in rows]

    def _set_breaker(
        self, connection: Connection, target: str, failures: int, until: datetime | None, reason: str
    ) -> None:
        known = connection.scalar(select(_BREAKERS.c.target).where(_BREAKERS.c.target == target))
        values = {"failures": failures, "open_until": until, "reason": reason, "changed_at": self._clock()}
        if known is None:
            connection.execute(insert(_BREAKERS).values(target=target, **values))
        else:
            connection.execute(update(_BREAKERS).where(_BREAKERS.c.target == target).values(**values))

    def _record_delivery(self, connection: Connection, row: Row[Any], state: State, **detail: str) -> None:
        told = {name: value for name, value in detail.items() if value}
        message_id = item_row(connection, row.item_id).message_id
        ids = {"message_id": message_id, "item_id": row.item_id, "delivery_id": row.id}
        self._record(connection, f"delivery-{state}", **ids, target=row.target, **told)


_PROBE = timedelta(seconds=PROBE_SECONDS)


def _row(connection: Connection, delivery_id: str) -> Row[Any]:
    row = connection.execute(select(_TABLE).where(_TABLE.c.id == delivery_id)).one_or_none()
    if row is None:
        raise ItemNotFound(f"There is no delivery {delivery_id} in the ledger.", hint="`postroom show` lists them.")
    return row


def _is_taken_back(connection: Connection, row: Row[Any]) -> bool:
    """Whether a delivery was on its way when staff took the post back, and its item waits for a person since."""
    item = item_row(connection, row.item_id)
    taken_back_at = message_row(connection, item.message_id).taken_back_at
    if row.notice or taken_back_at is None or item.state != ItemState.WITH_PERSON:
        return False
    return bool(row.created_at <= taken_back_at)


def _is_due(now: datetime) -> ColumnElement[bool]:
    later = and_(_TABLE.c.state.in_(_DUE_LATER), _TABLE.c.next_at <= now)
    return or_(_TABLE.c.state == State.READY, later)


def _row_is_due(row: Row[Any], now: datetime) -> bool:
    return row.state == State.READY or (row.state in _DUE_LATER and row.next_at <= now)


def _at_work(connection: Connection, target: str, now: datetime) -> int:
    """Count the workers a target has now."""
    busy = select(func.count()).where(_TABLE.c.target == target, ~is_free(DELIVERY, _TABLE.c.id, now))
    return connection.scalar(busy) or 0


def _breaker(connection: Connection, target: str) -> Breaker:
    row = connection.execute(select(_BREAKERS).where(_BREAKERS.c.target == target)).one_or_none()
    return Breaker(target, row.failures, row.open_until, row.reason) if row else Breaker(target, 0, None, "")
