"""A mail's content: its bytes as MIME, and what cannot come along with them.

Attachments that are files, mails or appointments are part of the MIME. A link to a cloud file is not, and an attachment
that Defender is still scanning is only a stand-in for itself: such a mail waits and is not touched, because moving it
can keep the real attachment from ever arriving (Safe Attachments, Dynamic Delivery).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from connectors.graph.batch import BROKEN, in_turn
from connectors.graph.client import GraphClient
from connectors.graph.errors import NOT_FOUND, GraphRefusal
from connectors.oversize import mail_stand_in
from postroom.errors import TransientError
from postroom.message import Problem

if TYPE_CHECKING:
    from kiota_abstractions.request_information import RequestInformation
    from msgraph.graph_service_client import GraphServiceClient

_SCANNING = ("atp scan in progress", "safe attachments scan in progress")
"""How the stand-in's name begins (learn.microsoft.com/defender-office-365/safe-attachments-about)."""
_LINK = "#microsoft.graph.referenceAttachment"


@dataclass(frozen=True, slots=True)
class Attached:
    """What is attached to a mail, without the files."""

    names: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    """Names of those that are only links to files in the cloud."""
    size: int = 0
    """Bytes of all of them together, as the mailbox counts."""
    unknown: bool = False
    """Whether the mailbox did not say."""

    @property
    def scanning(self) -> bool:
        """Whether one of them is still being scanned."""
        return any(name.casefold().startswith(_SCANNING) for name in self.names)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What a person must know of attachments that do not come along."""
        reason = "This is a link to a file in the cloud, which is not opened. Open it in the mailbox and see."
        return tuple(Problem(name, reason) for name in self.links)


def attached_to(client: GraphClient, named: str, mailbox: str, keys: Sequence[str]) -> dict[str, Attached]:
    """Return what is attached to mails; one call for twenty. A mail that is gone has nothing attached.

    Of a mail on which the mailbox itself fails it is said that nothing is known.
    """

    def build(graph: GraphServiceClient) -> list[RequestInformation]:
        return [_attachments(graph, mailbox, key) for key in keys]

    found = {}
    for key, answer in zip(keys, in_turn(client, named, mailbox, build) if keys else (), strict=True):
        if answer.status in BROKEN:
            found[key] = Attached(unknown=True)
            continue
        if answer.status >= 300 and answer.status != NOT_FOUND:
            raise GraphRefusal(answer.status, "attachments")
        found[key] = _attached(answer.json()["value"] if answer.status < 300 else [])
    return found


def read_mime(client: GraphClient, mailbox: str, key: str, attached: Attached, limit: int) -> bytes | None:
    """Return a mail's bytes, or a stand-in if it is too large; None if it is gone.

    Raises:
        TransientError: The mailbox gives no answer at all.
        Unreadable: The mailbox works and does not give this mail.
    """
    if attached.unknown:
        raise Unreadable
    if attached.size > limit:
        return _stand_in(client, mailbox, key, attached.size, limit)
    try:
        streamed = client.stream(f"users/{quote(mailbox, safe='')}/messages/{quote(key, safe='')}/$value", limit)
    except GraphRefusal as refusal:
        if refusal.status == NOT_FOUND:
            return None
        raise Unreadable from None
    except TransientError:
        # A mail of many megabytes, or a broken one, can time out for ever while the mailbox works well.
        client.run(lambda graph: graph.users.by_user_id(mailbox).mail_folders.by_mail_folder_id("inbox").get())
        raise Unreadable from None
    if streamed.whole:
        return streamed.content
    return mail_stand_in(_head_of(streamed.content), max(attached.size, limit + 1), limit)


class Unreadable(Exception):
    """The mailbox works and does not give this mail's content."""


def unreadable_stand_in(client: GraphClient, mailbox: str, key: str, attached: Attached, limit: int) -> bytes | None:
    """Return a stand-in for a mail whose content cannot be had; None if it is gone."""
    try:
        return _stand_in(client, mailbox, key, attached.size, limit)
    except (TransientError, GraphRefusal):
        # Not even its headers: the stand-in differs from every other by the mail's own id.
        name = hashlib.sha256(key.encode()).hexdigest()[:16]
        headers = f"Subject: A mail that the mailbox does not give\r\nMessage-ID: <{name}@postroom.invalid>\r\n\r\n"
        return mail_stand_in(headers.encode(), attached.size, limit)


def _stand_in(client: GraphClient, mailbox: str, key: str, size: int, limit: int) -> bytes | None:
    headers = _headers(client, mailbox, key)
    return None if headers is None else mail_stand_in(headers, size, limit)


def _headers(client: GraphClient, mailbox: str, key: str) -> bytes | None:
    """Return a mail's own headers without its content; None if it is gone."""
    try:
        return client.run(lambda graph: _read_headers(graph, mailbox, key))
    except GraphRefusal as refusal:
        if refusal.status == NOT_FOUND:
            return None
        raise


async def _read_headers(graph: GraphServiceClient, mailbox: str, key: str) -> bytes:
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.users.item.messages.item.message_item_request_builder import (
        MessageItemRequestBuilder as Builder,
    )

    wanted = Builder.MessageItemRequestBuilderGetQueryParameters(select=["internetMessageHeaders"])
    builder = graph.users.by_user_id(mailbox).messages.by_message_id(key)
    message = await builder.get(RequestConfiguration(query_parameters=wanted))
    headers = (message.internet_message_headers or []) if message else []
    lines = [f"{one.name}: {' '.join((one.value or '').split())}\r\n" for one in headers if one.name]
    return "".join(lines).encode("utf-8", "replace") + b"\r\n"


def _head_of(content: bytes) -> bytes:
    end = content.find(b"\r\n\r\n")
    return content[: end + 4] if end >= 0 else content


def _attachments(graph: GraphServiceClient, mailbox: str, key: str) -> RequestInformation:
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.users.item.messages.item.attachments.attachments_request_builder import (
        AttachmentsRequestBuilder as Builder,
    )

    wanted = Builder.AttachmentsRequestBuilderGetQueryParameters(select=["id", "name", "size", "isInline"])
    builder = graph.users.by_user_id(mailbox).messages.by_message_id(key).attachments
    return builder.to_get_request_information(RequestConfiguration(query_parameters=wanted))


def _attached(found: Sequence[dict[str, Any]]) -> Attached:
    return Attached(
        names=tuple(str(one.get("name") or "") for one in found),
        links=tuple(str(one.get("name") or "") for one in found if one.get("@odata.type") == _LINK),
        size=sum(int(one.get("size") or 0) for one in found),
    )
