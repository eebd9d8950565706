from __future__ import annotations

import os
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.table import Table, TableFormula

from connectors.excel import Column, ExcelSettings, ExcelTarget
from connectors.excel.cells import read_cell, write_text
from connectors.excel.workbook_file import one_writer
from postroom.delivery import Target
from postroom.errors import ConnectorDown, RefusedByTarget, TransientError
from tests.contracts.target import PLAIN, TargetContract, TargetWorld, delivery


class ExcelWorld(TargetWorld):
    faults: ClassVar = {
        "open in Excel": TransientError,
        "open in LibreOffice": TransientError,
        "another writer": TransientError,
        "no folder": ConnectorDown,
        "no workbook": ConnectorDown,
    }

    def __init__(self, path: Path) -> None:
        self.path = path

    def target(self) -> Target:
        return self.open()

    def open(self, **more: Any) -> ExcelTarget:
        return ExcelTarget(ExcelSettings(kind="excel", name="register", path=self.path, wait_seconds=0.2, **more))

    def count(self, key: str) -> int:
        return sum(key in row for row in self.rows())

    def rows(self) -> list[list[Any]]:
        if not self.path.exists():
            return []
        return [list(row) for row in openpyxl.load_workbook(self.path)["Register"].iter_rows(values_only=True)]

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        excel = self.path.with_name(f"~${self.path.name}")
        libre = self.path.with_name(f".~lock.{self.path.name}#")
        saved = self.path.read_bytes() if self.path.exists() else None
        self.path.parent.mkdir(exist_ok=True)
        drive = self.path.parent.parent
        elsewhere = drive.with_name("elsewhere")
        if name == "open in Excel":
            excel.write_bytes(b"\x0bJane Placid" + b" " * 43)
        elif name == "open in LibreOffice":
            libre.write_text("Jane Placid,jplacid,pc,14.09.2026 09:30,file:///x;")
        elif name == "no folder":
            drive.rename(elsewhere)
        elif name == "no workbook":
            self.path.write_bytes(b"PK not a workbook")
        try:
            if name == "another writer":
                with one_writer(self.path, 1):
                    yield
            else:
                yield
        finally:
            excel.unlink(missing_ok=True)
            libre.unlink(missing_ok=True)
            if elsewhere.exists():
                elsewhere.rename(drive)
            if name == "no workbook":
                self.path.unlink() if saved is None else self.path.write_bytes(saved)


@pytest.fixture
def world(tmp_path: Path) -> ExcelWorld:
    (tmp_path / "drive").mkdir()
    return ExcelWorld(tmp_path / "drive" / "registers" / "Register 2026.xlsx")


class TestExcelTarget(TargetContract):
    kind = "excel"


TYPED = (
    Column(field="full_name", title="Name"),
    Column(field="moving_date", type="date"),
    Column(field="net", title="Net £", type="money"),
    Column(field="bins", type="integer"),
    Column(field="sort_code"),
)


