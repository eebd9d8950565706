"""The queue: what waits, for whom, in which order, and what people read where nothing does."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

from config.settings import Settings
from desk.web.due_words import due_in_words
from desk.web.office import Office
from desk.web.queue import page as queue
from postroom.staff import Role
from tests.desk.web.conftest import ClientAs
from tests.desk.web.held_items import full_settings, held, held_items, put_in


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """All processes that come with the code."""
    return full_settings(tmp_path / "var")


def listed(html: str) -> list[str]:
    """Return the ids of the rows in their order."""
    return re.findall(r'class="govuk-link govuk-link--no-visited-state desk-mono" href="/items/(\w+)', html)


def test_the_most_urgent_comes_first_and_protected_items_only_for_those_named(
    office: Office, client_as: ClientAs
) -> None:
    names = ("move-no-date", "foi-no-name", "bin-no-date")
    ids = put_in(office.ledger, office.settings, [held(name) for name in names])
    secret = put_in(office.ledger, office.settings, [held("complaint-unsure", protected="a threat")])
    rows = listed(client_as(Role.OFFICER).get("/queue").text)
    assert rows == [ids["bin-no-date"], ids["foi-no-name"], ids["move-no-date"]]
    rows = listed(client_as(Role.OFFICER, name="Named", restricted=True).get("/queue").text)
    assert rows[0] == secret["complaint-unsure"]
    assert len(rows) == 4


def test_filters_narrow_the_queue_and_count(office: Office, client_as: ClientAs) -> None:
    put_in(office.ledger, office.settings, held_items())
    client = client_as(Role.OFFICER)
    html = client.get("/queue").text
    for words in ("All (20)", "Parking appeal (3)", "No process yet (2)", "Something is missing (4)", "Waste (5)"):
        assert words in html, words
    assert len(listed(client.get("/queue?process=parking-appeal").text)) == 3
    assert len(listed(client.get("/queue?kind=missing").text)) == 4
    assert len(listed(client.get("/queue?team=Waste").text)) == 5
    assert len(listed(client.get("/queue?team=Waste&kind=missing").text)) == 2
    assert len(listed(client.get("/queue?kind=nonsense").text)) == 20


def test_a_team_sees_its_own_post(office: Office, client_as: ClientAs) -> None:
    ids = put_in(office.ledger, office.settings, [held("appeal-by-hand"), held("bin-no-date"), held("thanks")])
    waste = client_as(Role.OFFICER, name="Waste", teams=frozenset({"Waste"}))
    assert listed(waste.get("/queue").text) == [ids["bin-no-date"]]
    post_room = client_as(Role.OFFICER, name="Post", teams=frozenset({office.settings.desk.team}))
    assert listed(post_room.get("/queue").text) == [ids["thanks"]]
    assert "Parking appeal" not in waste.get("/queue").text


def test_empty_states_say_what_they_mean(office: Office, client_as: ClientAs) -> None:
    client = client_as(Role.OFFICER)
    assert "Nothing waits for a person" in client.get("/queue").text
    assert "Nothing waits in this part of the queue" in client.get("/queue?kind=missing").text
    assert client.get("/queue/start").headers["location"] == "/queue?said=all-open"


def test_pages_follow_each_other_without_loss(
    office: Office, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "PAGE", 4)
    many = [held("thanks", name=f"thanks-{number}", body=f"Thanks {number}") for number in range(7)]
    ids = put_in(office.ledger, office.settings, many)
    client = client_as(Role.OFFICER)
    first = client.get("/queue?process=other").text
    address = re.search(r'href="(/queue\?process=other&amp;after=\w+)"', first)
    assert address is not None
    second = client.get(address[1].replace("&amp;", "&")).text
    assert len(listed(first)) == 4
    assert set(listed(first)) | set(listed(second)) == set(ids.values())
    assert not set(listed(first)) & set(listed(second))


def test_who_has_an_item_open_is_told_and_passed_over(office: Office, client_as: ClientAs) -> None:
    ids = put_in(office.ledger, office.settings, [held("bin-no-date"), held("move-no-date")])
    client_as(Role.OFFICER, name="Ann Other").get(f"/items/{ids['bin-no-date']}")
    second = client_as(Role.OFFICER, name="Bo Second")
    assert "Ann Other" in second.get("/queue").text
    assert second.get("/queue/start").headers["location"] == f"/items/{ids['move-no-date']}"


def test_managers_and_ict_read_no_queue(office: Office, client_as: ClientAs) -> None:
    ids = put_in(office.ledger, office.settings, [held("bin-no-date")])
    for role in (Role.MANAGER, Role.ICT):
        client = client_as(role)
        assert client.get("/queue").status_code == 403
        assert client.get(f"/items/{ids['bin-no-date']}").status_code == 403


@pytest.mark.parametrize(
    ("due", "words", "tone"),
    [
        ("2026-11-13", "2 working days left", "waiting"),
        ("2026-11-12", "1 working day left", "waiting"),
        ("2026-11-11", "due today", "late"),
        ("2026-11-10", "late by 1 working day", "late"),
        ("2026-11-06", "late by 3 working days", "late"),
        ("2026-12-29", "32 working days left", "quiet"),
    ],
)
def test_due_days_are_told_in_working_days(due: str, words: str, tone: str) -> None:
    now = datetime.fromisoformat("2026-11-11T23:30:00+00:00")
    assert due_in_words(due, "england-and-wales", now) == (words, tone)
