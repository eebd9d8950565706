"""The bodies of requests to Exchange, each valid by Microsoft's messages.xsd, and what is read from an answer.

They are written here and not by exchangelib's item classes, because those leave out attachments that are links to
cloud files, refuse kinds of item they do not know, and read the whole tree of folders before the first mail.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from lxml import etree  # type: ignore[import-untyped]
from lxml.builder import ElementMaker  # type: ignore[import-untyped]

MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
_SPACES = {"m": MESSAGES, "t": TYPES}
_M = ElementMaker(namespace=MESSAGES, nsmap=_SPACES)
_T = ElementMaker(namespace=TYPES, nsmap=_SPACES)
_OUR_SET = "5a0c2e4e-62b6-4f2f-9a0a-b1b5e9c46f6d"
"""Property set of what we write on mails; made once, and never to be changed."""
MARK, SOURCE, KEY = "PostroomMark", "PostroomSource", "PostroomKey"
PAGE = 512
"""The most changes that Exchange gives in one answer to SyncFolderItems."""

Element = Any
"""An lxml element; lxml has no types."""


class Seen(NamedTuple):
    """A mail as a listing or a look shows it."""

    id: str
    change_key: str
    kind: str
    """Its element, such as `Message` or `MeetingRequest`."""
    folder: str
    """Id of the folder it lies in; empty in a listing."""
    received_at: datetime
    size: int
    categories: tuple[str, ...]
    mark: str
    """Our mark, by which it is found after it moved; empty if it was never claimed."""
    source: str
    """The source key it was claimed under."""


_SEEN = ("item:ParentFolderId", "item:DateTimeReceived", "item:Size", "item:Categories")


def find_items(folders: Iterable[str], offset: int, limit: int, *conditions: Element) -> Element:
    """List mails of folders, the oldest first."""
    return _M.FindItem(
        _shape(*_SEEN, extended=(MARK, SOURCE)),
        _M.IndexedPageItemView(MaxEntriesReturned=str(limit), Offset=str(offset), BasePoint="Beginning"),
        *([_M.Restriction(*conditions)] if conditions else []),
        _M.SortOrder(_T.FieldOrder(_T.FieldURI(FieldURI="item:DateTimeReceived"), Order="Ascending")),
        _M.ParentFolderIds(*(_T.FolderId(Id=folder) for folder in folders)),
        Traversal="Shallow",
    )


def find_letters(folders: Iterable[str], key: str) -> Element:
    """List the letters with a key in folders, and whether Exchange accepted them for sending."""
    return _M.FindItem(
        _shape("item:IsSubmitted"),
        _M.IndexedPageItemView(MaxEntriesReturned="10", Offset="0", BasePoint="Beginning"),
        _M.Restriction(equals(KEY, key)),
        _M.ParentFolderIds(*(_T.FolderId(Id=folder) for folder in folders)),
        Traversal="Shallow",
    )


def unmarked() -> Element:
    """Mails that were never claimed."""
    return _T.Not(_T.Exists(_path(MARK)))


def equals(name: str, value: str) -> Element:
    """Items whose property of ours has a value."""
    return _T.IsEqualTo(_path(name), _T.FieldURIOrConstant(_T.Constant(Value=value)))


def sync_items(folder: str, state: str) -> Element:
    """List what changed in a folder since a state."""
    return _M.SyncFolderItems(
        _shape(*_SEEN, extended=(MARK, SOURCE)),
        _M.SyncFolderId(_T.FolderId(Id=folder)),
        *([_M.SyncState(state)] if state else []),
        _M.MaxChangesReturned(str(PAGE)),
    )


def get_item(item_id: str, *fields: str, mime: bool = False) -> Element:
    """Look at one mail."""
    return get_items([item_id], *fields, mime=mime)


def get_items(item_ids: Iterable[str], *fields: str, mime: bool = False) -> Element:
    """Look at mails; there is an answer for each."""
    shape = _shape(*_SEEN, *fields, extended=(MARK, SOURCE), mime=mime)
    return _M.GetItem(shape, _M.ItemIds(*(_T.ItemId(Id=item_id) for item_id in item_ids)))


class Marking(NamedTuple):
    """What is to be written on a mail."""

    seen: Seen
    categories: tuple[str, ...]
    mark: str
    source: str


def mark_items(markings: Iterable[Marking]) -> Element:
    """Set mails' categories and our mark at once, each unless it changed since we looked."""
    return _update(*(_marking(one) for one in markings))


