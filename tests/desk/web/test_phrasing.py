from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from desk.web import phrasing

SUMMER = datetime(2025, 7, 1, 23, 30, tzinfo=UTC)


def test_days_and_times_are_those_of_london() -> None:
    assert phrasing.day(SUMMER) == "2 July 2025"
    assert phrasing.minute(SUMMER) == "2 Jul 2025, 00:30"
    assert phrasing.clock(SUMMER.replace(tzinfo=None)) == "00:30"
    assert phrasing.machine_time(SUMMER) == "2025-07-02T00:30:00+01:00"
    assert phrasing.weekday(date(2025, 7, 2)) == "Wed\u00a02\u00a0Jul\u00a02025"


def test_days_may_come_as_the_ledger_has_them() -> None:
    assert phrasing.day("2026-11-05") == "5 November 2026"
    assert phrasing.day("2025-07-01T23:30:00+00:00") == "2 July 2025"
    assert phrasing.short_day(date(datetime.now(UTC).year, 3, 9)) == "9\u00a0Mar"


def test_counts_have_commas_and_nouns() -> None:
    assert phrasing.plural(1, "item") == "1 item"
    assert phrasing.plural(2400, "item") == "2,400 items"
    assert phrasing.plural(2, "delivery", "deliveries") == "2 deliveries"
    assert phrasing.number(3.25) == "3.2"


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.873, "87%"), (1, "100%"), (0.9999, "over 99%"), (0.0001, "under 1%"), (0, "0%"), (None, "–")],
)
def test_a_share_is_never_said_to_be_all_or_nothing_when_it_is_not(share: float | None, words: str) -> None:
    assert phrasing.percent(share) == words


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=20), "under a minute"),
        (45, "45 minutes"),
        (125, "2 hours 5 minutes"),
        (timedelta(days=3, hours=4, minutes=9), "3 days 4 hours"),
        (None, "–"),
    ],
)
def test_a_length_of_time_in_two_units(length: timedelta | float | None, words: str) -> None:
    assert phrasing.hours(length) == words


def test_money() -> None:
    assert phrasing.pounds(1234.5) == "£1,234.50"