def test_a_new_workbook_has_a_real_table(world: ExcelWorld) -> None:
    target = world.open(columns=TYPED)
    fields = {"full_name": "Ada", "moving_date": "2026-09-14", "net": "1234.50", "bins": "2", "sort_code": "001122"}
    receipt = target.deliver(delivery(1, fields))
    target.deliver(delivery(2, {**fields, "bins": "3"}))
    assert {name: target.read_back(receipt)[name] for name in fields} == fields
    sheet = openpyxl.load_workbook(world.path)["Register"]
    assert [cell.value for cell in sheet[1]] == ["Name", "Moving date", "Net £", "Bins", "Sort code", "Postroom key"]
    assert [cell.value for cell in sheet[2]][:5] == ["Ada", datetime(2026, 9, 14), 1234.5, 2, "001122"]  # noqa: DTZ001
    assert sheet.tables["Register"].ref == "A1:F3"
    assert sheet.freeze_panes == "A2"
    assert sheet["B2"].number_format == "dd/mm/yyyy"
    assert sheet.title == "Register"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("date", "1899-12-31"), ("date", "2026-02-30"), ("date", "unclear"), ("date", ""),
        ("money", "=1"), ("money", "12345678901234567.89"), ("money", "0.10"),
        ("integer", "0012"), ("integer", "12345678901234567890"), ("integer", "0"),
    ],
)  # fmt: skip
def test_what_a_type_cannot_hold_exactly_stays_text(world: ExcelWorld, kind: Any, value: str) -> None:
    target = world.open(columns=(Column(field="value", type=kind),))
    assert target.read_back(target.deliver(delivery(1, {"value": value, "other": "x"})))["value"] == value


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "#N/A", "=cmd|' /C calc'!A0", "\n=1"])
def test_no_value_becomes_a_formula(world: ExcelWorld, start: str) -> None:
    value = start + "1+1"
    target = world.open()
    target.deliver(delivery(2, {"summary": value}))
    assert target.read_back(target.deliver(delivery(1, {"summary": value})))["summary"] == value
    with zipfile.ZipFile(world.path) as package:
        assert b"<f>" not in package.read("xl/worksheets/sheet1.xml")
    cell = openpyxl.load_workbook(world.path)["Register"]["A2"]
    assert cell.data_type == "s"
    assert bool(cell.quotePrefix) == (value[0] in "=+-@\t\r")


@given(st.text(max_size=60) | st.text(alphabet="_x005Ff78aD", max_size=30))
@settings(max_examples=150, deadline=None)
def test_any_text_comes_back_as_it_was(text: str) -> None:
    cell = openpyxl.Workbook().active.cell(1, 1)
    write_text(cell, text)
    assert cell.data_type == "s"
    cell.value.encode()
    assert read_cell(cell, "text") == text


def test_text_that_looks_like_an_escape_survives_the_file(world: ExcelWorld) -> None:
    target = world.open()
    value = "a_x000D_b \x07 _x005F_ ax005F_b __x0078_ \r end"
    receipt = target.deliver(delivery(1, {"summary": value}))
    target.deliver(delivery(2, {"summary": value}))
    assert target.read_back(receipt)["summary"] == value


def test_text_longer_than_a_cell_is_refused_and_never_cut(world: ExcelWorld) -> None:
    with pytest.raises(RefusedByTarget, match="40,000 characters"):
        world.open().deliver(delivery(1, {"summary": "x" * 40_000}))
    assert not world.path.exists()
    assert not list(world.path.parent.glob("*.tmp*"))


def people_made(path: Path) -> None:
    """Save a workbook as people keep it: a title above, columns of their own, another sheet, a chart."""
    from openpyxl.chart import BarChart, Reference
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    path.parent.mkdir()
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Register"
    sheet["A1"] = "Complaints 2026"
    for row in (["Full name", "Officer", "Summary", "Letters"], ["Old Entry", "JP", "By hand", None]):
        sheet.append(row)
    sheet["D3"] = "=LEN(Register[[#This Row],[Summary]])"
    table = Table(displayName="Complaints", ref="A2:D3")
    table._initialise_columns()
    for column, heading in zip(table.tableColumns, ("Full name", "Officer", "Summary", "Letters"), strict=True):
        column.name = heading
    table.tableColumns[3].calculatedColumnFormula = TableFormula(attr_text="LEN(Complaints[[#This Row],[Summary]])")
    sheet.add_table(table)
    sheet["B3"].fill = PatternFill("solid", fgColor="FFFF00")
    sheet["B3"].comment = Comment("Ask Jane", "JP")
    figures = book.create_sheet("Figures")
    figures.append([1, 2, 3])
    chart = BarChart()
    chart.add_data(Reference(figures, min_col=1, max_col=3, min_row=1))
    figures.add_chart(chart)
    book.save(path)


