"""`postroom read`, `triage` and `extract`: files in, one JSON object a line out; the ledger is not touched."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli.printing import print_json
from desk.cli.rows import (
    Row,
    extraction_row,
    reading_row,
    show_extraction,
    show_reading,
    show_triage,
    triage_row,
    unextracted_row,
    unread_row,
    untriaged_row,
)
from desk.cli.session import AsJson, Session, session_of
from postroom.errors import ConfigError, PostroomError, UnreadableDocument

if TYPE_CHECKING:
    from config.settings import Settings
    from extractors.triage import Triager
    from postroom.message import ReadMessage
    from postroom.workitem import Triage

Files = Annotated[list[Path], typer.Argument(help="Mails, scans or other files of post.", metavar="FILE…")]
ProcessId = Annotated[
    str, typer.Option("--process", help="Skip triage: the files belong to this process.", metavar="ID")
]


@dataclass(frozen=True)
class Opened:
    """One file with what was read in it."""

    name: str
    read: ReadMessage
    pages: int


def register(app: typer.Typer) -> None:
    """Add the subcommands of this group."""
    group = "Reading files, outside the ledger"
    app.command("read", rich_help_panel=group)(read_files)
    app.command("triage", rich_help_panel=group)(triage_files)
    app.command("extract", rich_help_panel=group)(extract_files)


def read_files(context: typer.Context, files: Files, as_json: AsJson = False) -> None:
    """Show the text of files as the robot reads it."""
    session = session_of(context)

    def rows(opened: Opened) -> Iterator[Row]:
        yield {"file": opened.name, **reading_row(opened.read), "pages": opened.pages}

    _over(session, files, rows, unread_row, None if as_json else show_reading)


def triage_files(context: typer.Context, files: Files, as_json: AsJson = False) -> None:
    """Say which process each file belongs to, and why."""
    session = session_of(context)
    triager = _triager(session.settings)

    def rows(opened: Opened) -> Iterator[Row]:
        for number, triage in enumerate(triager.triage(opened.read), 1):
            yield {"file": opened.name, "item": number, **triage_row(triage), "pages": opened.pages}

    _over(session, files, rows, untriaged_row, None if as_json else show_triage)


def extract_files(context: typer.Context, files: Files, process: ProcessId = "", as_json: AsJson = False) -> None:
    """Extract the fields of every work item in files."""
    from extractors.fields import extract_all

    session = session_of(context)
    settings = session.settings
    if process:
        settings.process(process)
    triager = None if process else _triager(settings)

    def rows(opened: Opened) -> Iterator[Row]:
        triages = triager.triage(opened.read) if triager else (_by_hand(opened.read, process),)
        for number, extraction in enumerate(extract_all(opened.read, triages, settings.processes), 1):
            yield {"file": opened.name, "item": number, **extraction_row(extraction), "pages": opened.pages}

    _over(session, files, rows, unextracted_row, None if as_json else show_extraction)


def _by_hand(read: ReadMessage, process: str) -> Triage:
    from postroom.workitem import Triage

    documents = tuple(document.id for document in read.unpacked.documents)
    return Triage(process, 1.0, ("The process was given by hand.",), documents)


def _triager(settings: Settings) -> Triager:
    from extractors.triage import Triager

    return Triager(settings.processes, settings.triage)


def _over(
    session: Session,
    files: Sequence[Path],
    rows: Callable[[Opened], Iterator[Row]],
    unreadable: Callable[[PostroomError], Row],
    show: Callable[[Row], None] | None,
) -> None:
    _must_exist(files)
    failed = False
    for path in files:
        started = time.perf_counter()
        try:
            found = list(rows(_open(path, session.settings)))
        except ConfigError:
            raise
        except PostroomError as error:
            failed = True
            found = [{"file": str(path), **unreadable(error)}]
        for row in found:
            row["seconds"] = round(time.perf_counter() - started, 2)
            (show or print_json)(row)
    if failed:
        raise typer.Exit(1)


def _must_exist(files: Sequence[Path]) -> None:
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        hint = "Give paths of files; a folder with labels is for `postroom evaluate`."
        raise ConfigError(f"Not a file: {', '.join(missing)}.", hint=hint)


def _open(path: Path, settings: Settings) -> Opened:
    from extractors.reading import read_message
    from postroom.message import Message

    received = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    message = Message("command", path.name, path.name, _bytes_of(path), received)
    read = read_message(message, settings.limits, settings.ocr)
    return Opened(str(path), read, sum(len(text.pages) for text in read.texts))


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableDocument(f"{path} cannot be opened: {error.strerror}.", hint="Look at its rights.") from error
