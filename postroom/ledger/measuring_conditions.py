"""What stands behind a figure as conditions on the items table, so that counting and listing cannot differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Final

from sqlalchemy import ColumnElement, String, and_, case, exists, func, literal, not_, or_, select, type_coerce

from postroom.behind import PROCESS_ITSELF, Behind
from postroom.delivery import State
from postroom.ledger import desk_schema, schema
from postroom.ledger.records import FINAL, OPEN, ItemState
from postroom.period import same_hour, start_of, summers
from postroom.staff import Scope

Condition = ColumnElement[bool]
ITEMS: Final = schema.items
GROUPS: Final[Mapping[str, tuple[State, ...]]] = {
    "done": (State.DONE,),
    "under-way": (State.READY, State.CLAIMED, State.SENDING, State.ACKED),
    "tried-again": (State.WAIT,),
    "uncertain": (State.UNCERTAIN,),
    "with-person": (State.HUMAN,),
    "refused": (State.REJECTED,),
    "cancelled": (State.CANCELLED,),
}
"""How deliveries stand, in few enough words for a report."""
_UNKEYED: Final = (ItemState.REJECTED, ItemState.NO_ACTION)
_FIRST_YEAR: Final = 2020
_YEARS: Final = 40
_LATER = schema.deliveries.alias("later")
_EARLIER = schema.deliveries.alias("earlier")


def in_scope(scope: Scope) -> list[Condition]:
    """Return the conditions that an item lies in a scope."""
    column = ITEMS.c.process
    where: list[Condition] = []
    if scope.processes or not scope.but:
        where.append(column.not_in(scope.processes) if scope.but else column.in_(scope.processes))
    if not scope.restricted:
        where.append(ITEMS.c.protected == "")
    return where


def conditions(behind: Behind) -> list[Condition]:
    """Return the conditions that an item stands behind a figure."""
    return [
        *_received(behind),
        *(ITEMS.c[name] == value for name in ("process", "outcome") if (value := getattr(behind, name))),
        *([_in_state(behind.state)] if behind.state else []),
        *([ITEMS.c.touched.is_(behind.touched)] if behind.touched is not None else []),
        *([of_kind(behind.kind)] if behind.kind else []),
        *_delivered(behind),
        *_due(behind),
        *_checked(behind),
        *_worked_on(behind),
    ]


def of_kind(kind: str) -> Condition:
    """Return the condition that an item went to a person for a reason of a kind."""
    return ITEMS.c.kinds.like(f"%,{kind},%")


def newest_record() -> Condition:
    """Return the condition that a row of the deliveries is the newest of its item and target, and no notice."""
    table = schema.deliveries
    same = (_LATER.c.item_id == table.c.item_id, _LATER.c.target == table.c.target, not_(_LATER.c.notice))
    newest = select(func.max(_LATER.c.generation)).where(*same).correlate(table).scalar_subquery()
    return and_(not_(table.c.notice), table.c.generation == newest)


def clock_of() -> ColumnElement[str]:
    """Return how an item stands to the day by which its answer is due: met, late, open, or empty without one."""
    closed = ITEMS.c.closed_at
    # Moments are text in UTC: a day in London ends at 23:00 UTC in summer and at 24:00 in winter.
    end = ITEMS.c.due.concat(case((_is_summer(), literal("T23")), else_=literal("T24")))
    return case(
        (ITEMS.c.due == "", literal("")),
        (or_(closed.is_(None), ITEMS.c.state.not_in(FINAL)), literal("open")),
        (_as_text(closed) < end, literal("met")),
        else_=literal("late"),
    )


def is_rework() -> Condition:
    """Return the condition that an item was delivered wrong: its sample was, or it was delivered to a target again."""
    table, samples = schema.deliveries, desk_schema.samples
    same = and_(_EARLIER.c.item_id == table.c.item_id, _EARLIER.c.target == table.c.target)
    before = exists().where(
        same, _EARLIER.c.generation < table.c.generation, ~_EARLIER.c.notice, ~_EARLIER.c.letter,
        _EARLIER.c.state == State.DONE,
    )  # fmt: skip
    again = exists().where(
        table.c.item_id == ITEMS.c.id, table.c.generation > 1, ~table.c.notice, ~table.c.letter, before
    )
    wrong = exists().where(samples.c.item_id == ITEMS.c.id, samples.c.right.is_(False))
    return or_(again, wrong)


def _in_state(state: str) -> Condition:
    if state == "open":
        return ITEMS.c.state.in_(OPEN)
    return ITEMS.c.state.in_(_UNKEYED) if state == "unkeyed" else ITEMS.c.state == state


def _received(behind: Behind) -> Iterator[Condition]:
    received = ITEMS.c.received_at
    if behind.first:
        yield received >= start_of(behind.first)
    if behind.last:
        yield received < start_of(date.fromordinal(behind.last.toordinal() + 1))
    if behind.hour is not None and behind.first and behind.last:
        yield or_(
            *(
                and_(received >= since, received < until, _hour(received) == f"{hour:02}")
                for since, until, hour in same_hour(behind.first, behind.last, behind.hour)
            )
        )


def _delivered(behind: Behind) -> Iterator[Condition]:
    table = schema.deliveries
    if behind.target or behind.delivery:
        where = [table.c.item_id == ITEMS.c.id, newest_record()]
        if behind.target:
            where.append(table.c.target == behind.target)
        if behind.delivery:
            where.append(table.c.state.in_(GROUPS.get(behind.delivery, ())))
        yield exists().where(*where)


def _due(behind: Behind) -> Iterator[Condition]:
    if behind.clock:
        yield clock_of() == behind.clock
    if behind.due_first:
        yield ITEMS.c.due >= behind.due_first.isoformat()
    if behind.due_last:
        yield and_(ITEMS.c.due <= behind.due_last.isoformat(), ITEMS.c.due != "")


def _checked(behind: Behind) -> Iterator[Condition]:
    samples, seeds = desk_schema.samples, desk_schema.seeds
    if behind.sample and behind.field:
        table = desk_schema.sample_fields
        right = table.c.right.is_(behind.sample == "right")
        yield exists().where(table.c.item_id == ITEMS.c.id, table.c.field == behind.field, right)
    elif behind.sample:
        yield exists().where(samples.c.item_id == ITEMS.c.id, _answered(samples.c.right, behind.sample, "right"))
    elif behind.field:
        name = "" if behind.field == PROCESS_ITSELF else behind.field
        made = schema.corrections
        yield exists().where(made.c.item_id == ITEMS.c.id, made.c.field == name, ~made.c.undone)
    if behind.seed:
        yield exists().where(seeds.c.item_id == ITEMS.c.id, _answered(seeds.c.caught, behind.seed, "caught"))


def _answered(column: ColumnElement[bool | None], said: str, good: str) -> Condition:
    return column.is_(None) if said == "open" else column.is_(said == good)


def _worked_on(behind: Behind) -> Iterator[Condition]:
    if behind.timed is not None:
        timed = exists().where(desk_schema.spells.c.item_id == ITEMS.c.id)
        yield timed if behind.timed else not_(timed)
    if behind.rework is not None:
        yield is_rework() if behind.rework else not_(is_rework())


def _hour(column: ColumnElement[datetime | None]) -> ColumnElement[str]:
    return func.substr(column, 12, 2, type_=String())


def _as_text(column: ColumnElement[datetime | None]) -> ColumnElement[str]:
    return type_coerce(column, String())


def _is_summer() -> Condition:
    ranges = summers(_FIRST_YEAR, _FIRST_YEAR + _YEARS)
    return or_(*(ITEMS.c.due.between(first.isoformat(), last.isoformat()) for first, last in ranges))
