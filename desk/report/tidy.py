"""The report as one tidy CSV file: a figure a line, for other programs."""

from __future__ import annotations

import csv
from pathlib import Path

from desk.report.figures import Figures
from desk.report.tables import tables

HEADINGS = ("table", "row", "measure", "value")


def write_csv(figures: Figures, path: Path) -> None:
    """Write the report as .csv; rows with two names join them by a slash, shares are 0..1, absent figures are empty."""
    # The mark at the beginning makes Excel read it as UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for table in tables(figures):
            names = [place for place, column in enumerate(table.columns) if column.kind in {"text", "day"}]
            for row in table.rows:
                name = "/".join(str(row[place]) for place in names)
                for place, column in enumerate(table.columns):
                    if place not in names:
                        value = row[place]
                        writer.writerow((table.name, name, column.title, "" if value is None else value))
