"""Every figure is the number of the items behind it, and what a plain count of the rows says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from random import Random

import pytest

from postroom.behind import Behind
from postroom.ledger import Ledger
from postroom.ledger.records import FINAL, OPEN, ItemState
from postroom.period import LONDON, Period, day_of
from postroom.process import Baseline, FieldSpec, Process
from postroom.report.counted import Counted
from postroom.report.figures import Basis, Figures, Part
from postroom.report.gathering import gather
from postroom.staff import EVERYTHING, Scope
from postroom.working_time import working_time
from tests.postroom.random_ledger import Rows, fill, received_between

FIELDS = {"address": FieldSpec(type="address"), "bin": FieldSpec(type="text", title="Which bin")}
BASIS = Basis(
    "Westmere Borough Council",
    (
        Process(
            id="missed-bin",
            title="Missed bin",
            fields=FIELDS,
            baseline=Baseline(minutes=6, measured_on=date(2026, 1, 5), by="A Manager", items=20),
        ),
        Process(id="garden-waste", title="Garden waste", fields=FIELDS),
    ),
    upkeep_hours=4,
)
PERIOD = Period(date(2026, 3, 25), date(2026, 4, 23))
NOW = datetime(2026, 5, 20, 9, tzinfo=UTC)
HIDDEN = Scope(frozenset({"thanks"}), but=True)


def counted(value: object) -> Iterator[Counted]:
    """Return every count in a tree of figures."""
    if isinstance(value, Counted):
        yield value
    elif isinstance(value, tuple | list):
        for one in value:
            yield from counted(one)
    elif isinstance(value, dict):
        yield from counted(tuple(value.values()))
    elif is_dataclass(value):
        for each in fields(value):
            if each.name != "buckets":
                yield from counted(getattr(value, each.name))


@pytest.mark.parametrize("part", [Part(), Part(scope=HIDDEN), Part(process="missed-bin", title="Missed bin")])
def test_every_figure_leads_to_exactly_its_items(ledger: Ledger, part: Part) -> None:
    fill(ledger, Random(part.process + str(part.scope.restricted)), 400)
    figures = gather(ledger, BASIS, PERIOD, part, NOW)
    found = list(dict.fromkeys((one.items, one.behind) for one in counted(figures)))
    assert len(found) > 150
    for items, behind in found:
        assert ledger.count_behind(part.scope, behind) == items, behind
        assert Behind.of(behind.query()) == behind
    for items, behind in found[::9]:
        listed = ledger.items_behind(part.scope, behind, limit=1000)
        assert len({one.id for one in listed}) == len(listed) == items, behind
        assert all(part.scope.holds(one.process, "x" if one.protected else "") for one in listed)


def test_pages_of_a_list_hold_each_item_once(ledger: Ledger) -> None:
    fill(ledger, Random(2), 120)
    whole = [one.id for one in ledger.items_behind(EVERYTHING, Behind(), limit=1000)]
    paged: list[str] = []
    while page := ledger.items_behind(EVERYTHING, Behind(), limit=7, after=paged[-1] if paged else ""):
        paged += [one.id for one in page]
    assert paged == whole
    assert len(whole) == 120


def test_every_state_is_open_or_an_end(ledger: Ledger) -> None:
    rows = fill(ledger, Random(3), 200)
    for asked, states in {"open": OPEN, **{state: (state,) for state in FINAL}}.items():
        held = sum(len(rows.items_where(state=state)) for state in states)
        assert ledger.count_behind(EVERYTHING, Behind(state=asked)) == held > 0, asked
    assert {*OPEN, *FINAL} == set(ItemState)


@pytest.fixture
def filled(ledger: Ledger) -> tuple[Rows, Figures]:
    rows = fill(ledger, Random(7), 500)
    return rows, gather(ledger, BASIS, PERIOD, made_at=NOW)


def test_figures_are_what_the_rows_say(filled: tuple[Rows, Figures]) -> None:
    rows, figures = filled
    items = received_between(rows, PERIOD.first, PERIOD.last)
    delivered = [one for one in items if one["state"] == "delivered"]
    assert figures.ways.came_in.items == len(items)
    assert figures.ways.straight_through.items == sum(not one["touched"] for one in delivered)
    assert figures.ways.by_people.items == sum(one["touched"] for one in delivered)
    assert figures.ways.pages == sum(one["pages"] for one in delivered)
    for day in figures.days:
        assert day.ways.came_in.items == sum(day_of(one["received_at"]) == day.day for one in items)
    for hour in figures.hours:
        local = [one["received_at"].astimezone(LONDON).hour for one in items]
        assert hour.came_in.items == local.count(hour.hour)
    _times(items, rows, figures)
    _checks(items, rows, figures)


def _times(items: list[dict], rows: Rows, figures: Figures) -> None:
    clocks, today = figures.clocks, day_of(NOW)
    closed = [one for one in items if one["due"] and one["closed_at"]]
    assert clocks.met.items == sum(day_of(one["closed_at"]).isoformat() <= one["due"] for one in closed)
    assert clocks.late.items == sum(day_of(one["closed_at"]).isoformat() > one["due"] for one in closed)
    still = [date.fromisoformat(one["due"]) for one in items if one["due"] and not one["closed_at"]]
    assert clocks.overdue.items == sum(due < today for due in still)
    assert clocks.at_risk.items == sum(today <= due <= date(2026, 5, 22) for due in still)
    assert clocks.on_time.items == sum(due > date(2026, 5, 22) for due in still)
    work = working_time("england-and-wales")
    ages = [work.between(day_of(one["received_at"]), today) for one in rows.items_where(state="with-person")]
    bands = [(0, 0), (1, 1), (2, 3), (4, 5), (6, 10), (11, 999)]
    assert [band.items.items for band in figures.waiting[0].bands] == [
        sum(least <= age <= most for age in ages) for least, most in bands
    ]


def _checks(items: list[dict], rows: Rows, figures: Figures) -> None:
    ids = {one["id"]: one for one in items}
    samples = [one for one in rows.of["samples"] if one["item_id"] in ids and one["right"] is not None]
    assert (figures.accuracy[0].right.items, figures.accuracy[0].sampled) == (
        sum(one["right"] for one in samples), len(samples)
    )  # fmt: skip
    caught = [one["caught"] for one in rows.of["seeds"] if one["item_id"] in ids]
    assert (figures.seeds.caught.items, figures.seeds.missed.items) == (caught.count(True), caught.count(False))
    of_field = {
        one["item_id"]
        for one in rows.of["corrections"]
        if one["field"] == "bin" and not one["undone"] and ids.get(one["item_id"], {}).get("process") == "missed-bin"
        and ids[one["item_id"]]["state"] == "delivered"
    }  # fmt: skip
    (bins,) = [one for one in figures.corrected if (one.process, one.field) == ("missed-bin", "bin")]
    assert bins.corrected.items == len(of_field)
    _targets(ids, rows, figures)


def _targets(ids: dict, rows: Rows, figures: Figures) -> None:
    newest: dict[tuple[str, str], str] = {}
    for one in rows.of["deliveries"]:
        if one["item_id"] in ids and not one["notice"]:
            newest[one["item_id"], one["target"]] = one["state"]
    for target in figures.targets:
        states = [state for (_, name), state in newest.items() if name == target.target]
        assert target.standing["done"].items == states.count("done")
        assert target.standing["refused"].items == states.count("rejected")
        assert sum(one.items for one in target.standing.values()) == len(states)


def test_savings_are_worked_out_of_the_rows(filled: tuple[Rows, Figures]) -> None:
    rows, figures = filled
    (saving,) = [one for one in figures.savings.each if one.process == "missed-bin"]
    items = {
        one["id"]: one for one in received_between(rows, PERIOD.first, PERIOD.last) if one["process"] == "missed-bin"
    }
    timed = {one["item_id"] for one in rows.of["spells"]}
    delivered = [one for one in items.values() if one["state"] == "delivered"]
    straight = sum(not one["touched"] for one in delivered)
    reviewed = sum(one["touched"] and one["id"] in timed for one in delivered)
    minutes = sum(one["seconds"] for one in rows.of["spells"] if one["item_id"] in items) / 60
    wrong = {one["item_id"] for one in rows.of["samples"] if one["right"] is False}
    made: dict[tuple[str, str], list[dict]] = {}
    for one in rows.of["deliveries"]:
        if not one["notice"] and not one["letter"]:
            made.setdefault((one["item_id"], one["target"]), []).append(one)
    twice = {item for (item, _), some in made.items() if len(some) == 2 and some[0]["state"] == "done"}
    rework = sum(one["id"] in wrong | twice for one in delivered)
    assert (saving.straight_through, saving.reviewed, saving.rework) == (straight, reviewed, rework)
    assert saving.review_minutes == pytest.approx(minutes)
    assert saving.net_minutes == pytest.approx((straight + reviewed - rework) * 6 - minutes)
    upkeep = 4 * 60 * 12 * 30 / 365.25
    assert figures.savings.net_minutes == pytest.approx(saving.net_minutes - upkeep)
    assert figures.savings.days_a_year == pytest.approx(figures.savings.net_minutes / 30 * 365.25 / 60 / 7.4)
