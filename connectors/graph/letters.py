"""What a mailbox says of its mails without their content: pages of changes, and a fresh look at single mails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connectors.graph.batch import BROKEN, in_turn
from connectors.graph.client import GraphClient
from connectors.graph.errors import NOT_FOUND, GraphRefusal

if TYPE_CHECKING:
    from kiota_abstractions.request_information import RequestInformation
    from msgraph.generated.models.message import Message
    from msgraph.graph_service_client import GraphServiceClient

SHOWN = ["id", "receivedDateTime", "categories", "hasAttachments", "parentFolderId", "isDraft"]
_NO_ID = 400
"""What an id is answered with that is none of this mailbox's."""
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as the mailbox shows it."""

    key: str
    """Its immutable id."""
    received_at: datetime = _NO_TIME
    categories: tuple[str, ...] = ()
    etag: str = ""
    has_attachments: bool = False
    folder: str = ""
    draft: bool = False
    removed: bool = False
    """Whether it has left the folder, or was deleted."""
    whole: bool = True
    """Whether everything about it was told; a change may be told with what changed alone."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a folder's changes."""

    letters: tuple[Letter, ...]
    link: str
    """Where it goes on."""
    last: bool
    """Whether this was the round's last page."""


def changes(client: GraphClient, mailbox: str, folder: str, link: str, size: int) -> Page:
    """Return the next page of changes in a folder.

    Args:
        client: The account.
        mailbox: Address of the mailbox.
        folder: The folder's id.
        link: Where the last page ended; empty to begin with everything.
        size: Mails wanted at most; Graph may give fewer.

    Raises:
        GraphRefusal: 410 if the link is too old, so that everything must be gone through again.
    """
    return client.run(lambda graph: _page(graph, mailbox, folder, link, size))


async def _page(graph: GraphServiceClient, mailbox: str, folder: str, link: str, size: int) -> Page:
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.users.item.mail_folders.item.messages.delta.delta_request_builder import (
        DeltaRequestBuilder as Delta,
    )

    builder = graph.users.by_user_id(mailbox).mail_folders.by_mail_folder_id(folder).messages.delta
    how: RequestConfiguration[Any] = RequestConfiguration()
    if link:
        builder = builder.with_url(link)
    else:
        how.query_parameters = Delta.DeltaRequestBuilderGetQueryParameters(select=SHOWN)
    how.headers.add("Prefer", f"odata.maxpagesize={size}")
    page = await builder.get(how)
    assert page is not None  # noqa: S101
    letters = tuple(_letter(message) for message in page.value or [])
    goes_on = page.odata_next_link or page.odata_delta_link or ""
    return Page(letters, goes_on, last=not page.odata_next_link)


def look_at(client: GraphClient, named: str, mailbox: str, keys: Sequence[str]) -> dict[str, Letter | None]:
    """Return how mails stand at this moment, None for those that are gone; one call for twenty.

    Mails on which the mailbox itself fails are left out: nothing is known of them.
    """

    def build(graph: GraphServiceClient) -> list[RequestInformation]:
        return [_look(graph, mailbox, key) for key in keys]

    found: dict[str, Letter | None] = {}
    for key, answer in zip(keys, in_turn(client, named, mailbox, build) if keys else (), strict=True):
        if answer.status in BROKEN:
            continue
        if answer.status in (NOT_FOUND, _NO_ID):
            found[key] = None
        elif answer.status >= 300:
            raise GraphRefusal(answer.status, "look")
        else:
            found[key] = _plain(answer.json())
    return found


def _look(graph: GraphServiceClient, mailbox: str, key: str) -> RequestInformation:
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.users.item.messages.item.message_item_request_builder import (
        MessageItemRequestBuilder as Builder,
    )

    wanted = Builder.MessageItemRequestBuilderGetQueryParameters(select=SHOWN)
    message = graph.users.by_user_id(mailbox).messages.by_message_id(key)
    return message.to_get_request_information(RequestConfiguration(query_parameters=wanted))


def _letter(message: Message) -> Letter:
    told = message.additional_data or {}
    return Letter(
        key=message.id or "",
        received_at=message.received_date_time or _NO_TIME,
        categories=tuple(message.categories or ()),
        etag=str(told.get("@odata.etag", "")),
        has_attachments=bool(message.has_attachments),
        folder=message.parent_folder_id or "",
        draft=bool(message.is_draft),
        removed="@removed" in told,
        whole=message.categories is not None and message.received_date_time is not None,
    )


def _plain(content: dict[str, Any]) -> Letter:
    received = content.get("receivedDateTime")
    return Letter(
        key=str(content["id"]),
        received_at=datetime.fromisoformat(received) if received else _NO_TIME,
        categories=tuple(content.get("categories") or ()),
        etag=str(content.get("@odata.etag", "")),
        has_attachments=bool(content.get("hasAttachments")),
        folder=str(content.get("parentFolderId") or ""),
        draft=bool(content.get("isDraft")),
    )
