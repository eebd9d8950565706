"""Parts: a message taken apart into what its body says and what each of its documents says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from extractors.triage.phrases import fold
from postroom.document import Document, Role
from postroom.message import ReadMessage
from postroom.text import Line, Section, Text

SPOKEN = (Section.NEW, Section.FORWARDED)
"""The sections in which the sender speaks of the matter itself."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a document with its place."""

    document_id: str
    page: int
    index: int
    text: str
    gap: bool = False
    """An empty line, or the beginning of a page, stands before it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows that belong together: a body, a document, a run of its pages, a passage."""

    rows: tuple[Row, ...]
    name: str = ""
    """The file's name, which may tell what it is."""

    @property
    def text(self) -> str:
        """The rows, one below the other."""
        return "\n".join(row.text for row in self.rows)

    @property
    def folded(self) -> str:
        """The text as phrases are looked for in it."""
        return fold(self.text)

    @property
    def words(self) -> int:
        """How many words it has."""
        return len(self.text.split())

    @property
    def document_ids(self) -> tuple[str, ...]:
        """Its documents, in order, each once."""
        return tuple(dict.fromkeys(row.document_id for row in self.rows))

    def spans(self) -> tuple[tuple[str, int, int, int], ...]:
        """Return its rows as (document id, page, first line, last line + 1), neighbouring rows joined."""
        spans: list[tuple[str, int, int, int]] = []
        for document_id, page, index in dict.fromkeys((row.document_id, row.page, row.index) for row in self.rows):
            if spans and spans[-1][:2] == (document_id, page) and spans[-1][3] == index:
                spans[-1] = (*spans[-1][:3], index + 1)
            else:
                spans.append((document_id, page, index, index + 1))
        return tuple(spans)


@dataclass(frozen=True, slots=True)
class Parts:
    """What triage looks at."""

    subject: str
    is_reply: bool
    body: Part
    """What the sender wrote or passed on."""
    quoted: Part
    """Earlier mails repeated below."""
    frame: Part
    """Signatures and small print under what the sender wrote."""
    documents: tuple[Part, ...]
    """Attachments and scans that hold text, one part each."""
    blank: tuple[str, ...] = ()
    """Ids of attachments without readable text: a photograph of a bin, a damaged file."""


def take_apart(read: ReadMessage) -> Parts:
    """Sort the lines of a message by what they are to triage; pictures of the layout are left out."""
    envelope = read.unpacked.envelope
    subject = envelope.subject if envelope else ""
    bodies = _texts(read, Role.BODY, Role.ENCLOSED_BODY)
    files = _texts(read, Role.ATTACHMENT, Role.SCAN)
    parts = [(document, Part(tuple(_rows(text)), document.name)) for document, text in files]
    return Parts(
        subject=subject,
        is_reply=fold(subject).startswith((" re ", " atb ")),
        body=Part(tuple(row for _, text in bodies for row in _rows(text, *SPOKEN))),
        quoted=Part(tuple(row for _, text in bodies for row in _rows(text, Section.QUOTED))),
        frame=Part(tuple(row for _, text in bodies for row in _rows(text, Section.SIGNATURE, Section.DISCLAIMER))),
        documents=tuple(part for _, part in parts if part.words >= 3),
        blank=tuple(document.id for document, part in parts if part.words < 3),
    )


def _texts(read: ReadMessage, *roles: Role) -> list[tuple[Document, Text]]:
    chosen = [document for document in read.unpacked.documents if document.role in roles]
    return [(document, read.text_of(document) or Text(document.id, ())) for document in chosen]


def _rows(text: Text, *sections: Section) -> Iterator[Row]:
    for page in text.pages:
        before: Line | None = None
        for index, line in enumerate(page.lines):
            if not sections or line.section in sections:
                yield Row(text.document_id, page.number, index, line.text, _gap(before, line))
            before = line


def _gap(before: Line | None, line: Line) -> bool:
    if before is None:
        return True
    return line.box.y0 - before.box.y1 > 0.6 * max(line.box.height, 1e-6)
