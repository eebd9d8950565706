"""An item goes back to its sender: in flight while the letter is, closed once it is sent, back if it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.memory import Misbehaviour
from postroom.delivery import State, TargetClass
from postroom.disposition import Outcome
from postroom.errors import NotAllowed
from postroom.ledger import ItemState, Verdict
from postroom.reasons import Kind
from tests.postroom.deliver_world import World
from tests.postroom.ledger.held import BINS, actions, hold
from tests.postroom.samples import PLANS

FIELDS = {
    "to": "ann@example.org",
    "subject": "Your letter",
    "body": "Please tell us your name.",
    "in_reply_to": "<1@x>",
}


@pytest.fixture
def world(ledger_url: str, tmp_path: Path) -> Iterator[World]:
    made = World(ledger_url, tmp_path)
    yield made
    made.ledger.close()


def _send_back(world: World, item_id: str) -> str:
    return world.ledger.send_back(item_id, "ann", "depot", FIELDS, ["a full name", "the date"], 0)


def test_a_sent_letter_closes_the_item(world: World) -> None:
    item_id = hold(world.ledger)
    letter = world.ledger.delivery(_send_back(world, item_id))
    assert letter.letter
    assert (world.ledger.item(item_id).summary.state, world.ledger.accounts().in_flight) == (ItemState.IN_FLIGHT, 1)
    assert world.ledger.load_delivery(letter.id).attachments == (), "the sender has them"
    assert world.deliver(letter, world.target()) is State.DONE
    assert world.journal.records("depot") == [(letter.key, FIELDS)]
    item = world.ledger.item(item_id)
    assert (item.summary.state, item.summary.outcome) == (ItemState.REJECTED, Outcome.REJECTED)
    assert item.disposition.reasons[-1] == "Sent back to the sender: needs a full name and the date."
    assert item.summary.closed_at is not None
    assert (world.ledger.accounts().rejected, world.ledger.accounts().balanced) == (1, True)
    assert "ann@example.org" not in str([entry.detail for entry in item.history])
    assert [name for name in actions(item) if not name.startswith("delivery")] == [
        "item-made", "sent-back", "item-rejected",
    ]  # fmt: skip


def test_a_refused_letter_leaves_the_item_to_a_person_who_may_decide_anew(world: World) -> None:
    item_id = hold(world.ledger)
    letter = world.ledger.delivery(_send_back(world, item_id))
    assert world.deliver(letter, world.target(Misbehaviour.REFUSE)) is State.REJECTED
    item = world.ledger.item(item_id)
    assert (item.summary.state, item.summary.outcome) == (ItemState.WITH_PERSON, Outcome.REVIEW)
    assert Kind.ANSWERED in item.summary.kinds
    assert item.disposition.reasons[-1].startswith("The letter to the sender was not sent: ")
    again = world.ledger.delivery(world.ledger.send_back(item_id, "ann", "depot", FIELDS, ["a name"]))
    assert again.generation == 2
    assert world.deliver(again, world.target(*[Misbehaviour.REFUSE] * 2)) is State.REJECTED
    (record,) = world.ledger.release(item_id, PLANS["missed-bin"], "ann", process=BINS)
    assert world.ledger.item(item_id).summary.state is ItemState.IN_FLIGHT
    assert world.deliver(world.ledger.delivery(record), world.target()) is State.DONE
    assert world.ledger.item(item_id).summary.state is ItemState.DELIVERED
    assert world.ledger.accounts().balanced


def test_a_letter_that_may_have_gone_is_a_persons_to_resolve(world: World) -> None:
    item_id = hold(world.ledger)
    letter = world.ledger.delivery(_send_back(world, item_id))
    target = world.target(Misbehaviour.UNCERTAIN_AFTER, kind=TargetClass.BLIND)
    assert world.deliver(letter, target) is State.HUMAN
    assert Kind.ANSWERED in world.ledger.item(item_id).summary.kinds
    with pytest.raises(NotAllowed, match="may have been keyed"):
        world.ledger.release(item_id, PLANS["missed-bin"], "ann", process=BINS)
    world.ledger.resolve(letter.id, Verdict.FOUND, "ann", "seen in the sent folder")
    assert world.ledger.item(item_id).summary.state is ItemState.REJECTED


def test_a_cancelled_letter_leaves_the_item_to_a_person(world: World) -> None:
    item_id = hold(world.ledger)
    letter = world.ledger.delivery(_send_back(world, item_id))
    world.deliver(letter, world.target(Misbehaviour.UNCERTAIN_AFTER, kind=TargetClass.BLIND))
    world.ledger.resolve(letter.id, Verdict.CANCEL, "ann")
    assert world.ledger.item(item_id).summary.state is ItemState.WITH_PERSON
    world.ledger.reject(item_id, "Never mind.", "ann")
    assert world.ledger.accounts().rejected == 1


def test_a_letter_is_no_record_that_an_item_could_be_released_with(world: World) -> None:
    item_id = hold(world.ledger)
    letter = world.ledger.delivery(_send_back(world, item_id))
    world.deliver(letter, world.target(Misbehaviour.REFUSE))
    with pytest.raises(NotAllowed, match="no target"):
        world.ledger.release(item_id, [], "ann", process=BINS)
    world.ledger.done_by_hand(item_id, "depot", "D-1", "ann", PLANS["missed-bin"])
    assert world.ledger.item(item_id).summary.state is ItemState.DELIVERED


def test_staff_who_take_the_post_back_stop_the_letter(world: World) -> None:
    item_id = hold(world.ledger)
    letter = _send_back(world, item_id)
    assert world.ledger.take_back("post", "1.eml")
    assert world.ledger.delivery(letter).state is State.CANCELLED
    assert world.ledger.item(item_id).summary.state is ItemState.NO_ACTION
