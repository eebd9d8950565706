"""The stand-in's frame: faults down to the socket, four requests at once, batches, the state file, subscriptions."""

from __future__ import annotations

import base64
import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.servers.graph import GraphServer
from tests.servers.graph.asking import IMMUTABLE, POST, asking, letter
from tests.servers.graph.certificate import certificate

ROOT = Path(__file__).parents[2]


@pytest.fixture
def graph() -> Iterator[GraphServer]:
    with GraphServer() as server:
        server.tenant.mail.add_mailbox(POST)
        yield server
        assert server.violations == []


@pytest.fixture
def ask(graph: GraphServer) -> Iterator[httpx.Client]:
    with asking(graph) as client:
        yield client


def folder(ask: httpx.Client, name: str = "Done") -> httpx.Response:
    return ask.post("/mailFolders", json={"displayName": name})


def folders(graph: GraphServer) -> list[str]:
    return [one.name for one in graph.tenant.mail.folders.values() if not one.well_known]


@pytest.mark.parametrize(
    ("behaviour", "status", "happens"),
    [
        ("status 503", 503, False),
        ("status 202", 202, False),
        ("status-after 500", 500, True),
        ("retry 7", 429, False),
        ("unauthorised", 401, False),
        ("gone", 410, False),
        ("page", 200, False),
        ("empty", 201, True),
        ("slow 0.2", 201, True),
        ("late 0.2", 201, True),
        ("well", 201, True),
    ],
)
def test_a_fault_strikes_once_and_something_happens_or_not(
    graph: GraphServer, ask: httpx.Client, behaviour: str, status: int, happens: bool
) -> None:
    graph.faults.on("POST", "/mailFolders$", behaviour)
    began = monotonic()
    assert folder(ask, "First").status_code == status
    assert monotonic() - began >= (0.2 if behaviour[:4] in ("slow", "late") else 0)
    assert folders(graph) == (["First"] if happens else [])
    assert folder(ask, "Second").status_code == 201
    assert [seen.status for seen in graph.requests] == [status, 201]


@pytest.mark.parametrize(
    ("behaviour", "happens"), [("reset-before", False), ("reset-after", True), ("truncated", True)]
)
def test_a_connection_breaks_before_or_after(
    graph: GraphServer, ask: httpx.Client, behaviour: str, happens: bool
) -> None:
    graph.faults.on("*", "mailFolders", behaviour)
    with pytest.raises(httpx.TransportError):
        folder(ask, "First")
    assert folders(graph) == (["First"] if happens else [])


def test_retry_after_is_seconds_or_a_date_or_nonsense_or_missing(graph: GraphServer, ask: httpx.Client) -> None:
    graph.faults.on("GET", "inbox", "retry 7", "retry date", "retry nonsense", "retry none")
    stated = [ask.get("/mailFolders/inbox").headers.get("Retry-After") for _ in range(4)]
    assert (stated[0], stated[2], stated[3]) == ("7", "soon", None)
    assert parsedate_to_datetime(stated[1])


def test_a_storm_answers_a_share_429_and_passes(graph: GraphServer, ask: httpx.Client) -> None:
    graph.faults.storm(0.5, 0.5, seed=3)
    during = [ask.get("/mailFolders/inbox").status_code for _ in range(40)]
    assert 8 < during.count(429) < 32
    graph.faults.clear()
    assert ask.get("/mailFolders/inbox").status_code == 200


def test_an_unknown_behaviour_is_refused(graph: GraphServer) -> None:
    with pytest.raises(ValueError, match="no such behaviour"):
        graph.faults.on("GET", ".", "explode")


def test_a_fifth_request_at_once_for_a_mailbox_is_too_many(graph: GraphServer, ask: httpx.Client) -> None:
    graph.tenant.takes = 0.2
    by_id = f"{graph.url}/users/{graph.tenant.mail.mailbox(POST).id}"
    addresses = ["/mailFolders/inbox", f"{by_id}/mailFolders/inbox"] * 4
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask.get, addresses))
    codes = [one.json()["error"]["code"] for one in answers if one.status_code == 429]
    assert set(codes) == {"ApplicationThrottled"}
    assert graph.most_at_once(POST) > 4
    graph.tenant.mail.enforce_concurrency = False
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: ask.get("/mailFolders/inbox"), range(8)))
    assert {one.status_code for one in answers} == {200}


def batch(graph: GraphServer, ask: httpx.Client, *parts: dict[str, Any]) -> httpx.Response:
    return ask.post(f"{graph.url}/$batch", json={"requests": list(parts)})


