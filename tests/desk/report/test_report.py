"""Every figure of every form of the report is the ledger's, to the unit."""

from __future__ import annotations

import csv
import re
import xml.etree.ElementTree as ET
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from openpyxl import load_workbook

from connectors.memory import Misbehaviour
from desk.report.figures import Figures, Period, gather
from desk.report.page import page, write_page
from desk.report.tables import duration, headline, tables
from desk.report.tidy import write_csv
from desk.report.workbook import write_workbook
from postroom.disposition import Outcome
from postroom.process import Baseline, FieldSpec, Process
from tests.postroom.deliver_world import World
from tests.postroom.samples import NOON, PLANS, HandClock, extraction, itemise, message

PROCESSES = (
    Process(
        id="missed-bin",
        title="Missed bin",
        fields={"address": FieldSpec(type="address"), "bin": FieldSpec(type="text")},
        baseline=Baseline(minutes=6, measured_on=date(2026, 9, 1), by="A Manager", items=20),
    ),
    Process(id="garden-waste", title="Garden <waste> & more", fields={"address": FieldSpec(type="address")}),
)
PERIOD = Period(date(2026, 9, 1), date(2026, 9, 30))
DAY = 86_400.0


def fill(world: World) -> datetime:
    """Deliver, correct, close and leave items at known moments; return the moment of the report."""
    ledger = world.ledger
    for number, hours in ((1, 1.0), (2, 2.0), (3, 30.0)):
        delivery = world.item(number)
        world.clock.now = NOON + timedelta(minutes=number, hours=hours)
        world.deliver(delivery, world.target())
    world.clock.now = NOON + timedelta(days=2)
    _, (corrected,) = itemise(ledger, 4, extraction(4, outcome=Outcome.REVIEW))
    ledger.correct(corrected, "address", "5 Mill Lane", "Officer")
    ledger.correct(corrected, "address", "6 Mill Lane", "Officer")
    ledger.release(corrected, PLANS["missed-bin"], "Officer", process=None)
    world.clock.now = NOON + timedelta(minutes=4, hours=50)
    world.deliver(ledger.item(corrected).deliveries[0], world.target())
    itemise(ledger, 5, extraction(5, outcome=Outcome.REVIEW))
    itemise(ledger, 6, extraction(6, process="thanks", outcome=Outcome.NO_ACTION))
    _, (closed,) = itemise(ledger, 7, extraction(7, process="garden-waste", outcome=Outcome.REVIEW))
    ledger.reject(closed, "Not ours.", "Officer")
    itemise(ledger, 8, extraction(8, process="garden-waste"))
    world.deliver(world.item(9), world.target(*[Misbehaviour.NONE] * 4, Misbehaviour.REFUSE))
    ledger.add_message(message(10))
    world.clock.now = NOON + timedelta(days=4)
    return world.clock.now


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, HandClock())


@pytest.fixture
def figures(world: World) -> Figures:
    now = fill(world)
    return gather(world.ledger, PROCESSES, PERIOD, "Westmere Borough Council", now)


def test_how_much(figures: Figures) -> None:
    bins, garden = figures.processes[1], figures.processes[0]
    assert (bins.process, bins.items, bins.delivered, bins.with_person) == ("missed-bin", 6, 4, 2)
    assert (garden.process, garden.items, garden.rejected, garden.in_flight) == ("garden-waste", 2, 1, 1)
    assert [(one.process, one.no_action) for one in figures.processes[2:]] == [("thanks", 1)]
    assert [(one.day, one.received, one.delivered) for one in figures.days] == [(NOON.date(), 9, 4)]


def test_every_message_is_accounted_for(figures: Figures) -> None:
    accounts = figures.accounts
    assert accounts.balanced
    assert (accounts.received, accounts.delivered, accounts.with_person, accounts.in_flight) == (10, 4, 2, 2)
    assert (accounts.rejected, accounts.no_action) == (1, 1)


def test_how_fast(figures: Figures) -> None:
    assert figures.speed is not None
    assert figures.speed.items == 4
    assert figures.speed.median == pytest.approx(16.0)
    assert figures.speed.ninetieth == pytest.approx(50.0)
    assert [(one.label, one.items) for one in figures.ages if one.items] == [("3 to 5 days", 2)]


def test_how_right(figures: Figures) -> None:
    assert figures.straight_through == 3
    assert figures.straight_through_share == pytest.approx(0.75)
    assert [(one.field, one.items, one.corrected) for one in figures.fields] == [("address", 4, 1), ("bin", 4, 0)]


def test_hours_saved_count_only_what_was_measured_and_untouched(figures: Figures) -> None:
    assert figures.hours_saved == pytest.approx(3 * 6 / 60)
    assert figures.processes[0].hours_saved is None


def test_without_a_measured_baseline_nothing_is_claimed(world: World) -> None:
    now = fill(world)
    unmeasured = [process.model_copy(update={"baseline": None}) for process in PROCESSES]
    figures = gather(world.ledger, unmeasured, PERIOD, "Westmere", now)
    assert figures.hours_saved is None
    assert figures.unmeasured == ("Missed bin",)
    assert "no measured baseline" in page(figures)


