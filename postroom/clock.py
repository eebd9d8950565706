"""Time: the one place that asks what time it is, and working days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

Clock = Callable[[], datetime]
"""Returns now, with a time zone."""


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def add_working_days(start: date, days: int, division: str = "england-and-wales") -> date:
    """Return the date that many working days after `start`, not counting `start` itself.

    Args:
        start: The day of receipt.
        days: Working days, one or more.
        division: `england-and-wales`, `scotland` or `northern-ireland`, for its bank holidays (the list the government
            publishes); `united-kingdom` for those of all (Freedom of Information Act 2000 s.10(6)).
    """
    from postroom.working_time import working_time

    return working_time(division).after(start, days)
