"""What an Exchange server keeps: mailboxes, folders, items with change keys, and the history that a sync reads."""

from __future__ import annotations

import base64
import itertools
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from tests.servers.exchange.mime import Attached, attached

PropertyId = tuple[str, str]
"""Property set in lower case and name, or `tag` and the tag."""

DISTINGUISHED = {
    "root": "",
    "msgfolderroot": "Top of Information Store",
    "inbox": "Inbox",
    "drafts": "Drafts",
    "outbox": "Outbox",
    "sentitems": "Sent Items",
    "deleteditems": "Deleted Items",
}


class Refusal(Exception):
    """A response code of Exchange instead of an answer."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(slots=True)
class Folder:
    """A mail folder."""

    id: str
    parent: str
    name: str
    distinguished: str = ""


@dataclass(slots=True)
class Item:
    """A mail, or another item of a mail folder."""

    id: str
    folder: str
    raw: bytes
    received: datetime
    kind: str = "Message"
    change: int = 1
    categories: list[str] = field(default_factory=list)
    extended: dict[PropertyId, str] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    """Names of attachments that are links to cloud files."""
    is_read: bool = False
    is_draft: bool = False
    is_submitted: bool = False
    scanning: bool = False
    """Whether a placeholder stands for the attachments, as while Safe Attachments looks at them."""
    letter: dict[str, str] = field(default_factory=dict)
    """Subject, body and recipient of what was made over the wire."""

    @property
    def change_key(self) -> str:
        return f"CK{self.change:06}"

    @property
    def attachments(self) -> list[Attached]:
        found = attached(self.raw)
        if self.scanning and found:
            found = [Attached("item", "ATP Scan In Progress", "message/rfc822", b"")]
        return found + [Attached("reference", name, "", b"") for name in self.links]


@dataclass(slots=True)
class Entry:
    """One item's life in one folder; numbers count the changes of the mailbox."""

    item: str
    folder: str
    made: int
    changed: int
    gone: int = 0
    read: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a sync's answer."""

    kind: str
    item_id: str
    item: Item | None = None


