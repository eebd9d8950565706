"""The report as tables: the same rows for the workbook, the page and the CSV file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from desk.report.figures import Figures

Kind = Literal["text", "count", "share", "hours", "duration", "day"]
SAVED = "Keying saved"
Cell = str | int | float | date | None
"""None where there is nothing to count or nobody measured."""


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    title: str
    kind: Kind = "count"


@dataclass(frozen=True)
class TableOf:
    """One table of the report."""

    name: str
    """Short and in one word or two, as the name of a sheet."""
    explained: str
    """What it says, in a sentence under its heading."""
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str
    """What to say when there is no row."""


def tables(figures: Figures) -> Iterator[TableOf]:
    """Return every table of the report in order."""
    yield _summary(figures)
    yield _processes(figures)
    yield _speed(figures)
    yield _fields(figures)
    yield _days(figures)
    yield _waiting(figures)
    yield _failures(figures)


def headline(figures: Figures) -> Sequence[tuple[str, Cell, Kind]]:
    """Return the few figures that managers look for first, each with its name."""
    speed = figures.speed
    return (
        ("Messages received", figures.accounts.received, "count"),
        ("Items that ask for something", figures.asking, "count"),
        ("Items delivered", figures.delivered, "count"),
        ("Share of them that no person touched", figures.straight_through_share, "share"),
        ("Items waiting for a person", sum(one.with_person for one in figures.processes), "count"),
        ("Median time from receipt to delivery", speed.median if speed else None, "duration"),
        ("Nine of ten delivered within", speed.ninetieth if speed else None, "duration"),
        (SAVED, figures.hours_saved, "duration"),
    )


def headline_value(figures: Figures, title: str, value: Cell, kind: Kind) -> str:
    """Return a headline figure as people read it, or why there is none."""
    if value is not None:
        return shown(value, kind)
    return "no measured baseline" if title == SAVED and figures.unmeasured else "nothing delivered"


def savings_note(figures: Figures) -> str:
    """Return how the hours saved were worked out, and what is left out of them."""
    text = (
        "Items delivered straight through, times the measured minutes a person needs for one; corrected items count 0."
    )
    if figures.unmeasured:
        text += f" No measured baseline, so nothing is counted, for: {', '.join(figures.unmeasured)}."
    return text


def shown(value: Cell, kind: Kind) -> str:
    """Return a figure as people read it."""
    if value is None:
        return "–"
    if kind == "share" and isinstance(value, int | float):
        return f"{value:.1%}"
    if kind == "hours" and isinstance(value, int | float):
        return f"{value:,.2f}"
    if kind == "duration" and isinstance(value, int | float):
        return duration(value)
    if isinstance(value, date):
        return f"{value:%a} {value.day} {value:%b %Y}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def duration(hours: float) -> str:
    """Return a length of time as people say it: minutes, hours or days."""
    minutes = round(hours * 60)
    if minutes < 1:
        return "under a minute" if hours else "none"
    if minutes < 120:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{hours:,.1f} hours" if hours < 72 else f"{hours / 24:,.1f} days"


def _summary(figures: Figures) -> TableOf:
    accounts = figures.accounts
    rows = (
        ("Received", accounts.received),
        ("Delivered", accounts.delivered),
        ("No action", accounts.no_action),
        ("Rejected", accounts.rejected),
        ("With a person", accounts.with_person),
        ("In flight", accounts.in_flight),
    )
    balance = "The parts add up." if accounts.balanced else "The parts do not add up: tell ICT."
    parts = " + ".join(f"{count:,} {name.lower()}" for name, count in rows[1:])
    explained = f"Where every message of the period is, each counted once: {accounts.received:,} = {parts}. {balance}"
    return TableOf("Messages", explained, (Column("State", "text"), Column("Messages")), rows, "No post was received.")


def _processes(figures: Figures) -> TableOf:
    columns = (
        Column("Process", "text"), Column("Items"), Column("Delivered"), Column("Straight through"),
        Column("Straight-through share", "share"), Column("With a person"), Column("In flight"), Column("Rejected"),
        Column("No action"),
    )  # fmt: skip
    rows = tuple(
        (
            one.title, one.items, one.delivered, one.straight_through, one.straight_through_share, one.with_person,
            one.in_flight, one.rejected, one.no_action,
        )
        for one in figures.processes
    )  # fmt: skip
    explained = "Work items found in the messages. Straight through means delivered without a person touching them."
    return TableOf("Processes", explained, columns, rows, "No work item was found in the period.")


def _speed(figures: Figures) -> TableOf:
    columns = (
        Column("Process", "text"), Column("Delivered"), Column("Median", "duration"),
        Column("Nine of ten within", "duration"), Column("Straight through"),
        Column("Measured minutes each", "hours"), Column("Keying saved", "duration"),
    )  # fmt: skip
    rows = tuple(
        (
            one.title, one.delivered, one.speed.median, one.speed.ninetieth, one.straight_through, one.minutes_each,
            one.hours_saved,
        )
        for one in figures.processes
        if one.speed
    )  # fmt: skip
    explained = "How long items took from receipt to delivery, and the keying that they saved."
    return TableOf("Speed", explained, columns, rows, "Nothing was delivered in the period.")


def _fields(figures: Figures) -> TableOf:
    columns = (
        Column("Process", "text"), Column("Field", "text"), Column("Delivered items"), Column("Corrected by a person"),
        Column("Not corrected", "share"),
    )  # fmt: skip
    titles = {one.process: one.title for one in figures.processes}
    rows = tuple(
        (titles.get(one.process, one.process), one.title, one.items, one.corrected, one.right_share)
        for one in sorted(figures.fields, key=lambda field: field.right_share)
    )
    explained = "How often people changed a field before it was delivered, the most often changed first."
    return TableOf("Fields", explained, columns, rows, "Nothing was delivered in the period.")


def _days(figures: Figures) -> TableOf:
    columns = (Column("Day received", "day"), Column("Items"), Column("Delivered by now"))
    rows = tuple((one.day, one.received, one.delivered) for one in figures.days)
    return TableOf("Days", "Work items by the day they were received.", columns, rows, "No work item was found.")


def _waiting(figures: Figures) -> TableOf:
    rows = tuple((one.label, one.items) for one in figures.ages if one.items)
    columns = (Column("Waiting for", "text"), Column("Items"))
    explained = "How long items of the period have waited for a person, from receipt until the report was made."
    return TableOf("Waiting", explained, columns, rows, "Nothing waits for a person.")


def _failures(figures: Figures) -> TableOf:
    columns = (Column("Target", "text"), Column("State", "text"), Column("Deliveries"))
    rows = tuple((one.target, str(one.state), one.deliveries) for one in figures.failures)
    explained = "Deliveries that have not gone through, as they stand now, whenever their post was received."
    return TableOf("Failed", explained, columns, rows, "Every delivery went through.")
