"""Tables of how much came in, what became of it, how fast, what waits and what failed."""

from __future__ import annotations

from collections.abc import Iterator

from postroom.report.counted import Counted
from postroom.report.figures import Clocks, Figures, Speed, Ways
from postroom.report.tables import Cell, Column, TableOf, counts, row
from postroom.working_time import CLOSES, OPENS

GROUP_TITLES = {
    "done": "Delivered",
    "under-way": "Under way",
    "tried-again": "Failed, tried again",
    "uncertain": "Outcome not known yet",
    "with-person": "A person must look",
    "refused": "Refused",
    "cancelled": "Cancelled",
}
"""How deliveries stand, in words."""
_WAYS = counts(
    "Came in", "Straight through", "Done by people", "With a person", "In flight", "No action", "Rejected"
)  # fmt: skip


def tables(figures: Figures) -> Iterator[TableOf]:
    """Return these tables in order."""
    if figures.accounts:
        yield _messages(figures)
    yield _processes(figures)
    yield _days(figures)
    yield _hours(figures)
    yield _speed(figures)
    yield _due(figures)
    yield _waiting(figures)
    yield _reasons(figures)
    yield _targets(figures)
    yield _failures(figures)


def _messages(figures: Figures) -> TableOf:
    accounts = figures.accounts
    assert accounts is not None  # noqa: S101
    rows = (
        ("Delivered", accounts.delivered),
        ("No action", accounts.no_action),
        ("Rejected", accounts.rejected),
        ("With a person", accounts.with_person),
        ("In flight", accounts.in_flight),
    )
    balance = "The parts add up." if accounts.balanced else "The parts do not add up: tell ICT."
    parts = " + ".join(f"{count:,} {name.lower()}" for name, count in rows)
    explained = f"Where every message of the period is, each counted once: {accounts.received:,} = {parts}. {balance}"
    made = (row("Received", accounts.received), *(row(*one) for one in rows))
    columns = (Column("State", "text"), Column("Messages"))
    return TableOf("Messages", "Every message accounted for", explained, columns, made, "No post was received.")


def _of(ways: Ways) -> tuple[Counted, ...]:
    return (
        ways.came_in, ways.straight_through, ways.by_people, ways.with_person, ways.in_flight, ways.no_action,
        ways.rejected,
    )  # fmt: skip


def _processes(figures: Figures) -> TableOf:
    columns = (Column("Process", "text"), *_WAYS, Column("Straight-through share", "share"), Column("Pages of paper"))
    rows = [
        row(one.title, *_of(one.ways), one.ways.straight_through_share, one.ways.pages) for one in figures.processes
    ]
    total = row("All", *_of(figures.ways), figures.ways.straight_through_share, figures.ways.pages)
    explained = (
        "Items found in the messages received, and what became of them by now. Straight through means delivered "
        "without a person touching them; the share is of delivered items. Pages are those of delivered items."
    )
    empty = "No item was received in the period. Choose other days, or another process."
    return TableOf("Processes", "What came in, by process", explained, columns, tuple(rows), empty, total)


def _days(figures: Figures) -> TableOf:
    rows = tuple(row(one.day, *_of(one.ways)) for one in figures.days)
    explained = "Items by the day in London on which they were received, and what became of them by now."
    columns = (Column("Day received", "day"), *_WAYS)
    return TableOf("Days", "What came in, by day", explained, columns, rows, "The period has not begun.")


def _hours(figures: Figures) -> TableOf:
    some = figures.ways.came_in.items
    rows = tuple(row(f"{one.hour:02}:00", one.came_in) for one in figures.hours if some)
    columns = (Column("Hour received", "text"), Column("Came in"))
    explained = "Items by the hour of the day in London at which they were received."
    return TableOf("Hours", "What came in, by hour of the day", explained, columns, rows, "No item was received.")


def _speed(figures: Figures) -> TableOf:
    columns = (
        Column("Process", "text"), Column("Delivered"), Column("Half of them within", "hours"),
        Column("Nine of ten within", "hours"), Column("Half, working hours", "hours"),
        Column("Nine of ten, working hours", "hours"),
    )  # fmt: skip
    rows = tuple(_pace(one.title, one.speed) for one in figures.processes if one.speed)
    total = _pace("All", figures.speed) if figures.speed else ()
    explained = (
        "How long delivered items took from receipt to the last delivery. Working hours are those between "
        f"{OPENS:02}:00 and {CLOSES}:00 on working days."
    )
    return TableOf("Speed", "How fast", explained, columns, rows, "Nothing was delivered in the period.", total)


def _pace(title: str, one: Speed) -> tuple[Cell, ...]:
    return row(title, one.items, one.median_hours, one.ninetieth_hours, one.median_working, one.ninetieth_working)


def _due(figures: Figures) -> TableOf:
    columns = (
        Column("Process", "text"), *counts("Met", "Late", "Overdue now", "At risk", "On time so far"),
        Column("Met of those known", "share"),
    )  # fmt: skip
    rows = tuple(_clock(one.title, one.clocks) for one in figures.processes if one.clocks)
    explained = (
        "Items with a day by which a law or standard wants an answer. Day 1 is the first working day after the day of "
        "receipt, at whatever hour the post came (Freedom of Information Act 2000, s.10). At risk: due within two "
        f"working days. Bank holidays are known up to {figures.holidays_until.year}."
    )
    empty = "No item of the period has a day by which an answer is due."
    return TableOf("Due", "Clocks", explained, columns, rows, empty, _clock("All", figures.clocks))


def _clock(title: str, clocks: Clocks) -> tuple[Cell, ...]:
    return row(title, clocks.met, clocks.late, clocks.overdue, clocks.at_risk, clocks.on_time, clocks.met_share)


def _waiting(figures: Figures) -> TableOf:
    labels = [band.label.capitalize() for one in figures.waiting[:1] for band in one.bands]
    made = [row(one.title, one.all, *(band.items for band in one.bands)) for one in figures.waiting]
    explained = (
        "Items that wait for a person now, whenever they were received, by the working days since the day of receipt."
    )
    columns = (Column("Process", "text"), Column("Waiting"), *counts(*labels))
    return TableOf(
        "Waiting",
        "What waits, and how long",
        explained,
        columns,
        tuple(made[1:]),
        "Nothing waits for a person.",
        made[0] if made else (),
    )


def _reasons(figures: Figures) -> TableOf:
    columns = (Column("Reason", "text"), *counts("Of this period", "Waiting now"))
    rows = tuple(row(one.title, one.came_in, one.waiting) for one in figures.reasons)
    explained = (
        "Why items went to a person. One item can have several reasons, so these do not add up to the items. "
        "Those waiting now may have come before the period."
    )
    return TableOf("Reasons", "Why people were needed", explained, columns, rows, "No item went to a person.")


def _targets(figures: Figures) -> TableOf:
    columns = (Column("Target", "text"), *counts(*GROUP_TITLES.values()))
    rows = tuple(row(one.target, *(one.standing[group] for group in GROUP_TITLES)) for one in figures.targets)
    explained = "Items of the period by system, as their newest delivery to it stands now."
    return TableOf("Targets", "By target", explained, columns, rows, "Nothing was sent to any system in the period.")


def _failures(figures: Figures) -> TableOf:
    columns = (Column("Target", "text"), Column("What happened", "text"), Column("Items"))
    rows = tuple(row(one.target, GROUP_TITLES[one.group], one.items) for one in figures.failures)
    explained = "Open items whose delivery does not go through now, whenever they were received."
    return TableOf("Failed", "What failed, and where", explained, columns, rows, "No delivery is held up.")
