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
from collections.abc import Container, Iterable
from datetime import UTC, datetime
from enum import Enum, auto
from heapq import merge
from typing import TYPE_CHECKING

import structlog

from connectors.exchange.bookmark import Bookmark
from connectors.exchange.errors import Refusal
from connectors.exchange.settings import ExchangeSettings
from postroom.disposition import Disposition
from postroom.document import sha256
from postroom.errors import PostroomError, TransientError
from postroom.message import Followed, Message

if TYPE_CHECKING:
    from connectors.exchange.calls import Seen
    from connectors.exchange.content import Contents
    from connectors.exchange.mailbox import Changed, Mailbox

_LOOKS = 6
_log = structlog.get_logger(__name__)


class Standing(Enum):
    """Whose a mail is at a moment."""

    UNCLAIMED = auto()
    IN_WORK = auto()
    ENDED = auto()
    """It bears an outcome's category but was not moved yet."""
    SETTLED = auto()
    """It lies in the done or held folder, and the robot put it there."""
    STAFF = auto()
    """Staff moved it away, deleted it or took its category off."""


class ExchangeInbox:
    """Post from folders of a mailbox."""

    def __init__(self, settings: ExchangeSettings) -> None:
        self.name = settings.name
        self._settings = settings
        self._named = f'Inbox "{settings.name}"'
        self._opening = threading.Lock()
        self._mailbox: Mailbox | None = None

    def fetch(self, limit: int) -> list[Message]:
        """Return up to `limit` mails not yet claimed, oldest first; none is marked as read."""
        return self._new(limit)[0]

    def follow(self, limit: int, bookmark: str, in_hand: Container[str]) -> Followed:
        """Return new mails since a bookmark, and which mails in hand staff took back."""
        marks = Bookmark.read(bookmark)
        doubtful: dict[str, None] = {}
        for folder in self._watched():
            changed, is_fresh = self._changes(folder, marks.states.get(folder, ""))
            marks.states[folder] = changed.state
            marks.unread = marks.unread or is_fresh or bool(changed.touched)
            doubtful |= dict.fromkeys(self._doubtful(changed, marks, in_hand))
        taken_back = tuple(source for source in doubtful if self._standing(source)[0] is Standing.STAFF)
        marks.returned = {new: source for new, source in marks.returned.items() if source in in_hand}
        messages: list[Message] = []
        if marks.is_due:
            messages, marks.unread = self._new(limit)
            marks.searched_at = datetime.now(UTC).isoformat()
        return Followed(messages, str(marks), taken_back)

    def claim(self, message_id: str, source_key: str, digest: str) -> None:
        """Add our category to a mail and mark it; nothing happens if staff or robot dealt with it already."""
        for _ in range(_LOOKS):
            standing, seen = self._standing(source_key)
            if standing is not Standing.UNCLAIMED or seen is None:
                _log.info("There is nothing to claim.", inbox=self.name, message=message_id, standing=standing.name)
                return
            categories = (*seen.categories, self._settings.work_category)
            if self._open().mark(seen, categories, _mark(source_key), source_key):
                return
        raise self._busy_hands()

    def settle(self, message_id: str, source_key: str, digest: str, disposition: Disposition) -> None:
        """Give a mail its outcome's category and move it; nothing happens if staff took it back."""
        settings = self._settings
        category = settings.held_category if disposition.held else settings.done_category
        goal = settings.held_folder if disposition.held else settings.done_folder
        for _ in range(_LOOKS):
            standing, seen = self._standing(source_key)
            if standing in (Standing.SETTLED, Standing.STAFF) or seen is None:
                _log.info("There is nothing to settle.", inbox=self.name, message=message_id, standing=standing.name)
                return
            kept = [name for name in seen.categories if name not in self._ours()]
            # The mark is written even on a mail that was never claimed, so that it can be found where it goes.
            marked = self._open().mark(seen, (*kept, category), _mark(source_key), source_key)
            if marked and self._open().move(marked, goal):
                return
        raise self._busy_hands()

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

    def _watched(self) -> list[str]:
        mailbox = self._open()
        return [mailbox.wanted_folder(path) for path in self._settings.folders]

    def _new(self, limit: int) -> tuple[list[Message], bool]:
        """Return unclaimed mails, and whether some were left for another time."""
        from connectors.exchange.content import Contents

        contents, ours = Contents(self._open().session, self._settings), self._ours()
        listings = [
            (seen for seen in self._open().unclaimed(folder) if not ours & set(seen.categories))
            for folder in self._watched()
        ]
        return _read(merge(*listings, key=lambda seen: seen.received_at), contents, limit)

    def _changes(self, folder: str, state: str) -> tuple[Changed, bool]:
        """Return what changed, and whether it was read from the beginning."""
        if state:
            try:
                return self._open().changes(folder, state), False
            except Refusal:
                _log.info("The folder is read anew: Exchange no longer knows how far it was read.", inbox=self.name)
        return self._open().changes(folder, ""), True

    def _doubtful(self, changed: Changed, marks: Bookmark, in_hand: Container[str]) -> Iterable[str]:
        """Give the source keys of mails in hand that staff seem to have taken back."""
        for seen in changed.touched:
            if seen.source and seen.source in in_hand:
                if seen.id != seen.source:
                    marks.returned[seen.id] = seen.source
                if not self._ours() & set(seen.categories):
                    yield seen.source
        for gone in changed.gone:
            source = marks.returned.pop(gone, gone)
            if source in in_hand:
                yield source

    def _standing(self, source_key: str) -> tuple[Standing, Seen | None]:
        """Look where a mail is now and whose it is."""
        seen = self._open().look(source_key)
        if seen is not None:
            return self._whose(seen, self._watched()), seen
        watched = self._watched()
        ends = [self._open().folder(path) for path in (self._settings.done_folder, self._settings.held_folder)]
        found = self._open().marked([*watched, *filter(None, ends)], _mark(source_key))
        standings = [(self._whose(one, watched), one) for one in found]
        # Staff may have copied it; the one that is furthest on is the mail itself.
        for standing in (Standing.SETTLED, Standing.ENDED, Standing.IN_WORK):
            for one in standings:
                if one[0] is standing:
                    return one
        return Standing.STAFF, None

    def _whose(self, seen: Seen, watched: list[str]) -> Standing:
        settings, categories = self._settings, set(seen.categories)
        is_ended = bool(categories & {settings.done_category, settings.held_category})
        if seen.folder not in watched:
            return Standing.SETTLED if seen.mark and is_ended else Standing.STAFF
        if is_ended:
            return Standing.ENDED
        if not seen.mark:
            return Standing.UNCLAIMED
        return Standing.IN_WORK if settings.work_category in categories else Standing.STAFF

    def _ours(self) -> set[str]:
        settings = self._settings
        return {settings.work_category, settings.done_category, settings.held_category}

    def _busy_hands(self) -> PostroomError:
        message = f"{self._named}: somebody changes a mail over and over while it is being marked."
        return TransientError(message, hint="It is tried again.")


def _read(listing: Iterable[Seen], contents: Contents, limit: int) -> tuple[list[Message], bool]:
    messages: list[Message] = []
    left = limit <= 0
    for seen in listing if limit > 0 else ():
        if len(messages) == limit:
            return messages, True
        message = contents.message(seen)
        if message is None:
            left = True
        else:
            messages.append(message)
    return messages, left


def _mark(source_key: str) -> str:
    """Return a short stand-in for a source key: Exchange searches long texts unsurely."""
    return sha256(source_key.encode())[:32]
