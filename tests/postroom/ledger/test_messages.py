"""Messages arrive once, keep everything, and are never lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from postroom.disposition import Outcome
from postroom.errors import ItemNotFound, LeaseLost, UnreadableDocument
from postroom.ledger import ItemState, Ledger, Stage
from tests.postroom.samples import OWNER, HandClock, extraction, itemise, lease, message, open_ledger, reading


def test_message_and_reading_come_back_whole(ledger: Ledger) -> None:
    arrived = message()
    message_id = ledger.add_message(arrived).message_id
    assert ledger.load_message(message_id) == arrived
    assert ledger.load_reading(message_id) is None
    ledger.save_reading(lease(ledger, message_id), reading())
    assert ledger.load_reading(message_id) == reading()


def test_same_message_arrives_once(ledger: Ledger) -> None:
    first, again = ledger.add_message(message()), ledger.add_message(message())
    assert (first.new, again.new) == (True, False)
    assert first.message_id == again.message_id
    assert ledger.accounts().received == 1


def test_same_bytes_elsewhere_in_the_inbox_are_linked_and_closed(ledger: Ledger) -> None:
    first = ledger.add_message(message(1, raw=b"same"))
    twin = ledger.add_message(message(2, raw=b"same"))
    third = ledger.add_message(message(3, raw=b"same"))
    assert twin.new
    assert (twin.duplicate_of, third.duplicate_of) == (first.message_id, first.message_id)
    assert ledger.messages_due(Stage.RECEIVED) == [first.message_id]
    (item, _) = ledger.items(state=ItemState.NO_ACTION)
    assert item.outcome is Outcome.DUPLICATE
    assert first.message_id in item.reasons[0]
    accounts = ledger.accounts()
    assert (accounts.received, accounts.no_action, accounts.in_flight, accounts.balanced) == (3, 2, 1, True)


def test_same_bytes_in_another_inbox_are_other_post(ledger: Ledger) -> None:
    ledger.add_message(message(1, raw=b"same"))
    other = ledger.add_message(message(1, raw=b"same", inbox="parking"))
    assert (other.new, other.duplicate_of) == (True, "")


def test_same_place_with_other_bytes_is_other_post(ledger: Ledger) -> None:
    ledger.add_message(message(1, raw=b"first"))
    other = ledger.add_message(message(1, raw=b"second"))
    assert (other.new, other.duplicate_of) == (True, "")


def test_one_worker_at_a_time(ledger: Ledger) -> None:
    message_id = ledger.add_message(message()).message_id
    assert ledger.lease_message(message_id, Stage.RECEIVED, "first")
    assert ledger.lease_message(message_id, Stage.RECEIVED, "second") is None
    assert ledger.messages_due(Stage.RECEIVED) == []


def test_worker_whose_lease_went_to_another_is_refused(ledger_url: str, tmp_path: Path) -> None:
    clock = HandClock()
    ledger = open_ledger(ledger_url, tmp_path, clock)
    message_id = ledger.add_message(message()).message_id
    slow = lease(ledger, message_id)
    clock.forward(121)
    fast = lease(ledger, message_id)
    with pytest.raises(LeaseLost):
        ledger.save_reading(slow, reading())
    with pytest.raises(LeaseLost):
        ledger.renew(slow)
    assert ledger.load_reading(message_id) is None
    ledger.save_reading(fast, reading())
    with pytest.raises(LeaseLost):
        ledger.save_items(slow, [extraction()], {})
    ledger.close()


def test_step_is_not_taken_twice(ledger: Ledger) -> None:
    message_id, _ = itemise(ledger)
    assert ledger.lease_message(message_id, Stage.READ, OWNER) is None
    assert ledger.lease_message(message_id, Stage.RECEIVED, OWNER) is None


def test_renewed_lease_lasts(ledger_url: str, tmp_path: Path) -> None:
    clock = HandClock()
    ledger = open_ledger(ledger_url, tmp_path, clock)
    message_id = ledger.add_message(message()).message_id
    held = lease(ledger, message_id)
    clock.forward(100)
    held = ledger.renew(held)
    clock.forward(100)
    assert ledger.lease_message(message_id, Stage.RECEIVED, "second") is None
    ledger.save_reading(held, reading())
    ledger.close()


def test_dead_owner_gives_way_and_living_one_does_not(ledger: Ledger) -> None:
    message_id = ledger.add_message(message()).message_id
    ledger.lease_message(message_id, Stage.RECEIVED, OWNER)
    assert ledger.sweep(gone=lambda owner: False) == 0
    assert ledger.messages_due(Stage.RECEIVED) == []
    assert ledger.sweep(gone=lambda owner: owner == OWNER) == 1
    assert ledger.messages_due(Stage.RECEIVED) == [message_id]


@pytest.mark.parametrize("ending", ["failed", "killed"])
def test_third_broken_attempt_sends_it_to_a_person(ledger_url: str, tmp_path: Path, ending: str) -> None:
    clock = HandClock()
    ledger = open_ledger(ledger_url, tmp_path, clock)
    message_id = ledger.add_message(message()).message_id
    for _ in range(3):
        assert ledger.messages_due(Stage.RECEIVED) == [message_id]
        held = lease(ledger, message_id)
        if ending == "failed":
            ledger.fail_message(held, "the reader stopped")
        clock.forward(3600)
    assert ledger.lease_message(message_id, Stage.RECEIVED, OWNER) is None
    (item,) = ledger.items(state=ItemState.WITH_PERSON)
    assert (item.process, item.outcome) == ("other", Outcome.REVIEW)
    assert "3 attempts" in item.reasons[0]
    assert ledger.accounts().with_person == 1
    assert ledger.item(item.id).envelope is None
    ledger.close()


def test_giving_back_unharmed_costs_no_attempt(ledger: Ledger) -> None:
    message_id = ledger.add_message(message()).message_id
    for _ in range(5):
        ledger.release_message(lease(ledger, message_id))
    assert ledger.message(message_id).attempts == 0


def test_failed_message_waits_before_the_next_attempt(ledger_url: str, tmp_path: Path) -> None:
    clock = HandClock()
    ledger = open_ledger(ledger_url, tmp_path, clock)
    message_id = ledger.add_message(message()).message_id
    ledger.fail_message(lease(ledger, message_id), "the reader stopped")
    assert ledger.messages_due(Stage.RECEIVED) == []
    clock.forward(31)
    assert ledger.messages_due(Stage.RECEIVED) == [message_id]
    ledger.close()


def test_message_without_any_request_goes_to_a_person(ledger: Ledger) -> None:
    arrival = ledger.add_message(message())
    held = lease(ledger, arrival.message_id)
    ledger.save_reading(held, reading())
    ledger.save_items(held, [], {})
    assert [item.process for item in ledger.items(state=ItemState.WITH_PERSON)] == ["other"]


def test_unknown_message_is_told(ledger: Ledger) -> None:
    with pytest.raises(ItemNotFound, match="no message"):
        ledger.load_message("0" * 32)


def test_stored_bytes_are_private_and_checked(ledger: Ledger) -> None:
    arrived = message()
    ledger.add_message(arrived)
    path = ledger.documents.path(arrived.digest)
    assert path.stat().st_mode & 0o777 == 0o600
    assert {folder.stat().st_mode & 0o777 for folder in (path.parent, path.parent.parent)} == {0o700}
    path.write_bytes(b"changed")
    with pytest.raises(UnreadableDocument, match="changed on disk"):
        ledger.load_message(arrived.id)
    path.unlink()
    with pytest.raises(UnreadableDocument, match="missing"):
        ledger.load_message(arrived.id)


def test_half_written_files_are_cleared_away(ledger: Ledger) -> None:
    document = ledger.documents.put(b"whole")
    part = ledger.documents.path(document).with_name(".half.part")
    part.write_bytes(b"ha")
    assert ledger.documents.discard_parts() == 0, "a writer may still be at it"
    os.utime(part, (0, 0))
    assert ledger.documents.discard_parts() == 1
    assert ledger.documents.get(document) == b"whole"