def test_failed_deliveries(figures: Figures) -> None:
    assert [(one.target, str(one.state), one.deliveries) for one in figures.failures] == [("depot", "rejected", 1)]


def test_the_period_leaves_other_post_out(world: World) -> None:
    now = fill(world)
    figures = gather(world.ledger, PROCESSES, Period(date(2026, 9, 15), date(2026, 9, 30)), "Westmere", now)
    assert figures.accounts.received == 0
    assert figures.processes == ()
    assert figures.speed is None


def test_figures_agree_with_the_ledgers_own_sums(world: World, figures: Figures) -> None:
    ledger = world.ledger
    rate = ledger.straight_through_rate(PERIOD.since, PERIOD.until)
    saved = ledger.minutes_saved({"missed-bin": 6}, PERIOD.since, PERIOD.until)
    assert figures.straight_through_share == pytest.approx(rate)
    assert figures.hours_saved == pytest.approx(sum(saved.values()) / 60)
    assert sum(one.with_person for one in figures.processes) == sum(one.items for one in ledger.waiting())


def test_the_workbook_holds_every_figure_in_real_tables(figures: Figures, tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    write_workbook(figures, path)
    book = load_workbook(path)
    for table in tables(figures):
        sheet = book[table.name]
        if not table.rows:
            continue
        (real,) = sheet.tables.values()
        held = [[cell.value for cell in row] for row in sheet[real.ref]]
        assert held[0] == [column.title for column in table.columns]
        for row, expected in zip(held[1:], table.rows, strict=True):
            shown = [cell.date() if isinstance(cell, datetime) else cell for cell in row]
            assert shown == [pytest.approx(cell) if isinstance(cell, float) else cell for cell in expected]
    front = {row[0].value: row[1].value for row in book["Summary"].iter_rows(min_row=4, max_row=11)}
    assert front["Messages received"] == 10
    assert front["Items that ask for something"] == 8
    assert front["Share of them that no person touched"] == pytest.approx(0.75)
    assert book["Processes"]["E4"].number_format == "0.0%"
    assert len(book["Days"]._charts) == 1


class Cells(HTMLParser):
    """Collects the cells of every table body and what would load or run something."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.outside: list[str] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "link", "img", "iframe", "object"} or any(name in {"src", "href"} for name, _ in attrs):
            self.outside.append(tag)
        if tag == "tr":
            self.rows.append([])
        self._open = tag in {"td", "th"}
        if self._open:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.rows[-1][-1] += data


def test_the_page_holds_every_figure_and_nothing_from_elsewhere(figures: Figures, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_page(figures, path)
    cells = Cells()
    cells.feed(path.read_text(encoding="utf-8"))
    assert cells.outside == []
    assert ["Missed bin", "6", "4", "3", "75.0%", "2", "0", "0", "0"] in cells.rows
    assert ["Missed bin", "4", "16.0 hours", "50.0 hours", "3", "6.00", "18 minutes"] in cells.rows
    assert ["Missed bin", "Address", "4", "1", "75.0%"] in cells.rows
    assert ["Mon 14 Sep 2026", "9", "4"] in cells.rows
    assert ["depot", "rejected", "1"] in cells.rows


def test_the_page_is_whole_and_its_charts_have_words(figures: Figures) -> None:
    text = page(figures)
    # Elements that HTML leaves open, closed for the XML parser.
    closed = re.sub(r"(<meta [^>]*)>", r"\1/>", text.replace("<!doctype html>", ""))
    root = ET.fromstring(closed)  # noqa: S314
    charts = list(root.iter("svg"))
    assert len(charts) == 2
    assert all(chart.get("role") == "img" and chart.find("title") is not None for chart in charts)
    assert root.get("lang") == "en-GB"
    assert "Garden &lt;waste&gt; &amp; more" in text


def test_the_csv_holds_every_figure_once(figures: Figures, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    write_csv(figures, path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    values = {(row["table"], row["row"], row["measure"]): row["value"] for row in rows}
    assert len(values) == len(rows)
    assert values["Messages", "Received", "Messages"] == "10"
    assert values["Processes", "Missed bin", "Delivered"] == "4"
    assert values["Speed", "Missed bin", "Keying saved"] == "0.3"
    assert values["Days", "2026-09-14", "Items"] == "9"
    assert values["Fields", "Missed bin/Address", "Corrected by a person"] == "1"


@pytest.mark.parametrize(
    ("hours", "said"),
    [(0, "none"), (0.001, "under a minute"), (1 / 60, "1 minute"), (1.5, "90 minutes"), (16, "16.0 hours"),
     (96, "4.0 days")],
)  # fmt: skip
def test_lengths_of_time_are_said_as_people_say_them(hours: float, said: str) -> None:
    assert duration(hours) == said


def test_an_empty_ledger_makes_an_honest_report(world: World, tmp_path: Path) -> None:
    figures = gather(world.ledger, PROCESSES, PERIOD, "Westmere", NOON)
    assert {title: value for title, value, _ in headline(figures)}["Keying saved"] is None
    assert "Nothing waits for a person." in page(figures)
    write_workbook(figures, tmp_path / "empty.xlsx")
    assert load_workbook(tmp_path / "empty.xlsx")["Waiting"]["A4"].value == "Nothing waits for a person."
