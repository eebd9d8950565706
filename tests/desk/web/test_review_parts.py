"""What is done with more than one field: source and crops, split and merge, letters, batches; and who may see what."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from config.settings import Settings
from desk.web.office import Office
from postroom.ledger import ItemState
from postroom.staff import Role
from tests.desk.web.conftest import ClientAs
from tests.desk.web.held_items import full_settings, held, put_in
from tests.desk.web.test_review import form, one

OF_AN_ITEM = (
    "", "/source", "/now", "/skip", "/documents/0/text", "/documents/0/mail", "/documents/1/pages/1", "/crops/gross",
    "/split", "/merge", "/send-back",
)  # fmt: skip
ACTS = (
    "/fields/gross", "/fields/gross/check", "/release", "/reject", "/no-action", "/by-hand", "/process", "/undo",
    "/retry", "/split", "/merge", "/send-back", "/leave", "/deliveries/1",
)  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """All processes that come with the code."""
    return full_settings(tmp_path / "var", letters="letters")


@pytest.mark.parametrize("protected", ["", "a threat"])
def test_nobody_learns_of_an_item_that_is_not_theirs(office: Office, client_as: ClientAs, protected: str) -> None:
    item = one(office, "invoice-wrong-total", protected=protected)
    teams = frozenset({"*"}) if protected else frozenset({"Waste"})
    client = client_as(Role.OFFICER, name="Outside", teams=teams)
    sent = form(office, item, value="1", reason="other", words="x", to="complaint", into="A", verdict="cancel")
    answers = {path: client.get(f"/items/{item}{path}") for path in OF_AN_ITEM}
    answers |= {f"POST {path}": client.post(f"/items/{item}{path}", data=sent) for path in ACTS}
    assert {path: answer.status_code for path, answer in answers.items() if answer.status_code != 404} == {}
    assert {path for path, answer in answers.items() if "Larkfield" in answer.text or item in answer.text} == set()
    assert item not in client.get("/queue").text
    assert office.ledger.item(item).summary.version == int(sent["version"])


def test_a_protected_item_says_so_to_those_who_may_see_it(office: Office, client_as: ClientAs) -> None:
    item = one(office, "complaint-unsure", protected="a threat")
    page = client_as(Role.OFFICER, restricted=True).get(f"/items/{item}").text
    assert "Only people who are named may see this: a threat." in page


def test_auditors_read_and_change_nothing(office: Office, client_as: ClientAs) -> None:
    item = one(office, "invoice-wrong-total")
    client = client_as(Role.AUDITOR)
    page = client.get(f"/items/{item}").text
    assert "£482.00" in page
    forms = re.findall(r'<form method="post" action="([^"]*)"', page)
    assert forms == ["/sign-out"]
    for path in ACTS:
        assert client.post(f"/items/{item}{path}", data=form(office, item)).status_code == 403
    assert office.ledger.lookers(item, "") == []


def test_pictures_and_frames_are_made_by_the_server_and_kept_nowhere(office: Office, client_as: ClientAs) -> None:
    item = one(office, "invoice-wrong-total")
    client = client_as(Role.OFFICER)
    for path in ("documents/1/pages/1?width=500", "documents/1/pages/1?width=500&turn=90", "crops/gross"):
        answer = client.get(f"/items/{item}/{path}")
        assert answer.headers["content-type"] == "image/webp"
        assert answer.content[8:12] == b"WEBP"
        assert "no-store" in answer.headers["cache-control"]
    for path in ("documents/0/text", "documents/0/mail", "documents/1/text"):
        answer = client.get(f"/items/{item}/{path}")
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert "no-store" in answer.headers["cache-control"]
    for path in ("documents/7/text", "documents/-1/text", "documents/1/mail", "documents/0/pages/1", "crops/nothing"):
        assert client.get(f"/items/{item}/{path}").status_code in (400, 404), path
    assert client.get(f"/items/{item}/documents/1/pages/1?width=9999").status_code == 400


def test_the_source_begins_where_the_first_doubt_was_read(office: Office, client_as: ClientAs) -> None:
    item = one(office, "invoice-wrong-total")
    client = client_as(Role.OFFICER)
    page = client.get(f"/items/{item}").text
    assert f'src="/items/{item}/documents/1/pages/1' in page
    assert 'id="box-gross"' in page
    mail = client.get(f"/items/{item}?document=0&look=mail&process=supplier-invoice").text
    assert f'src="/items/{item}/documents/0/mail"' in mail
    assert 'sandbox=""' in mail
    turned = client.get(f"/items/{item}/source?document=1&turn=90&zoom=200").text
    assert "turn=90" in turned
    assert "width=2000" in turned
    assert client.get(f"/items/{item}?document=nonsense&page=-4&zoom=7&turn=x&look=y").status_code == 200


def test_file_names_are_shown_and_go_nowhere_else(office: Office, client_as: ClientAs) -> None:
    item = one(office, "invoice-wrong-total", file='..%2f"><img src=x onerror=alert(1)>\u202egpj.pdf')
    client = client_as(Role.OFFICER)
    page = client.get(f"/items/{item}").text
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "\u202e" not in page
    assert "alert" not in str(client.get(f"/items/{item}/documents/1/pages/1").headers)


def test_a_letter_asks_for_what_is_missing_and_is_sent_as_edited(office: Office, client_as: ClientAs) -> None:
    item = one(office, "move-no-date")
    client = client_as(Role.OFFICER, name="Ann Other")
    page = unescape(client.get(f"/items/{item}/send-back").text)
    assert "Dear Saskia Rudd" in page
    assert "- moving date" in page
    assert "Re: council tax" in page
    path = f"/items/{item}/send-back"
    assert client.post(path, data=form(office, item, subject=" ", body="")).status_code == 400
    sent = form(office, item, subject="Re: council tax", body="When do you move?")
    assert "said=sent-back" in client.post(path, data=sent).headers["location"]
    (letter,) = office.ledger.item(item).deliveries
    assert letter.target == "letters"
    assert letter.fields["to"] == "s.rudd@valemail.example"
    assert letter.fields["body"] == "When do you move?"
    assert office.ledger.item(item).summary.state is ItemState.IN_FLIGHT
    assert "Sent back to the sender: needs Moving date." in client.get(f"/items/{item}").text


def test_a_letter_is_not_lost_when_a_colleague_was_quicker(office: Office, client_as: ClientAs) -> None:
    item = one(office, "move-no-date")
    client, path = client_as(Role.OFFICER, name="Ann Other"), f"/items/{item}/send-back"
    written = form(office, item, subject="Re: council tax", body="When do you move?")
    office.ledger.correct(item, "full_name", "Saskia Rudd-Hale", "bo")
    late = client.post(path, data=written)
    assert late.status_code == 409
    assert "When do you move?" in late.text
    assert "said=sent-back" in client.post(path, data=written | form(office, item)).headers["location"]
    again = one(office, "foi-no-name")
    written = form(office, again, subject="Re: your request", body="Who are you?")
    office.ledger.reject(again, "It is abuse.", "bo")
    closed = client.post(f"/items/{again}/send-back", data=written)
    assert (closed.status_code, "rejected the item at" in closed.text) == (409, True)


def test_without_a_target_for_letters_none_are_offered(office: Office, client_as: ClientAs) -> None:
    office.settings = full_settings(office.settings.data)
    item = one(office, "move-no-date")
    client = client_as(Role.OFFICER)
    assert "/send-back" not in client.get(f"/items/{item}").text
    assert client.get(f"/items/{item}/send-back").status_code == 409


def test_a_part_that_is_another_matter_becomes_an_item(office: Office, client_as: ClientAs) -> None:
    item = one(office, "invoice-wrong-total")
    client = client_as(Role.OFFICER)
    path = f"/items/{item}/split"
    assert "invoice.pdf" in client.get(path).text
    for wrong in ({}, {"part": "1"}, {"part": ["0", "1"], "to": "complaint"}):
        assert client.post(path, data=form(office, item) | wrong).status_code == 400
    answer = client.post(path, data=form(office, item, part="0", to="complaint"))
    new = re.search(r"other=(\w+)", answer.headers["location"])
    assert new is not None
    assert f"waits in the queue as {new[1]}" in client.get(answer.headers["location"]).text
    assert office.ledger.item(new[1]).summary.process == "complaint"
    merged = client.post(f"/items/{new[1]}/merge", data=form(office, new[1], into=item))
    assert merged.headers["location"].startswith(f"/items/{item}?said=merged")
    assert office.ledger.item(new[1]).summary.state is ItemState.NO_ACTION
    assert client.post(f"/items/{new[1]}/undo", data={"from": "page"}).status_code == 303
    assert office.ledger.item(new[1]).summary.state is ItemState.WITH_PERSON


def test_alike_items_are_decided_at_once_each_with_its_result(office: Office, client_as: ClientAs) -> None:
    ids = put_in(office.ledger, office.settings, [held("thanks"), held("other-council"), held("bin-no-date")])
    client = client_as(Role.OFFICER)
    key = re.search(r'href="/batches/([^"]+)"', client.get("/batches").text)
    assert key is not None
    path, page = f"/batches/{key[1]}", client.get(f"/batches/{key[1]}").text
    chosen = re.findall(r'name="item" type="checkbox" value="([^"]+)"', page)
    assert {value.partition(".")[0] for value in chosen} == {ids["thanks"], ids["other-council"]}
    assert "checked" not in page
    for wrong in ({"act": "no-action", "reason": "thanks"}, {"item": chosen}, {"item": chosen, "act": "reject"}):
        assert client.post(path, data=wrong).status_code == 400
    client.post(f"/items/{ids['thanks']}/reject", data=form(office, ids["thanks"], reason="abuse"))
    client.post(f"/items/{ids['thanks']}/undo", data={"from": "page"})
    done = client.post(path, data={"item": chosen, "act": "no-action", "reason": "thanks"}).text
    assert "1 item done, 1 not done" in done
    assert office.ledger.item(ids["other-council"]).summary.state is ItemState.NO_ACTION
    assert office.ledger.item(ids["thanks"]).summary.state is ItemState.WITH_PERSON


def test_a_batch_releases_only_where_nothing_is_missing(office: Office, client_as: ClientAs) -> None:
    items = [held("appeal-unsure-car"), held("appeal-wrong-number"), held("move-no-date")]
    again = held("move-no-date", name="again", body="We moved. Council tax ref 40990017. Saskia Rudd")
    ids = put_in(office.ledger, office.settings, [*items, again])
    client = client_as(Role.OFFICER)
    for key, state in (
        ("parking-appeal.unsure", ItemState.IN_FLIGHT),
        ("council-tax-move.missing", ItemState.WITH_PERSON),
    ):
        chosen = re.findall(r'name="item" type="checkbox" value="([^"]+)"', client.get(f"/batches/{key}").text)
        done = client.post(f"/batches/{key}", data={"item": chosen, "act": "release"}).text
        assert ("Released." in done) == (state is ItemState.IN_FLIGHT)
        assert ("Something is missing." in done) == (state is ItemState.WITH_PERSON)
        assert {office.ledger.item(one.partition(".")[0]).summary.state for one in chosen} == {state}
    assert office.ledger.item(ids["appeal-unsure-car"]).deliveries


def test_skipping_leaves_an_item_and_says_where_the_end_is(office: Office, client_as: ClientAs) -> None:
    ids = put_in(office.ledger, office.settings, [held("bin-no-date"), held("move-no-date")])
    client = client_as(Role.OFFICER)
    client.get(f"/items/{ids['bin-no-date']}")
    next_one = client.get(f"/items/{ids['bin-no-date']}/skip").headers["location"]
    assert next_one == f"/items/{ids['move-no-date']}"
    end = client.get(f"{next_one}/skip").headers["location"]
    assert "That was the last item" in client.get(end).text
    assert office.ledger.lookers(ids["bin-no-date"], "") == []


def test_what_is_said_comes_from_a_table_and_never_from_the_address(office: Office, client_as: ClientAs) -> None:
    client = client_as(Role.OFFICER)
    for query in ("said=<b>hacked</b>", "said=released&item=<b>hacked</b>", "said=split&item=A&other=hacked%20by"):
        assert "hacked" not in client.get(f"/queue?{query}").text
