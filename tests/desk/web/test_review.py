"""The review page: one field at a time, then the item; what was seen counts, and nobody overwrites anybody."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from config.settings import Settings
from desk.web.office import Office
from postroom.delivery import State
from postroom.ledger import ItemState
from postroom.staff import Role
from tests.desk.web.conftest import ClientAs, add_person, client_of
from tests.desk.web.held_items import full_settings, held, put_in


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """All processes that come with the code."""
    return full_settings(tmp_path / "var", letters="letters")


def one(office: Office, name: str, **changed: object) -> str:
    """Put one item in and return its id."""
    return put_in(office.ledger, office.settings, [held(name, **changed)])[name]


def form(office: Office, item_id: str, **values: str) -> dict[str, str]:
    """Return what a form of the item's page sends."""
    item = office.ledger.item(item_id)
    seen = str(item.history[-1].sequence)
    return {"version": str(item.summary.version), "seen": seen, "seconds": "40", "steps": "3", **values}


def value(office: Office, item_id: str, field: str) -> str:
    return office.ledger.item(item_id).values.get(field, "")


def actions(office: Office, item_id: str) -> list[tuple[str, str]]:
    return [(entry.actor, entry.action) for entry in office.ledger.item(item_id).history]


def test_a_value_of_the_wrong_kind_is_told_beside_the_field_and_kept(office: Office, client_as: ClientAs) -> None:
    item = one(office, "move-no-date")
    client = client_as(Role.OFFICER)
    answer = client.post(f"/items/{item}/fields/moving_date", data=form(office, item, value="soon <b>"))
    assert answer.status_code == 400
    assert "<title>Error: " in answer.text
    assert 'href="#field-moving_date"' in answer.text
    assert "such as 14 September 2026" in answer.text
    assert 'value="soon &lt;b&gt;"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert value(office, item, "moving_date") == ""


def test_another_value_corrects_and_the_same_one_accepts(office: Office, client_as: ClientAs) -> None:
    item = one(office, "move-unsure-date")
    client = client_as(Role.OFFICER)
    same = client.post(f"/items/{item}/fields/moving_date", data=form(office, item, value="14/11/2026"))
    assert same.headers["location"].startswith(f"/items/{item}?said=accepted")
    other = client.post(f"/items/{item}/fields/full_name", data=form(office, item, value="Ines Hollowey"))
    assert other.headers["location"].startswith(f"/items/{item}?said=corrected")
    assert value(office, item, "full_name") == "Ines Hollowey"
    assert actions(office, item)[-2:] == [("officer", "accepted"), ("officer", "corrected")]
    told = [str(entry.detail) for entry in office.ledger.item(item).history]
    assert not any("Hollow" in one for one in told), "The history holds no words of the post."


def test_another_reading_is_taken_by_its_button(office: Office, client_as: ClientAs) -> None:
    item = one(office, "move-other-date")
    client = client_as(Role.OFFICER)
    assert 'name="chosen" value="2026-12-01"' in client.get(f"/items/{item}").text
    client.post(f"/items/{item}/fields/moving_date", data=form(office, item, value="x", chosen="2026-12-01"))
    assert value(office, item, "moving_date") == "2026-12-01"


def test_a_value_is_checked_while_it_is_typed(office: Office, client_as: ClientAs) -> None:
    item = one(office, "move-no-date")
    client = client_as(Role.OFFICER)
    path = f"/items/{item}/fields/moving_date/check"
    assert client.post(path, data={"value": "7 Nov 2026"}).json() == {"wrong": "", "shown": "7 November 2026"}
    assert "Enter a date" in client.post(path, data={"value": "7 Nov"}).json()["wrong"]
    assert client.post(f"/items/{item}/fields/nothing/check", data={"value": "1"}).status_code == 404
    assert value(office, item, "moving_date") == ""


def test_scripts_get_the_field_alone(office: Office, client_as: ClientAs) -> None:
    item = one(office, "garden-two-doubts")
    client = client_as(Role.OFFICER)
    path = f"/items/{item}/fields/bins"
    wrong = client.post(path, data=form(office, item, value="many", alone="true"))
    assert (wrong.status_code, "many" in wrong.json()["html"]) == (400, True)
    right = client.post(path, data=form(office, item, value="2", alone="true")).json()
    assert right["left"] == 1
    assert right["version"] == office.ledger.item(item).summary.version
    assert "data-open" not in right["html"]
    stale = client.post(path, data=form(office, item, value="3", alone="true") | {"version": "0"})
    assert stale.status_code == 409
    assert value(office, item, "bins") == "2"


