"""Blind samples at the desk: the reader sees the post and no value, and says who was right afterwards."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from desk.web.office import Office
from postroom.fields import Provenance
from postroom.ledger import schema
from postroom.staff import EVERYTHING, Role
from tests.desk.web.axe import MODES
from tests.desk.web.conftest import ClientAs, SignedInPage, add_person
from tests.postroom.ledger.delivered import straight_through
from tests.postroom.samples import extraction, reading

RIGHT = {"value-address": "1 High Street", "value-bin": "refuse"}
NOTHING = {"seconds": ""}
WRONG = {"value-address": "11 High Street", "value-bin": "refuse"}


@pytest.fixture
def config(config: Path) -> Path:
    main = config / "postroom.yaml"
    main.write_text(main.read_text() + "desk: {blind_samples: 1}\n")
    return config


def sampled(office: Office, number: int = 1) -> str:
    """Put in an item that went straight through yesterday; its bin was read in the text of the mail."""
    read, made = reading(number), extraction(number)
    body, word = read.texts[0], read.texts[0].pages[0].lines[0].words[1]
    place = Provenance(body.document_id, 1, word.box, word.text, "label")
    address, kind = made.fields
    item_id = straight_through(office.ledger, number, replace(made, fields=(address, replace(kind, provenance=place))))
    with office.ledger._writing() as connection:
        yesterday = datetime.now(UTC) - timedelta(days=1)
        connection.execute(update(schema.items).values(received_at=yesterday))
    return item_id


def test_the_page_chooses_and_leads_to_the_next(client_as: ClientAs, office: Office) -> None:
    officer = client_as(Role.OFFICER)
    assert "Nothing to read again now" in officer.get("/checks").text
    item_id = sampled(office)
    assert "1 item</strong> is there for you to read" in officer.get("/checks").text
    assert officer.get("/checks/next").headers["location"] == f"/checks/{item_id}"
    officer.post(f"/checks/{item_id}", data=RIGHT)
    assert officer.get("/checks/next").headers["location"] == "/checks?said=none"
    assert "Nothing is left" in officer.get("/checks?said=none").text


def test_the_reader_sees_no_value_anywhere(client_as: ClientAs, office: Office) -> None:
    item_id, officer = sampled(office), client_as(Role.OFFICER)
    officer.get("/checks")
    for query in ("", "?document=0", "?document=0&look=text", "?document=1"):
        page = officer.get(f"/checks/{item_id}{query}").text
        assert "High Street" not in page
        assert " selected" not in page
        assert 'id="box-' not in page
        assert f"/items/{item_id}/documents/0/text" not in page
        assert f'href="/items/{item_id}' not in page
        assert "High Street" not in officer.get(f"/checks/{item_id}/source{query}").text
    frame = officer.get(f"/checks/{item_id}/documents/0/text")
    assert frame.status_code == 200
    assert "My bin was missed." in frame.text
    assert 'id="field-' not in frame.text
    assert 'id="field-bin"' in officer.get(f"/items/{item_id}/documents/0/text").text, "this test could not fail"


def test_what_agrees_counts_as_right(client_as: ClientAs, office: Office) -> None:
    item_id, officer = sampled(office), client_as(Role.OFFICER)
    officer.get("/checks")
    answer = officer.post(f"/checks/{item_id}", data=RIGHT | {"value-address": "1 HIGH STREET.", "seconds": "40"})
    assert answer.headers["location"] == "/checks?said=agreed"
    assert office.ledger.sample(item_id).right is True
    assert office.ledger.minutes_spent(item_id) == pytest.approx(40 / 60)
    page = officer.get("/checks?said=agreed").text
    assert "Everything you read is what was keyed" in page
    assert "20.7%" in page, "one right of one is at least 20.7 % by Wilson"
    behind = re.search(r'href="(/figures/items[^"]+sample=right)"', page.replace("&amp;", "&"))
    assert behind
    assert item_id in officer.get(behind[1]).text


def test_a_difference_is_shown_afterwards_and_settled_by_the_reader(client_as: ClientAs, office: Office) -> None:
    item_id = sampled(office)
    officer, other = client_as(Role.OFFICER), client_as(Role.OFFICER, name="Other One")
    officer.get("/checks")
    assert officer.post(f"/checks/{item_id}", data=WRONG).headers["location"] == f"/checks/{item_id}"
    page = officer.get(f"/checks/{item_id}").text
    assert "1 value differs" in page
    assert "1 High Street" in page
    assert "11 High Street" in page
    assert "/judge" not in other.get(f"/checks/{item_id}").text
    assert other.post(f"/checks/{item_id}/judge", data={"right-address": "keyed"}).status_code == 409
    silent = officer.post(f"/checks/{item_id}/judge", data=NOTHING)
    assert silent.status_code == 400
    assert "Address: say which value is right" in silent.text
    assert "Say who was right" in officer.get("/checks").text
    answer = officer.post(f"/checks/{item_id}/judge", data={"right-address": "keyed"})
    assert answer.headers["location"] == "/checks?said=settled"
    assert office.ledger.sample(item_id).right is True


def test_what_was_keyed_wrong_stands_there_until_it_is_put_right(client_as: ClientAs, office: Office) -> None:
    item_id = sampled(office)
    officer, lead = client_as(Role.OFFICER), client_as(Role.TEAM_LEAD)
    officer.get("/checks")
    officer.post(f"/checks/{item_id}", data=WRONG)
    said = officer.post(f"/checks/{item_id}/judge", data={"right-address": "entered"}).headers["location"]
    assert said == "/checks?said=wrong"
    page = lead.get("/checks").text
    assert "Keyed wrong, to be put right" in page
    assert "1 High Street was keyed; the post says <strong>11 High Street" in page
    assert lead.post(f"/checks/{item_id}/put-right", data=NOTHING).headers["location"] == "/checks?said=put-right"
    assert "Keyed wrong, to be put right" not in lead.get("/checks").text
    assert office.ledger.sample(item_id).right is False


def test_each_field_needs_a_value_or_a_word_that_there_is_none(client_as: ClientAs, office: Office) -> None:
    item_id, officer = sampled(office), client_as(Role.OFFICER)
    officer.get("/checks")
    for filled, wrong in (
        (NOTHING, "Enter what the post says"),
        ({"value-bin": "refuse", "value-address": "1 High Street", "absent": "bin"}, "not both"),
        ({"value-bin": "a lorry", "absent": "address"}, "Enter one of its values"),
    ):
        answer = officer.post(f"/checks/{item_id}", data=filled)
        assert answer.status_code == 400
        assert wrong in answer.text
    assert office.ledger.sample(item_id).checked_at is None
    officer.post(f"/checks/{item_id}", data={"absent": ["address", "bin"]})
    assert office.ledger.sample(item_id).right is False


def test_an_item_of_another_matter_is_wrong(client_as: ClientAs, office: Office) -> None:
    item_id, officer = sampled(office), client_as(Role.OFFICER)
    officer.get("/checks")
    officer.post(f"/checks/{item_id}", data={"belongs": "no"})
    assert "Missed bin" in officer.get(f"/checks/{item_id}").text
    officer.post(f"/checks/{item_id}/judge", data={"right-*": "entered"})
    assert office.ledger.sample(item_id).settled
    assert "Another" in officer.get("/checks").text


def test_two_readers_at_once_lose_nothing(client_as: ClientAs, office: Office) -> None:
    item_id = sampled(office)
    first, second = client_as(Role.OFFICER), client_as(Role.OFFICER, name="Other One")
    first.get("/checks")
    first.post(f"/checks/{item_id}", data=RIGHT)
    late = second.post(f"/checks/{item_id}", data=WRONG)
    assert late.status_code == 409
    assert "read meanwhile" in late.text
    assert office.ledger.sample(item_id).right is True


def test_what_is_no_sample_or_not_theirs_is_not_found(client_as: ClientAs, office: Office) -> None:
    item_id = sampled(office)
    officer, stranger = client_as(Role.OFFICER), client_as(Role.OFFICER, name="Stranger", teams=frozenset({"Waste"}))
    assert officer.get(f"/checks/{item_id}").status_code == 404, "it is not chosen yet"
    officer.get("/checks")
    for path in ("", "/source", "/documents/0/text"):
        assert officer.get(f"/checks/{item_id}{path}").status_code == 200
        assert stranger.get(f"/checks/{item_id}{path}").status_code == 404
    assert officer.get(f"/checks/{item_id}/documents/9/text").status_code == 404
    for path, filled in (("", RIGHT), ("/judge", NOTHING), ("/put-right", NOTHING)):
        assert stranger.post(f"/checks/{item_id}{path}", data=filled).status_code == 404
    assert office.ledger.count_open_samples(EVERYTHING, add_person(office, Role.OFFICER, name="Third")) == 1


def test_a_sample_is_read_by_keyboard_alone(page_as: SignedInPage, office: Office) -> None:
    item_id = sampled(office)
    page = page_as(add_person(office, Role.OFFICER), **MODES["normal"])
    page.goto("/checks")
    page.keyboard.press("s")
    page.wait_for_url(f"**/checks/{item_id}")
    page.get_by_label("Address", exact=True).focus()
    page.keyboard.type("1 High Street")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.get_by_label("Address", exact=True).input_value() == "", "what is not in the post has no value"
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("1 High Street")
    assert not page.get_by_label("Not in the post: Address").is_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("r")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/checks?said=agreed")
    assert office.ledger.sample(item_id).right is True
    assert office.ledger.minutes_spent(item_id) > 0
