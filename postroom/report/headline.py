"""The few figures that managers look for first, beside those of the earlier period."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from postroom.report.counted import Counted
from postroom.report.figures import Compared, Figures
from postroom.report.tables import Cell, Kind, cell, number, shown


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure, what it was before, and why it is missing if it is."""

    title: str
    kind: Kind
    now: Cell
    before: Cell | None
    """None without a comparison."""
    missing: str
    """What to say in place of the figure."""

    @property
    def words(self) -> str:
        """The figure as people read it."""
        return self.missing if self.now.value is None else shown(self.now.value, self.kind)

    @property
    def before_words(self) -> str:
        """The earlier figure as people read it."""
        return "" if self.before is None else shown(self.before.value, self.kind)

    @property
    def difference(self) -> float | None:
        """How much more it is now; None where one of the two is missing."""
        now, before = self.now.value, self.before.value if self.before else None
        return now - before if isinstance(now, int | float) and isinstance(before, int | float) else None

    @property
    def difference_words(self) -> str:
        """How it changed: shares in percentage points, counts also in per cent."""
        change = self.difference
        if change is None:
            return "" if self.before is None else "not to compare"
        if not round(change, 4):
            return "no change"
        sign = "+" if change > 0 else "−"
        if self.kind == "share":
            return f"{sign}{abs(change) * 100:.1f} points"
        if self.kind in {"hours", "work"}:
            return f"{sign}{shown(abs(change), self.kind)}"
        before = self.before.value if self.before else 0
        part = f" ({sign}{abs(change) / before:.0%})" if isinstance(before, int | float) and before else ""
        return f"{sign}{number(abs(change))}{part}"


def _hours(minutes: float | None) -> float | None:
    return None if minutes is None else minutes / 60


_NOTHING = "nothing delivered"
_BASELINE = "no measured baseline"
_ROWS: tuple[tuple[str, Kind, str, Callable[[Figures], Counted | int | float | None]], ...] = (
    ("Items received", "count", "", lambda one: one.ways.came_in),
    ("Delivered straight through", "count", "", lambda one: one.ways.straight_through),
    ("Delivered after a person's work", "count", "", lambda one: one.ways.by_people),
    ("Straight-through share of delivered", "share", _NOTHING, lambda one: one.ways.straight_through_share),
    ("Of the period, still with a person", "count", "", lambda one: one.ways.with_person),
    ("Half of them delivered within", "hours", _NOTHING, lambda one: one.speed.median_hours if one.speed else None),
    ("Nine of ten delivered within", "hours", _NOTHING, lambda one: one.speed.ninetieth_hours if one.speed else None),
    ("Clocks met", "share", "nothing was due", lambda one: one.clocks.met_share),
    ("Right in blind samples", "share", "no samples", lambda one: one.accuracy[0].share if one.accuracy else None),
    ("Time saved, net", "work", _BASELINE, lambda one: _hours(one.savings.net_minutes)),
    ("Working days a year", "count", "", lambda one: one.savings.days_a_year),
    ("Pages of paper not handled", "count", "", lambda one: one.ways.pages),
)


def headlines(compared: Compared) -> list[Headline]:
    """Return the headline figures; one that cannot be stated says why."""
    now, before = compared.now, compared.before
    return [
        Headline(title, kind, cell(of(now)), cell(of(before)) if before else None, missing or _days_missing(now))
        for title, kind, missing, of in _ROWS
    ]


def comparison_note(compared: Compared) -> str:
    """Return what to know before comparing; empty without a comparison."""
    if compared.before is None:
        return ""
    period = compared.before.period
    return (
        f"Compared with post received {shown(period.first, 'day')} to {shown(period.last, 'day')}. Both are counted as "
        "they stand now, so the earlier post has had longer to be finished."
    )


def _days_missing(figures: Figures) -> str:
    return "not for less than four weeks" if figures.savings.counted else _BASELINE
