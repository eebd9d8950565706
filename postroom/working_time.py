"""Working time: working days and hours of a nation of the United Kingdom, with its bank holidays.

The day of receipt is the calendar day in London on which the post arrived, at whatever hour; day 1 is the first working
day after it. That is how the Freedom of Information Act 2000 counts (s.10(1): "the twentieth working day following the
date of receipt"), and service standards are counted the same way. For requests under that Act a bank holiday anywhere
in the United Kingdom is no working day (s.10(6)).
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

from postroom.period import LONDON

OPENS: Final = 9
CLOSES: Final = 17
"""Between these hours of a working day somebody is at work."""
HOURS_A_DAY: Final = 7.4
"""Of one full post: 37 hours a week (National Joint Council for Local Government Services, Green Book, part 2)."""
NATIONS: Final = ("england-and-wales", "scotland", "northern-ireland")
ALL: Final = "united-kingdom"
_FIRST: Final = date(2000, 1, 1)
_YEARS: Final = 80


class WorkingTime:
    """The working days of one nation."""

    def __init__(self, nation: str) -> None:
        """Read the holidays that come with the program; none is fetched.

        Args:
            nation: `england-and-wales`, `scotland` or `northern-ireland`; `united-kingdom` for the holidays of all.
        """
        from govuk_bank_holidays.bank_holidays import BankHolidays

        calendar = BankHolidays(use_cached_holidays=True)
        of_each = [
            {one["date"] for one in calendar.get_holidays(division=one)} for one in NATIONS if nation in (one, ALL)
        ]
        holidays = set().union(*of_each)
        self.known_until: date = min(max(of_one) for of_one in of_each)
        """The last bank holiday that is known; after its year only weekends are left out."""
        days = (_FIRST + timedelta(days=number) for number in range(_YEARS * 366))
        self._days: list[date] = [day for day in days if day.weekday() < 5 and day not in holidays]

    def is_working_day(self, day: date) -> bool:
        """Tell whether people work on a day."""
        place = bisect_left(self._days, day)
        return place < len(self._days) and self._days[place] == day

    def after(self, start: date, days: int) -> date:
        """Return the day that many working days after `start`, not counting `start` itself."""
        return self._days[self._up_to(start) + days - 1]

    def before(self, end: date, days: int) -> date:
        """Return the first day after which no more than that many working days lie, up to and with `end`."""
        return self._days[max(self._up_to(end) - days - 1, 0)]

    def between(self, start: date, end: date) -> int:
        """Return how many working days lie after `start` up to and with `end`."""
        return self._up_to(end) - self._up_to(start)

    def hours(self, since: datetime, until: datetime) -> float:
        """Return the working hours from one moment to another."""
        return self._hours_up_to(until) - self._hours_up_to(since)

    def _up_to(self, day: date) -> int:
        return bisect_left(self._days, day + timedelta(days=1))

    def _hours_up_to(self, moment: datetime) -> float:
        local = moment.astimezone(LONDON)
        day = local.date()
        place = bisect_left(self._days, day)
        hours = float(place * (CLOSES - OPENS))
        if place < len(self._days) and self._days[place] == day:
            hours += min(max(local.hour + local.minute / 60 + local.second / 3600 - OPENS, 0.0), CLOSES - OPENS)
        return hours


@cache
def working_time(nation: str) -> WorkingTime:
    """Return the working time of a nation, worked out once."""
    return WorkingTime(nation)
