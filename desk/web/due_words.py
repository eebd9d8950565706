"""How long is left to answer, in working days and in words."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from desk.web.phrasing import in_london, plural
from postroom.clock import utc_now

Tone = Literal["late", "waiting", "quiet"]


def due_in_words(due: str, nation: str, now: datetime | None = None) -> tuple[str, Tone]:
    """Return how long is left until a day, such as "2 working days left", and how pressing that is."""
    today = in_london(now or utc_now()).date()
    left = working_days_left(date.fromisoformat(due), today, nation)
    if left < 0:
        return f"late by {plural(-left, 'working day')}", "late"
    if left == 0:
        return "due today", "late"
    return f"{plural(left, 'working day')} left", "waiting" if left <= 3 else "quiet"


def working_days_left(due: date, today: date, nation: str) -> int:
    """Return the working days from one day to another, the first not counted; below 0 once it is over."""
    from postroom.working_time import working_time

    between = working_time(nation).between
    # A day on which nobody works makes nothing later than the working day before it.
    return -max(1, between(due, today)) if due < today else between(today, due)
