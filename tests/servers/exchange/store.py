"""Every mailbox of an Exchange server, who may open which, and what members of staff do by hand."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.servers.exchange.mailbox import Change, Item, Mailbox, Refusal, new_identity


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
