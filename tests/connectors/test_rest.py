from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr, ValidationError
from ruamel.yaml import YAML

from connectors.registry import open_target
from connectors.rest import RestSettings, RestTarget
from connectors.waiting import asked_to_wait
from postroom.delivery import Attachment, Target
from postroom.errors import ConnectorDown, DeliveryUncertain, RefusedByTarget, SignInRefused, TransientError
from tests.contracts.target import PLAIN, TargetContract, TargetWorld, delivery
from tests.servers.back_office import PROJECT, BackOffice, free_port
from tests.servers.fault_server import FaultServer

API_KEY = SecretStr("northborough-demo-key")
COMPLAINTS: dict[str, Any] = {
    "kind": "rest",
    "name": "complaints",
    "authentication": {"kind": "api-key", "key": API_KEY},
    "target_class": "A",
    "settle_seconds": 0,
    "key": {"header": "Idempotency-Key", "path": "externalReference"},
    "create": {"path": "/api/v1/complaints", "reference": "reference", "errors": "errors"},
    "find": {
        "path": "/api/v1/complaints",
        "query": {"externalReference": "{key}"},
        "records": "items",
        "key": "externalReference",
        "reference": "reference",
    },
    "read": {"path": "/api/v1/complaints/{reference}"},
    "record_url": "/keyed/{reference}",
    "fields": {
        "full_name": {"path": "customer.complainant"},
        "email": {"path": "customer.email"},
        "summary": {"path": "request.summary"},
    },
}


def faulty(server: FaultServer, **more: Any) -> RestTarget:
    """A target on the misbehaving server."""
    settings = {
        "kind": "rest",
        "name": "faulty",
        "base_url": server.url,
        "answer_seconds": 0.5,
        "max_answer_bytes": 100_000,
        "key": {"path": "key"},
        "create": {"path": "/records", "reference": "id", "errors": "errors"},
        "find": {
            "path": "/records",
            "query": {"key": "{key}"},
            "records": "items",
            "key": "key",
            "reference": "id",
        },
        "read": {"path": "/records/{reference}"},
        "fields": {"full_name": {"path": "who.name"}, "summary": {"path": "what"}},
    }
    return RestTarget(RestSettings.model_validate({**settings, **more}))


@pytest.fixture(scope="module")
def back_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackOffice]:
    with BackOffice(tmp_path_factory.mktemp("backoffice"), "--faults") as started:
        yield started


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as started:
        yield started


class RestWorld(TargetWorld):
    faults: ClassVar = {
        "down": TransientError,
        "too-many-requests": TransientError,
        "error-before-commit": DeliveryUncertain,
        "unavailable": DeliveryUncertain,
        "error-after-commit": DeliveryUncertain,
        "drop-after-commit": DeliveryUncertain,
    }

    def __init__(self, back_office: BackOffice) -> None:
        self.back_office = back_office

    def target(self) -> Target:
        return open_target(RestSettings.model_validate({**COMPLAINTS, "base_url": self.back_office.url}))

    def count(self, key: str) -> int:
        return len(self.back_office.held(key))

    def total(self) -> int:
        return self.back_office.total()

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        if name == "down":
            self.back_office.stop()
            yield
            self.back_office.start()
        else:
            self.back_office.set_faults({"name": name})
            yield


class TestRestContract(TargetContract):
    kind = "rest"

    @pytest.fixture
    def world(self, back_office: BackOffice) -> RestWorld:
        # The contract's items are the same in every test; each test begins with an empty system.
        back_office.stop()
        back_office.database.unlink(missing_ok=True)
        back_office.start()
        return RestWorld(back_office)


