"""The managers' report in the terminal, and as values for other programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from desk.cli.printing import print_line, print_table
from postroom.report.charts import ChartOf, charts
from postroom.report.headline import comparison_note, headlines
from postroom.report.tables import TableOf, Value, shown, tables

if TYPE_CHECKING:
    from postroom.report.figures import Compared

_BAR: Final = 24
_PARTS: Final = " ▏▎▍▌▋▊▉█"
_NAMES: Final = {"text", "day"}


def show(compared: Compared) -> None:
    """Print a report for people."""
    figures = compared.now
    first, last = shown(figures.period.first, "day"), shown(figures.period.last, "day")
    part = f", {figures.part.title}" if figures.part.title else ""
    print_line(f"{figures.council}{part}: post received {first} to {last}", "bold")
    if compared.before:
        print_line(comparison_note(compared), "dim")
    heads = ("Figure", "Value") + (("Before", "Difference") if compared.before else ())
    rows = [(one.title, one.words, one.before_words, one.difference_words)[: len(heads)] for one in headlines(compared)]
    print_table(heads, rows, right=heads[1:])
    drawn = {one.name: one for one in charts(figures)}
    for table in tables(figures):
        _show(table, drawn.get(table.name))


def _show(table: TableOf, chart: ChartOf | None) -> None:
    if not table.rows:
        print_line(f"{table.title}: {table.empty}")
        return
    if table.name == "Days" and len(table.rows) > 31:
        return
    rows = (*table.rows, *filter(None, (table.closing,)))
    cells = [
        [shown(cell.value, column.kind) for cell, column in zip(row, table.columns, strict=True)] for row in rows
    ]  # fmt: skip
    heads = [column.title for column in table.columns]
    if chart and len(chart.rows) == len(table.rows) and chart.form != "lines":
        heads.append("")
        cells = [[*row, bar] for row, bar in zip(cells, [*_bars(chart), ""], strict=False)]
    right = [column.title for column in table.columns if column.kind not in _NAMES]
    print_table(heads, cells, title=table.title, right=right)
    if table.name == "Saved":
        print_line(table.explained, "dim")


def _bars(chart: ChartOf) -> Iterator[str]:
    """Yield a bar for each row, as long as its first figure is large."""
    values = [row.cells[0].value for row in chart.rows]
    numbers = [float(value) if isinstance(value, int | float) else 0.0 for value in values]
    top = max(numbers, default=0) or 1
    for value in numbers:
        eighths = round(value / top * _BAR * 8)
        yield "█" * (eighths // 8) + _PARTS[eighths % 8].strip()


def as_values(compared: Compared) -> dict[str, Any]:
    """Return a report as plain values: the same tables, with what stands behind each figure."""
    now, before = compared.now, compared.before
    return {
        "council": now.council,
        "part": now.part.title,
        "from": str(now.period.first),
        "to": str(now.period.last),
        "made_at": now.made_at.isoformat(timespec="seconds"),
        "compared_with": {"from": str(before.period.first), "to": str(before.period.last)} if before else None,
        "headline": [
            {
                "figure": one.title,
                "kind": one.kind,
                "value": one.now.value,
                "before": one.before.value if one.before else None,
                "difference": one.difference,
                "missing": one.missing if one.now.value is None else "",
            }
            for one in headlines(compared)
        ],
        "tables": {
            table.name: [_values(table, [cell.value for cell in row]) for row in table.rows] for table in tables(now)
        },
    }


def _values(table: TableOf, row: Sequence[Value]) -> dict[str, Any]:
    plain = (str(value) if isinstance(value, date) else value for value in row)
    return dict(zip((column.title for column in table.columns), plain, strict=True))
