"""Items in the ledger: made from a message in one transaction, listed and shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select, update

from postroom.delivery import TERMINAL, State
from postroom.disposition import OTHER, Disposition, Outcome
from postroom.errors import ItemNotFound
from postroom.failpoints import Failpoint, failpoint
from postroom.fields import Field
from postroom.ledger import schema
from postroom.ledger.changing import all_reasons, change_item
from postroom.ledger.codec import Reading, from_json, unpack
from postroom.ledger.creating import insert_deliveries, insert_item, item_id_as_typed, likeness
from postroom.ledger.readings import Readings
from postroom.ledger.records import (
    Correction,
    DeliveryRecord,
    HistoryEntry,
    Item,
    ItemField,
    ItemState,
    ItemSummary,
    Lease,
    Stage,
)
from postroom.ledger.rows import delivery_record, history_entry, item_summary, message_record
from postroom.ledger.storage import change_one
from postroom.process import DeliverTo
from postroom.workitem import Extraction, Triage

Plans = Mapping[str, Sequence[DeliverTo]]
"""Where each process delivers, by process id."""
TAKEN_BACK = "A member of staff took this post back in its inbox, so the robot leaves it to them."
_FAILED = (State.REJECTED, State.CANCELLED)
LIKE_DAYS = 14
"""For how long an item with all the same values counts as a repetition."""

_ITEMS = schema.items
_MESSAGES = schema.messages
_DELIVERIES = schema.deliveries


class Items(Readings):
    """Work found in messages."""

    def save_items(
        self, lease: Lease, extractions: Sequence[Extraction], plans: Plans, pages: Sequence[int] = ()
    ) -> list[str]:
        """Store the items of a message, with deliveries for those that go straight through, and return their ids.

        The message moves from `read` to `itemised` and is given back. A straight-through item whose process has no
        target, or whose values an earlier item of the last days has too, goes to a person.

        Args:
            lease: The worker's turn.
            extractions: What was read for each request.
            plans: Where each process delivers.
            pages: How many pages each was read from; left out, none.

        Raises:
            LeaseLost: Another worker took the message over; nothing is stored.
        """
        with self._writing() as connection:
            self._hold(connection, lease)
            where = (_MESSAGES.c.id == lease.subject, _MESSAGES.c.stage == Stage.READ)
            values = {"stage": Stage.ITEMISED, "attempts": 0, "next_at": self._clock()}
            change_one(connection, update(_MESSAGES).where(*where).values(**values))
            found = list(extractions) or [_nothing_found()]
            ids = [
                self._save_item(connection, lease.subject, position, extraction, plans, _place(pages, position))
                for position, extraction in enumerate(found)
            ]
            self._let_go(connection, lease)
            failpoint(Failpoint.ITEMS_SAVING)
        failpoint(Failpoint.ITEMS_SAVED)
        return ids

    def earlier_like(self, process: str, values: Mapping[str, str], days: int = LIKE_DAYS) -> str | None:
        """Return the id of the newest item of the last days with all the same values, if there is one."""
        with self._reading() as connection:
            return self._earlier_like(connection, process, values, days)

    def items(
        self,
        *,
        outcome: Outcome | None = None,
        process: str | None = None,
        state: ItemState | None = None,
        message_id: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[ItemSummary]:
        """Return items, oldest first."""
        wanted = {"outcome": outcome, "process": process, "state": state, "message_id": message_id}
        where = [_ITEMS.c[name] == value for name, value in wanted.items() if value is not None]
        chosen = _summaries().where(*where).order_by(_MESSAGES.c.received_at, _ITEMS.c.message_id, _ITEMS.c.position)
        with self._reading() as connection:
            return [item_summary(row) for row in connection.execute(chosen.limit(limit).offset(offset))]

    def item(self, item_id: str) -> Item:
        """Return everything about an item; the id may be as a person typed it.

        Raises:
            ItemNotFound: There is no such item.
        """
        item_id = item_id_as_typed(item_id)
        with self._reading() as connection:
            row = item_row(connection, item_id)
            message = connection.execute(select(_MESSAGES).where(_MESSAGES.c.id == row.message_id)).one()
            summary = connection.execute(_summaries().where(_ITEMS.c.id == item_id)).one()
            return Item(
                summary=item_summary(summary),
                message=message_record(message),
                envelope=unpack(Reading, message.reading).envelope if message.reading else None,
                extraction=from_json(Extraction, row.extraction),
                disposition=Disposition(Outcome(row.outcome), from_json(tuple[str, ...], row.reasons)),
                fields=tuple(item_fields(connection, item_id)),
                corrections=tuple(_corrections(connection, item_id)),
                deliveries=tuple(item_deliveries(connection, item_id, notices=True)),
                history=tuple(_history(connection, item_id, row.message_id)),
                like_item=row.like_item or "",
            )

    def _save_item(
        self, connection: Connection, message_id: str, position: int, extraction: Extraction, plans: Plans, pages: int
    ) -> str:
        process = extraction.triage.process
        values = {field.name: field.value for field in extraction.fields}
        plan = plans.get(process, ())
        like = self._earlier_like(connection, process, values, LIKE_DAYS)
        disposition = _stricter(extraction.disposition, like, bool(plan))
        now = self._clock()
        item_id = insert_item(
            connection, message_id, position, extraction, disposition, now, like,
            pages=pages, configuration=self._configuration,
        )  # fmt: skip
        self._record(
            connection,
            "item-made",
            message_id=message_id,
            item_id=item_id,
            process=process,
            outcome=disposition.outcome,
        )
        if disposition.outcome is Outcome.STRAIGHT_THROUGH:
            insert_deliveries(connection, item_id, values, plan, now)
        return item_id

    def _earlier_like(self, connection: Connection, process: str, values: Mapping[str, str], days: int) -> str | None:
        alike = likeness(process, values)
        if not alike:
            return None
        since = self._clock() - timedelta(days=days)
        where = (_ITEMS.c.likeness == alike, _ITEMS.c.created_at >= since, _ITEMS.c.state != ItemState.REJECTED)
        newest = select(_ITEMS.c.id).where(*where).order_by(_ITEMS.c.created_at.desc(), _ITEMS.c.position.desc())
        return connection.scalar(newest.limit(1))

    def _refresh_item(self, connection: Connection, item_id: str, planned: Sequence[str] = ()) -> None:
        """Work out where an item stands from its deliveries, and from the targets that ought to have one."""
        deliveries = latest_deliveries(item_deliveries(connection, item_id))
        state, reasons = standing(deliveries)
        missing = sorted(set(planned) - {delivery.target for delivery in deliveries if not delivery.letter})
        if state is ItemState.DELIVERED and missing:
            state, reasons = ItemState.WITH_PERSON, [f"It is still to be keyed into {', '.join(missing)}."]
        row = item_row(connection, item_id)
        values: dict[str, Any] = {"state": state}
        if state in (ItemState.WITH_PERSON, ItemState.REJECTED):
            values["reasons"] = all_reasons(from_json(tuple[str, ...], row.reasons), *reasons)
            values["outcome"] = Outcome.REVIEW if state is ItemState.WITH_PERSON else Outcome.REJECTED
        change_item(connection, row, self._clock(), **values)
        if row.state != state:
            self._record(connection, f"item-{state}", message_id=row.message_id, item_id=item_id)


def standing(deliveries: Sequence[DeliveryRecord]) -> tuple[ItemState, list[str]]:
    """Return where an item with these deliveries stands, with what a person must know of them.

    A letter to the sender closes the item once it is sent; one that came to nothing leaves it to a person, until
    another decision makes other deliveries.
    """
    letters = [delivery for delivery in deliveries if delivery.letter]
    records = [delivery for delivery in deliveries if not delivery.letter]
    if letters and letters[-1].state not in _FAILED:
        return _letter_standing(letters[-1])
    if letters and all(record.state in _FAILED for record in records):
        reason = letters[-1].reason or "It was cancelled."
        return ItemState.WITH_PERSON, [f"The letter to the sender was not sent: {reason}"]
    return _records_standing(records)


def _letter_standing(letter: DeliveryRecord) -> tuple[ItemState, list[str]]:
    if letter.state is State.HUMAN:
        return ItemState.WITH_PERSON, [f"It is not sure that the letter to the sender was sent: {letter.reason}"]
    return (ItemState.REJECTED if letter.state is State.DONE else ItemState.IN_FLIGHT), []


def _records_standing(deliveries: Sequence[DeliveryRecord]) -> tuple[ItemState, list[str]]:
    stuck = [delivery for delivery in deliveries if delivery.state in (State.HUMAN, State.REJECTED)]
    if stuck:
        return ItemState.WITH_PERSON, [f"{delivery.target}: {delivery.reason}" for delivery in stuck]
    if any(delivery.state not in TERMINAL for delivery in deliveries):
        return ItemState.IN_FLIGHT, []
    if any(delivery.state is State.DONE for delivery in deliveries):
        return ItemState.DELIVERED, []
    return ItemState.WITH_PERSON, ["Nothing was keyed: every delivery was cancelled."]


def latest_deliveries(deliveries: Sequence[DeliveryRecord]) -> list[DeliveryRecord]:
    """Return the newest delivery of a record to each target, and the newest letter."""
    ordered = sorted(deliveries, key=lambda delivery: delivery.generation)
    newest = {(delivery.target, delivery.letter): delivery for delivery in ordered}
    return list(newest.values())


def item_row(connection: Connection, item_id: str) -> Row[Any]:
    """Return the row of an item.

    Raises:
        ItemNotFound: There is none.
    """
    row = connection.execute(select(_ITEMS).where(_ITEMS.c.id == item_id)).one_or_none()
    if row is None:
        raise ItemNotFound(f"There is no item {item_id} in the ledger.", hint="`postroom items` lists them.")
    return row


def item_fields(connection: Connection, item_id: str) -> list[ItemField]:
    """Return the fields of an item in their order."""
    table = schema.fields
    rows = connection.execute(select(table).where(table.c.item_id == item_id).order_by(table.c.position))
    return [
        ItemField(row.name, row.value, from_json(Field, row.read) if row.read else None, row.confidence) for row in rows
    ]


def item_deliveries(connection: Connection, item_id: str, *, notices: bool = False) -> list[DeliveryRecord]:
    """Return the deliveries of an item, oldest first; notices to people only if asked for."""
    chosen = select(_DELIVERIES).where(_DELIVERIES.c.item_id == item_id)
    if not notices:
        chosen = chosen.where(~_DELIVERIES.c.notice)
    rows = connection.execute(chosen.order_by(_DELIVERIES.c.created_at, _DELIVERIES.c.target, _DELIVERIES.c.generation))
    return [delivery_record(row) for row in rows]


def _summaries() -> Select[Any]:
    return select(_ITEMS, _MESSAGES.c.inbox).join(_MESSAGES, _MESSAGES.c.id == _ITEMS.c.message_id)


def _corrections(connection: Connection, item_id: str) -> list[Correction]:
    table = schema.corrections
    rows = connection.execute(select(table).where(table.c.item_id == item_id).order_by(table.c.id))
    return [Correction(row.field, row.before, row.after, row.person, row.at, row.undone) for row in rows]


def _history(connection: Connection, item_id: str, message_id: str) -> list[HistoryEntry]:
    table = schema.history
    whole_message: ColumnElement[bool] = (table.c.message_id == message_id) & (table.c.item_id == "")
    chosen = select(table).where((table.c.item_id == item_id) | whole_message).order_by(table.c.sequence)
    return [history_entry(row) for row in connection.execute(chosen)]


def _stricter(disposition: Disposition, like_item: str | None, has_plan: bool) -> Disposition:
    """Return what becomes of an item after the ledger's own checks; only ever stricter."""
    if disposition.outcome not in (Outcome.STRAIGHT_THROUGH, Outcome.REVIEW):
        return disposition
    reasons = list(disposition.reasons)
    if like_item:
        reasons.append(f"Item {like_item} of the last {LIKE_DAYS} days holds all the same values: is this the same?")
    if not has_plan and disposition.outcome is Outcome.STRAIGHT_THROUGH:
        reasons.append("No target is set up for this process, so nothing can be keyed.")
    if len(reasons) == len(disposition.reasons):
        return disposition
    return Disposition(Outcome.REVIEW, tuple(reasons))


def _nothing_found() -> Extraction:
    reason = "No piece of work was found in this post."
    return Extraction(Triage(OTHER, 0.0), (), Disposition(Outcome.REVIEW, (reason,)))


def _place(numbers: Sequence[int], position: int) -> int:
    return numbers[position] if position < len(numbers) else 0
