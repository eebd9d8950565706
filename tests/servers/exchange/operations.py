"""The operations of Exchange Web Services that a mail client needs, on the store."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage

from tests.servers.exchange.access import Caller
from tests.servers.exchange.answers import Asked, folder_element, id_element, item_element, property_id, safe
from tests.servers.exchange.mailbox import Change, Item, Mailbox, Refusal, new_identity
from tests.servers.exchange.restriction import matches, named, ordered
from tests.servers.exchange.xml import Element, M, T, bad, below, every, good, name_of, text_at


def get_folder(caller: Caller, request: Element) -> Iterator[Element]:
    for wanted in every(request, "m:FolderIds/*"):
        mailbox, folder = caller.folder(wanted)
        yield good("GetFolder", M.Folders(folder_element(mailbox, folder, caller.may_write(mailbox))))


def find_folder(caller: Caller, request: Element) -> Iterator[Element]:
    fits = named(request)
    for wanted in every(request, "m:ParentFolderIds/*"):
        mailbox, parent = caller.folder(wanted)
        found = [one for one in mailbox.folders.values() if one.parent == parent.id and fits(one.name)]
        root = M.RootFolder(
            T.Folders(*(folder_element(mailbox, one, caller.may_write(mailbox)) for one in found)),
            TotalItemsInView=str(len(found)),
            IncludesLastItemInRange="true",
        )
        yield good("FindFolder", root)


def create_folder(caller: Caller, request: Element) -> Iterator[Element]:
    (wanted,) = every(request, "m:ParentFolderId/*")
    mailbox, parent = caller.folder(wanted)
    for one in every(request, "m:Folders/t:Folder"):
        caller.changing(mailbox)
        made = mailbox.add_folder(text_at(one, "t:DisplayName"), parent.id)
        yield good("CreateFolder", M.Folders(T.Folder(T.FolderId(Id=made.id, ChangeKey="AQ"))))


def find_item(caller: Caller, request: Element) -> Iterator[Element]:
    shape = below(request, "m:ItemShape")
    assert shape is not None
    asked, view = Asked(shape, listing=True), below(request, "m:IndexedPageItemView")
    offset = int(view.get("Offset", "0")) if view is not None else 0
    limit = int(view.get("MaxEntriesReturned", "1000")) if view is not None else 1000
    conditions = every(request, "m:Restriction/*")
    for wanted in every(request, "m:ParentFolderIds/*"):
        mailbox, folder = caller.folder(wanted)
        found = [item for item in mailbox.within(folder.id) if all(matches(one, item) for one in conditions)]
        found = ordered(request, found)
        page = found[offset : offset + limit]
        root = M.RootFolder(
            T.Items(*(item_element(item, asked) for item in page)),
            IndexedPagingOffset=str(offset + len(page)),
            TotalItemsInView=str(len(found)),
            IncludesLastItemInRange=str(offset + len(page) >= len(found)).lower(),
        )
        yield good("FindItem", root)


def get_item(caller: Caller, request: Element) -> Iterator[Element]:
    shape = below(request, "m:ItemShape")
    assert shape is not None
    asked = Asked(shape)
    for wanted in every(request, "m:ItemIds/t:ItemId"):
        try:
            _, item = caller.item(wanted)
        except Refusal as refusal:
            yield bad("GetItem", refusal.code)
            continue
        yield good("GetItem", M.Items(item_element(item, asked)))


def get_attachment(caller: Caller, request: Element) -> Iterator[Element]:
    for wanted in every(request, "m:AttachmentIds/t:AttachmentId"):
        item_id, _, number = (wanted.get("Id") or "").rpartition(":")
        _, item = caller.item(T.ItemId(Id=item_id))
        one = item.attachments[int(number)]
        said = (T.AttachmentId(Id=wanted.get("Id") or ""), T.Name(safe(one.name)))
        if one.kind == "item":
            found = T.ItemAttachment(*said, T.Message(T.MimeContent(base64.b64encode(one.content).decode())))
        else:
            found = T.FileAttachment(*said, T.Content(base64.b64encode(one.content).decode()))
        yield good("GetAttachment", M.Attachments(found))


def update_item(caller: Caller, request: Element) -> Iterator[Element]:
    resolution = request.get("ConflictResolution")
    for change in every(request, "m:ItemChanges/t:ItemChange"):
        try:
            item = _changed(caller, change, resolution)
        except Refusal as refusal:
            yield bad("UpdateItem", refusal.code)
            continue
        yield good("UpdateItem", M.Items(id_element(item)), M.ConflictResults(T.Count("0")))


def _changed(caller: Caller, change: Element, resolution: str | None) -> Item:
    wanted = below(change, "t:ItemId")
    mailbox, item = caller.item(wanted)
    caller.changing(mailbox)
    if resolution != "AlwaysOverwrite":
        if not wanted.get("ChangeKey"):
            raise Refusal("ErrorChangeKeyRequired")
        if wanted.get("ChangeKey") != item.change_key:
            raise Refusal("ErrorIrresolvableConflict")
    for update in every(change, "t:Updates/*"):
        _apply(update, item)
    mailbox.touch(item)
    return item


def _apply(update: Element, item: Item) -> None:
    path, clears = update[0], name_of(update) == "DeleteItemField"
    if name_of(path) == "ExtendedFieldURI":
        item.extended.pop(property_id(path), None)
        for one in every(update, "*/t:ExtendedProperty"):
            item.extended[property_id(one[0])] = text_at(one, "t:Value")
    elif path.get("FieldURI") == "item:Categories":
        item.categories = [] if clears else [one.text or "" for one in every(update, "*/t:Categories/t:String")]
    elif path.get("FieldURI") in _WORDS and item.is_draft:
        item.letter[_WORDS[path.get("FieldURI")][0]] = text_at(update, _WORDS[path.get("FieldURI")][1])
    else:
        raise Refusal("ErrorInvalidPropertySet")


_WORDS = {
    "item:Subject": ("subject", "*/t:Subject"),
    "item:Body": ("body", "*/t:Body"),
    "message:ToRecipients": ("to", "*/t:ToRecipients/t:Mailbox/t:EmailAddress"),
}


def move_item(caller: Caller, request: Element) -> Iterator[Element]:
    (goal,) = every(request, "m:ToFolderId/*")
    _, folder = caller.folder(goal)
    for wanted in every(request, "m:ItemIds/t:ItemId"):
        mailbox, item = caller.item(wanted)
        caller.changing(mailbox)
        yield good("MoveItem", M.Items(id_element(mailbox.move(item, folder.id))))


def create_item(caller: Caller, request: Element) -> Iterator[Element]:
    if request.get("MessageDisposition") != "SaveOnly":
        raise Refusal("ErrorInvalidRequest")
    goals = every(request, "m:SavedItemFolderId/*")
    mailbox, folder = caller.folder(goals[0] if goals else T.DistinguishedFolderId(Id="drafts"))
    caller.changing(mailbox)
    for message in every(request, "m:Items/t:Message"):
        letter = {
            "subject": text_at(message, "t:Subject"),
            "body": text_at(message, "t:Body"),
            "to": text_at(message, "t:ToRecipients/t:Mailbox/t:EmailAddress"),
        }
        item = Item(new_identity("I"), folder.id, _written(letter, mailbox), datetime.now(UTC), letter=letter,
                    is_draft=True, is_read=True)  # fmt: skip
        for one in every(message, "t:ExtendedProperty"):
            item.extended[property_id(one[0])] = text_at(one, "t:Value")
        mailbox.add(item)
        yield good("CreateItem", M.Items(id_element(item)))


def _written(letter: dict[str, str], mailbox: Mailbox) -> bytes:
    mail = EmailMessage()
    mail["From"] = mailbox.address
    mail["Subject"] = " ".join(letter["subject"].split())
    mail.set_content(letter["body"])
    return mail.as_bytes()


def send_item(caller: Caller, request: Element) -> Iterator[Element]:
    goals = every(request, "m:SavedItemFolderId/*")
    for wanted in every(request, "m:ItemIds/t:ItemId"):
        mailbox, item = caller.item(wanted)
        if wanted.get("ChangeKey") != item.change_key:
            raise Refusal("ErrorStaleObject" if wanted.get("ChangeKey") else "ErrorChangeKeyRequired")
        if "@" not in item.letter.get("to", "") or item.letter["to"].endswith(".invalid"):
            raise Refusal("ErrorInvalidRecipients")
        folder = caller.folder(goals[0] if goals else T.DistinguishedFolderId(Id="sentitems"))[1]
        if item.is_submitted:
            raise Refusal("ErrorAccessDenied")
        item.is_submitted = True
        caller.store.sending.append((mailbox, item, folder.id))
        if not caller.store.slow_sending:
            caller.store.finish_sending()
        yield good("SendItem")


def sync_folder_items(caller: Caller, request: Element) -> Iterator[Element]:
    shape = below(request, "m:ItemShape")
    (wanted,) = every(request, "m:SyncFolderId/*")
    assert shape is not None
    asked = Asked(shape, listing=True)
    mailbox, folder = caller.folder(wanted)
    limit = min(int(text_at(request, "m:MaxChangesReturned")), 512)
    changes, state, is_all = mailbox.changes(folder.id, text_at(request, "m:SyncState"), limit)
    yield good(
        "SyncFolderItems",
        M.SyncState(state),
        M.IncludesLastItemInRange(str(is_all).lower()),
        M.Changes(*(_change(one, asked) for one in changes)),
    )


def _change(change: Change, asked: Asked) -> Element:
    if change.kind == "Delete" or change.item is None:
        return T.Delete(T.ItemId(Id=change.item_id, ChangeKey="CK"))
    if change.kind == "ReadFlagChange":
        return T.ReadFlagChange(T.ItemId(Id=change.item_id), T.IsRead(str(change.item.is_read).lower()))
    return T(change.kind, item_element(change.item, asked))


OPERATIONS: dict[str, Callable[[Caller, Element], Iterator[Element]]] = {
    "GetFolder": get_folder,
    "FindFolder": find_folder,
    "CreateFolder": create_folder,
    "FindItem": find_item,
    "GetItem": get_item,
    "GetAttachment": get_attachment,
    "UpdateItem": update_item,
    "MoveItem": move_item,
    "CreateItem": create_item,
    "SendItem": send_item,
    "SyncFolderItems": sync_folder_items,
}
"""What there is, by name."""
