"""What a mailbox consists of: folders, items, and their ids of two kinds."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.servers.graph.mail_content import Attachment

WELL_KNOWN = {
    "inbox": "Inbox",
    "drafts": "Drafts",
    "sentitems": "Sent Items",
    "deleteditems": "Deleted Items",
    "archive": "Archive",
    "junkemail": "Junk Email",
    "outbox": "Outbox",
    "recoverableitemsdeletions": "Deletions",
}
ROOT = "msgfolderroot"
UNASKED = {"internetMessageHeaders", "uniqueBody"}
"""Properties that come only when they are selected."""


@dataclass(slots=True)
class Folder:
    """One folder of one mailbox."""

    id: str
    mailbox: str
    name: str
    parent: str
    well_known: str = ""


@dataclass(slots=True)
class Mailbox:
    """One mailbox: its id, its address and its folders by well-known name."""

    id: str
    address: str
    well_known: dict[str, str] = field(default_factory=dict)
    categories: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Item:
    """One mail. Its MIME is kept apart, as it is large and hardly ever changes."""

    id: str
    """The immutable id; it survives moves."""
    mutable: str
    """The default id; it changes with each move."""
    mailbox: str
    folder: str
    found: dict[str, Any] = field(repr=False)
    """Properties as Graph shows them."""
    version: int = 0
    extended: dict[str, str] = field(default_factory=dict)
    added: list[Attachment] = field(default_factory=list)
    """Attachments that are not in its MIME: those of drafts, and links to cloud files."""
    more_headers: list[dict[str, str]] = field(default_factory=list)
    scanned_at: float | None = None
    """When Dynamic Delivery brings the real attachments (seconds since 1970); None if they are there."""
    placeholder: bool = False
    """Whether a placeholder is shown in the place of the attachments; with `scanned_at` None it stays for ever."""
    shown_at: float = 0.0
    """When it appears."""
    before: dict[str, Any] | None = field(default=None, repr=False)
    """Its properties before the last change."""

    @property
    def change_key(self) -> str:
        """A word that is another one after each change."""
        return "CQAAABYAAAD" + base64.b64encode(self.version.to_bytes(12, "big")).decode()

    @property
    def etag(self) -> str:
        """The change key as an HTTP header states it."""
        return f'W/"{self.change_key}"'


@dataclass(slots=True)
class Entry:
    """What became of an item in a folder, last."""

    changed: int
    """Number of the change."""
    created: int
    """Number of the change that brought it."""
    there: bool
    mutable: str
    """The item's default id while it was there."""
    first: int
    """Number of the change that brought it for the first time; it may have gone and come back since."""


def new_id(kind: str) -> str:
    """Return an id of a folder (AQMk) or a message's default one (AAMk) or immutable one (AAkA): long, case matters."""
    return kind + base64.urlsafe_b64encode(secrets.token_bytes(102)).decode()


def known_id(item: Item, immutable: bool) -> str:
    """Return the id a client is told."""
    return item.id if immutable else item.mutable


def shown(
    item: Item, immutable: bool, select: Collection[str] = (), more: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return an item as Graph writes it: what was selected, or everything."""
    whole = {
        "@odata.etag": item.etag,
        "id": known_id(item, immutable),
        **item.found,
        "changeKey": item.change_key,
        "parentFolderId": item.folder,
    }
    if select:
        whole = {name: value for name, value in whole.items() if name in select or name in ("@odata.etag", "id")}
    return {**whole, **(more or {})}
