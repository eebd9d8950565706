"""Who may know of what: every address of an item for everybody who may not know of it, and traces of it elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from pathlib import Path
from urllib.parse import quote
from zipfile import ZipFile

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from desk.web.app import make_app
from postroom.staff import EVERY_TEAM, Role
from tests.desk.web import town as towns
from tests.desk.web.conftest import ADDRESS, add_person, client_of
from tests.desk.web.town import Town, mark, put_in

WASTE, COMPLAINTS, ALL = frozenset({"Waste"}), frozenset({"Complaints"}), frozenset({EVERY_TEAM})
FORM = {
    "version": "0", "value": "3 High Street", "reason": "other", "words": "x", "to": "grievance", "into": "AAAAAAAA",
    "target": "depot", "reference": "x", "verdict": "cancel", "subject": "x", "body": "x", "part": "0",
    "value-address": "1 High Street", "right-address": "keyed", "anyway": "yes",
}  # fmt: skip
PAGES = (
    "/queue", "/queue?process=missed-bin", "/queue?kind=unsure", "/queue?team=Waste", "/queue/start", "/batches",
    "/checks", "/account", "/figures", "/figures/items", "/figures/items?process=missed-bin",
    "/figures/items?state=open",
    "/audit?robot=true", "/system", "/system/failed", "/system/runs", "/people", "/",
)  # fmt: skip


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = towns.opened(tmp_path)
    put_in(made, "plain")
    put_in(made, "other", process="grievance")
    put_in(made, "secret", protected="a threat")
    put_in(made, "alone", "beside", each_protected=("beside",))
    yield made
    made.office.close()


@pytest.fixture
def app(town: Town) -> FastAPI:
    return make_app(town.office)


def as_(app: FastAPI, town: Town, role: Role, **options: object) -> TestClient:
    return client_of(app, town.office, add_person(town.office, role, **options))  # type: ignore[arg-type]


def addresses(app: FastAPI, town: Town, name: str) -> list[tuple[str, str]]:
    """Return method and address of every route that leads to an item."""
    item = town.office.ledger.item(town.items[name])
    delivery = item.deliveries[0].id if item.deliveries else "none"
    told = {"item_id": item.summary.id, "index": "0", "number": "1", "name": "address", "delivery_id": delivery}
    found = []
    for route in app.routes:
        if isinstance(route, APIRoute) and "{item_id}" in route.path:
            path = re.sub(r"\{(\w+)[^}]*\}", lambda named: told[named[1]], route.path)
            found += [(method, path) for method in route.methods]
    assert len(found) > 30
    return found


def everything(town: Town, name: str) -> tuple[object, ...]:
    item = town.office.ledger.item(town.items[name])
    looked = town.office.ledger.lookers(town.items[name], "")
    return item.summary, item.fields, item.history, item.deliveries, looked


OUTSIDERS = {
    "of another team": ("plain", Role.OFFICER, {"teams": COMPLAINTS, "restricted": True}),
    "lead of another team": ("plain", Role.TEAM_LEAD, {"teams": COMPLAINTS, "restricted": True}),
    "without a team": ("plain", Role.OFFICER, {"teams": frozenset()}),
    "not named": ("secret", Role.OFFICER, {"teams": WASTE}),
    "not named, of all teams": ("secret", Role.OFFICER, {"teams": ALL}),
    "lead, not named": ("secret", Role.TEAM_LEAD, {"teams": ALL}),
    "auditor, not named": ("secret", Role.AUDITOR, {}),
    "not named, beside it": ("beside", Role.OFFICER, {"teams": WASTE}),
    "manager": ("plain", Role.MANAGER, {"restricted": True}),
    "ict": ("plain", Role.ICT, {"restricted": True}),
}


@pytest.mark.parametrize(("name", "role", "options"), OUTSIDERS.values(), ids=OUTSIDERS)
def test_no_address_of_an_item_says_anything_to_whoever_may_not_know_of_it(
    app: FastAPI, town: Town, name: str, role: Role, options: dict[str, object]
) -> None:
    client, before = as_(app, town, role, **options), everything(town, name)
    wrong = []
    for method, path in addresses(app, town, name):
        answer = client.request(method, path, data=FORM if method == "POST" else None)
        mine = answer.status_code == 403 and "not for your role" in answer.text
        if answer.status_code != 404 and not mine:
            wrong.append(f"{method} {path}: {answer.status_code}")
        if mark(name) in answer.text or town.items[name] in answer.text:
            wrong.append(f"{method} {path} tells of it")
    assert not wrong
    assert everything(town, name) == before


def test_nobody_is_asked_to_sign_in_and_told_nothing(app: FastAPI, town: Town) -> None:
    client = TestClient(app, base_url=ADDRESS, follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"})
    for method, path in addresses(app, town, "plain"):
        answer = client.request(method, path, data=FORM if method == "POST" else None)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/sign-in?next="), path
        assert not answer.content


def test_what_is_not_theirs_and_what_is_not_there_are_told_alike(app: FastAPI, town: Town) -> None:
    client = as_(app, town, Role.OFFICER, teams=WASTE)
    for path in ("", "/evidence", "/documents/0/text"):
        every = (client.get(f"/items/{item}{path}").text for item in (town.items["secret"], "AAAAAAAA"))
        told = [re.sub(r'data-ends-in="\d+"', "", one) for one in every]
        assert told[0] == told[1]


@pytest.mark.parametrize("role", [Role.OFFICER, Role.TEAM_LEAD, Role.AUDITOR, Role.ICT, Role.MANAGER])
def test_no_page_holds_a_trace_of_a_protected_item(app: FastAPI, town: Town, role: Role) -> None:
    client = as_(app, town, role, teams=ALL)
    for page in PAGES:
        answer = client.get(page)
        for name in ("secret", "beside"):
            told, word = town.marks(name)
            assert word not in answer.text, page
            assert role is Role.AUDITOR or told not in answer.text, page
    audited = client.get(f"/audit?item={town.items['secret']}")
    assert audited.status_code == 403 or audited.text.count(town.items["secret"]) == 1, "as it was typed, and no entry"


def test_the_queue_counts_and_leads_to_what_a_person_may_know_of(app: FastAPI, town: Town) -> None:
    officer, named = (as_(app, town, Role.OFFICER, name=f"o{n}", teams=WASTE, restricted=n == 1) for n in (0, 1))
    assert "All (2)" in officer.get("/queue").text
    assert "All (4)" in named.get("/queue").text
    assert "protected" not in officer.get("/queue").text.lower()
    found, place = [], "/queue/start"
    for _ in range(4):
        place = officer.get(place).headers["location"]
        if place.startswith("/queue"):
            break
        found.append(place.removeprefix("/items/")[:8])
        place = f"/items/{found[-1]}/skip"
    assert sorted(found) == sorted(town.items[name] for name in ("plain", "alone"))
    assert "/batches/missed-bin.unsure" in officer.get("/batches").text
    assert officer.get("/batches/missed-bin.unsure").text.count('name="item"') == 2
    assert named.get("/batches/missed-bin.unsure").text.count('name="item"') == 2, "Protected items are never batched."


def test_an_officers_list_behind_a_figure_leaves_out_what_is_protected(app: FastAPI, town: Town) -> None:
    officer = as_(app, town, Role.OFFICER, teams=WASTE)
    page = officer.get("/figures/items?process=missed-bin").text
    assert "Protected" not in page
    assert "2 items" in page


def test_lists_do_not_tell_officers_where_known_errors_wait(tmp_path: Path) -> None:
    town = towns.opened(tmp_path, desk="seeded_errors: 0.5")
    for number in range(12):
        put_in(town, f"n{number}", process="grievance", account="63748472")
    process = town.office.process("grievance")
    assert process is not None
    planted = [item for item in town.items.values() if town.office.ledger.plant(item, 1, process)]
    app = make_app(town.office)
    for role in (Role.OFFICER, Role.TEAM_LEAD):
        client = as_(app, town, role, teams=COMPLAINTS)
        for seed in ("open", "caught", "missed", "x"):
            page = client.get(f"/figures/items?seed={seed}").text
            assert not [item for item in planted if item in page]
    assert planted
    town.office.close()


def test_nothing_of_a_protected_neighbour_in_the_same_message_is_shown(app: FastAPI, town: Town) -> None:
    client, item = as_(app, town, Role.OFFICER, teams=WASTE), town.items["alone"]
    told, word = town.marks("beside")
    ledger = town.office.ledger
    every = ledger.documents_of(ledger.item(item).summary.message_id)
    paths = ["", "?look=text", "/source", "/evidence", "/split", "/now?version=0"]
    paths += [f"{base}{n}{end}" for n in range(len(every)) for base, end in (
        ("?document=", ""), ("/source?document=", ""), ("/documents/", "/text"), ("/documents/", "/mail"),
        ("/documents/", "/pages/1"),
    )]  # fmt: skip
    for path in paths:
        answer = client.get(f"/items/{item}{path}")
        assert word not in answer.text, path
        assert told not in answer.text, path
    assert "/merge" not in client.get(f"/items/{item}").text
    assert mark("alone") in client.get(f"/items/{item}/documents/0/text").text
    pack = client.post(f"/items/{item}/evidence/pack", data={"x": ""})
    with ZipFile(BytesIO(pack.content)) as opened:
        assert not [name for name in opened.namelist() if word.encode() in opened.read(name)]
    named = as_(app, town, Role.OFFICER, name="named", teams=WASTE, restricted=True)
    assert [n for n in range(len(every)) if word in named.get(f"/items/{item}/documents/{n}/text").text]


def test_a_second_person_finds_the_first_entry_nowhere(app: FastAPI, town: Town) -> None:
    put_in(town, "bank", process="grievance", account="00000000")
    item, first = town.items["bank"], as_(app, town, Role.OFFICER, name="first", teams=COMPLAINTS)
    put = first.post(f"/items/{item}/fields/account_number", data={"version": "0", "value": "63748472"})
    assert put.status_code == 303, put.text
    for role in (Role.OFFICER, Role.TEAM_LEAD):
        second = as_(app, town, role, name=f"second {role}", teams=COMPLAINTS)
        version = str(town.office.ledger.item(item).summary.version)
        pages = [
            f"/items/{item}{end}" for end in ("", "/evidence", "/source", "/documents/0/text", "/split", "/send-back")
        ]
        found = [second.get(page) for page in (*pages, "/queue", "/batches", "/figures/items")]
        found.append(second.post(f"/items/{item}/release", data={"version": version, "rest": "accept"}))
        wrong = {"version": version, "value": "1", "alone": "true"}
        found.append(second.post(f"/items/{item}/fields/account_number", data=wrong))
        for answer in found:
            assert "63748472" not in answer.text.replace("-", "").replace(" ", ""), answer.url
        pack = second.post(f"/items/{item}/evidence/pack", data={"x": ""})
        with ZipFile(BytesIO(pack.content)) as opened:
            assert not [name for name in opened.namelist() if b"63748472" in opened.read(name)]


def test_a_known_error_is_given_away_by_no_other_page(tmp_path: Path) -> None:
    """The page of an item shows the wrong value; whoever compares it with the post must be the one to find out."""
    town = towns.opened(tmp_path, desk="seeded_errors: 0.5")
    for number in range(12):
        put_in(town, f"n{number}", process="grievance", account="63748472")
    app = make_app(town.office)
    client = as_(app, town, Role.OFFICER, teams=COMPLAINTS)
    for item in town.items.values():
        client.get(f"/items/{item}")
    seeds = {item: seed for item in town.items.values() if (seed := town.office.ledger.seed_of(item))}
    assert seeds
    for item, seed in seeds.items():
        assert seed.shown in unescape(client.get(f"/items/{item}").text)
        for page in (f"/items/{item}/evidence", "/batches/grievance.unsure", f"/items/{item}/send-back"):
            assert "seed" not in client.get(page).text.lower(), page
    town.office.close()


TRICKS = (
    "%2e%2e", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f", "%00", "a%00b", "-1", "999999999999999999999",
    "9" * 5000, "%C2%B2", "%D9%A1", "1e3", "0x1", "%F0%9F%98%80", "%ff%fe", "1%0d%0aX:y", "'--", "*", "%", "~",
)  # fmt: skip


def test_tricks_in_addresses_lead_nowhere(app: FastAPI, town: Town) -> None:
    client, item = as_(app, town, Role.OFFICER, teams=WASTE), town.items["plain"]
    kinds = (
        "/items/{}", "/items/{}/evidence", f"/items/{item}/documents/{{}}/text", f"/items/{item}/documents/{{}}/mail",
        f"/items/{item}/documents/{{}}/pages/1", f"/items/{item}/documents/0/pages/{{}}", f"/items/{item}/crops/{{}}",
        "/batches/{}", "/checks/{}", "/checks/{}/documents/0/text", "/static/{}", "/{}", "/items/{}/documents/0/text",
    )  # fmt: skip
    wrong = []
    for kind in kinds:
        for trick in TRICKS:
            answer = client.get(kind.format(trick))
            home = answer.headers.get("location") == "/queue"
            if answer.status_code not in (400, 404) and not home:
                wrong.append(f"{kind} with {trick[:30]}: {answer.status_code}")
            assert "root:" not in answer.text
    for method, path in (("POST", f"/items/{item}/fields/{{}}"), ("POST", f"/items/{item}/deliveries/{{}}")):
        for trick in TRICKS:
            answer = client.request(method, path.format(trick), data=FORM)
            if answer.status_code not in (400, 404, 405):
                wrong.append(f"{path} with {trick[:30]}: {answer.status_code}")
    assert not wrong


@pytest.mark.parametrize(
    "asked",
    [
        "width=-1",
        "width=0",
        "width=99999999",
        f"width={'9' * 400}",
        "turn=45",
        "turn=-90",
        "turn=x",
        f"turn={'9' * 40}",
    ],
)
def test_pictures_of_mad_sizes_are_not_drawn(app: FastAPI, town: Town, asked: str) -> None:
    client, item = as_(app, town, Role.OFFICER, teams=WASTE), town.items["plain"]
    assert client.get(f"/items/{item}/documents/0/pages/1?{asked}").status_code in (400, 404)


def test_the_name_of_a_colleague_is_no_way_round(app: FastAPI, town: Town) -> None:
    """Rights come from the sign-in; nothing that a request says of itself counts."""
    client, item = as_(app, town, Role.OFFICER, teams=COMPLAINTS), town.items["plain"]
    named = {"X-Forwarded-User": "named", "X-Remote-User": "named", "X-HTTP-Method-Override": "POST"}
    for headers in (named, {"X-Original-URL": f"/items/{item}"}, {"X-Rewrite-URL": f"/items/{item}"}):
        assert client.get(f"/items/{item}", headers=headers).status_code == 404
        assert mark("plain") not in client.get("/account", headers=headers).text
    assert client.get(f"/items/{item}?person=named&restricted=true&teams=*").status_code == 404
    assert client.get(f"/items/{quote(item.lower())}").status_code == 404
