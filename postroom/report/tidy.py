"""The report as one tidy CSV file: a figure a line, for Power BI and other programs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from postroom.period import Period
from postroom.report.figures import Compared, Figures
from postroom.report.headline import headlines
from postroom.report.tables import Kind, TableOf, Value, tables

HEADINGS: Final = ("from", "to", "process", "measure", "dimension", "member", "value", "unit")
_UNITS: Final[dict[Kind, str]] = {
    "count": "items",
    "share": "share",
    "hours": "hours",
    "work": "hours",
    "minutes": "minutes",
}
_DIMENSIONS: Final = {
    "Days": "day", "Hours": "hour", "Reasons": "reason", "Targets": "target", "Failed": "target", "Messages": "state",
}  # fmt: skip
"""What the first column of a table is, where it is not the process."""
_OPENS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_csv(compared: Compared, path: Path) -> None:
    """Write the report as .csv: shares are 0..1, days are ISO, and a figure that does not exist has an empty value."""
    # Excel reads a file without this mark in the machine's old code page; Power BI takes it with or without.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(_lines(compared))


def harmless(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_OPENS_FORMULA) else text


def _lines(compared: Compared) -> Iterator[tuple[str, ...]]:
    for figures in compared.both:
        for one in headlines(Compared(figures, None)):
            unit = "pages" if "Pages" in one.title else "days" if "days" in one.title else _UNITS[one.kind]
            yield _line(figures.period, "", one.title, "all", "", one.now.value, unit)
        for table in tables(figures):
            yield from _of_table(figures, table)


def _of_table(figures: Figures, table: TableOf) -> Iterator[tuple[str, ...]]:
    dimension = _DIMENSIONS.get(table.name, "process")
    names = [place for place, column in enumerate(table.columns) if column.kind in {"text", "day"}]
    for row in table.rows:
        process = str(row[0].value) if dimension == "process" else ""
        parts = [str(row[place].value) for place in names if place or dimension != "process"]
        within = {"Accuracy": "field", "Corrections": "field", "Saved": "baseline"}.get(table.name, dimension)
        for place, column in enumerate(table.columns):
            if place not in names:
                measure = f"{table.title}: {column.title}"
                unit = "pages" if column.title.startswith("Pages") else _UNITS[column.kind]
                member = " / ".join(parts)
                yield _line(figures.period, process, measure, within, member, row[place].value, unit)


def _line(
    period: Period, process: str, measure: str, dimension: str, member: str, value: Value, unit: str
) -> tuple[str, ...]:
    texts = (process, measure, dimension, member)
    figure = "" if value is None else str(value)
    return (str(period.first), str(period.last), *map(harmless, texts), figure, unit)
