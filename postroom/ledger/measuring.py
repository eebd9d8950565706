"""Measuring: the managers' figures, counted in the database; each with the same conditions as the list behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, func, select, tuple_

from postroom.behind import PROCESS_ITSELF, Behind
from postroom.ledger import desk_schema, schema
from postroom.ledger.measuring_conditions import GROUPS, ITEMS, clock_of, conditions, in_scope, newest_record
from postroom.ledger.sampling import Sampling
from postroom.period import LONDON, day_of
from postroom.staff import Scope

_HOUR = func.substr(ITEMS.c.received_at, 12, 2, type_=String())
_UTC_DAY = func.substr(ITEMS.c.received_at, 1, 10, type_=String())
# The last hour of UTC belongs to the next day in summer; all others belong to their day all year round.
_LAST_HOUR = case((_HOUR == "23", 1), else_=0)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Items that are alike in all that reports tell apart, and were received on the same day."""

    day: date
    """In London."""
    process: str
    outcome: str
    state: str
    touched: bool
    items: int
    pages: int


@dataclass(frozen=True, slots=True)
class Closed:
    """When one item was received and when nothing more was to do."""

    process: str
    received_at: datetime
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class ItemBehind:
    """An item in the list behind a figure: nothing of its post."""

    id: str
    process: str
    outcome: str
    state: str
    touched: bool
    protected: bool
    received_at: datetime
    closed_at: datetime | None
    due: str


