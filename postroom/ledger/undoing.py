"""Undoing: a person takes back their last act on an item, as long as nothing rests on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from postroom.delivery import State
from postroom.disposition import Outcome
from postroom.errors import NotAllowed
from postroom.ledger import schema
from postroom.ledger.acts import Before, Kept
from postroom.ledger.changing import all_reasons, change_item, refuse_other_version
from postroom.ledger.codec import from_json, unpack
from postroom.ledger.creating import item_id_as_typed
from postroom.ledger.deliveries import DELIVERY
from postroom.ledger.desk_records import Undone
from postroom.ledger.desk_schema import acts, entries
from postroom.ledger.entries import is_same_person
from postroom.ledger.items import item_deliveries, item_row
from postroom.ledger.leases import is_free
from postroom.ledger.messages import MESSAGE, message_row
from postroom.ledger.parting import Parting
from postroom.ledger.records import FINAL, ItemState, Stage
from postroom.ledger.storage import execute

_FIELDS = schema.fields
_MESSAGES = schema.messages
_DELIVERIES = schema.deliveries
_WENT_BACK = "A person took the release back."


class Undoing(Parting):
    """Taking back one's own last act; one transaction and one entry of the history each."""

    def undo(self, item_id: str, person: str) -> Undone:
        """Take back the last act of a person on an item and return what it was; repeated, the one before.

        A correction, a finding that a value is right, an entry, a change of process, a split, a merger, a closing while
        its message is not settled, and a release or a letter while nothing has been sent.

        Raises:
            NotAllowed: There is none, or something happened since; the message says what.
        """
        with self._writing() as connection:
            row = item_row(connection, item_id_as_typed(item_id))
            where = (acts.c.item_id == row.id, acts.c.undone.is_(False))
            act = connection.execute(select(acts).where(*where).order_by(acts.c.id.desc()).limit(1)).first()
            if act is None or not is_same_person(act.person, person):
                raise NotAllowed(f"Nothing that you did to item {row.id} last can be taken back.")
            refuse_other_version(connection, row, act.version)
            before = unpack(Before, act.before)
            if act.what == "split":
                self._close_parts(connection, row, before)
            else:
                self._withdraw(connection, row, before)
            self._reopen(connection, row)
            self._revive(connection, before)
            if before.other is not None:
                other = item_row(connection, before.other.item_id)
                refuse_other_version(connection, other, before.other_version)
                self._restore(connection, other, before.other)
            version = self._restore(connection, row, before.kept)
            self._mark_undone(connection, act, before, version)
            self._record_person(connection, row, "undone", person, what=act.what, field=act.field)
            return Undone(act.what, act.field)

    def _reopen(self, connection: Connection, row: Row[Any]) -> None:
        """Refuse for an item that is closed once its message is, or is being, moved in its inbox."""
        if row.state not in FINAL:
            return
        message = message_row(connection, row.message_id)
        free = select(is_free(MESSAGE, _MESSAGES.c.id, self._clock())).where(_MESSAGES.c.id == message.id)
        if message.stage != Stage.ITEMISED or not connection.scalar(free):
            hint = "Its message was put away in the inbox; take it up there."
            raise NotAllowed(f"Item {row.id} is closed for good.", hint=hint)

    def _withdraw(self, connection: Connection, row: Row[Any], before: Before) -> None:
        """Cancel the deliveries that the act made; each must be as it was made."""
        for delivery in item_deliveries(connection, row.id):
            if delivery.id not in before.made:
                continue
            free = select(is_free(DELIVERY, _DELIVERIES.c.id, self._clock())).where(_DELIVERIES.c.id == delivery.id)
            if delivery.state is not State.READY or not connection.scalar(free):
                hint = "Look what it holds there."
                raise NotAllowed(f"Item {row.id} is on its way into {delivery.target}.", hint=hint)
            self._decide(connection, delivery, State.CANCELLED, _WENT_BACK)

    def _revive(self, connection: Connection, before: Before) -> None:
        """Make the deliveries ready again that the act stopped."""
        for delivery_id in before.stopped:
            where = (_DELIVERIES.c.id == delivery_id, _DELIVERIES.c.state == State.CANCELLED)
            now = self._clock()
            values = {"state": State.READY, "reason": "", "next_at": now, "changed_at": now}
            execute(connection, update(_DELIVERIES).where(*where).values(**values))

    def _close_parts(self, connection: Connection, row: Row[Any], before: Before) -> None:
        """Close the items that a split made, each being as it was made; they stay, since the history speaks of them."""
        for part_id in before.made:
            part = item_row(connection, part_id)
            if part.state != ItemState.WITH_PERSON or part.version != 1:
                raise NotAllowed(f"Part {part_id} of item {row.id} was worked on already.", hint="Merge them instead.")
            reasons = all_reasons(from_json(tuple[str, ...], part.reasons), f"The split from {row.id} was taken back.")
            closed: dict[str, Any] = {"state": ItemState.NO_ACTION, "outcome": Outcome.DUPLICATE, "reasons": reasons}
            change_item(connection, part, self._clock(), **closed)

    def _restore(self, connection: Connection, row: Row[Any], kept: Kept) -> int:
        """Put an item back to how it stood, and return its version, which goes on growing."""
        for table, rows in ((_FIELDS, kept.fields), (entries, kept.entries)):
            column = table.c.name if table is _FIELDS else table.c.field
            where = [table.c.item_id == row.id, *([] if kept.names is None else [column.in_(kept.names)])]
            execute(connection, delete(table).where(*where))
            for one in rows:
                connection.execute(insert(table).values(item_id=row.id, **_typed(one)))
        return change_item(connection, row, self._clock(), decided=True, **kept.columns)

    def _mark_undone(self, connection: Connection, act: Row[Any], before: Before, version: int) -> None:
        execute(connection, update(acts).where(acts.c.id == act.id).values(undone=True))
        table = schema.corrections
        execute(connection, update(table).where(table.c.id == before.correction).values(undone=True))
        # The item stands as the act before left it, so that one can be taken back next.
        earlier = select(acts.c.id).where(acts.c.item_id == act.item_id, acts.c.undone.is_(False))
        last = connection.scalar(earlier.order_by(acts.c.id.desc()).limit(1))
        stands = (acts.c.id == last, acts.c.version == before.kept.version)
        execute(connection, update(acts).where(*stands).values(version=version))


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    return {name: datetime.fromisoformat(value) if name == "at" else value for name, value in row.items()}
