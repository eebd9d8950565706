"""A nudge runs the line at once, many nudges run it once, and without any the line runs on schedule all the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from config.settings import Settings, load_settings
from flows import nudge_line
from flows.nudge_line import nudges
from tests.connectors.graph_targets import account, failing, graph_server
from tests.desk.conftest import MISSED_BIN
from tests.flows.test_serve import ROOT, Served, wait_for
from tests.servers.back_office import free_port
from tests.servers.graph import GraphServer

ADDRESS = "https://post.northborough.gov.uk/nudge"
MAILBOX = "post@northborough.gov.uk"
BUNCH_SECONDS = 0.8
MAIL = b"""From: a@example.org\r\nSubject: Missed bin\r\nMessage-ID: <1@example.org>\r\n\r
My bin was missed on Friday, the black bin was not collected.\r\n\r
Address: 14 High Street, Westmere, WM1 2AB\r\nBin: refuse\r\n"""


class Council:
    """A configuration with one mailbox whose public address leads to a port of this machine."""

    def __init__(self, server: GraphServer, folder: Path, port: int) -> None:
        self.server, self.folder, self.port = server, folder, port
        self.own = server.tenant.subscriptions
        self.own.led[ADDRESS] = f"http://127.0.0.1:{port}/"
        self.runs: list[float] = []

    def settings(self, *, nudge: bool = True, **schedule: Any) -> Settings:
        """Write the configuration and read it."""
        access = account(self.server)
        secret = self.folder / "secret"
        secret.write_text(access["sign_in"]["client_secret"])
        access["sign_in"]["client_secret"] = {"file": str(secret)}
        inbox = {"name": "post", "kind": "graph", "mailbox": MAILBOX, **access, "ca_file": str(access["ca_file"])}
        if nudge:
            inbox["nudge"] = {"address": ADDRESS, "port": self.port}
        main = {
            "council": "Northborough",
            "inboxes": [inbox],
            "targets": [{"name": "depot", "kind": "memory", "journal": "depot.db"}],
            **({"schedule": schedule} if schedule else {}),
        }
        config = self.folder / "config"
        (config / "processes").mkdir(parents=True, exist_ok=True)
        (config / "processes" / "missed-bin.yaml").write_text(MISSED_BIN)
        with (config / "postroom.yaml").open("w") as file:
            YAML().dump(main, file)
        return load_settings(config, self.folder / "var")

    def run(self) -> None:
        self.runs.append(time.monotonic())

    def alive(self) -> list[dict[str, Any]]:
        return self.own.alive(MAILBOX)

    def tell(self, state: str) -> int:
        body = json.dumps({"value": [{"subscriptionId": "x", "clientState": state}]})
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("POST", "/", body)
        status = connection.getresponse().status
        connection.close()
        return status


@pytest.fixture(scope="module")
def server() -> Iterator[GraphServer]:
    with graph_server() as started:
        started.tenant.mail.add_mailbox(MAILBOX)
        yield started


@pytest.fixture
def council(server: GraphServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Council]:
    monkeypatch.setattr(nudge_line, "_BUNCH_SECONDS", BUNCH_SECONDS)
    yield Council(server, tmp_path, free_port())
    server.tenant.subscriptions.subscriptions.clear()


def test_a_nudge_runs_the_line_and_the_end_removes_the_subscription(council: Council) -> None:
    with nudges(council.settings(), council.run) as nudged:
        assert nudged
        wait_for(council.alive, 20)
        assert council.runs == []
        assert council.own.notify(MAILBOX) == 1
        wait_for(lambda: council.runs, 10)
    assert len(council.runs) == 1
    assert council.alive() == []
    assert not [one for one in threading.enumerate() if one.name.startswith("nudge")]


def test_a_flood_of_nudges_is_one_run_and_what_comes_later_another(council: Council) -> None:
    with nudges(council.settings(), council.run):
        wait_for(council.alive, 20)
        state = council.alive()[0]["clientState"]
        assert {council.tell(state) for _ in range(80)} == {202}
        wait_for(lambda: council.runs, 10)
        time.sleep(2 * BUNCH_SECONDS)
        assert len(council.runs) == 1
        council.tell(state)
        wait_for(lambda: len(council.runs) == 2, 10)


def test_a_flood_of_what_is_not_graphs_runs_nothing(council: Council) -> None:
    with nudges(council.settings(), council.run):
        wait_for(council.alive, 20)
        assert {council.tell(f"guess {number}") for number in range(100)} == {202}
        time.sleep(1.5 * BUNCH_SECONDS)
    assert council.runs == []


def test_missed_and_removed_run_the_line_and_a_removed_subscription_is_made_anew(council: Council) -> None:
    with nudges(council.settings(), council.run):
        wait_for(council.alive, 20)
        council.own.notify_lifecycle(MAILBOX, "missed")
        wait_for(lambda: len(council.runs) == 1, 10)
        council.own.notify_lifecycle(MAILBOX, "subscriptionRemoved")
        wait_for(lambda: len(council.runs) == 2, 10)
        wait_for(council.alive, 10)


def test_a_run_that_cannot_be_had_does_not_end_the_nudges(council: Council) -> None:
    tried = []

    def run() -> None:
        tried.append(1)
        raise OSError("no answer")

    with nudges(council.settings(), run):
        wait_for(council.alive, 20)
        for number in (1, 2):
            council.own.notify(MAILBOX)
            wait_for(lambda number=number: len(tried) == number, 10)


@pytest.fixture
def log(council: Council) -> Iterator[Path]:
    from config.logs import log_to

    log_to(council.folder / "var" / "log")
    yield council.folder / "var" / "log" / "postroom.log"
    log_to(council.folder / "elsewhere")


def test_a_port_that_is_taken_is_told_and_stops_nothing(council: Council, log: Path) -> None:
    settings = council.settings()
    with nudges(settings, council.run):
        wait_for(council.alive, 20)
        with nudges(settings, council.run) as nudged:
            assert nudged
        assert f"Port {council.port} cannot be listened at" in log.read_text()
        assert len(council.alive()) == 1


@pytest.mark.parametrize("why", ["status 403 ErrorAccessDenied", "status 503", "reset-before"])
def test_a_subscription_that_cannot_be_made_is_told_and_stops_nothing(council: Council, log: Path, why: str) -> None:
    with failing(council.server, "POST", "subscriptions", why), nudges(council.settings(), council.run):
        wait_for(lambda: "No nudges; the line runs on schedule." in log.read_text(), 20)
    assert council.runs == []


def test_an_address_that_leads_nowhere_is_told_and_stops_nothing(council: Council, log: Path) -> None:
    council.own.led[ADDRESS] = f"http://127.0.0.1:{free_port()}/"
    with nudges(council.settings(), council.run):
        wait_for(lambda: f"See that {ADDRESS} leads to the `port`" in log.read_text(), 20)


def test_a_secret_that_is_not_there_is_told_and_stops_nothing(council: Council, log: Path) -> None:
    settings = council.settings()
    (council.folder / "secret").unlink()
    with nudges(settings, council.run) as nudged:
        assert not nudged
    assert "No nudges" in log.read_text()


def test_without_the_setting_nothing_listens_and_nothing_is_imported(council: Council) -> None:
    settings = council.settings(nudge=False)
    with nudges(settings, council.run) as nudged:
        assert not nudged
        assert not [one for one in threading.enumerate() if one.name.startswith("nudge")]
    assert not council.alive()


_RUNS = """
import sys; from pathlib import Path; from datetime import timedelta
from flows.choose_settings import choose_settings
choose_settings(Path(sys.argv[1]))
from prefect.testing.utilities import prefect_test_harness
from prefect.flows import load_flow_from_entrypoint
from prefect.client.orchestration import get_client
from flows.nudge_line import run_now
from postroom.clock import utc_now
from prefect.states import Running, Scheduled
with prefect_test_harness(server_startup_timeout=240):
    line = load_flow_from_entrypoint("flows/run_line.py:run_line", use_placeholder_flow=False)
    id_ = line.to_deployment("embedded").apply()
    with get_client(sync_client=True) as client:
        later = Scheduled(scheduled_time=utc_now() + timedelta(hours=1))
        client.create_flow_run_from_deployment(id_, state=later)
        print(run_now(), run_now(), run_now())
        for run in client.read_flow_runs():
            if "nudge" in run.tags:
                client.set_flow_run_state(run.id, Running(), force=True)
        print(run_now(), run_now(), len(client.read_flow_runs()))
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_run_is_added_while_one_waits_but_while_one_is_at_work(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    command = [sys.executable, "-c", _RUNS, str(tmp_path)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=kept)
    assert found.stdout.split() == ["True", "False", "False", "True", "False", "3"], found.stderr


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_served_with_an_hour_between_two_runs_a_nudge_brings_the_mail_within_moments(council: Council) -> None:
    from connectors.memory import Journal

    settings = council.settings(intake_seconds=3600)
    served = Served.__new__(Served)
    served.config, served.data, served.port, served.desk_port = settings.folder, settings.data, free_port(), free_port()
    served.said = council.folder / "said.txt"
    line = served.start()
    try:
        wait_for(served.stands, 120)
        wait_for(council.alive, 60)
        council.server.tenant.mail.put(MAILBOX, MAIL)
        journal = Journal(settings.data / "depot.db")
        assert council.own.notify(MAILBOX) == 1
        wait_for(lambda: journal.records("depot"), 60)
        begun = [run for run in served.runs() if run["state_type"] != "SCHEDULED"]
        assert [run["tags"] for run in begun] == [["nudge"]], "no run is due for an hour"
        line.terminate()
        assert line.wait(60) == 0
        assert council.alive() == []
    finally:
        for process in served.processes():
            os.kill(process, 9)
