"""One mailbox as Exchange keeps it: folders, items with change keys, and the history that a sync reads."""

from __future__ import annotations

import base64
import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

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


def new_identity(letter: str) -> str:
    return base64.b64encode(f"{letter}-{uuid.uuid4()}".encode()).decode()