def test_release_accepts_the_rest_notes_the_time_and_leads_to_the_next(office: Office, client_as: ClientAs) -> None:
    ids = put_in(office.ledger, office.settings, [held("bin-unsure-kind"), held("bin-no-date"), held("thanks")])
    client = client_as(Role.OFFICER)
    item = ids["bin-unsure-kind"]
    data = form(office, item, rest="accept", steps="4", seconds="31")
    answer = client.post(f"/items/{item}/release?process=missed-bin", data=data)
    assert answer.status_code == 303
    assert f"process=missed-bin&said=released&item={item}" in answer.headers["location"]
    assert office.ledger.item(item).summary.state is ItemState.IN_FLIGHT
    assert office.ledger.minutes_spent(item) == pytest.approx(31 / 60)
    assert ("officer", "accepted") in actions(office, item)
    page = client.get(f"/items/{ids['bin-no-date']}?said=released&item={item}")
    assert f"Item {item} is released" in page.text
    assert f'action="/items/{item}/undo"' in page.text


def test_nothing_is_released_while_something_is_missing_unless_asked_for(office: Office, client_as: ClientAs) -> None:
    item = one(office, "move-no-date")
    client = client_as(Role.OFFICER)
    refused = client.post(f"/items/{item}/release", data=form(office, item, rest="accept"))
    assert refused.status_code == 400
    assert "“Moving date” is missing" in refused.text
    assert 'id="anyway"' in refused.text
    assert office.ledger.item(item).summary.state is ItemState.WITH_PERSON
    assert client.post(f"/items/{item}/release", data=form(office, item, anyway="yes")).status_code == 303


@pytest.mark.parametrize(
    ("act", "typed", "wrong", "kept"),
    [
        ("reject", {"reason": "other"}, "Say why in your own words.", ('value="other" checked',)),
        ("reject", {"words": "Not our road."}, "Choose why it is rejected.", ('value="Not our road."',)),
        ("no-action", {"reason": "thanks", "version": "0"}, "", ('value="thanks" checked',)),
        ("by-hand", {"target": "nowhere", "reference": "PA-77"}, "Choose where you keyed it.", ('value="PA-77"',)),
        ("process", {"to": "missed-bin", "version": "0"}, "", ('value="missed-bin" selected',)),
    ],
)
def test_what_was_chosen_and_typed_stays_when_an_act_is_refused(
    office: Office, client_as: ClientAs, act: str, typed: dict[str, str], wrong: str, kept: tuple[str, ...]
) -> None:
    item = one(office, "move-unsure-date")
    office.ledger.correct(item, "full_name", "Piers Ade", "bo")
    refused = client_as(Role.OFFICER).post(f"/items/{item}/{act}", data=form(office, item, **typed))
    assert refused.status_code == (400 if wrong else 409)
    part = refused.text[refused.text.index(f'id="act-{act}"') :].partition("</details>")[0]
    assert wrong in refused.text
    assert part.partition(">")[0].endswith(" open")
    assert [one for one in kept if one not in part] == []


def test_the_second_of_two_people_is_told_and_overwrites_nothing(office: Office, app: FastAPI) -> None:
    item = one(office, "move-unsure-date")
    ann = client_of(app, office, add_person(office, Role.OFFICER, name="Ann Other"))
    bo = client_of(app, office, add_person(office, Role.OFFICER, name="Bo Second"))
    ann.get(f"/items/{item}")
    assert "Ann Other has had this item open since" in bo.get(f"/items/{item}").text
    old = form(office, item)
    ann.post(f"/items/{item}/fields/moving_date", data=form(office, item, value="2026-11-24"))
    now = bo.get(f"/items/{item}/now", params={"version": old["version"], "seen": old["seen"]}).json()
    assert now["changed"]
    assert any("Ann Other corrected moving date" in words for words in now["words"])
    late = bo.post(f"/items/{item}/release", data={**old, "rest": "accept"})
    assert late.status_code == 409
    assert "Ann Other" in late.text
    assert "corrected moving date at" in late.text
    assert office.ledger.item(item).summary.state is ItemState.WITH_PERSON
    assert value(office, item, "moving_date") == "2026-11-24"


