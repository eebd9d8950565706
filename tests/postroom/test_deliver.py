"""Each thing a target can do, and what becomes of the delivery; the target's own journal decides what arrived."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.memory import Misbehaviour
from postroom.deliver import deliver_one
from postroom.delivery import Capabilities, Delivery, Receipt, State, TargetClass
from postroom.errors import ConnectorDown, LeaseLost, TransientError
from postroom.ledger import DeliveryRecord, ItemState, Verdict, owner_name
from postroom.protocol import Event, Happened, Standing, decide
from tests.postroom.deliver_world import World
from tests.postroom.samples import OWNER, PLANS

A, B, C, D = TargetClass.KEYED, TargetClass.SEARCHABLE, TargetClass.LAGGING, TargetClass.BLIND


@pytest.fixture
def world(ledger_url: str, tmp_path: Path) -> Iterator[World]:
    made = World(ledger_url, tmp_path)
    yield made
    made.ledger.close()


@pytest.mark.parametrize("kind", TargetClass)
def test_delivered_once_and_read_back(world: World, kind: TargetClass) -> None:
    delivery, target = world.item(), world.target(kind=kind)
    assert world.deliver(delivery, target) is State.DONE
    assert world.deliver(delivery, target) is State.DONE
    assert world.journal.records("depot") == [(delivery.key, dict(delivery.fields))]
    done = world.now(delivery)
    assert done.receipt == Receipt("MEM-1", "record 1")
    item = world.ledger.item(delivery.item_id)
    assert item.summary.state is ItemState.DELIVERED
    assert world.ledger.accounts().delivered == 1
    steps = [entry.action for entry in item.history if entry.delivery_id]
    assert steps == ["delivery-claimed", "delivery-sending", "delivery-acked", "delivery-done"]


def test_documents_go_with_the_record(world: World) -> None:
    delivery = world.item()
    sent = world.ledger.load_delivery(delivery.id)
    assert [(one.name, one.content) for one in sent.attachments] == [("bin.jpg", b"picture 1")]
    assert sent.process == "missed-bin"


def test_refusal_goes_to_a_person_with_the_targets_reason(world: World) -> None:
    delivery = world.item()
    assert world.deliver(delivery, world.target(Misbehaviour.REFUSE)) is State.REJECTED
    item = world.ledger.item(delivery.item_id)
    assert item.summary.state is ItemState.WITH_PERSON
    assert "depot refused the record" in item.disposition.reasons[-1]
    assert world.journal.records("depot") == []


def test_corrected_after_refusal_is_a_new_delivery(world: World) -> None:
    delivery, target = world.item(), world.target(Misbehaviour.REFUSE)
    world.deliver(delivery, target)
    world.ledger.correct(delivery.item_id, "address", "2 Low Street", "Pat")
    (again,) = world.ledger.release(delivery.item_id, PLANS["missed-bin"], "Pat", process=None)
    assert world.deliver(world.ledger.delivery(again), target) is State.DONE
    ((key, fields),) = world.journal.records("depot")
    assert key != delivery.key
    assert fields["address"] == "2 Low Street"
    assert world.ledger.item(delivery.item_id).summary.state is ItemState.DELIVERED


def test_transient_fault_waits_longer_each_time(world: World) -> None:
    delivery, target = world.item(), world.target()

    def busy(_: object) -> Receipt:
        raise TransientError("depot is busy.")

    target.deliver = busy  # type: ignore[method-assign]
    waits = []
    for _ in range(4):
        assert world.deliver(delivery, target) is State.WAIT
        waits.append((world.now(delivery).next_at - world.clock()).total_seconds())
        assert world.deliver(delivery, target) is State.WAIT, "not before its time"
        world.clock.forward(waits[-1])
    assert waits == [2, 4, 8, 16]
    assert world.now(delivery).sends == 0
    world.clock.forward(24 * 3600)
    assert world.deliver(delivery, target) is State.HUMAN
    assert not world.now(delivery).suspect, "nothing can have arrived"


def test_wait_asked_for_is_kept(world: World) -> None:
    delivery, target = world.item(), world.target()

    def busy(_: object) -> Receipt:
        raise TransientError("depot is busy.", retry_after=77)

    target.deliver = busy  # type: ignore[method-assign]
    world.deliver(delivery, target)
    assert (world.now(delivery).next_at - world.clock()).total_seconds() == 77


@pytest.mark.parametrize(
    ("fault", "kind", "sends"),
    [
        (Misbehaviour.UNCERTAIN_AFTER, A, 1),
        (Misbehaviour.UNCERTAIN_BEFORE, A, 2),
        (Misbehaviour.BROKEN, A, 1),
        (Misbehaviour.UNCERTAIN_AFTER, B, 1),
        (Misbehaviour.UNCERTAIN_BEFORE, B, 2),
        (Misbehaviour.BROKEN, B, 1),
        (Misbehaviour.UNCERTAIN_AFTER, C, 1),
        (Misbehaviour.UNCERTAIN_BEFORE, C, 2),
    ],
)
def test_unknown_outcome_is_looked_up_before_it_is_sent_again(
    world: World, fault: Misbehaviour, kind: TargetClass, sends: int
) -> None:
    delivery, target = world.item(), world.target(fault, kind=kind)
    assert world.deliver(delivery, target) is State.UNCERTAIN
    if kind is not A:
        assert world.deliver(delivery, target) is State.UNCERTAIN, "not before it has settled"
        world.clock.forward(61)
    while world.now(delivery).state is not State.DONE:
        world.deliver(delivery, target)
    assert [key for key, _ in world.journal.records("depot")] == [delivery.key]
    assert len(world.journal.sends("depot")) == sends


@pytest.mark.parametrize("fault", [Misbehaviour.UNCERTAIN_AFTER, Misbehaviour.UNCERTAIN_BEFORE, Misbehaviour.BROKEN])
def test_unknown_outcome_of_a_blind_target_goes_to_a_person(world: World, fault: Misbehaviour) -> None:
    delivery, target = world.item(), world.target(fault, kind=D)
    assert world.deliver(delivery, target) is State.HUMAN
    assert world.now(delivery).suspect
    assert world.ledger.item(delivery.item_id).summary.state is ItemState.WITH_PERSON
    world.clock.forward(10**6)
    assert world.deliver(delivery, target) is State.HUMAN
    assert len(world.journal.sends("depot")) == 1


@pytest.mark.parametrize(
    ("verdict", "state", "item"),
    [
        (Verdict.FOUND, State.DONE, ItemState.DELIVERED),
        (Verdict.NOT_THERE, State.READY, ItemState.IN_FLIGHT),
        (Verdict.CANCEL, State.CANCELLED, ItemState.WITH_PERSON),
    ],
)
def test_person_resolves_an_unknown_outcome(world: World, verdict: Verdict, state: State, item: ItemState) -> None:
    delivery, target = world.item(), world.target(Misbehaviour.UNCERTAIN_BEFORE, kind=D)
    world.deliver(delivery, target)
    world.ledger.resolve(delivery.id, verdict, "Pat", reference="R-1")
    assert world.now(delivery).state is state
    assert world.ledger.item(delivery.item_id).summary.state is item
    if verdict is Verdict.NOT_THERE:
        assert world.deliver(delivery, target) is State.DONE


def test_four_lost_sends_go_to_a_person(world: World) -> None:
    delivery = world.item()
    target = world.target(*[Misbehaviour.UNCERTAIN_BEFORE] * 9, kind=A)
    for _ in range(20):
        world.deliver(delivery, target)
        world.clock.forward(31)
    assert world.now(delivery).state is State.HUMAN
    assert len(world.journal.sends("depot")) == 4


def test_wrong_read_back_goes_to_a_person_and_is_never_sent_again(world: World) -> None:
    delivery, target = world.item(), world.target(Misbehaviour.WRONG)
    assert world.deliver(delivery, target) is State.HUMAN
    told = world.now(delivery)
    assert "address" in told.reason
    assert "High Street" not in told.reason, "a reason names fields, not values"
    world.clock.forward(10**6)
    assert world.deliver(delivery, target) is State.HUMAN
    assert len(world.journal.sends("depot")) == 1


def test_fields_that_cannot_be_read_back_are_not_compared(world: World) -> None:
    delivery, target = world.item(), world.target(Misbehaviour.WRONG)
    target.capabilities = Capabilities(B, reads_back=("bin",))
    assert world.deliver(delivery, target) is State.DONE


def test_read_back_that_fails_is_tried_again_and_then_told(world: World) -> None:
    delivery, target = world.item(), world.target()

    def fails(_: Receipt) -> dict[str, str]:
        raise TransientError("depot is busy.")

    target.read_back = fails  # type: ignore[method-assign]
    assert world.deliver(delivery, target) is State.ACKED
    for _ in range(3):
        world.clock.forward(60)
        world.deliver(delivery, target)
    assert world.now(delivery).state is State.HUMAN
    assert len(world.journal.sends("depot")) == 1


def test_down_connector_leaves_its_items_untouched_and_is_probed_every_half_minute(world: World) -> None:
    deliveries = [world.item(number) for number in range(1, 4)]
    target = world.target()
    looked = []

    def down(key: str) -> Receipt | None:
        looked.append(key)
        raise ConnectorDown("depot refused the sign-in.")

    working, target.find = target.find, down  # type: ignore[method-assign]
    for _ in range(3):
        for delivery in deliveries:
            assert world.deliver(delivery, target) is State.READY
    assert len(looked) == 1
    assert world.ledger.deliveries_due() == []
    assert [breaker.target for breaker in world.ledger.breakers()] == ["depot"]
    world.clock.forward(31)
    for delivery in deliveries:
        world.deliver(delivery, target)
    assert len(looked) == 2
    world.clock.forward(31)
    target.find = working  # type: ignore[method-assign]
    assert [world.deliver(delivery, target) for delivery in deliveries] == [State.DONE] * 3
    assert {world.now(delivery).waits for delivery in deliveries} == {0}


def test_breaker_opens_after_five_failures_in_a_row(world: World) -> None:
    deliveries = [world.item(number) for number in range(1, 8)]
    target, looked = world.target(), []

    def fails(key: str) -> Receipt | None:
        looked.append(key)
        raise TransientError("depot is busy.")

    target.find = fails  # type: ignore[method-assign]
    for delivery in deliveries:
        world.deliver(delivery, target)
    assert len(looked) == 5
    assert [world.now(delivery).state for delivery in deliveries[5:]] == [State.READY] * 2


def test_down_after_the_intent_was_written_was_not_sent(world: World) -> None:
    delivery, target = world.item(), world.target(Misbehaviour.DOWN)
    assert world.deliver(delivery, target) is State.READY
    assert (world.now(delivery).sends, world.now(delivery).suspect) == (0, False)
    world.clock.forward(31)
    assert world.deliver(delivery, target) is State.DONE


def test_as_many_workers_as_the_target_allows(world: World) -> None:
    deliveries = [world.item(number) for number in range(1, 4)]
    claims = [world.ledger.claim_delivery(one.id, OWNER, concurrency=2) for one in deliveries]
    assert [claim is not None for claim in claims] == [True, True, False]


def _stop_while(world: World, delivery: DeliveryRecord, kind: TargetClass, state: State) -> None:
    """Leave a delivery as a worker leaves it that dies in that state."""
    claim = world.ledger.claim_delivery(delivery.id, "dead")
    assert claim is not None
    if state is State.SENDING:
        move = decide(
            Standing(State.CLAIMED), Event(Happened.ABSENT), Capabilities(kind), world.clock(), lambda low, _: low
        )
        world.ledger.move_delivery(claim.lease, State.CLAIMED, move)
    world.clock.forward(301)


def test_dead_worker_before_the_intent_leaves_it_ready(world: World) -> None:
    delivery, target = world.item(), world.target()
    _stop_while(world, delivery, B, State.CLAIMED)
    assert world.recover(target) == 1
    assert world.now(delivery).state is State.READY


@pytest.mark.parametrize(("kind", "state"), [(A, State.UNCERTAIN), (B, State.UNCERTAIN), (D, State.HUMAN)])
def test_dead_worker_after_the_intent_leaves_it_uncertain(world: World, kind: TargetClass, state: State) -> None:
    delivery, target = world.item(), world.target(kind=kind)
    _stop_while(world, delivery, kind, State.SENDING)
    assert world.recover(target) == 1
    assert world.now(delivery).state is state
    assert world.recover(target) == 0


def test_target_that_is_configured_no_longer_sends_unknowns_to_a_person(world: World) -> None:
    delivery = world.item()
    _stop_while(world, delivery, B, State.SENDING)
    world.recover()
    assert world.now(delivery).state is State.HUMAN


def test_living_worker_keeps_what_it_is_sending(world: World) -> None:
    delivery = world.item()
    _stop_while(world, delivery, B, State.SENDING)
    assert world.ledger.take_over_abandoned("second", lambda owner, _: owner == "dead") == []
    assert len(world.ledger.take_over_abandoned("second", lambda _, __: False)) == 1


def test_attempt_that_broke_off_in_a_living_process_is_recovered(world: World) -> None:
    delivery, target = world.item(), world.target()

    def stopped(_: object) -> Receipt:
        raise KeyboardInterrupt

    target.deliver, working = stopped, target.deliver  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        deliver_one(world.ledger, delivery.id, target, owner_name(), clock=world.clock)
    assert world.now(delivery).state is State.SENDING
    world.clock.forward(301)
    assert world.recover(target) == 1
    target.deliver = working  # type: ignore[method-assign]
    world.clock.forward(61)
    assert world.deliver(delivery, target) is State.READY, "looked up, and not there"
    assert world.deliver(delivery, target) is State.DONE


def test_attempt_that_goes_on_in_this_process_is_left_alone(world: World) -> None:
    delivery, target = world.item(), world.target()
    sender, recovered = target.deliver, []

    def slow(sent: Delivery) -> Receipt:
        world.clock.forward(301)
        recovered.append(world.recover(target))
        return sender(sent)

    target.deliver = slow  # type: ignore[method-assign]
    assert deliver_one(world.ledger, delivery.id, target, owner_name(), clock=world.clock) is State.DONE
    assert recovered == [0]


def test_worker_that_lost_its_turn_writes_nothing(world: World) -> None:
    delivery, target = world.item(), world.target()
    sender = target.deliver

    def slow(sent: object) -> Receipt:
        world.clock.forward(301)
        world.recover(target)
        return sender(sent)  # type: ignore[arg-type]

    target.deliver = slow  # type: ignore[method-assign]
    with pytest.raises(LeaseLost):
        world.deliver(delivery, target)
    assert world.now(delivery).state is State.UNCERTAIN
    target.deliver = sender  # type: ignore[method-assign]
    world.clock.forward(61)
    assert world.deliver(delivery, target) is State.DONE
    assert len(world.journal.records("depot")) == 1


def test_restored_ledger_looks_before_it_sends(world: World) -> None:
    searched, blind = world.item(1), world.item(2)
    target = world.target()
    target.deliver(world.ledger.load_delivery(searched.id))
    world.ledger.mark_restored("Pat")
    assert world.deliver(searched, target) is State.DONE
    assert world.deliver(blind, world.target(kind=D)) is State.HUMAN
    assert len(world.journal.records("depot")) == 1
