"""Whatever is asked of any route, nothing breaks down; and what is asked and typed stands in no log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.logs import log_to
from desk.web.app import make_app
from postroom.staff import Role
from tests.desk.web import town as towns
from tests.desk.web.conftest import Served, add_person, client_of
from tests.desk.web.town import Town, put_in

WORDS = (
    "", "\0", "a\0b", "../../etc/passwd", "-1", "0", "1", "9" * 20, "9" * 5000, "²", "١٢", "1e999", "NaN", "0x1", "1.5",
    "9999-12-31", "0001-01-01", "2026-02-30", "31/12/9999", "1 January 1", "yes", "no", "true", "*", "%s{}{{7*7}}",
    "😀" * 400, "\u202e\u2066", "'; drop table items; --", "a" * 9000, "\r\nSet-Cookie: a=b", "//evil.example", "open",
    "missed-bin", "grievance", "depot", "target", "process", "other", "release", "reject", "accept", "found", "keyed",
)  # fmt: skip
NAMES = (
    "process", "kind", "team", "said", "item", "other", "document", "page", "look", "zoom", "turn", "width", "from",
    "to", "hour", "state", "outcome", "touched", "target", "delivery", "clock", "due-first", "due-last", "field",
    "sample", "seed", "timed", "rework", "after", "before", "period", "begin", "end", "part", "compare", "version",
    "seen", "seconds", "steps", "value", "chosen", "alone", "rest", "anyway", "reason", "words", "reference",
    "verdict", "into", "act", "subject", "body", "name", "sign_in_name", "roles", "teams", "restricted", "active",
    "old", "new", "again", "sign_in", "next", "ended", "person", "action", "day", "robot", "all", "against",
    "belongs", "absent", "value-address", "right-address", "query", "code", "error", "password",
)  # fmt: skip
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def town(tmp_path: Path, ledger_url: str) -> Iterator[Town]:
    made = towns.opened(tmp_path, ledger_url, desk="blind_samples: 1, letters: letters")
    put_in(made, "plain")
    put_in(made, "bank", process="grievance", account="63748472")
    put_in(made, "first", "second")
    yield made
    made.office.close()


@pytest.fixture
def app(town: Town) -> FastAPI:
    return make_app(town.office)


def all_powerful(app: FastAPI, town: Town) -> TestClient:
    return client_of(app, town.office, add_person(town.office, *Role, restricted=True))


def addresses(app: FastAPI) -> list[tuple[str, str]]:
    """Return every route but those that begin a process or end the sign-in."""
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    left_out = ("/system/check", "/sign-out", "/account/end")
    return [(method, route.path) for route in routes for method in route.methods if route.path not in left_out]


def test_no_input_breaks_a_route_down(app: FastAPI, town: Town) -> None:
    client, known, ids = all_powerful(app, town), addresses(app), [*town.items.values(), "AAAAAAAA"]
    clever = st.sampled_from(WORDS)

    @settings(
        max_examples=80, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(
        st.sampled_from(known),
        st.sampled_from(ids) | clever,
        st.sampled_from(["address", "0", "1", "missed-bin.unsure", "html"]) | clever,
        st.dictionaries(st.sampled_from(NAMES), clever | st.sampled_from(ids) | st.text(max_size=20), max_size=7),
    )
    def holds(route: tuple[str, str], item: str, name: str, told: dict[str, str]) -> None:
        method, path = route
        filled = re.sub(r"\{(\w+)[^}]*\}", lambda at: quote(item if at[1] == "item_id" else name, safe=""), path)
        sent = urlencode(
            {**told, **({"version": str(_version(town, item))} if "version" not in told else {})}, errors="replace"
        )
        answer = _ask(client, method, filled, sent)
        assert answer.status_code < 500, (method, path, item, name, told)
        assert not answer.headers.get("location", "/").startswith(("//", "/\\", "http"))
        assert "set-cookie" not in answer.headers or path in ("/sign-in", "/sign-in/openid", "/sign-in/return")

    holds()


def _ask(client: TestClient, method: str, address: str, sent: str) -> httpx.Response:
    return client.post(address, content=sent, headers=FORM) if method == "POST" else client.get(f"{address}?{sent}")


def _version(town: Town, item: str) -> int:
    return town.office.ledger.item(item).summary.version if item in town.items.values() else 0


@pytest.mark.parametrize(
    ("database", "wrong"),
    # Databases differ in what they hold of letters and numbers; the rest is refused before it comes to one.
    [("sqlite", "9" * 30), ("sqlite", "²"), ("postgres", "\0"), ("postgres", "9" * 5000), ("postgres", "9999-12-31")],
    ids=["sqlite-30", "sqlite-²", "postgres-nul", "postgres-5000", "postgres-day"],
    indirect=["database"],
)
def test_one_word_for_every_parameter_breaks_no_route_down(app: FastAPI, town: Town, wrong: str) -> None:
    client, item = all_powerful(app, town), town.items["plain"]
    # An address has its limits, and a few parameters of five thousand digits keep to them.
    names = NAMES if len(wrong) < 100 else ("hour", "before", "width", "zoom", "page")
    asked = urlencode(dict.fromkeys(names, wrong))
    told = urlencode({"version": "0", "act": "release", "item": f"{item}.{wrong}", "seconds": wrong, "value": wrong})
    for method, path in addresses(app):
        filled = re.sub(r"\{(\w+)[^}]*\}", lambda at: item if at[1] == "item_id" else "0", path)
        filled = filled.replace("/batches/0", "/batches/missed-bin.unsure")
        answer = (
            client.post(filled, content=told, headers=FORM) if method == "POST" else client.get(f"{filled}?{asked}")
        )
        assert answer.status_code < 500, (method, path)


def test_no_word_of_the_post_or_of_people_stands_in_a_log_or_is_printed(
    town: Town, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The desk as it is served, with what goes wrong in a way that nobody foresaw."""
    if town.office.ledger._engine.dialect.name != "sqlite":
        pytest.skip("What is logged does not depend on the database.")
    app, word = make_app(town.office), "zebra-in-no-log"
    broken = APIRoute("/broken", _breaks, methods=["GET"])
    app.router.routes.append(broken)
    log_to(tmp_path / "log")
    person = add_person(town.office, *Role, restricted=True)
    token = town.office.ledger.sign_in(person.id, "Test", 8)
    served = Served(app)
    served.start()
    head = {"Cookie": f"postroom={token}", "Sec-Fetch-Site": "same-origin", "User-Agent": word}
    item = town.items["plain"]
    with httpx.Client(base_url=served.address, headers=head) as client:
        for path in (
            f"/{word}",
            f"/queue?process={word}",
            f"/items/{item}",
            f"/items/{item}/evidence",
            f"/sign-in?next=/{word}",
        ):
            client.get(path)
        client.post("/sign-in", data={"name": word, "password": word})
        for act in ("fields/address", "reject", "undo", "send-back", "by-hand"):
            client.post(f"/items/{item}/{act}", data={"version": "0", "value": word, "reason": "other", "words": word})
        answer = client.get(f"/broken?x={word}")
        assert answer.status_code == 500
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    served.stop()
    out = "".join(capfd.readouterr()) + "".join(
        one.read_text(errors="replace") for one in (tmp_path / "log").rglob("*") if one.is_file()
    )
    assert "unforeseen error" in out, "The log was written."
    assert word not in out
    assert "zebra" not in out
    assert token not in out


def _breaks(x: str = "") -> None:
    raise RuntimeError(f"no such letter: zebra {x}")
