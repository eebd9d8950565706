"""How days, times, counts and shares read on pages: British forms, in the time of London."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"


def in_london(moment: datetime) -> datetime:
    """Return a moment in the time of London; a moment without a zone is UTC, as the ledger keeps it."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(LONDON)


def day(moment: date | str) -> str:
    """Return a day in full: 5 November 2026."""
    on = _date(moment)
    return f"{on.day} {on:%B %Y}"


def short_day(moment: date | str) -> str:
    """Return a day for a table, without the year where it is this one: 5 Nov."""
    on = _date(moment)
    form = "%b" if on.year == in_london(datetime.now(UTC)).year else "%b %Y"
    return f"{on.day} {on:{form}}".replace(" ", _NO_BREAK)


def weekday(moment: date | str) -> str:
    """Return a day with its name: Thu 5 Nov."""
    return f"{_date(moment):%a}{_NO_BREAK}{short_day(moment)}"


def minute(moment: datetime) -> str:
    """Return a moment to the minute: 5 Nov 2026, 14:05."""
    local = in_london(moment)
    return f"{local.day} {local:%b %Y}, {local:%H:%M}"


def clock(moment: datetime) -> str:
    """Return the time of day: 14:05."""
    return f"{in_london(moment):%H:%M}"


def machine_time(moment: date | str) -> str:
    """Return a day or moment as the datetime attribute of HTML has it."""
    if isinstance(moment, datetime):
        return in_london(moment).isoformat(timespec="seconds")
    return moment if isinstance(moment, str) else moment.isoformat()


def number(value: float) -> str:
    """Return a figure with commas between thousands, and one decimal only where it is not whole."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: 1 item, 2,400 items."""
    return f"{number(count)} {one if count == 1 else many or f'{one}s'}"


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share of one as a percentage; never 100% or 0% where it is only close to it."""
    if share is None:
        return "–"
    shown = f"{share:.{digits}%}"
    if share < 1 and shown == f"{1:.{digits}%}":
        return f"over {1 - 10 ** -(digits + 2):.{digits}%}"
    if share > 0 and shown == f"{0:.{digits}%}":
        return f"under {10 ** -(digits + 2):.{digits}%}"
    return shown


def hours(length: timedelta | float | None) -> str:
    """Return a length of time, given as such or in minutes: 45 minutes, 2 hours 5 minutes, 3 days 4 hours."""
    if length is None:
        return "–"
    minutes = round(length.total_seconds() / 60 if isinstance(length, timedelta) else length)
    if minutes < 1:
        return "under a minute"
    parts = [plural(count, unit) for count, unit in _parts(minutes) if count]
    return " ".join(parts[:2])


def pounds(amount: float) -> str:
    """Return an amount of money: £1,234.50."""
    return f"£{amount:,.2f}"


def _parts(minutes: int) -> tuple[tuple[int, str], ...]:
    if minutes < 24 * 60:
        return (minutes // 60, "hour"), (minutes % 60, "minute")
    return (minutes // 1440, "day"), (round(minutes % 1440 / 60) % 24, "hour")


def _date(moment: date | str) -> date:
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment) if len(moment) > len("2026-11-05") else date.fromisoformat(moment)
    return in_london(moment).date() if isinstance(moment, datetime) else moment


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "day": day,
    "short_day": short_day,
    "weekday": weekday,
    "minute": minute,
    "clock": clock,
    "machine_time": machine_time,
    "number": number,
    "plural": plural,
    "percent": percent,
    "hours": hours,
    "pounds": pounds,
}
"""What templates call them by."""
