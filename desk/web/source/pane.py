"""The source beside the fields: which document is shown how, and the pictures and frames it is shown with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from desk.web.office import item_in_scope, office_of, person_of
from desk.web.pages import render
from desk.web.routing import DeskRouter
from desk.web.source.frames import FRAME_HEADERS, seen
from desk.web.source.marking import Choice, Mark, Overlay, View, marks_of, overlay, text_frame
from desk.web.source.sanitise import mail_frame
from postroom.document import Role
from postroom.errors import ItemNotFound
from postroom.staff import May
from postroom.text import Page

if TYPE_CHECKING:
    from postroom.fields import Provenance
    from postroom.ledger import Item
    from postroom.ledger.desk_records import DocumentRecord
    from postroom.text import Text

router = DeskRouter()
LOOKS = ("picture", "text", "mail")
_LOOK_TITLES = {"picture": "Picture", "text": "Words as read", "mail": "As the mail looked"}
_PICTURE_HEADERS = {"Cache-Control": "private, no-store", "Content-Security-Policy": "default-src 'none'; sandbox"}
_CROP_WIDTH = 720
_CROP_PADDING = 0.006


@dataclass(frozen=True, slots=True)
class Pane:
    """What stands in the source pane."""

    documents: list[Choice]
    looks: list[Choice]
    look: str
    title: str
    address: str
    """Of the picture or the frame; empty where there is nothing to see."""
    view: View
    path: str
    query: Mapping[str, str]
    pages: int = 1
    overlay: Overlay | None = None
    place: str = ""
    """The document, page and look, as fields name their places."""
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Sources:
    """The documents of an item's message, in the order they are offered, with what was read in them."""

    item: Item
    documents: Sequence[DocumentRecord]
    texts: Sequence[Text]

    @classmethod
    def of(cls, request: Request, item: Item) -> Sources:
        """Return those of an item that the person may see, without the bytes of any document."""
        office, own, message = office_of(request), item.extraction.triage.document_ids, item.summary.message_id
        documents = office.ledger.documents_of(message)
        if own and not person_of(request).restricted and office.protected_beside(item):
            documents = [one for one in documents if one.id in own]
        return cls(item, documents, office.ledger.texts(message))

    def text_of(self, index: int) -> Text | None:
        """Return what was read in a document."""
        return next((text for text in self.texts if text.document_id == self.documents[index].id), None)

    def offered(self) -> list[int]:
        """Return which documents are offered: those the item was read from first, pictures of a layout never."""
        own = [index for index, one in enumerate(self.documents) if one.id in self.item.extraction.triage.document_ids]
        rest = [index for index, one in enumerate(self.documents) if index not in own and one.role != Role.INLINE]
        return own + rest

    def index_of(self, document_id: str) -> int | None:
        """Return the place of a document; None if it is not of this message."""
        return next((index for index, one in enumerate(self.documents) if one.id == document_id), None)

    def looks(self, index: int) -> list[str]:
        """Return in which ways a document can be looked at, the best first."""
        one = self.documents[index]
        found = ["picture"] if has_picture(one.media_type) else []
        found.append("text")
        return [*found, "mail"] if one.role == Role.BODY or one.media_type == "text/html" else found

    def place_of(self, provenance: Provenance) -> tuple[int, int] | None:
        """Return document and page of what was read; None where it has no place."""
        index = self.index_of(provenance.document_id)
        return None if index is None or provenance.box is None else (index, provenance.page)

    def title(self, index: int) -> str:
        """Return a document's name for people."""
        one = self.documents[index]
        if one.role == Role.BODY:
            return "The mail"
        if one.role == Role.ENCLOSED_BODY:
            return "A mail inside it"
        name = seen(one.name).strip() or "A document without a name"
        return name if len(name) <= 60 else f"{name[:40]}…{name[-16:]}"


def has_picture(media_type: str) -> bool:
    """Tell whether there is a picture of a document of this type; of any other there is only its text."""
    return media_type == "application/pdf" or (
        media_type.startswith("image/") and not media_type.startswith("image/svg")
    )


def pane_of(
    sources: Sources, asked: Mapping[str, str], keep: Mapping[str, str], first: tuple[int, int] | None, marks: Marks
) -> Pane | None:
    """Return what the source pane shows; None for a message without documents.

    Args:
        sources: The documents.
        asked: The address, which may name document, page, look, zoom and turn.
        keep: What of the address stays in every link.
        first: Document and page to begin with where the address names none.
        marks: The fields' places, by document.
    """
    offered = sources.offered()
    if not offered:
        return None
    index = _chosen(asked.get("document", ""), offered, first)
    text = sources.text_of(index)
    count = len(text.pages) if text else 1
    page = {"page": str(first[1])} if first and "document" not in asked and index == first[0] else {}
    view = View.of({**page, **asked}, count)
    looks = sources.looks(index)
    look = asked.get("look", "") if asked.get("look", "") in looks else looks[0]
    path = f"/items/{sources.item.summary.id}"
    own = {**keep, "document": str(index)}
    return Pane(
        documents=_document_links(sources, offered, index, path, keep),
        looks=[_look_link(one, look, path, own, view) for one in looks] if len(looks) > 1 else [],
        look=look,
        title=f"{sources.title(index)}, page {view.page}" if look == "picture" else sources.title(index),
        address=_address(path, index, look, view),
        view=view,
        path=path,
        query={**own, "look": look},
        pages=count,
        overlay=overlay(_page(text, view.page), marks.of(sources.documents[index].id), view.turn)
        if look == "picture"
        else None,
        place=f"{index}/{view.page}/{look}" if look == "picture" else f"{index}//{look}",
        notes=(*text.notes, *text.unread) if text and look == "picture" else (),
    )


