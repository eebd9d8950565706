"""`postroom report`: the managers' report, on the screen or as a file."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli.mailing import Due, send_report
from desk.cli.printing import print_json, print_line
from desk.cli.session import AsJson, session_of

if TYPE_CHECKING:
    from config.settings import Settings
    from postroom.report.figures import Part


class Earlier(StrEnum):
    """What to compare with."""

    PREVIOUS = "previous"
    YEAR_BEFORE = "year-before"
    NONE = "none"


ISO_DAY = ["%Y-%m-%d"]
First = Annotated[
    datetime | None, typer.Option("--from", formats=ISO_DAY, help="First day of receipt; left out, four weeks back.")
]
Last = Annotated[datetime | None, typer.Option("--to", formats=ISO_DAY, help="Last day; left out, today.")]
With = Annotated[Earlier, typer.Option("--compare", help="The period to compare with.")]
Process = Annotated[str, typer.Option(help="Only this process.", metavar="ID")]
Team = Annotated[str, typer.Option(help="Only the processes of this team.", metavar="NAME")]
Mail = Annotated[Due | None, typer.Option(help="Send the report that is due to those who are to have it, and end.")]
Out = Annotated[Path | None, typer.Option(help="Write .xlsx, .html or .csv instead of showing it.", metavar="FILE")]


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command("report", rich_help_panel="Work items")(report)


def report(
    context: typer.Context,
    first: First = None,
    last: Last = None,
    compare: With = Earlier.PREVIOUS,
    process: Process = "",
    team: Team = "",
    out: Out = None,
    as_json: AsJson = False,
    mail: Mail = None,
) -> None:
    """Report how much, how fast, how right, what it saved and what failed."""
    from config.reporting import basis_of
    from desk.cli.report_screen import as_values, show
    from postroom.clock import utc_now
    from postroom.period import day_of
    from postroom.report import gathering
    from postroom.report.files import earlier_of, period_of, write_report, writer_of

    session = session_of(context)
    if mail is not None:
        send_report(session.settings, mail)
        return
    if out is not None:
        writer_of(out)
    now = utc_now()
    period = period_of(first and first.date(), last and last.date(), day_of(now))
    part = _part(session.settings, process, team)
    earlier = earlier_of(period, compare.value)
    figures = gathering.compare(session.ledger, basis_of(session.settings), period, earlier, part, now)
    if out is not None:
        write_report(figures, out)
    if as_json:
        print_json(as_values(figures))
    elif out is not None:
        print_line(f"The report is in {out}.")
    else:
        show(figures)


def _part(settings: Settings, process: str, team: str) -> Part:
    from postroom.errors import ConfigError
    from postroom.report.figures import Part
    from postroom.staff import EVERYTHING, Scope

    scope, words = EVERYTHING, []
    if team:
        theirs = frozenset(one.id for one in settings.processes if one.team.casefold() == team.casefold())
        if not theirs:
            known = ", ".join(sorted({one.team for one in settings.processes if one.team})) or "none"
            raise ConfigError(f'No process has the team "{team}".', hint=f"Teams: {known}.")
        scope = Scope(theirs, restricted=True)
        words.append(f"team {team}")
    if process:
        words.append(settings.process(process).title)
    return Part(scope, process, ", ".join(words))
