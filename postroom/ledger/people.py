"""What people decide about items: correct, find right, give to another process, release, close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from postroom.disposition import Outcome
from postroom.errors import NotAllowed
from postroom.ledger import schema
from postroom.ledger.acts import Acts, Before, keep, refuse_unresolved
from postroom.ledger.changing import all_reasons
from postroom.ledger.codec import from_json, to_json
from postroom.ledger.creating import insert_deliveries, insert_fields
from postroom.ledger.entries import begin_entry, drop_entries, refuse_open_entries
from postroom.ledger.items import item_deliveries, item_fields
from postroom.ledger.records import ItemState
from postroom.ledger.seeds import end_seed, shown_in
from postroom.ledger.storage import execute
from postroom.process import DeliverTo, Process
from postroom.reasons import Kind, kind_of
from postroom.seeding import carries
from postroom.workitem import Extraction

_FIELDS = schema.fields
_LASTING = (Kind.REFUSED, Kind.TAKEN_BACK, Kind.REPEATED, Kind.ANSWERED)
"""Reasons that hold whatever the process is."""


class People(Acts):
    """Decisions of named people; each is one transaction and one entry of the history.

    Each takes the `version` of the item that the person saw; at another one nothing is changed, and NotAllowed says who
    changed it and when.
    """

    def correct(
        self,
        item_id: str,
        field: str,
        value: str,
        person: str,
        *,
        expected: str | None = None,
        version: int | None = None,
        process: Process | None = None,
    ) -> None:
        """Set a field of an item that waits for a person.

        Args:
            item_id: The item.
            field: Its field, read or not.
            value: The right value in normal form; empty if the post does not hold one.
            person: Who says so.
            expected: The value the person saw; if it is another by now, nothing is changed.
            version: The item's version that the person saw.
            process: Its process, so that this counts as the first of two entries where the field needs a second.

        Raises:
            NotAllowed: The item does not wait for a person, or a colleague changed it meanwhile.
        """
        with self._writing() as connection:
            row = self._waiting(connection, item_id, version)
            kept = keep(connection, row, (field,))
            before = value_of(connection, row.id, field) or ""
            shown = shown_in(connection, row.id, field)
            _refuse_changed(row, field, expected, before, shown)
            if shown is not None and carries(shown, before, value):
                # The person left the known error as it was: the item keeps what was read.
                value = before
            elif shown is not None:
                end_seed(connection, row.id, person, self._clock(), caught=True)
            set_field(connection, row.id, field, value)
            drop_entries(connection, row.id, field)
            begin_entry(connection, row.id, field, person, self._clock(), process)
            correction = self._add_correction(connection, row, field, before, value, person) if value != before else 0
            if not correction:
                self._record_person(connection, row, "accepted", person, field=field)
            self._touch(connection, row, likeness=self._likeness(connection, row.id, row.process))
            what = "corrected" if correction else "accepted"
            self._keep_act(connection, Before(kept, correction=correction), person, what, field)

    def accept(
        self,
        item_id: str,
        field: str,
        person: str,
        version: int | None = None,
        value: str | None = None,
        *,
        process: Process | None = None,
    ) -> None:
        """Record that a person looked at a field and that it is right as it stands, or rightly empty.

        Args:
            item_id: The item.
            field: Its field, read or not.
            person: Who says so.
            version: The item's version that the person saw.
            value: The value the person saw; if it is another by now, nothing is changed.
            process: Its process, so that this counts as the first of two entries where the field needs a second.

        Raises:
            NotAllowed: The item does not wait for a person, or a colleague changed it meanwhile.
        """
        with self._writing() as connection:
            row = self._waiting(connection, item_id, version)
            kept = keep(connection, row, (field,))
            held = value_of(connection, row.id, field) or ""
            _refuse_changed(row, field, value, held, shown_in(connection, row.id, field))
            set_field(connection, row.id, field, held)
            if not kept.entries:
                begin_entry(connection, row.id, field, person, self._clock(), process)
            self._record_person(connection, row, "accepted", person, field=field)
            self._touch(connection, row)
            self._keep_act(connection, Before(kept), person, "accepted", field)

    def change_process(
        self,
        item_id: str,
        process: str,
        person: str,
        extraction: Extraction | None = None,
        *,
        version: int | None = None,
    ) -> None:
        """Give an item that waits for a person to another process.

        Args:
            item_id: The item.
            process: The process it belongs to.
            person: Who says so.
            extraction: What was read anew for that process; without it the fields stay as they are.
            version: The item's version that the person saw.
        """
        with self._writing() as connection:
            row = self._waiting(connection, item_id, version)
            kept = keep(connection, row, None, extraction=True)
            values: dict[str, object] = {"process": process}
            if extraction is not None:
                values |= _read_anew(connection, row, extraction)
            drop_entries(connection, row.id)
            end_seed(connection, row.id, person, self._clock(), caught=None)
            correction = self._add_correction(connection, row, "", row.process, process, person)
            self._touch(connection, row, **values, likeness=self._likeness(connection, row.id, process))
            self._keep_act(connection, Before(kept, correction=correction), person, "process-changed")

    def release(
        self,
        item_id: str,
        plan: Sequence[DeliverTo],
        person: str,
        *,
        process: Process | None,
        version: int | None = None,
    ) -> list[str]:
        """Send an item that waits for a person on to its targets and return the ids of the new deliveries.

        A target that has the item already is left out; one that refused it gets a new delivery with the fields as
        they stand now.

        Args:
            item_id: The item.
            plan: Where its process delivers.
            person: Who says so.
            process: Its process, which says what two people must enter; None only where it has none.
            version: The item's version that the person saw.

        Raises:
            NotAllowed: The item does not wait for a person, there is no target, a delivery must be resolved first, or a
                value needs a second entry.
        """
        with self._writing() as connection:
            row = self._waiting(connection, item_id, version)
            if process is not None and process.id != row.process:
                hint = "Load the item again."
                raise NotAllowed(f"Item {row.id} belongs to {row.process}, not to {process.id}.", hint=hint)
            refuse_unresolved(connection, row)
            refuse_open_entries(connection, row.id, process)
            kept = keep(connection, row)
            values = {field.name: field.value for field in item_fields(connection, row.id) if field.value}
            ids = insert_deliveries(connection, row.id, values, plan, self._clock())
            if not any(not one.letter for one in item_deliveries(connection, row.id)):
                hint = "Key it by hand and record it with `postroom done-by-hand`."
                raise NotAllowed(f"Item {row.id} has no target to be keyed into.", hint=hint)
            end_seed(connection, row.id, person, self._clock(), caught=False)
            self._touch(connection, row)
            self._record_person(connection, row, "released", person)
            self._refresh_item(connection, row.id)
            self._keep_act(connection, Before(kept, made=tuple(ids)), person, "released")
            return ids

    def reject(self, item_id: str, reason: str, person: str, *, version: int | None = None) -> None:
        """Close an item as refused, with the reason."""
        self._close(item_id, Outcome.REJECTED, ItemState.REJECTED, reason, person, version)

    def no_action(self, item_id: str, reason: str, person: str, *, version: int | None = None) -> None:
        """Close an item as asking for nothing, with the reason."""
        self._close(item_id, Outcome.NO_ACTION, ItemState.NO_ACTION, reason, person, version)

    def _close(
        self, item_id: str, outcome: Outcome, state: ItemState, reason: str, person: str, version: int | None
    ) -> None:
        with self._writing() as connection:
            row = self._waiting(connection, item_id, version)
            refuse_unresolved(connection, row)
            kept = keep(connection, row)
            stopped = self._stop_unsent(connection, row)
            end_seed(connection, row.id, person, self._clock(), caught=None)
            reasons = all_reasons(from_json(tuple[str, ...], row.reasons), reason)
            self._touch(connection, row, outcome=outcome, state=state, reasons=reasons)
            self._record_person(connection, row, f"closed-{outcome}", person)
            self._keep_act(connection, Before(kept, stopped=stopped), person, f"closed-{outcome}")

    def _add_correction(
        self, connection: Connection, row: Row[Any], field: str, before: str, after: str, person: str
    ) -> int:
        values = {"item_id": row.id, "field": field, "before": before, "after": after, "person": person}
        made = execute(connection, insert(schema.corrections).values(**values, at=self._clock(), undone=False))
        # The history outlives the post and holds no value of it.
        self._record_person(connection, row, "corrected", person, field=field or "process")
        key = made.inserted_primary_key
        return int(key[0]) if key else 0


def value_of(connection: Connection, item_id: str, field: str) -> str | None:
    """Return the value of a field as it stands; None if the item has none of that name."""
    where = (_FIELDS.c.item_id == item_id, _FIELDS.c.name == field)
    return connection.scalar(select(_FIELDS.c.value).where(*where))


def set_field(connection: Connection, item_id: str, field: str, value: str) -> None:
    """Set a field to a value that a person is sure of; one that was not read is added at the end."""
    where = (_FIELDS.c.item_id == item_id, _FIELDS.c.name == field)
    if execute(connection, update(_FIELDS).where(*where).values(value=value, confidence=1)).rowcount:
        return
    last = connection.scalar(select(func.max(_FIELDS.c.position)).where(_FIELDS.c.item_id == item_id))
    place = {"position": 0 if last is None else last + 1, "read": ""}
    connection.execute(insert(_FIELDS).values(item_id=item_id, name=field, value=value, confidence=1, **place))


def _refuse_changed(row: Row[Any], field: str, expected: str | None, held: str, shown: str | None) -> None:
    if expected is not None and expected not in (held, shown):
        raise NotAllowed(f"Field {field} of item {row.id} was changed meanwhile.", hint="Load the item again.")


def _read_anew(connection: Connection, row: Row[Any], extraction: Extraction) -> dict[str, object]:
    """Put other fields in the place of an item's, and return the columns that follow from them."""
    execute(connection, delete(_FIELDS).where(_FIELDS.c.item_id == row.id))
    insert_fields(connection, row.id, extraction)
    told = from_json(tuple[str, ...], row.reasons)
    lasting = [reason for reason in told if kind_of(reason) in _LASTING]
    reasons = extraction.disposition.reasons or extraction.triage.reasons
    return {
        "extraction": to_json(extraction),
        "due": extraction.due,
        "protected": row.protected or extraction.triage.protected,
        "reasons": all_reasons(lasting, *reasons),
    }
