"""ICT adds people and changes their rights, nobody their own; each has an account page of their own."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI

from config.settings import load_settings
from desk.web.app import make_app
from desk.web.office import Office
from desk.web.sign_in.passwords import hash_password
from postroom.ledger.sign_ins import OPENID
from postroom.staff import EVERY_TEAM, Person, Role
from tests.desk.conftest import MAIN
from tests.desk.web.conftest import ClientAs, SignedInPage, add_person, client_of
from tests.desk.web.test_system import PRESSED, words

NEW = {"name": "Ann Other", "sign_in_name": "Ann.Other", "roles": ["officer"], "teams": ["Post room"]}


def test_a_person_is_added_signs_in_with_the_password_shown_and_chooses_their_own(
    office: Office, client_as: ClientAs, page_as: SignedInPage
) -> None:
    answer = client_as(Role.ICT).post("/people/new", data=NEW)
    assert answer.status_code == 200
    made = re.search(r"First password ([a-z]+-\S+)", words(answer.text))
    assert made
    record = office.ledger.staff_named("ann.other")
    assert record is not None
    assert (record.person.roles, record.person.teams) == ({Role.OFFICER}, {"Post room"})
    page = page_as()
    page.goto("/queue")
    page.get_by_label("Sign-in name").fill("ann.other")
    page.get_by_label("Password", exact=True).fill(made[1])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account?said=first-password#old")
    assert page.locator("main").get_by_text("Choose a password of your own first").is_visible()
    page.goto("/queue")
    assert "/account" in page.url
    for label, typed in (
        ("Present", made[1]),
        ("New", "otter pebble tundra"),
        ("New password again", "otter pebble tundra"),
    ):
        page.get_by_label(label if "again" in label else f"{label} password", exact=True).fill(typed)
    page.get_by_role("button", name="Change password").click()
    page.wait_for_url("**/account?said=password")
    page.goto("/queue")
    assert page.url.endswith("/queue")
    assert page.get_by_text("Ann Other").count()


def test_with_a_password_that_ict_knows_nothing_is_seen_and_nothing_done(
    app: FastAPI, office: Office, client_as: ClientAs
) -> None:
    officer, ict = add_person(office, Role.OFFICER), client_as(Role.ICT)
    assert ict.post(f"/people/{officer.id}/password", data=PRESSED).status_code == 200
    theirs = client_of(app, office, officer)
    for path in ("/", "/queue", "/items/AAAAAAAA", "/account/../queue", "/account/"):
        assert theirs.get(path).headers["location"] == "/account?said=first-password#old", path
    assert theirs.post("/items/AAAAAAAA/reject", data=PRESSED).headers["location"].startswith("/account")
    assert {theirs.get(path).status_code for path in ("/account", "/keys", "/accessibility", "/health")} == {200}
    office.ledger.set_password(officer.id, hash_password("thistle walrus quarry"), "test", first_password=True)
    theirs = client_of(app, office, officer)
    same = {"old": "thistle walrus quarry", "new": "thistle walrus quarry", "again": "thistle walrus quarry"}
    assert "another than the present" in theirs.post("/account/password", data=same).text


def test_a_wrong_password_is_told_at_the_input_and_in_the_title(office: Office, client_as: ClientAs) -> None:
    add_person(office, Role.OFFICER)
    answer = client_as().post("/sign-in", data={"name": "officer", "password": "wrong", "next": "/queue"})
    assert answer.status_code == 403
    assert "<title>Error: Sign in" in answer.text
    assert 'href="#name"' in answer.text
    assert 'value="officer"' in answer.text
    assert answer.text.count("is wrong") == 2


def test_without_anybody_the_page_says_how_to_make_the_first_account(client_as: ClientAs) -> None:
    assert "postroom people add NAME --role ict" in client_as().get("/sign-in").text


@pytest.mark.parametrize(("changed", "told"), [
    ({"name": " "}, "Enter the name"),
    ({"sign_in_name": "postroom"}, "the robot&#39;s own"),
    ({"sign_in_name": "Officer"}, "has this sign-in name already"),
    ({"roles": []}, "Choose at least one role"),
    ({"roles": ["chief"]}, "Choose at least one role"),
    ({"teams": []}, "Choose at least one team"),
    ({"teams": ["Parks"]}, "There is no team Parks"),
])  # fmt: skip
def test_what_no_account_may_be_is_told(
    office: Office, client_as: ClientAs, changed: dict[str, object], told: str
) -> None:
    add_person(office, Role.OFFICER)
    answer = client_as(Role.ICT).post("/people/new", data={**NEW, **changed})
    assert answer.status_code == 400
    assert told in answer.text
    assert office.ledger.count_staff() == 2


def test_a_change_counts_at_once_and_stands_in_the_history(app: FastAPI, office: Office, client_as: ClientAs) -> None:
    officer = add_person(office, Role.OFFICER, name="Omar Field")
    theirs, ict = client_of(app, office, officer), client_as(Role.ICT)
    form = {"name": "Omar Field", "roles": ["manager"], "active": "yes"}
    assert ict.post(f"/people/{officer.id}", data=form).status_code == 303
    assert theirs.get("/queue").headers["location"].startswith("/sign-in"), "their sign-ins have ended"
    changed = office.ledger.staff_member(officer.id).person
    assert (changed.roles, changed.teams, changed.restricted) == ({Role.MANAGER}, frozenset(), False)
    assert (office.ledger.history()[-1].actor, office.ledger.history()[-1].action) == ("ict", "staff-changed")
    ict.post(f"/people/{officer.id}", data={k: v for k, v in form.items() if k != "active"})
    assert not office.ledger.staff_member(officer.id).person.active


@pytest.mark.parametrize("form", [
    {"roles": [], "active": "yes"},
    {"roles": ["manager"], "active": "yes"},
    {"roles": ["ict"]},
    {"roles": ["ict", "auditor"], "active": "yes"},
    {"roles": ["ict"], "active": "yes", "restricted": "yes"},
])  # fmt: skip
def test_nobody_changes_their_own_rights(app: FastAPI, office: Office, form: dict[str, object]) -> None:
    ict = add_person(office, Role.ICT, teams=frozenset())
    answer = client_of(app, office, ict).post(f"/people/{ict.id}", data={"name": "Ict", **form})
    assert answer.status_code in (400, 409)
    assert office.ledger.staff_member(ict.id).person == ict


def test_a_new_password_and_an_end_sign_them_out(app: FastAPI, office: Office, client_as: ClientAs) -> None:
    officer, ict = add_person(office, Role.OFFICER), client_as(Role.ICT)
    for act in ("password", "end"):
        theirs = client_of(app, office, officer)
        assert theirs.get("/account").status_code == 200
        assert ict.post(f"/people/{officer.id}/{act}", data=PRESSED).status_code in (200, 303)
        assert theirs.get("/account").status_code == 303, act


def test_with_openid_roles_come_from_the_provider(config: Path, data: Path) -> None:
    sign_in = (
        "sign_in: {kind: openid, issuer: 'http://127.0.0.1:1', client_id: desk, client_secret: {env: ABSENT}, "
        "address: 'http://127.0.0.1:8500', roles: {ict: ict}}\n"
    )
    (config / "postroom.yaml").write_text(MAIN + sign_in)
    settings = load_settings(config, data)
    from config.opening import open_ledger

    office = Office(settings, open_ledger(settings))
    ict = add_person(office, Role.ICT)
    kept = office.ledger.add_staff(
        Person("", "ann", "Ann", frozenset({Role.OFFICER}), frozenset({EVERY_TEAM})), "test", kind=OPENID
    )
    client = client_of(make_app(office), office, ict)
    assert "appear here when they first do" in words(client.get("/people").text)
    assert client.get("/people/new").status_code == 400
    page = client.get(f"/people/{kept.id}").text
    assert 'name="roles"' not in page
    assert client.post(f"/people/{kept.id}", data={"roles": ["ict"]}).status_code == 303
    assert office.ledger.staff_member(kept.id).person == replace(kept, active=False)
    assert client.post(f"/people/{kept.id}/password", data=PRESSED).status_code == 400
    office.close()


def test_people_change_their_own_password(app: FastAPI, office: Office) -> None:
    person = add_person(office, Role.OFFICER)
    office.ledger.set_password(person.id, hash_password("thistle walrus quarry"), "test")
    here, elsewhere = client_of(app, office, person), client_of(app, office, person)
    form = {"old": "thistle walrus quarry", "new": "otter pebble tundra", "again": "otter pebble tundra"}
    for changed, told in (
        ({"old": "wrong"}, "The present password is wrong"),
        ({"again": "other"}, "are not the same"),
        ({"new": "short", "again": "short"}, "at least 12 characters"),
    ):
        answer = here.post("/account/password", data={**form, **changed})
        assert (answer.status_code, told in answer.text) == (400, True)
    assert here.post("/account/password", data=form).status_code == 303
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303
    assert office.ledger.history()[-1].actor == "officer"


def test_wrong_tries_at_the_old_password_make_wait(app: FastAPI, office: Office) -> None:
    person = add_person(office, Role.OFFICER)
    office.ledger.set_password(person.id, hash_password("thistle walrus quarry"), "test")
    client = client_of(app, office, person)
    for _ in range(4):
        client.post("/account/password", data={"old": "wrong", "new": "x", "again": "x"})
    right = {"old": "thistle walrus quarry", "new": "otter pebble tundra", "again": "otter pebble tundra"}
    assert "too many attempts" in client.post("/account/password", data=right).text


def test_nobody_ends_another_s_sign_in_from_their_account(app: FastAPI, office: Office) -> None:
    one, other = add_person(office, Role.OFFICER), add_person(office, Role.MANAGER)
    mine, theirs = client_of(app, office, one), client_of(app, office, other)
    (sign_in,) = office.ledger.sign_ins_of(other.id)
    assert mine.post("/account/end", data={"sign_in": sign_in.id}).status_code == 404
    assert theirs.get("/account").status_code == 200
    assert theirs.post("/account/end", data={"sign_in": sign_in.id}).status_code == 303
    assert theirs.get("/account").status_code == 303


def test_the_switch_for_single_keys_stays_in_the_browser(office: Office, page_as: SignedInPage) -> None:
    page = page_as(add_person(office, Role.OFFICER))
    page.goto("/account")
    switch = page.get_by_label("Single keys do something")
    assert switch.is_checked()
    switch.uncheck()
    page.reload()
    assert not page.get_by_label("Single keys do something").is_checked()
