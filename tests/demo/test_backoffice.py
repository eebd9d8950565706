from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from demo.backoffice.accounts import API_KEY, CLIENT_ID, CLIENT_SECRET, PASSWORD, USER
from demo.backoffice.app import create_app
from demo.backoffice.kinds import KINDS
from demo.backoffice.validation import ward_of
from tests.servers.back_office import BackOffice

KEYED = {"x-api-key": API_KEY}
WASTE: dict[str, Any] = {
    "externalReference": "PR-ONE",
    "customer": {"fullName": "Ada Osei"},
    "request": {"address": "4 Mill Lane, NB1 2CD", "bins": 2, "action": "NEW"},
}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(tmp_path / "back.sqlite", notice_every=2)) as client:
        yield client


def make(client: TestClient, body: dict[str, Any] = WASTE, **headers: str) -> httpx.Response:
    return client.post("/api/v1/garden-waste", json=body, headers={**KEYED, **headers})


def test_every_process_has_a_kind_of_record() -> None:
    assert {kind.process for kind in KINDS.values()} == {
        "council-tax-move", "direct-debit", "benefit-evidence", "garden-waste", "missed-bin", "parking-appeal",
        "supplier-invoice", "foi-request", "complaint",
    }  # fmt: skip
    for kind in KINDS.values():
        assert any(not box.tied for box in kind.boxes) or any(box.control in ("radio", "date") for box in kind.boxes)
        assert len({box.name for box in kind.boxes}) == len(kind.boxes)


def test_the_api_asks_who_is_there(client: TestClient) -> None:
    assert client.post("/api/v1/garden-waste", json=WASTE).status_code == 401
    assert client.get("/api/v1/garden-waste", headers={"x-api-key": "wrong"}).status_code == 401
    assert client.get("/api/v1/garden-waste", headers={"authorization": "Bearer "}).status_code == 401
    form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    token = client.post("/oauth/token", data=form).json()["access_token"]
    assert client.get("/api/v1/garden-waste", headers={"authorization": f"Bearer {token}"}).status_code == 200


def test_a_record_is_numbered_found_and_read(client: TestClient) -> None:
    made = make(client)
    number = made.json()["reference"]
    assert made.status_code == 201
    assert re.fullmatch(r"NB/\d{4}/000001", number)
    found = client.get("/api/v1/garden-waste", params={"externalReference": "PR-ONE"}, headers=KEYED).json()
    assert [record["reference"] for record in found["items"]] == [number]
    read = client.get(f"/api/v1/garden-waste/{number.replace('/', '%2F')}", headers=KEYED)
    assert read.json()["request"] == WASTE["request"]
    assert read.headers["etag"] == made.headers["etag"]
    assert client.get("/api/v1/missed-bins", params={"externalReference": "PR-ONE"}, headers=KEYED).json()["total"] == 0


def test_each_fault_of_the_data_has_its_field(client: TestClient) -> None:
    body = {"customer": {"email": "nobody"}, "request": {"bins": 9, "action": "MAYBE"}}
    answer = make(client, body)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {
        "customer.fullName", "customer.email", "request.address", "request.bins", "request.action",
    }  # fmt: skip
    assert client.get("/counts.json").json()["total"] == 0


def test_an_invoice_must_add_up(client: TestClient) -> None:
    body = {
        "customer": {"supplier": "Larch"},
        "request": {"invoiceNumber": "7", "invoiceDate": "2026-02-28", "net": 1000, "vat": 200, "gross": 1201},
    }
    answer = client.post("/api/v1/supplier-invoices", json=body, headers=KEYED)
    assert [error["field"] for error in answer.json()["errors"]] == ["request.gross"]
    body["request"]["invoiceDate"] = "2026-02-30"
    answer = client.post("/api/v1/supplier-invoices", json=body, headers=KEYED)
    assert [error["field"] for error in answer.json()["errors"]] == ["request.invoiceDate"]


