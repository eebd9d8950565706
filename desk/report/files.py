"""The report as a file, in the form its name asks for."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from desk.report.figures import Figures, Period, gather
from desk.report.page import write_page
from desk.report.tidy import write_csv
from desk.report.workbook import write_workbook
from postroom.clock import utc_now
from postroom.errors import ConfigError

if TYPE_CHECKING:
    from config.settings import Settings
    from postroom.ledger import Ledger

DAYS = 28
"""How far a report goes back when nobody says otherwise, in days."""
WRITERS = {".xlsx": write_workbook, ".html": write_page, ".csv": write_csv}
"""How a report is written, by the ending of the file's name."""


def write_report(ledger: Ledger, settings: Settings, path: Path, period: Period | None = None) -> None:
    """Write the managers' report.

    Args:
        ledger: Where the figures are counted.
        settings: For the council's name and its processes.
        path: Ends in .xlsx, .html or .csv; its folder is made.
        period: By receipt; None for the last four weeks.

    Raises:
        ConfigError: The name has another ending.
    """
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise ConfigError(f'No report can be written as "{path.name}".', hint=f"End it in {', '.join(WRITERS)}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    write(report_figures(ledger, settings, period), path)


def report_figures(ledger: Ledger, settings: Settings, period: Period | None = None) -> Figures:
    """Count the figures of a report as of now; None for the last four weeks."""
    now = utc_now()
    chosen = period or period_of(None, None, now.date())
    return gather(ledger, settings.processes, chosen, settings.council, now)


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
