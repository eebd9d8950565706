"""Decisions rest on what a person saw: what changed meanwhile is never overwritten, whoever is quicker."""

from __future__ import annotations

import multiprocessing
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from postroom.doubt import doubtful
from postroom.errors import ItemNotFound, NotAllowed
from postroom.fields import Fault
from postroom.ledger import ItemState, Ledger
from tests.postroom.ledger.held import BINS, actions, held_as, hold, officer, read, value
from tests.postroom.samples import NOON, PLANS, extraction, itemise, reading


def test_a_decision_on_an_older_look_is_refused_by_name_and_time(ledger: Ledger) -> None:
    officer(ledger, "Ann")
    item_id = hold(ledger)
    seen = ledger.item(item_id).summary.version
    ledger.correct(item_id, "bin", "food", "ann", version=seen)
    decisions = (
        lambda: ledger.correct(item_id, "bin", "garden", "bob", version=seen),
        lambda: ledger.accept(item_id, "bin", "bob", seen),
        lambda: ledger.change_process(item_id, "garden-waste", "bob", version=seen),
        lambda: ledger.release(item_id, PLANS["missed-bin"], "bob", process=BINS, version=seen),
        lambda: ledger.reject(item_id, "No.", "bob", version=seen),
        lambda: ledger.no_action(item_id, "No.", "bob", version=seen),
        lambda: ledger.done_by_hand(item_id, "depot", "D-1", "bob", version=seen),
        lambda: ledger.retry(item_id, "bob", version=seen),
        lambda: ledger.send_back(item_id, "bob", "letters", {}, ["a name"], seen),
        lambda: ledger.split(item_id, [extraction(1), extraction(2)], "bob", seen),
        lambda: ledger.enter(item_id, "bin", "x", "bob", version=seen),
    )
    before = ledger.history_head()
    for decide in decisions:
        with pytest.raises(NotAllowed, match=re.compile(rf"Ann Other changed item {item_id} at \d\d:\d\d")):
            decide()
    assert (value(ledger, item_id, "bin"), ledger.history_head()) == ("food", before)
    ledger.correct(item_id, "bin", "garden", "bob", version=ledger.item(item_id).summary.version)


def _take_all(url: str, documents: Path, person: str, ids: list[str]) -> list[str]:
    """Correct as many items as can be had on the first look, and return which."""
    ledger = Ledger(url, documents)
    won = []
    for item_id in ids:
        try:
            ledger.correct(item_id, "bin", person, person, version=0)
        except NotAllowed:
            continue
        won.append(item_id)
    ledger.close()
    return won


def _held_by(ledger: Ledger, ids: list[str]) -> list[list[str]]:
    return [[item_id for item_id in ids if value(ledger, item_id, "bin") == person] for person in ("ann", "bob")]


