"""Dates: the day first, also by weekday and relative to the day of writing (a Wednesday)."""

from __future__ import annotations

from datetime import date

import pytest

from extractors.values.dates import find_dates

WEDNESDAY = date(2026, 2, 11)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("we moved on 05/06/2025", "2025-06-05"),
        ("on 5.6.25 exactly", "2025-06-05"),
        ("the 1st of March 2026", "2026-03-01"),
        ("March 1st, 2026", "2026-03-01"),
        ("27-Jan-2026 14:52", "2026-01-27"),
        ("3rd day of August 2025", "2025-08-03"),
        ("1af Ebrill 2026", "2026-04-01"),
        ("Friday 6 February", "2026-02-06"),
        ("yesterday", "2026-02-10"),
        ("it was missed today", "2026-02-11"),
        ("last Tuesday", "2026-02-10"),
        ("last Thursday", "2026-02-05"),
        ("Saturday just gone", "2026-02-07"),
        ("last week on Tuesday", "2026-02-03"),
        ("Monday last week", "2026-02-02"),
        ("was not emptied on Monday", "2026-02-09"),
        ("we will move on Friday", "2026-02-13"),
        ("next Friday", "2026-02-13"),
        ("two weeks ago", "2026-01-28"),
        ("3rd of next month", "2026-03-03"),
        ("on 9/2 they came", "2026-02-09"),
        ("on 10th feb. 88 Gladstone Terrace", "2026-02-10"),
    ],
)
def test_a_date_is_found(text: str, value: str) -> None:
    assert [found.value for found in find_dates(text, WEDNESDAY)] == [value]


@pytest.mark.parametrize("text", ["13/14/2026", "open 24/7", "we sat in the sun", "call 01632 960114", "£12.06.26"])
def test_what_is_no_date_is_not_taken_for_one(text: str) -> None:
    assert list(find_dates(text, WEDNESDAY)) == []


def test_american_order_is_never_read() -> None:
    assert [found.value for found in find_dates("04/12/2025", WEDNESDAY)] == ["2025-12-04"]


def test_digits_in_boxes_are_a_date_only_on_forms() -> None:
    assert [found.value for found in find_dates("0 1 0 9 2 6", WEDNESDAY, boxed=True)] == ["2026-09-01"]
    assert list(find_dates("0 1 0 9 2 6", WEDNESDAY)) == []
