"""Bank details that a person changed are keyed only once two people entered the same, neither seeing the other's."""

from __future__ import annotations

import pytest

from postroom.errors import NotAllowed
from postroom.ledger import ItemState, Ledger
from postroom.process import FieldSpec, Process
from postroom.second_entry import Standing, open_entries
from tests.postroom.ledger.held import BINS, hold, read, value
from tests.postroom.samples import PLANS

FIELD = "account_number"
READ = (read("address", "1 High Street"), read(FIELD, "12345678"))


def _process(second_entry: bool | None) -> Process:
    spec = FieldSpec(type="account-number", title="Account number", second_entry=second_entry)
    return BINS.model_copy(update={"fields": BINS.fields | {FIELD: spec}})


def _open(ledger: Ledger, item_id: str, process: Process = BINS) -> dict[str, Standing]:
    return open_entries(process, ledger.item(item_id).fields, ledger.entries(item_id))


def _release(ledger: Ledger, item_id: str, process: Process = BINS) -> None:
    ledger.release(item_id, PLANS["missed-bin"], "bob", process=process)


def test_a_changed_account_number_waits_for_another_person(ledger: Ledger) -> None:
    item_id = hold(ledger, fields=READ)
    assert _open(ledger, item_id) == {}, "as read, it is as sure as everything else"
    ledger.correct(item_id, FIELD, "87654321", "ann", process=BINS)
    assert _open(ledger, item_id) == {FIELD: Standing.ONE}
    with pytest.raises(NotAllowed, match="second entry of “Account number”"):
        _release(ledger, item_id)
    with pytest.raises(NotAllowed, match="You entered"):
        ledger.enter(item_id, FIELD, "87654321", " ANN")
    assert ledger.enter(item_id, FIELD, "87654321", "bob") is Standing.AGREED
    _release(ledger, item_id)
    assert ledger.item(item_id).deliveries[0].fields[FIELD] == "87654321"


def test_two_different_entries_are_settled_by_a_third_look(ledger: Ledger) -> None:
    item_id = hold(ledger, fields=READ)
    ledger.correct(item_id, FIELD, "87654321", "ann", process=BINS)
    assert ledger.enter(item_id, FIELD, "87654312", "bob") is Standing.DIFFERENT
    assert value(ledger, item_id, FIELD) == "87654321"
    assert _open(ledger, item_id) == {FIELD: Standing.DIFFERENT}
    with pytest.raises(NotAllowed, match="second entry"):
        _release(ledger, item_id)
    assert ledger.enter(item_id, FIELD, "99999999", "cat") is Standing.DIFFERENT
    assert ledger.enter(item_id, FIELD, "87654312", "ann") is Standing.AGREED, "she looked again and saw what Bob saw"
    assert value(ledger, item_id, FIELD) == "87654312"
    _release(ledger, item_id)
    told = [dict(entry.detail) for entry in ledger.item(item_id).history if entry.action == "entered"]
    assert {one["field"] for one in told} == {FIELD}
    assert "87654312" not in str(told)


def test_a_new_correction_begins_anew(ledger: Ledger) -> None:
    item_id = hold(ledger, fields=READ)
    ledger.correct(item_id, FIELD, "87654321", "ann", process=BINS)
    ledger.enter(item_id, FIELD, "87654321", "bob")
    ledger.correct(item_id, FIELD, "11111111", "bob", process=BINS)
    assert _open(ledger, item_id) == {FIELD: Standing.ONE}
    ledger.undo(item_id, "bob")
    assert _open(ledger, item_id) == {}, "both entries are there again"
    ledger.correct(item_id, FIELD, "12345678", "bob", process=BINS)
    assert _open(ledger, item_id) == {}, "what was read needs no second"


def test_looking_at_a_colleagues_entry_is_no_entry(ledger: Ledger) -> None:
    item_id = hold(ledger, fields=READ)
    ledger.correct(item_id, FIELD, "87654321", "ann", process=BINS)
    ledger.accept(item_id, FIELD, "bob", process=BINS)
    assert _open(ledger, item_id) == {FIELD: Standing.ONE}


def test_a_correction_without_its_process_still_needs_two_entries(ledger: Ledger) -> None:
    item_id = hold(ledger, fields=READ)
    ledger.correct(item_id, FIELD, "87654321", "ann")
    assert _open(ledger, item_id) == {FIELD: Standing.NONE}
    with pytest.raises(NotAllowed, match="second entry"):
        _release(ledger, item_id)


def test_a_process_may_ask_for_it_always_or_never(ledger: Ledger) -> None:
    always, never = _process(True), _process(False)
    item_id = hold(ledger, fields=READ)
    assert _open(ledger, item_id, always) == {FIELD: Standing.NONE}
    ledger.accept(item_id, FIELD, "ann", process=always)
    assert ledger.enter(item_id, FIELD, "12345678", "bob") is Standing.AGREED
    _release(ledger, item_id, always)
    other = hold(ledger, 2, fields=READ)
    ledger.correct(other, FIELD, "87654321", "ann", process=never)
    ledger.release(other, PLANS["missed-bin"], "ann", process=never)
    assert ledger.item(other).summary.state is ItemState.IN_FLIGHT


def test_nobody_releases_under_the_rules_of_another_process(ledger: Ledger) -> None:
    item_id = hold(ledger, fields=READ)
    with pytest.raises(NotAllowed, match="belongs to missed-bin"):
        _release(ledger, item_id, BINS.model_copy(update={"id": "garden-waste"}))


def test_the_queue_tells_who_has_entered(ledger: Ledger) -> None:
    from postroom.ledger import Wanted
    from postroom.staff import EVERYTHING

    item_id = hold(ledger, fields=READ)
    ledger.correct(item_id, "address", "2 High Street", "ann", process=BINS)
    assert ledger.queue(EVERYTHING, Wanted())[0].entered_by == ()
    ledger.correct(item_id, FIELD, "87654321", "ann", process=BINS)
    assert ledger.queue(EVERYTHING, Wanted())[0].entered_by == ("ann",)
