"""`postroom report --mail`: sends a report that is due now, by the same steps as the schedule does."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import typer

from desk.cli.printing import print_line

if TYPE_CHECKING:
    from config.settings import Settings
    from flows.report_mail import Mailed


class Due(StrEnum):
    """Which report is sent."""

    DAILY = "daily"
    WEEKLY = "weekly"


def send_report(settings: Settings, due: Due) -> None:
    """Send a report to those who are to have it and have not, and say what became of it.

    Raises:
        Exit: Not every mail went out for sure.
    """
    from flows.open_line import Line, use_line
    from flows.report_mail import addresses_of, mail_report, period_of
    from postroom.clock import utc_now
    from postroom.period import day_of

    now = utc_now()
    with use_line(Line(settings)) as line:
        if not addresses_of(line, due.value):
            print_line(f"Nobody is to have the {due} report. Name addresses under `desk.reports` in postroom.yaml.")
            return
        if period_of(line, due.value, day_of(now)) is None:
            print_line("Nobody works today, so no daily report is due.")
            return
        mailed = mail_report(line, due.value, now)
    print_line(said(mailed, due))
    if mailed.failed or mailed.unsure:
        raise typer.Exit(1)


def said(mailed: Mailed, due: Due) -> str:
    """Return what became of a report's mails, with the remedy for what did not go out."""
    parts = [f"The {due} report: {mailed.sent} sent now, {mailed.earlier} sent before."]
    if mailed.failed:
        parts.append(f"{mailed.failed} not sent; the next run today tries again, and the page System says why.")
    if mailed.unsure:
        parts.append(f"{mailed.unsure} may or may not have arrived, and are not sent again: ask the addressee.")
    return " ".join(parts)
