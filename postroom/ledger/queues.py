"""Queues: items in the order in which they need somebody, as far as a person may know of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select

from postroom.ledger import schema
from postroom.ledger.accounting import Accounting
from postroom.ledger.codec import from_json
from postroom.ledger.creating import item_id_as_typed
from postroom.ledger.desk_records import QueueCounts, QueueItem, Wanted
from postroom.ledger.desk_schema import entries, looks, staff
from postroom.ledger.records import ItemState
from postroom.reasons import Kind, kind_of, kinds_in
from postroom.staff import Scope

_ITEMS = schema.items
_MESSAGES = schema.messages
LOOK_LASTS = timedelta(minutes=2)
"""How long after their page last spoke up a person counts as looking at an item."""
_DOUBTS = (Kind.MISSING, Kind.UNSURE, Kind.CHECK)
_COLUMNS = (
    "id", "message_id", "process", "reasons", "kinds", "protected", "due", "received_at", "created_at", "version",
)  # fmt: skip


class Queues(Accounting):
    """Items in the order in which they need somebody, as far as a person may know of them.

    Protected items come first, then those whose answer is due soonest, then the oldest.
    """

    def queue(
        self, scope: Scope, wanted: Wanted, limit: int = 50, after: str = "", *, person_id: str = ""
    ) -> list[QueueItem]:
        """Return items that wait for a person, in order.

        Args:
            scope: What the person may know of.
            wanted: What they ask for.
            limit: How many at most.
            after: Id of the last item of the page before; empty for the first page.
            person_id: Who asks: only others count as looking at an item.
        """
        return self._listed(_wanted(scope, wanted), limit, after, person_id)

    def queue_size(self, scope: Scope, wanted: Wanted) -> int:
        """Return how many items wait."""
        chosen = select(func.count()).select_from(_ITEMS).where(*_wanted(scope, wanted))
        with self._reading() as connection:
            return connection.scalar(chosen) or 0

    def queue_counts(self, scope: Scope) -> QueueCounts:
        """Return how many items wait, by process and by kind of reason."""
        columns = (_ITEMS.c.process, _ITEMS.c.kinds)
        chosen = select(*columns, func.count()).where(*_wanted(scope, Wanted())).group_by(*columns)
        by_process: Counter[str] = Counter()
        by_kind: Counter[Kind] = Counter()
        with self._reading() as connection:
            for process, kinds, number in connection.execute(chosen):
                by_process[process] += number
                by_kind.update(dict.fromkeys(kinds_in(kinds), number))
        return QueueCounts(by_process, by_kind, by_process.total())

    def next_waiting(self, scope: Scope, wanted: Wanted, after: str, person_id: str) -> str | None:
        """Return the id of the next item after one, in order, that nobody else looks at; after "" the first."""
        with self._reading() as connection:
            return self._next(connection, scope, wanted, after, person_id)

    def _next(self, connection: Connection, scope: Scope, wanted: Wanted, after: str, person_id: str) -> str | None:
        where = [*_wanted(scope, wanted), *_beyond(connection, after), ~self._looked_at(person_id)]
        return connection.scalar(select(_ITEMS.c.id).where(*where).order_by(_ITEMS.c.rank, _ITEMS.c.id).limit(1))

    def _listed(self, where: list[ColumnElement[bool]], limit: int, after: str, person_id: str) -> list[QueueItem]:
        with self._reading() as connection:
            columns = [_ITEMS.c[name] for name in _COLUMNS]
            chosen = select(*columns, _MESSAGES.c.inbox).join(_MESSAGES, _MESSAGES.c.id == _ITEMS.c.message_id)
            beyond = chosen.where(*where, *_beyond(connection, after))
            ordered = beyond.order_by(_ITEMS.c.rank, _ITEMS.c.id).limit(limit)
            rows = connection.execute(ordered).all()
            ids = [row.id for row in rows]
            looked_at, entered = self._lookers_of(connection, ids, person_id), _entered(connection, ids)
            return [_queue_item(row, looked_at.get(row.id, ""), entered.get(row.id, ())) for row in rows]

    def _looked_at(self, person_id: str) -> ColumnElement[bool]:
        where = (looks.c.item_id == _ITEMS.c.id, looks.c.staff_id != person_id, self._looks_now())
        return select(looks.c.item_id).where(*where).correlate(_ITEMS).exists()

    def _lookers_of(self, connection: Connection, ids: Sequence[str], person_id: str) -> dict[str, str]:
        where = (looks.c.item_id.in_(ids), looks.c.staff_id != person_id, self._looks_now())
        chosen = select(looks.c.item_id, staff.c.name).join(staff, staff.c.id == looks.c.staff_id).where(*where)
        return dict(connection.execute(chosen.order_by(looks.c.since.desc())).tuples().all())

    def _looks_now(self) -> ColumnElement[bool]:
        return looks.c.seen_at >= self._clock() - LOOK_LASTS


def within(scope: Scope) -> list[ColumnElement[bool]]:
    """Return the conditions that an item lies in a scope; part of every question about more than one item."""
    named = _ITEMS.c.process.not_in if scope.but else _ITEMS.c.process.in_
    where: list[ColumnElement[bool]] = [] if scope.but and not scope.processes else [named(sorted(scope.processes))]
    return where if scope.restricted else [*where, _ITEMS.c.protected == ""]


def waiting_in(scope: Scope) -> list[ColumnElement[bool]]:
    """Return the conditions that an item waits for a person and lies in a scope."""
    return [_ITEMS.c.state == ItemState.WITH_PERSON, *within(scope)]


def _wanted(scope: Scope, wanted: Wanted) -> list[ColumnElement[bool]]:
    where = waiting_in(scope)
    if wanted.process:
        where.append(_ITEMS.c.process == wanted.process)
    if wanted.processes is not None:
        where.append(_ITEMS.c.process.in_(sorted(wanted.processes)))
    if wanted.kind is not None:
        where.append(_ITEMS.c.kinds.contains(f",{wanted.kind},", autoescape=True))
    return where


def _beyond(connection: Connection, item_id: str) -> list[ColumnElement[bool]]:
    """Return the condition that an item comes after another; it holds when that one is decided by now."""
    if not item_id:
        return []
    last = item_id_as_typed(item_id)
    rank = connection.scalar(select(_ITEMS.c.rank).where(_ITEMS.c.id == last)) or ""
    return [_ITEMS.c.rank >= rank, or_(_ITEMS.c.rank > rank, _ITEMS.c.id > last)]


def _entered(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    chosen: Select[Any] = select(entries.c.item_id, entries.c.person).where(entries.c.item_id.in_(ids)).distinct()
    for item_id, person in connection.execute(chosen.order_by(entries.c.item_id, entries.c.person)):
        found[item_id] = (*found.get(item_id, ()), person)
    return found


def _queue_item(row: Row[Any], looked_at_by: str, entered_by: tuple[str, ...]) -> QueueItem:
    reasons = from_json(tuple[str, ...], row.reasons)
    return QueueItem(
        id=row.id,
        message_id=row.message_id,
        inbox=row.inbox,
        process=row.process,
        reasons=reasons,
        kinds=kinds_in(row.kinds),
        protected=row.protected,
        due=row.due,
        received_at=row.received_at,
        created_at=row.created_at,
        version=row.version,
        doubtful=sum(kind_of(reason) in _DOUBTS for reason in reasons),
        looked_at_by=looked_at_by,
        entered_by=entered_by,
    )