@pytest.mark.parametrize(
    ("behaviour", "error", "recorded"),
    [
        ("reset-before", DeliveryUncertain, 0),
        ("reset-after", DeliveryUncertain, 1),
        ("reset-mid-reply", DeliveryUncertain, 1),
        ("hang-up", DeliveryUncertain, 1),
        ("slow 3", DeliveryUncertain, 1),
        ("drip", DeliveryUncertain, 1),
        ("page", DeliveryUncertain, 1),
        ("truncated", DeliveryUncertain, 1),
        ("empty", DeliveryUncertain, 1),
        ("huge 200000", DeliveryUncertain, 1),
        ("deep", DeliveryUncertain, 1),
        ("redirect /signin", DeliveryUncertain, 0),
        ("status 202", DeliveryUncertain, 0),
        ("status 408", DeliveryUncertain, 0),
        ("status 500", DeliveryUncertain, 0),
        ("status-after 500", DeliveryUncertain, 1),
        ("status-after 502", DeliveryUncertain, 1),
        ("status 503", DeliveryUncertain, 0),
        ("status-after 504", DeliveryUncertain, 1),
        ("retry 7", TransientError, 0),
        ("retry date", TransientError, 0),
        ("retry nonsense", TransientError, 0),
        ("status 401", SignInRefused, 0),
        ("status 403", SignInRefused, 0),
        ("status 404", ConnectorDown, 0),
        ("status 405", ConnectorDown, 0),
        ("status 400", RefusedByTarget, 0),
        ("status 422", RefusedByTarget, 0),
        ("status 409", RefusedByTarget, 0),
    ],
)
def test_each_misbehaviour_has_its_error_and_ends_in_one_record(
    server: FaultServer, behaviour: str, error: type[Exception], recorded: int
) -> None:
    one = delivery(1, PLAIN)
    target = faulty(server)
    server.on_write(behaviour)
    with pytest.raises(Exception) as raised:  # noqa: PT011
        target.deliver(one)
    assert type(raised.value) is error
    assert server.count(one.key) == recorded
    assert len(server.writes) == 1, "no client retries by itself"
    assert not any(value in "".join(traceback.format_exception(raised.value)) for value in PLAIN.values())
    # Recovery as the delivery protocol has it: look first, send only what is surely absent.
    found = target.find(one.key)
    assert (found is not None) == (recorded == 1)
    receipt = found or target.deliver(one)
    assert target.read_back(receipt) == dict(PLAIN)
    assert server.count(one.key) == 1


def test_a_record_that_lands_late_is_found_after_the_settling_time(server: FaultServer) -> None:
    import time

    one = delivery(1, PLAIN)
    target = faulty(server)
    server.on_write("late 0.8")
    with pytest.raises(DeliveryUncertain):
        target.deliver(one)
    assert target.find(one.key) is None
    time.sleep(0.5)
    assert target.find(one.key) is not None
    assert server.count(one.key) == 1


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        ("reset-before", TransientError),
        ("slow 3", TransientError),
        ("page", TransientError),
        ("truncated", TransientError),
        ("empty", TransientError),
        ("status 500", TransientError),
        ("status 503", TransientError),
        ("status 404", TransientError),
        ("retry 5", TransientError),
        ("status 401", SignInRefused),
        ("redirect http://127.0.0.1:1/elsewhere", ConnectorDown),
    ],
)
def test_a_look_that_fails_is_an_error_and_never_absent(
    server: FaultServer, behaviour: str, error: type[Exception]
) -> None:
    target = faulty(server)
    server.on_look(behaviour)
    with pytest.raises(error):
        target.find("PR-ABSENT")
    assert len(server.headers) == 1


def test_no_connection_proves_that_nothing_was_sent() -> None:
    for address in (f"http://127.0.0.1:{free_port()}", "http://no-such-host.invalid"):
        target = RestTarget(RestSettings.model_validate({**COMPLAINTS, "base_url": address}))
        with pytest.raises(TransientError):
            target.deliver(delivery(1, PLAIN))


def test_a_tls_failure_proves_that_nothing_was_sent(server: FaultServer) -> None:
    target = faulty(server, base_url=server.url.replace("http:", "https:"), connect_seconds=0.5)
    with pytest.raises(TransientError):
        target.deliver(delivery(1, PLAIN))


def test_busy_is_transient_only_where_declared_safe(server: FaultServer) -> None:
    server.on_write("status 503")
    with pytest.raises(TransientError):
        faulty(server, busy_is_not_sent=True).deliver(delivery(1, PLAIN))


def asked(value: str) -> float | None:
    return asked_to_wait({"retry-after": value})


