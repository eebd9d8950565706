"""What people do with items on the command line, on a real ledger."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from postroom.delivery import State
from postroom.disposition import Disposition, Outcome
from postroom.ledger import ItemState, Ledger
from tests.desk.conftest import Postroom
from tests.postroom.samples import extraction, itemise


@pytest.fixture
def waiting(office: Ledger) -> str:
    """An item of the process garden-waste that waits for a person."""
    _, (item_id,) = itemise(office, 1, extraction(1, process="garden-waste", outcome=Outcome.REVIEW))
    return item_id


def test_an_empty_ledger_says_where_post_goes_and_what_to_do(postroom: Postroom, data: Path) -> None:
    said = postroom("items")
    assert said.code == 0
    assert "No post has been worked on yet." in said.out
    assert str(data / "inbox") in said.out
    assert "postroom run --once" in said.out


def test_items_are_listed_and_filtered(postroom: Postroom, office: Ledger, waiting: str) -> None:
    _, (other,) = itemise(office, 2)
    assert waiting in postroom("items").out
    only = postroom("items", "--process", "garden-waste", "--state", "with-person")
    assert waiting in only.out
    assert other not in only.out
    assert "No item is like that;" in postroom("items", "--state", "rejected").out
    assert postroom("items", "--state", "lost").code == 2


def test_items_that_wait_for_a_person_come_first(postroom: Postroom, office: Ledger) -> None:
    itemise(office, 1)
    _, (waits,) = itemise(office, 2, extraction(2, outcome=Outcome.REVIEW))
    (first,) = postroom("items", "--json", "--limit", "1").out.splitlines()
    assert json.loads(first)["id"] == waits


def test_an_empty_exception_queue_says_so(postroom: Postroom, office: Ledger) -> None:
    itemise(office, 1)
    assert postroom("items", "--state", "with-person").out.strip() == "Nothing waits for a person."


def test_items_as_json_are_an_object_a_line(postroom: Postroom, office: Ledger, waiting: str) -> None:
    itemise(office, 2)
    rows = [json.loads(line) for line in postroom("items", "--json").out.splitlines()]
    assert len(rows) == 2
    assert {row["process"] for row in rows} == {"garden-waste", "missed-bin"}


def test_show_tells_fields_places_and_history(postroom: Postroom, waiting: str) -> None:
    out = postroom("show", waiting).out
    for words in ("1 High Street", "0.99", "15 High Street", "item-made", "1.eml"):
        assert words in out
    shown = json.loads(postroom("show", waiting, "--json").out)
    assert shown["fields"][0]["read"]["provenance"]["box"] == {"x0": 0.1, "y0": 0.2, "x1": 0.3, "y1": 0.4}


def test_a_correction_is_put_into_normal_form_under_the_persons_name(
    postroom: Postroom, office: Ledger, waiting: str
) -> None:
    assert postroom("correct", waiting, "bins", " 3 ", "--as", "Bea Officer").code == 0
    item = office.item(waiting)
    assert item.values["bins"] == "3"
    assert [(one.field, one.after, one.person) for one in item.corrections] == [("bins", "3", "Bea Officer")]


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("bins", "many", "not a whole number from 1 to 5"),
        ("bins", "9", "not a whole number from 1 to 5"),
        ("bin", "1", "Its fields: address, bins."),
    ],
)
def test_a_wrong_correction_is_refused_with_the_remedy(
    postroom: Postroom, office: Ledger, waiting: str, field: str, value: str, told: str
) -> None:
    said = postroom("correct", waiting, field, value)
    assert said.code == 1
    assert told in said.err
    assert office.item(waiting).corrections == ()


def test_a_wrong_choice_is_refused_with_the_choices(postroom: Postroom, office: Ledger) -> None:
    _, (item_id,) = itemise(office, 1, extraction(1, outcome=Outcome.REVIEW))
    said = postroom("correct", item_id, "bin", "purple")
    assert said.code == 1
    assert "not one of its values: refuse, recycling" in said.err
    assert postroom("correct", item_id, "bin", "black bin").code == 0
    assert office.item(item_id).values["bin"] == "refuse"


def test_an_item_given_to_another_process_is_read_anew(postroom: Postroom, office: Ledger, waiting: str) -> None:
    said = postroom("change-process", waiting, "missed-bin", "--as", "Bea Officer")
    assert said.code == 0
    item = office.item(waiting)
    assert item.summary.process == "missed-bin"
    assert item.extraction.triage.process == "missed-bin"
    assert item.history[-1].actor == "Bea Officer"
    assert postroom("change-process", waiting, "no-such").code == 2


def test_release_makes_a_delivery_for_each_target(postroom: Postroom, office: Ledger, waiting: str) -> None:
    said = postroom("release", waiting, "--as", "Bea Officer")
    assert "2 deliveries" in said.out
    item = office.item(waiting)
    assert item.summary.state is ItemState.IN_FLIGHT
    assert {(one.target, one.state) for one in item.deliveries} == {("depot", State.READY), ("crm", State.READY)}
    again = postroom("release", waiting)
    assert again.code == 1
    assert len(office.item(waiting).deliveries) == 2


def test_reject_closes_an_item_with_its_reason(postroom: Postroom, office: Ledger, waiting: str) -> None:
    assert postroom("reject", waiting).code == 2
    assert postroom("reject", waiting, "--reason", "Another council's.", "--as", "Bea Officer").code == 0
    item = office.item(waiting)
    assert item.summary.state is ItemState.REJECTED
    assert "Another council's." in item.disposition.reasons
    assert item.history[-1].actor == "Bea Officer"


def test_no_action_closes_an_item_with_its_reason(postroom: Postroom, office: Ledger, waiting: str) -> None:
    assert postroom("no-action", waiting, "--reason", "Only thanks.", "--as", "Bea Officer").code == 0
    item = office.item(waiting)
    assert item.summary.state is ItemState.NO_ACTION
    assert "Only thanks." in item.disposition.reasons


def test_many_reasons_are_one_line_in_the_list_and_all_shown_in_full(postroom: Postroom, office: Ledger) -> None:
    told = replace(extraction(1), disposition=Disposition(Outcome.REVIEW, ("it is not clear", "depot: late", "Third.")))
    _, (item_id,) = itemise(office, 1, told)
    listed, shown = postroom("items").out, postroom("show", item_id).out
    assert "It is not clear + 2 more" in listed
    assert "Third" not in listed
    for line in ("  It is not clear.\n", "  depot: late.\n", "  Third.\n"):
        assert line in shown
