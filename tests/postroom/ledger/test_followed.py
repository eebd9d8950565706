"""Followed inboxes in the ledger: bookmarks, post in hand, and post that staff take back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from postroom.delivery import State
from postroom.disposition import Outcome
from postroom.document import sha256
from postroom.errors import LeaseLost
from postroom.ledger import ItemState, Ledger, Stage
from postroom.ledger.items import TAKEN_BACK
from postroom.message import Message, Problem
from postroom.protocol import Move
from tests.postroom.samples import NOON, OWNER, PLANS, extraction, itemise, lease, message, reading


def _move(state: State, sends: int = 0) -> Move:
    return Move(state, suspect=bool(sends), sends=sends, waits=0, waiting_since=None, next_at=NOON)


def test_a_lasting_key_is_one_message_whatever_its_bytes_are(ledger: Ledger) -> None:
    first = Message("post", "AAMk1", "a.eml", b"--one\r\n", NOON, lasting=True)
    again = replace(first, raw=b"--another\r\n")
    assert ledger.add_message(first).new
    arrival = ledger.add_message(again)
    assert not arrival.new
    assert ledger.load_message(arrival.message_id).raw == first.raw
    assert not ledger.documents.path(sha256(again.raw)).exists(), "bytes that nobody refers to are not kept"
    assert ledger.accounts().received == 1


def test_a_key_that_differs_in_case_alone_is_another_message(ledger: Ledger) -> None:
    keys = ("AAMkaB", "AAMkAb")
    arrivals = ledger.add_messages([Message("post", key, "a.eml", key.encode(), NOON, lasting=True) for key in keys])
    assert all(arrival.new for arrival in arrivals)
    ledger.mark_claimed([arrivals[0].message_id])
    assert list(ledger.in_hand("post")) == ["AAMkaB"]
    assert "AAMkAb" not in ledger.in_hand("post")


def test_problems_of_the_inbox_stay_with_the_message(ledger: Ledger) -> None:
    told = (Problem("plan.pdf", "This is a link to a file in the cloud."),)
    arrival = ledger.add_message(replace(message(), problems=told))
    assert ledger.load_message(arrival.message_id).problems == told


def test_in_hand_is_what_is_claimed_and_not_settled(ledger: Ledger) -> None:
    ids = [arrival.message_id for arrival in ledger.add_messages([message(number) for number in (1, 2, 3)])]
    ledger.mark_claimed(ids[:2])
    in_hand = ledger.in_hand("post")
    assert sorted(in_hand) == ["1.eml", "2.eml"]
    assert len(in_hand) == 2
    assert "3.eml" not in in_hand
    assert "1.eml" not in ledger.in_hand("another")
    ledger.take_back("post", "1.eml")
    ledger.mark_settled(lease(ledger, ids[0], Stage.ITEMISED))
    assert list(in_hand) == ["2.eml"]


def test_a_bookmark_is_kept_by_the_worker_whose_turn_it_is(ledger: Ledger) -> None:
    turn = ledger.lease_inbox("post", OWNER, 60)
    assert turn is not None
    assert ledger.lease_inbox("post", "another", 60) is None
    assert ledger.bookmark("post") == ""
    ledger.save_bookmark(turn, "one")
    ledger.save_bookmark(turn, "two")
    assert (ledger.bookmark("post"), ledger.bookmark("another")) == ("two", "")


def test_a_worker_that_slept_through_its_turn_keeps_no_bookmark(ledger: Ledger) -> None:
    turn = ledger.lease_inbox("post", OWNER, 0)
    assert turn is not None
    taken = ledger.lease_inbox("post", "another", 60)
    assert taken is not None
    ledger.save_bookmark(taken, "newer")
    with pytest.raises(LeaseLost):
        ledger.save_bookmark(turn, "older")
    ledger.let_go_of_inbox(turn)
    assert ledger.bookmark("post") == "newer"
    assert ledger.lease_inbox("post", "third", 60) is None, "letting go of a lost turn frees nothing"


def test_post_taken_back_before_it_was_read_asks_for_nothing(ledger: Ledger) -> None:
    arrival = ledger.add_message(message())
    reader = lease(ledger, arrival.message_id)
    assert ledger.take_back("post", "1.eml")
    with pytest.raises(LeaseLost):
        ledger.save_reading(reader, reading())
    (item,) = ledger.items()
    assert (item.state, item.reasons) == (ItemState.NO_ACTION, (TAKEN_BACK,))
    assert ledger.accounts().balanced
    assert not ledger.take_back("post", "1.eml"), "once is enough"


def test_what_was_not_sent_is_not_sent_once_it_is_taken_back(ledger: Ledger) -> None:
    _, (item_id,) = itemise(ledger, 1, extraction(1, process="garden-waste"))
    one, two = ledger.item(item_id).deliveries
    claim = ledger.claim_delivery(one.id, OWNER)
    assert claim is not None
    assert ledger.take_back("post", "1.eml")
    with pytest.raises(LeaseLost):
        ledger.move_delivery(claim.lease, State.CLAIMED, _move(State.SENDING, 1))
    assert ledger.claim_delivery(two.id, OWNER) is None
    item = ledger.item(item_id)
    assert {delivery.state for delivery in item.deliveries} == {State.CANCELLED}
    assert item.summary.state is ItemState.NO_ACTION
    assert TAKEN_BACK in item.disposition.reasons


@pytest.mark.parametrize("state", [State.SENDING, State.DONE])
def test_what_may_have_been_keyed_before_goes_to_a_person(ledger: Ledger, state: State) -> None:
    _, (item_id,) = itemise(ledger, 1, extraction(1, process="garden-waste"))
    first = ledger.item(item_id).deliveries[0]
    claim = ledger.claim_delivery(first.id, OWNER)
    assert claim is not None
    ledger.move_delivery(claim.lease, State.CLAIMED, _move(State.SENDING, 1))
    if state is State.DONE:
        ledger.move_delivery(claim.lease, State.SENDING, _move(State.DONE, 1))
    assert ledger.take_back("post", "1.eml")
    item = ledger.item(item_id)
    assert item.summary.state is ItemState.WITH_PERSON
    assert first.target in item.disposition.reasons[-1]
    assert {one.state for one in item.deliveries} == {state, State.CANCELLED}
    assert not ledger.take_back("post", "1.eml"), "it is said once"


@pytest.mark.parametrize(
    ("steps", "then"),
    [
        ((State.WAIT,), State.CANCELLED),
        ((State.UNCERTAIN, State.READY), State.CANCELLED),
        ((State.ACKED, State.DONE), State.DONE),
        ((State.HUMAN,), State.HUMAN),
    ],
)
def test_what_was_on_its_way_when_it_was_taken_back_is_not_sent_again_and_stays_with_a_person(
    ledger: Ledger, steps: tuple[State, ...], then: State
) -> None:
    _, (item_id,) = itemise(ledger, 1, extraction(1, process="garden-waste"))
    first = ledger.item(item_id).deliveries[0]
    claim = ledger.claim_delivery(first.id, OWNER)
    assert claim is not None
    ledger.move_delivery(claim.lease, State.CLAIMED, _move(State.SENDING, 1))
    assert ledger.take_back("post", "1.eml")
    before = State.SENDING
    for state in steps:
        ledger.move_delivery(claim.lease, before, _move(state, 1))
        before = state
    assert ledger.delivery(first.id).state is then
    assert ledger.claim_delivery(first.id, "another") is None
    assert ledger.item(item_id).summary.state is ItemState.WITH_PERSON


def test_what_a_person_releases_after_it_was_taken_back_is_delivered(ledger: Ledger) -> None:
    _, (item_id,) = itemise(ledger, 1, extraction(1, process="garden-waste"))
    one, two = ledger.item(item_id).deliveries
    claim = ledger.claim_delivery(one.id, OWNER)
    assert claim is not None
    ledger.move_delivery(claim.lease, State.CLAIMED, _move(State.SENDING, 1))
    assert ledger.take_back("post", "1.eml")
    ledger.move_delivery(claim.lease, State.SENDING, _move(State.DONE, 1), last=True)
    (again,) = ledger.release(item_id, PLANS["garden-waste"], "Pat", process=None)
    assert ledger.delivery(again).target == two.target
    claim = ledger.claim_delivery(again, OWNER)
    assert claim is not None
    assert ledger.move_delivery(claim.lease, State.CLAIMED, _move(State.WAIT)).state is State.WAIT
    ledger.move_delivery(claim.lease, State.WAIT, _move(State.DONE), last=True)
    assert ledger.item(item_id).summary.state is ItemState.DELIVERED


def test_what_a_person_releases_is_tried_again_although_another_target_is_stuck(ledger: Ledger) -> None:
    _, (item_id,) = itemise(ledger, 1, extraction(1, process="garden-waste"))
    claim = ledger.claim_delivery(ledger.item(item_id).deliveries[0].id, OWNER)
    assert claim is not None
    ledger.move_delivery(claim.lease, State.CLAIMED, _move(State.SENDING, 1))
    assert ledger.take_back("post", "1.eml")
    ledger.move_delivery(claim.lease, State.SENDING, _move(State.WAIT), last=True)
    stuck, other = ledger.release(item_id, PLANS["garden-waste"], "Pat", process=None)
    for delivery, state in ((stuck, State.HUMAN), (other, State.WAIT)):
        claim = ledger.claim_delivery(delivery, OWNER)
        assert claim is not None
        ledger.move_delivery(claim.lease, State.CLAIMED, _move(state), last=True)
    assert ledger.item(item_id).summary.state is ItemState.WITH_PERSON
    assert ledger.delivery(other).state is State.WAIT


def test_an_item_with_a_person_is_closed_when_its_mail_is_taken_back(ledger: Ledger) -> None:
    _, (item_id,) = itemise(ledger, 1, extraction(1, outcome=Outcome.REVIEW))
    assert ledger.take_back("post", "1.eml")
    assert ledger.item(item_id).summary.state is ItemState.NO_ACTION
    assert ledger.accounts().no_action == 1


def test_what_is_settled_or_unknown_cannot_be_taken_back(ledger: Ledger) -> None:
    message_id, _ = itemise(ledger, 1, extraction(1, outcome=Outcome.NO_ACTION))
    ledger.mark_settled(lease(ledger, message_id, Stage.ITEMISED))
    assert not ledger.take_back("post", "1.eml")
    assert not ledger.take_back("post", "2.eml")


def test_the_look_for_one_key_does_not_read_the_backlog(ledger: Ledger) -> None:
    if ledger._engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by the size of the table, which is empty here.")
    query = "EXPLAIN QUERY PLAN SELECT id FROM messages WHERE inbox = 'post' AND source_key = 'x'"
    with ledger._engine.connect() as connection:
        assert "ix_messages_inbox_source_key" in str(connection.execute(text(query)).all())