def test_two_processes_racing_lose_nothing(ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
    ids = [hold(ledger, number) for number in range(1, 13)]
    ways = [(ledger_url, tmp_path / "documents", "ann", ids), (ledger_url, tmp_path / "documents", "bob", ids[::-1])]
    with multiprocessing.get_context("spawn").Pool(2) as people:
        won = people.starmap(_take_all, ways)
    assert sorted(won[0] + won[1]) == sorted(ids), "each was decided once"
    assert _held_by(ledger, ids) == [sorted(won[0], key=ids.index), sorted(won[1], key=ids.index)]
    assert all(len(ledger.item(item_id).corrections) == 1 for item_id in ids)
    assert ledger.broken_history() is None


def test_many_threads_racing_lose_nothing(ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
    ids = [hold(ledger, number) for number in range(1, 9)]
    with ThreadPoolExecutor(4) as people:
        again = [people.submit(_take_all, ledger_url, tmp_path / "documents", f"p{number}", ids) for number in range(4)]
        won = [item_id for one in again for item_id in one.result()]
    assert sorted(won) == sorted(ids)
    assert all(ledger.item(item_id).summary.version == 1 for item_id in ids)


def test_what_the_robot_does_unseen_does_not_spoil_a_look(ledger: Ledger) -> None:
    item_id = hold(ledger)
    seen = ledger.item(item_id).summary.version
    with ledger._writing() as connection:
        from postroom.ledger.changing import change_item
        from postroom.ledger.items import item_row

        change_item(connection, item_row(connection, item_id), NOON, state=ItemState.WITH_PERSON)
    ledger.correct(item_id, "bin", "food", "ann", version=seen)


def test_a_doubtful_value_is_found_right_without_being_changed(ledger: Ledger) -> None:
    unsure = (read("address", "1 High Street", 0.99), read("bin", "refuse", 0.4))
    item_id = hold(ledger, 1, fields=unsure)
    assert doubtful(ledger.item(item_id), BINS) == ("bin", "full_name")
    ledger.accept(item_id, "bin", "ann", value="refuse")
    with pytest.raises(NotAllowed, match="changed meanwhile"):
        ledger.accept(item_id, "bin", "ann", value="food")
    ledger.accept(item_id, "full_name", "ann")
    item = ledger.item(item_id)
    assert doubtful(item, BINS) == ()
    assert (item.corrections, item.values["bin"], "full_name" in item.values) == ((), "refuse", False)
    assert actions(item) == ["item-made", "accepted", "accepted"]
    assert "refuse" not in str([entry.detail for entry in item.history])


def test_values_that_are_at_odds_are_doubtful_until_somebody_looked(ledger: Ledger) -> None:
    made = replace(held_as(1), faults=(Fault(("address", "bin"), "They are the same."),))
    _, (item_id,) = itemise(ledger, 1, replace(made, fields=(*made.fields, read("full_name", "Ann"))))
    assert doubtful(ledger.item(item_id), BINS) == ("address", "bin")
    ledger.correct(item_id, "address", "2 High Street", "ann")
    ledger.accept(item_id, "bin", "ann")
    assert doubtful(ledger.item(item_id), BINS) == ()


def test_a_change_of_process_brings_its_own_reasons_and_keeps_those_that_last(ledger: Ledger) -> None:
    item_id = hold(
        ledger,
        1,
        "“Bin” is not sure enough (71%).",
        "Item ABCDEFGH of the last 14 days holds all the same values: is this the same?",
    )
    ledger.change_process(
        item_id, "garden-waste", "ann", held_as(3, "“Bins” was not found.", process="garden-waste", due="2026-10-01")
    )
    item = ledger.item(item_id)
    assert [reason[:6] for reason in item.disposition.reasons] == ["Item A", "“Bins”"]
    assert (item.summary.due, value(ledger, item_id, "address")) == ("2026-10-01", "3 High Street")


def test_corrections_teach_with_what_was_read(ledger: Ledger) -> None:
    item_id = hold(ledger)
    ledger.correct(item_id, "bin", "food", "ann")
    ledger.correct(item_id, "full_name", "Ann Other", "ann")
    ledger.correct(item_id, "address", "9 Low Street", "ann")
    ledger.undo(item_id, "ann")
    first, second = ledger.corrections()
    assert (first.before, first.after, first.process, first.item_id) == ("refuse", "food", "missed-bin", item_id)
    assert first.read == extraction().fields[1], "with its place and what else it might have been"
    assert (second.field, second.read) == ("full_name", None)
    assert ledger.corrections(since=second.at) == [second]
    assert [one.undone for one in ledger.item(item_id).corrections] == [False, False, True]


def test_documents_are_handed_out_one_by_one_to_their_message_alone(ledger: Ledger) -> None:
    message_id, _ = itemise(ledger, 1)
    other_id, _ = itemise(ledger, 2)
    documents = reading().unpacked.documents
    told = ledger.documents_of(message_id)
    assert [(one.id, one.name, one.role, one.inside) for one in told] == [
        (one.id, one.name, one.role, one.inside) for one in documents
    ]
    assert [one.size for one in told] == [len(one.content) for one in documents]
    assert ledger.texts(message_id) == reading().texts
    assert ledger.load_document(message_id, documents[1].id) == documents[1]
    with pytest.raises(ItemNotFound):
        ledger.load_document(other_id, documents[1].id)