def test_retry_after_is_kept(server: FaultServer) -> None:
    server.on_write("retry 7")
    with pytest.raises(TransientError) as raised:
        faulty(server).deliver(delivery(1, PLAIN))
    assert raised.value.retry_after == 7
    assert (asked("Fri, 31 Dec 2100 23:59:59 GMT") or 0) > 25
    assert asked("Fri, 31 Dec 1999 23:59:59 GMT") == 0
    assert asked("soon") is asked("") is asked("-5") is None


def test_a_refusal_names_the_field_and_hides_what_was_sent(server: FaultServer) -> None:
    one = delivery(1, {"full_name": "Ada Osei", "summary": "Left at 4 Mill Lane."})
    complaint = {"field": "who.name", "message": "ADA OSEI is known as account 40012345 of osei at Mill Lane"}
    server.on_write("refuse " + json.dumps({"errors": [complaint]}))
    with pytest.raises(RefusedByTarget) as raised:
        faulty(server).deliver(one)
    said = str(raised.value)
    assert "full_name" in said
    assert "is known as account" in said
    for secret in ("Ada", "ADA", "Osei", "osei", "Mill", "40012345"):
        assert secret not in said


def test_two_records_of_one_key_need_a_person(server: FaultServer) -> None:
    one = delivery(1, PLAIN)
    target = faulty(server)
    target.deliver(one)
    target.deliver(one)
    with pytest.raises(RefusedByTarget, match="2 records"):
        target.find(one.key)


def test_a_search_that_answers_more_than_was_asked_is_not_believed(server: FaultServer) -> None:
    target = faulty(server, find={**faulty(server)._settings.find.model_dump(), "query": {"key": "everything"}})  # type: ignore[union-attr]
    target.deliver(replace(delivery(1, PLAIN), key="everything"))
    assert target.find("PR-OTHER") is None


def test_a_silently_dropped_field_shows_in_the_read_back(back_office: BackOffice) -> None:
    target = RestWorld(back_office).target()
    back_office.set_faults({"name": "drop-field", "box": "email"})
    one = delivery(901, {**PLAIN, "email": "ada@example.org"})
    held = target.read_back(target.deliver(one))
    assert held["email"] == ""
    assert held["full_name"] == PLAIN["full_name"]


def test_validation_of_the_system_reaches_the_officer(back_office: BackOffice) -> None:
    one = delivery(902, {**PLAIN, "email": "not-an-address"})
    with pytest.raises(RefusedByTarget, match=r"email \(E-mail: enter an e-mail address\)"):
        RestWorld(back_office).target().deliver(one)


def test_a_conflict_with_an_earlier_attempt_is_that_record(back_office: BackOffice) -> None:
    target = RestWorld(back_office).target()
    first = target.deliver(delivery(903, PLAIN))
    changed = target.deliver(delivery(903, {**PLAIN, "summary": "Other words."}))
    assert changed.reference == first.reference
    assert target.read_back(changed)["summary"] == PLAIN["summary"], "so the comparison finds the difference"


@pytest.mark.parametrize("place", ["header", "body"])
def test_client_credentials(back_office: BackOffice, place: str) -> None:
    sign_in = {"kind": "oauth2", "token_url": "/oauth/token", "client_id": "postroom", "credentials_in": place}
    good = {**sign_in, "client_secret": "northborough-demo-client"}
    settings = {**COMPLAINTS, "base_url": back_office.url}
    target = RestTarget(RestSettings.model_validate({**settings, "authentication": good}))
    assert target.check()
    back_office.stop()
    back_office.start()
    assert target.find("PR-ABSENT") is None, "a token the system forgot is fetched anew"
    wrong = {**sign_in, "client_secret": "wrong-secret"}
    with pytest.raises(SignInRefused) as raised:
        RestTarget(RestSettings.model_validate({**settings, "authentication": wrong})).check()
    assert "wrong-secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("sign_in", "line"),
    [
        ({"kind": "basic", "username": "robot", "password": "p"}, "Authorization: Basic cm9ib3Q6cA=="),
        ({"kind": "bearer", "token": "abc"}, "Authorization: Bearer abc"),
        ({"kind": "api-key", "header": "X-Robot", "key": "abc"}, "X-Robot: abc"),
    ],
)
def test_sign_in_by_header(server: FaultServer, sign_in: dict[str, str], line: str) -> None:
    faulty(server, authentication=sign_in).find("PR-ABSENT")
    assert line in server.headers[0]
    assert "abc" not in repr(faulty(server, authentication=sign_in)._settings)


