"""One look into a mailbox: which mails are new, which must be handed over again, which staff took back.

Exchange repeats changes, tells of them late, and forgets where we were. So a change is only a hint: what is new is
found by a search, and what looks taken back is looked at once more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from heapq import merge

import structlog

from connectors.exchange.bookmark import Bookmark
from connectors.exchange.calls import Seen
from connectors.exchange.content import Contents, Unreadable
from connectors.exchange.errors import Refusal
from connectors.exchange.mailbox import Changed, Mailbox
from connectors.exchange.settings import ExchangeSettings
from connectors.exchange.standing import Marks, Standing, places
from postroom.message import Followed, Message

_MOST_FAILURES = 5
_BYTES_AT_ONCE = 100_000_000
_log = structlog.get_logger(__name__)


class Look:
    """One look, with what the last one left behind and what the ledger has in hand."""

    def __init__(
        self,
        mailbox: Mailbox,
        settings: ExchangeSettings,
        bookmark: str,
        in_hand: Collection[str] | None,
        bytes_at_once: int = _BYTES_AT_ONCE,
    ) -> None:
        self._bytes_at_once = bytes_at_once
        self._mailbox = mailbox
        self._settings = settings
        self._marks = Marks(settings)
        self._contents = Contents(mailbox.session, settings)
        self._watched = mailbox.watched(settings.folders)
        self._known = Bookmark.read(bookmark)
        self._in_hand = in_hand

    def new(self, limit: int) -> list[Message]:
        """Return mails that were never claimed, the oldest first."""
        listings = [
            (seen for seen in self._mailbox.unclaimed(folder) if not self._marks.on(seen)) for folder in self._watched
        ]
        messages, left = self._read(merge(*listings, key=lambda seen: seen.received_at), limit)
        self._known.unread = left
        if not left:
            self._known.failures = {}
        return messages

    def follow(self, limit: int) -> Followed:
        """Return what is new and what staff took back, and where the next look goes on."""
        known = self._known
        doubtful = list(dict.fromkeys(self._doubtful()))
        now = places(self._mailbox, self._settings, doubtful)
        taken_back = tuple(key for key in doubtful if now[key].standing is Standing.STAFF)
        known.returned = {new: key for new, key in known.returned.items() if key in (self._in_hand or ())}
        messages = self._once_more(limit)
        if known.is_due:
            messages += self.new(limit - len(messages))
            known.searched_at = datetime.now(UTC).isoformat()
        messages.sort(key=lambda message: message.received_at)
        return Followed(messages, str(known), taken_back)

    def _doubtful(self) -> Iterator[str]:
        """Give the source keys of mails in hand that staff seem to have taken back."""
        come_across: set[str] = set()
        is_anew = False
        states, self._known.states = self._known.states, {}
        for folder in self._watched:
            changed, from_the_beginning = self._changes(folder, states.get(folder, ""))
            self._known.states[folder] = changed.state
            is_anew = is_anew or from_the_beginning
            self._known.unread = self._known.unread or from_the_beginning or bool(changed.touched)
            come_across |= {seen.source or seen.id for seen in changed.touched}
            yield from self._doubtful_in(changed)
        if is_anew:
            # What was moved or deleted while the place was lost is told by nobody.
            yield from (key for key in self._in_hand or () if key not in come_across)

    def _doubtful_in(self, changed: Changed) -> Iterator[str]:
        for seen in changed.touched:
            if not seen.source or self._in_hand is None:
                continue
            if seen.source not in self._in_hand:
                self._known.again.append(seen.id)
                continue
            if seen.id != seen.source:
                self._known.returned[seen.id] = seen.source
            if not self._marks.on(seen):
                yield seen.source
        for gone in changed.gone:
            source = self._known.returned.pop(gone, gone)
            if source in (self._in_hand or ()):
                yield source

    def _once_more(self, limit: int) -> list[Message]:
        """Return mails that a run marked before it was cut off, so that the ledger hears that it has them in hand."""
        ids = list(dict.fromkeys(self._known.again))
        some, self._known.again = ids[:limit], ids[limit:]
        messages: list[Message] = []
        for seen in self._mailbox.look(some).values():
            is_cut_off = self._marks.standing(seen, self._watched) is Standing.IN_WORK
            if is_cut_off and seen.source not in (self._in_hand or ()):
                found, left = self._read([seen], 1)
                messages += found
                self._known.again += [seen.id] if left else []
        return messages

    def _changes(self, folder: str, state: str) -> tuple[Changed, bool]:
        """Return what changed, and whether it was read from the beginning."""
        if state:
            try:
                return self._mailbox.changes(folder, state), False
            except Refusal:
                _log.info("The folder is read anew: Exchange no longer knows how far it was read.")
        return self._mailbox.changes(folder, ""), True

    def _read(self, listing: Iterable[Seen], limit: int) -> tuple[list[Message], bool]:
        """Read up to `limit` mails in full, and not too many bytes at one time; say whether some were left."""
        messages: list[Message] = []
        left = limit <= 0
        size = 0
        for seen in listing if limit > 0 else ():
            if len(messages) >= limit or size >= self._bytes_at_once:
                return messages, True
            message = self._content(seen)
            left = left or message is None
            if message is not None:
                messages.append(message)
                size += len(message.raw)
        return messages, left

    def _content(self, seen: Seen) -> Message | None:
        failures = self._known.failures.pop(seen.id, 0) + 1
        try:
            return self._contents.message(seen)
        except Unreadable:
            if failures >= _MOST_FAILURES:
                return self._contents.stand_in(seen)
            self._known.failures[seen.id] = failures
            return None
