"""The workbook, the page, the CSV file, the mail and the artifacts say the same, and harm nobody."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from random import Random

import pytest
from openpyxl import load_workbook

from postroom.ledger import Ledger
from postroom.period import Period
from postroom.report.charts import charts
from postroom.report.figures import Compared
from postroom.report.gathering import compare
from postroom.report.headline import headlines
from postroom.report.mail import daily_period, report_mail, weekly_period
from postroom.report.page import page
from postroom.report.public import artifact_markdown, artifact_rows
from postroom.report.tables import duration, minutes, percent, shown, tables
from postroom.report.tidy import HEADINGS, harmless, write_csv
from postroom.report.workbook import write_workbook
from tests.postroom.random_ledger import fill
from tests.postroom.report.test_gathering import BASIS, NOW, PERIOD

EVIL = '=HYPERLINK("http://x") <b>&\''
TITLED = replace(
    BASIS, processes=(BASIS.processes[0], BASIS.processes[1].model_copy(update={"title": EVIL}))
)  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder = tmp_path_factory.mktemp("report")
    ledger = Ledger(f"sqlite:///{folder / 'ledger.db'}", folder / "documents")
    ledger.migrate()
    fill(ledger, Random(11), 300)
    yield ledger
    ledger.close()


@pytest.fixture(scope="module")
def compared(filled: Ledger) -> Compared:
    return compare(filled, TITLED, PERIOD, Period(date(2026, 3, 20), date(2026, 3, 24)), made_at=NOW)


@pytest.fixture
def empty(tmp_path: Path) -> Compared:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path / "documents")
    ledger.migrate()
    return compare(ledger, BASIS, PERIOD, None, made_at=NOW)


def test_the_workbook_holds_every_figure_in_real_tables(compared: Compared, tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    write_workbook(compared, path)
    book = load_workbook(path)
    for table in tables(compared.now):
        sheet = book[table.name]
        if not table.rows:
            assert sheet["A5"].value == table.empty
            continue
        (real,) = sheet.tables.values()
        held = [[cell.value for cell in row] for row in sheet[real.ref]]
        assert held[0] == [column.title for column in table.columns]
        for row, expected in zip(held[1:], table.rows, strict=True):
            read = [cell.date() if isinstance(cell, datetime) else cell for cell in row]
            assert read == [pytest.approx(one.value) if isinstance(one.value, float) else one.value for one in expected]
        assert sheet.freeze_panes == "B5"
    assert book["Processes"]["I5"].number_format == "0.0%"
    assert sum(row[6] for row in book["Data"].iter_rows(min_row=2, values_only=True) if row[0] == "This period") == (
        compared.now.ways.came_in.items
    )
    assert book.properties.creator == BASIS.council


def test_the_workbooks_charts_plot_the_tables(compared: Compared, tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    write_workbook(compared, path)
    book = load_workbook(path)
    expected = {chart.name: chart for chart in charts(compared.now)}
    drawn = {sheet.title: sheet._charts for sheet in book if sheet._charts}
    assert set(drawn) == set(expected) == {"Processes", "Days", "Hours", "Waiting"}
    for name, (chart,) in drawn.items():
        assert chart.x_axis.delete is chart.y_axis.delete is False
        assert chart.x_axis.title
        assert chart.y_axis.title
        for number, series in enumerate(chart.series):
            cells = book["Plotted"][series.val.numRef.f.split("!")[1].replace("$", "")]
            assert [cell.value for (cell,) in cells] == [row.cells[number].value for row in expected[name].rows]
    assert book["Plotted"].sheet_state == "hidden"


def test_no_cell_is_a_formula(compared: Compared, tmp_path: Path) -> None:
    write_workbook(compared, tmp_path / "report.xlsx")
    cells = [cell for sheet in load_workbook(tmp_path / "report.xlsx") for row in sheet.iter_rows() for cell in row]
    assert any(cell.value == EVIL for cell in cells)
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    write_csv(compared, tmp_path / "report.csv")
    with (tmp_path / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        texts = [cell for row in csv.reader(file) for cell in row]
    assert harmless(EVIL) in texts
    assert not [text for text in texts if re.match(r"[=+@\t\r-]", text) and not re.fullmatch(r"-?[\d.e-]+", text)]


class Cells(HTMLParser):
    """Collects the cells of every table and what would load or run something."""

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


def test_the_page_holds_every_figure_and_nothing_from_elsewhere(compared: Compared) -> None:
    text = page(compared)
    cells = Cells()
    cells.feed(text)
    assert cells.outside == []
    for table in tables(compared.now):
        for row in (*table.rows, *filter(None, (table.closing,))):
            assert [
                shown(cell.value, column.kind) for cell, column in zip(row, table.columns, strict=True)
            ] in cells.rows
    for one in headlines(compared):
        assert one.words in text
    assert "<b>" not in text
    assert text.count("<svg viewBox") - text.count('aria-hidden="true"') == text.count('role="img"') == 4


def test_the_csv_holds_every_figure_once(compared: Compared, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    write_csv(compared, path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    keys = [tuple(row[name] for name in HEADINGS if name not in {"value", "unit"}) for row in rows]
    assert len(set(keys)) == len(keys)
    period = compared.now.period
    now = [row for row in rows if (row["from"], row["to"]) == (str(period.first), str(period.last))]
    days = [row for row in now if row["dimension"] == "day" and row["measure"].endswith("Came in")]
    assert sum(int(row["value"]) for row in days) == compared.now.ways.came_in.items
    assert {row["unit"] for row in rows} == {"items", "share", "hours", "minutes", "pages", "days"}


def test_an_empty_ledger_makes_an_honest_report(empty: Compared, tmp_path: Path) -> None:
    said = {one.title: one.words for one in headlines(empty)}
    assert said["Items received"] == "0"
    assert said["Time saved, net"] == "no measured baseline"
    assert said["Half of them delivered within"] == "nothing delivered"
    text = page(empty)
    assert "Nothing waits for a person." in text
    assert "No item of the period was read again" in text
    for write, name in ((write_workbook, "e.xlsx"), (write_csv, "e.csv")):
        write(empty, tmp_path / name)
    assert load_workbook(tmp_path / "e.xlsx")["Waiting"]["A5"].value == "Nothing waits for a person."


def test_differences_are_those_of_the_two_figures(compared: Compared) -> None:
    now, before = compared.now, compared.before
    assert before is not None
    came_in = headlines(compared)[0]
    assert came_in.difference == now.ways.came_in.items - before.ways.came_in.items
    assert came_in.difference_words.startswith("+")


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2026, 11, 26), date(2026, 11, 25), date(2026, 11, 25)),
        (date(2026, 11, 23), date(2026, 11, 20), date(2026, 11, 22)),
        (date(2026, 4, 7), date(2026, 4, 2), date(2026, 4, 6)),
    ],
)
def test_a_daily_report_leaves_no_day_out(today: date, first: date, last: date) -> None:
    assert daily_period(today, "england-and-wales") == Period(first, last)


def test_no_daily_report_on_a_day_on_which_nobody_works() -> None:
    assert daily_period(date(2026, 4, 6), "england-and-wales") is None
    assert daily_period(date(2026, 4, 6), "scotland") is not None
    assert weekly_period(date(2026, 11, 23)) == Period(date(2026, 11, 16), date(2026, 11, 22))
    assert weekly_period(date(2026, 11, 29)) == Period(date(2026, 11, 16), date(2026, 11, 22))


def test_the_mail_says_the_headlines_and_carries_the_files(filled: Ledger) -> None:
    mail = report_mail(filled, BASIS, "weekly", datetime(2026, 4, 20, 7, tzinfo=UTC))
    assert mail is not None
    assert mail.period == Period(date(2026, 4, 13), date(2026, 4, 19))
    assert "All are accounted for." in mail.body
    for one in headlines(compare(filled, BASIS, mail.period, None, made_at=datetime(2026, 4, 20, 7, tzinfo=UTC))):
        assert one.words in mail.body
    assert [one.name for one in mail.attachments] == [
        "post-room-report-2026-04-13-2026-04-19.html", "post-room-report-2026-04-13-2026-04-19.xlsx"
    ]  # fmt: skip
    assert mail.attachments[1].content.startswith(b"PK")
    assert "\n" not in mail.subject
    assert report_mail(filled, BASIS, "daily", datetime(2026, 4, 19, 7, tzinfo=UTC)) is None


def test_artifacts_hold_counts_processes_and_targets_alone(compared: Compared) -> None:
    rows = artifact_rows(compared.now)
    assert rows[-1]["Came in"] == compared.now.ways.came_in.items
    text = artifact_markdown(compared.now)
    assert "Every message accounted for" in text
    assert not re.search(r"\bI\d{7}\b|officer|Manager", text)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (duration(1.5), "90 minutes"), (duration(16), "16.0 hours"), (duration(96), "4.0 days"),
        (minutes(0), "none"), (minutes(0.2), "under a minute"), (minutes(1), "1 minute"),
        (minutes(6000), "100.0 hours"),
        (percent(0.9999), "over 99.9%"), (percent(1), "100.0%"), (percent(0.0001), "under 0.1%"),
    ],
)  # fmt: skip
def test_figures_are_said_as_people_say_them(said: str, expected: str) -> None:
    assert said == expected
