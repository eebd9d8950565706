"""Post is taken in and settled once, whatever breaks on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.memory import Journal, MemoryInbox, MemoryInboxSettings
from postroom import intake
from postroom.disposition import Disposition, Outcome
from postroom.errors import ConnectorDown
from postroom.intake import take_in
from postroom.ledger import Ledger, Stage
from postroom.message import Followed, Message
from postroom.settle import settle_done
from tests.postroom.samples import NOON, OWNER, PLANS, HandClock, extraction, lease, open_ledger, reading


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "world.db")


@pytest.fixture
def inbox(tmp_path: Path) -> MemoryInbox:
    return MemoryInbox(MemoryInboxSettings(kind="memory", name="post", journal=tmp_path / "world.db"))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def timed(ledger_url: str, tmp_path: Path, clock: HandClock) -> Iterator[Ledger]:
    ledger = open_ledger(ledger_url, tmp_path, clock)
    yield ledger
    ledger.close()


def _close(ledger: Ledger, message_id: str, *outcomes: Outcome) -> None:
    held = lease(ledger, message_id)
    ledger.save_reading(held, reading())
    found = [extraction(number, outcome=outcome) for number, outcome in enumerate(outcomes)]
    ledger.save_items(held, found, PLANS)


def test_more_post_than_one_batch_is_taken_and_claimed(timed: Ledger, inbox: MemoryInbox, journal: Journal) -> None:
    for number in range(45):
        journal.put("post", f"{number}.eml", b"post %d" % number, NOON)
    assert len(take_in(timed, inbox, 30).new) == 30
    assert len(take_in(timed, inbox, 30).new) == 15
    assert take_in(timed, inbox, 30).new == ()
    assert set(journal.places("post").values()) == {"claimed"}
    assert timed.accounts().received == 45


def test_twins_are_told(timed: Ledger, inbox: MemoryInbox, journal: Journal) -> None:
    journal.put("post", "a.eml", b"same", NOON)
    journal.put("post", "b.eml", b"same", NOON)
    taken = take_in(timed, inbox)
    assert (len(taken.new), len(taken.duplicates), taken.known) == (2, 1, 0)
    assert settle_done(timed, inbox, OWNER) == 1
    assert journal.places("post") == {"a.eml": "claimed", "b.eml": "done"}


def test_message_is_settled_only_when_every_item_is_final(timed: Ledger, inbox: MemoryInbox, journal: Journal) -> None:
    journal.put("post", "a.eml", b"post", NOON)
    (message_id,) = take_in(timed, inbox).new
    _close(timed, message_id, Outcome.NO_ACTION, Outcome.REVIEW)
    assert settle_done(timed, inbox, OWNER) == 0
    assert journal.places("post") == {"a.eml": "claimed"}
    (waiting,) = [item for item in timed.items() if item.outcome is Outcome.REVIEW]
    timed.reject(waiting.id, "Not ours.", "Pat")
    assert settle_done(timed, inbox, OWNER) == 1
    assert journal.places("post") == {"a.eml": "held"}
    assert timed.message(message_id).stage is Stage.SETTLED
    assert settle_done(timed, inbox, OWNER) == 0


def test_inbox_that_is_down_keeps_its_post_for_later(
    timed: Ledger, inbox: MemoryInbox, journal: Journal, clock: HandClock
) -> None:
    journal.put("post", "a.eml", b"post", NOON)
    (message_id,) = take_in(timed, inbox).new
    _close(timed, message_id, Outcome.NO_ACTION)

    def down(message_id: str, source_key: str, digest: str, disposition: Disposition) -> None:
        raise ConnectorDown("The inbox refused the sign-in.")

    working, inbox.settle = inbox.settle, down  # type: ignore[method-assign]
    for _ in range(5):
        with pytest.raises(ConnectorDown):
            settle_done(timed, inbox, OWNER)
        clock.forward(3600)
    assert timed.accounts().no_action == 1, "an inbox that is down makes no work for people"
    inbox.settle = working  # type: ignore[method-assign]
    assert settle_done(timed, inbox, OWNER) == 1


def test_settled_post_that_lies_in_the_inbox_again_is_moved_again(
    timed: Ledger, inbox: MemoryInbox, journal: Journal
) -> None:
    journal.put("post", "a.eml", b"post", NOON)
    (message_id,) = take_in(timed, inbox).new
    _close(timed, message_id, Outcome.NO_ACTION)
    settle_done(timed, inbox, OWNER)
    with journal.open() as connection:
        connection.execute("UPDATE post SET place = 'new'")
    taken = take_in(timed, inbox)
    assert (taken.new, taken.known) == ((), 1)
    assert settle_done(timed, inbox, OWNER) == 1
    assert journal.places("post") == {"a.eml": "done"}
    assert len(timed.items()) == 1


def test_only_the_inboxes_own_post_is_settled(timed: Ledger, tmp_path: Path, journal: Journal) -> None:
    journal.put("post", "a.eml", b"post", NOON)
    other = MemoryInbox(MemoryInboxSettings(kind="memory", name="parking", journal=tmp_path / "world.db"))
    mine = MemoryInbox(MemoryInboxSettings(kind="memory", name="post", journal=tmp_path / "world.db"))
    (message_id,) = take_in(timed, mine).new
    _close(timed, message_id, Outcome.NO_ACTION)
    assert settle_done(timed, other, OWNER) == 0
    assert settle_done(timed, mine, OWNER) == 1


class SlowInbox:
    """A followed inbox that takes longer for a look than a turn lasts."""

    name = "post"

    def __init__(self) -> None:
        self.looks = 0

    def follow(self, limit: int, bookmark: str, in_hand: object) -> Followed:
        self.looks += 1
        time.sleep(0.6)
        return Followed([], f"after look {self.looks}")

    def claim_all(self, messages: object) -> None:
        """There is nothing to claim."""

    def fetch(self, limit: int) -> list[Message]:
        return []

    def claim(self, *_: object) -> None: ...

    settle = claim

    def check(self) -> list[str]:
        return []

    def close(self) -> None: ...


def test_a_look_that_takes_longer_than_a_turn_keeps_its_turn(
    ledger_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "TURN_SECONDS", 0.2)
    ledgers = [Ledger(ledger_url, tmp_path / "documents") for _ in range(2)]
    ledgers[0].migrate()
    inbox = SlowInbox()
    with ThreadPoolExecutor(2) as workers:
        list(workers.map(lambda ledger: [take_in(ledger, inbox, 10) for _ in range(3)], ledgers))
    assert ledgers[0].bookmark("post") == f"after look {inbox.looks}", "no look was lost to another worker"
    for ledger in ledgers:
        ledger.close()
