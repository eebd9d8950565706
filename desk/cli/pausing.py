"""`postroom pause` and `postroom resume`: ICT stops a process or a target for now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli.printing import print_line, print_table
from desk.cli.session import Person, Session, person_or_login, session_of
from desk.cli.wording import minute
from postroom.errors import BusinessError

if TYPE_CHECKING:
    from postroom.ledger.pauses import PauseKind

GROUP = "The line at work"
Process = Annotated[str, typer.Option("--process", help="Id of a process: nothing of it is keyed.", metavar="PROCESS")]
Target = Annotated[str, typer.Option("--target", help="Name of a target: nothing is sent to it.", metavar="NAME")]


def register(app: typer.Typer) -> None:
    """Add the subcommands."""
    app.command("pause", rich_help_panel=GROUP)(pause)
    app.command("resume", rich_help_panel=GROUP)(resume)


def pause(
    context: typer.Context,
    process: Process = "",
    target: Target = "",
    reason: Annotated[str, typer.Option("--reason", help="Why, in a sentence.", metavar="TEXT")] = "",
    person: Person = "",
) -> None:
    """Stop a process or a target for now: post is still read, and what would be keyed waits.

    Without --process and --target, show what is paused.
    """
    session = session_of(context)
    if not process and not target:
        _show(session)
        return
    kind, subject = _meant(session, process, target)
    session.ledger.pause(kind, subject, person_or_login(person), reason)
    print_line(f"The {kind} {subject} is paused. `postroom resume --{kind} {subject}` lets it go on.")


def resume(context: typer.Context, process: Process = "", target: Target = "", person: Person = "") -> None:
    """Let a paused process or target go on; the next run keys what waited."""
    session = session_of(context)
    kind, subject = ("process", process) if process else ("target", target)
    if bool(process) == bool(target):
        raise BusinessError("Name one process or one target.", hint="`postroom pause` shows what is paused.")
    session.ledger.resume("process" if process else "target", subject, person_or_login(person))
    print_line(f"The {kind} {subject} goes on.")


def _meant(session: Session, process: str, target: str) -> tuple[PauseKind, str]:
    """Return what is meant, which must be configured."""
    if process and target:
        raise BusinessError("Name one process or one target, not both.", hint="Pause one after the other.")
    if process:
        return "process", session.settings.process(process).id
    known = [one.name for one in session.settings.targets]
    if target not in known:
        raise BusinessError(f'There is no target "{target}".', hint=f"Configured: {', '.join(known)}.")
    return "target", target


def _show(session: Session) -> None:
    pauses = session.ledger.pauses()
    if not pauses:
        print_line("Nothing is paused.")
        return
    rows = [(one.kind, one.subject, minute(one.at), one.person, one.reason) for one in pauses]
    print_table(("", "Name", "Since", "By", "Why"), rows, whole=("Name",))
