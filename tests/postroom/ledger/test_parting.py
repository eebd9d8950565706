"""One item becomes several, or two become one, and every message stays accounted for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from postroom.delivery import State
from postroom.disposition import Outcome
from postroom.errors import BusinessError, NotAllowed
from postroom.ledger import ItemState, Ledger
from postroom.protocol import Move
from postroom.workitem import Triage
from tests.postroom.ledger.held import BINS, UNSURE, actions, held_as, hold
from tests.postroom.samples import NOON, OWNER, PLANS, extraction, itemise, reading

ONE, TWO = (document.id for document in reading(1).unpacked.documents)


def _about(number: int, *documents: str, lines: tuple[tuple[str, int, int, int], ...] = (), protected: str = ""):
    made = held_as(number, protected=protected)
    return replace(made, triage=replace(made.triage, document_ids=documents, lines=lines))


def test_an_item_is_split_into_parts_that_wait(ledger: Ledger) -> None:
    item_id = hold(ledger, 1, protected="a threat", fields=())
    garden = replace(held_as(8, process="garden-waste", due="2026-10-01"), disposition=extraction().disposition)
    ids = ledger.split(item_id, [held_as(7), garden], "ann", 0, pages=[2, 1])
    first, second = (ledger.item(one) for one in ids)
    assert ids[0] == item_id
    assert second.message.id == first.message.id
    assert [one.summary.state for one in (first, second)] == [ItemState.WITH_PERSON] * 2
    assert [one.values["address"] for one in (first, second)] == ["7 High Street", "8 High Street"]
    assert [one.summary.process for one in (first, second)] == ["missed-bin", "garden-waste"]
    assert [one.summary.pages for one in (first, second)] == [2, 1]
    assert [one.summary.protected for one in (first, second)] == ["a threat"] * 2, "what is protected stays so"
    assert (second.summary.due, second.disposition.reasons) == (
        "2026-10-01",
        (f"A person split this from item {item_id}.",),
    )
    assert second.deliveries == (), "even one that was read surely waits for a person"
    assert (ledger.accounts().with_person, ledger.accounts().balanced) == (1, True)
    assert actions(first) == ["item-made", "split"]
    assert second.history[-1].actor == "ann"
    ledger.no_action(ids[1], "Nothing to do.", "ann")
    assert ledger.accounts().with_person == 1, "the message waits while one part does"


def test_a_split_takes_the_next_places_and_never_an_id_twice(ledger: Ledger) -> None:
    _, (item_id, neighbour) = itemise(ledger, 1, held_as(1), held_as(2))
    _, first = ledger.split(item_id, [held_as(3), held_as(4)], "ann")
    ledger.undo(item_id, "ann")
    assert ledger.item(first).summary.outcome is Outcome.DUPLICATE
    _, again = ledger.split(item_id, [held_as(3), held_as(4)], "ann")
    assert len({item_id, neighbour, first, again}) == 4


def test_what_was_keyed_as_a_whole_is_not_split_or_merged(ledger: Ledger) -> None:
    _, (item_id, other) = itemise(ledger, 1, extraction(1, process="garden-waste"), held_as(2))
    crm, depot = ledger.item(item_id).deliveries
    for delivery, state in ((depot, State.DONE), (crm, State.REJECTED)):
        claim = ledger.claim_delivery(delivery.id, OWNER)
        assert claim is not None
        ledger.move_delivery(claim.lease, State.CLAIMED, Move(state, 1, 0, None, NOON, False, None, "No."), last=True)
    for act in (
        lambda: ledger.split(item_id, [held_as(1), held_as(2)], "ann"),
        lambda: ledger.merge(item_id, other, "ann"),
    ):
        with pytest.raises(NotAllowed, match="keyed into depot as a whole"):
            act()
    ledger.merge(other, item_id, "ann")
    with pytest.raises(BusinessError, match="two parts"):
        ledger.split(hold(ledger, 5), [held_as(5)], "ann")


def test_two_items_of_a_message_become_one(ledger: Ledger) -> None:
    _, (item_id, into) = itemise(ledger, 1, _about(1, TWO, protected="a threat"), _about(2, ONE))
    before = ledger.item(into)
    ledger.merge(item_id, into, "ann", 0)
    closed, kept = ledger.item(item_id), ledger.item(into)
    assert (closed.summary.state, closed.summary.outcome) == (ItemState.NO_ACTION, Outcome.DUPLICATE)
    assert closed.disposition.reasons == (UNSURE, f"Merged into {into}.")
    assert kept.extraction.triage.document_ids == (ONE, TWO)
    assert (kept.fields, kept.summary.protected) == (before.fields, "a threat")
    assert (actions(closed)[-1], actions(kept)[-1]) == ("merged", "took-in")
    assert ledger.accounts().balanced
    ledger.release(into, PLANS["missed-bin"], "ann", process=BINS)
    (delivery,) = ledger.item(into).deliveries
    assert [one.name for one in ledger.load_delivery(delivery.id).attachments] == ["bin.jpg"]
    with pytest.raises(NotAllowed, match="changed item"):
        ledger.undo(item_id, "ann")


def test_a_merger_is_taken_back_on_both_sides(ledger: Ledger) -> None:
    _, (item_id, into) = itemise(ledger, 1, _about(1, TWO), _about(2, ONE))
    before = ledger.item(into)
    ledger.merge(item_id, into, "ann")
    assert ledger.undo(item_id, "ann").what == "merged"
    assert ledger.item(into).extraction == before.extraction
    assert ledger.item(item_id).summary.state is ItemState.WITH_PERSON


def test_items_of_two_messages_are_never_merged(ledger: Ledger) -> None:
    one, other = hold(ledger, 1), hold(ledger, 2)
    for into in (other, one):
        with pytest.raises(NotAllowed, match="cannot be merged"):
            ledger.merge(one, into, "ann")


@pytest.mark.parametrize(
    ("one", "other", "documents", "lines"),
    [
        (((ONE,), ()), ((TWO,), ()), (ONE, TWO), ()),
        (((), ()), ((TWO,), ((TWO, 1, 0, 2),)), (), ()),
        (((ONE,), ((ONE, 1, 0, 2),)), ((ONE,), ((ONE, 1, 2, 4),)), (ONE,), ((ONE, 1, 0, 2), (ONE, 1, 2, 4))),
        (((ONE,), ((ONE, 1, 0, 2),)), ((ONE,), ()), (ONE,), ()),
        (((ONE,), ((ONE, 1, 0, 2),)), ((TWO,), ()), (ONE, TWO), ((ONE, 1, 0, 2),)),
    ],
)
def test_a_merged_item_has_the_places_of_both(one, other, documents, lines) -> None:
    from postroom.ledger.parting import joined

    first, second = (Triage("missed-bin", 1.0, (), *places) for places in (one, other))
    found = joined(first, second)
    assert (found.document_ids, found.lines) == (documents, lines)
