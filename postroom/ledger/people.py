"""What people do with items: correct, release, reject, retry, say what really happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from postroom.delivery import TERMINAL, Receipt, State
from postroom.disposition import Outcome
from postroom.errors import NotAllowed
from postroom.ledger import schema
from postroom.ledger.codec import from_json, to_json
from postroom.ledger.creating import insert_deliveries, insert_fields, item_id_as_typed, likeness
from postroom.ledger.deliveries import Deliveries
from postroom.ledger.items import item_deliveries, item_fields, item_row
from postroom.ledger.records import FINAL, DeliveryRecord, ItemState, Verdict
from postroom.ledger.storage import change_one, execute
from postroom.process import DeliverTo
from postroom.workitem import Extraction

_ITEMS = schema.items
_TABLE = schema.deliveries
_NOT_SENT = (State.READY, State.WAIT)
"""States from which a person may stop a delivery: nothing has been sent."""


class People(Deliveries):
    """Decisions of named people; each is one transaction and one entry of the history."""

    def correct(self, item_id: str, field: str, value: str, person: str, *, expected: str | None = None) -> None:
        """Set a field of an item that waits for a person.

        Args:
            item_id: The item.
            field: Its field, read or not.
            value: The right value in normal form; empty if the post does not hold one.
            person: Who says so.
            expected: The value the person saw; if it is another by now, nothing is changed.

        Raises:
            NotAllowed: The item does not wait for a person, or a colleague changed the field meanwhile.
        """
        with self._writing() as connection:
            row = self._waiting(connection, item_id)
            table = schema.fields
            where = (table.c.item_id == row.id, table.c.name == field)
            before = connection.scalar(select(table.c.value).where(*where))
            if expected is not None and expected != (before or ""):
                raise NotAllowed(f"Field {field} of item {row.id} was changed meanwhile.", hint="Load the item again.")
            if before is None:
                last = connection.scalar(select(func.max(table.c.position)).where(table.c.item_id == row.id))
                place = {"position": 0 if last is None else last + 1, "read": ""}
                connection.execute(insert(table).values(item_id=row.id, name=field, value=value, confidence=1, **place))
            else:
                change_one(connection, update(table).where(*where).values(value=value, confidence=1))
            self._add_correction(connection, row, field, before or "", value, person)
            self._touch(connection, row, likeness=self._likeness(connection, row.id, row.process))

    def change_process(self, item_id: str, process: str, person: str, extraction: Extraction | None = None) -> None:
        """Give an item that waits for a person to another process.

        Args:
            item_id: The item.
            process: The process it belongs to.
            person: Who says so.
            extraction: What was read anew for that process; without it the fields stay as they are.
        """
        with self._writing() as connection:
            row = self._waiting(connection, item_id)
            values: dict[str, object] = {"process": process}
            if extraction is not None:
                execute(connection, delete(schema.fields).where(schema.fields.c.item_id == row.id))
                insert_fields(connection, row.id, extraction)
                values |= {"extraction": to_json(extraction), "due": extraction.due}
            self._add_correction(connection, row, "", row.process, process, person)
            self._touch(connection, row, **values, likeness=self._likeness(connection, row.id, process))

    def release(self, item_id: str, plan: Sequence[DeliverTo], person: str) -> list[str]:
        """Send an item that waits for a person on to its targets and return the ids of the new deliveries.

        A target that has the item already is left out; one that refused it gets a new delivery with the fields as
        they stand now.

        Raises:
            NotAllowed: The item does not wait for a person, there is no target, or a delivery must be resolved first.
        """
        with self._writing() as connection:
            row = self._waiting(connection, item_id)
            _refuse_unresolved(connection, row)
            values = {field.name: field.value for field in item_fields(connection, row.id) if field.value}
            ids = insert_deliveries(connection, row.id, values, plan, self._clock())
            if not item_deliveries(connection, row.id):
                hint = "Key it by hand and record it with `postroom done-by-hand`."
                raise NotAllowed(f"Item {row.id} has no target to be keyed into.", hint=hint)
            self._touch(connection, row)
            self._record_person(connection, row, "released", person)
            self._refresh_item(connection, row.id)
            return ids

    def reject(self, item_id: str, reason: str, person: str) -> None:
        """Close an item as refused, with the reason."""
        self._close(item_id, Outcome.REJECTED, ItemState.REJECTED, reason, person)

    def no_action(self, item_id: str, reason: str, person: str) -> None:
        """Close an item as asking for nothing, with the reason."""
        self._close(item_id, Outcome.NO_ACTION, ItemState.NO_ACTION, reason, person)

    def retry(self, item_id: str, person: str) -> int:
        """Try the stuck deliveries of an item again now and return how many.

        Raises:
            NotAllowed: None is waiting, or a record may have arrived and somebody must look first.
        """
        with self._writing() as connection:
            row = item_row(connection, item_id_as_typed(item_id))
            stuck = [one for one in item_deliveries(connection, row.id) if one.state in (State.WAIT, State.HUMAN)]
            again = [one for one in stuck if not (one.state is State.HUMAN and one.suspect)]
            if not again:
                hint = "Look into the target and resolve the delivery." if stuck else "`postroom show` tells its state."
                raise NotAllowed(f"Item {row.id} has no delivery that can be tried again.", hint=hint)
            for delivery in again:
                self._decide(connection, delivery, State.READY, "")
            self._touch(connection, row)
            self._record_person(connection, row, "retried", person)
            self._refresh_item(connection, row.id)
            return len(again)

    def done_by_hand(
        self, item_id: str, target: str, reference: str, person: str, plan: Sequence[DeliverTo] = ()
    ) -> None:
        """Record that a person keyed an item into a target, so that the robot does not.

        Args:
            item_id: The item.
            target: Where it was keyed into.
            reference: What the target calls it.
            person: Who keyed it.
            plan: Where its process delivers; the item stays open while one of those targets is without it.

        Raises:
            NotAllowed: The item is closed, or the robot is keying it at this moment.
        """
        with self._writing() as connection:
            row = item_row(connection, item_id_as_typed(item_id))
            if row.state in FINAL:
                raise NotAllowed(f"Item {row.id} is closed already ({row.state}).")
            made = [one for one in item_deliveries(connection, row.id) if one.target == target]
            last = made[-1] if made else None
            receipt = Receipt(reference, details={"keyed_by": person})
            if last is None or last.state in (State.REJECTED, State.CANCELLED):
                self._insert_by_hand(connection, row, target, receipt)
            elif last.state in (*_NOT_SENT, State.HUMAN):
                self._decide(connection, last, State.DONE, "", receipt)
            else:
                hint = "Wait until its outcome is known; `postroom show` tells."
                raise NotAllowed(f"Item {row.id} is being keyed into {target} now ({last.state}).", hint=hint)
            self._touch(connection, row)
            self._record_person(connection, row, "done-by-hand", person, target=target)
            self._refresh_item(connection, row.id, [step.target for step in plan])

    def resolve(self, delivery_id: str, verdict: Verdict, person: str, reference: str = "") -> None:
        """Say what became of a delivery whose outcome only a person can find out.

        Args:
            delivery_id: A delivery that waits for a person.
            verdict: Found in the target, not there (it is sent again), or cancel.
            person: Who looked.
            reference: The target's own reference, if it was found.

        Raises:
            NotAllowed: The delivery does not wait for a person.
        """
        states = {Verdict.FOUND: State.DONE, Verdict.NOT_THERE: State.READY, Verdict.CANCEL: State.CANCELLED}
        delivery = self.delivery(delivery_id)
        with self._writing() as connection:
            row = item_row(connection, delivery.item_id)
            receipt = None
            if verdict is Verdict.FOUND:
                known = delivery.receipt.reference if delivery.receipt else ""
                receipt = Receipt(reference or known, details={"found_by": person})
            self._decide(connection, delivery, states[verdict], "", receipt, only=State.HUMAN)
            self._touch(connection, row)
            self._record_person(connection, row, f"resolved-{verdict}", person, target=delivery.target)
            if delivery_id in {one.id for one in item_deliveries(connection, row.id)}:
                self._refresh_item(connection, row.id)

    def mark_restored(self, person: str) -> int:
        """After a restore from backup, distrust every open delivery and return how many.

        What was sent after the backup was taken is not in it: each open delivery is looked up before it is sent, and
        where nothing can be looked up a person decides.
        """
        with self._writing() as connection:
            distrusted = update(_TABLE).where(_TABLE.c.state.not_in(TERMINAL)).values(suspect=True)
            count = execute(connection, distrusted).rowcount
            self._record(connection, "restored", actor=person, deliveries=str(count))
            return count

    def _close(self, item_id: str, outcome: Outcome, state: ItemState, reason: str, person: str) -> None:
        with self._writing() as connection:
            row = self._waiting(connection, item_id)
            _refuse_unresolved(connection, row)
            for delivery in item_deliveries(connection, row.id):
                if delivery.state in _NOT_SENT:
                    self._decide(connection, delivery, State.CANCELLED, "")
            reasons = to_json((*from_json(tuple[str, ...], row.reasons), reason))
            self._touch(connection, row, outcome=outcome, state=state, reasons=reasons)
            self._record_person(connection, row, f"closed-{outcome}", person)

    def _waiting(self, connection: Connection, item_id: str) -> Row[Any]:
        row = item_row(connection, item_id_as_typed(item_id))
        if row.state != ItemState.WITH_PERSON:
            raise NotAllowed(f"Item {row.id} does not wait for a person: it is {row.state}.")
        return row

    def _decide(
        self,
        connection: Connection,
        delivery: DeliveryRecord,
        state: State,
        reason: str,
        receipt: Receipt | None = None,
        only: State | None = None,
    ) -> None:
        """Set a delivery that no worker has to the state a person decided."""
        before = only or delivery.state
        now = self._clock()
        values = {"state": state, "suspect": False, "sends": 0, "waits": 0, "waiting_since": None, "next_at": now}
        if receipt is not None:
            values["receipt"] = to_json(receipt)
        where = (_TABLE.c.id == delivery.id, _TABLE.c.state == before)
        changed = update(_TABLE).where(*where).values(**values, reason=reason, changed_at=now)
        if execute(connection, changed).rowcount != 1:
            raise NotAllowed(f"Delivery {delivery.id} is not {before}.", hint="Load the item again.")

    def _insert_by_hand(self, connection: Connection, row: Row[Any], target: str, receipt: Receipt) -> None:
        values = {field.name: field.value for field in item_fields(connection, row.id) if field.value}
        plan = DeliverTo(target=target)
        (delivery_id,) = insert_deliveries(connection, row.id, values, (plan,), self._clock())
        done = {"state": State.DONE, "receipt": to_json(receipt), "changed_at": self._clock()}
        change_one(connection, update(_TABLE).where(_TABLE.c.id == delivery_id).values(**done))

    def _add_correction(
        self, connection: Connection, row: Row[Any], field: str, before: str, after: str, person: str
    ) -> None:
        values = {"item_id": row.id, "field": field, "before": before, "after": after, "person": person}
        connection.execute(insert(schema.corrections).values(**values, at=self._clock()))
        # The history outlives the post and holds no value of it.
        self._record_person(connection, row, "corrected", person, field=field or "process")

    def _touch(self, connection: Connection, row: Row[Any], **values: object) -> None:
        changed = update(_ITEMS).where(_ITEMS.c.id == row.id)
        change_one(connection, changed.values(touched=True, changed_at=self._clock(), **values))

    def _likeness(self, connection: Connection, item_id: str, process: str) -> str:
        return likeness(process, {field.name: field.value for field in item_fields(connection, item_id)})

    def _record_person(self, connection: Connection, row: Row[Any], action: str, person: str, **detail: str) -> None:
        self._record(connection, action, actor=person, message_id=row.message_id, item_id=row.id, **detail)


def _refuse_unresolved(connection: Connection, row: Row[Any]) -> None:
    """Refuse while a record of the item may be under way or may have arrived unproven."""
    for delivery in item_deliveries(connection, row.id):
        if delivery.state not in (*TERMINAL, *_NOT_SENT):
            hint = f"Resolve delivery {delivery.id} first: look whether the record is there."
            raise NotAllowed(f"Item {row.id} may have been keyed into {delivery.target} already.", hint=hint)
