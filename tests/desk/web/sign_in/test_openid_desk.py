"""The whole way in through a real provider, at the desk's own addresses."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from config.settings import MainFile
from desk.web.app import make_app
from desk.web.office import Office
from desk.web.sign_in.openid import OpenId
from postroom.staff import Role
from tests.desk.web.sign_in.conftest import settings_for
from tests.servers.openid import DESK, OpenIdServer, sign_in

FORM = "application/x-www-form-urlencoded"
Desk = tuple[Office, TestClient]


@pytest.fixture
def desk(office: Office, provider: OpenIdServer) -> Desk:
    """The application of a council whose people sign in at the provider."""
    asked = settings_for(provider)
    main = MainFile.model_validate({"council": "Westmere", "sign_in": asked.model_dump()})
    office.settings = replace(office.settings, main=main)
    vars(office)["openid"] = OpenId(asked, SecretStr(provider.secret))
    return office, browser_at(office)


def browser_at(office: Office) -> TestClient:
    return TestClient(make_app(office), base_url=DESK, follow_redirects=False)


def led_back(client: TestClient, person: str = "officer", next: str = "/queue") -> str:
    """Leave the desk, sign in at the provider, and return the address the browser is led back to."""
    left = client.get(f"/sign-in/openid?{urlencode({'next': next})}")
    assert left.status_code == 303
    return "/sign-in/return?" + urlencode(sign_in(left.headers["location"], person))


def test_a_person_is_let_in_and_led_on(desk: Desk) -> None:
    office, client = desk
    answer = client.get(led_back(client))
    assert (answer.status_code, answer.headers["location"]) == (303, "/queue")
    (record,) = office.ledger.staff()
    assert record.person.name == "Olu Brandt"
    assert record.person.roles == {Role.OFFICER}
    assert record.person.teams == {"Revenues"}
    assert client.get("/").headers["location"] == "/queue"


def test_the_same_person_comes_again_as_the_same(desk: Desk) -> None:
    office, client = desk
    client.get(led_back(client))
    again = browser_at(office)
    assert again.get(led_back(again)).status_code == 303
    assert len(office.ledger.staff()) == 1
    assert len(office.ledger.sign_ins_of(office.ledger.staff()[0].person.id)) == 2


def test_an_answer_serves_once_and_in_its_own_browser(desk: Desk) -> None:
    office, client = desk
    back = led_back(client)
    stranger = browser_at(office)
    assert stranger.get(back).status_code == 403
    other = browser_at(office)
    led_back(other)
    assert other.get(back).status_code == 403, "with a sign-in of its own begun, but another's answer"
    assert office.ledger.staff() == []
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 403


def test_who_has_no_role_is_told_whom_to_ask(desk: Desk) -> None:
    office, client = desk
    answer = client.get(led_back(client, "visitor"))
    assert answer.status_code == 403
    assert "Ask your team lead or ICT" in answer.text
    assert office.ledger.staff() == []


def test_who_was_shut_out_stays_out(desk: Desk) -> None:
    office, client = desk
    client.get(led_back(client))
    (record,) = office.ledger.staff()
    office.ledger.change_staff(replace(record.person, active=False), "ict")
    again = browser_at(office)
    answer = again.get(led_back(again))
    assert answer.status_code == 403
    assert "closed your access" in answer.text


def test_passwords_let_nobody_in_there(desk: Desk) -> None:
    office, client = desk
    client.get(led_back(client))
    name = office.ledger.staff()[0].person.sign_in_name
    form = {"name": name, "password": ""}
    answer = browser_at(office).post("/sign-in", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 403


def test_a_name_that_changed_hands_gives_nobody_anothers_history(desk: Desk) -> None:
    office, client = desk
    client.get(led_back(client))
    first = office.ledger.staff()[0].person
    second = office.ledger.welcome(replace(first, id="another"))
    assert second is not None
    assert second.sign_in_name != first.sign_in_name
    assert len(office.ledger.staff()) == 2


def test_nobody_is_led_elsewhere_afterwards(desk: Desk) -> None:
    _, client = desk
    assert client.get(led_back(client, next="https://evil.example/")).headers["location"] == "/"


def test_signing_out_offers_the_way_to_sign_out_there_too(desk: Desk) -> None:
    office, client = desk
    client.get(led_back(client))
    out = client.post("/sign-out", headers={"Sec-Fetch-Site": "same-origin", "Content-Type": FORM})
    assert out.headers["location"] == "/sign-in?ended=true"
    assert "/sign-in/leave" in client.get("/sign-in?ended=true").text
    there = client.get("/sign-in/leave").headers["location"]
    assert there.startswith(office.openid.issuer)
    assert "post_logout_redirect_uri" in there