def test_what_people_added_is_kept(world: ExcelWorld) -> None:
    people_made(world.path)
    target = world.open()
    receipt = target.deliver(delivery(1, PLAIN))
    target.deliver(delivery(2, {**PLAIN, "service": "Waste"}))
    assert {name: target.read_back(receipt)[name] for name in PLAIN} == dict(PLAIN)
    book = openpyxl.load_workbook(world.path)
    sheet = book["Register"]
    assert sheet["A1"].value == "Complaints 2026"
    headings = [cell.value for cell in sheet[2]]
    assert headings == ["Full name", "Officer", "Summary", "Letters", "Postroom key", "Service"]
    assert [cell.value for cell in sheet[3]][:3] == ["Old Entry", "JP", "By hand"]
    assert sheet["B3"].fill.fgColor.rgb == "00FFFF00"
    assert sheet["B3"].comment.text == "Ask Jane"
    assert sheet["A5"].value == PLAIN["full_name"]
    assert sheet["D4"].value == "=LEN(Complaints[[#This Row],[Summary]])", "a calculated column goes on"
    assert sheet.tables["Complaints"].ref == "A2:F5"
    assert [column.name for column in sheet.tables["Complaints"].tableColumns] == headings
    assert len(book["Figures"]._charts) == 1


def test_a_row_that_people_wrote_below_the_table_is_not_written_over(world: ExcelWorld) -> None:
    target = world.open()
    target.deliver(delivery(1, PLAIN))
    book = openpyxl.load_workbook(world.path)
    book["Register"]["A3"] = "Typed below"
    book.save(world.path)
    target.deliver(delivery(2, PLAIN))
    assert [row[0] for row in world.rows()] == ["Full name", PLAIN["full_name"], "Typed below", PLAIN["full_name"]]


def test_people_may_sort_and_move_columns(world: ExcelWorld) -> None:
    target = world.open()
    first, second = target.deliver(delivery(1, PLAIN)), target.deliver(delivery(2, {**PLAIN, "full_name": "Bo"}))
    book = openpyxl.load_workbook(world.path)
    sheet = book["Register"]
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    for number, row in enumerate([rows[0], rows[2], rows[1]], 1):
        for column, value in enumerate(row[::-1], 1):
            sheet.cell(number, column).value = value
    for column, heading in zip(sheet.tables["Register"].tableColumns, rows[0][::-1], strict=True):
        column.name = heading
    book.save(world.path)
    assert target.read_back(first)["full_name"] == PLAIN["full_name"]
    assert target.read_back(second)["full_name"] == "Bo"
    assert target.find(first.reference) is not None


def test_a_total_row_is_not_torn_apart(world: ExcelWorld) -> None:
    target = world.open()
    target.deliver(delivery(1, PLAIN))
    book = openpyxl.load_workbook(world.path)
    book["Register"].tables["Register"].totalsRowCount = 1
    book.save(world.path)
    with pytest.raises(ConnectorDown, match="total row"):
        target.deliver(delivery(2, PLAIN))


