"""The source beside the fields: the text with each field's words marked, and the boxes over the picture of a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import groupby
from typing import Final, Literal
from urllib.parse import urlencode

from desk.web.source.frames import MOST_MARKS, framed, seen
from postroom.fields import Field
from postroom.text import Box, Line, Page, Section, Source, Text, Word

ZOOMS: Final = (100, 150, 200, 300)
TURNS: Final = (0, 90, 180, 270)
_ACROSS: Final = 1000
"""Units across the drawing over a page."""
_A4: Final = 297 / 210
_LABELS: Final = {
    Section.QUOTED: "An earlier mail, quoted",
    Section.FORWARDED: "A mail passed on",
    Section.SIGNATURE: "Signature",
    Section.DISCLAIMER: "Small print",
}
_AFTER_A_VALUE: Final = ".,;:"
_WIDEST_GAP: Final = 40
"""Spaces kept between two words of typed text."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where one field was read, to be shown in the source."""

    name: str
    title: str
    page: int
    box: Box | None
    text: str = ""
    """The words as they stand in the source; where the box holds more than these, these are marked."""
    doubtful: bool = False


def marks_of(
    fields: Iterable[Field], document_id: str, titles: Mapping[str, str], doubtful: Iterable[str] = ()
) -> list[Mark]:
    """Return the marks of the fields that were read in one document and have a place there."""
    unsure = set(doubtful)
    return [
        Mark(
            field.name,
            titles.get(field.name) or field.name.replace("_", " "),
            field.provenance.page,
            field.provenance.box,
            field.provenance.text,
            field.name in unsure,
        )
        for field in fields
        if field.provenance.document_id == document_id and field.provenance.box is not None
    ]


def text_frame(text: Text, marks: Sequence[Mark], title: str = "The text as it was read") -> str:
    """Return a whole document for a sandboxed frame, to be sent with `FRAME_HEADERS`.

    The words of each field are in `#field-NAME`, and a page is `#page-NUMBER`.
    """
    remarks = "".join(f"<li>{escape(seen(remark))}</li>" for remark in (*text.unread, *text.notes))
    pages = "\n".join(_page(page, marks, len(text.pages) > 1) for page in text.pages)
    return framed(title, (f'<ul class="remarks">{remarks}</ul>\n' if remarks else "") + (pages or _nothing("here")))


def _nothing(where: str) -> str:
    return f'<p class="remark">No words were read {where}. Look at the picture, or at the other documents.</p>'


def _page(page: Page, marks: Sequence[Mark], several: bool) -> str:
    head = f"<h2>Page {page.number}</h2>\n" if several else ""
    pen = _Pen(page, marks)
    parts = [_part(section, list(lines), pen) for section, lines in groupby(page.lines, lambda line: line.section)]
    content = "\n".join(parts) or _nothing("on this page")
    return f'<section class="page" id="page-{page.number}">\n{head}{content}\n</section>'


def _part(section: Section, lines: list[Line], pen: _Pen) -> str:
    written = "\n".join(pen.line(line) for line in lines)
    if section not in _LABELS:
        return f"<div>\n{written}\n</div>"
    return f'<div class="part {section.value}">\n<p class="label">{_LABELS[section]}</p>\n{written}\n</div>'


class _Pen:
    """Writes the lines of one page, opening and closing marks on the way."""

    def __init__(self, page: Page, marks: Sequence[Mark]) -> None:
        words = list(page.words)
        self._marks = list(marks)
        self._ends: dict[int, int] = {}
        self._of_word: list[list[int]] = [[] for _ in words]
        for number, mark in enumerate(marks):
            for index in _covered(words, mark) if mark.page == page.number else ():
                self._of_word[index].append(number)
                self._ends[number] = index
        self._begun: set[int] = set()
        self._at = 0
        self._above: Box | None = None
        self._letter = _letter_width(words) if page.source is Source.PLAIN else 0.0

    def line(self, line: Line) -> str:
        """Return one line."""
        pieces: list[str] = []
        open_marks: list[int] = []
        before: Word | None = None
        for word in line.words:
            wanted = self._of_word[self._at]
            while not set(open_marks) <= set(wanted):
                open_marks.pop()
                pieces.append("</mark>")
            pieces.append(" " * self._gap(before, word))
            # The longest is opened first, so that the shorter ones lie within it.
            for number in sorted(set(wanted) - set(open_marks), key=lambda one: -self._ends[one]):
                open_marks.append(number)
                pieces.append(self._opened(number))
            pieces.append(self._written(word, open_marks))
            before, self._at = word, self._at + 1
        return f'<div class="{self._kind(line)}" dir="auto">{"".join(pieces)}{"</mark>" * len(open_marks)}</div>'

    def _written(self, word: Word, open_marks: list[int]) -> str:
        """Return a word; the stop or comma after a value ends its marks, for it is none of the value."""
        core = word.text.rstrip(_AFTER_A_VALUE)
        if not core or core == word.text or any(self._ends[number] != self._at for number in open_marks):
            return escape(seen(word.text))
        ends = "</mark>" * len(open_marks)
        open_marks.clear()
        return escape(seen(core)) + ends + escape(seen(word.text[len(core) :]))

    def _opened(self, number: int) -> str:
        mark = self._marks[number]
        kind = f"m{number}" if number < MOST_MARKS else ""
        kind = f"{kind} doubtful" if mark.doubtful else kind
        title = escape(seen(mark.title))
        if number in self._begun:
            return f'<mark class="{kind}" title="{title}">'
        self._begun.add(number)
        said = f'<span class="said">{title}: </span>'
        return f'<mark id="field-{escape(mark.name)}" class="{kind}" title="{title}">{said}'

    def _gap(self, before: Word | None, word: Word) -> int:
        """Return how many spaces stand before a word: typed text keeps its columns, read text has one."""
        if not self._letter:
            return 0 if before is None else 1
        space = round((word.box.x0 - (before.box.x1 if before else 0.0)) / self._letter)
        return min(max(space, 0 if before is None else 1), _WIDEST_GAP)

    def _kind(self, line: Line) -> str:
        box, above = line.box, self._above
        self._above = box
        return "line gap" if above and box.y0 - above.y1 > 0.7 * max(above.height, box.height) else "line"


