"""A person takes back their last act, whole, as long as nothing rests on it; everything stays accounted for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from postroom.delivery import State
from postroom.disposition import Outcome
from postroom.errors import NotAllowed
from postroom.ledger import Item, ItemState, Ledger, Stage, Undone
from postroom.protocol import Move
from tests.postroom.ledger.held import BINS, actions, held_as, hold
from tests.postroom.samples import NOON, OWNER, PLANS, extraction, itemise, lease

LETTER = {"to": "ann@example.org", "subject": "Your letter", "body": "Please tell us."}
Act = Callable[[Ledger, str], object]
ACTS: dict[str, Act] = {
    "corrected": lambda ledger, item_id: ledger.correct(item_id, "bin", "food", "ann"),
    "accepted": lambda ledger, item_id: ledger.accept(item_id, "bin", "ann"),
    "entered": lambda ledger, item_id: ledger.enter(item_id, "account_number", "12345678", "ann"),
    "process-changed": lambda ledger, item_id: ledger.change_process(
        item_id, "garden-waste", "ann", held_as(5, "It is another.", process="garden-waste", due="2026-12-01")
    ),
    "closed-rejected": lambda ledger, item_id: ledger.reject(item_id, "Not ours.", "ann"),
    "closed-no-action": lambda ledger, item_id: ledger.no_action(item_id, "Nothing to do.", "ann"),
    "released": lambda ledger, item_id: ledger.release(item_id, PLANS["missed-bin"], "ann", process=BINS),
    "sent-back": lambda ledger, item_id: ledger.send_back(item_id, "ann", "letters", LETTER, ["a name"]),
    "split": lambda ledger, item_id: ledger.split(item_id, [held_as(6), held_as(7)], "ann"),
}


def _looks(item: Item) -> tuple[object, ...]:
    summary = item.summary
    told = (summary.process, summary.state, summary.outcome, summary.reasons, summary.kinds, summary.due)
    return (*told, summary.closed_at, summary.pages, item.fields, item.extraction)


@pytest.mark.parametrize("what", ACTS)
def test_an_act_is_taken_back_whole(ledger: Ledger, what: str) -> None:
    item_id = hold(ledger)
    before = _looks(ledger.item(item_id))
    seen = ledger.item(item_id).summary.version
    ACTS[what](ledger, item_id)
    assert _looks(ledger.item(item_id)) != before
    with pytest.raises(NotAllowed, match="Nothing that you did"):
        ledger.undo(item_id, "bob")
    assert ledger.undo(item_id, " Ann ").what == what
    item = ledger.item(item_id)
    assert _looks(item) == before
    assert item.summary.version > seen, "nobody's older look is taken for the present one"
    assert all(one.state is State.CANCELLED for one in item.deliveries)
    assert actions(item)[-1] == "undone"
    assert ledger.accounts().balanced
    assert ledger.accounts().with_person == 1
    with pytest.raises(NotAllowed):
        ledger.undo(item_id, "ann")


def test_one_act_after_the_other_is_taken_back(ledger: Ledger) -> None:
    item_id = hold(ledger)
    before = _looks(ledger.item(item_id))
    ledger.accept(item_id, "address", "ann")
    ledger.correct(item_id, "bin", "food", "ann")
    ledger.correct(item_id, "bin", "garden", "ann")
    ledger.release(item_id, PLANS["missed-bin"], "ann", process=BINS)
    undone = [ledger.undo(item_id, "ann") for _ in range(4)]
    assert undone == [
        Undone("released"), Undone("corrected", "bin"), Undone("corrected", "bin"), Undone("accepted", "address"),
    ]  # fmt: skip
    assert _looks(ledger.item(item_id)) == before
    (made,) = ledger.release(item_id, PLANS["missed-bin"], "ann", process=BINS)
    assert ledger.delivery(made).generation == 2, "the first was cancelled and its key is never used again"


def test_nothing_is_taken_back_over_a_colleagues_head(ledger: Ledger) -> None:
    item_id = hold(ledger)
    ledger.correct(item_id, "bin", "food", "ann")
    ledger.correct(item_id, "bin", "garden", "bob")
    with pytest.raises(NotAllowed, match="Nothing that you did"):
        ledger.undo(item_id, "ann")
    ledger.undo(item_id, "bob")
    assert ledger.item(item_id).values["bin"] == "food"
    ledger.done_by_hand(item_id, "depot", "D-1", "ann")
    with pytest.raises(NotAllowed, match="changed item"):
        ledger.undo(item_id, "ann")


def test_a_release_that_a_worker_took_up_stands(ledger: Ledger) -> None:
    item_id = hold(ledger)
    (made,) = ledger.release(item_id, PLANS["missed-bin"], "ann", process=BINS)
    claim = ledger.claim_delivery(made, OWNER)
    assert claim is not None
    with pytest.raises(NotAllowed, match="on its way"):
        ledger.undo(item_id, "ann")
    move = Move(State.REJECTED, 1, 0, None, NOON, False, None, "No.")
    ledger.move_delivery(claim.lease, State.CLAIMED, move, last=True)
    with pytest.raises(NotAllowed):
        ledger.undo(item_id, "ann")
    assert ledger.item(item_id).summary.state is ItemState.WITH_PERSON


def test_a_closing_stands_once_its_message_is_being_put_away(ledger: Ledger) -> None:
    message_id, (item_id,) = itemise(ledger, 1, extraction(outcome=Outcome.REVIEW))
    ledger.reject(item_id, "Not ours.", "ann")
    held = lease(ledger, message_id, Stage.ITEMISED)
    with pytest.raises(NotAllowed, match="closed for good"):
        ledger.undo(item_id, "ann")
    ledger.mark_settled(held)
    with pytest.raises(NotAllowed, match="closed for good"):
        ledger.undo(item_id, "ann")


def test_a_closing_that_is_taken_back_starts_again_what_it_stopped(ledger: Ledger) -> None:
    _, (item_id,) = itemise(ledger, 1, extraction(process="garden-waste"))
    depot, crm = ledger.item(item_id).deliveries
    claim = ledger.claim_delivery(depot.id, OWNER)
    assert claim is not None
    ledger.move_delivery(
        claim.lease, State.CLAIMED, Move(State.REJECTED, 1, 0, None, NOON, False, None, "No."), last=True
    )
    ledger.reject(item_id, "Not ours.", "ann")
    assert ledger.delivery(crm.id).state is State.CANCELLED
    ledger.undo(item_id, "ann")
    assert (ledger.delivery(crm.id).state, ledger.delivery(depot.id).state) == (State.READY, State.REJECTED)
    assert ledger.item(item_id).summary.state is ItemState.WITH_PERSON


def test_a_split_stands_once_a_part_was_worked_on(ledger: Ledger) -> None:
    item_id = hold(ledger)
    _, part = ledger.split(item_id, [held_as(6), held_as(7)], "ann")
    ledger.accept(part, "bin", "bob")
    with pytest.raises(NotAllowed, match=f"Part {part}"):
        ledger.undo(item_id, "ann")
    assert ledger.item(part).summary.state is ItemState.WITH_PERSON
