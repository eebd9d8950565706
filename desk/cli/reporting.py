"""`postroom report`: the managers' report, on the screen or as a file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli.printing import print_line, print_table
from desk.cli.session import session_of

if TYPE_CHECKING:
    from desk.report.figures import Figures

ISO_DAY = ["%Y-%m-%d"]
First = Annotated[
    datetime | None, typer.Option("--from", formats=ISO_DAY, help="First day of receipt; left out, four weeks back.")
]
Last = Annotated[datetime | None, typer.Option("--to", formats=ISO_DAY, help="Last day; left out, today.")]
Out = Annotated[Path | None, typer.Option(help="Write .xlsx, .html or .csv instead of showing it.", metavar="FILE")]


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command("report", rich_help_panel="Work items")(report)


def report(context: typer.Context, first: First = None, last: Last = None, out: Out = None) -> None:
    """Report how much, how fast, how right, what it saved and what failed."""
    from desk.report.files import period_of, report_figures, write_report
    from postroom.clock import utc_now

    session = session_of(context)
    period = period_of(first and first.date(), last and last.date(), utc_now().date())
    if out is None:
        _show(report_figures(session.ledger, session.settings, period))
    else:
        write_report(session.ledger, session.settings, out, period)
        print_line(f"The report is in {out}.")


def _show(figures: Figures) -> None:
    from desk.report.tables import headline, headline_value, savings_note, shown, tables

    print_line(
        f"{figures.council}: post received {shown(figures.period.first, 'day')} to {shown(figures.period.last, 'day')}",
        "bold",
    )
    rows = [(title, headline_value(figures, title, value, kind)) for title, value, kind in headline(figures)]
    print_table(("Figure", "Value"), rows, right=("Value",))
    for table in tables(figures):
        if not table.rows:
            print_line(f"{table.name}: {table.empty}")
            continue
        kinds = [column.kind for column in table.columns]
        cells = [[shown(cell, kind) for cell, kind in zip(row, kinds, strict=True)] for row in table.rows]
        right = [column.title for column in table.columns if column.kind not in {"text", "day"}]
        print_table([column.title for column in table.columns], cells, title=table.name, right=right)
    print_line(f"Keying saved: {savings_note(figures)}", "dim")