def test_a_reference_is_used_once_and_a_repeat_is_recognised(client: TestClient) -> None:
    first = make(client, **{"idempotency-key": "PR-ONE"})
    again = make(client, **{"idempotency-key": "PR-ONE"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = {**WASTE, "customer": {"fullName": "Somebody Else"}}
    assert make(client, other, **{"idempotency-key": "PR-ONE"}).status_code == 409
    assert make(client, other).status_code == 409
    assert client.get("/counts.json").json()["total"] == 1


def test_the_day_book_shows_what_was_keyed(client: TestClient) -> None:
    assert "Nothing has been keyed yet." in client.get("/").text
    number = make(client).json()["reference"]
    assert number in client.get("/").text
    assert "4 Mill Lane" in client.get(f"/keyed/{number}").text
    counts = client.get("/counts.json").json()
    assert counts["processes"]["garden-waste"] == counts["total"] == 1


def test_what_was_keyed_is_escaped(client: TestClient) -> None:
    number = make(client, {**WASTE, "customer": {"fullName": "<script>alert(1)</script>"}}).json()["reference"]
    assert "<script>alert" not in client.get(f"/keyed/{number}").text


def sign_in(client: TestClient) -> httpx.Response:
    return client.post("/screens/signin", data={"user": USER, "password": PASSWORD})


def test_the_screens_want_a_session_and_forget_it(tmp_path: Path) -> None:
    with TestClient(create_app(tmp_path / "back.sqlite", idle_seconds=0.2, notice_every=2)) as client:
        assert "<h1>Sign in</h1>" in client.get("/screens/menu").text
        assert "not known" in client.post("/screens/signin", data={"user": USER, "password": "x"}).text
        assert "Main menu" in sign_in(client).text
        time.sleep(0.3)
        assert "Your session has ended" in client.get("/screens/menu").text
        assert "System maintenance on Sunday" in sign_in(client).text, "every second sign-in has the notice"
        assert "System maintenance on Sunday" not in client.get("/screens/menu").text


def test_a_form_is_kept_until_it_is_submitted(client: TestClient) -> None:
    sign_in(client)
    page = "/screens/new/council-tax-moves"
    client.get(page)
    customer = {"reference": "PR-TWO", "fullName": "Ada Osei", "accountReference": "123"}
    assert "Account reference: enter eight digits" in client.post(f"{page}/1", data=customer).text
    client.post(f"{page}/1", data={**customer, "accountReference": "00123456"})
    details = {"newAddress": "4 Mill Lane", "newAddressPostcode": "nb1 2cd", "lookup": "Find ward"}
    assert f"<b>{ward_of('NB1 2CD')}</b>" in client.post(f"{page}/2", data=details).text
    moved = {"dateOfMove-day": "4", "dateOfMove-month": "9", "dateOfMove-year": "2026"}
    del details["lookup"]
    wrong = client.post(f"{page}/2", data={**details, **moved, "dateOfMove-day": "31"})
    assert "Date of move: enter a date that exists" in wrong.text
    assert "04/09/2026" in client.post(f"{page}/2", data={**details, **moved}).text
    assert client.get("/counts.json").json()["total"] == 0
    assert "Please wait" in client.post(f"{page}/3").text
    assert client.get("/counts.json").json()["total"] == 1
    assert "already used on record" in client.post(f"{page}/3").text
    found = client.get("/screens/search", params={"reference": "PR-TWO"}).text
    assert "1 record(s) found" in found
    assert "No records found." in client.get("/screens/search", params={"reference": "PR-ABSENT"}).text
    assert ward_of("NB1 2CD") in client.get("/screens/record/1").text


def test_misbehaviour_is_only_for_those_who_ask(client: TestClient) -> None:
    assert client.post("/control/faults", json=[]).status_code == 404


def test_it_starts_at_once_and_on_loopback_alone(tmp_path: Path) -> None:
    began = time.monotonic()
    with BackOffice(tmp_path) as started:
        assert time.monotonic() - began < 15
        assert started.total() == 0
        listening = Path("/proc/net/tcp").read_text() if Path("/proc/net/tcp").exists() else ""
        places = [
            line.split()[1] for line in listening.splitlines()[1:] if line.split()[1].endswith(f":{started.port:04X}")
        ]
        assert all(place.startswith("0100007F") for place in places)
