"""The report as an Excel workbook: real tables and native charts, and a sheet of data to work with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from postroom.report.charts import charts
from postroom.report.figures import Compared, Figures
from postroom.report.headline import Headline, comparison_note, headlines
from postroom.report.tables import Cell, Kind, TableOf, minute, shown, tables

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell as SheetCell
    from openpyxl.worksheet.worksheet import Worksheet

FORMATS: Final[dict[Kind, str]] = {
    "text": "@",
    "count": "#,##0",
    "share": "0.0%",
    "hours": '#,##0.0 "h"',
    "work": '#,##0.0 "h"',
    "minutes": '#,##0 "min"',
    "day": "ddd d mmm yyyy",
}
_DIFFERENCES: Final[dict[Kind, str]] = {
    "count": "+#,##0;-#,##0;0",
    "share": '+0.0%;-0.0%;0.0%',
    "hours": '+#,##0.0 "h";-#,##0.0 "h";0 "h"',
    "work": '+#,##0.0 "h";-#,##0.0 "h";0 "h"',
}  # fmt: skip
_WIDTH: Final = 15
_NAME_WIDTH: Final = 32
_FIRST_ROW: Final = 5
_ONE_PAGE: Final = 20
"""After more rows a chart no longer fits on the same page of paper."""
_FONT: Final = "Arial"
_HEAD: Final = "1D3F5E"
_DATA: Final = ("Period", "Day received", "Process", "Outcome", "State", "Touched by a person", "Items", "Pages")


def write_workbook(compared: Compared, path: Path) -> None:
    """Write the report as .xlsx."""
    from openpyxl import Workbook

    from postroom.report.workbook_charts import PLOTTED, add_chart

    figures = compared.now
    book = Workbook()
    front = book.active
    front.title = "Summary"
    _write_front(front, compared)
    drawn = {one.name: one for one in charts(figures)}
    for table in tables(figures):
        sheet = book.create_sheet(table.name)
        last = _write_table(sheet, table)
        if table.name in drawn and table.rows:
            if last > _ONE_PAGE:
                _break_after(sheet, last)
            add_chart(book, sheet, drawn[table.name], last + 2)
        _set_up_print(sheet, figures, table.title)
    _write_data(book.create_sheet("Data"), compared)
    if PLOTTED in book.sheetnames:
        book.move_sheet(PLOTTED, offset=len(book.sheetnames))
        book[PLOTTED].sheet_state = "hidden"
    _describe(book, figures)
    book.save(path)


def _break_after(sheet: Worksheet, row: int) -> None:
    from openpyxl.worksheet.pagebreak import Break

    sheet.row_breaks.append(Break(id=row))


def _write_front(sheet: Worksheet, compared: Compared) -> None:
    from openpyxl.styles import Alignment, Font

    figures = compared.now
    part = f", {figures.part.title}" if figures.part.title else ""
    _put(sheet, 1, 1, f"{figures.council}{part}: post room report").font = Font(name=_FONT, size=16, bold=True)
    first, last = shown(figures.period.first, "day"), shown(figures.period.last, "day")
    _put(sheet, 2, 1, f"Post received {first} to {last}, as it stood on {minute(figures.made_at)}")
    heads = ("Figure", "This period") + (("Before", "Difference") if compared.before else ())
    rows = headlines(compared)
    _write_head(sheet, 4, [(head, place > 0) for place, head in enumerate(heads)])
    for number, one in enumerate(rows, 5):
        _write_headline(sheet, number, one)
    _make_table(sheet, "Headline", 4, 4 + len(rows), len(heads))
    for number, note in enumerate(filter(None, (comparison_note(compared), _FOOT)), 6 + len(rows)):
        cell = _put(sheet, number, 1, note)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.merge_cells(start_row=number, start_column=1, end_row=number, end_column=4)
        sheet.row_dimensions[number].height = 48
    for letter, width in zip("ABCD", (44, 24, 18, 18), strict=True):
        sheet.column_dimensions[letter].width = width
    _set_up_print(sheet, figures, "Summary")


_FOOT: Final = (
    "Every figure is counted in the ledger; none is estimated. Each sheet holds one table; “Data” holds the counts "
    "they are made of, to pivot."
)


def _write_headline(sheet: Worksheet, number: int, one: Headline) -> None:
    from openpyxl.styles import Alignment, Font

    _put(sheet, number, 1, one.title)
    values: list[tuple[Any, str]] = [(one.words if one.now.value is None else one.now.value, FORMATS[one.kind])]
    if one.before:
        values.append((one.before_words if one.before.value is None else one.before.value, FORMATS[one.kind]))
        values.append((one.difference, _DIFFERENCES[one.kind]))
    for place, (value, form) in enumerate(values, 2):
        cell = _put(sheet, number, place, value)
        cell.number_format = form
        cell.alignment = Alignment(horizontal="right")
        cell.font = Font(name=_FONT, bold=place == 2)


def _write_table(sheet: Worksheet, table: TableOf) -> int:
    """Write a table and return the last row it takes."""
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    _put(sheet, 1, 1, table.title).font = Font(name=_FONT, size=14, bold=True)
    note = _put(sheet, 2, 1, table.explained)
    note.alignment = Alignment(wrap_text=True, vertical="top")
    columns = max(len(table.columns), 5)
    sheet.merge_cells(start_row=2, start_column=1, end_row=2, end_column=columns)
    sheet.row_dimensions[2].height = 15 * (1 + len(table.explained) // (_NAME_WIDTH + _WIDTH * (columns - 1)))
    for number, column in enumerate(table.columns, 1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = _NAME_WIDTH if column.kind == "text" else _WIDTH
    sheet.column_dimensions["A"].width = _NAME_WIDTH
    _write_head(sheet, _FIRST_ROW - 1, [(one.title, one.kind not in {"text", "day"}) for one in table.columns])
    if not table.rows:
        _put(sheet, _FIRST_ROW, 1, table.empty)
        return _FIRST_ROW
    last = _FIRST_ROW - 1 + len(table.rows)
    for number, cells in enumerate((*table.rows, *([table.closing] if table.closing else [])), _FIRST_ROW):
        _write_row(sheet, number, cells, table, bold=number > last)
    _make_table(sheet, table.name, _FIRST_ROW - 1, last, len(table.columns))
    sheet.freeze_panes = f"B{_FIRST_ROW}"
    return last + bool(table.closing)


def _write_head(sheet: Worksheet, row: int, heads: Sequence[tuple[str, bool]]) -> None:
    """Write headings with colours of their own, since not every program draws the styles of tables."""
    from openpyxl.styles import Alignment, Font, PatternFill

    for place, (head, right) in enumerate(heads, 1):
        cell = _put(sheet, row, place, head)
        cell.font = Font(name=_FONT, bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor=_HEAD)
        cell.alignment = Alignment(horizontal="right" if right else "left", vertical="bottom", wrap_text=True)
    sheet.row_dimensions[row].height = 32


def _write_row(sheet: Worksheet, number: int, cells: tuple[Cell, ...], table: TableOf, *, bold: bool) -> None:
    from openpyxl.styles import Alignment, Font

    for place, (cell, column) in enumerate(zip(cells, table.columns, strict=True), 1):
        written = _put(sheet, number, place, cell.value)
        written.number_format = FORMATS[column.kind]
        written.font = Font(name=_FONT, bold=bold)
        if column.kind == "text":
            written.alignment = Alignment(wrap_text=True, vertical="top")
        elif column.kind == "day":
            written.alignment = Alignment(horizontal="left")


def _put(sheet: Worksheet, row: int, column: int, value: Any) -> SheetCell:
    from openpyxl.styles import Font

    cell: SheetCell = sheet.cell(row, column, value)
    cell.font = Font(name=_FONT)
    if isinstance(value, str):
        # A title that begins with = is a title and no formula.
        cell.data_type = "s"
    return cell


def _make_table(sheet: Worksheet, name: str, first: int, last: int, columns: int) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.table import Table, TableStyleInfo

    real = Table(displayName=f"{name}Table", ref=f"A{first}:{get_column_letter(columns)}{last}")
    real.tableStyleInfo = TableStyleInfo(name="TableStyleMedium2", showRowStripes=True)
    sheet.add_table(real)


def _write_data(sheet: Worksheet, compared: Compared) -> None:
    _write_head(sheet, 1, [(head, head in {"Items", "Pages"}) for head in _DATA])
    number = 1
    for name, figures in zip(("This period", "Before"), compared.both, strict=False):
        for one in sorted(figures.buckets, key=lambda one: (one.day, one.process, one.state, one.touched, one.outcome)):
            number += 1
            touched = "yes" if one.touched else "no"
            values = (name, one.day, one.process, one.outcome, one.state, touched, one.items, one.pages)
            for place, value in enumerate(values, 1):
                _put(sheet, number, place, value)
            sheet.cell(number, 2).number_format = "yyyy-mm-dd"
    if number > 1:
        _make_table(sheet, "Data", 1, number, len(_DATA))
    for letter, width in zip("ABCDEFGH", (14, 14, 26, 18, 14, 20, 10, 10), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    _set_up_print(sheet, compared.now, "Data", heading_row=1)


def _set_up_print(sheet: Worksheet, figures: Figures, title: str, heading_row: int = _FIRST_ROW - 1) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToHeight = 0
    sheet.print_title_rows = f"{heading_row}:{heading_row}"
    # An ampersand begins a command in headers of Excel.
    sheet.oddHeader.left.text = figures.council.replace("&", "&&")
    sheet.oddHeader.right.text = title
    sheet.oddFooter.center.text = "Page &P of &N"
    sheet.sheet_view.zoomScale = 100


def _describe(book: Any, figures: Figures) -> None:
    about = book.properties
    about.title = f"Post room report, {figures.period.first} to {figures.period.last}"
    about.subject = "What came in, what went through, what waits, and what it saved"
    about.creator = figures.council
    about.language = "en-GB"
    about.created = about.modified = figures.made_at.replace(tzinfo=None)
