"""What every inbox must keep to, whatever it connects to.

A connector's test subclasses `InboxContract`, says which `kind` of the registry it proves, and gives one fixture,
`world`, which holds a real place for post.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import ClassVar

import pytest

from postroom.disposition import Disposition, Outcome
from postroom.errors import PostroomError
from postroom.message import Inbox, Message

DONE = Disposition(Outcome.STRAIGHT_THROUGH)
HELD = Disposition(Outcome.REJECTED, ("Not for this council.",))


def mail(number: int, body: str = "Please start my garden waste collection.") -> bytes:
    """Return a small mail, unlike any with another number."""
    return (
        f"From: Resident {number} <resident{number}@example.org>\r\nTo: post@council.example\r\n"
        f"Subject: Garden waste {number}\r\nMessage-ID: <{number}@example.org>\r\n"
        f"Date: Mon, 14 Sep 2026 09:{number:02}:00 +0100\r\n\r\n{body}\r\n"
    ).encode()


class InboxWorld(ABC):
    """A place for post, seen from outside the inbox."""

    faults: ClassVar[dict[str, type[PostroomError]]] = {}
    """Faults this place can be made to have, with the error each must become."""

    @abstractmethod
    def inbox(self) -> Inbox:
        """Return the inbox as a fresh worker would open it."""

    @abstractmethod
    def put(self, raw: bytes) -> None:
        """Let one piece of post arrive."""

    @abstractmethod
    def take_away(self, raw: bytes) -> None:
        """Remove a piece of post as a member of staff would."""

    @abstractmethod
    def everything(self) -> list[bytes]:
        """Return every piece of post wherever it is by now, sorted."""

    @abstractmethod
    def held(self) -> list[bytes]:
        """Return the post put aside for people, sorted."""

    def fault(self, name: str) -> AbstractContextManager[None]:
        """Have one of `faults` for a while."""
        raise NotImplementedError(name)


def claim(inbox: Inbox, message: Message) -> None:
    """Claim a message."""
    inbox.claim(message.id, message.source_key, message.digest)


def settle(inbox: Inbox, message: Message, disposition: Disposition = DONE) -> None:
    """Settle a message."""
    inbox.settle(message.id, message.source_key, message.digest, disposition)


def ids(messages: list[Message]) -> list[str]:
    """Return the identities of messages, in order."""
    return [message.id for message in messages]


class InboxContract:
    """The tests; `world` is the subclass's fixture."""

    kind: ClassVar[str]
    settles_unclaimed: ClassVar[bool] = True
    """Whether post without the robot's mark is settled; where staff take the mark off to take it back, it is not."""

    def test_bytes_arrive_as_they_were_put(self, world: InboxWorld) -> None:
        world.put(mail(1))
        world.put(mail(2))
        messages = world.inbox().fetch(10)
        assert [message.raw for message in messages] == [mail(1), mail(2)], "as they were, oldest first"
        assert all(message.received_at.tzinfo and message.name for message in messages)

    def test_fetch_repeats_and_changes_nothing(self, world: InboxWorld) -> None:
        for number in range(3):
            world.put(mail(number))
        inbox = world.inbox()
        first = inbox.fetch(10)
        assert len(set(ids(first))) == 3
        assert ids(inbox.fetch(10)) == ids(world.inbox().fetch(10)) == ids(first)
        assert world.everything() == sorted(mail(number) for number in range(3))

    def test_fetch_keeps_the_limit(self, world: InboxWorld) -> None:
        for number in range(3):
            world.put(mail(number))
        assert len(world.inbox().fetch(2)) == 2
        assert world.inbox().fetch(0) == []

    def test_claimed_post_makes_room_for_the_next(self, world: InboxWorld) -> None:
        world.put(mail(1))
        world.put(mail(2))
        inbox = world.inbox()
        (first,) = inbox.fetch(1)
        claim(inbox, first)
        (second,) = inbox.fetch(1)
        assert second.raw == mail(2)
        assert ids(world.inbox().fetch(10)) == [second.id]

    @pytest.mark.parametrize("disposition", [DONE, HELD])
    def test_claim_and_settle_repeat_and_delete_nothing(self, world: InboxWorld, disposition: Disposition) -> None:
        world.put(mail(1))
        world.put(mail(2))
        first, second = world.inbox().fetch(10)
        for inbox in (world.inbox(), world.inbox()):
            claim(inbox, first)
            claim(inbox, first)
        for inbox in (world.inbox(), world.inbox()):
            settle(inbox, first, disposition)
            settle(inbox, first, disposition)
        assert ids(world.inbox().fetch(10)) == [second.id], "settled post is not fetched again"
        assert world.everything() == sorted([mail(1), mail(2)])
        assert world.held() == ([mail(1)] if disposition.held else [])

    def test_settled_without_a_claim(self, world: InboxWorld) -> None:
        world.put(mail(1))
        inbox = world.inbox()
        (message,) = inbox.fetch(10)
        settle(inbox, message)
        assert ids(inbox.fetch(10)) == ([] if self.settles_unclaimed else [message.id])
        assert world.everything() == [mail(1)]

    def test_claim_after_settling_brings_nothing_back(self, world: InboxWorld) -> None:
        world.put(mail(1))
        inbox = world.inbox()
        (message,) = inbox.fetch(10)
        claim(inbox, message)
        settle(inbox, message)
        claim(inbox, message)
        assert world.inbox().fetch(10) == []
        assert world.everything() == [mail(1)]

    def test_post_that_staff_took_away_is_no_error(self, world: InboxWorld) -> None:
        world.put(mail(1))
        world.put(mail(2))
        inbox = world.inbox()
        first, second = inbox.fetch(10)
        world.take_away(first.raw)
        claim(inbox, first)
        settle(inbox, first)
        assert ids(inbox.fetch(10)) == [second.id], "nothing else was touched"
        assert world.everything() == [mail(2)]

    def test_equal_post_is_two_pieces(self, world: InboxWorld) -> None:
        world.put(mail(1))
        world.put(mail(1))
        inbox = world.inbox()
        first, second = inbox.fetch(10)
        assert first.id != second.id
        claim(inbox, first)
        settle(inbox, first)
        assert ids(inbox.fetch(10)) == [second.id]
        assert world.everything() == [mail(1), mail(1)]

    def test_check_speaks_and_changes_nothing(self, world: InboxWorld) -> None:
        world.put(mail(1))
        inbox = world.inbox()
        found = inbox.check()
        assert found
        assert all(sentence.endswith((".", "!")) for sentence in found)
        assert len(inbox.fetch(10)) == 1
        assert world.everything() == [mail(1)]

    def test_close_repeats_and_the_inbox_opens_again(self, world: InboxWorld) -> None:
        world.put(mail(1))
        inbox = world.inbox()
        inbox.fetch(1)
        inbox.close()
        inbox.close()
        assert len(inbox.fetch(1)) == 1

    def test_each_fault_becomes_one_error_with_a_remedy(self, world: InboxWorld) -> None:
        world.put(mail(1))
        (message,) = world.inbox().fetch(1)
        inbox = world.inbox()
        for name, expected in world.faults.items():
            with world.fault(name):
                for act in (lambda: inbox.fetch(1), lambda: claim(inbox, message), inbox.check):
                    with pytest.raises(PostroomError) as raised:
                        act()
                    assert type(raised.value) is expected, name
                    assert inbox.name in str(raised.value), "an error names its connector"
        assert ids(inbox.fetch(1)) == [message.id], "once the fault is over, work goes on"