def test_of_two_who_decide_at_once_one_is_told(office: Office, app: FastAPI) -> None:
    item = one(office, "move-unsure-date")
    people = [add_person(office, Role.OFFICER, name=name) for name in ("Ann Other", "Bo Second", "Cy Third")]
    sent, answers = form(office, item), []

    def decide(client: TestClient, act: str) -> None:
        answers.append(client.post(f"/items/{item}/{act}", data={**sent, "rest": "accept", "reason": "not-ours"}))

    acts = ("release", "reject", "release")
    threads = [
        threading.Thread(target=decide, args=(client_of(app, office, person), act))
        for person, act in zip(people, acts, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [303, 409, 409]
    ends = [action for _, action in actions(office, item) if action in ("released", "closed-rejected")]
    assert len(ends) == 1


@pytest.mark.parametrize(
    ("act", "data", "state", "code"),
    [
        ("reject", {"reason": "not-ours", "words": "Write to the county"}, ItemState.REJECTED, "closed-rejected"),
        ("no-action", {"reason": "repeated"}, ItemState.NO_ACTION, "closed-no-action"),
        ("release", {"rest": "accept"}, ItemState.IN_FLIGHT, "released"),
    ],
)
def test_every_decision_can_be_undone(
    office: Office, client_as: ClientAs, act: str, data: dict[str, str], state: ItemState, code: str
) -> None:
    item = one(office, "garden-repeated")
    client = client_as(Role.OFFICER)
    assert client.post(f"/items/{item}/{act}", data=form(office, item, **data)).status_code == 303
    assert office.ledger.item(item).summary.state is state
    undone = client.post(f"/items/{item}/undo", data={"from": "page"})
    assert undone.headers["location"] == f"/items/{item}?said=undone-{code}&item={item}"
    assert "waits for a person again" in client.get(undone.headers["location"]).text
    assert office.ledger.item(item).summary.state is ItemState.WITH_PERSON


@pytest.mark.parametrize("act", ["reject", "no-action"])
@pytest.mark.parametrize(
    ("data", "lacking"),
    [({}, "reason"), ({"reason": "other", "words": " "}, "words"), ({"reason": "made-up"}, "reason")],
)
def test_a_closing_needs_its_reason(
    office: Office, client_as: ClientAs, act: str, data: dict[str, str], lacking: str
) -> None:
    item = one(office, "thanks")
    answer = client_as(Role.OFFICER).post(f"/items/{item}/{act}", data=form(office, item, **data))
    assert answer.status_code == 400
    assert f'href="#{act}-{lacking}"' in answer.text
    assert office.ledger.item(item).summary.state is ItemState.WITH_PERSON


def test_what_was_keyed_by_hand_is_not_keyed_again(office: Office, client_as: ClientAs) -> None:
    item = one(office, "appeal-by-hand")
    client = client_as(Role.OFFICER)
    path, target = f"/items/{item}/by-hand", {"target": "parking-appeals"}
    assert client.post(path, data=form(office, item, **target)).status_code == 400
    assert client.post(path, data=form(office, item, target="elsewhere", reference="1")).status_code == 400
    assert client.post(path, data=form(office, item, **target, reference="PA-1")).status_code == 303
    now = office.ledger.item(item)
    assert now.summary.state is ItemState.DELIVERED
    assert now.deliveries[0].receipt is not None
    assert "PA-1" in client.get(f"/items/{item}").text


def test_a_change_of_process_reads_the_fields_anew(office: Office, client_as: ClientAs) -> None:
    item = one(office, "garden-taken-for-bin")
    client = client_as(Role.OFFICER)
    answer = client.post(f"/items/{item}/process", data=form(office, item, to="garden-waste"))
    assert answer.headers["location"] == f"/items/{item}?said=process&item={item}"
    assert value(office, item, "request") == "new"
    assert client.post(f"/items/{item}/undo", data={"from": "page"}).status_code == 303
    assert office.ledger.item(item).summary.process == "missed-bin"
    waste = client_as(Role.OFFICER, name="Waste", teams=frozenset({"Waste"}))
    away = waste.post(f"/items/{item}/process", data=form(office, item, to="complaint"))
    assert "said=process-away" in away.headers["location"]
    assert waste.get(f"/items/{item}").status_code == 404


def test_bank_details_are_entered_by_a_second_person_who_does_not_see_the_first_value(
    office: Office, client_as: ClientAs
) -> None:
    item = one(office, "debit-unsure-holder")
    ann, bo = client_as(Role.OFFICER, name="Ann Other"), client_as(Role.OFFICER, name="Bo Second")
    path = f"/items/{item}/fields/account_number"
    ann.post(path, data=form(office, item, value="63748427"))
    assert "Leave it for a second person" in ann.get(f"/items/{item}").text
    left = ann.post(f"/items/{item}/release", data=form(office, item, rest="accept"))
    assert "said=second" in left.headers["location"]
    assert office.ledger.item(item).summary.state is ItemState.WITH_PERSON
    page = bo.get(f"/items/{item}").text
    assert "63748427" not in page
    assert "Enter it from the post" in page
    assert bo.post(f"/items/{item}/release", data=form(office, item, rest="accept")).status_code == 400
    assert "said=differs" in bo.post(path, data=form(office, item, value="63748472")).headers["location"]
    assert "63748427" not in (third := client_as(Role.OFFICER, name="Cy Third")).get(f"/items/{item}").text
    assert "said=entered" in third.post(path, data=form(office, item, value="63748472")).headers["location"]
    assert third.post(f"/items/{item}/release", data=form(office, item, rest="accept")).status_code == 303
    (delivery,) = office.ledger.item(item).deliveries
    assert delivery.fields["account_number"] == "63748472"


def test_a_known_error_is_shown_told_and_never_keyed(office: Office, client_as: ClientAs) -> None:
    desk = office.settings.desk.model_copy(update={"seeded_errors": 0.5})
    office.settings = replace(office.settings, main=office.settings.main.model_copy(update={"desk": desk}))
    client = client_as(Role.OFFICER, restricted=True)
    outcomes = set()
    for number in range(12):
        item = one(office, "evidence-unsure-date", body=f"Payslip {number} for HB7014462.")
        page = unescape(client.get(f"/items/{item}").text)
        seed = office.ledger.seed_of(item)
        if seed is None:
            continue
        assert re.search(rf'id="field-{seed.field}"', page)
        held_now = value(office, item, seed.field)
        assert held_now != seed.shown
        if number % 2:
            client.post(f"/items/{item}/fields/{seed.field}", data=form(office, item, value=held_now))
        done = client.post(f"/items/{item}/release", data=form(office, item, rest="accept"))
        told = client.get(done.headers["location"]).text
        (delivery,) = office.ledger.item(item).deliveries
        assert delivery.fields[seed.field] == held_now
        now = office.ledger.seed_of(item)
        assert now is not None
        assert ("you noticed it" if now.caught else "It was not, this time") in told
        outcomes.add(now.caught)
    assert outcomes == {True, False}


def test_a_delivery_whose_outcome_nobody_knows_is_resolved_by_who_looked(office: Office, client_as: ClientAs) -> None:
    item = one(office, "appeal-unsure-car")
    client = client_as(Role.OFFICER)
    client.post(f"/items/{item}/release", data=form(office, item, rest="accept"))
    (delivery,) = office.ledger.item(item).deliveries
    _make_uncertain(office, delivery.id)
    page = client.get(f"/items/{item}").text
    assert "What did you find in parking-appeals?" in page
    path = f"/items/{item}/deliveries/{delivery.id}"
    assert client.post(path, data={"verdict": ""}).status_code == 400
    assert client.post(path, data={"verdict": "found"}).status_code == 400
    other = one(office, "thanks")
    elsewhere = client.post(f"/items/{other}/deliveries/{delivery.id}", data={"verdict": "cancel"})
    assert elsewhere.status_code == 404
    assert office.ledger.delivery(delivery.id).state is State.HUMAN
    done = client.post(path, data={"verdict": "found", "reference": "PCN-77"})
    assert "said=resolved-found" in done.headers["location"]
    assert office.ledger.item(item).summary.state is ItemState.DELIVERED


def _make_uncertain(office: Office, delivery_id: str) -> None:
    """Let a delivery break off while it is being sent into a target that cannot be searched."""
    from postroom.deliver import deliver_one
    from postroom.delivery import Capabilities, TargetClass
    from postroom.errors import DeliveryUncertain

    class Broken:
        name = "parking-appeals"
        capabilities = Capabilities(TargetClass.BLIND)

        def deliver(self, delivery: object) -> None:
            raise DeliveryUncertain("The line broke.")

    deliver_one(office.ledger, delivery_id, Broken(), "test")  # type: ignore[arg-type]
