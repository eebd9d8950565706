"""The Microsoft 365 inbox: follows its folders, claims by category, and settles by category and move.

Every call asks for immutable ids, which stay the same when a mail is moved inside its mailbox, so an id alone is a
mail's identity. Nothing is ever deleted or marked as read. Staff are obeyed: a mail whose category was taken off, or
that was moved, is theirs, and is not touched again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from functools import partial

import structlog

from connectors.graph.bookmark import Bookmark
from connectors.graph.client import GraphClient
from connectors.graph.content import Attached, Unreadable, attached_to, read_mime, unreadable_stand_in
from connectors.graph.errors import GraphRefusal
from connectors.graph.folders import Folders
from connectors.graph.following import Marks, Walk
from connectors.graph.inbox_settings import GraphInboxSettings
from connectors.graph.letters import Letter, changes, look_at
from connectors.graph.marking import Marking
from connectors.graph.subscription import nudge_sentence
from connectors.permissions import Permission
from postroom.clock import utc_now
from postroom.disposition import Disposition
from postroom.errors import ConnectorDown, SignInRefused, TransientError
from postroom.message import Followed, InHand, Message, Problem

_MOST_FAILURES = 5
_MOST_WAITING = 500
_BYTES_AT_ONCE = 100_000_000
_STILL_SCANNED = (
    "An attachment was still being scanned by Defender after {:.0f} minutes, and its real content was not read. "
    "Open the mail in the mailbox and see."
)
_log = structlog.get_logger(__name__)


class GraphInbox:
    """Post from one mailbox."""

    def __init__(self, settings: GraphInboxSettings) -> None:
        self.name = settings.name
        self._settings = settings
        self._named = f'Inbox "{settings.name}"'
        self._client = GraphClient(settings, self._named, settings.patience_seconds)
        self._folders = Folders(self._client, self._named, settings.mailbox)
        self._marks = Marks(settings.work_category, settings.done_category, settings.held_category)
        self._marking = Marking(self._client, self._named, settings.mailbox, self._folders, self._marks)

    def fetch(self, limit: int) -> list[Message]:
        """Return up to `limit` mails without the robot's mark, oldest first; none is changed."""
        return self.follow(limit, "", None).messages if limit else []

    def follow(self, limit: int, bookmark: str, in_hand: InHand | None) -> Followed:
        """Return up to `limit` new mails since the bookmark, and those in hand that staff took back."""
        with self._errors():
            walk = Walk(Bookmark.parse(bookmark), self._marks, in_hand, limit, self._since())
            folders = [self._folders.id_of(path) for path in self._settings.folders]
            if not walk.bookmark.folders:
                for folder in folders:
                    walk.begin_anew(folder)
            walk.bookmark.folders = {id_: mark for id_, mark in walk.bookmark.folders.items() if id_ in folders}
            # Those that wait come first once they are many: each of them is looked at every time.
            if len(walk.bookmark.waiting) < max(limit, _MOST_WAITING):
                for folder in folders:
                    walk.through(folder, partial(changes, self._client, self._settings.mailbox))
            self._look_at_waiting(walk, folders)
            messages = self._read(walk)
            taken_back = self._confirmed(walk, folders)
            return Followed(messages, str(walk.bookmark), taken_back)

    def claim(self, message_id: str, source_key: str, digest: str) -> None:
        """Add the robot's category; nothing happens if a person has moved the mail or it carries one already."""
        with self._errors():
            self._marking.claim([source_key], self._settings.folders)

    def claim_all(self, messages: Sequence[Message]) -> None:
        """Claim several mails, twenty to a call."""
        with self._errors():
            self._marking.claim([message.source_key for message in messages], self._settings.folders)

    def settle(self, message_id: str, source_key: str, digest: str, disposition: Disposition) -> None:
        """Replace the category and move the mail to done or held, unless staff took it back."""
        settings = self._settings
        goal = settings.held_folder if disposition.held else settings.done_folder
        mark = settings.held_category if disposition.held else settings.done_category
        with self._errors():
            if not self._marking.settle(source_key, settings.folders, mark, goal):
                _log.info("The mail to settle is staff's by now.", inbox=self.name, message=message_id)

    def check(self) -> list[str]:
        """Sign in, find every folder, and prove that a mailbox outside the scope is refused."""
        settings = self._settings
        with self._errors():
            for path in settings.folders:
                self._folders.id_of(path)
            goals = [name for name in (settings.done_folder, settings.held_folder) if name]
            absent = [name for name in goals if self._folders.find(name) is None]
            opened = ", ".join(f'"{path}"' for path in settings.folders)
            found = [f"Mailbox {settings.mailbox} can be opened: {opened}."]
            found += [f'Folder "{name}" is made when it is first needed.' for name in absent]
            found.append(self._prove_scope())
            if settings.nudge:
                found.append(nudge_sentence(self._client, settings, settings.nudge, self._folders))
            return found

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _since(self) -> datetime | None:
        since = self._settings.since
        return datetime.combine(since, time(), UTC) if since else None

    def _look_at_waiting(self, walk: Walk, folders: list[str]) -> None:
        keys = list(walk.bookmark.waiting)
        found = look_at(self._client, self._named, self._settings.mailbox, keys)
        for key in keys:
            # One that the mailbox cannot even show counts as one that cannot be read.
            letter = found[key] if key in found else Letter(key, utc_now(), folder=folders[0])
            if letter is None or letter.folder not in folders or not walk.wanted(letter):
                del walk.bookmark.waiting[key]
            elif len(walk.new) < walk.limit:
                walk.new[key] = letter

    def _read(self, walk: Walk) -> list[Message]:
        letters = sorted(walk.new.values(), key=lambda one: (one.received_at, one.key))
        self._marking.remember(letters)
        with_files = [letter.key for letter in letters if letter.has_attachments]
        attached = attached_to(self._client, self._named, self._settings.mailbox, with_files)
        ready = [letter for letter in letters if not self._must_wait(letter, attached, walk)]
        messages: list[Message] = []
        size = 0
        while ready and size < _BYTES_AT_ONCE:
            some, ready = ready[: self._settings.calls_at_once], ready[self._settings.calls_at_once :]
            acts = [partial(self._read_one, letter, attached.get(letter.key, Attached()), walk) for letter in some]
            messages += [message for message in self._client.side_by_side(acts) if message is not None]
            size = sum(len(message.raw) for message in messages)
        # What would be too much at one time waits for the next look, whose folder pages are past it.
        walk.bookmark.waiting |= {letter.key: walk.bookmark.waiting.get(letter.key, 0) for letter in ready}
        return messages

    def _must_wait(self, letter: Letter, attached: dict[str, Attached], walk: Walk) -> bool:
        scanning = attached.get(letter.key, Attached()).scanning
        if scanning and not self._scanned_too_long(letter):
            walk.bookmark.waiting.setdefault(letter.key, 0)
            return True
        return False

    def _scanned_too_long(self, letter: Letter) -> bool:
        return utc_now() - letter.received_at > timedelta(minutes=self._settings.scan_minutes)

    def _read_one(self, letter: Letter, attached: Attached, walk: Walk) -> Message | None:
        settings, failures = self._settings, walk.bookmark.waiting.pop(letter.key, 0)
        try:
            raw = read_mime(self._client, settings.mailbox, letter.key, attached, settings.maximum_bytes)
        except Unreadable:
            if failures + 1 < _MOST_FAILURES:
                walk.bookmark.waiting[letter.key] = failures + 1
                return None
            raw = unreadable_stand_in(self._client, settings.mailbox, letter.key, attached, settings.maximum_bytes)
        if raw is None:
            return None
        problems = attached.problems
        if attached.scanning:
            problems += (Problem("", _STILL_SCANNED.format(settings.scan_minutes)),)
        name = f"mail-{letter.received_at:%Y%m%d-%H%M%S}.eml"
        return Message(self.name, letter.key, name, raw, letter.received_at, lasting=True, problems=problems)

    def _confirmed(self, walk: Walk, folders: list[str]) -> tuple[str, ...]:
        """Return which of the suspects staff really took back, by a look at how they stand now."""
        suspects = list(walk.suspects | dict.fromkeys(walk.bookmark.doubtful))
        found = look_at(self._client, self._named, self._settings.mailbox, suspects)
        walk.bookmark.doubtful = [key for key in suspects if key not in found]
        return tuple(key for key, letter in found.items() if self._is_taken_back(letter, folders))

    def _is_taken_back(self, letter: Letter | None, folders: list[str]) -> bool:
        if letter is None:
            return True
        # A mail marked as done or held is on its way out by another worker's hand.
        return not self._marks.any_of(letter) or (letter.folder not in folders and not self._marks.final(letter))

    def _prove_scope(self) -> str:
        outside = self._settings.outside_mailbox
        if not outside:
            return "Whether other mailboxes are closed to the robot is not proven: name one in `outside_mailbox`."
        try:
            self._client.run(
                lambda graph: graph.users.by_user_id(outside).mail_folders.by_mail_folder_id("inbox").get()
            )
        except SignInRefused:
            return f"Mailbox {outside} is refused, as it must be."
        raise ConnectorDown(
            f"{self._named}: the robot can open {outside}, which is outside its scope.",
            hint="Take the permission granted to the app in Microsoft Entra away; see docs/microsoft-365.md.",
        )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except GraphRefusal as refusal:
            raise TransientError(
                f"{self._named}: Microsoft Graph answers {refusal}.",
                hint="Tried again; if it goes on, look the code up at learn.microsoft.com/graph/errors.",
            ) from None


def permissions(settings: GraphInboxSettings) -> tuple[Permission, ...]:
    """Return what the robot must be allowed to do, and no more."""
    where = "Exchange Online (RBAC for Applications)"
    why = "to read post, put categories on it and move it"
    return (Permission("Application Mail.ReadWrite", where, f"mailbox {settings.mailbox} alone", why),)
