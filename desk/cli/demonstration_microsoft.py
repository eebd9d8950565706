"""The demonstration in Microsoft 365: a sample tenant on this machine, and a post room that is killed on the way."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desk.cli.demonstration import keep_open, sample_post
from desk.cli.printing import aside, counted, print_line, print_table
from desk.cli.reading_back import read_everything_back
from desk.cli.session import Session
from postroom.errors import ConfigError, ConnectorDown

if TYPE_CHECKING:
    from config.settings import Settings
    from demo.microsoft365.configuration import SampleTenant
    from flows.open_line import Line

_START_SECONDS = 60.0
_KILLS = 2
_PLACES = {"post-list": "Post", "post-files": "Post files", "post-register": "workbooks", "waiting": "tasks"}
"""What the tenant calls that which each target keys into; each item of the sample post has one file at most."""
_WORDS = {
    "post-list": "List Post, items",
    "post-files": "Library Post files, files",
    "post-register": "Workbook Registers/Post.xlsx, rows",
    "waiting": "Plan, tasks for people",
}


@dataclass(frozen=True, slots=True)
class _Running:
    """The sample tenant at work."""

    tenant: SampleTenant
    new: int
    """Pieces of post that came with this run."""

    def held(self) -> Mapping[str, Any]:
        """Return what the tenant holds and was asked, told by the tenant itself."""
        import ssl
        from http.client import HTTPSConnection
        from urllib.parse import urlsplit

        parts = urlsplit(self.tenant.authority)
        trust = ssl.create_default_context(cafile=str(self.tenant.ca_file))
        connection = HTTPSConnection(parts.hostname or "", parts.port, timeout=10, context=trust)
        connection.request("GET", "/control/counts")
        found: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return found


def demonstrate_microsoft(session: Session, port: int, *, keep: bool, desk_port: int) -> bool:
    """Run the demonstration and return whether nothing was lost, nothing doubled and every record reads back as sent.

    Args:
        session: The choices of the command; its data folder is the demonstration's own.
        port: For the sample tenant, on this machine alone.
        keep: Leave the tenant and the desk open until a key is pressed.
        desk_port: For the desk, on this machine alone.
    """
    from config.opening import open_ledger
    from desk.cli.demonstration_desk import desk_if, is_own_folder, say_how_to_sign_in
    from desk.cli.summary import print_summary
    from desk.cli.working import work
    from flows.open_line import Line, use_line

    with _sample_tenant(session.settings, port) as running:
        settings = _configured(session.settings, running)
        print_line(
            f"A sample tenant of Microsoft 365 opens at {running.tenant.authority}. "
            f"{counted(running.new, 'new mail')} in post@northborough.gov.uk; nine processes deliver to a list, a "
            "library and a workbook."
        )
        ledger = open_ledger(settings)
        own = is_own_folder(settings, ledger)
        if running.new:
            _be_killed(settings)
        with use_line(Line(settings)) as line:
            faults = work(line)
            balanced = print_summary(settings, line.ledger, faults)
            right = _prove(line, running)
            all_there = not line.ledger.accounts().in_flight
        _where_to_look(settings, running)
        say_how_to_sign_in(settings, ledger, own=own)
        ledger.close()
        with desk_if(keep, settings, desk_port):
            if keep:
                keep_open({"sample tenant": running.tenant.authority, "desk": f"http://127.0.0.1:{desk_port}"})
    return balanced and right and all_there and not faults


@contextmanager
def _sample_tenant(council: Settings, port: int) -> Iterator[_Running]:
    from demo.microsoft365.configuration import SECRET_VARIABLE, SampleTenant

    data = council.data
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    ca_file = data / "tenant-ca.pem"
    command = [sys.executable, "-m", "demo.microsoft365", "--port", str(port), "--state", str(data / "tenant.state")]
    command += ["--ca-file", str(ca_file), "--post", str(sample_post(data)), "--config", str(council.folder)]
    root = Path(__file__).parents[2]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root)
    try:
        told = _first_line(server, port)
        os.environ[SECRET_VARIABLE] = told.pop("secret")
        new = told.pop("new")
        yield _Running(SampleTenant(ca_file=ca_file, **told), new)
    finally:
        server.terminate()
        server.wait(20)


def _first_line(server: subprocess.Popen[str], port: int) -> dict[str, Any]:
    assert server.stdout is not None  # noqa: S101
    with aside().status("Opening the sample tenant ..."):
        line = server.stdout.readline()
    if line:
        found: dict[str, Any] = json.loads(line)
        return found
    assert server.stderr is not None  # noqa: S101
    if "Address already in use" in server.stderr.read():
        raise ConfigError(f"Port {port} is in use.", hint="Stop what uses it, or choose another with --port.")
    raise ConnectorDown("The sample tenant did not start.", hint=f"Try it: {' '.join(map(str, server.args))}")  # type: ignore[arg-type]


def _configured(council: Settings, running: _Running) -> Settings:
    from demo.microsoft365.configuration import load_sample, write_configuration

    folder = council.data / "config"
    write_configuration(folder, council, running.tenant)
    return load_sample(folder, council.data)


def _be_killed(settings: Settings) -> None:
    """Run the line in a process of its own and kill it without a word, a few times."""
    command = [sys.executable, "-m", "demo.microsoft365.rounds", str(settings.folder), str(settings.data)]
    chance = random.Random()  # noqa: S311
    with aside().status(f"The post room works, and is killed {_KILLS} times without a word ..."):
        for _ in range(_KILLS):
            worker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(6, 14))
            worker.kill()
            worker.wait()
    print_line(f"The post room was killed {_KILLS} times in the middle of its work. It goes on where it was.")


def _prove(line: Line, running: _Running) -> bool:
    """Ask the targets for every record, and the tenant itself how many it holds."""
    done, wrong = read_everything_back(line)
    held = running.held()
    sent = {target: sum(1 for one in done if one.target == target) for target in _PLACES}
    there = {target: held["records"][place] for target, place in _PLACES.items()}
    good = not wrong and not held["violations"] and sent == there
    print_line(
        f"Read back: {len(done)} records asked for by their keys, {len(wrong)} fields differ. The tenant holds "
        f"{sum(there.values())} records for {sum(sent.values())} deliveries"
        + (": nothing lost, nothing keyed twice. " if sent == there else ". ")
        + f"Requests and answers against Microsoft's published schema: {_schema(held)}.",
        style="green" if good else "bold red",
    )
    if wrong:
        print_table(("Item", "Target", "Field"), wrong, title="Not as sent")
    (folders,) = [found for address, found in held["mail"].items() if address.startswith("post@")]
    rows = [(f"Mailbox, folder {folder}", str(count)) for folder, count in folders.items()]
    rows += [(words, str(held["records"][_PLACES[target]])) for target, words in _WORDS.items()]
    rows.append(("Most calls at one time to the mailbox", str(max(held["most_at_once"].values()))))
    print_table(("The tenant holds", ""), rows, right=("",))
    return good


def _schema(held: Mapping[str, Any]) -> str:
    if not held["validated"]:
        return "not at hand on this machine"
    return f"{len(held['violations'])} breaches in {sum(held['requests'].values())} exchanges"


def _where_to_look(settings: Settings, running: _Running) -> None:
    from desk.cli.calling import again, near

    print_table(
        ("Where to look", ""),
        [
            ("The desk", again(settings, "desk")),
            ("Configuration", near(settings.folder / "postroom.yaml")),
            ("What to grant", again(settings, "check", "--offline")),
            ("What waits for a person", again(settings, "items", "--state", "with-person")),
            ("Your own tenant", "docs/microsoft-365.md"),
        ],
    )
