"""How long a service asks us to wait: seconds, a date, or nonsense."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_FIRST_SECONDS = 1.0
_LONGEST_SECONDS = 60.0
LONGEST_ASKED = 3600.0
"""A longer wait than this is not believed."""


def asked_to_wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a Retry-After header asks for, None if there is none that can be believed.

    A date counts from the answer's own Date header, so that a clock that is wrong here does no harm.
    """
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return min(float(value), LONGEST_ASKED)
    until, now = _moment(value), _moment(headers.get("date", "")) or datetime.now(UTC)
    return None if until is None else min(max((until - now).total_seconds(), 0.0), LONGEST_ASKED)


def pause(headers: Mapping[str, str], attempt: int) -> float:
    """Return how long to wait before an attempt is repeated: what is asked for or a growing pause, whichever is longer.

    Some services ask for one second whatever their state, so what is asked for is never enough alone.
    """
    grown: float = min(_FIRST_SECONDS * 2.0**attempt, _LONGEST_SECONDS) * random.uniform(0.5, 1.0)  # noqa: S311
    return max(asked_to_wait(headers) or 0.0, grown)


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
