"""Days, hours and holidays as British councils count them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from postroom.behind import Behind
from postroom.errors import BusinessError
from postroom.intervals import wilson
from postroom.period import LONDON, Period, day_of, same_hour, start_of
from postroom.working_time import working_time

ENGLAND, SCOTLAND, ULSTER = (working_time(name) for name in ("england-and-wales", "scotland", "northern-ireland"))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 1, 2), (True, False, True)),
        (date(2026, 3, 17), (True, True, False)),
        (date(2026, 4, 6), (False, True, False)),
        (date(2026, 8, 3), (True, False, True)),
        (date(2026, 8, 31), (False, True, False)),
        (date(2026, 12, 25), (False, False, False)),
        (date(2026, 11, 28), (False, False, False)),
    ],
)
def test_each_nation_has_its_own_holidays(day: date, works: tuple[bool, bool, bool]) -> None:
    assert tuple(one.is_working_day(day) for one in (ENGLAND, SCOTLAND, ULSTER)) == works


@pytest.mark.parametrize("received", [date(2026, 4, 1), date(2026, 4, 3), date(2026, 12, 24), date(2026, 5, 9)])
def test_day_one_is_the_first_working_day_after_receipt(received: date) -> None:
    for days in (1, 2, 10, 20):
        due = ENGLAND.after(received, days)
        between = [received + timedelta(days=number) for number in range(1, (due - received).days + 1)]
        assert sum(ENGLAND.is_working_day(one) for one in between) == days == ENGLAND.between(received, due)
        assert ENGLAND.is_working_day(due)


def test_post_of_the_evening_counts_from_the_same_day() -> None:
    late = datetime(2026, 7, 1, 22, 59, tzinfo=UTC)
    assert day_of(late) == date(2026, 7, 1)
    assert day_of(late + timedelta(minutes=1)) == date(2026, 7, 2)
    assert ENGLAND.after(day_of(late), 1) == date(2026, 7, 2)


def test_age_edges_and_ages_agree() -> None:
    for number in range(40):
        today = date(2026, 4, 1) + timedelta(days=number)
        for age in range(5):
            edge = ENGLAND.before(today, age)
            assert ENGLAND.between(edge, today) == age
            assert ENGLAND.between(edge - timedelta(days=1), today) == age + 1


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ((2026, 9, 14, 9), (2026, 9, 14, 17), 8),
        ((2026, 9, 14, 16), (2026, 9, 15, 10), 2),
        ((2026, 9, 11, 16), (2026, 9, 14, 10), 2),
        ((2026, 4, 2, 16), (2026, 4, 7, 10), 2),
        ((2026, 9, 12, 1), (2026, 9, 13, 23), 0),
        ((2026, 3, 27, 16), (2026, 3, 30, 10), 2),
    ],
)
def test_working_hours(since: tuple[int, ...], until: tuple[int, ...], hours: float) -> None:
    start, end = (datetime(*one, tzinfo=LONDON) for one in (since, until))  # type: ignore[arg-type, misc]
    assert ENGLAND.hours(start, end) == pytest.approx(hours)


def test_a_day_has_as_many_hours_as_the_clocks_give_it() -> None:
    lengths = {
        day: start_of(day + timedelta(days=1)) - start_of(day) for day in (date(2026, 3, 29), date(2026, 10, 25))
    }
    assert [length.total_seconds() / 3600 for length in lengths.values()] == [23, 25]


def test_hours_of_london_cover_a_period_once() -> None:
    first, last = date(2026, 3, 1), date(2026, 11, 30)
    moment = start_of(first)
    parts = {hour: list(same_hour(first, last, hour)) for hour in range(24)}
    while moment < start_of(last + timedelta(days=1)):
        found = [
            hour
            for hour, some in parts.items()
            for since, until, utc in some
            if since <= moment < until and moment.hour == utc
        ]
        assert found == [moment.astimezone(LONDON).hour]
        moment += timedelta(minutes=30)


@pytest.mark.parametrize(
    ("first", "last", "before", "year_before"),
    [
        ("2026-10-01", "2026-10-31", "2026-09-01/2026-09-30", "2025-10-01/2025-10-31"),
        ("2026-01-01", "2026-03-31", "2025-10-01/2025-12-31", "2025-01-01/2025-03-31"),
        ("2024-02-01", "2024-02-29", "2024-01-01/2024-01-31", "2023-02-01/2023-02-28"),
        ("2025-02-01", "2025-02-28", "2025-01-01/2025-01-31", "2024-02-01/2024-02-29"),
        ("2026-10-05", "2026-10-11", "2026-09-28/2026-10-04", "2025-10-05/2025-10-11"),
    ],
)
def test_periods_to_compare_with(first: str, last: str, before: str, year_before: str) -> None:
    period = Period(date.fromisoformat(first), date.fromisoformat(last))
    assert [f"{one.first}/{one.last}" for one in (period.before(), period.year_before())] == [before, year_before]


@pytest.mark.parametrize(
    ("right", "whole", "low", "high"),
    # Of R's prop.test(right, whole, correct = FALSE).
    [(20, 20, 0.8389, 1.0), (0, 20, 0.0, 0.1611), (45, 50, 0.7864, 0.9565), (1, 2, 0.0945, 0.9055)],
)
def test_the_interval_is_wilsons(right: int, whole: int, low: float, high: float) -> None:
    found = wilson(right, whole)
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert wilson(0, 0) is None


@pytest.mark.parametrize("query", [{"from": "yesterday"}, {"hour": "24"}, {"touched": "perhaps"}, {"due-last": "1"}])
def test_an_address_that_is_not_whole_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(BusinessError, match="not whole"):
        Behind.of(query)


def test_parameters_of_others_are_left_alone() -> None:
    assert Behind.of({"page": "2", "state": "open", "field": ""}) == Behind(state="open")


def test_a_holiday_anywhere_is_none_of_the_working_days_of_the_freedom_of_information_act() -> None:
    everywhere = working_time("united-kingdom")
    nations = [working_time(nation) for nation in ("england-and-wales", "scotland", "northern-ireland")]
    for number in range(366):
        day = date(2026, 1, 1) + timedelta(days=number)
        assert everywhere.is_working_day(day) == all(one.is_working_day(day) for one in nations), day
    assert everywhere.after(date(2026, 11, 2), 20) == date(2026, 12, 1), "Saint Andrew's Day counts for nobody"
    assert working_time("england-and-wales").after(date(2026, 11, 2), 20) == date(2026, 11, 30)
