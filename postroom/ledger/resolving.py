"""What people do about deliveries: try again, say what really happened, say what they keyed themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, update

from postroom.delivery import TERMINAL, Receipt, State
from postroom.errors import NotAllowed
from postroom.ledger import schema
from postroom.ledger.acts import NOT_SENT
from postroom.ledger.changing import refuse_other_version
from postroom.ledger.codec import to_json
from postroom.ledger.creating import insert_deliveries, item_id_as_typed
from postroom.ledger.items import item_deliveries, item_fields, item_row
from postroom.ledger.people import People
from postroom.ledger.records import FINAL, Verdict
from postroom.ledger.seeds import end_seed
from postroom.ledger.storage import change_one, execute
from postroom.process import DeliverTo

_TABLE = schema.deliveries


class Resolving(People):
    """Decisions of named people about deliveries that are stuck, or that the robot is not to make."""

    def retry(self, item_id: str, person: str, *, version: int | None = None) -> int:
        """Try the stuck deliveries of an item again now and return how many.

        Raises:
            NotAllowed: None is waiting, or a record may have arrived and somebody must look first.
        """
        with self._writing() as connection:
            row = item_row(connection, item_id_as_typed(item_id))
            refuse_other_version(connection, row, version)
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
        self,
        item_id: str,
        target: str,
        reference: str,
        person: str,
        plan: Sequence[DeliverTo] = (),
        *,
        version: int | None = None,
    ) -> None:
        """Record that a person keyed an item into a target, so that the robot does not.

        Args:
            item_id: The item.
            target: Where it was keyed into.
            reference: What the target calls it.
            person: Who keyed it.
            plan: Where its process delivers; the item stays open while one of those targets is without it.
            version: The item's version that the person saw.

        Raises:
            NotAllowed: The item is closed, or the robot is keying it at this moment.
        """
        with self._writing() as connection:
            row = item_row(connection, item_id_as_typed(item_id))
            refuse_other_version(connection, row, version)
            if row.state in FINAL:
                raise NotAllowed(f"Item {row.id} is closed already ({row.state}).")
            records = [one for one in item_deliveries(connection, row.id) if not one.letter]
            made = [one for one in records if one.target == target]
            last = made[-1] if made else None
            receipt = Receipt(reference, details={"keyed_by": person})
            if last is None or last.state in (State.REJECTED, State.CANCELLED):
                self._insert_by_hand(connection, row, target, receipt)
            elif last.state in (*NOT_SENT, State.HUMAN):
                self._decide(connection, last, State.DONE, "", receipt)
            else:
                hint = "Wait until its outcome is known; `postroom show` tells."
                raise NotAllowed(f"Item {row.id} is being keyed into {target} now ({last.state}).", hint=hint)
            end_seed(connection, row.id, person, self._clock(), caught=None)
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

    def _insert_by_hand(self, connection: Connection, row: Row[Any], target: str, receipt: Receipt) -> None:
        values = {field.name: field.value for field in item_fields(connection, row.id) if field.value}
        plan = DeliverTo(target=target)
        (delivery_id,) = insert_deliveries(connection, row.id, values, (plan,), self._clock())
        done = {"state": State.DONE, "receipt": to_json(receipt), "changed_at": self._clock()}
        change_one(connection, update(_TABLE).where(_TABLE.c.id == delivery_id).values(**done))
