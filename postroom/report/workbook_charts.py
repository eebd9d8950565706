"""The charts of the workbook, which Excel itself draws from a sheet of what they plot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from postroom.report.charts import ChartOf

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

COLOURS: Final = ("1D5C96", "7FB0D9", "D98A1F", "9AA5AF")
PLOTTED: Final = "Plotted"
"""Name of the hidden sheet that holds what the charts plot."""


def add_chart(book: Workbook, sheet: Worksheet, chart: ChartOf, row: int) -> None:
    """Add a chart below a table."""
    made = _new(chart)
    _plot(book, made, chart)
    made.title = chart.title
    made.height = max(8.5, 0.9 * len(chart.rows) + 3) if chart.form == "bars" else 9.5
    made.width = 25
    made.legend.position = "b"
    # Left out, Excel draws the title and the legend over the chart.
    made.title.overlay = made.legend.overlay = False
    if len(chart.series) == 1:
        made.legend = None
    made.x_axis.title, made.y_axis.title = chart.heading, chart.unit
    made.visible_cells_only = False
    # Left out, Excel hides the axes of charts that openpyxl wrote.
    made.x_axis.delete = made.y_axis.delete = False
    made.y_axis.scaling.min = 0
    made.y_axis.number_format, made.y_axis.majorGridlines.spPr = "#,##0", _thin("D5DBE1")
    if chart.top <= 10:
        made.y_axis.majorUnit = 1 if chart.top <= 5 else 2
    sheet.add_chart(made, f"A{row}")


def _new(chart: ChartOf) -> Any:
    from openpyxl.chart import BarChart, LineChart

    if chart.form == "lines":
        return LineChart()
    made = BarChart()
    made.type = "bar" if chart.form == "bars" else "col"
    made.gapWidth = 45
    if chart.form == "bars":
        made.grouping, made.overlap = "stacked", 100
        # The first process stands at the top, as in the table.
        made.x_axis.scaling.orientation = "maxMin"
    return made


def _plot(book: Workbook, made: Any, chart: ChartOf) -> None:
    """Write what a chart plots on a sheet of its own, so that sorting and filtering the tables leaves it whole."""
    from openpyxl.chart import Reference

    sheet = book[PLOTTED] if PLOTTED in book.sheetnames else book.create_sheet(PLOTTED)
    first = sheet.max_column + 2 if sheet.max_row > 1 else 1
    for place, head in enumerate((chart.heading, *chart.series), first):
        sheet.cell(1, place, head).data_type = "s"
    for number, row in enumerate(chart.rows, 2):
        sheet.cell(number, first, row.short if chart.form == "lines" else row.label).data_type = "s"
        for place, cell in enumerate(row.cells, first + 1):
            sheet.cell(number, place, cell.value)
    last = len(chart.rows) + 1
    data = Reference(sheet, min_col=first + 1, max_col=first + len(chart.series), min_row=1, max_row=last)
    made.add_data(data, titles_from_data=True)
    made.set_categories(Reference(sheet, min_col=first, min_row=2, max_row=last))
    for number, series in enumerate(made.series):
        _paint(series, chart, number)


def _paint(series: Any, chart: ChartOf, number: int) -> None:
    if chart.form == "lines":
        series.smooth = False
        series.graphicalProperties.line.solidFill = COLOURS[number * 2]
        series.graphicalProperties.line.width = 28000
        series.graphicalProperties.line.dashStyle = "dash" if number else "solid"
    else:
        series.graphicalProperties.solidFill = COLOURS[number]
        series.graphicalProperties.line.solidFill = "FFFFFF"


def _thin(colour: str) -> Any:
    from openpyxl.chart.shapes import GraphicalProperties

    made = GraphicalProperties()
    made.line.solidFill = colour
    return made
