"""`postroom check`: the configuration and the connections, every fault at once, no secret shown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli.printing import aside, counted, print_json, print_line, print_table
from desk.cli.session import AsJson, Session, session_of
from postroom.errors import ConfigError, PostroomError, TransientError

if TYPE_CHECKING:
    from config.connections import Connection
    from config.mistakes import Mistake
    from config.settings import Settings
    from connectors.permissions import Permission


AT_ONCE = 4
"""Connections tried at one time."""

NOT_REACHED = "See whether the system runs, and whether its address in postroom.yaml is right."
"""The remedy for what the line would simply try again later."""


@dataclass(frozen=True)
class Finding:
    """What was found about one thing that was looked at."""

    what: str
    good: bool
    said: str
    remedy: str = ""
    role: str = ""
    """`inbox` or `target`; empty for the ledger."""
    name: str = ""


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command("check", rich_help_panel="Setting up")(check)


def check(
    context: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Look at the configuration alone.")] = False,
    only: Annotated[str, typer.Option(help="Try this inbox or target alone.", metavar="NAME")] = "",
    as_json: AsJson = False,
) -> None:
    """Check the configuration and try every connection, without keying anything.

    Tells every mistake and every fault at once, each with its remedy, and prints no secret.
    """
    session = session_of(context)
    mistakes, settings = _configuration(session)
    findings = [] if settings is None or offline else _try_all(session, settings, only)
    warnings = settings.warnings if settings else ()
    grants = _grants(settings) if settings else []
    if as_json:
        print_json({
            "mistakes": [asdict(mistake) for mistake in mistakes],
            "warnings": [asdict(warning) for warning in warnings],
            "connections": [asdict(finding) for finding in findings],
            "permissions": [{"for": names, **grant._asdict()} for grant, names in grants],
        })  # fmt: skip
    else:
        _show(mistakes, warnings, findings, settings)
        _show_grants(grants)
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


def _try_all(session: Session, settings: Settings, only: str) -> list[Finding]:
    """Try everything, some of it side by side: most of the time goes into waiting for answers and browsers."""
    if only:
        return [_connection(_named(settings, only))]
    with aside().status("Trying every connection ..."), ThreadPoolExecutor(AT_ONCE) as threads:
        return [_ledger(session), *threads.map(_connection, (*settings.inboxes, *settings.targets))]


def _named(settings: Settings, name: str) -> Connection:
    connections = (*settings.inboxes, *settings.targets)
    found = next((one for one in connections if one.name == name), None)
    if found is None:
        known = ", ".join(one.name for one in connections)
        raise ConfigError(f'There is no inbox or target "{name}".', hint=f"Configured: {known}.")
    return found


def _ledger(session: Session) -> Finding:
    try:
        accounts = session.ledger.accounts()
    except PostroomError as error:
        return Finding("ledger", False, error.message, error.hint)
    return Finding("ledger", True, f"Open; it holds {counted(accounts.received, 'message')}.")


def _connection(connection: Connection) -> Finding:
    from connectors import registry

    of = {"role": connection.role, "name": connection.name}
    what = f"{connection.kind} {connection.role} {connection.name}"
    try:
        settings = connection.settings()
        opened = registry.open_inbox(settings) if connection.role == "inbox" else registry.open_target(settings)
        try:
            return Finding(what, True, " ".join(opened.check()), **of)
        finally:
            opened.close()
    except TransientError as error:
        return Finding(what, False, error.message, NOT_REACHED, **of)
    except PostroomError as error:
        return Finding(what, False, error.message, error.hint, **of)


def _grants(settings: Settings) -> list[tuple[Permission, list[str]]]:
    """Return what must be granted in other systems, each once, with the names of the connectors that need it."""
    from connectors import registry

    needed: dict[tuple[str, str, str], tuple[Permission, list[str]]] = {}
    for connection in (*settings.inboxes, *settings.targets):
        for permission in registry.permissions(connection.role, connection.settings_without_secrets()):
            granted = (permission.name, permission.where, permission.scope)
            first, names = needed.setdefault(granted, (permission, []))
            names.append(connection.name)
            if permission.why not in first.why:
                needed[granted] = (first._replace(why=f"{first.why}; {permission.why}"), names)
    return list(needed.values())


def _show_grants(grants: list[tuple[Permission, list[str]]]) -> None:
    if grants:
        rows = [(one.name, one.where, one.scope, f"{one.why} ({', '.join(names)})") for one, names in grants]
        title = "What to grant to the robot's account, and no more; docs/microsoft-365.md says how."
        print_table(("Permission", "Where", "For", "Why"), rows, title=title)


def _show(
    mistakes: tuple[Mistake, ...], warnings: tuple[Mistake, ...], findings: list[Finding], settings: Settings | None
) -> None:
    if settings is None:
        rows = [(one.file, str(one.line), one.key, f"{one.message} {one.hint}".strip()) for one in mistakes]
        count = len(rows)
        title = f"The configuration has {count} mistake{'' if count == 1 else 's'}; nothing starts until they are gone."
        print_table(("File", "Line", "Key", "What is wrong"), rows, title=title, right=("Line",))
        return
    counts = (
        f"{counted(len(settings.processes), 'process', 'processes')}, "
        f"{counted(len(settings.inboxes), 'inbox', 'inboxes')}, {counted(len(settings.targets), 'target')}"
    )
    print_line(f"The configuration in {settings.folder} is sound: {counts}.", "green")
    for warning in warnings:
        print_line(f"  Note: {warning}", "yellow")
    if findings:
        _show_findings(findings)


def _show_findings(findings: list[Finding]) -> None:
    rows = [
        ("✓" if one.good else "✗", _in_two_lines(one.what), [part for part in (one.said, one.remedy) if part])
        for one in findings
    ]
    styles = ["green" if one.good else "red" for one in findings]
    print_table(("", "Connection", "What was found, and the remedy"), rows, styles=styles)
    faults = sum(1 for one in findings if not one.good)
    if faults:
        print_line(f"{counted(faults, 'connection')} cannot be used; what is for them waits until they can.", "red")
    else:
        print_line("Everything can be used.", "green")


def _in_two_lines(what: str) -> list[str]:
    """Return a connection's kind and role on one line and its name below, so that room is left for what was found."""
    *kind, name = what.split(" ", 2)
    return [" ".join(kind), name] if kind else [name]