class Marks:
    """The places of an item's fields, by document."""

    def __init__(self, item: Item, titles: Mapping[str, str], doubtful: Sequence[str]) -> None:
        self._fields = [one.read for one in item.fields if one.read is not None]
        self._titles = titles
        self._doubtful = doubtful

    def of(self, document_id: str) -> list[Mark]:
        """Return those in one document."""
        return marks_of(self._fields, document_id, self._titles, self._doubtful)


@router.page("/items/{item_id}/source", May.SEE_ITEMS)
def source(request: Request, item_id: str) -> Response:
    """Show the source pane alone, for pages that change it without loading anew."""
    from desk.web.review.page import source_pane

    item = item_in_scope(request, item_id)
    return render(request, "review/source_alone.html", pane=source_pane(request, item))


@router.page("/items/{item_id}/documents/{index}/pages/{number}", May.SEE_ITEMS)
def picture(request: Request, item_id: str, index: int, number: int, width: int = 1000, turn: int = 0) -> Response:
    """Send the picture of a page, drawn by the server."""
    item = item_in_scope(request, item_id)
    sources = Sources.of(request, item)
    document = _document(request, sources, index)
    page = _page(sources.text_of(index), number)
    office = office_of(request)
    content = office.pictures.page(document, page if page.lines or page.width else None, number, width, turn=turn)
    return _drawn(content)


@router.page("/items/{item_id}/crops/{name}", May.SEE_ITEMS)
def crop(request: Request, item_id: str, name: str) -> Response:
    """Send the piece of a page in which a field was read."""
    item = item_in_scope(request, item_id)
    read = next((one.read for one in item.fields if one.name == name and one.read is not None), None)
    sources = Sources.of(request, item)
    place = sources.place_of(read.provenance) if read else None
    if read is None or place is None or read.provenance.box is None:
        raise ItemNotFound(f"Item {item.summary.id} has no picture of this field.")
    document = _document(request, sources, place[0])
    page = _page(sources.text_of(place[0]), place[1])
    pictures, box = office_of(request).pictures, read.provenance.box
    return _drawn(pictures.crop(document, page, place[1], box, _CROP_WIDTH, padding=_CROP_PADDING))


@router.page("/items/{item_id}/documents/{index}/text", May.SEE_ITEMS)
def text(request: Request, item_id: str, index: int) -> Response:
    """Send the text of a document with the fields' words marked, for a frame."""
    from desk.web.review.page import marks_for

    item = item_in_scope(request, item_id)
    sources = Sources.of(request, item)
    _existing(sources, index)
    read = sources.text_of(index)
    title = f"{sources.title(index)}: the words as they were read"
    if read is None:
        return HTMLResponse(mail_frame("<p>This document could not be read.</p>", title), headers=FRAME_HEADERS)
    marks = marks_for(request, item).of(sources.documents[index].id)
    return HTMLResponse(text_frame(read, marks, title), headers=FRAME_HEADERS)


@router.page("/items/{item_id}/documents/{index}/mail", May.SEE_ITEMS)
def mail(request: Request, item_id: str, index: int) -> Response:
    """Send a mail as it looked, with nothing in it that acts, for a frame."""
    item = item_in_scope(request, item_id)
    sources = Sources.of(request, item)
    if "mail" not in sources.looks(_existing(sources, index)):
        raise ItemNotFound(f"Item {item.summary.id} has no such mail.")
    return HTMLResponse(mail_frame(_html(request, sources, index)), headers=FRAME_HEADERS)


def _html(request: Request, sources: Sources, index: int) -> str:
    """Return a mail's HTML; of one that was written as plain text, that text."""
    from flows.mail_pages import html_of, html_of_mail

    office = office_of(request)
    document = _document(request, sources, index)
    html = html_of(document)
    if not html and document.role is Role.BODY:
        html = html_of_mail(office.ledger.load_message(sources.item.summary.message_id), office.settings.limits)
    return html or f"<pre>{escape(document.content.decode(errors='replace'))}</pre>"


def _drawn(content: bytes) -> Response:
    from flows.draw_pages import MEDIA_TYPE

    return Response(content, media_type=MEDIA_TYPE, headers=_PICTURE_HEADERS)


def _existing(sources: Sources, index: int) -> int:
    if not 0 <= index < len(sources.documents):
        raise ItemNotFound(f"Item {sources.item.summary.id} has no such document.")
    return index


def _document(request: Request, sources: Sources, index: int) -> Any:
    row = sources.documents[_existing(sources, index)]
    return office_of(request).ledger.load_document(sources.item.summary.message_id, row.id)


def _page(text: Text | None, number: int) -> Page:
    found = next((page for page in text.pages if page.number == number), None) if text else None
    return found or Page(number, ())


def _chosen(asked: str, offered: Sequence[int], first: tuple[int, int] | None) -> int:
    named = next((index for index in offered if asked == str(index)), None)
    if named is not None:
        return named
    return first[0] if first and first[0] in offered else offered[0]


def _address(path: str, index: int, look: str, view: View) -> str:
    own = f"{path}/documents/{index}"
    if look == "picture":
        return f"{own}/pages/{view.page}?{urlencode({'width': view.width, 'turn': view.turn})}"
    return f"{own}/{look}"


def _document_links(
    sources: Sources, offered: Sequence[int], current: int, path: str, keep: Mapping[str, str]
) -> list[Choice]:
    return [
        Choice(sources.title(index), f"{path}?{urlencode({**keep, 'document': index})}#source", index == current)
        for index in offered
    ]


def _look_link(look: str, current: str, path: str, own: Mapping[str, str], view: View) -> Choice:
    query = urlencode({**own, "page": view.page, "look": look})
    return Choice(_LOOK_TITLES[look], f"{path}?{query}#source", look == current)