def test_attachments_travel_in_the_same_request(server: FaultServer) -> None:
    letter = Attachment("letter.pdf", "application/pdf", b"%PDF-1.7 letter")
    one = replace(delivery(1, PLAIN), attachments=(letter,))
    faulty(server, attachments={"style": "base64", "path": "files"}).deliver(one)
    sent = json.loads(server.writes[0])["files"]
    assert sent == [{"name": "letter.pdf", "mediaType": "application/pdf", "content": "JVBERi0xLjcgbGV0dGVy"}]
    faulty(server, attachments={"style": "multipart"}).deliver(one)
    assert b'filename="letter.pdf"' in server.writes[1]
    assert letter.content in server.writes[1]
    assert len(server.records) == 2


def test_the_key_travels_by_header_query_and_path(server: FaultServer) -> None:
    one = delivery(1, PLAIN)
    create = {
        "method": "PUT",
        "path": "/records/{key}",
        "reference": "id",
        "composed": {"surname": "{full_name|surname}"},
    }
    key = {"header": "Idempotency-Key", "query": "ref", "path": "key"}
    faulty(server, key=key, create=create).deliver(one)
    assert server.headers[0].startswith(f"PUT /records/{one.key}?ref={one.key} ")
    assert f"Idempotency-Key: {one.key}" in server.headers[0]
    assert server.records[0]["surname"] == "Osei"


def test_descriptions_that_cannot_be_safe_are_refused() -> None:
    base = {**COMPLAINTS, "base_url": "https://example.org"}
    with pytest.raises(ValidationError, match="class D"):
        RestSettings.model_validate({**base, "find": None})
    with pytest.raises(ValidationError, match="key must travel"):
        RestSettings.model_validate({**base, "key": {}})
    with pytest.raises(ValidationError, match="not known after a bar"):
        RestSettings.model_validate({**base, "read": {"path": "/x/{reference|uper}"}})


SAMPLES: dict[str, dict[str, str]] = {
    "garden-waste": {
        "full_name": "Ada Osei", "phone": "+441622602000", "email": "ada@example.org",
        "address": "4 Mill Lane, Northborough, NB1 2CD", "bins": "2", "request": "renew",
    },
    "missed-bins": {
        "full_name": "Ada Osei", "address": "4 Mill Lane, NB1 2CD", "bin": "food", "collection_date": "2026-09-04",
    },
    "supplier-invoices": {
        "supplier_name": "Larch & Sons", "vat_number": "GB123456789", "sort_code": "001234",
        "account_number": "00012345",
        "invoice_number": "INV/007", "invoice_date": "2026-02-28", "purchase_order": "PO123456",
        "net": "1000.10", "vat": "200.02", "gross": "1200.12",
    },
    "council-tax-moves": {
        "full_name": "Ada Osei", "council_tax_reference": "00123456", "phone": "+441622602000",
        "email": "ada@example.org", "old_address": "1 Old Row, NB1 1AA", "new_address": "4 Mill Lane, NB1 2CD",
        "moving_date": "2026-09-14",
    },
}  # fmt: skip


@pytest.mark.parametrize("file", sorted((PROJECT / "config/apis").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_descriptions_fit_the_back_office(back_office: BackOffice, file: Path) -> None:
    described = YAML(typ="safe").load(file)
    own = {
        "kind": "rest",
        "name": file.stem,
        "base_url": back_office.url,
        "authentication": COMPLAINTS["authentication"],
    }
    target = RestTarget(RestSettings.model_validate({**described, **own}))
    one = delivery(910, SAMPLES[file.stem], file.stem)
    receipt = target.deliver(one)
    assert receipt.location == f"{back_office.url}/keyed/{receipt.reference}"
    assert target.read_back(receipt) == SAMPLES[file.stem]
