"""A mailbox on Exchange Server as an inbox that staff and robot share.

How a mail is known. Exchange gives a mail a new id whenever it moves, and never gives one to another mail, so the id it
has on arrival is its source key for good. At the claim that key is written on the mail itself, with a short mark by
which Exchange can search: both are properties of ours, which travel when the mail moves. Message-ID would not do, for
senders set it and may repeat it; PR_SEARCH_KEY would not do, for copies share it.

What decides. New post is what bears no mark: a search finds it, the oldest first, so nothing depends on the pages or
states of a sync. SyncFolderItems says only when to search, and what staff did to mails in hand; as it may tell old
news, a mail counts as taken back only after a fresh look. Categories and mark are written in one request that Exchange
refuses if the mail changed since we looked; then we look again.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

from connectors.exchange.settings import ExchangeSettings
from connectors.exchange.standing import Marks, Standing, mark_of, places
from postroom.disposition import Disposition
from postroom.errors import ConnectorDown, PostroomError, TransientError
from postroom.message import Followed, Message

if TYPE_CHECKING:
    from connectors.exchange.mailbox import Mailbox

_LOOKS = 6
_log = structlog.get_logger(__name__)


class ExchangeInbox:
    """Post from folders of a mailbox."""

    def __init__(self, settings: ExchangeSettings) -> None:
        self.name = settings.name
        self._settings = settings
        self._named = f'Inbox "{settings.name}"'
        self._marks = Marks(settings)
        self._opening = threading.Lock()
        self._mailbox: Mailbox | None = None

    def fetch(self, limit: int) -> list[Message]:
        """Return up to `limit` mails not yet claimed, oldest first; none is marked as read."""
        from connectors.exchange.following import Look

        with self._looking() as mailbox:
            return Look(mailbox, self._settings, "", None).new(limit)

    def follow(self, limit: int, bookmark: str, in_hand: Collection[str] | None) -> Followed:
        """Return up to `limit` new mails since a bookmark, and those in hand that staff took back."""
        from connectors.exchange.following import Look

        with self._looking() as mailbox:
            return Look(mailbox, self._settings, bookmark, in_hand).follow(limit)

    def claim(self, message_id: str, source_key: str, digest: str) -> None:
        """Add our category to a mail and mark it; nothing happens if staff or robot dealt with it already."""
        self._claim([source_key])

    def claim_all(self, messages: Sequence[Message]) -> None:
        """Claim several mails with one look and one write."""
        self._claim([message.source_key for message in messages])

    def settle(self, message_id: str, source_key: str, digest: str, disposition: Disposition) -> None:
        """Give a mail its outcome's category and move it; nothing happens if staff took it back."""
        settings = self._settings
        category = settings.held_category if disposition.held else settings.done_category
        goal = settings.held_folder if disposition.held else settings.done_folder
        with self._looking() as mailbox:
            if not self._settle(mailbox, source_key, category, goal):
                _log.info("There is nothing to settle.", inbox=self.name, message=message_id)

    def check(self) -> list[str]:
        """Sign in, open the folders, and see that a mailbox outside is refused."""
        from connectors.exchange.checking import check_inbox

        return check_inbox(self._open(), self._settings, self._named)

    def close(self) -> None:
        """Close the connection."""
        with self._opening:
            if self._mailbox is not None:
                self._mailbox.session.close()
                self._mailbox = None

    def _open(self) -> Mailbox:
        from connectors.exchange.mailbox import Mailbox
        from connectors.exchange.session import Session

        with self._opening:
            if self._mailbox is None:
                self._mailbox = Mailbox(Session(self._settings, self._named, patient=True), self._named)
            return self._mailbox

    def _claim(self, source_keys: Sequence[str]) -> None:
        from connectors.exchange.calls import Marking

        left = list(source_keys)
        with self._looking() as mailbox:
            watched = mailbox.watched(self._settings.folders)
            for _ in range(_LOOKS):
                markings = [
                    Marking(seen, (*seen.categories, self._settings.work_category), mark_of(key), key)
                    for key, seen in mailbox.look(left).items()
                    if self._marks.standing(seen, watched) is Standing.UNCLAIMED
                ]
                marked = {seen.id for seen in mailbox.mark(markings)}
                left = [marking.source for marking in markings if marking.source not in marked]
                if not left:
                    return
        raise self._busy_hands()

    def _settle(self, mailbox: Mailbox, source_key: str, category: str, goal: str) -> bool:
        """Mark and move a mail; False if it is staff's or settled already."""
        from connectors.exchange.calls import Marking

        for _ in range(_LOOKS):
            standing, seen = places(mailbox, self._settings, [source_key])[source_key]
            if seen is None or standing in (Standing.SETTLED, Standing.STAFF):
                return False
            # The mark is written even on a mail that was never claimed, so that it can be found where it goes.
            categories = self._marks.replaced(seen.categories, category)
            marked = mailbox.mark([Marking(seen, categories, mark_of(source_key), source_key)])
            if marked and (not goal or mailbox.move(marked[0], goal)):
                return True
        raise self._busy_hands()

    @contextmanager
    def _looking(self) -> Iterator[Mailbox]:
        mailbox = self._open()
        try:
            yield mailbox
        except ConnectorDown:
            # It may be a folder that is no longer there: the next look does not believe what this one knew.
            mailbox.forget_folders()
            raise

    def _busy_hands(self) -> PostroomError:
        message = f"{self._named}: somebody changes a mail over and over while it is being marked."
        return TransientError(message, hint="It is tried again.")
