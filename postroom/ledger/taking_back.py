"""Taking back: a member of staff moved a mail away or took the robot's mark off it, and the robot obeys."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select, update

from postroom.delivery import TERMINAL, State
from postroom.disposition import OTHER, Outcome
from postroom.ledger import schema
from postroom.ledger.changing import change_item
from postroom.ledger.codec import from_json
from postroom.ledger.items import TAKEN_BACK, item_deliveries
from postroom.ledger.messages import advance
from postroom.ledger.notices import Telling
from postroom.ledger.records import FINAL, DeliveryRecord, ItemState, Stage
from postroom.ledger.storage import change_one, execute

_MESSAGES = schema.messages
_ITEMS = schema.items
_TABLE = schema.deliveries
_NOTHING_SENT = (State.READY, State.WAIT, State.CLAIMED)
"""States from which nothing has been sent: a worker that holds one loses it before it can send."""


class TakingBack(Telling):
    """Post that people took out of the robot's hands."""

    def take_back(self, inbox: str, source_key: str) -> bool:
        """Stop all work on a message that staff took back, and return whether there was any to stop.

        What was not sent is cancelled. An item of which something was keyed, or may have been, goes to a person.
        """
        where = (_MESSAGES.c.inbox == inbox, _MESSAGES.c.source_key == source_key, _MESSAGES.c.stage != Stage.SETTLED)
        with self._writing() as connection:
            row = connection.execute(select(_MESSAGES).where(*where).order_by(_MESSAGES.c.added_at)).first()
            if row is None:
                return False
            taken_back_at = row.taken_back_at or self._clock()
            theirs = update(_MESSAGES).where(_MESSAGES.c.id == row.id).values(taken_back_at=taken_back_at)
            change_one(connection, theirs)
            if row.stage != Stage.ITEMISED:
                advance(connection, row.id, Stage(row.stage), Stage.ITEMISED, attempts=0, next_at=self._clock())
                self._insert_stand_in(connection, row.id, OTHER, Outcome.NO_ACTION, TAKEN_BACK)
                self._record(connection, "taken-back", message_id=row.id)
                return True
            still_open = select(_ITEMS).where(_ITEMS.c.message_id == row.id, _ITEMS.c.state.not_in(FINAL))
            stopped = [self._stop(connection, item) for item in connection.execute(still_open).all()]
            if any(stopped):
                self._record(connection, "taken-back", message_id=row.id)
            return any(stopped)

    def _stop(self, connection: Connection, item: Row[Any]) -> bool:
        told = from_json(tuple[str, ...], item.reasons)
        if TAKEN_BACK in told:
            return False
        deliveries = item_deliveries(connection, item.id)
        for delivery in deliveries:
            if delivery.state in _NOTHING_SENT:
                self._cancel(connection, delivery)
        keyed = [one.target for one in deliveries if one.state not in (*_NOTHING_SENT, *TERMINAL - {State.DONE})]
        reasons = [TAKEN_BACK]
        values: dict[str, Any] = {"state": ItemState.NO_ACTION, "outcome": Outcome.NO_ACTION}
        if keyed:
            reasons.append(f"It was keyed or may have been keyed into {', '.join(keyed)}: see what is there.")
            values = {"state": ItemState.WITH_PERSON, "outcome": Outcome.REVIEW}
        change_item(connection, item, self._clock(), **values, reasons=(*told, *reasons), touched=True)
        return True

    def _cancel(self, connection: Connection, delivery: DeliveryRecord) -> None:
        now = self._clock()
        values = {"state": State.CANCELLED, "reason": TAKEN_BACK, "changed_at": now, "next_at": now}
        execute(connection, update(_TABLE).where(_TABLE.c.id == delivery.id).values(**values))
