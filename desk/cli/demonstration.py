"""The demonstration: sample post through the whole line into a sample back office, read back by the demonstration."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

from desk.cli.printing import aside, print_line, print_table
from desk.cli.reading_back import read_everything_back
from desk.cli.session import Session
from postroom.errors import ConfigError, ConnectorDown

if TYPE_CHECKING:
    from config.connections import Connection
    from config.settings import Settings
    from flows.open_line import Line

_START_SECONDS = 60.0
_SAMPLE_ADDRESS = "http://127.0.0.1:8600"


def demonstrate(session: Session, port: int, *, keep: bool, desk_port: int) -> bool:
    """Run the demonstration and return whether every message is accounted for and every record reads back as sent.

    Args:
        session: The choices of the command; its data folder is the demonstration's own.
        port: For the sample back office, on this machine alone.
        keep: Leave the back office and the desk open until a key is pressed.
        desk_port: For the desk, on this machine alone.
    """
    from desk.cli.demonstration_desk import desk_if, is_own_folder, say_how_to_sign_in
    from desk.cli.summary import print_summary
    from desk.cli.working import work
    from flows.open_line import Line, use_line

    settings = at_port(session.settings, port)
    address = f"http://127.0.0.1:{port}"
    print_line(f"A sample back office of the {settings.council} opens at {address}.")
    with sample_back_office(settings.data, port), use_line(Line(settings)) as line:
        before, own = line.ledger.progress(), is_own_folder(settings, line.ledger)
        _drop_post(settings)
        faults = work(line)
        balanced = print_summary(settings, line.ledger, faults)
        new = line.ledger.progress()
        print_line(
            f"New in this run: {new.received - before.received} messages, "
            f"{new.deliveries_done - before.deliveries_done} deliveries."
        )
        agrees = _read_back(line, port)
        all_there = not line.ledger.accounts().in_flight
        _where_to_look(session, settings)
        say_how_to_sign_in(settings, line.ledger, own=own)
        with desk_if(keep, settings, desk_port):
            if keep:
                keep_open({"back office": address, "desk": f"http://127.0.0.1:{desk_port}"})
    return balanced and agrees and all_there and not faults


def at_port(settings: Settings, port: int) -> Settings:
    """Return the settings with the sample back office at another port."""
    return replace(settings, targets=tuple(_moved(target, port) for target in settings.targets))


def _moved(target: Connection, port: int) -> Connection:
    moved = {
        key: value.replace(_SAMPLE_ADDRESS, f"http://127.0.0.1:{port}") if isinstance(value, str) else value
        for key, value in target.values.items()
    }
    return replace(target, values=moved)


@contextmanager
def sample_back_office(data: Path, port: int) -> Iterator[None]:
    """Run the sample back office, with its robot's passwords in this process's environment, and stop it at the end.

    Raises:
        ConfigError: The port is in use.
        ConnectorDown: It does not start.
    """
    from demo.backoffice.accounts import API_KEY, PASSWORD, USER

    if _ask(port, "/") is not None:
        raise ConfigError(f"Port {port} is in use.", hint="Stop what uses it, or choose another with --port.")
    os.environ.update(
        POSTROOM_BACKOFFICE_KEY=API_KEY, POSTROOM_BACKOFFICE_USER=USER, POSTROOM_BACKOFFICE_PASSWORD=PASSWORD
    )
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = data / "backoffice.sqlite"
    command = [sys.executable, "-m", "demo.backoffice", "--port", str(port), "--database", str(database)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + _START_SECONDS
        while _ask(port, "/") is None:
            if server.poll() is not None or time.monotonic() > until:
                raise ConnectorDown("The sample back office did not start.", hint=f"Try it: {' '.join(command)}")
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait(10)


def sample_post(data: Path) -> Path:
    """Return the folder of the sample post; drawn once and kept, so that a second run brings the very same bytes."""
    from demo.post.make import write_post

    kept = data / "sample-post"
    if not kept.is_dir():
        with aside().status("Writing and drawing the sample post ..."):
            write_post(kept)
    return kept


def _drop_post(settings: Settings) -> None:
    """Lay the sample post into the inbox."""
    from demo.post.make import drop_post

    kept = sample_post(settings.data)
    folder = next(Path(str(inbox.values["path"])) for inbox in settings.inboxes if inbox.kind == "folder")
    count = drop_post(kept, folder)
    print_line(f"{count} pieces of sample post lie in {folder}: mails, scans and photographs.")


def _read_back(line: Line, port: int) -> bool:
    """Ask every target what it holds under each key and compare it with the ledger, as an auditor would."""
    done, wrong = read_everything_back(line)
    in_back_office = _records(port)
    sent_there = sum(1 for delivery in done if _is_sample(line, delivery.target))
    print_line(
        f"Read back: {len(done)} records asked for by their keys, {len(wrong)} fields differ. The sample back office "
        f"holds {in_back_office} records for {sent_there} deliveries: nothing lost, nothing keyed twice."
        if in_back_office == sent_there
        else f"The sample back office holds {in_back_office} records for {sent_there} deliveries.",
        style="green" if not wrong and in_back_office == sent_there else "bold red",
    )
    if wrong:
        print_table(("Item", "Target", "Field"), wrong, title="Not as sent")
    return not wrong and in_back_office == sent_there


def _is_sample(line: Line, target: str) -> bool:
    return any(found.name == target and found.kind in ("rest", "screen") for found in line.settings.targets)


def _where_to_look(session: Session, settings: Settings) -> None:
    from config.reporting import latest_report
    from desk.cli.calling import again, near
    from postroom.report.files import write_report

    report = settings.data / "report.html"
    write_report(latest_report(session.ledger, settings), report)
    places = [
        ("Back office and desk", again(settings, "demo", "--keep")),
        ("The desk alone", again(settings, "desk")),
        ("Managers' report", near(report)),
    ]
    places += [("Workbook", near(Path(target.values["path"]))) for target in settings.targets if target.kind == "excel"]
    places.append(("What waits for a person", again(settings, "items", "--state", "with-person")))
    print_table(("Where to look", ""), dict.fromkeys(places))


def keep_open(addresses: Mapping[str, str]) -> None:
    """Wait until Enter is pressed, and say what can be looked at meanwhile."""
    for name, address in addresses.items():
        print_line(f"The {name} stays open at {address}.")
    print_line("Press Enter to close.")
    try:
        input()
    except (EOFError, KeyboardInterrupt):
        return


def _records(port: int) -> int:
    counts = json.loads(_ask(port, "/counts.json") or b"{}")
    return int(counts.get("total", 0))


def _ask(port: int, path: str) -> bytes | None:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    except OSError:
        return None
    finally:
        connection.close()
