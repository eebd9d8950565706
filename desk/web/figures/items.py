"""The items behind a figure, in words and as a list without a word of their post."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from desk.web.phrasing import day
from postroom.behind import Behind
from postroom.reasons import TITLES, Kind
from postroom.report.gathering_checks import field_title
from postroom.report.tables_flow import GROUP_TITLES
from postroom.staff import May

if TYPE_CHECKING:
    from datetime import datetime

    from desk.web.office import Office
    from postroom.ledger.measuring import ItemBehind
    from postroom.staff import Person, Scope

PAGE: Final = 50
_MOST_HIDDEN: Final = 1000
_STATES: Final[Mapping[str, str]] = {
    "delivered": "delivered",
    "with-person": "waiting for a person",
    "in-flight": "in flight",
    "no-action": "closed without action",
    "rejected": "rejected",
    "open": "not closed yet",
    "unkeyed": "closed without keying",
}
_CLOCKS: Final = {"met": "closed in time", "late": "closed late", "open": "not closed yet"}
_SAMPLES: Final = {"right": "found right when read again", "wrong": "found wrong when read again"}
_SEEDS: Final = {"caught": "known error caught", "missed": "known error missed"}
_EITHER: Final[Mapping[str, tuple[str, str]]] = {
    "touched": ("a person worked on them", "no person touched them"),
    "timed": ("time measured", "time not measured"),
    "rework": ("put right after delivery", "not put right after delivery"),
}


@dataclass(frozen=True, slots=True)
class ItemView:
    """One line of the list."""

    id: str
    """Empty where the person may not know which item it is."""
    href: str
    title: str
    state: str
    touched: bool
    received_at: datetime
    closed_at: datetime | None
    due: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the list."""

    items: list[ItemView]
    after: str
    """Id of the last item if there are more; a page never ends with an item whose id is hidden."""
    hidden: int
    """Protected items on this page that the person is not named for."""


def listed(office: Office, person: Person, scope: Scope, behind: Behind, after: str) -> Listed:
    """Return a page of the items behind a figure, oldest first.

    Args:
        office: Where they are.
        person: Who asks: only their own scope opens an item.
        scope: What was counted.
        behind: The figure.
        after: Id of the last item of the page before.
    """
    found = office.ledger.items_behind(scope, behind, PAGE + 1, after)
    more = len(found) > PAGE
    rows = found[:PAGE]
    if more and _is_hidden(rows[-1], person):
        found = office.ledger.items_behind(scope, behind, _MOST_HIDDEN, after)
        end = next((place for place in range(PAGE, len(found)) if not _is_hidden(found[place], person)), None)
        rows, more = (found, False) if end is None else (found[: end + 1], end + 1 < len(found))
    return Listed(
        [_view(office, person, one) for one in rows],
        rows[-1].id if more else "",
        sum(_is_hidden(one, person) for one in rows),
    )


def words_of(behind: Behind, office: Office) -> Iterator[str]:
    """Return what a choice of items is, in a few phrases."""
    if behind.process:
        yield office.process_title(behind.process)
    if behind.outcome:
        yield f"outcome {behind.outcome.replace('-', ' ')}"
    if behind.state:
        yield _STATES.get(behind.state, behind.state)
    for name, (yes, no) in _EITHER.items():
        if getattr(behind, name) is not None:
            yield yes if getattr(behind, name) else no
    if behind.kind:
        yield f"reason: {TITLES[Kind(behind.kind)] if behind.kind in set(Kind) else behind.kind}"
    yield from _delivery_words(behind)
    yield from _check_words(behind, office)
    yield from _time_words(behind)


def _delivery_words(behind: Behind) -> Iterator[str]:
    if behind.target:
        yield f"for {behind.target}"
    if behind.delivery:
        title = GROUP_TITLES.get(behind.delivery, behind.delivery)
        yield f"delivery: {title[0].lower()}{title[1:]}"


def _check_words(behind: Behind, office: Office) -> Iterator[str]:
    field = field_title(office.process(behind.process), behind.field) if behind.field else ""
    if behind.sample:
        yield f"{field} {_SAMPLES.get(behind.sample, 'to be read again')}".strip()
    elif field:
        yield f"{field} corrected by a person"
    if behind.seed:
        yield _SEEDS.get(behind.seed, "known error shown")


def _time_words(behind: Behind) -> Iterator[str]:
    if behind.clock:
        yield _CLOCKS.get(behind.clock, behind.clock)
    yield from _between("due", behind.due_first, behind.due_last)
    yield from _between("received", behind.first, behind.last)
    if behind.hour is not None:
        yield f"between {behind.hour:02}:00 and {behind.hour + 1:02}:00"


def _between(what: str, first: object, last: object) -> Iterator[str]:
    from datetime import date

    if isinstance(first, date) and isinstance(last, date):
        yield f"{what} on {day(first)}" if first == last else f"{what} {day(first)} to {day(last)}"
    elif isinstance(first, date):
        yield f"{what} on {day(first)} or later"
    elif isinstance(last, date):
        yield f"{what} on {day(last)} or earlier"


def _is_hidden(one: ItemBehind, person: Person) -> bool:
    return one.protected and not person.restricted


def _view(office: Office, person: Person, one: ItemBehind) -> ItemView:
    hidden = _is_hidden(one, person)
    opens = person.may(May.SEE_ITEMS) and office.scope(person).holds(one.process, "yes" if one.protected else "")
    return ItemView(
        "" if hidden else one.id,
        f"/items/{one.id}" if opens and not hidden else "",
        office.process_title(one.process),
        one.state,
        one.touched,
        one.received_at,
        one.closed_at,
        one.due,
    )
