"""Savings: the minutes of keying that no person did, against a measured baseline and net of everything it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from postroom.process import Baseline
from postroom.working_time import HOURS_A_DAY

DAYS_A_YEAR: Final = 365.25
LEAST_DAYS: Final = 28
"""A shorter period says too little about a year."""


class Standing(StrEnum):
    """Whether a saving can be stated against a baseline."""

    FRESH = "measured"
    STALE = "stale"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Saving:
    """What one process saved."""

    process: str
    title: str
    baseline: Baseline | None
    standing: Standing
    straight_through: int
    """Items delivered that no person touched: each saves the whole baseline."""
    reviewed: int
    """Items delivered after a person worked on them, for a time that was measured: each saves the baseline."""
    unmeasured: int
    """Items delivered after a person worked on them for an unknown time: they save nothing."""
    review_minutes: float
    """Measured minutes that people spent on items of the process, delivered or not."""
    rework: int
    """Items delivered wrong: each costs the baseline again, for putting it right."""
    samples: int
    wrong_at_most: float | None
    """Share of straight-through items that may be wrong, the upper end of the interval; None without a sample."""

    @property
    def counts(self) -> bool:
        """Whether a saving may be stated."""
        return self.standing is Standing.FRESH

    @property
    def keying_minutes(self) -> float:
        """What keying the same items by hand would have taken."""
        return (self.straight_through + self.reviewed) * self.minutes_each

    @property
    def rework_minutes(self) -> float:
        """What putting wrong items right costs."""
        return self.rework * self.minutes_each

    @property
    def net_minutes(self) -> float | None:
        """Net of review and rework, before upkeep; None without a baseline that is measured and fresh."""
        return self.keying_minutes - self.review_minutes - self.rework_minutes if self.counts else None

    @property
    def least_minutes(self) -> float | None:
        """Net, were straight-through items that nobody read again as often wrong as the samples at worst allow."""
        if self.net_minutes is None or self.wrong_at_most is None:
            return None
        unread = max(0, self.straight_through - self.samples)
        return self.net_minutes - unread * self.wrong_at_most * self.minutes_each

    @property
    def minutes_each(self) -> float:
        """The baseline's minutes, 0 without one."""
        return self.baseline.minutes if self.baseline else 0.0


@dataclass(frozen=True, slots=True)
class Savings:
    """What the post room saved in a period."""

    each: tuple[Saving, ...]
    upkeep_minutes: float | None
    """Of the period; None where nobody measured it, or where the figures are of a part of the post room."""
    days: int
    """Days of the period that have passed."""

    @property
    def counted(self) -> Sequence[Saving]:
        """Processes whose saving may be stated."""
        return [one for one in self.each if one.counts]

    @property
    def net_minutes(self) -> float | None:
        """Over all processes, net of upkeep; None where no process has a baseline that counts."""
        return self._sum([one.net_minutes for one in self.counted])

    @property
    def least_minutes(self) -> float | None:
        """The least that the samples allow to state; None while a process has none."""
        return self._sum([one.least_minutes for one in self.counted])

    @property
    def days_a_year(self) -> float | None:
        """Working days a year, were every day like those of the period; None for less than four weeks."""
        minutes = self.net_minutes
        if minutes is None or self.days < LEAST_DAYS:
            return None
        return minutes / self.days * DAYS_A_YEAR / 60 / HOURS_A_DAY

    def _sum(self, minutes: Sequence[float | None]) -> float | None:
        known = [one for one in minutes if one is not None]
        if not known or len(known) < len(minutes):
            return None
        return sum(known) - (self.upkeep_minutes or 0.0)


def standing_of(baseline: Baseline | None, today: date) -> Standing:
    """Return whether a baseline counts today."""
    if baseline is None:
        return Standing.MISSING
    return Standing.STALE if today > valid_until(baseline) else Standing.FRESH


def valid_until(baseline: Baseline) -> date:
    """Return the last day on which a baseline counts."""
    year, month = divmod(baseline.measured_on.year * 12 + baseline.measured_on.month - 1 + baseline.valid_months, 12)
    # The 28th at most: every month has one.
    return date(year, month + 1, min(baseline.measured_on.day, 28))


def upkeep_minutes(hours_a_month: float | None, days: int) -> float | None:
    """Return the minutes of upkeep that fall on some days."""
    return None if hours_a_month is None else hours_a_month * 60 * 12 * days / DAYS_A_YEAR
