"""People are told of items that wait for them, once, and without a word of the post."""

from __future__ import annotations

from dataclasses import replace

from postroom.delivery import State
from postroom.disposition import Outcome
from postroom.ledger import ItemState, Ledger, Verdict
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
    ledger.release(item_id, PLANS["missed-bin"], "Pat", process=None)
    assert ledger.item(item_id).summary.state is ItemState.IN_FLIGHT, "a stuck notice holds nobody up"


def test_a_notice_that_arrives_closes_no_item_that_still_waits(ledger: Ledger) -> None:
    _, (item_id,) = itemise(ledger, 1, extraction(1, process="garden-waste", outcome=Outcome.REVIEW))
    ledger.done_by_hand(item_id, "depot", "D-1", "Pat", PLANS["garden-waste"])
    assert ledger.item(item_id).summary.state is ItemState.WITH_PERSON, "it is still to be keyed into another target"
    assert ledger.tell_people({"": Notice(("planner",), "Post")}) == 1
    (due,) = ledger.deliveries_due(target="planner")
    claim = ledger.claim_delivery(due.id, OWNER)
    assert claim is not None
    for state, moved in ((State.CLAIMED, State.SENDING), (State.SENDING, State.DONE)):
        move = Move(moved, suspect=False, sends=1, waits=0, waiting_since=None, next_at=NOON)
        ledger.move_delivery(claim.lease, state, move)
    assert ledger.item(item_id).summary.state is ItemState.WITH_PERSON


def test_a_stuck_notice_that_a_person_resolves_closes_no_item(ledger: Ledger) -> None:
    _, (item_id,) = itemise(ledger, 1, extraction(1, process="garden-waste", outcome=Outcome.REVIEW))
    ledger.done_by_hand(item_id, "depot", "D-1", "Pat", PLANS["garden-waste"])
    ledger.tell_people({"": Notice(("planner",), "Post")})
    (due,) = ledger.deliveries_due(target="planner")
    claim = ledger.claim_delivery(due.id, OWNER)
    assert claim is not None
    for state, moved in ((State.CLAIMED, State.SENDING), (State.SENDING, State.HUMAN)):
        move = Move(moved, suspect=True, sends=1, waits=0, waiting_since=None, next_at=NOON)
        ledger.move_delivery(claim.lease, state, move)
    ledger.resolve(due.id, Verdict.CANCEL, "Pat")
    assert ledger.item(item_id).summary.state is ItemState.WITH_PERSON


def test_items_of_which_nobody_is_to_be_told_hold_up_no_notice(ledger: Ledger) -> None:
    itemise(ledger, 1, extraction(1, process="garden-waste", outcome=Outcome.REVIEW))
    _held(ledger, 2)
    notices = {**NOTICES, "garden-waste": Notice((), "Garden waste")}
    assert ledger.tell_people(notices, limit=1) == 1


def test_a_target_that_is_told_of_an_item_is_still_keyed_into(ledger: Ledger) -> None:
    item_id = _held(ledger)
    ledger.tell_people({"": Notice(("depot",), "Post")})
    (due,) = ledger.deliveries_due(target="depot")
    claim = ledger.claim_delivery(due.id, OWNER)
    assert claim is not None
    for state, moved in ((State.CLAIMED, State.SENDING), (State.SENDING, State.DONE)):
        move = Move(moved, suspect=False, sends=1, waits=0, waiting_since=None, next_at=NOON)
        ledger.move_delivery(claim.lease, state, move, last=moved is State.DONE)
    (keyed,) = ledger.release(item_id, PLANS["missed-bin"], "Pat", process=None)
    assert ledger.load_delivery(keyed).fields["address"] == "1 High Street"
    assert ledger.delivery(keyed).key != due.key


def test_nobody_is_told_of_protected_items_or_of_those_that_go_through(ledger: Ledger) -> None:
    _held(ledger, 1, protected="safeguarding")
    itemise(ledger, 2)
    assert ledger.tell_people(NOTICES) == 0


def test_post_of_no_process_is_told_as_post(ledger: Ledger) -> None:
    _held(ledger)
    assert ledger.tell_people({"": Notice(("planner",), "Post")}) == 1
    (due,) = ledger.deliveries_due(target="planner")
    assert due.fields["process"] == "Post"
