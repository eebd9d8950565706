"""Mail as tests and staff see it: post comes in, people move, mark and delete it, Graph tells of it as it pleases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from time import time
from typing import Any

from starlette.routing import Route

from tests.servers.graph import mail_content
from tests.servers.graph.mail_content import Attachment
from tests.servers.graph.mail_items import ROOT, Folder, Item, Mailbox
from tests.servers.graph.mail_store import Store


class Mail(Store):
    """The mailboxes of a tenant, to be used from any thread. Ids are immutable ones; either kind is taken."""

    def put(
        self,
        mailbox: str,
        raw: bytes,
        folder: str = "Inbox",
        *,
        received: datetime | None = None,
        categories: Sequence[str] = (),
        links: Sequence[str] = (),
        scanning_for: float | None = None,
        appears_in: float = 0.0,
    ) -> str:
        """Let a mail arrive and return its id.

        Args:
            mailbox: Its address; made if it is not there.
            raw: The mail.
            folder: Name or path of the folder; made if it is not there.
            received: When; now unless it is said.
            categories: What staff or rules marked it with.
            links: Names of cloud files attached as links.
            scanning_for: Seconds a placeholder stands for its attachments; `finish_scan` ends it early.
            appears_in: Seconds until it shows.
        """
        with self.tenant.lock:
            owner = self.add_mailbox(mailbox)
            found = mail_content.properties(raw, received or datetime.now(UTC)) | {"categories": list(categories)}
            place = self.named_folder(owner, folder).id
            item = self.add(owner, place, found, raw, time() + appears_in if appears_in else 0.0)
            for number, name in enumerate(links):
                item.added.append(Attachment("reference", name, None, id=f"{item.id[:40]}BEgAQR{number:04d}="))
                item.found["hasAttachments"] = True
            if scanning_for is not None:
                item.scanned_at, item.placeholder = time() + scanning_for, True
                item.found["hasAttachments"] = True
                self._waiting.add(item.id)
            self.changed("items", item.id)
            self.tenant.save()
            return item.id

    def finish_scan(self, item_id: str) -> None:
        """Bring the real attachments now, unless the mail was moved and so never gets them."""
        with self.tenant.lock:
            item = self.find(item_id)
            if item.scanned_at is not None:
                self._end_scan(item)
            self.tenant.save()

    def find(self, item_id: str) -> Item:
        """Return a mail by either kind of id; raises KeyError if it is deleted."""
        with self.tenant.lock:
            self.tick()
            return self.items[self._ids[item_id]]

    def within(self, mailbox: str, folder: str) -> list[Item]:
        """Return the mails that show in a folder."""
        with self.tenant.lock:
            owner = self.add_mailbox(mailbox)
            return list(self.contents(self.named_folder(owner, folder).id))

    def where(self, item_id: str) -> str:
        """Return the path of the folder a mail is in, such as `Inbox/Done`."""
        with self.tenant.lock:
            return self._path(self.folders[self.find(item_id).folder])

    def numbers_of(self, mailbox: str) -> dict[str, int]:
        """Return how many mails are in each folder, by path; empty folders are left out."""
        with self.tenant.lock:
            owner = self.add_mailbox(mailbox)
            held = {
                self._path(one): len(list(self.contents(one.id)))
                for one in self.folders.values()
                if one.mailbox == owner.id
            }
            return {path: number for path, number in held.items() if number}

    def sent(self, mailbox: str) -> list[Item]:
        """Return what was sent from a mailbox and shows so."""
        return self.within(mailbox, "SentItems")

    def staff_move(self, item_id: str, folder: str) -> None:
        """Let a person move a mail."""
        with self.tenant.lock:
            item = self.find(item_id)
            self.move(item, self.named_folder(self.mailboxes[item.mailbox], folder).id)
            self.tenant.save()

    def staff_categorise(self, item_id: str, *categories: str) -> None:
        """Let a person add categories to a mail."""
        with self.tenant.lock:
            item = self.find(item_id)
            self.change(item, categories=[*dict.fromkeys([*item.found["categories"], *categories])])
            self.tenant.save()

    def staff_uncategorise(self, item_id: str, *categories: str) -> None:
        """Let a person take categories from a mail; all of them unless they are named."""
        with self.tenant.lock:
            item = self.find(item_id)
            kept = [one for one in item.found["categories"] if categories and one not in categories]
            self.change(item, categories=kept)
            self.tenant.save()

    def staff_read(self, item_id: str) -> None:
        """Let a person read a mail."""
        with self.tenant.lock:
            self.change(self.find(item_id), isRead=True)
            self.tenant.save()

    def staff_delete(self, item_id: str) -> None:
        """Let a person delete a mail for good."""
        with self.tenant.lock:
            self.delete(self.find(item_id))
            self.tenant.save()

    def replay(self, mailbox: str, folder: str = "Inbox", ids: Iterable[str] | None = None, stale: bool = True) -> None:
        """Tell of mails once more at the next look for changes, as they were before their last change if stale.

        Without ids every mail is told of that is or was in the folder.
        """
        with self.tenant.lock:
            place = self.named_folder(self.add_mailbox(mailbox), folder).id
            wanted = ids if ids is not None else [item_id for at, item_id in self.entries if at == place]
            items = [self.items[self._ids[one]] for one in wanted if one in self._ids]
            old = [
                (item, (item.before if stale and item.before else item.found) | {"parentFolderId": place})
                for item in items
            ]
            self._replays.setdefault(place, []).extend(old)

    def expire_tokens(self) -> None:
        """Let no bookmark of changes be known any longer: 410 for each."""
        with self.tenant.lock:
            self.numbers["epoch"] += 1
            self.changed("numbers", "epoch")
            self.tenant.save()

    def named_folder(self, mailbox: Mailbox, name: str) -> Folder:
        """Return a folder by its path below the root, such as `Inbox/Done`, for tests; made if it is not there."""
        parent = mailbox.well_known[ROOT]
        for part in name.split("/"):
            if part.lower() in mailbox.well_known:
                found: Folder | None = self.folders[mailbox.well_known[part.lower()]]
            else:
                found = next((one for one in self.folders_below(parent) if one.name == part), None)
            parent = (found or self._add_folder(mailbox, part, parent)).id
        return self.folders[parent]

    def _path(self, folder: Folder) -> str:
        above = self.folders.get(folder.parent)
        return f"{self._path(above)}/{folder.name}" if above and above.parent else folder.name


def routes(tenant: Any) -> list[Route]:
    """Return the routes of mail, below /v1.0."""
    from tests.servers.graph import mail_delta, mail_drafts, mail_folders, mail_messages

    modules = (mail_folders, mail_delta, mail_drafts, mail_messages)
    return [route for module in modules for route in module.routes(tenant)]


def open_routes(tenant: Any) -> list[Route]:
    """Return the addresses attachments are uploaded to."""
    from tests.servers.graph import mail_drafts

    return mail_drafts.open_routes(tenant)
