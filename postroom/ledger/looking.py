"""Looking: who has an item open, and how long people worked on it."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, select, update

from postroom.ledger.alike import Alike
from postroom.ledger.creating import item_id_as_typed
from postroom.ledger.desk_records import Looker, Wanted
from postroom.ledger.desk_schema import looks, spells, staff
from postroom.ledger.queues import LOOK_LASTS
from postroom.ledger.storage import execute
from postroom.staff import Person, Scope

LONGEST_SPELL = 30 * 60.0
"""Seconds that one spell counts at most: a page left open over lunch is no work."""


class Looking(Alike):
    """People at items."""

    def look(self, item_id: str, person: Person) -> None:
        """Note that a person has an item open now; to be repeated while they do."""
        with self._writing() as connection:
            self._look(connection, item_id_as_typed(item_id), person)

    def look_at_next(self, scope: Scope, wanted: Wanted, after: str, person: Person) -> str | None:
        """Note that a person opens the next item that nobody else looks at, and return its id.

        Two people who ask at the same moment get different ones.
        """
        with self._writing() as connection:
            found = self._next(connection, scope, wanted, after, person.id)
            if found is not None:
                self._look(connection, found, person)
            return found

    def _look(self, connection: Connection, item_id: str, person: Person) -> None:
        now = self._clock()
        where = (looks.c.item_id == item_id, looks.c.staff_id == person.id)
        execute(connection, delete(looks).where(looks.c.seen_at < now - LOOK_LASTS))
        if not execute(connection, update(looks).where(*where).values(seen_at=now)).rowcount:
            values = {"item_id": item_id, "staff_id": person.id, "since": now, "seen_at": now}
            connection.execute(insert(looks).values(**values))

    def lookers(self, item_id: str, but: str) -> list[Looker]:
        """Return who has an item open now, the longest first.

        Args:
            item_id: The item.
            but: Id of the person who asks and is left out.
        """
        where = (looks.c.item_id == item_id_as_typed(item_id), looks.c.staff_id != but, self._looks_now())
        chosen = select(staff.c.name, looks.c.since).join(staff, staff.c.id == looks.c.staff_id).where(*where)
        with self._reading() as connection:
            rows = connection.execute(chosen.order_by(looks.c.since, staff.c.name))
            return [Looker(row.name, row.since) for row in rows]

    def leave(self, item_id: str, person: Person) -> None:
        """Note that a person has an item open no longer; safe to repeat."""
        where = (looks.c.item_id == item_id_as_typed(item_id), looks.c.staff_id == person.id)
        with self._writing() as connection:
            execute(connection, delete(looks).where(*where))

    def note_spell(self, item_id: str, staff_id: str, seconds: float, steps: int) -> None:
        """Note how long a person worked on an item, half an hour at most, and in how many keystrokes and clicks."""
        spent = min(max(seconds, 0.0), LONGEST_SPELL)
        values = {"item_id": item_id_as_typed(item_id), "staff_id": staff_id, "seconds": spent, "steps": max(steps, 0)}
        with self._writing() as connection:
            connection.execute(insert(spells).values(**values, at=self._clock()))

    def minutes_spent(self, item_id: str) -> float:
        """Return the minutes that people worked on an item."""
        chosen = select(func.sum(spells.c.seconds)).where(spells.c.item_id == item_id_as_typed(item_id))
        with self._reading() as connection:
            return float(connection.scalar(chosen) or 0.0) / 60
