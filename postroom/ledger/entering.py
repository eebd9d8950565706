"""Entering: a value that is keyed only once two people have entered the same, neither seeing the other's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row

from postroom.errors import NotAllowed
from postroom.ledger.acts import Before, keep
from postroom.ledger.desk_records import Entry
from postroom.ledger.entries import entries_of, is_same_person, put_entry
from postroom.ledger.items import item_row
from postroom.ledger.looking import Looking
from postroom.ledger.people import set_field, value_of
from postroom.ledger.seeds import end_seed, shown_in
from postroom.second_entry import Standing, standing


class Entering(Looking):
    """Blind entries."""

    def entries(self, item_id: str) -> Mapping[str, tuple[Entry, ...]]:
        """Return the entries of an item by field; their values are for nobody who has yet to enter theirs."""
        with self._reading() as connection:
            return entries_of(connection, item_row(connection, item_id).id)

    def enter(self, item_id: str, field: str, value: str, person: str, *, version: int | None = None) -> Standing:
        """Enter a value unseen and return how far its entries are.

        The first entry becomes the item's value. Once one equals another person's, it becomes the item's value for
        good. Until then the item stays, both being told; whoever looks again enters anew.

        Args:
            item_id: The item.
            field: Its field.
            value: What the person read, in normal form.
            person: Who says so.
            version: The item's version that the person saw.

        Raises:
            NotAllowed: The item does not wait, or so far only this person has entered the value.
        """
        with self._writing() as connection:
            row = self._waiting(connection, item_id, version)
            kept = keep(connection, row, (field,))
            made = entries_of(connection, row.id).get(field, ())
            if made and all(is_same_person(entry.person, person) for entry in made):
                hint = "A colleague must enter it without seeing yours."
                raise NotAllowed(f"You entered field {field} of item {row.id} first.", hint=hint)
            put_entry(connection, row.id, field, value, person, self._clock())
            now_made = entries_of(connection, row.id)[field]
            reached = standing(now_made, value)
            correction = self._set_entered(connection, row, field, value, person, reached)
            self._record_person(connection, row, "entered", person, field=field, entries=reached)
            self._touch(connection, row, likeness=self._likeness(connection, row.id, row.process))
            self._keep_act(connection, Before(kept, correction=correction), person, "entered", field)
            return reached

    def _set_entered(
        self, connection: Connection, row: Row[Any], field: str, value: str, person: str, reached: Standing
    ) -> int:
        """Make an entry the item's value where it is the first or agrees, and return the correction, if it is one."""
        if reached is Standing.DIFFERENT:
            return 0
        if shown_in(connection, row.id, field) is not None:
            end_seed(connection, row.id, person, self._clock(), caught=None)
        before = value_of(connection, row.id, field) or ""
        set_field(connection, row.id, field, value)
        return self._add_correction(connection, row, field, before, value, person) if value != before else 0
