"""The report as a file, in the form its name asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final, Literal

from postroom.errors import ConfigError
from postroom.period import Period
from postroom.report.figures import Compared
from postroom.report.page import write_page
from postroom.report.tidy import write_csv
from postroom.report.workbook import write_workbook

DAYS: Final = 28
"""How far a report goes back when nobody says otherwise, in days."""
WRITERS: Final[Mapping[str, Callable[[Compared, Path], None]]] = {
    ".xlsx": write_workbook,
    ".html": write_page,
    ".csv": write_csv,
}
"""How a report is written, by the ending of the file's name."""
Earlier = Literal["previous", "year-before", "none"]


def write_report(compared: Compared, path: Path) -> None:
    """Write a report.

    Args:
        compared: Its figures.
        path: Ends in .xlsx, .html or .csv; its folder is made.

    Raises:
        ConfigError: The name has another ending.
    """
    write = writer_of(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write(compared, path)


def writer_of(path: Path) -> Callable[[Compared, Path], None]:
    """Return how a report of this name is written.

    Raises:
        ConfigError: The name has another ending.
    """
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise ConfigError(f'No report can be written as "{path.name}".', hint=f"End it in {', '.join(WRITERS)}.")
    return write


def period_of(first: date | None, last: date | None, today: date) -> Period:
    """Return the period from one day to another, each with its default.

    Raises:
        ConfigError: It ends before it begins.
    """
    end = last or today
    start = first or end - timedelta(days=DAYS - 1)
    if start > end:
        raise ConfigError(f"The report would begin on {start} and end on {end}.", hint="Exchange --from and --to.")
    return Period(start, end)


def earlier_of(period: Period, earlier: Earlier) -> Period | None:
    """Return the period to compare with."""
    if earlier == "none":
        return None
    return period.before() if earlier == "previous" else period.year_before()