def _marking(marking: Marking) -> Element:
    seen, kind = marking.seen, marking.seen.kind
    categories = _T.Categories(*(_T.String(name) for name in marking.categories))
    updates = [
        _T.SetItemField(_T.FieldURI(FieldURI="item:Categories"), _T(kind, categories)),
        *(
            _T.SetItemField(_path(name), _T(kind, _property(name, value)))
            for name, value in ((MARK, marking.mark), (SOURCE, marking.source))
        ),
    ]
    return _T.ItemChange(_T.ItemId(Id=seen.id, ChangeKey=seen.change_key), _T.Updates(*updates))


def _update(*changes: Element) -> Element:
    return _M.UpdateItem(
        _M.ItemChanges(*changes),
        ConflictResolution="NeverOverwrite",
        MessageDisposition="SaveOnly",
        SendMeetingInvitationsOrCancellations="SendToNone",
        SuppressReadReceipts="true",
    )


def move_item(seen: Seen, folder: str) -> Element:
    """Move a mail; its id changes with that."""
    return _M.MoveItem(
        _M.ToFolderId(_T.FolderId(Id=folder)), _M.ItemIds(_T.ItemId(Id=seen.id, ChangeKey=seen.change_key))
    )


def get_folder(name: str, mailbox: str) -> Element:
    """Look at a folder that Exchange knows by a name of its own, such as `inbox`."""
    shape = _M.FolderShape(
        _T.BaseShape("Default"), _T.AdditionalProperties(_T.FieldURI(FieldURI="folder:EffectiveRights"))
    )
    return _M.GetFolder(shape, _M.FolderIds(well_known(name, mailbox)))


def well_known(name: str, mailbox: str) -> Element:
    """Return what stands for a folder that Exchange knows by a name of its own."""
    return _T.DistinguishedFolderId(_T.Mailbox(_T.EmailAddress(mailbox)), Id=name)


def find_folder(name: str, parent: Element) -> Element:
    """Look for a folder by its name."""
    by_name = _T.IsEqualTo(_T.FieldURI(FieldURI="folder:DisplayName"), _T.FieldURIOrConstant(_T.Constant(Value=name)))
    shape = _M.FolderShape(
        _T.BaseShape("Default"), _T.AdditionalProperties(_T.FieldURI(FieldURI="folder:EffectiveRights"))
    )
    return _M.FindFolder(shape, _M.Restriction(by_name), _M.ParentFolderIds(parent), Traversal="Shallow")


def create_folder(name: str, parent: Element) -> Element:
    """Make a mail folder."""
    made = _T.Folder(_T.FolderClass("IPF.Note"), _T.DisplayName(name))
    return _M.CreateFolder(_M.ParentFolderId(parent), _M.Folders(made))


def folder_id(folder: str) -> Element:
    """Return what stands for a folder by its id."""
    return _T.FolderId(Id=folder)


class Draft(NamedTuple):
    """A letter to be saved before it is sent."""

    sender: str
    to: str
    subject: str
    body: str
    key: str


