"""Graph's addresses of letters: drafts, replies, attachments by post or upload, and sending."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import make_msgid
from time import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.servers.graph import mail_content
from tests.servers.graph.answers import Refusal, answer, content, nothing, stamp
from tests.servers.graph.mail_asked import asks_immutable, attachment_shown
from tests.servers.graph.mail_content import Attachment
from tests.servers.graph.mail_folders import MAILBOX
from tests.servers.graph.mail_items import Item, Mailbox
from tests.servers.graph.mail_messages import Messages

LARGEST_POST = 3 * 1024 * 1024
LARGEST_PIECE = 4 * 1024 * 1024
LARGEST_FILE = 150 * 1024 * 1024
RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


def routes(tenant: Any) -> list[Route]:
    """Return the routes below /v1.0."""
    own = _Letters(tenant)
    found = [Route(MAILBOX + "/sendMail", own.send_mail, methods=["POST"])]
    found.append(Route(MAILBOX + "/mailFolders/{folder}/messages", own.create, methods=["POST"]))
    found.append(Route(MAILBOX + "/messages", own.create, methods=["POST"]))
    for base in (MAILBOX, MAILBOX + "/mailFolders/{folder}"):
        one = base + "/messages/{id}"
        found += [
            Route(one + "/createReply", own.create_reply, methods=["POST"]),
            Route(one + "/send", own.send, methods=["POST"]),
            Route(one + "/attachments", own.attach, methods=["POST"]),
            Route(one + "/attachments/createUploadSession", own.open_session, methods=["POST"]),
        ]
    return found


def open_routes(tenant: Any) -> list[Route]:
    """Return the addresses attachments are uploaded to, which take no token."""
    return [Route("/upload/mail/{session}", _Letters(tenant).upload, methods=["PUT", "GET", "DELETE"])]


class _Letters:
    def __init__(self, tenant: Any) -> None:
        self._tenant, self._mail = tenant, tenant.mail
        self._messages = Messages(tenant)

    async def create(self, request: Request) -> Response:
        mailbox = self._mail.mailbox(request.path_params["user"])
        folder = self._mail.folder(mailbox, request.path_params.get("folder", "drafts"))
        item = self._draft(mailbox, folder.id, {})
        self._fill(item, await content(request))
        return answer(self._messages.view(item, asks_immutable(request)), 201)

    async def create_reply(self, request: Request) -> Response:
        mailbox = self._mail.mailbox(request.path_params["user"])
        original = self._messages.item(request)
        asked = await content(request)
        message = asked.get("message") or {}
        if asked.get("comment") and "body" in message:
            raise Refusal(400, "ErrorInvalidRequest", "State either a comment or the body of the message.")
        found = original.found
        to = found["replyTo"] or ([found["from"]] if found.get("from") else [])
        subject = found["subject"] if found["subject"].lower().startswith("re:") else f"RE: {found['subject']}"
        quoted = f"{asked.get('comment') or ''}\n\n{found['body']['content']}"
        about = {"subject": subject, "toRecipients": to, "conversationId": found["conversationId"]}
        body = {"contentType": found["body"]["contentType"], "content": quoted}
        item = self._draft(mailbox, mailbox.well_known["drafts"], {**about, "body": body})
        if found["internetMessageId"]:
            item.more_headers.append({"name": "In-Reply-To", "value": found["internetMessageId"]})
        self._fill(item, message)
        return answer(self._messages.view(item, asks_immutable(request)), 201)

    async def send(self, request: Request) -> Response:
        item = self._messages.item(request)
        if not item.found["isDraft"]:
            raise Refusal(400, "ErrorInvalidOperation", "The item is not a draft.")
        self._send(self._mail.mailbox(request.path_params["user"]), item)
        return nothing(202)

    async def send_mail(self, request: Request) -> Response:
        mailbox = self._mail.mailbox(request.path_params["user"])
        asked = await content(request)
        item = self._draft(mailbox, mailbox.well_known["drafts"], {})
        self._fill(item, asked.get("message") or {})
        self._send(mailbox, item)
        if asked.get("saveToSentItems") is False:
            self._mail.delete(item)
        return nothing(202)

    async def attach(self, request: Request) -> Response:
        item = self._messages.item(request)
        asked = await content(request)
        if len(await request.body()) > LARGEST_POST * 4 // 3 + 10_000:
            raise Refusal(413, "RequestEntityTooLarge", "The attachment is larger than 3 MB: use an upload session.")
        return answer(attachment_shown(self._attached(item, asked), item, set()), 201)

    def _attached(self, item: Item, asked: Mapping[str, Any]) -> Attachment:
        if asked.get("@odata.type") != "#microsoft.graph.fileAttachment":
            raise Refusal(400, "ErrorInvalidRequest", "Only files are attached here.")
        content_bytes = base64.b64decode(asked.get("contentBytes") or "")
        return self._add(item, asked.get("name") or "", asked.get("contentType"), content_bytes)

    def _add(self, item: Item, name: str, kind: str | None, content_bytes: bytes) -> Attachment:
        made = Attachment("file", name, kind, content_bytes, id=f"{item.id[:40]}BEgAQA{len(item.added):04d}=")
        item.added.append(made)
        self._mail.change(item, hasAttachments=True)
        return made

    async def open_session(self, request: Request) -> Response:
        item = self._messages.item(request)
        asked = (await content(request)).get("AttachmentItem") or {}
        size = int(asked.get("size") or 0)
        if not 0 < size <= LARGEST_FILE:
            raise Refusal(400, "ErrorInvalidRequest", "An attachment has at most 150 MB.")
        session = secrets.token_urlsafe(16)
        expires = datetime.now(UTC) + timedelta(hours=24)
        about = {"item": item.id, "name": asked.get("name") or "", "type": asked.get("contentType"), "size": size}
        self._mail.uploads[session] = {**about, "content": b"", "expires": expires.timestamp()}
        self._mail.changed("uploads", session)
        return answer(
            {
                "uploadUrl": f"{self._tenant.authority}/upload/mail/{session}?authtoken={secrets.token_urlsafe(8)}",
                "expirationDateTime": stamp(expires),
                "nextExpectedRanges": ["0-"],
            },
            201,
        )

    async def upload(self, request: Request) -> Response:
        name = request.path_params["session"]
        session = self._mail.uploads.get(name)
        if "authorization" in request.headers:
            raise Refusal(401, "InvalidAuthenticationToken", "An upload address takes no token of Graph.")
        if session is None or session["expires"] < time():
            raise Refusal(404, "itemNotFound", "The upload session was not found.")
        if request.method == "DELETE":
            del self._mail.uploads[name]
            self._mail.changed("uploads", name)
            return nothing()
        if request.method == "PUT":
            self._take(session, request.headers.get("content-range", ""), await request.body())
        self._mail.changed("uploads", name)
        return self._progress(name, session)

    def _take(self, session: dict[str, Any], stated: str, piece: bytes) -> None:
        found = RANGE.fullmatch(stated)
        start, end, size = (int(one) for one in found.groups()) if found else (0, -1, 0)
        if not found or end - start + 1 != len(piece) or len(piece) > LARGEST_PIECE or size != session["size"]:
            raise Refusal(400, "invalidRequest", "The Content-Range header does not fit the request.")
        if start != len(session["content"]):
            raise Refusal(416, "invalidRange", "The range is not the one that was expected.")
        session["content"] += piece

    def _progress(self, name: str, session: dict[str, Any]) -> Response:
        held = len(session["content"])
        if held < session["size"]:
            expires = stamp(datetime.fromtimestamp(session["expires"], UTC))
            return answer({"expirationDateTime": expires, "nextExpectedRanges": [f"{held}-"]})
        item = self._mail.items.get(session["item"])
        if item is None:
            raise Refusal(404, "ErrorItemNotFound", "The specified object was not found in the store.")
        made = self._add(item, session["name"], session["type"], session["content"])
        del self._mail.uploads[name]
        owner = f"{self._tenant.url}/users/{item.mailbox}/messages/{item.mutable}"
        return nothing(201, {"Location": f"{owner}/attachments/{made.id}"})

    def _draft(self, mailbox: Mailbox, folder: str, about: dict[str, Any]) -> Item:
        owner = mail_content.recipient(mailbox.address)
        found = mail_content.blank(datetime.now(UTC)) | {
            "isDraft": True,
            "isRead": True,
            "internetMessageId": make_msgid(domain="stand-in.example"),
            "from": owner,
            "sender": owner,
        }
        item: Item = self._mail.add(mailbox, folder, found | about, None)
        return item

    def _fill(self, item: Item, asked: Mapping[str, Any]) -> None:
        stated = {name: value for name, value in asked.items() if not name.startswith("@odata.")}
        for name in list(stated):
            if name.lower() == "internetmessageheaders":
                item.more_headers += self._headers(stated.pop(name))
            elif name.lower() == "attachments":
                attached = stated.pop(name)
                for one in attached:
                    self._attached(item, one)
        try:
            self._messages.take_over(item, stated)
        except Refusal:
            self._mail.delete(item)
            raise

    def _headers(self, stated: list[Mapping[str, str]]) -> list[dict[str, str]]:
        for one in stated:
            if not one["name"].lower().startswith("x-"):
                raise Refusal(
                    400,
                    "InvalidInternetMessageHeader",
                    f"The internet message header name '{one['name']}' should start with 'x-' or 'X-'.",
                )
        return [{"name": one["name"], "value": one["value"]} for one in stated]

    def _send(self, mailbox: Mailbox, item: Item) -> None:
        if not any(item.found[name] for name in ("toRecipients", "ccRecipients", "bccRecipients")):
            raise Refusal(400, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
        when = stamp(datetime.now(UTC))
        item.found = {**item.found, "isDraft": False, "sentDateTime": when, "receivedDateTime": when}
        item.shown_at = time() + self._mail.send_delay if self._mail.send_delay else 0.0
        self._mail.move(item, mailbox.well_known["sentitems"])
