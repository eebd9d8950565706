"""What people do with deliveries on the command line, on a real ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.memory import MemoryTarget, MemoryTargetSettings, Misbehaviour
from postroom.deliver import deliver_one
from postroom.delivery import State, TargetClass
from postroom.disposition import Outcome
from postroom.ledger import DeliveryRecord, ItemState, Ledger
from tests.desk.conftest import Postroom
from tests.postroom.samples import OWNER, extraction, itemise


@pytest.fixture
def waiting(office: Ledger) -> str:
    """An item of the process garden-waste, which has two targets, that waits for a person."""
    _, (item_id,) = itemise(office, 1, extraction(1, process="garden-waste", outcome=Outcome.REVIEW))
    return item_id


def test_done_by_hand_keeps_the_robot_away(postroom: Postroom, office: Ledger, waiting: str) -> None:
    postroom("release", waiting)
    said = postroom("done-by-hand", waiting, "--target", "depot", "--reference", "D-17", "--as", "Bea Officer")
    assert said.code == 0
    deliveries = {one.target: one for one in office.item(waiting).deliveries}
    assert (deliveries["depot"].state, deliveries["crm"].state) == (State.DONE, State.READY)
    assert deliveries["depot"].receipt is not None
    assert deliveries["depot"].receipt.reference == "D-17"


def test_an_item_stays_open_until_every_target_has_it(postroom: Postroom, office: Ledger, waiting: str) -> None:
    said = postroom("done-by-hand", waiting, "--target", "depot", "--reference", "D-17")
    assert "still to be keyed into crm" in said.out
    assert office.item(waiting).summary.state is ItemState.WITH_PERSON
    assert "makes 1 delivery" in postroom("release", waiting).out
    assert [one.state for one in office.item(waiting).deliveries if one.target == "crm"] == [State.READY]


def test_a_target_that_does_not_exist_is_refused(postroom: Postroom, office: Ledger, waiting: str) -> None:
    said = postroom("done-by-hand", waiting, "--target", "depto", "--reference", "D-17")
    assert said.code == 2
    assert "Configured: depot, crm." in said.err
    assert office.item(waiting).deliveries == ()


def test_retry_of_nothing_is_refused_with_the_remedy(postroom: Postroom, waiting: str) -> None:
    said = postroom("retry", waiting)
    assert said.code == 1
    assert waiting in said.err


@pytest.fixture
def unknown(office: Ledger, data: Path) -> DeliveryRecord:
    """A delivery that was kept, whose answer was lost, in a target that cannot be searched."""
    _, (item_id,) = itemise(office, 1)
    (delivery,) = office.item(item_id).deliveries
    settings = MemoryTargetSettings(
        kind="memory", name="depot", journal=data / "depot.db", target_class=TargetClass.BLIND,
        misbehaviour=(Misbehaviour.UNCERTAIN_AFTER,),
    )  # fmt: skip
    assert deliver_one(office, delivery.id, MemoryTarget(settings), OWNER) is State.HUMAN
    return office.delivery(delivery.id)


def test_an_unknown_delivery_is_neither_released_nor_retried(postroom: Postroom, unknown: DeliveryRecord) -> None:
    for act in ("release", "retry"):
        said = postroom(act, unknown.item_id)
        assert said.code == 1
        assert "esolve" in said.err


def test_one_that_was_found_counts_as_delivered_under_its_reference(
    postroom: Postroom, office: Ledger, unknown: DeliveryRecord
) -> None:
    said = postroom("resolve", unknown.key, "found", "--reference", "D-17", "--as", "Bea Officer")
    assert said.code == 0
    now = office.delivery(unknown.id)
    assert now.state is State.DONE
    assert now.receipt is not None
    assert now.receipt.reference == "D-17"
    item = office.item(unknown.item_id)
    assert item.summary.state is ItemState.DELIVERED
    assert "Bea Officer" in {entry.actor for entry in item.history}


def test_one_that_was_found_needs_a_reference(postroom: Postroom, office: Ledger, unknown: DeliveryRecord) -> None:
    said = postroom("resolve", unknown.key, "found")
    assert said.code == 1
    assert "--reference" in said.err
    assert office.delivery(unknown.id).state is State.HUMAN


def test_one_that_is_not_there_is_sent_again(postroom: Postroom, office: Ledger, unknown: DeliveryRecord) -> None:
    assert postroom("resolve", unknown.id.upper(), "not-there").code == 0
    assert office.delivery(unknown.id).state is State.READY


def test_one_that_is_cancelled_leaves_its_item_with_a_person(
    postroom: Postroom, office: Ledger, unknown: DeliveryRecord
) -> None:
    assert postroom("resolve", unknown.key, "cancel").code == 0
    assert office.delivery(unknown.id).state is State.CANCELLED
    assert office.item(unknown.item_id).summary.state is ItemState.WITH_PERSON


def test_a_verdict_or_delivery_that_does_not_exist_is_told(postroom: Postroom, unknown: DeliveryRecord) -> None:
    said = postroom("resolve", unknown.key, "maybe")
    assert said.code == 2
    assert '"maybe" is not a verdict' in said.err
    assert postroom("resolve", "PR-AAAAAAAAAAAAAAAA", "found", "--reference", "x").code == 1
    assert postroom("resolve", unknown.key, "not-there").code == 0
    assert postroom("resolve", unknown.key, "not-there").code == 1


def test_the_list_tells_which_target_holds_deliveries_up(postroom: Postroom, office: Ledger, data: Path) -> None:
    _, (item_id,) = itemise(office, 1)
    assert "Held up" not in postroom("items").out
    (delivery,) = office.item(item_id).deliveries
    settings = MemoryTargetSettings(
        kind="memory", name="depot", journal=data / "depot.db", misbehaviour=(Misbehaviour.TRANSIENT,)
    )
    assert deliver_one(office, delivery.id, MemoryTarget(settings), OWNER) is State.WAIT
    assert "Held up at depot: 1 delivery, not sent yet" in postroom("items").out
