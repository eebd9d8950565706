"""`postroom serve` for real: its own server, the line on schedule, and an end that leaves nothing behind."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from connectors.memory import Journal
from postroom.ledger import Ledger
from tests.desk.conftest import MAIN, MISSED_BIN

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[2]
SENDER = "Zebedee Quillfeather"
MAIL = f"""\
From: {SENDER} <zebedee@example.org>
To: bins@westmere.example
Date: Mon, 14 Sep 2026 09:30:00 +0100
Subject: Missed bin
Message-ID: <1@example.org>

My bin was missed on Friday, the black bin was not collected.

Name: {SENDER}
Address: 14 High Street, Westmere, WM1 2AB
Bin: refuse
"""


class Served:
    """A post room that is being served from a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.config, self.data = folder / "config", folder / "var"
        (self.config / "processes").mkdir(parents=True)
        self.data.joinpath("inbox").mkdir(parents=True)
        main = MAIN.replace("path: inbox", "path: inbox, quiet_seconds: 0")
        (self.config / "postroom.yaml").write_text(f"{main}schedule: {{intake_seconds: 6}}\n")
        (self.config / "processes" / "missed-bin.yaml").write_text(MISSED_BIN)
        self.port, self.desk_port = free_port(), free_port()
        self.said = folder / "said.txt"

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", "from desk.cli import main; main()", "serve"]
        command += ["--port", str(self.port), "--desk-port", str(self.desk_port)]
        chosen = {"POSTROOM_CONFIG": str(self.config), "POSTROOM_DATA": str(self.data)}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        with self.said.open("wb") as said:
            return subprocess.Popen(
                command, env=kept | chosen, cwd=ROOT, stdout=said, stderr=said, start_new_session=True
            )

    def stands(self) -> bool:
        return f"http://127.0.0.1:{self.port}" in self.said.read_text()

    def processes(self) -> list[int]:
        """Return every process that works on this data folder: it stands in the environment they all inherit."""
        mark = f"POSTROOM_DATA={self.data}".encode()
        return [int(found.name) for found in Path("/proc").iterdir() if found.name.isdigit() and mark in _env(found)]

    def desk(self) -> list[int]:
        """Return the processes of the desk: the one that serves, and the one that ties it to the line."""
        return [one for one in self.processes() if b"\0desk\0" in (Path("/proc") / str(one) / "cmdline").read_bytes()]

    def desk_answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.desk_port, timeout=10)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def asks(self, password: str, what: str = "count") -> HTTPResponse:
        token = base64.b64encode(f"postroom:{password}".encode()).decode()
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("POST", f"/api/flow_runs/{what}", "{}", {"Authorization": f"Basic {token}"})
        return connection.getresponse()

    def password(self) -> str:
        return (self.data / "prefect" / "server-password").read_text()

    def runs(self) -> list[dict[str, Any]]:
        """Return the runs that Prefect knows, those that are only due as well."""
        runs: list[dict[str, Any]] = json.loads(self.asks(self.password(), "filter").read())
        return runs


def _env(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def wait_for(what: Callable[[], object], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "It did not happen in time."
        time.sleep(0.05)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """One post room for all tests of this file, for Prefect takes long over the first start in a data folder."""
    return Served(tmp_path_factory.mktemp("served"))


@pytest.fixture
def served(folder: Served) -> Iterator[Served]:
    folder.port, folder.desk_port = free_port(), free_port()
    yield folder
    for process in folder.processes():
        os.kill(process, signal.SIGKILL)


def test_a_mail_is_delivered_and_nothing_is_left_behind(served: Served) -> None:
    (served.data / "inbox" / "one.eml").write_text(MAIL)
    line = served.start()
    wait_for(served.stands, 120)
    wait_for(served.desk_answers, 30)
    assert "postroom people add" in served.said.read_text(), "Nobody has an account yet."

    assert (served.asks(served.password()).status, served.asks("guessed").status) == (200, 401)
    again = Served.__new__(Served)
    vars(again).update(vars(served), said=served.said.with_name("again.txt"))
    assert again.start().wait(60) == 2
    assert "is being served at port" in again.said.read_text()

    for process in served.desk():
        os.kill(process, signal.SIGKILL)
    wait_for(lambda: "The desk stopped" in served.said.read_text(), 30)
    wait_for(served.desk_answers, 60)

    journal = Journal(served.data / "depot.db")
    wait_for(lambda: journal.records("depot"), 60)
    ledger = Ledger(f"sqlite:///{served.data / 'postroom.db'}", served.data / "documents")
    wait_for(lambda: [run for run in ledger.runs(idle=False) if run.ended_at], 30)
    run = ledger.runs(idle=False)[-1]
    assert (run.counts, bool(run.prefect_id)) == (
        {"received": 1, "read": 1, "itemised": 1, "deliveries_done": 1},
        True,
    )
    assert ledger.items_by_configuration().keys() == {ledger.configurations()[0].version}
    # Python tells of Ctrl-C where it comes while a run's process only starts; between two runs there is none.
    newest = ledger.runs(limit=1)[0].id
    wait_for(lambda: ledger.runs(limit=1)[0].id > newest and ledger.runs(limit=1)[0].ended_at, 60)
    ledger.close()

    os.killpg(line.pid, signal.SIGINT)
    assert line.wait(60) == 0
    wait_for(lambda: not served.processes(), 30)
    assert "Traceback" not in served.said.read_text()
    for kept in (served.data / "prefect").glob("prefect.db*"):
        assert SENDER.split()[1].encode() not in kept.read_bytes()
        assert b"one.eml" not in kept.read_bytes()


def test_killed_without_a_word_it_leaves_the_port_free(served: Served) -> None:
    line = served.start()
    wait_for(served.stands, 120)
    line.kill()
    line.wait()
    wait_for(lambda: not served.processes(), 60)
    for port in (served.port, served.desk_port):
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", port))
