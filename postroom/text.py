"""Text: what a reader saw in a document, each word with its place and how surely it was read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on an upright page, in fractions of its width and height (0..1), origin top left."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """In fractions of the page."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """In fractions of the page."""
        return self.y1 - self.y0

    @property
    def middle(self) -> tuple[float, float]:
        """The centre, across and down."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def around(self, other: Box) -> Box:
        """Return the smallest box that holds both."""
        return Box(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))


class Section(StrEnum):
    """Which part of a mail's body a line belongs to; a page of any other document is all `NEW`."""

    NEW = "new"
    """What the sender wrote this time."""
    QUOTED = "quoted"
    """An earlier message repeated below or between."""
    FORWARDED = "forwarded"
    """An earlier message passed on, which is the matter itself."""
    SIGNATURE = "signature"
    DISCLAIMER = "disclaimer"


class Source(StrEnum):
    """How a page became words."""

    PLAIN = "plain"
    """Characters as the sender's program wrote them: mail, Word, Excel."""
    TEXT_LAYER = "text-layer"
    TESSERACT = "tesseract"
    RAPIDOCR = "rapidocr"


@dataclass(frozen=True, slots=True)
class Word:
    """One word with its place and the reader's confidence in it (0..1)."""

    text: str
    box: Box
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """Words that stand beside each other and read as one line, left to right."""

    words: tuple[Word, ...]
    section: Section = Section.NEW

    @property
    def text(self) -> str:
        """The words with one space between."""
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        """The smallest box that holds every word."""
        box = self.words[0].box
        for word in self.words[1:]:
            box = box.around(word.box)
        return box


@dataclass(frozen=True, slots=True)
class Page:
    """One upright page: its lines in reading order."""

    number: int
    """From 1, within its document."""
    lines: tuple[Line, ...]
    source: Source = Source.PLAIN
    width: int = 0
    """Of the upright picture the boxes refer to, in pixels; 0 where there is no picture."""
    height: int = 0
    rotation: int = 0
    """Degrees clockwise by which the page as stored was turned to stand upright: 0, 90, 180 or 270."""
    corners: tuple[tuple[float, float], ...] = ()
    """Where the upright page's corners lie in the picture as stored, clockwise from the top left, in fractions.

    Empty where the page was not read from a picture.
    """

    @property
    def text(self) -> str:
        """The lines, one below the other."""
        return "\n".join(line.text for line in self.lines)

    @property
    def words(self) -> Iterator[Word]:
        """Every word in reading order."""
        return (word for line in self.lines for word in line.words)

    @property
    def confidence(self) -> float:
        """The mean confidence of the words, weighted by their length; 0 for an empty page."""
        weights = [(len(word.text), word.confidence) for word in self.words]
        total = sum(length for length, _ in weights)
        return sum(length * confidence for length, confidence in weights) / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Text:
    """All pages of one document."""

    document_id: str
    pages: tuple[Page, ...]
    notes: tuple[str, ...] = ()
    """Remarks of the reader in words an officer understands, such as "page 3 is blank"."""
    unread: tuple[str, ...] = ()
    """What of the document could not be read, and what to do about it; each sends the item to a person."""

    @property
    def text(self) -> str:
        """The pages, with an empty line between."""
        return "\n\n".join(page.text for page in self.pages)

    def part(self, *sections: Section) -> str:
        """Return the lines of the given sections as plain text."""
        return "\n".join(line.text for page in self.pages for line in page.lines if line.section in sections)


def plain_page(lines: list[tuple[str, Section]], number: int = 1) -> Page:
    """Lay plain lines out on a grid of characters, so that typed text has boxes as a picture has.

    Each line keeps its own row; a column is one character of the longest line (at least 80).
    """
    rows = max(len(lines), 1)
    columns = max([80, *(len(text) for text, _ in lines)])
    laid = []
    for row, (text, section) in enumerate(lines):
        words = tuple(_words_of_row(text, row, rows, columns))
        if words:
            laid.append(Line(words, section))
    return Page(number, tuple(laid))


def _words_of_row(text: str, row: int, rows: int, columns: int) -> Iterator[Word]:
    column = 0
    for word in text.split():
        column = text.index(word, column)
        yield Word(word, Box(column / columns, row / rows, (column + len(word)) / columns, (row + 1) / rows))
        column += len(word)
