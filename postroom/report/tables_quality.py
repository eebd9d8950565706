"""Tables of how right the work was and what it saved."""

from __future__ import annotations

from collections.abc import Iterator

from postroom.report.counted import Accuracy
from postroom.report.figures import Figures
from postroom.report.tables import Cell, Column, TableOf, counts, row
from postroom.savings import DAYS_A_YEAR, LEAST_DAYS, Saving, Savings, Standing, valid_until
from postroom.working_time import HOURS_A_DAY


def tables(figures: Figures) -> Iterator[TableOf]:
    """Return these tables in order."""
    yield _accuracy(figures)
    yield _corrected(figures)
    yield _seeds(figures)
    yield _savings(figures)


def _accuracy(figures: Figures) -> TableOf:
    columns = (
        Column("Process", "text"), Column("Field", "text"), *counts("Read again", "Right", "Wrong"),
        Column("Share right", "share"), Column("At least", "share"), Column("At most", "share"),
    )  # fmt: skip
    rows = tuple(_sampled(one) for one in (*figures.accuracy[1:], *figures.field_accuracy))
    total = _sampled(figures.accuracy[0]) if figures.accuracy else ()
    explained = (
        "Straight-through items that a person read again without seeing the values. The true share lies between “at "
        "least” and “at most” 19 times in 20 (95% interval, Wilson)."
    )
    empty = "No item of the period was read again, so nothing can be said of how right straight-through items are."
    return TableOf("Accuracy", "How right, by blind samples", explained, columns, rows, empty, total)


def _sampled(one: Accuracy) -> tuple[Cell, ...]:
    interval = one.interval
    reach = (interval.low, interval.high) if interval else (None, None)
    return row(one.title, one.field_title or "Whole item", one.sampled, one.right, one.wrong, one.share, *reach)


def _corrected(figures: Figures) -> TableOf:
    columns = (
        Column("Process", "text"), Column("Field", "text"), *counts("Delivered items", "Corrected by a person"),
        Column("Not corrected", "share"),
    )  # fmt: skip
    ordered = sorted(figures.corrected, key=lambda one: one.right_share)
    rows = tuple(row(one.title, one.field_title, one.delivered, one.corrected, one.right_share) for one in ordered)
    explained = "How often people changed a field before it was delivered, the most often changed first."
    return TableOf("Corrections", "What people put right", explained, columns, rows, "Nothing was delivered.")


def _seeds(figures: Figures) -> TableOf:
    seeds = figures.seeds
    rows = (row("All", seeds.caught, seeds.missed, seeds.share),) if seeds.share is not None else ()
    columns = (Column("Reviewers", "text"), *counts("Caught", "Missed"), Column("Share caught", "share"))
    explained = (
        "Known errors shown to reviewers to see whether people look. The right value was keyed in any case; both "
        "counts are of items of the period that are decided."
    )
    return TableOf("KnownErrors", "Known errors", explained, columns, rows, "No known error was shown and decided.")


def _savings(figures: Figures) -> TableOf:
    columns = (
        Column("Process", "text"), Column("By hand, each", "minutes"), Column("Baseline", "text"),
        *counts("Straight through", "Reviewed, timed", "Reviewed, not timed"), Column("Keying not done", "work"),
        Column("Review", "work"), Column("Rework", "work"), Column("Saved, net", "work"), Column("At least", "work"),
    )  # fmt: skip
    rows = tuple(_saving(one) for one in figures.savings.each)
    nothing = "Nothing was delivered, so nothing was saved."
    return TableOf("Saved", "What it saved", savings_note(figures), columns, rows, nothing, _saved(figures.savings))


def _saved(savings: Savings) -> tuple[Cell, ...]:
    def total(name: str) -> float:
        return float(sum(getattr(one, name) for one in savings.counted))

    counted = [int(total(name)) for name in ("straight_through", "reviewed", "unmeasured")]
    worked_out = [total(name) for name in ("keying_minutes", "review_minutes", "rework_minutes")]
    note = "Only what counts" + ("" if savings.upkeep_minutes is None else ", net of upkeep")
    return row("All", None, note, *counted, *map(_hours, (*worked_out, savings.net_minutes, savings.least_minutes)))


def _saving(one: Saving) -> tuple[Cell, ...]:
    minutes = (one.keying_minutes, one.review_minutes, one.rework_minutes, one.net_minutes, one.least_minutes)
    stated = minutes if one.counts else (None, one.review_minutes, None, None, None)
    return row(
        one.title, one.minutes_each or None, baseline_words(one), one.straight_through, one.reviewed, one.unmeasured,
        *map(_hours, stated),
    )  # fmt: skip


def _hours(minutes: float | None) -> float | None:
    return None if minutes is None else minutes / 60


def baseline_words(one: Saving) -> str:
    """Return where a baseline comes from, or why nothing is counted."""
    base = one.baseline
    if base is None:
        return "Nobody measured how long it takes by hand, so nothing is counted."
    source = f"measured on {base.items} item{'' if base.items == 1 else 's'} by {base.by} on {_day(base.measured_on)}"
    if one.standing is Standing.STALE:
        return f"Stale since {_day(valid_until(base))}, so nothing is counted; {source}. Measure again."
    return f"{source[0].upper()}{source[1:]}."


def savings_note(figures: Figures) -> str:
    """Return how the saving was worked out, and what is left out of it."""
    savings = figures.savings
    said = [
        "Keying by hand that was not done, less the review time that was measured and less putting wrong items right. "
        "An item that a person reviewed for an unknown time counts as nothing saved.",
        _upkeep(savings, figures.part.whole),
        "“At least” takes items that nobody read again to be wrong as often as the blind samples allow at worst.",
    ]
    for standing, words in ((Standing.MISSING, "Without a baseline"), (Standing.STALE, "With a stale baseline")):
        titles = [one.title for one in savings.each if one.standing is standing]
        if titles:
            said.append(f"{words}, so not counted: {', '.join(titles)}.")
    if savings.days_a_year is not None:
        said.append(
            f"Days a year: working days of {HOURS_A_DAY} hours, were all {DAYS_A_YEAR:.0f} days of a year like the "
            f"{savings.days} days of this period."
        )
    elif savings.counted:
        said.append(f"Days a year are not stated for less than {LEAST_DAYS} days.")
    return " ".join(one for one in said if one)


def _upkeep(savings: Savings, whole: bool) -> str:
    if savings.upkeep_minutes is not None:
        hours = savings.upkeep_minutes / 60
        return f"The total is also net of {hours:,.1f} hours of upkeep, the part of the measured hours a month."
    if whole:
        return "Upkeep of the post room is not subtracted, because nobody measured it."
    return "Upkeep is that of the whole post room, so it is not subtracted here."


def _day(day: object) -> str:
    return f"{day:%d %B %Y}".lstrip("0")
