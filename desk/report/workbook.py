"""The report as an Excel workbook: a sheet and a real table for each part, and charts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from desk.report.figures import Figures
from desk.report.tables import Kind, TableOf, headline, headline_value, savings_note, tables

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

FORMATS: dict[Kind, str] = {
    "text": "@",
    "count": "#,##0",
    "share": "0.0%",
    "hours": "#,##0.00",
    "duration": '#,##0.00 "hours"',
    "day": "ddd d mmm yyyy",
}


def write_workbook(figures: Figures, path: Path) -> None:
    """Write the report as .xlsx."""
    from openpyxl import Workbook

    book = Workbook()
    front = book.active
    front.title = "Summary"
    _write_front(front, figures)
    for table in tables(figures):
        sheet = book.create_sheet(table.name)
        _write_table(sheet, table)
        if table.name in {"Processes", "Days"} and table.rows:
            _add_chart(sheet, table)
    book.save(path)


def _write_front(sheet: Worksheet, figures: Figures) -> None:
    from openpyxl.styles import Alignment, Font

    period = figures.period
    sheet["A1"] = f"{figures.council}: post room report"
    sheet["A1"].font = Font(size=16, bold=True)
    sheet["A2"] = f"Post received {period.first:%d %B %Y} to {period.last:%d %B %Y}, as it stood on " \
                  f"{figures.made_at.astimezone():%d %B %Y at %H:%M}"  # fmt: skip
    for row, (title, value, kind) in enumerate(headline(figures), 4):
        sheet.cell(row, 1, title)
        cell = sheet.cell(row, 2, headline_value(figures, title, value, kind) if value is None else value)
        cell.number_format = FORMATS[kind]
        cell.font = Font(bold=True)
        cell.alignment = Alignment(horizontal="right")
    note = sheet.cell(row + 2, 1, f"Keying saved: {savings_note(figures)}")
    note.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.row_dimensions[row + 2].height = 60
    sheet.column_dimensions["A"].width = 64
    sheet.column_dimensions["B"].width = 26


def _write_table(sheet: Worksheet, table: TableOf) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.table import Table, TableStyleInfo

    sheet["A1"] = table.explained
    sheet["A1"].font = Font(italic=True)
    for number, column in enumerate(table.columns, 1):
        heading = sheet.cell(3, number, column.title)
        heading.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(number)].width = 30 if column.kind == "text" else 15
        for row, cells in enumerate(table.rows, 4):
            cell = sheet.cell(row, number, cells[number - 1])
            cell.number_format = FORMATS[column.kind]
            if column.kind == "text":
                # A title that begins with = is a title and no formula.
                cell.data_type = "s"
    if not table.rows:
        sheet["A4"] = table.empty
        return
    last = get_column_letter(len(table.columns))
    real = Table(displayName=f"{table.name}Table", ref=f"A3:{last}{3 + len(table.rows)}")
    real.tableStyleInfo = TableStyleInfo(name="TableStyleMedium2", showRowStripes=True)
    sheet.add_table(real)
    sheet.freeze_panes = "B4"


def _add_chart(sheet: Worksheet, table: TableOf) -> None:
    from openpyxl.chart import BarChart, Reference

    chart = BarChart()
    chart.type = "bar" if table.name == "Processes" else "col"
    chart.title = f"Items and delivered items, by {'process' if table.name == 'Processes' else 'day received'}"
    chart.height, chart.width = max(7.5, 0.8 * len(table.rows)), 22
    last = 3 + len(table.rows)
    chart.add_data(Reference(sheet, min_col=2, max_col=3, min_row=3, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=4, max_row=last))
    chart.x_axis.delete = chart.y_axis.delete = False
    sheet.add_chart(chart, f"A{last + 3}")
