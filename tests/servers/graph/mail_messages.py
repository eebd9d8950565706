"""Graph's addresses of messages: list, get, change, move, MIME and attachments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.servers.graph import mail_content
from tests.servers.graph.answers import Refusal, answer, content, nothing, preference, whole_number
from tests.servers.graph.filters import Filter
from tests.servers.graph.mail_asked import (
    applied,
    asks_immutable,
    attachment_shown,
    enclosed,
    expanded,
    extended,
    property_id,
    selected,
    with_plain_names,
)
from tests.servers.graph.mail_content import Attachment
from tests.servers.graph.mail_folders import MAILBOX
from tests.servers.graph.mail_items import Item, Mailbox, known_id, shown

CHANGEABLE = {
    "categories", "isRead", "importance", "flag", "inferenceClassification", "isDeliveryReceiptRequested",
    "isReadReceiptRequested", "singleValueExtendedProperties",
}  # fmt: skip
OF_DRAFTS = {"subject", "body", "toRecipients", "ccRecipients", "bccRecipients", "replyTo", "from", "sender"}
PROPERTIES = ({*mail_content.blank_names(), *CHANGEABLE, *OF_DRAFTS} - {"singleValueExtendedProperties"}) | {
    "id",
    "changeKey",
    "parentFolderId",
    "internetMessageHeaders",
    "uniqueBody",
}
OPTIONS = {"$select", "$filter", "$top", "$skip", "$orderby", "$expand", "$count"}
LARGEST_PAGE = 1000


def routes(tenant: Any) -> list[Route]:
    """Return the routes below /v1.0."""
    own = Messages(tenant)
    found = [
        Route(MAILBOX + "/messages", own.listed, methods=["GET"]),
        Route(MAILBOX + "/mailFolders/{folder}/messages", own.listed, methods=["GET"]),
    ]
    for base in (MAILBOX, MAILBOX + "/mailFolders/{folder}"):
        one = base + "/messages/{id}"
        found += [
            Route(one, own.get, methods=["GET"]),
            Route(one, own.patch, methods=["PATCH"]),
            Route(one, own.delete, methods=["DELETE"]),
            Route(one + "/$value", own.mime, methods=["GET"]),
            Route(one + "/move", own.move, methods=["POST"]),
            Route(one + "/attachments", own.attachments, methods=["GET"]),
            Route(one + "/attachments/{attachment}", own.attachment, methods=["GET"]),
            Route(one + "/attachments/{attachment}/$value", own.attachment_bytes, methods=["GET"]),
        ]
    return found


class Row(Mapping[str, Any]):
    """An item as a $filter looks at it."""

    def __init__(self, item: Item, immutable: bool) -> None:
        self._item, self._immutable = item, immutable

    def __getitem__(self, name: str) -> Any:
        if name == "singleValueExtendedProperties":
            return [{"id": name, "value": value} for name, value in self._item.extended.items()]
        if name == "id":
            return known_id(self._item, self._immutable)
        return self._item.folder if name == "parentFolderId" else self._item.found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._item.found)

    def __len__(self) -> int:
        return len(self._item.found)


class Messages:
    """What can be done to messages."""

    def __init__(self, tenant: Any) -> None:
        self._tenant, self._mail = tenant, tenant.mail

    async def listed(self, request: Request) -> Response:
        """List a folder's messages or a mailbox's, newest first."""
        asked, mailbox = request.query_params, self._mailbox(request)
        unknown = [name for name in asked if name not in OPTIONS]
        if unknown:
            raise Refusal(400, "BadRequest", f"The query parameter '{unknown[0]}' is not supported.")
        immutable = asks_immutable(request)
        items = self._sorted(
            self._wanted(request, mailbox, immutable), asked.get("$orderby", ""), asked.get("$filter", "")
        )
        start = whole_number(asked.get("$skip", ""), 0)
        size = whole_number(asked.get("$top", ""), whole_number(preference(request, "odata.maxpagesize"), 10))
        if not 0 < size <= LARGEST_PAGE:
            raise Refusal(400, "BadRequest", "The value of $top must be between 1 and 1000.")
        page: dict[str, Any] = {
            "@odata.context": f"{self._tenant.url}/$metadata#users('{mailbox.id}')/messages",
            "value": [self._view(one, request, immutable) for one in items[start : start + size]],
        }
        if start + size < len(items):
            query = urlencode({**asked, "$skip": start + size})
            page["@odata.nextLink"] = f"{self._tenant.url}{request.url.path}?{query}"
        return answer(page, headers=applied(request))

    async def get(self, request: Request) -> Response:
        """Return one message."""
        item = self.item(request)
        return answer(
            self._view(item, request, asks_immutable(request)), headers={"ETag": item.etag, **applied(request)}
        )

    async def patch(self, request: Request) -> Response:
        """Change a message, unless somebody changed it since."""
        item = self.item(request)
        stated = request.headers.get("if-match", "*")
        if stated not in ("*", item.etag):
            raise Refusal(
                412,
                "ErrorIrresolvableConflict",
                "The change key passed in the request does not match the current change key for the item.",
            )
        asked = await content(request)
        self.take_over(item, asked)
        return answer(self._view(item, request, asks_immutable(request)), headers={"ETag": item.etag})

    def take_over(self, item: Item, asked: Mapping[str, Any]) -> None:
        """Write what a client stated into an item; raises Refusal for what cannot be changed."""
        allowed = CHANGEABLE | (OF_DRAFTS if item.found["isDraft"] else set())
        found: dict[str, Any] = {}
        for name, value in asked.items():
            known = next((one for one in allowed if one.lower() == name.lower()), None)
            if name.startswith("@odata."):
                continue
            if known is None:
                raise Refusal(400, "ErrorInvalidPropertySet", f"Set action is invalid for property '{name}'.")
            if known == "singleValueExtendedProperties":
                item.extended |= extended(value)
            else:
                found[known] = value
        if "body" in found:
            found["body"] = {
                "contentType": "text",
                **{
                    key.lower().replace("contenttype", "contentType"): value
                    for key, value in found["body"].items()
                    if not key.startswith("@")
                },
            }
            found["body"]["contentType"] = found["body"]["contentType"].lower()
            found["bodyPreview"] = mail_content.preview(found["body"]["contentType"], found["body"]["content"])
        self._mail.change(item, **found)

    async def delete(self, request: Request) -> Response:
        """Delete a message."""
        self._mail.delete(self.item(request))
        return nothing()

    async def move(self, request: Request) -> Response:
        """Move a message to a folder."""
        item = self.item(request)
        folder = self._mail.folder(self._mailbox(request), (await content(request)).get("destinationId") or "")
        self._mail.move(item, folder.id)
        return answer(self._view(item, request, asks_immutable(request)), 201, applied(request))

    async def mime(self, request: Request) -> Response:
        """Return a message as MIME, which is written anew each time."""
        raw = self._mail.raw(self.item(request))
        return Response(mail_content.with_new_boundaries(raw), 200, {"content-type": "text/plain"})

    async def attachments(self, request: Request) -> Response:
        """List what is attached to a message."""
        item = self.item(request)
        select = selected(request)
        found = [attachment_shown(one, item, select) for one in self._mail.attachments(item)]
        return answer({"@odata.context": f"{self._tenant.url}/$metadata#users/messages/attachments", "value": found})

    async def attachment(self, request: Request) -> Response:
        """Return one attachment."""
        item = self.item(request)
        found = self._attachment(item, request)
        shown_so = attachment_shown(found, item, selected(request))
        if found.kind == "item" and "item" in request.query_params.get("$expand", "").lower():
            shown_so["item"] = enclosed(found)
        return answer(shown_so)

    async def attachment_bytes(self, request: Request) -> Response:
        """Return the bytes of an attachment; of an attached mail its MIME."""
        found = self._attachment(self.item(request), request)
        if found.kind == "reference":
            raise Refusal(405, "ErrorInvalidOperation", "A link to a file has no content.")
        return Response(found.content, 200, {"content-type": found.content_type or "text/plain"})

    def item(self, request: Request) -> Item:
        """Return the item an address names; raises Refusal."""
        mailbox = self._mailbox(request)
        item: Item = self._mail.item(mailbox, request.path_params["id"])
        folder = request.path_params.get("folder")
        if folder and self._mail.folder(mailbox, folder).id != item.folder:
            raise Refusal(404, "ErrorItemNotFound", "The specified object was not found in the store.")
        return item

    def _mailbox(self, request: Request) -> Mailbox:
        found: Mailbox = self._mail.mailbox(request.path_params["user"])
        return found

    def _attachment(self, item: Item, request: Request) -> Attachment:
        for one in self._mail.attachments(item):
            if one.id == request.path_params["attachment"]:
                found: Attachment = one
                return found
        raise Refusal(404, "ErrorItemNotFound", "The specified object was not found in the store.")

    def _wanted(self, request: Request, mailbox: Mailbox, immutable: bool) -> list[Item]:
        named = request.path_params.get("folder")
        folders = [self._mail.folder(mailbox, named).id] if named else list(self._folders(mailbox))
        items = [item for folder in folders for item in self._mail.contents(folder)]
        text = request.query_params.get("$filter")
        if not text:
            return items
        wanted = Filter(with_plain_names(text))
        return [item for item in items if wanted(Row(item, immutable))]

    def _folders(self, mailbox: Mailbox) -> Iterator[str]:
        return (one.id for one in self._mail.folders.values() if one.mailbox == mailbox.id)

    def _sorted(self, items: list[Item], order: str, wanted: str) -> list[Item]:
        name, _, direction = (order or "receivedDateTime desc").strip().partition(" ")
        if order and wanted and Filter(wanted).paths[:1] != [name]:
            # developer.microsoft.com/graph: with both, what orders must be filtered by first.
            raise Refusal(400, "InefficientFilter", "The restriction or sort order is too complex for this operation.")
        if "/" not in name and name not in PROPERTIES:
            raise Refusal(
                400, "BadRequest", f"Could not find a property named '{name}' on type 'microsoft.graph.message'."
            )
        return sorted(items, key=lambda item: str(_deep(item.found, name) or ""), reverse=direction.strip() == "desc")

    def _view(self, item: Item, request: Request, immutable: bool) -> dict[str, Any]:
        return self.view(item, immutable, selected(request, PROPERTIES), request.query_params.get("$expand", ""))

    def view(self, item: Item, immutable: bool, select: set[str] | None = None, expand: str = "") -> dict[str, Any]:
        """Return an item as Graph writes it."""
        select = select or set()
        more: dict[str, Any] = {}
        if "internetMessageHeaders" in select:
            more["internetMessageHeaders"] = mail_content.headers(self._mail.raw(item))
        if "uniqueBody" in select:
            more["uniqueBody"] = item.found["body"]
        for name, options in expanded(expand):
            if name == "attachments":
                wanted = set(re.findall(r"\w+", options.partition("$select=")[2]))
                more[name] = [attachment_shown(one, item, wanted) for one in self._mail.attachments(item)]
            elif name == "singleValueExtendedProperties":
                named = [property_id(one) for one in re.findall(r"id eq '((?:[^']|'')*)'", options)]
                found = [{"id": one, "value": item.extended[one]} for one in named if one in item.extended]
                more |= {name: found} if found else {}
            else:
                raise Refusal(
                    400, "BadRequest", f"Could not find a property named '{name}' on type 'microsoft.graph.message'."
                )
        return shown(item, immutable, select, more)


def _deep(found: Mapping[str, Any], name: str) -> Any:
    value: Any = found
    for part in name.split("/"):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
