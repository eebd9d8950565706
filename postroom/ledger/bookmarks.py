"""Followed inboxes in the ledger: where each look goes on, and which post is in hand."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import ColumnElement, Select, func, insert, select, update

from postroom.ledger import schema
from postroom.ledger.messages import Messages
from postroom.ledger.records import Lease, Stage
from postroom.ledger.storage import execute

INBOX = "inbox"
"""The kind of an inbox's lease."""
_MESSAGES = schema.messages
_BOOKMARKS = schema.bookmarks


class Bookmarks(Messages):
    """What the ledger keeps for inboxes that tell what changed."""

    def bookmark(self, inbox: str) -> str:
        """Return where the next look into an inbox goes on; empty before the first."""
        chosen = select(_BOOKMARKS.c.bookmark).where(_BOOKMARKS.c.inbox == inbox)
        with self._reading() as connection:
            return connection.scalar(chosen) or ""

    def save_bookmark(self, lease: Lease, bookmark: str) -> None:
        """Keep where the next look goes on; only for the worker whose turn the inbox is.

        Raises:
            LeaseLost: Another worker took the inbox over; its bookmark counts.
        """
        with self._writing() as connection:
            self._hold(connection, lease)
            values = {"bookmark": bookmark, "changed_at": self._clock()}
            changed = update(_BOOKMARKS).where(_BOOKMARKS.c.inbox == lease.subject).values(**values)
            if not execute(connection, changed).rowcount:
                connection.execute(insert(_BOOKMARKS).values(inbox=lease.subject, **values))

    def lease_inbox(self, inbox: str, owner: str, seconds: float) -> Lease | None:
        """Take the turn at an inbox; None while another worker has it."""
        return self.lease(INBOX, inbox, owner, seconds)

    def let_go_of_inbox(self, lease: Lease) -> None:
        """Give the turn at an inbox back; nothing happens if another worker has it."""
        with self._writing() as connection:
            if self._has(connection, lease):
                self._let_go(connection, lease)

    def mark_claimed(self, message_ids: Sequence[str]) -> None:
        """Record that messages carry the robot's mark in their inbox, so that a missing mark is a person's doing."""
        where = (_MESSAGES.c.id.in_(message_ids), _MESSAGES.c.claimed_at.is_(None))
        with self._writing() as connection:
            execute(connection, update(_MESSAGES).where(*where).values(claimed_at=self._clock()))

    def in_hand(self, inbox: str) -> PostInHand:
        """Return the source keys of an inbox's post that is claimed and not settled; asked for one at a time."""
        return PostInHand(self, inbox)

    def _keys_in_hand(self, inbox: str, source_key: str | None = None) -> list[str]:
        where = [*_in_hand(inbox), *([_MESSAGES.c.source_key == source_key] if source_key is not None else [])]
        chosen: Select[tuple[str]] = select(_MESSAGES.c.source_key).where(*where)
        with self._reading() as connection:
            return list(connection.scalars(chosen))

    def _is_over(self, inbox: str, source_key: str) -> bool:
        over = (_MESSAGES.c.stage == Stage.SETTLED) | _MESSAGES.c.taken_back_at.is_not(None)
        where = (_MESSAGES.c.inbox == inbox, _MESSAGES.c.source_key == source_key, over)
        with self._reading() as connection:
            return connection.scalar(select(_MESSAGES.c.id).where(*where).limit(1)) is not None

    def _count_in_hand(self, inbox: str) -> int:
        with self._reading() as connection:
            return connection.scalar(select(func.count()).select_from(_MESSAGES).where(*_in_hand(inbox))) or 0


class PostInHand(Collection[str]):
    """Source keys of the post in hand; each question is one look into the ledger, however much waits there."""

    def __init__(self, ledger: Bookmarks, inbox: str) -> None:
        self._ledger = ledger
        self._inbox = inbox

    def __contains__(self, source_key: object) -> bool:
        return bool(self._ledger._keys_in_hand(self._inbox, str(source_key)))

    def __iter__(self) -> Iterator[str]:
        return iter(self._ledger._keys_in_hand(self._inbox))

    def __len__(self) -> int:
        return self._ledger._count_in_hand(self._inbox)

    def is_over(self, source_key: str) -> bool:
        """Whether the ledger is through with a message: it was settled, or staff took it back."""
        return self._ledger._is_over(self._inbox, source_key)


def _in_hand(inbox: str) -> tuple[ColumnElement[bool], ...]:
    return (
        _MESSAGES.c.inbox == inbox,
        _MESSAGES.c.claimed_at.is_not(None),
        _MESSAGES.c.stage != Stage.SETTLED,
    )
