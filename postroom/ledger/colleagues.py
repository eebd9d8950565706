"""Colleagues: what each person did at items and how many known errors they saw, for whoever leads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import func, select

from postroom.ledger import schema
from postroom.ledger.desk_records import SeedRate
from postroom.ledger.desk_schema import seeds, spells, staff
from postroom.ledger.queues import within
from postroom.ledger.reviewing import Reviewing
from postroom.staff import Scope

_ITEMS = schema.items
_NONE = SeedRate(0, 0)


@dataclass(frozen=True, slots=True)
class Work:
    """What one person did in a time."""

    name: str
    items: int
    """Items at which their time was measured."""
    median_minutes: float | None
    """Half of those took them no longer; None where there is none."""
    seeds: SeedRate
    """Known errors that they were shown."""


class Colleagues(Reviewing):
    """What each person did."""

    def work_of_people(self, scope: Scope, since: datetime, until: datetime) -> list[Work]:
        """Return what each person did at items of a scope, by name.

        Args:
            scope: Of whoever leads them.
            since: Leave out what was done earlier.
            until: Leave out what was done at this moment or later.
        """
        times = self._times(scope, since, until)
        shown = self._seeds_shown(scope, since, until)
        found = [
            Work(name, len(times[name]), _minutes(times[name]), shown.get(name, _NONE)) for name in {*times, *shown}
        ]
        return sorted(found, key=lambda one: one.name.casefold())

    def _times(self, scope: Scope, since: datetime, until: datetime) -> defaultdict[str, list[float]]:
        """Return the seconds that each person spent on each item."""
        who = (staff.c.id, staff.c.name, spells.c.item_id)
        joined = spells.join(_ITEMS, _ITEMS.c.id == spells.c.item_id).join(staff, staff.c.id == spells.c.staff_id)
        where = (spells.c.at >= since, spells.c.at < until, *within(scope))
        chosen = select(*who, func.sum(spells.c.seconds)).select_from(joined).where(*where).group_by(*who)
        found: defaultdict[str, list[float]] = defaultdict(list)
        with self._reading() as connection:
            for _, name, _, seconds in connection.execute(chosen):
                found[name].append(seconds)
        return found

    def _seeds_shown(self, scope: Scope, since: datetime, until: datetime) -> dict[str, SeedRate]:
        who = (seeds.c.person, func.coalesce(staff.c.name, seeds.c.person), seeds.c.caught)
        joined = seeds.join(_ITEMS, _ITEMS.c.id == seeds.c.item_id)
        named = joined.outerjoin(staff, staff.c.sign_in_name == seeds.c.person)
        where = (seeds.c.caught.is_not(None), seeds.c.at >= since, seeds.c.at < until, *within(scope))
        chosen = select(*who, func.count()).select_from(named).where(*where).group_by(*who)
        found: dict[str, SeedRate] = {}
        with self._reading() as connection:
            for _, name, caught, number in connection.execute(chosen):
                had = found.get(name, _NONE)
                found[name] = SeedRate(had.caught + number * caught, had.missed + number * (not caught))
        return found


def _minutes(seconds: Iterable[float]) -> float | None:
    each = list(seconds)
    return median(each) / 60 if each else None
