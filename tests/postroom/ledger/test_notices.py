"""People are told of items that wait for them, once, and without a word of the post."""

from __future__ import annotations

from dataclasses import replace

from postroom.delivery import State
from postroom.disposition import Outcome
from postroom.ledger import ItemState, Ledger
from postroom.notice import Notice
from postroom.protocol import Move
from tests.postroom.samples import NOON, OWNER, PLANS, extraction, itemise

NOTICES = {"missed-bin": Notice(("planner",), "Missed bin", "Waste"), "": Notice((), "Post")}


def _held(ledger: Ledger, number: int = 1, protected: str = "") -> str:
    found = extraction(number, outcome=Outcome.REVIEW)
    _, (item_id,) = itemise(ledger, number, replace(found, triage=replace(found.triage, protected=protected)))
    return item_id


def test_a_held_item_is_told_once_and_nothing_of_the_post_with_it(ledger: Ledger) -> None:
    item_id = _held(ledger)
    assert ledger.tell_people(NOTICES) == 1
    assert ledger.tell_people(NOTICES) == 0
    (due,) = ledger.deliveries_due(target="planner")
    assert due.fields == {"process": "Missed bin", "team": "Waste", "item": item_id, "due": "2026-09-15"}
    assert ledger.load_delivery(due.id).attachments == (), "the documents stay here"


def test_a_notice_says_nothing_about_where_the_item_stands(ledger: Ledger) -> None:
    item_id = _held(ledger)
    ledger.tell_people(NOTICES)
    (due,) = ledger.deliveries_due(target="planner")
    claim = ledger.claim_delivery(due.id, OWNER)
    assert claim is not None
    for state, moved in ((State.CLAIMED, State.SENDING), (State.SENDING, State.HUMAN)):
        move = Move(moved, suspect=True, sends=1, waits=0, waiting_since=None, next_at=NOON, reason="No answer.")
        ledger.move_delivery(claim.lease, state, move)
    assert ledger.item(item_id).summary.state is ItemState.WITH_PERSON
    assert ledger.item(item_id).disposition.reasons == ()
    ledger.release(item_id, PLANS["missed-bin"], "Pat")
    assert ledger.item(item_id).summary.state is ItemState.IN_FLIGHT, "a stuck notice holds nobody up"


def test_nobody_is_told_of_protected_items_or_of_those_that_go_through(ledger: Ledger) -> None:
    _held(ledger, 1, protected="safeguarding")
    itemise(ledger, 2)
    assert ledger.tell_people(NOTICES) == 0


def test_post_of_no_process_is_told_as_post(ledger: Ledger) -> None:
    _held(ledger)
    assert ledger.tell_people({"": Notice(("planner",), "Post")}) == 1
    (due,) = ledger.deliveries_due(target="planner")
    assert due.fields["process"] == "Post"
