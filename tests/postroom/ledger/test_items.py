"""Items keep everything that was read, and what people do to them is fenced and told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from postroom.delivery import State
from postroom.disposition import Outcome
from postroom.errors import ItemNotFound, NotAllowed
from postroom.ledger import Accounts, ItemState, Ledger, Stage
from postroom.process import DeliverTo
from tests.postroom.samples import PLANS, HandClock, extraction, itemise, lease, message, open_ledger, reading

REVIEW = extraction(outcome=Outcome.REVIEW)


def _review(ledger: Ledger, number: int = 1, process: str = "missed-bin") -> str:
    _, (item_id,) = itemise(ledger, number, extraction(number, process=process, outcome=Outcome.REVIEW))
    return item_id


def test_item_comes_back_whole(ledger: Ledger) -> None:
    message_id, (item_id,) = itemise(ledger)
    item = ledger.item(item_id)
    assert item.extraction == extraction()
    assert item.disposition == extraction().disposition
    assert tuple(field.read for field in item.fields) == extraction().fields
    assert item.values == {"address": "1 High Street", "bin": "refuse"}
    assert item.envelope == reading().unpacked.envelope
    assert item.message.id == message_id
    assert item.message.stage is Stage.ITEMISED
    assert [entry.action for entry in item.history] == ["received", "read", "item-made"]
    assert not item.corrections


def test_id_is_short_lasting_and_forgives_misreading(ledger: Ledger, tmp_path: Path) -> None:
    _, (item_id,) = itemise(ledger)
    assert len(item_id) == 8
    typed = item_id.lower().replace("o", "0").replace("i", "1").replace("b", "8")
    assert ledger.item(f" {typed} ").summary.id == item_id
    other = open_ledger(f"sqlite:///{tmp_path / 'other.db'}", tmp_path, HandClock())
    assert itemise(other)[1] == [item_id], "the same step makes the same item"
    with pytest.raises(ItemNotFound, match="AAAAAAAA"):
        ledger.item("aaaaaaaa")
    other.close()


def test_straight_through_items_have_a_delivery_for_each_target(ledger: Ledger) -> None:
    _, (item_id,) = itemise(ledger, 1, extraction(1, process="garden-waste"))
    deliveries = ledger.item(item_id).deliveries
    assert {(one.target, one.state) for one in deliveries} == {("depot", State.READY), ("crm", State.READY)}
    assert len({one.key for one in deliveries}) == 2


def test_fields_go_into_the_boxes_the_process_names(ledger: Ledger) -> None:
    held = lease(ledger, ledger.add_message(message()).message_id)
    ledger.save_reading(held, reading())
    plan = DeliverTo(target="depot", fields={"address": "Location", "full_name": "Contact"})
    (item_id,) = ledger.save_items(held, [extraction()], {"missed-bin": [plan]})
    (delivery,) = ledger.item(item_id).deliveries
    assert delivery.fields == {"Location": "1 High Street"}


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.REVIEW, ItemState.WITH_PERSON),
        (Outcome.NO_ACTION, ItemState.NO_ACTION),
        (Outcome.DUPLICATE, ItemState.NO_ACTION),
        (Outcome.REJECTED, ItemState.REJECTED),
    ],
)
def test_other_outcomes_deliver_nothing(ledger: Ledger, outcome: Outcome, state: ItemState) -> None:
    _, (item_id,) = itemise(ledger, 1, extraction(outcome=outcome))
    item = ledger.item(item_id)
    assert (item.summary.state, item.deliveries) == (state, ())


def test_process_without_target_goes_to_a_person(ledger: Ledger) -> None:
    _, (item_id,) = itemise(ledger, 1, extraction(process="complaint"))
    item = ledger.item(item_id)
    assert item.summary.outcome is Outcome.REVIEW
    assert "No target" in item.disposition.reasons[-1]


def test_same_request_again_is_flagged_and_not_dropped(ledger_url: str, tmp_path: Path) -> None:
    clock = HandClock()
    ledger = open_ledger(ledger_url, tmp_path, clock)
    _, (first,) = itemise(ledger, 1)
    clock.forward(13 * 86400)
    _, (again,) = itemise(ledger, 2, extraction(1))
    item = ledger.item(again)
    assert (item.like_item, item.summary.state) == (first, ItemState.WITH_PERSON)
    assert first in item.disposition.reasons[-1]
    _, (other,) = itemise(ledger, 3)
    assert ledger.item(other).like_item == ""
    clock.forward(15 * 86400)
    _, (later,) = itemise(ledger, 4, extraction(1))
    assert ledger.item(later).summary.state is ItemState.IN_FLIGHT, "the next month's is another request"
    ledger.close()


def test_items_without_values_are_never_alike(ledger: Ledger) -> None:
    from dataclasses import replace

    bare = replace(extraction(outcome=Outcome.REVIEW), fields=())
    for number in (1, 2):
        _, (item_id,) = itemise(ledger, number, bare)
        assert ledger.item(item_id).like_item == ""


def test_items_are_listed_by_what_is_asked(ledger: Ledger) -> None:
    itemise(ledger, 1, extraction(1), extraction(2, process="garden-waste"))
    _review(ledger, 3)
    assert len(ledger.items()) == 3
    assert [item.process for item in ledger.items(process="garden-waste")] == ["garden-waste"]
    assert len(ledger.items(state=ItemState.IN_FLIGHT)) == 2
    assert len(ledger.items(outcome=Outcome.REVIEW)) == 1
    assert ledger.items(limit=1, offset=2) == ledger.items()[2:]


def test_correction_is_kept_beside_what_was_read(ledger: Ledger) -> None:
    item_id = _review(ledger)
    ledger.correct(item_id, "address", "9 Low Street", "Pat", expected="1 High Street")
    ledger.correct(item_id, "full_name", "Ann Other", "Pat")
    item = ledger.item(item_id)
    assert item.values == {"address": "9 Low Street", "bin": "refuse", "full_name": "Ann Other"}
    assert [field.corrected for field in item.fields] == [True, False, True]
    assert item.extraction.value("address") == "1 High Street"
    assert [(one.field, one.before, one.after, one.person) for one in item.corrections] == [
        ("address", "1 High Street", "9 Low Street", "Pat"),
        ("full_name", "", "Ann Other", "Pat"),
    ]
    told = " ".join(str(entry.detail) for entry in item.history)
    assert "Low Street" not in told, "the history outlives the post"


def test_second_reviewer_does_not_overwrite_unseen(ledger: Ledger) -> None:
    item_id = _review(ledger)
    ledger.correct(item_id, "address", "9 Low Street", "Pat", expected="1 High Street")
    with pytest.raises(NotAllowed, match="changed meanwhile"):
        ledger.correct(item_id, "address", "7 Mid Street", "Sam", expected="1 High Street")
    assert ledger.item(item_id).values["address"] == "9 Low Street"


def test_process_changed_with_new_fields(ledger: Ledger) -> None:
    item_id = _review(ledger)
    ledger.change_process(item_id, "garden-waste", "Pat", extraction(5, process="garden-waste"))
    item = ledger.item(item_id)
    assert (item.summary.process, item.values["address"]) == ("garden-waste", "5 High Street")
    assert item.corrections[0].before == "missed-bin"
    ledger.release(item_id, PLANS["garden-waste"], "Pat", process=None)
    assert len(ledger.item(item_id).deliveries) == 2


def test_release_sends_on_once(ledger: Ledger) -> None:
    item_id = _review(ledger)
    ledger.correct(item_id, "bin", "food", "Pat")
    (delivery_id,) = ledger.release(item_id, PLANS["missed-bin"], "Pat", process=None)
    assert ledger.delivery(delivery_id).fields["bin"] == "food"
    with pytest.raises(NotAllowed, match="does not wait"):
        ledger.release(item_id, PLANS["missed-bin"], "Sam", process=None)
    with pytest.raises(NotAllowed, match="no target"):
        ledger.release(_review(ledger, 2), [], "Pat", process=None)


def test_closed_by_a_person_with_the_reason(ledger: Ledger) -> None:
    rejected, idle = _review(ledger, 1), _review(ledger, 2)
    ledger.reject(rejected, "Not our district.", "Pat")
    ledger.no_action(idle, "Only thanks.", "Pat")
    assert ledger.item(rejected).summary.state is ItemState.REJECTED
    assert ledger.item(idle).disposition == type(REVIEW.disposition)(Outcome.NO_ACTION, ("Only thanks.",))
    for act in (ledger.reject, ledger.no_action):
        with pytest.raises(NotAllowed):
            act(rejected, "again", "Pat")
    assert ledger.accounts().rejected == ledger.accounts().no_action == 1


def test_keyed_by_hand_is_skipped_by_the_robot(ledger: Ledger) -> None:
    _, (item_id,) = itemise(ledger, 1, extraction(1, process="garden-waste"))
    ledger.done_by_hand(item_id, "depot", "D-77", "Pat")
    assert [one.target for one in ledger.deliveries_due()] == ["crm"]
    ledger.done_by_hand(item_id, "crm", "C-1", "Pat")
    item = ledger.item(item_id)
    assert item.summary.state is ItemState.DELIVERED
    receipts = {one.target: one.receipt.reference for one in item.deliveries if one.receipt}
    assert receipts == {"depot": "D-77", "crm": "C-1"}
    with pytest.raises(NotAllowed, match="closed"):
        ledger.done_by_hand(item_id, "crm", "C-2", "Pat")


def test_keyed_by_hand_into_one_target_is_not_done_with_the_other(ledger: Ledger) -> None:
    item_id = _review(ledger, process="garden-waste")
    ledger.done_by_hand(item_id, "depot", "D-1", "Pat", PLANS["garden-waste"])
    item = ledger.item(item_id)
    assert item.summary.state is ItemState.WITH_PERSON
    assert "crm" in item.disposition.reasons[-1]
    ledger.release(item_id, PLANS["garden-waste"], "Pat", process=None)
    assert [one.target for one in ledger.deliveries_due()] == ["crm"]


def test_robot_at_work_cannot_be_overtaken(ledger: Ledger) -> None:
    _, (item_id,) = itemise(ledger)
    (delivery,) = ledger.item(item_id).deliveries
    ledger.claim_delivery(delivery.id, "robot")
    with pytest.raises(NotAllowed, match="being keyed"):
        ledger.done_by_hand(item_id, "depot", "D-1", "Pat")


@pytest.mark.parametrize("act", [Ledger.correct, Ledger.change_process])
def test_item_that_waits_for_nobody_is_not_changed(ledger: Ledger, act: Callable[..., None]) -> None:
    _, (item_id,) = itemise(ledger)
    with pytest.raises(NotAllowed, match="does not wait"):
        act(ledger, item_id, "bin", "food", person="Pat") if act is Ledger.correct else act(ledger, item_id, "x", "Pat")


def test_accounts_count_each_message_once_by_precedence(ledger: Ledger) -> None:
    itemise(ledger, 1, extraction(1), extraction(2, outcome=Outcome.REVIEW))
    itemise(ledger, 2, extraction(3, outcome=Outcome.REVIEW), extraction(4, outcome=Outcome.REJECTED))
    itemise(ledger, 3, extraction(5, outcome=Outcome.REJECTED), extraction(6, outcome=Outcome.NO_ACTION))
    itemise(ledger, 4, extraction(7, outcome=Outcome.NO_ACTION))
    ledger.add_message(message(5))
    accounts = ledger.accounts()
    assert accounts == Accounts(5, delivered=0, no_action=1, rejected=1, with_person=1, in_flight=2)
    assert accounts.balanced
    assert ledger.accounts(since=message(3).received_at, until=message(5).received_at).received == 2


def test_item_lost_behind_the_ledgers_back_unbalances_the_accounts(ledger: Ledger) -> None:
    _, (item_id,) = itemise(ledger, 1, extraction(outcome=Outcome.REVIEW))
    with ledger._engine.begin() as connection:
        for statement in ("DELETE FROM fields WHERE item_id = :item", "DELETE FROM items WHERE id = :item"):
            connection.execute(text(statement), {"item": item_id})
    assert not ledger.accounts().balanced


def test_nothing_is_held_up_where_nothing_failed(ledger: Ledger) -> None:
    _, (by_hand,) = itemise(ledger, 1)
    ledger.done_by_hand(by_hand, "depot", "D-1", "Pat")
    _review(ledger, 2)
    assert ledger.stuck_deliveries() == []
