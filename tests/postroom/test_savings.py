"""Savings are claimed against a fresh baseline alone, and net."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from postroom.process import Baseline
from postroom.savings import Saving, Savings, Standing, standing_of, upkeep_minutes, valid_until

BASE = Baseline(minutes=6, measured_on=date(2025, 11, 30), by="A Manager", items=20)
ONE = Saving("bins", "Bins", BASE, Standing.FRESH, 100, 20, 5, 40.0, 2, 10, 0.1)


def test_a_baseline_grows_stale() -> None:
    assert valid_until(BASE) == date(2026, 11, 28)
    assert standing_of(BASE, date(2026, 11, 28)) is Standing.FRESH
    assert standing_of(BASE, date(2026, 11, 29)) is Standing.STALE
    assert standing_of(None, date(2026, 1, 1)) is Standing.MISSING


def test_a_saving_is_net_of_review_and_rework() -> None:
    assert ONE.net_minutes == pytest.approx(120 * 6 - 40 - 2 * 6)
    assert ONE.least_minutes == pytest.approx(ONE.net_minutes - 90 * 0.1 * 6)


@pytest.mark.parametrize("standing", [Standing.STALE, Standing.MISSING])
def test_nothing_is_claimed_without_a_fresh_baseline(standing: Standing) -> None:
    stale = replace(ONE, standing=standing)
    assert stale.net_minutes is None
    assert Savings((stale,), 0.0, 30).net_minutes is None
    assert Savings((stale, ONE), 0.0, 30).net_minutes == ONE.net_minutes


def test_upkeep_is_subtracted_and_a_year_is_said_only_of_four_weeks() -> None:
    whole = Savings((ONE,), upkeep_minutes(5, 30), 30)
    assert whole.net_minutes == pytest.approx(668 - 5 * 60 * 12 * 30 / 365.25)
    assert whole.days_a_year == pytest.approx(whole.net_minutes / 30 * 365.25 / 60 / 7.4)
    assert Savings((ONE,), None, 27).days_a_year is None


def test_a_saving_can_be_a_loss() -> None:
    assert Savings((replace(ONE, review_minutes=900.0),), 100.0, 30).net_minutes == pytest.approx(-292)


def test_the_least_is_not_stated_while_a_process_has_no_sample() -> None:
    assert Savings((ONE, replace(ONE, wrong_at_most=None)), None, 30).least_minutes is None
