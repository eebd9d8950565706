"""The item: everything of a message that belongs to one request, laid out, with who wrote it and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from extractors.fields.layout import Block, Cell, Sheet, Span, lay_out
from extractors.values.dates import find_dates
from postroom.document import Document, Role
from postroom.message import Envelope, ReadMessage
from postroom.process import Process
from postroom.text import Page, Section, Source, Text, plain_page
from postroom.workitem import Triage

SUBJECT_PAGE = 0
"""Page number of the subject line, which has no place on a page."""
_BODIES = (Role.BODY, Role.ENCLOSED_BODY)


@dataclass(frozen=True)
class Item:
    """One request: its pages, its writer, and what the mail's headers say."""

    read: ReadMessage
    triage: Triage
    process: Process
    sheets: tuple[Sheet, ...]
    subject: Sheet | None = None
    pictures: dict[tuple[str, int], bytes | None] = field(default_factory=dict)
    """Pictures of pages already drawn, by document and page."""
    _written: dict[str, date | None] = field(default_factory=dict)

    @property
    def envelope(self) -> Envelope | None:
        """The headers of the outermost mail."""
        return self.read.unpacked.envelope

    @property
    def all_sheets(self) -> tuple[Sheet, ...]:
        """Every page, the subject line as one more."""
        return (self.subject, *self.sheets) if self.subject else self.sheets

    @cached_property
    def council_domains(self) -> frozenset[str]:
        """The domains the mail was sent to: addresses there are the council's own."""
        recipients = self.envelope.recipients if self.envelope else ()
        return frozenset(address.rpartition("@")[2].casefold() for address in recipients if "@" in address)

    @cached_property
    def writer(self) -> Envelope | None:
        """Who wrote the matter itself: of a mail passed on, the first writer who is not the council's own."""
        if self.envelope is None:
            return None
        passed_on = any(block.section is Section.FORWARDED for sheet in self.sheets for block in sheet.blocks)
        inner = [
            mail
            for mail in self.read.unpacked.enclosed
            if mail.sender_address and not self.is_council(mail.sender_address)
        ]
        if inner and (passed_on or any(sheet.role is Role.ENCLOSED_BODY for sheet in self.sheets)):
            return inner[-1]
        return self.envelope

    @cached_property
    def sent_on(self) -> date | None:
        """The day the matter was written, or reached the council where it bears no date."""
        if self.writer and self.writer.sent_at:
            return self.writer.sent_at.date()
        if self.envelope and self.envelope.sent_at:
            return self.envelope.sent_at.date()
        return None

    @cached_property
    def arrived_on(self) -> date | None:
        """The day the message reached the council."""
        if self.envelope and self.envelope.sent_at:
            return self.envelope.sent_at.date()
        return self.read.received_at.date() if self.read.received_at else None

    def is_council(self, address: str) -> bool:
        """Tell whether an e-mail address is the council's own."""
        return address.rpartition("@")[2].casefold() in self.council_domains

    def is_body(self, block: Block) -> bool:
        """Tell whether a block belongs to what people typed into the mail."""
        return block.role in _BODIES

    def outside(self, span: Span) -> bool:
        """Tell whether a place lies outside the lines that triage gave to this request."""
        parts = [part for part in self.triage.lines if part[0] == span.block.document_id]
        if not parts or span.block.page == SUBJECT_PAGE:
            return False
        line = span.cell.line
        return not any(page == span.block.page and first <= line < last for _, page, first, last in parts)

    def written_on(self, block: Block) -> date | None:
        """Return the day against which the relative dates of a block count."""
        if not self.is_body(block):
            return self._dated(block.document_id)
        if block.section in (Section.FORWARDED, Section.QUOTED) or block.role is Role.ENCLOSED_BODY:
            return self.sent_on
        return self.envelope.sent_at.date() if self.envelope and self.envelope.sent_at else self.arrived_on

    def _dated(self, document_id: str) -> date | None:
        """Return the latest full date a document bears that is not after its arrival."""
        if document_id not in self._written:
            latest = self.arrived_on
            days = [
                date.fromisoformat(found.value)
                for sheet in self.sheets
                if sheet.document_id == document_id
                for block in sheet.blocks
                for found in find_dates(block.text, None)
            ]
            earlier = [day for day in days if latest is None or day <= latest]
            self._written[document_id] = max(earlier, default=latest)
        return self._written[document_id]


def gather(read: ReadMessage, triage: Triage, process: Process) -> Item:
    """Lay out the documents that belong to a request; all of them where triage names none."""
    documents = [
        document
        for document in read.unpacked.documents
        if not triage.document_ids or document.id in triage.document_ids
    ]
    sheets = [sheet for document, text in _readable(read, documents) for sheet in lay_out(text, document.role)]
    return Item(read, triage, process, tuple(sheets), _subject(read, documents))


def _readable(read: ReadMessage, documents: list[Document]) -> list[tuple[Document, Text]]:
    pairs = []
    for document in documents:
        text = read.text_of(document)
        if text is not None:
            pairs.append((document, text))
    return pairs


def _subject(read: ReadMessage, documents: list[Document]) -> Sheet | None:
    envelope = read.unpacked.envelope
    if envelope is None or not envelope.subject.strip():
        return None
    body = next((document for document in documents if document.role in _BODIES), None)
    page = plain_page([(envelope.subject, Section.NEW)])
    page = Page(SUBJECT_PAGE, page.lines, Source.PLAIN)
    owner = body.id if body else (documents[0].id if documents else "")
    return lay_out(Text(owner, (page,)), Role.BODY)[0]


def below(sheet: Sheet, cell: Cell) -> Cell | None:
    """Return the nearest cell under a cell, in its column."""
    height = cell.box.height
    under = [
        other
        for other in sheet.cells
        if other.box.y0 > cell.box.y0 + 0.5 * height
        and other.box.y0 - cell.box.y1 < 2.6 * height
        and (
            min(other.box.x1, cell.box.x1) > max(other.box.x0, cell.box.x0)
            or abs(other.box.x0 - cell.box.x0) < 2 * height
        )
    ]
    return min(under, key=lambda other: other.box.y0, default=None)


def beside(sheet: Sheet, cell: Cell) -> Cell | None:
    """Return the nearest cell to the right of a cell, in its row."""
    height = cell.box.height
    right = [
        other
        for other in sheet.cells
        if other.box.x0 >= cell.box.x1 - 0.01
        and min(other.box.y1, cell.box.y1) - max(other.box.y0, cell.box.y0) > -0.2 * min(height, other.box.height)
    ]
    return min(
        right,
        key=lambda other: other.box.x0 - cell.box.x1 + 2 * abs(other.box.middle[1] - cell.box.middle[1]),
        default=None,
    )
