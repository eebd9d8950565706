"""Counts of a report for pages outside the desk, such as Prefect's: nothing of the post and nobody's name."""

from __future__ import annotations

from datetime import date

from postroom.report.figures import Figures
from postroom.report.tables import TableOf, Value, shown, tables

_SHOWN = ("Messages", "Processes", "Waiting", "Failed")
"""Tables that hold counts, processes and targets alone."""


def artifact_rows(figures: Figures) -> list[dict[str, str | int | float]]:
    """Return what became of the items of each process, as rows for a table artifact."""
    (table,) = [one for one in tables(figures) if one.name == "Processes"]
    heads = [column.title for column in table.columns]
    rows = (*table.rows, *filter(None, (table.closing,)))
    return [{head: _plain(cell.value) for head, cell in zip(heads, row, strict=True)} for row in rows]


def artifact_markdown(figures: Figures) -> str:
    """Return the counts of a report as Markdown."""
    first, last = shown(figures.period.first, "day"), shown(figures.period.last, "day")
    parts = [f"# Post received {first} to {last}"]
    parts += [_section(table) for table in tables(figures) if table.name in _SHOWN]
    return "\n\n".join(parts) + "\n"


def _section(table: TableOf) -> str:
    top = f"## {table.title}\n\n{table.explained}"
    if not table.rows:
        return f"{top}\n\n{table.empty}"
    rule = "|".join(" --- " if column.kind == "text" else " ---: " for column in table.columns)
    lines = [_line([column.title for column in table.columns]), f"|{rule}|"]
    for row in (*table.rows, *filter(None, (table.closing,))):
        pairs = zip(row, table.columns, strict=True)
        lines.append(_line([shown(cell.value, column.kind) for cell, column in pairs]))
    return f"{top}\n\n" + "\n".join(lines)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _plain(value: Value) -> str | int | float:
    return "" if value is None else str(value) if isinstance(value, date) else value
