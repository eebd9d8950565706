"""The guard: requests from elsewhere, ended sign-ins, and what every answer carries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from desk.web.office import Office
from desk.web.pages import asset
from desk.web.sign_in.routes import local_path
from postroom.clock import utc_now
from postroom.staff import Role
from tests.desk.web.conftest import ADDRESS, ClientAs, add_person, client_of

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SAME = {"Sec-Fetch-Site": "same-origin", "Origin": ADDRESS}
CROSS_SITE = {
    "another site, as browsers tell it": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "another site that hides its origin": {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    "another site, told by Sec-Fetch-Site alone": {"Sec-Fetch-Site": "cross-site"},
    "another host of the same site": {"Sec-Fetch-Site": "same-site", "Origin": "http://other.desk.test"},
    "an old browser, told by Origin alone": {"Origin": "https://evil.example"},
    "an old browser from a page without origin": {"Origin": "null"},
    "no word of where it comes from": {},
    "a link or bookmark": {"Sec-Fetch-Site": "none"},
    "our name over another scheme": {"Origin": "https://desk.test"},
    "our name on another port": {"Origin": f"{ADDRESS}:8080"},
    "Sec-Fetch-Site against Origin": {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    "Origin against Sec-Fetch-Site": {"Sec-Fetch-Site": "cross-site", "Origin": ADDRESS},
}


@pytest.mark.parametrize("headers", CROSS_SITE.values(), ids=CROSS_SITE)
def test_a_post_from_elsewhere_is_refused(app: FastAPI, office: Office, headers: dict[str, str]) -> None:
    person = add_person(office, Role.OFFICER)
    client = client_of(app, office, person)
    del client.headers["Sec-Fetch-Site"]
    answer = client.post("/sign-out", headers=FORM | headers)
    assert answer.status_code == 403
    assert "another site" in answer.text
    assert len(office.ledger.sign_ins_of(person.id)) == 1


@pytest.mark.parametrize(
    "headers", [SAME, {"Sec-Fetch-Site": "same-origin"}, {"Origin": ADDRESS}], ids=["both", "fetch-site", "origin"]
)
def test_a_post_from_the_desk_passes(app: FastAPI, office: Office, headers: dict[str, str]) -> None:
    client = client_of(app, office, add_person(office, Role.OFFICER))
    del client.headers["Sec-Fetch-Site"]
    assert client.post("/sign-out", headers=FORM | headers).status_code == 303


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "", "application/xml"])
def test_only_forms_are_taken(client_as: ClientAs, kind: str) -> None:
    answer = client_as(Role.OFFICER).post("/sign-out", content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "POSTED"])
def test_other_methods_are_refused(client_as: ClientAs, method: str) -> None:
    assert client_as(Role.OFFICER).request(method, "/sign-out", headers=FORM).status_code == 403


def test_a_form_that_is_too_large_is_refused(client_as: ClientAs) -> None:
    client = client_as(Role.OFFICER)
    assert client.post("/sign-in", content=b"name=" + b"a" * 1_100_000, headers=FORM).status_code == 413


@pytest.mark.parametrize("destination", ["image", "script", "style", "iframe", "empty", "object"])
def test_pages_cannot_be_used_inside_other_sites(client_as: ClientAs, destination: str) -> None:
    client = client_as(Role.OFFICER)
    taken = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": destination}
    assert client.get("/account", headers=taken).status_code == 403
    linked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/", headers=linked).status_code == 303


def test_every_answer_carries_the_headers(client_as: ClientAs, app: FastAPI) -> None:
    client = client_as(Role.OFFICER)
    for path in ("/sign-in", "/nowhere", "/static/postroom.css", "/static/nothing", "/"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "unsafe" not in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
    refused = TestClient(app, base_url=ADDRESS).post("/sign-out")
    assert "default-src 'none'" in refused.headers["content-security-policy"]


def test_pages_are_kept_nowhere_and_styles_for_long(client_as: ClientAs) -> None:
    client = client_as(Role.OFFICER)
    assert client.get("/keys").headers["cache-control"] == "no-store"
    assert client.get(asset("postroom.css")).headers["cache-control"].endswith("immutable")
    assert client.get("/static/postroom.js").headers["cache-control"] == "no-cache"
    assert client.get("/static/nothing").headers["cache-control"] == "no-store"


def test_a_sign_in_ends_at_once_when_it_is_revoked(app: FastAPI, office: Office) -> None:
    person = add_person(office, Role.OFFICER)
    client = client_of(app, office, person)
    assert client.get("/").headers["location"] == "/queue"
    office.ledger.end_sign_ins(person.id, "ict")
    assert client.get("/").headers["location"] == "/sign-in?next=%2F"


def test_a_person_who_was_shut_out_is_signed_out(app: FastAPI, office: Office) -> None:
    from dataclasses import replace

    person = add_person(office, Role.OFFICER)
    client = client_of(app, office, person)
    office.ledger.change_staff(replace(person, active=False), "ict")
    assert client.get("/").headers["location"].startswith("/sign-in")


def test_a_sign_in_that_lies_idle_or_is_too_old_ends(
    app: FastAPI, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(app, office, add_person(office, Role.OFFICER))
    now = utc_now()
    monkeypatch.setattr(office.ledger, "_clock", lambda: now + timedelta(minutes=59))
    assert client.get("/").headers["location"] == "/queue"
    monkeypatch.setattr(office.ledger, "_clock", lambda: now + timedelta(minutes=59 + 61))
    assert client.get("/").headers["location"].startswith("/sign-in")
    monkeypatch.setattr(office.ledger, "_clock", lambda: now + timedelta(hours=9))
    assert client.get("/").headers["location"].startswith("/sign-in")


def test_a_made_up_cookie_lets_nobody_in(app: FastAPI, office: Office) -> None:
    add_person(office, Role.OFFICER)
    client = TestClient(app, base_url=ADDRESS, follow_redirects=False)
    for token in ("x", "", "a" * 5000, "0" * 64):
        assert client.get("/", headers={"Cookie": f"postroom={token}"}).headers["location"].startswith("/sign-in")


def test_the_cookie_is_for_this_host_over_https_alone(office: Office, app: FastAPI) -> None:
    from desk.web.sign_in.passwords import hash_password

    person = add_person(office, Role.OFFICER)
    office.ledger.set_password(person.id, hash_password("correct horse battery"), "test")
    client = TestClient(app, base_url="https://desk.test", follow_redirects=False)
    form = {"name": person.sign_in_name, "password": "correct horse battery"}
    answer = client.post("/sign-in", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-postroom=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "strict-transport-security" in answer.headers


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/a\\b", "/\t/evil", "",
     "/sign-in?next=/sign-in", "evil", "/\r\nSet-Cookie: a=b"],
)  # fmt: skip
def test_nobody_is_led_elsewhere_after_signing_in(path: str) -> None:
    assert local_path(path) == "/"


def test_wrong_passwords_close_the_door_for_a_while(office: Office, app: FastAPI) -> None:
    from desk.web.sign_in.passwords import hash_password

    person = add_person(office, Role.OFFICER)
    office.ledger.set_password(person.id, hash_password("correct horse battery"), "test")
    client = TestClient(app, base_url=ADDRESS, follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"})
    for _ in range(8):
        assert client.post("/sign-in", data={"name": person.sign_in_name, "password": "wrong"}).status_code == 403
    right = {"name": person.sign_in_name, "password": "correct horse battery"}
    assert client.post("/sign-in", data=right).status_code == 403, "it must wait even with the right one"
    office.ledger.set_password(person.id, hash_password("correct horse battery"), "test")
    assert client.post("/sign-in", data=right).headers["location"] == "/"


def test_an_old_hash_is_made_anew_at_sign_in(office: Office, app: FastAPI) -> None:
    from argon2 import PasswordHasher

    from desk.web.sign_in.passwords import needs_rehash

    person = add_person(office, Role.OFFICER)
    office.ledger.set_password(person.id, PasswordHasher(1, 1024, 1).hash("correct horse battery"), "test")
    client = TestClient(app, base_url=ADDRESS, follow_redirects=False, headers={"Sec-Fetch-Site": "same-origin"})
    right = {"name": person.sign_in_name, "password": "correct horse battery"}
    assert client.post("/sign-in", data=right).headers["location"] == "/"
    assert not needs_rehash(office.ledger.staff_member(person.id).password)
    assert client.post("/sign-in", data=right).headers["location"] == "/"