def test_saving_never_drops_what_cannot_be_kept(world: ExcelWorld) -> None:
    target = world.open()
    target.deliver(delivery(1, PLAIN))
    with zipfile.ZipFile(world.path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    slicer = b'<Override PartName="/xl/slicers/slicer1.xml" ContentType="application/vnd.ms-excel.slicer+xml"/></Types>'
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", slicer)
    with zipfile.ZipFile(world.path, "w") as package:
        for name, content in {**parts, "xl/slicers/slicer1.xml": b"<slicers/>"}.items():
            package.writestr(name, content)
    before = world.path.read_bytes()
    with pytest.raises(ConnectorDown, match="slicer"):
        target.deliver(delivery(2, PLAIN))
    assert world.path.read_bytes() == before


def test_a_save_by_somebody_else_meanwhile_is_kept(world: ExcelWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    target = world.open()
    target.deliver(delivery(1, PLAIN))
    copymode, saves = shutil.copymode, []

    def saved_meanwhile(*paths: Any) -> None:
        copymode(*paths)
        if not saves:
            book = openpyxl.load_workbook(world.path)
            book["Register"]["D1"] = "Officer"
            book.save(world.path)
        saves.append(paths)

    monkeypatch.setattr(shutil, "copymode", saved_meanwhile)
    target.deliver(delivery(2, PLAIN))
    assert len(saves) == 2
    assert world.rows()[0][3] == "Officer"
    assert len(world.rows()) == 3


def test_two_workers_at_once_lose_no_row(world: ExcelWorld) -> None:
    def work(numbers: range) -> None:
        target = ExcelTarget(ExcelSettings(kind="excel", name="register", path=world.path, wait_seconds=30))
        for number in numbers:
            target.deliver(delivery(number, PLAIN))

    workers = [threading.Thread(target=work, args=(numbers,)) for numbers in (range(0, 6), range(3, 9))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    keys = [row[2] for row in world.rows()[1:]]
    assert sorted(keys) == sorted(delivery(number, PLAIN).key for number in range(9))


def test_a_crash_while_saving_leaves_the_old_workbook(world: ExcelWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    target = world.open()
    target.deliver(delivery(1, PLAIN))
    before = world.path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(TransientError, match="No space left"):
            target.deliver(delivery(2, PLAIN))
    assert world.path.read_bytes() == before
    assert target.find(delivery(2, PLAIN).key) is None, "what was not saved is not remembered either"
    target.deliver(delivery(2, PLAIN))
    assert len(world.rows()) == 3


def test_a_key_that_was_copied_by_hand_goes_to_a_person(world: ExcelWorld) -> None:
    target = world.open()
    receipt = target.deliver(delivery(1, PLAIN))
    book = openpyxl.load_workbook(world.path)
    book["Register"].append([cell.value for cell in book["Register"][2]])
    book.save(world.path)
    with pytest.raises(RefusedByTarget, match="rows 2, 3"):
        target.find(receipt.reference)


def test_a_row_deleted_by_hand_is_told(world: ExcelWorld) -> None:
    target = world.open()
    receipt = target.deliver(delivery(1, PLAIN))
    world.path.unlink()
    assert target.find(receipt.reference) is None
    with pytest.raises(RefusedByTarget, match="no longer"):
        target.read_back(receipt)


def test_the_registers_own_folder_is_made_and_no_more(world: ExcelWorld) -> None:
    target = world.open()
    assert any("made at the first delivery" in sentence for sentence in target.check())
    assert not world.path.parent.exists()
    target.deliver(delivery(1, PLAIN))
    assert world.path.exists()
    absent = ExcelTarget(
        ExcelSettings(kind="excel", name="register", path=world.path.parent / "not" / "mounted" / "register.xlsx")
    )
    for act in (absent.check, lambda: absent.deliver(delivery(1, PLAIN))):
        with pytest.raises(ConnectorDown):
            act()


def test_who_has_it_open_is_told(world: ExcelWorld) -> None:
    target = world.open()
    target.deliver(delivery(1, PLAIN))
    for name in ("open in Excel", "open in LibreOffice"):
        with world.fault(name):
            with pytest.raises(TransientError, match=r"Jane Placid has Register 2026\.xlsx open"):
                target.deliver(delivery(2, PLAIN))
            assert any("Jane Placid" in sentence for sentence in target.check())
            assert target.find(delivery(1, PLAIN).key), "reading goes on"


def test_only_plain_workbooks_are_taken() -> None:
    with pytest.raises(ValueError, match=r"must end in \.xlsx"):
        ExcelSettings(kind="excel", name="register", path=Path("register.xlsm"))


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed.")
def test_libreoffice_opens_it_and_sees_no_formula(world: ExcelWorld, tmp_path: Path) -> None:
    world.open(columns=TYPED).deliver(delivery(1, {"full_name": "=1+1", "moving_date": "2026-09-14", "net": "1.50"}))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    # As shown on a British machine: commas, quotes, UTF-8, from the first line, en-GB, cells as they show.
    as_shown = "csv:Text - txt - csv (StarCalc):44,34,76,1,,2057,false,true"
    command = ["soffice", profile, "--headless", "--convert-to", as_shown, "--outdir", str(tmp_path), str(world.path)]
    subprocess.run(command, check=True, capture_output=True, timeout=100)
    assert b"=1+1,14/09/2026" in (tmp_path / "Register 2026.csv").read_bytes()