def part(number: int, url: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    return {"id": str(number), "method": method, "url": f"/users/{POST}{url}", **more}


def test_a_batch_answers_each_part_on_its_own_and_never_five_at_once(graph: GraphServer, ask: httpx.Client) -> None:
    graph.tenant.takes = 0.05
    graph.faults.on("GET", "junkemail", "retry 3")
    parts = [part(number, "/mailFolders/inbox") for number in range(12)]
    whole = batch(graph, ask, *parts, part(12, "/mailFolders/junkemail"), part(13, "/mailFolders/nonsense"))
    assert whole.status_code == 200
    answers = {one["id"]: one for one in whole.json()["responses"]}
    assert [answers[str(number)]["status"] for number in range(14)] == [200] * 12 + [429, 400]
    assert answers["12"]["headers"]["Retry-After"] == "3"
    assert graph.most_at_once(POST) <= 4
    assert [seen.part_of_batch for seen in graph.requests].count(True) == 14


def test_a_batch_in_sequence_stops_at_a_failure(graph: GraphServer, ask: httpx.Client) -> None:
    graph.faults.on("GET", "drafts", "status 503")
    steps = [
        part(1, "/mailFolders/inbox"),
        part(2, "/mailFolders/drafts", dependsOn=["1"]),
        part(3, "/mailFolders/inbox", dependsOn=["2"]),
    ]
    answers = {one["id"]: one["status"] for one in batch(graph, ask, *steps).json()["responses"]}
    assert answers == {"1": 200, "2": 503, "3": 424}


def test_a_batch_is_refused_beyond_its_limits(graph: GraphServer, ask: httpx.Client) -> None:
    inbox = "/mailFolders/inbox"
    many = [part(number, inbox) for number in range(21)]
    mixed = [part(1, inbox), part(2, inbox), part(3, inbox, dependsOn=["2"])]
    twice = [part(1, inbox), part(1, inbox)]
    for parts in (many, mixed, twice):
        assert batch(graph, ask, *parts).status_code == 400


def test_a_part_that_is_no_json_comes_as_base64(graph: GraphServer, ask: httpx.Client) -> None:
    put = graph.tenant.mail.put(POST, letter("In a batch"))
    (answer,) = batch(graph, ask, part(1, f"/messages/{put}/$value")).json()["responses"]
    assert b"Subject: In a batch" in base64.b64decode(answer["body"])


def start(folder: Path, port: int = 0) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "tests.servers.graph", "--state", folder / "state", "--control"]
    process = subprocess.Popen(
        [*command, "--ca-file", folder / "ca.pem", "--port", str(port)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / "ca.pem"))


def test_a_killed_stand_in_goes_on_where_it_was(tmp_path: Path) -> None:
    process, address = start(tmp_path)
    raw = base64.b64encode(letter("Kept", ("a.pdf", b"%PDF"))).decode()
    try:
        with httpx.Client(verify=trusting(tmp_path), base_url=address) as control:
            put = [control.post("/control/mail", json={"mailbox": POST, "raw": raw}).json()["id"] for _ in range(3)]
            token = control.get("/control/token").json()["token"]
            control.headers["Authorization"] = f"Bearer {token}"
            base = f"{address}/v1.0/users/{POST}"
            page = control.get(f"{base}/mailFolders/inbox/messages/delta", headers=IMMUTABLE).json()
            control.post(f"{base}/messages/{put[0]}/move", json={"destinationId": "archive"})
            control.patch(f"{base}/messages/{put[1]}", json={"categories": ["Red"]})
            control.delete(f"{base}/messages/{put[2]}")
            process.send_signal(signal.SIGKILL)
            process.wait()
            process, again = start(tmp_path, int(address.rpartition(":")[2]))
            assert again == address
            with httpx.Client(verify=trusting(tmp_path), headers=control.headers) as later:
                rows = later.get(page["@odata.deltaLink"], headers=IMMUTABLE).json()["value"]
                counts = later.get(f"{address}/control/counts").json()
                attached = later.get(f"{base}/messages/{put[0]}/attachments").json()["value"]
    finally:
        process.terminate()
        process.wait()
    assert {row["id"]: "@removed" in row for row in rows} == {put[0]: True, put[1]: False, put[2]: True}
    assert [row["categories"] for row in rows if "categories" in row] == [["Red"]]
    assert counts["mail"] == {POST: {"Inbox": 1, "Archive": 1}}
    assert counts["violations"] == []
    assert [one["name"] for one in attached] == ["a.pdf"]


def test_a_change_cut_off_in_the_state_file_is_left_out(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with GraphServer(state) as server:
        server.tenant.mail.put(POST, letter("One"))
        whole = state.stat().st_size
        server.tenant.mail.put(POST, letter("Two"))
    os.truncate(state, whole + 100)
    with GraphServer(state) as server:
        assert [item.found["subject"] for item in server.tenant.mail.within(POST, "Inbox")] == ["One"]


def test_a_subscription_is_made_once_its_address_has_answered_and_its_life_is_cut(
    graph: GraphServer, ask: httpx.Client
) -> None:
    listening = f"{graph.authority}/upload/mail/none"
    wanted = {
        "changeType": "created",
        "resource": f"users/{POST}/mailFolders/inbox/messages",
        "notificationUrl": listening,
        "expirationDateTime": "2099-01-01T00:00:00Z",
        "clientState": "ours",
    }
    refused = ask.post(f"{graph.url}/subscriptions", json=wanted)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "ValidationError")
    with Listener() as listener:
        made = ask.post(f"{graph.url}/subscriptions", json=wanted | {"notificationUrl": listener.url})
        assert made.status_code == 201
        assert made.json()["expirationDateTime"] < "2099"
        assert graph.tenant.subscriptions.notify(POST) == 1
    (told,) = listener.told
    assert told["value"][0]["clientState"] == "ours"
    assert ask.delete(f"{graph.url}/subscriptions/{made.json()['id']}").status_code == 204


class Listener:
    """What a post room would open to be nudged."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        told = self.told

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                token = parse_qs(urlsplit(self.path).query).get("validationToken")
                if not token:
                    told.append(json.loads(body))
                self.send_response(200 if token else 202)
                self.end_headers()
                self.wfile.write(token[0].encode() if token else b"")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._folder = tempfile.TemporaryDirectory()
        cert, key = certificate(Path(self._folder.name) / "ca.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_port}/nudge"

    def __enter__(self) -> Listener:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._folder.cleanup()