class Measuring(Sampling):
    """The managers' figures."""

    def items_behind(self, scope: Scope, behind: Behind, limit: int = 100, after: str = "") -> list[ItemBehind]:
        """Return the items behind a figure, oldest first.

        Args:
            scope: Of the person who asks.
            behind: The figure.
            limit: How many.
            after: The id of the last one of the page before.
        """
        names = ("id", "process", "outcome", "state", "touched", "protected", "received_at", "closed_at", "due")
        chosen = _chosen(scope, behind, *(ITEMS.c[name] for name in names))
        if after:
            last = select(ITEMS.c.received_at, ITEMS.c.id).where(ITEMS.c.id == after).scalar_subquery()
            chosen = chosen.where(tuple_(ITEMS.c.received_at, ITEMS.c.id) > last)
        ordered = chosen.order_by(ITEMS.c.received_at, ITEMS.c.id).limit(limit)
        with self._reading() as connection:
            rows = connection.execute(ordered).all()
        return [ItemBehind(**{**row._asdict(), "protected": bool(row.protected)}) for row in rows]

    def count_behind(self, scope: Scope, behind: Behind) -> int:
        """Return how many items stand behind a figure."""
        with self._reading() as connection:
            return connection.scalar(_chosen(scope, behind, func.count())) or 0

    def buckets(self, scope: Scope, behind: Behind) -> list[Bucket]:
        """Count items by day of receipt, process, outcome, state, and whether a person touched them."""
        columns = (_UTC_DAY, _LAST_HOUR, ITEMS.c.process, ITEMS.c.outcome, ITEMS.c.state, ITEMS.c.touched)
        counts = (func.count(), func.coalesce(func.sum(ITEMS.c.pages), 0))
        found: dict[tuple[date, str, str, str, bool], tuple[int, int]] = {}
        for day, last_hour, *alike, items, pages in self._grouped(scope, behind, columns, counts):
            key = (_day(day, last_hour), *alike)
            before = found.get(key, (0, 0))
            found[key] = (before[0] + items, before[1] + int(pages))
        return [Bucket(*key, *both) for key, both in found.items()]

    def hours_behind(self, scope: Scope, behind: Behind) -> Mapping[int, int]:
        """Count items by the hour of the day in London at which they were received."""
        counts: Counter[int] = Counter()
        for day, hour, items in self._grouped(scope, behind, (_UTC_DAY, _HOUR)):
            moment = datetime.fromisoformat(f"{day}T{hour}:00").replace(tzinfo=UTC)
            counts[moment.astimezone(LONDON).hour] += items
        return counts

    def kinds_behind(self, scope: Scope, behind: Behind) -> Mapping[str, int]:
        """Count items by the kinds of reasons for which they went to a person; one item can count for several."""
        counts: Counter[str] = Counter()
        for kinds, items in self._grouped(scope, behind, (ITEMS.c.kinds,)):
            counts.update(dict.fromkeys((kind for kind in kinds.split(",") if kind), items))
        return counts

    def targets_behind(self, scope: Scope, behind: Behind) -> Mapping[tuple[str, str], int]:
        """Count items by target and by how their newest delivery to it stands, a key of `GROUPS`."""
        table = schema.deliveries
        groups = {state: group for group, states in GROUPS.items() for state in states}
        counts: Counter[tuple[str, str]] = Counter()
        chosen = _chosen(scope, behind, table.c.target, table.c.state, func.count())
        joined = chosen.join(table, table.c.item_id == ITEMS.c.id).where(newest_record())
        with self._reading() as connection:
            for target, state, items in connection.execute(joined.group_by(table.c.target, table.c.state)):
                counts[target, groups[state]] += items
        return counts

    def clocks_behind(self, scope: Scope, behind: Behind) -> Mapping[tuple[str, str, str], int]:
        """Count items that have a day by which an answer is due: by process, clock (met, late, open) and that day."""
        columns = (ITEMS.c.process, clock_of().label("clock"), ITEMS.c.due)
        with self._reading() as connection:
            chosen = _chosen(scope, behind, *columns).where(ITEMS.c.due != "").subquery()
            grouped = select(*chosen.c, func.count()).group_by(*chosen.c)
            return {(process, clock, due): items for process, clock, due, items in connection.execute(grouped)}

    def closings_behind(self, scope: Scope, behind: Behind) -> list[Closed]:
        """Return when each item was received and closed, of those that are closed."""
        columns = (ITEMS.c.process, ITEMS.c.received_at, ITEMS.c.closed_at)
        chosen = _chosen(scope, behind, *columns).where(ITEMS.c.closed_at.is_not(None))
        with self._reading() as connection:
            return [Closed(*row) for row in connection.execute(chosen)]

    def samples_behind(self, scope: Scope, behind: Behind) -> Mapping[tuple[str, str, bool], int]:
        """Count what was read again unseen: by process, field (empty for the whole item) and whether it was right."""
        samples, each = desk_schema.samples, desk_schema.sample_fields
        whole = (ITEMS.c.process, samples.c.right)
        parts = (ITEMS.c.process, each.c.field, each.c.right)
        of_items = _chosen(scope, behind, *whole, func.count()).join(samples, samples.c.item_id == ITEMS.c.id)
        of_fields = _chosen(scope, behind, *parts, func.count()).join(each, each.c.item_id == ITEMS.c.id)
        with self._reading() as connection:
            found = connection.execute(of_items.where(samples.c.right.is_not(None)).group_by(*whole)).all()
            counts = {(process, "", bool(right)): items for process, right, items in found}
            fields = connection.execute(of_fields.group_by(*parts))
            return counts | {(process, field, bool(right)): items for process, field, right, items in fields}

    def corrections_behind(self, scope: Scope, behind: Behind) -> Mapping[tuple[str, str], int]:
        """Count items by process and by field that a person corrected; the process itself is `*`."""
        table = schema.corrections
        columns = (ITEMS.c.process, table.c.field)
        chosen = _chosen(scope, behind, *columns, func.count(ITEMS.c.id.distinct()))
        grouped = chosen.join(table, table.c.item_id == ITEMS.c.id).where(~table.c.undone).group_by(*columns)
        with self._reading() as connection:
            rows = connection.execute(grouped)
            return {(process, field or PROCESS_ITSELF): items for process, field, items in rows}

    def minutes_behind(self, scope: Scope, behind: Behind) -> Mapping[str, float]:
        """Return the minutes that people spent on items, by process."""
        table = desk_schema.spells
        chosen = _chosen(scope, behind, ITEMS.c.process, func.sum(table.c.seconds))
        grouped = chosen.join(table, table.c.item_id == ITEMS.c.id).group_by(ITEMS.c.process)
        with self._reading() as connection:
            return {process: seconds / 60 for process, seconds in connection.execute(grouped)}

    def processes_behind(self, scope: Scope, behind: Behind) -> Mapping[str, int]:
        """Count items by process."""
        return dict(self._grouped(scope, behind, (ITEMS.c.process,)))

    def _grouped(
        self,
        scope: Scope,
        behind: Behind,
        columns: tuple[ColumnElement[Any], ...],
        counts: tuple[ColumnElement[Any], ...] = (func.count(),),
    ) -> list[Any]:
        with self._reading() as connection:
            grouped = _chosen(scope, behind, *columns, *counts).group_by(*columns)
            return list(connection.execute(grouped).tuples())


def _chosen(scope: Scope, behind: Behind, *columns: ColumnElement[Any]) -> Select[Any]:
    return select(*columns).select_from(ITEMS).where(*in_scope(scope), *conditions(behind))


@cache
def _day(utc_day: str, last_hour: int) -> date:
    hour = 23 if last_hour else 12
    return day_of(datetime.fromisoformat(f"{utc_day}T{hour}:00").replace(tzinfo=UTC))