class Mailbox:
    """One mailbox; an item's id changes when it moves, as in Exchange."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.folders: dict[str, Folder] = {}
        self.items: dict[str, Item] = {}
        self.replays: dict[str, list[Change]] = {}
        """By folder: changes that are told once more with the next sync."""
        self.epoch = 0
        self.shuffled = False
        self._entries: dict[str, Entry] = {}
        self._count = itertools.count(1)
        for key, name in DISTINGUISHED.items():
            parent = {"root": "", "msgfolderroot": "root"}.get(key, "msgfolderroot")
            self.add_folder(name, parent and self.distinguished(parent).id, key)

    def add_folder(self, name: str, parent: str, distinguished: str = "") -> Folder:
        if any(one.parent == parent and one.name.lower() == name.lower() for one in self.folders.values()):
            raise Refusal("ErrorFolderExists")
        folder = Folder(new_identity("F"), parent, name, distinguished)
        self.folders[folder.id] = folder
        return folder

    def distinguished(self, key: str) -> Folder:
        return next(one for one in self.folders.values() if one.distinguished == key)

    def folder(self, path: str, *, make: bool = True) -> Folder:
        """Return a folder by a path as people see it, such as `Inbox/Post`."""
        here = self.distinguished("msgfolderroot")
        for name in path.split("/"):
            below = [one for one in self.folders.values() if one.parent == here.id and one.name == name]
            if not below and not make:
                raise Refusal("ErrorFolderNotFound")
            here = below[0] if below else self.add_folder(name, here.id)
        return here

    def add(self, item: Item) -> Item:
        number = next(self._count)
        self.items[item.id] = item
        self._entries[item.id] = Entry(item.id, item.folder, number, number)
        return item

    def touch(self, item: Item, *, read_only: bool = False) -> None:
        """Note that an item changed, its read mark alone or more."""
        item.change += 1
        entry = self._entries[item.id]
        if read_only:
            entry.read = next(self._count)
        else:
            entry.changed = next(self._count)

    def remove(self, item: Item) -> None:
        del self.items[item.id]
        self._entries[item.id].gone = next(self._count)

    def move(self, item: Item, folder: str) -> Item:
        """Move an item; its id is new, and the old one is gone for good."""
        self.remove(item)
        return self.add(replace(item, id=new_identity("I"), folder=folder, change=item.change + 1))

    def copy(self, item: Item, folder: str) -> Item:
        return self.add(replace(item, id=new_identity("I"), folder=folder, categories=list(item.categories),
                                extended=dict(item.extended)))  # fmt: skip

    def within(self, folder: str) -> list[Item]:
        return [item for item in self.items.values() if item.folder == folder]

    def changes(self, folder: str, state: str, limit: int) -> tuple[list[Change], str, bool]:
        """Return changes since a state, the new state, and whether they are all.

        Raises:
            Refusal: The state is not of this folder, or has expired.
        """
        since = self._number(folder, state)
        waiting = sorted(self._since(folder, since), key=lambda found: found[0])
        page = waiting[:limit]
        reached = page[-1][0] if page else since
        told = [change for _, change in page]
        if len(waiting) <= limit:
            told += self.replays.pop(folder, [])
        if self.shuffled:
            told.reverse()
        return told, self._state(folder, reached), len(waiting) <= limit

    def _since(self, folder: str, since: int) -> Iterator[tuple[int, Change]]:
        for entry in self._entries.values():
            number = max(entry.gone or max(entry.changed, entry.read), 0)
            if entry.folder != folder or number <= since:
                continue
            if entry.gone:
                if entry.made <= since:
                    yield number, Change("Delete", entry.item)
            elif entry.made > since:
                yield number, Change("Create", entry.item, self.items[entry.item])
            elif entry.changed > since:
                yield number, Change("Update", entry.item, self.items[entry.item])
            else:
                yield number, Change("ReadFlagChange", entry.item, self.items[entry.item])

    def _state(self, folder: str, number: int) -> str:
        return base64.b64encode(f"{self.epoch}|{folder}|{number}".encode()).decode()

    def _number(self, folder: str, state: str) -> int:
        if not state:
            return 0
        try:
            epoch, of, number = base64.b64decode(state, validate=True).decode().split("|")
        except ValueError:
            raise Refusal("ErrorInvalidSyncStateData") from None
        if (int(epoch), of) != (self.epoch, folder):
            raise Refusal("ErrorInvalidSyncStateData")
        return int(number)


class Store:
    """Every mailbox, who may open which, and what members of staff do by hand."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.mailboxes: dict[str, Mailbox] = {}
        self.passwords: dict[str, str] = {}
        """By account, such as `COUNCIL\\\\robot`."""
        self.own: dict[str, str] = {}
        """The mailbox that is an account's own."""
        self.full_access: dict[str, set[str]] = {}
        self.may_impersonate: dict[str, set[str]] = {}
        self.read_only: dict[str, set[str]] = {}
        """Mailboxes that an account may open but not change."""
        self.slow_sending = False
        """Whether a letter that was sent waits in Drafts until `finish_sending`, as beyond a limit on sending."""
        self.sending: list[tuple[Mailbox, Item, str]] = []
        self._minutes = itertools.count()

    def add_mailbox(self, address: str) -> Mailbox:
        return self.mailboxes.setdefault(address.lower(), Mailbox(address.lower()))

    def add_account(self, user: str, password: str, own: str = "") -> None:
        self.passwords[user] = password
        self.own[user] = own.lower()

    def put(self, address: str, raw: bytes, folder: str = "Inbox", *, kind: str = "Message",
            received: datetime | None = None, links: tuple[str, ...] = (), scanning: bool = False) -> str:  # fmt: skip
        """Let a mail arrive and return its id; a minute passes between two arrivals."""
        with self.lock:
            mailbox = self.mailboxes[address.lower()]
            when = received or datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=next(self._minutes) - 3600)
            item = Item(new_identity("I"), mailbox.folder(folder).id, raw, when, kind, links=links, scanning=scanning)
            return mailbox.add(item).id

    def items(self, address: str, folder: str = "") -> list[Item]:
        """Return the items of a folder, or of the whole mailbox."""
        with self.lock:
            mailbox = self.mailboxes[address.lower()]
            if not folder:
                return list(mailbox.items.values())
            try:
                return mailbox.within(mailbox.folder(folder, make=False).id)
            except Refusal:
                return []

    def item(self, item_id: str) -> Item:
        with self.lock:
            return self.owner(item_id).items[item_id]

    def owner(self, item_id: str) -> Mailbox:
        """Return the mailbox that holds an item.

        Raises:
            Refusal: None does.
        """
        for mailbox in self.mailboxes.values():
            if item_id in mailbox.items:
                return mailbox
        raise Refusal("ErrorItemNotFound")

    def staff_move(self, item_id: str, folder: str) -> str:
        """Move a mail as a person does, and return its new id."""
        with self.lock:
            mailbox = self.owner(item_id)
            return mailbox.move(mailbox.items[item_id], mailbox.folder(folder).id).id

    def staff_copy(self, item_id: str, folder: str) -> str:
        with self.lock:
            mailbox = self.owner(item_id)
            return mailbox.copy(mailbox.items[item_id], mailbox.folder(folder).id).id

    def staff_delete(self, item_id: str) -> None:
        with self.lock:
            mailbox = self.owner(item_id)
            mailbox.remove(mailbox.items[item_id])

    def staff_categories(self, item_id: str, *categories: str) -> None:
        with self.lock:
            mailbox = self.owner(item_id)
            mailbox.items[item_id].categories = list(categories)
            mailbox.touch(mailbox.items[item_id])

    def staff_read(self, item_id: str) -> None:
        with self.lock:
            mailbox = self.owner(item_id)
            mailbox.items[item_id].is_read = True
            mailbox.touch(mailbox.items[item_id], read_only=True)

    def staff_trash(self, address: str, folder: str) -> None:
        """Delete a folder as a person does: it moves to Deleted Items and keeps its id."""
        with self.lock:
            mailbox = self.mailboxes[address.lower()]
            mailbox.folder(folder).parent = mailbox.distinguished("deleteditems").id

    def finish_scan(self, item_id: str) -> None:
        """Put the real attachments where the placeholder stood."""
        with self.lock:
            mailbox = self.owner(item_id)
            mailbox.items[item_id].scanning = False
            mailbox.touch(mailbox.items[item_id])

    def finish_sending(self) -> None:
        """Let what was sent arrive in Sent Items."""
        with self.lock:
            for mailbox, item, folder in self.sending:
                mailbox.remove(item)
                sent = replace(item, id=new_identity("I"), folder=folder, is_draft=False, is_submitted=False)
                mailbox.add(sent)
            self.sending.clear()

    def expire_states(self, address: str) -> None:
        """Make every sync state given out so far invalid."""
        with self.lock:
            self.mailboxes[address.lower()].epoch += 1

    def replay(self, address: str, folder: str, *changes: Change) -> None:
        """Tell old changes once more with the next sync."""
        with self.lock:
            mailbox = self.mailboxes[address.lower()]
            mailbox.replays.setdefault(mailbox.folder(folder).id, []).extend(changes)


def new_identity(letter: str) -> str:
    return base64.b64encode(f"{letter}-{uuid.uuid4()}".encode()).decode()
