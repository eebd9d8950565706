"""Items and folders as Exchange writes them: only what was asked for, in the order of its schema."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import getaddresses

from tests.servers.exchange.mailbox import Folder, Item, Mailbox, PropertyId, Refusal
from tests.servers.exchange.mime import Attached, header, headers, written_anew
from tests.servers.exchange.xml import Element, T, every, text_at

NOT_LISTED = {"item:MimeContent", "item:Body", "item:Attachments", "item:InternetMessageHeaders",
              "message:ToRecipients", "message:CcRecipients"}  # fmt: skip
"""What FindItem and SyncFolderItems do not give: https://learn.microsoft.com/exchange/client-developer/
exchange-web-services/email-properties-and-elements-in-ews-in-exchange."""

_DEFAULT = ("item:Subject", "item:Size", "item:DateTimeReceived", "item:HasAttachments", "message:From",
            "message:IsRead", "message:InternetMessageId")  # fmt: skip


class Asked:
    """Which properties a request asks for."""

    def __init__(self, shape: Element, listing: bool = False) -> None:
        base = text_at(shape, "t:BaseShape")
        self.fields = {one.get("FieldURI", "") for one in every(shape, "t:AdditionalProperties/t:FieldURI")}
        self.extended = [property_id(one) for one in every(shape, "t:AdditionalProperties/t:ExtendedFieldURI")]
        if listing and self.fields & NOT_LISTED:
            raise Refusal("ErrorInvalidPropertyRequest")
        if base != "IdOnly":
            self.fields |= set(_DEFAULT)
        if base == "AllProperties":
            self.fields |= set(_FIELDS) - NOT_LISTED - {"item:MimeContent"}
        if text_at(shape, "t:IncludeMimeContent") == "true":
            self.fields.add("item:MimeContent")


def property_id(path: Element) -> PropertyId:
    """Return which extended property an ExtendedFieldURI names."""
    if path.get("PropertyTag"):
        return "tag", path.get("PropertyTag", "").lower()
    kept = path.get("PropertySetId") or path.get("DistinguishedPropertySetId") or ""
    return kept.lower(), path.get("PropertyName") or path.get("PropertyId") or ""


def item_element(item: Item, asked: Asked) -> Element:
    """Return an item with what was asked for."""
    element = T(item.kind)
    mime = _FIELDS["item:MimeContent"](item) if "item:MimeContent" in asked.fields else []
    element.extend(mime)
    element.append(T.ItemId(Id=item.id, ChangeKey=item.change_key))
    for field, build in _FIELDS.items():
        if field == "item:MimeContent":
            continue
        if field == "extended":
            element.extend(_extended(item, asked))
        elif field in asked.fields and (item.kind == "Message" or field.startswith("item:")):
            element.extend(build(item))
    return element


def id_element(item: Item) -> Element:
    """Return an item that is no more than its identity."""
    return T(item.kind, T.ItemId(Id=item.id, ChangeKey=item.change_key))


def folder_element(mailbox: Mailbox, folder: Folder, may_write: bool = True) -> Element:
    """Return a folder with its counts and what the caller may do in it."""
    children = sum(one.parent == folder.id for one in mailbox.folders.values())
    return T.Folder(
        T.FolderId(Id=folder.id, ChangeKey="AQ"),
        *([T.ParentFolderId(Id=folder.parent, ChangeKey="AQ")] if folder.parent else []),
        T.FolderClass("IPF.Note"),
        T.DisplayName(folder.name),
        T.TotalCount(str(len(mailbox.within(folder.id)))),
        T.ChildFolderCount(str(children)),
        T.EffectiveRights(
            *(T(name, str(may_write).lower()) for name in ("CreateAssociated", "CreateContents", "CreateHierarchy")),
            *(T(name, str(may_write).lower()) for name in ("Delete", "Modify")),
            T.Read("true"),
        ),
        T.UnreadCount(str(sum(not item.is_read for item in mailbox.within(folder.id)))),
    )


def moment(when: datetime) -> str:
    """Return a moment as Exchange writes it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def safe(text: str) -> str:
    """Return text that XML can hold."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)


def _mailbox(name: str, address: str) -> Element:
    return T.Mailbox(T.Name(safe(name)), T.EmailAddress(safe(address) or "unknown"), T.RoutingType("SMTP"))


def _people(item: Item, field: str) -> list[tuple[str, str]]:
    if item.letter and field == "To":
        return [("", item.letter["to"])]
    return [(name, address) for name, address in getaddresses([header(item.raw, field)]) if address]


def _one(tag: str, field: str) -> Callable[[Item], list[Element]]:
    return lambda item: [T(tag, _mailbox(*one)) for one in _people(item, field)[:1]]


def _many(tag: str, field: str) -> Callable[[Item], list[Element]]:
    def build(item: Item) -> list[Element]:
        people = [_mailbox(*one) for one in _people(item, field)]
        return [T(tag, *people)] if people else []

    return build


def _text(tag: str, value: Callable[[Item], str]) -> Callable[[Item], list[Element]]:
    return lambda item: [T(tag, safe(value(item)))] if value(item) else []


def _attachments(item: Item) -> list[Element]:
    found = [_attachment(item, number, one) for number, one in enumerate(item.attachments)]
    return [T.Attachments(*found)] if found else []


def _attachment(item: Item, number: int, one: Attached) -> Element:
    tag = {"file": "FileAttachment", "item": "ItemAttachment", "reference": "ReferenceAttachment"}[one.kind]
    return T(
        tag,
        T.AttachmentId(Id=f"{item.id}:{number}"),
        T.Name(safe(one.name)),
        *([T.ContentType(one.media_type)] if one.media_type else []),
        T.Size(str(len(one.content))),
        T.IsInline("false"),
    )


def _headers(item: Item) -> list[Element]:
    found = [T.InternetMessageHeader(safe(value), HeaderName=safe(name)) for name, value in headers(item.raw)]
    return [T.InternetMessageHeaders(*found)] if found else []


def _categories(item: Item) -> list[Element]:
    return [T.Categories(*(T.String(one) for one in item.categories))] if item.categories else []


def _extended(item: Item, asked: Asked) -> Iterator[Element]:
    for space, name in asked.extended:
        value = item.extended.get((space, name))
        if value is not None:
            path = T.ExtendedFieldURI(PropertySetId=space, PropertyName=name, PropertyType="String")
            yield T.ExtendedProperty(path, T.Value(value))


def _body(item: Item) -> list[Element]:
    # Exchange ends lines its own way, and the text with one more.
    text = safe(item.letter.get("body", "")).replace("\r\n", "\n").replace("\n", "\r\n")
    return [T.Body(f"{text}\r\n", BodyType="Text")]


def _subject(item: Item) -> str:
    return item.letter.get("subject") or header(item.raw, "Subject")


def _mime(item: Item) -> list[Element]:
    return [T.MimeContent(base64.b64encode(written_anew(item.raw)).decode(), CharacterSet="UTF-8")]


_FIELDS: dict[str, Callable[[Item], list[Element]]] = {
    "item:MimeContent": _mime,
    "item:ParentFolderId": lambda item: [T.ParentFolderId(Id=item.folder, ChangeKey="AQ")],
    "item:ItemClass": lambda item: [T.ItemClass("IPM.Note" if item.kind == "Message" else f"IPM.{item.kind}")],
    "item:Subject": _text("Subject", _subject),
    "item:Body": _body,
    "item:Attachments": _attachments,
    "item:DateTimeReceived": lambda item: [T.DateTimeReceived(moment(item.received))],
    "item:Size": lambda item: [T.Size(str(len(item.raw)))],
    "item:Categories": _categories,
    "item:IsSubmitted": lambda item: [T.IsSubmitted(str(item.is_submitted).lower())],
    "item:IsDraft": lambda item: [T.IsDraft(str(item.is_draft).lower())],
    "item:InternetMessageHeaders": _headers,
    "item:DateTimeSent": lambda item: [T.DateTimeSent(moment(item.received))],
    "item:DateTimeCreated": lambda item: [T.DateTimeCreated(moment(item.received))],
    "item:HasAttachments": lambda item: [T.HasAttachments(str(bool(item.attachments)).lower())],
    "extended": lambda item: [],
    "message:Sender": _one("Sender", "From"),
    "message:ToRecipients": _many("ToRecipients", "To"),
    "message:CcRecipients": _many("CcRecipients", "Cc"),
    "message:From": _one("From", "From"),
    "message:InternetMessageId": _text("InternetMessageId", lambda item: header(item.raw, "Message-ID")),
    "message:IsRead": lambda item: [T.IsRead(str(item.is_read).lower())],
}
"""How each property is written, in the order of the schema."""
