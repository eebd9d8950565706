"""`postroom run`, `serve` and `demo`: the line at work."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from desk.cli.calling import first_account
from desk.cli.printing import print_line
from desk.cli.serving import HOST, DeskPort, Host, desk_beside, say_where
from desk.cli.serving import PORT as DESK_PORT
from desk.cli.session import session_of

GROUP = "The line at work"
Port = Annotated[int, typer.Option(help="Port on this machine.", min=1024, max=65535)]


def register(app: typer.Typer) -> None:
    """Add the subcommands of this group."""
    app.command("demo", rich_help_panel=GROUP)(demo)
    app.command("run", rich_help_panel=GROUP)(run)
    app.command("serve", rich_help_panel=GROUP)(serve)


def run(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Stop when nothing more moves.")] = False,
) -> None:
    """Take post in, read it, sort it, deliver it; then account for every message."""
    from desk.cli.summary import print_summary
    from desk.cli.working import work
    from flows.open_line import Line, use_line

    session = session_of(context)
    settings = session.settings
    with use_line(Line(settings)) as line:
        while True:
            faults = work(line)
            print_summary(settings, line.ledger, faults)
            if once:
                break
            print_line(f"Next look in {settings.schedule.intake_seconds} seconds; Ctrl-C ends.", style="dim")
            try:
                time.sleep(settings.schedule.intake_seconds)
            except KeyboardInterrupt:
                break
    if faults:
        raise typer.Exit(1)


def serve(
    context: typer.Context,
    port: Port = 4200,
    desk_port: DeskPort = DESK_PORT,
    host: Host = HOST,
) -> None:
    """Run the line on schedule and serve the desk, with Prefect's server to look at; Ctrl-C ends."""
    from desk.web.serving import address_of
    from flows.choose_settings import server_password
    from flows.serve_line import USER, prefect_server, serve_line

    session = session_of(context)
    settings, first = session.settings, first_account(session.settings)
    os.environ["POSTROOM_CONFIG"], os.environ["POSTROOM_DATA"] = str(settings.folder), str(settings.data)
    session.ledger.close()
    print_line("Starting Prefect's server ...", style="dim")
    with prefect_server(settings.data, port) as address, desk_beside(settings, host, desk_port):

        def say() -> None:
            say_where(settings, session.ledger, address_of(host, desk_port), first)
            session.ledger.close()
            print_line(f"The line runs every {settings.schedule.intake_seconds} seconds. Ctrl-C ends.")
            print_line(f"Runs: {address}  (sign in as {USER}:{server_password(settings.data)})")

        serve_line(timedelta(seconds=settings.schedule.intake_seconds), say)


def demo(
    context: typer.Context,
    port: Port = 8600,
    keep: Annotated[
        bool, typer.Option("--keep/--stop", help="Keep the back office and the desk open afterwards, to look at.")
    ] = False,
    desk_port: DeskPort = DESK_PORT,
    microsoft: Annotated[
        bool, typer.Option("--microsoft", help="From a mailbox to a list, a library and a workbook of Microsoft 365.")
    ] = False,
) -> None:
    """Send sample post through the whole line into a sample back office, then say where to look.

    With --microsoft, a sample tenant of Microsoft 365 on this machine takes the back office's place.
    """
    from desk.cli.demonstration import demonstrate
    from desk.cli.demonstration_microsoft import demonstrate_microsoft

    session = session_of(context)
    if session.data is None:
        session.data = Path(__file__).parents[2] / "var" / ("demo-microsoft" if microsoft else "demo")
    if not (demonstrate_microsoft if microsoft else demonstrate)(session, port, keep=keep, desk_port=desk_port):
        raise typer.Exit(1)
