"""Periods: days as people in Britain count them, and the moments at which they begin and end."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")
_DAY: Final = timedelta(days=1)
_FIRST_YEAR, _LAST_YEAR = 2000, 2200


@dataclass(frozen=True, slots=True)
class Period:
    """Days, both ends included."""

    first: date
    last: date

    @property
    def since(self) -> datetime:
        """Its first moment."""
        return start_of(self.first)

    @property
    def until(self) -> datetime:
        """The first moment after it."""
        return start_of(self.last + _DAY)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def before(self) -> Period:
        """Return the period before: as many whole months for whole months, else as many days."""
        last = self.first - _DAY
        if self.first.day != 1 or (self.last + _DAY).day != 1:
            return Period(last - (self.last - self.first), last)
        months = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        year, month = divmod(self.first.year * 12 + self.first.month - 1 - months, 12)
        return Period(date(year, month + 1, 1), last)

    def year_before(self) -> Period:
        """Return the same days of the year before; a month that ends in February ends there in both years."""
        last = _a_year_before(self.last)
        if (self.last + _DAY).day == 1:
            last = last.replace(day=_last_day(last.year, last.month))
        return Period(_a_year_before(self.first), last)


def typed_day(text: str) -> date:
    """Return a day written as 2026-11-05.

    Raises:
        ValueError: It is none, or so far away that there is no counting with it.
    """
    day = date.fromisoformat(text)
    if not _FIRST_YEAR <= day.year < _LAST_YEAR:
        raise ValueError(text)
    return day


def start_of(day: date) -> datetime:
    """Return the moment at which a day begins in London, in UTC."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def day_of(moment: datetime) -> date:
    """Return the day on which a moment falls in London."""
    return moment.astimezone(LONDON).date()


def summers(first: int, last: int) -> Iterator[tuple[date, date]]:
    """Return the first and the last day of each year that end in summer time."""
    for start, end in map(_changes, range(first, last + 1)):
        yield start, end - _DAY


def same_hour(first: date, last: date, hour: int) -> Iterator[tuple[datetime, datetime, int]]:
    """Return the hour of UTC that an hour of London is, for each part of a period: since, until, hour."""
    days = (day for year in range(first.year, last.year + 1) for day in _changes(year))
    # In the United Kingdom clocks change at 01:00 UTC both ways (Summer Time Order 2002).
    changes = (datetime.combine(day, time(1), UTC) for day in days if first <= day <= last)
    moments = sorted({start_of(first), *changes, start_of(last + _DAY)})
    for since, until in pairwise(moments):
        ahead = since.astimezone(LONDON).utcoffset() or timedelta()
        yield since, until, (hour - int(ahead.total_seconds() // 3600)) % 24


def _changes(year: int) -> tuple[date, date]:
    """Return the days on which the clocks change: the last Sundays of March and October."""
    return _last_sunday(year, 3), _last_sunday(year, 10)


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, _last_day(year, month))
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _a_year_before(day: date) -> date:
    return date(day.year - 1, day.month, min(day.day, _last_day(day.year - 1, day.month)))


def _last_day(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]