def _letter_width(words: Sequence[Word]) -> float:
    return next((word.box.width / len(word.text) for word in words if word.text), 0.0)


def _covered(words: Sequence[Word], mark: Mark) -> list[int]:
    """Return the words that a mark covers: those in its box, and of these the ones it names, if they stand together."""
    if mark.box is None:
        return []
    top, bottom = mark.box.y0, mark.box.y1
    level = [index for index, word in enumerate(words) if word.box.y0 < bottom and word.box.y1 > top]
    inside = [index for index in level if _share(words[index].box, mark.box) > 0.5]
    named = mark.text.split()
    for start in range(len(inside) - len(named) + 1 if named else 0):
        run = inside[start : start + len(named)]
        if all(name in words[index].text for name, index in zip(named, run, strict=True)):
            return run
    return inside


def _share(one: Box, other: Box) -> float:
    """Return how much of the smaller box lies in the larger one."""
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    down = min(one.y1, other.y1) - max(one.y0, other.y0)
    smaller = min(one.width * one.height, other.width * other.height)
    return max(across, 0.0) * max(down, 0.0) / smaller if smaller > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Outline:
    """One field's rectangle over the picture of a page."""

    name: str
    title: str
    doubtful: bool
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is drawn over the picture of a page: `viewBox="0 0 width height"`."""

    width: int
    height: int
    outlines: tuple[Outline, ...]


def overlay(page: Page, marks: Sequence[Mark], turn: int = 0) -> Overlay:
    """Return the outlines of the fields read on a page, turned as its picture is."""
    shape = page.height / page.width if page.width and page.height else _A4
    height = round(_ACROSS / shape if turn % 180 else _ACROSS * shape)
    outlines = tuple(
        Outline(
            mark.name,
            mark.title,
            mark.doubtful,
            round(box.x0 * _ACROSS, 1),
            round(box.y0 * height, 1),
            round(box.width * _ACROSS, 1),
            round(box.height * height, 1),
        )
        for mark in marks
        if mark.page == page.number and mark.box is not None
        for box in (turned(mark.box, turn),)
    )
    return Overlay(_ACROSS, height, outlines)


def turned(box: Box, degrees: int) -> Box:
    """Return where a box lies when its page is turned clockwise by 0, 90, 180 or 270 degrees."""
    for _ in range(degrees // 90 % 4):
        box = Box(1 - box.y1, box.x0, 1 - box.y0, box.x1)
    return box


@dataclass(frozen=True, slots=True)
class Choice:
    """One way of looking at a page, as a link."""

    title: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class View:
    """How a page is looked at: all of it in the address, so that it works without script."""

    page: int = 1
    zoom: int = 100
    turn: int = 0

    @classmethod
    def of(cls, query: Mapping[str, str], pages: int = 1) -> View:
        """Read `page`, `zoom` and `turn` from an address; what makes no sense there counts as not given."""
        page = _number(query.get("page", ""), range(1, max(pages, 1) + 1), 1)
        return cls(page, _number(query.get("zoom", ""), ZOOMS, 100), _number(query.get("turn", ""), TURNS, 0))

    @property
    def width(self) -> int:
        """Of the picture to be asked for, in pixels, before it is turned."""
        return _ACROSS * self.zoom // 100

    def zooms(self, path: str, query: Mapping[str, str]) -> list[Choice]:
        """Return a link for each size."""
        return [
            Choice(f"{zoom}%", self._link(replace(self, zoom=zoom), path, query), zoom == self.zoom) for zoom in ZOOMS
        ]

    def turns(self, path: str, query: Mapping[str, str]) -> list[Choice]:
        """Return links that turn the page to the left and to the right."""
        ways: tuple[tuple[Literal["left", "right"], int], ...] = (("left", 270), ("right", 90))
        return [
            Choice(f"Turn {way}", self._link(replace(self, turn=(self.turn + by) % 360), path, query), False)
            for way, by in ways
        ]

    def pages(self, path: str, query: Mapping[str, str], count: int) -> list[Choice]:
        """Return a link for each page; a turn is meant for one page alone."""
        return [
            Choice(f"Page {page}", self._link(replace(self, page=page, turn=0), path, query), page == self.page)
            for page in range(1, count + 1)
        ]

    def _link(self, view: View, path: str, query: Mapping[str, str]) -> str:
        others = {name: value for name, value in query.items() if name not in {"page", "zoom", "turn"}}
        return f"{path}?{urlencode({**others, 'page': view.page, 'zoom': view.zoom, 'turn': view.turn})}"


def _number(given: str, allowed: Sequence[int] | range, otherwise: int) -> int:
    found: Iterator[int] = (one for one in allowed if given == str(one))
    return next(found, otherwise)
