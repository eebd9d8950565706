"""Answering: an item goes back to its sender, with a letter that says what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from postroom.errors import NotAllowed
from postroom.ledger.acts import Before, keep, refuse_unresolved
from postroom.ledger.changing import all_reasons
from postroom.ledger.codec import from_json
from postroom.ledger.creating import insert_deliveries
from postroom.ledger.records import ItemState
from postroom.ledger.resolving import Resolving
from postroom.ledger.seeds import end_seed
from postroom.process import DeliverTo


class Answering(Resolving):
    """Letters to senders."""

    def send_back(
        self,
        item_id: str,
        person: str,
        target: str,
        fields: Mapping[str, str],
        needed: Sequence[str],
        version: int | None = None,
    ) -> str:
        """Send an item back to its sender and return the id of the letter's delivery.

        The item is in flight while the letter is on its way. Once it is sent the item is closed as rejected; if it
        cannot be sent the item waits for a person again.

        Args:
            item_id: The item.
            person: Who says so.
            target: The target that sends letters.
            fields: What it takes: to, subject, body, in_reply_to.
            needed: What is missing, in words that hold nothing of the post, such as titles of fields.
            version: The item's version that the person saw.

        Raises:
            NotAllowed: The item does not wait for a person, or it was keyed or may have been.
        """
        with self._writing() as connection:
            row = self._waiting(connection, item_id, version)
            refuse_unresolved(connection, row)
            kept = keep(connection, row)
            stopped = self._stop_unsent(connection, row)
            now, plan = self._clock(), [DeliverTo(target=target)]
            made = insert_deliveries(connection, row.id, fields, plan, now, letter=True)
            if not made:
                raise NotAllowed(f"A letter of item {row.id} is sent already.", hint="Look at the item's deliveries.")
            end_seed(connection, row.id, person, now, caught=None)
            reason = f"Sent back to the sender: needs {_listed(needed)}."
            reasons = all_reasons(from_json(tuple[str, ...], row.reasons), reason)
            self._touch(connection, row, reasons=reasons, state=ItemState.IN_FLIGHT)
            self._record_person(connection, row, "sent-back", person, target=target)
            self._refresh_item(connection, row.id)
            self._keep_act(connection, Before(kept, made=tuple(made), stopped=stopped), person, "sent-back")
            return made[0]


def _listed(needed: Sequence[str]) -> str:
    *others, last = [one.strip().rstrip(".") for one in needed if one.strip()] or ["another look"]
    return f"{', '.join(others)} and {last}" if others else last
