"""The mailboxes of a tenant: what is in them, and which folder changed when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from time import time
from typing import Any

from tests.servers.graph import mail_content
from tests.servers.graph.answers import Refusal, stamp
from tests.servers.graph.keeping import Area
from tests.servers.graph.mail_content import Attachment
from tests.servers.graph.mail_items import ROOT, WELL_KNOWN, Entry, Folder, Item, Mailbox, new_id


class Store(Area):
    """All mailboxes. Whoever calls from outside the server's thread holds the tenant's lock."""

    def __init__(self, tenant: Any) -> None:
        super().__init__(tenant)
        self.enforce_concurrency = True
        """Whether a fifth request at once for one application and mailbox is answered 429."""
        self.send_delay = 0.0
        """Seconds until a sent draft shows in Sent Items; until then it shows nowhere."""
        self.shuffle = False
        """Whether a page of changes comes in any order."""
        self.repeat = False
        """Whether a page of changes repeats its first entry at its end."""
        self.sparse = False
        """Whether a changed item is told with the changed properties alone, which Graph is free to do."""
        self.twin_ids = False
        """Whether every second id differs from the one before in case alone."""
        self.mailboxes: dict[str, Mailbox] = {}
        self.folders: dict[str, Folder] = {}
        self.items: dict[str, Item] = {}
        self.raws: dict[str, bytes] = {}
        """MIME by immutable id; of drafts none is kept."""
        self.entries: dict[tuple[str, str], Entry] = {}
        """By folder and item."""
        self.uploads: dict[str, dict[str, Any]] = {}
        """Attachments on their way, by session."""
        self.numbers = {"change": 0, "epoch": 0}
        self._clear()

    def _clear(self) -> None:
        self._names: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._contents: dict[str, dict[str, None]] = {}
        self._log: dict[str, list[tuple[int, str]]] = {}
        self._waiting: set[str] = set()
        self._replays: dict[str, list[tuple[Item, dict[str, Any]]]] = {}
        self._last_id = ""

    def restored(self) -> None:
        """Build the indexes from what was kept."""
        self._clear()
        for mailbox in self.mailboxes.values():
            self._names |= {mailbox.id.lower(): mailbox.id, mailbox.address.lower(): mailbox.id}
        for item in self.items.values():
            self._ids |= {item.id: item.id, item.mutable: item.id}
            self._contents.setdefault(item.folder, {})[item.id] = None
            if item.scanned_at is not None or item.shown_at > time():
                self._waiting.add(item.id)
        for (folder, item_id), entry in self.entries.items():
            self._log.setdefault(folder, []).append((entry.changed, item_id))
        for log in self._log.values():
            log.sort()

    # Mailboxes and folders

    def add_mailbox(self, address: str) -> Mailbox:
        """Return the mailbox of an address, made if it is not there."""
        known = self._names.get(address.lower())
        if known:
            return self.mailboxes[known]
        number = len(self.mailboxes) + 1
        mailbox = Mailbox(f"0000000a-0000-4000-8000-{number:012d}", address)
        self.mailboxes[mailbox.id] = mailbox
        self._names |= {mailbox.id: mailbox.id, address.lower(): mailbox.id}
        root = self._add_folder(mailbox, "Top of Information Store", "", ROOT)
        for well_known, name in WELL_KNOWN.items():
            self._add_folder(mailbox, name, root.id, well_known)
        self.changed("mailboxes", mailbox.id)
        return mailbox

    def names_of(self, mailbox: str) -> set[str]:
        """Return the names a mailbox goes by."""
        found = self.mailboxes.get(self._names.get(mailbox.lower(), ""))
        return {found.id, found.address.lower()} if found else {mailbox}

    def canonical(self, name: str) -> str:
        """Return the address of a mailbox in lower case, or what it was asked by if there is none."""
        found = self.mailboxes.get(self._names.get(name.lower(), ""))
        return found.address.lower() if found else name.lower()

    def mailbox(self, name: str) -> Mailbox:
        """Return a mailbox by id or address; raises Refusal."""
        known = self._names.get(name.lower())
        if known is None:
            raise Refusal(404, "ErrorInvalidUser", f"The requested user '{name}' is invalid.")
        return self.mailboxes[known]

    def folder(self, mailbox: Mailbox, name: str) -> Folder:
        """Return a folder by id or well-known name; raises Refusal."""
        found = self.folders.get(mailbox.well_known.get(name.lower(), name))
        if found is None or found.mailbox != mailbox.id:
            if not name.startswith("AQMk"):
                raise Refusal(400, "ErrorInvalidIdMalformed", "Id is malformed.")
            raise Refusal(404, "ErrorItemNotFound", "The specified folder could not be found in the store.")
        return found

    def add_folder(self, mailbox: Mailbox, name: str, parent: str = "") -> Folder:
        """Make a folder; raises Refusal if there is one of that name."""
        parent = parent or mailbox.well_known[ROOT]
        if any(one.name.lower() == name.lower() for one in self.folders_below(parent)):
            raise Refusal(409, "ErrorFolderExists", "A folder with the specified name already exists.")
        return self._add_folder(mailbox, name, parent)

    def folders_below(self, parent: str) -> list[Folder]:
        """Return the folders in a folder."""
        return [one for one in self.folders.values() if one.parent == parent]

    def _add_folder(self, mailbox: Mailbox, name: str, parent: str, well_known: str = "") -> Folder:
        folder = Folder(new_id("AQMk"), mailbox.id, name, parent, well_known)
        self.folders[folder.id] = folder
        if well_known:
            mailbox.well_known[well_known] = folder.id
        self.changed("folders", folder.id)
        return folder

    # Items

    def item(self, mailbox: Mailbox, item_id: str) -> Item:
        """Return an item by either kind of id; raises Refusal."""
        self.tick()
        found = self.items.get(self._ids.get(item_id, ""))
        if found is None or found.mailbox != mailbox.id or self._is_hidden(found):
            if not item_id.startswith("AA"):
                raise Refusal(400, "ErrorInvalidIdMalformed", "Id is malformed.")
            raise Refusal(404, "ErrorItemNotFound", "The specified object was not found in the store.")
        return found

    def contents(self, folder: str) -> Iterator[Item]:
        """Return what shows in a folder, oldest change first."""
        self.tick()
        held = [self.items[item_id] for item_id in self._contents.get(folder, {})]
        return (item for item in held if not self._is_hidden(item))

    def raw(self, item: Item) -> bytes:
        """Return the MIME of an item as it is shown now."""
        raw = self.raws.get(item.id)
        if raw is None:
            return mail_content.written(item.found, item.added, item.more_headers)
        return mail_content.being_scanned(raw) if item.placeholder else raw

    def attachments(self, item: Item) -> list[Attachment]:
        """Return the attachments of an item as they are shown now, with their ids."""
        found = mail_content.attachments(self.raw(item)) if item.id in self.raws else []
        if item.placeholder:
            for one in found:
                one.name = mail_content.SCANNING
        for number, one in enumerate(found):
            one.id = f"{item.id[:40]}BEgAQA{number:04d}="
        return [*found, *item.added]

    def add(
        self, mailbox: Mailbox, folder: str, found: dict[str, Any], raw: bytes | None, shown_at: float = 0.0
    ) -> Item:
        """Add an item to a folder."""
        item = Item(self._new_id("AAkA"), self._new_id("AAMk"), mailbox.id, folder, found, shown_at=shown_at)
        self.items[item.id] = item
        self._ids |= {item.id: item.id, item.mutable: item.id}
        self._contents.setdefault(folder, {})[item.id] = None
        if raw is not None:
            self.raws[item.id] = raw
            self.changed("raws", item.id)
        if shown_at > time():
            self._waiting.add(item.id)
            self.changed("items", item.id)
        else:
            self._note(item, created=True)
        return item

    def change(self, item: Item, **found: Any) -> None:
        """Change properties of an item."""
        item.before = dict(item.found)
        item.found = {**item.found, **found, "lastModifiedDateTime": stamp(datetime.now(UTC))}
        self._note(item)

    def move(self, item: Item, folder: str) -> None:
        """Move an item: its default id is another one afterwards, and a scan under way never brings its attachments."""
        if item.placeholder:
            item.scanned_at = None
        self._remove(item)
        self._ids.pop(item.mutable, None)
        item.mutable, item.folder = self._new_id("AAMk"), folder
        self._ids[item.mutable] = item.id
        self._contents.setdefault(folder, {})[item.id] = None
        item.before = dict(item.found)
        item.found = {**item.found, "lastModifiedDateTime": stamp(datetime.now(UTC))}
        if item.shown_at > time():
            self._waiting.add(item.id)
            self.changed("items", item.id)
        else:
            self._note(item, created=True)

    def delete(self, item: Item) -> None:
        """Take an item out of its mailbox for good."""
        self._remove(item)
        for known in (item.id, item.mutable):
            self._ids.pop(known, None)
        del self.items[item.id]
        self.raws.pop(item.id, None)
        self.changed("items", item.id)
        self.changed("raws", item.id)

    def tick(self) -> None:
        """Let happen what was to happen by now: scans end, items appear."""
        if not self._waiting:
            return
        now = time()
        for item in [self.items[item_id] for item_id in self._waiting if item_id in self.items]:
            if item.scanned_at is not None and item.scanned_at <= now:
                self._end_scan(item)
            if 0 < item.shown_at <= now:
                item.shown_at = 0.0
                self._note(item, created=True)
        self._waiting = {
            one.id for one in (self.items.get(item_id) for item_id in self._waiting)
            if one and (one.scanned_at is not None or one.shown_at)
        }  # fmt: skip

    def _end_scan(self, item: Item) -> None:
        item.scanned_at, item.placeholder = None, False
        real = any(not one.inline for one in self.attachments(item))
        self.change(item, hasAttachments=real)

    def _is_hidden(self, item: Item) -> bool:
        return item.shown_at > time()

    def _remove(self, item: Item) -> None:
        self._contents[item.folder].pop(item.id, None)
        entry = self.entries.get((item.folder, item.id))
        if entry:
            entry.there, entry.changed = False, self._number()
            self._logged(item.folder, item.id, entry.changed)

    def _note(self, item: Item, created: bool = False) -> None:
        number = self._number()
        item.version = number
        self.changed("items", item.id)
        if self._is_hidden(item):
            return
        entry = self.entries.get((item.folder, item.id))
        if entry is None or created:
            first = entry.first if entry else number
            entry = self.entries[item.folder, item.id] = Entry(number, number, True, item.mutable, first)
        entry.changed, entry.there = number, True
        self._logged(item.folder, item.id, number)

    def _logged(self, folder: str, item_id: str, number: int) -> None:
        self._log.setdefault(folder, []).append((number, item_id))
        self.changed("entries", (folder, item_id))

    def _number(self) -> int:
        self.numbers["change"] += 1
        self.changed("numbers", "change")
        return self.numbers["change"]

    def _new_id(self, kind: str) -> str:
        twin = self._last_id
        if self.twin_ids and twin.startswith(kind):
            self._last_id = ""
            return kind + twin[len(kind) :].swapcase()
        made = new_id(kind)
        self._last_id = made if kind == "AAkA" else self._last_id
        return made

    def changes_since(self, folder: str, number: int) -> Iterator[tuple[int, str, Entry]]:
        """Return the last change of each item of a folder that changed since, oldest first."""
        self.tick()
        log = self._log.get(folder, [])
        for changed, item_id in log[bisect_right(log, (number, "\U0010ffff")) :]:
            entry = self.entries[folder, item_id]
            if entry.changed == changed:
                yield changed, item_id, entry

    def take_replays(self, folder: str) -> list[tuple[Item, dict[str, Any]]]:
        """Hand over what is to be told once more."""
        return self._replays.pop(folder, [])
