"""Whatever is asked of any route, nothing breaks down; and what is asked and typed stands in no log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.web.app import make_app
from postroom.staff import Role
from tests.desk.web import town as towns
from tests.desk.web.conftest import add_person, client_of
from tests.desk.web.town import Town, put_in

WORDS = (
    "", "\0", "a\0b", "../../etc/passwd", "-1", "0", "1", "9" * 20, "9" * 5000, "²", "١٢", "1e999", "NaN", "0x1", "1.5",
    "9999-12-31", "0001-01-01", "2026-02-30", "31/12/9999", "1 January 1", "yes", "no", "true", "*", "%s{}{{7*7}}",
    "😀" * 400, "\u202e\u2066", "'; drop table items; --", "a" * 9000, "\r\nSet-Cookie: a=b", "//evil.example", "open",
    "missed-bin", "grievance", "depot", "target", "process", "other", "release", "reject", "accept", "found", "keyed",
)  # fmt: skip
NAMES = [
    "process",
    "kind",
    "team",
    "said",
    "item",
    "other",
    "document",
    "page",
    "look",
    "zoom",
    "turn",
    "width",
    "from",
    "to",
    "hour",
    "state",
    "outcome",
    "touched",
    "target",
    "delivery",
    "clock",
    "due-first",
    "due-last",
    "field",
    "sample",
    "seed",
    "timed",
    "rework",
    "after",
    "before",
    "period",
    "begin",
    "end",
    "part",
    "compare",
    "version",
    "seen",
    "seconds",
    "steps",
    "value",
    "chosen",
    "alone",
    "rest",
    "anyway",
    "reason",
    "words",
    "reference",
    "verdict",
    "into",
    "act",
    "subject",
    "body",
    "name",
    "sign_in_name",
    "roles",
    "teams",
    "restricted",
    "active",
    "old",
    "new",
    "again",
    "sign_in",
    "next",
    "ended",
    "person",
    "action",
    "day",
    "robot",
    "all",
    "against",
    "belongs",
    "absent",
    "value-address",
    "right-address",
    "query",
    "code",
    "error",
    "password",
]
EVERY_ROLE = frozenset(Role)


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
    return client_of(app, town.office, add_person(town.office, *EVERY_ROLE, restricted=True))


def addresses(app: FastAPI) -> list[tuple[str, str]]:
    """Return every route but those that begin a process or end the sign-in."""
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    left_out = ("/system/check", "/sign-out", "/account/end")
    return [(method, route.path) for route in routes for method in route.methods if route.path not in left_out]


def test_no_input_breaks_a_route_down(app: FastAPI, town: Town) -> None:
    client, known, ids = all_powerful(app, town), addresses(app), [*town.items.values(), "AAAAAAAA"]
    clever = st.sampled_from(WORDS)

    @settings(
        max_examples=350, deadline=None, derandomize=True, database=None,
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
        if method == "POST":
            head = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = client.post(filled, content=sent, headers=head)
        else:
            answer = client.get(f"{filled}?{sent}")
        assert answer.status_code < 500, (method, path, item, name, told)
        assert not answer.headers.get("location", "/").startswith(("//", "/\\", "http"))
        assert "set-cookie" not in answer.headers or path in ("/sign-in", "/sign-in/openid", "/sign-in/return")

    holds()


def _version(town: Town, item: str) -> int:
    return town.office.ledger.item(item).summary.version if item in town.items.values() else 0


@pytest.mark.parametrize("wrong", ["\0", "9" * 30, "²", "9" * 5000, "9999-12-31", "-1", "1e999"])
def test_single_words_break_no_route_down(app: FastAPI, town: Town, wrong: str) -> None:
    """Every route with every parameter set to the same word."""
    client, item = all_powerful(app, town), town.items["plain"]
    # An address has its limits, and a few parameters of five thousand digits do.
    names = NAMES if len(wrong) < 100 else ("hour", "version", "before", "width", "zoom", "page", "seconds", "steps")
    told = urlencode(dict.fromkeys(names, wrong) | {"item": f"{item}.{wrong}"})
    head = {"Content-Type": "application/x-www-form-urlencoded"}
    for method, path in addresses(app):
        for named in (wrong, "0", "missed-bin.unsure"):
            filled = re.sub(r"\{(\w+)[^}]*\}", lambda at: quote(item if at[1] == "item_id" else named, safe=""), path)  # noqa: B023
            for sent in (
                told,
                told + "&version=0",
                f"item={item}.{quote(wrong)}&act=release&value={quote(wrong)}&version=0",
            ):
                answer = (
                    client.post(filled, content=sent, headers=head)
                    if method == "POST"
                    else client.get(f"{filled}?{sent}")
                )
                assert answer.status_code < 500, (method, path, sent[:80])
