"""`postroom check`: the configuration and the connections, every fault at once, no secret shown."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli.printing import print_json, print_line, print_table
from desk.cli.session import AsJson, Session, session_of
from postroom.errors import PostroomError

if TYPE_CHECKING:
    from config.connections import Connection
    from config.mistakes import Mistake
    from config.settings import Settings


@dataclass(frozen=True)
class Finding:
    """What was found about one thing that was looked at."""

    what: str
    good: bool
    said: str


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command("check", rich_help_panel="Setting up")(check)


def check(
    context: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Look at the configuration alone.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check the configuration and try every connection, without writing anything."""
    session = session_of(context)
    mistakes, settings = _configuration(session)
    findings = [] if settings is None or offline else [_ledger(session), *map(_connection, _connections(settings))]
    warnings = settings.warnings if settings else ()
    if as_json:
        print_json({
            "mistakes": [asdict(mistake) for mistake in mistakes],
            "warnings": [asdict(warning) for warning in warnings],
            "connections": [asdict(finding) for finding in findings],
        })  # fmt: skip
    else:
        _show(mistakes, warnings, findings, settings)
    if mistakes:
        raise typer.Exit(2)
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


def _configuration(session: Session) -> tuple[tuple[Mistake, ...], Settings | None]:
    from config.mistakes import MistakesInConfig

    try:
        return (), session.settings
    except MistakesInConfig as error:
        return error.mistakes, None


def _connections(settings: Settings) -> tuple[Connection, ...]:
    return (*settings.inboxes, *settings.targets)


def _ledger(session: Session) -> Finding:
    try:
        accounts = session.ledger.accounts()
    except PostroomError as error:
        return Finding("ledger", False, str(error))
    return Finding("ledger", True, f"Open; it holds {accounts.received} messages.")


def _connection(connection: Connection) -> Finding:
    from connectors import registry

    what = f"{connection.role} {connection.name} ({connection.kind})"
    try:
        settings = connection.settings()
        opened = registry.open_inbox(settings) if connection.role == "inbox" else registry.open_target(settings)
        try:
            return Finding(what, True, " ".join(opened.check()))
        finally:
            opened.close()
    except PostroomError as error:
        return Finding(what, False, str(error))


def _show(
    mistakes: tuple[Mistake, ...], warnings: tuple[Mistake, ...], findings: list[Finding], settings: Settings | None
) -> None:
    if settings is None:
        rows = [(one.file, str(one.line), one.key, f"{one.message} {one.hint}".strip()) for one in mistakes]
        count = len(rows)
        title = f"The configuration has {count} mistake{'' if count == 1 else 's'}; nothing starts until they are gone."
        print_table(("File", "Line", "Key", "What is wrong"), rows, title=title, right=("Line",))
        return
    counts = f"{len(settings.processes)} processes, {len(settings.inboxes)} inboxes, {len(settings.targets)} targets"
    print_line(f"The configuration in {settings.folder} is sound: {counts}.", "green")
    for warning in warnings:
        print_line(f"  Note: {warning}", "yellow")
    for finding in findings:
        print_line(f"{'✓' if finding.good else '✗'} {finding.what}: {finding.said}", "green" if finding.good else "red")