def create_draft(draft: Draft) -> Element:
    """Save a letter in Drafts, with our key in it and a plea to robots not to answer it."""
    suppress = _T.ExtendedFieldURI(
        DistinguishedPropertySetId="InternetHeaders", PropertyName="X-Auto-Response-Suppress", PropertyType="String"
    )
    message = _T.Message(
        _T.Subject(draft.subject),
        _T.Body(draft.body, BodyType="Text"),
        _property(KEY, draft.key),
        _T.ExtendedProperty(suppress, _T.Value("All")),
        _T.ToRecipients(_T.Mailbox(_T.EmailAddress(draft.to))),
        _T.From(_T.Mailbox(_T.EmailAddress(draft.sender))),
    )
    return _M.CreateItem(
        _M.SavedItemFolderId(well_known("drafts", draft.sender)), _M.Items(message), MessageDisposition="SaveOnly"
    )


def rewrite_draft(item_id: str, change_key: str, draft: Draft) -> Element:
    """Put other words into a letter that was not sent yet."""
    written = (
        ("item:Subject", _T.Subject(draft.subject)),
        ("item:Body", _T.Body(draft.body, BodyType="Text")),
        ("message:ToRecipients", _T.ToRecipients(_T.Mailbox(_T.EmailAddress(draft.to)))),
    )
    updates = (_T.SetItemField(_T.FieldURI(FieldURI=field), _T.Message(value)) for field, value in written)
    return _update(_T.ItemChange(_T.ItemId(Id=item_id, ChangeKey=change_key), _T.Updates(*updates)))


def send_item(item_id: str, change_key: str, mailbox: str) -> Element:
    """Send a letter from Drafts and keep it in Sent Items."""
    return _M.SendItem(
        _M.ItemIds(_T.ItemId(Id=item_id, ChangeKey=change_key)),
        _M.SavedItemFolderId(well_known("sentitems", mailbox)),
        SaveItemToFolder="true",
    )


def name_of(element: Element) -> str:
    """Return an element's name without its namespace."""
    return str(etree.QName(element).localname)


def every(element: Element, path: str) -> list[Element]:
    """Return the elements at a path such as `m:Items/*`."""
    return list(element.findall(path, _SPACES))


def text_at(element: Element, path: str) -> str:
    """Return the text at a path, or nothing."""
    return str(element.findtext(path, "", _SPACES))


def seen_in(element: Element) -> Seen:
    """Read what a listing or a look says of a mail."""
    identity = element.find("t:ItemId", _SPACES)
    parent = element.find("t:ParentFolderId", _SPACES)
    ours = {
        path.get("PropertyName"): text_at(one, "t:Value")
        for one in every(element, "t:ExtendedProperty")
        for path in every(one, "t:ExtendedFieldURI")
    }
    return Seen(
        identity.get("Id"),
        identity.get("ChangeKey", ""),
        name_of(element),
        parent.get("Id") if parent is not None else "",
        moment(text_at(element, "t:DateTimeReceived")),
        int(text_at(element, "t:Size") or 0),
        tuple(one.text or "" for one in every(element, "t:Categories/t:String")),
        ours.get(MARK, ""),
        ours.get(SOURCE, ""),
    )


def moment(text: str) -> datetime:
    """Return a moment as Exchange writes it; one long past where it says none."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else datetime(1970, 1, 1, tzinfo=UTC)


def _shape(*fields: str, extended: Iterable[str] = (), mime: bool = False) -> Element:
    paths = [_T.FieldURI(FieldURI=field) for field in fields] + [_path(name) for name in extended]
    include = [_T.IncludeMimeContent("true")] if mime else []
    # Text bodies: what is compared with what was sent is plain text.
    body = [_T.BodyType("Text")] if "item:Body" in fields else []
    return _M.ItemShape(_T.BaseShape("IdOnly"), *include, *body, _T.AdditionalProperties(*paths))


def _path(name: str) -> Element:
    return _T.ExtendedFieldURI(PropertySetId=_OUR_SET, PropertyName=name, PropertyType="String")


def _property(name: str, value: str) -> Element:
    return _T.ExtendedProperty(_path(name), _T.Value(value))
