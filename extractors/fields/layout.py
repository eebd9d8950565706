"""Layout: the words of a message as cells in rows, and as running text in blocks, with the way back to their boxes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from postroom.document import Role
from postroom.text import Box, Line, Page, Section, Source, Text, Word

_COLUMN_GAP = 2.6
"""A gap of more than so many characters' widths parts two columns."""
_BOXED_GAP = 6.0
"""Between single characters, as in a form's boxes, the gap may be wider."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Words of one line that stand close together."""

    words: tuple[Word, ...]
    box: Box
    line: int
    """Which line of the page it belongs to."""
    starts: tuple[int, ...]
    """Where each word begins in the text."""
    text: str

    def words_between(self, start: int, end: int) -> tuple[Word, ...]:
        """Return the words that a part of the text touches."""
        return tuple(
            word for word, at in zip(self.words, self.starts, strict=True) if at < end and at + len(word.text) > start
        )


@dataclass(slots=True)
class Block:
    """Cells one below the other that read on, as one text with a line break between cells."""

    document_id: str
    page: int
    role: Role
    section: Section
    source: Source
    cells: list[Cell] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    text: str = ""
    neighbours: tuple[Cell, ...] = ()
    """All cells of the page."""

    def add(self, cell: Cell) -> None:
        """Put a cell below the others."""
        self.offsets.append(len(self.text) + 1 if self.cells else 0)
        self.text = f"{self.text}\n{cell.text}" if self.cells else cell.text
        self.cells.append(cell)

    def cell_at(self, place: int) -> Cell:
        """Return the cell in which a place of the text lies."""
        return self.cells[max(0, bisect_right(self.offsets, place) - 1)]

    def words_between(self, start: int, end: int) -> list[Word]:
        """Return the words that a part of the text touches."""
        return [
            word
            for cell, offset in zip(self.cells, self.offsets, strict=True)
            for word in cell.words_between(start - offset, end - offset)
        ]

    @property
    def is_prose(self) -> bool:
        """Whether sentences run on from line to line, so that what stands before a value speaks of it."""
        lengths = [len(cell.words) for cell in self.cells]
        return bool(lengths) and (max(lengths) >= 6 or median(lengths) >= 5)


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a block's text."""

    block: Block
    start: int
    end: int

    @property
    def text(self) -> str:
        """The words as they stand."""
        return self.block.text[self.start : self.end]

    @property
    def words(self) -> list[Word]:
        """The words it touches."""
        return self.block.words_between(self.start, self.end)

    @property
    def box(self) -> Box | None:
        """The smallest box around its words."""
        return around(word.box for word in self.words)

    @property
    def confidence(self) -> float:
        """How surely its words were read; the least sure word decides."""
        return min((word.confidence for word in self.words), default=1.0)

    @property
    def cell(self) -> Cell:
        """The cell in which it begins."""
        return self.block.cell_at(self.start)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page: its cells and blocks."""

    document_id: str
    number: int
    role: Role
    source: Source
    cells: tuple[Cell, ...]
    blocks: tuple[Block, ...]

    def block_of(self, cell: Cell) -> tuple[Block, int]:
        """Return the block a cell belongs to and where the cell begins in its text."""
        for block in self.blocks:
            for member, offset in zip(block.cells, block.offsets, strict=True):
                if member is cell:
                    return block, offset
        raise LookupError("the cell is of another page")


def lay_out(text: Text, role: Role) -> list[Sheet]:
    """Return the pages of a document as sheets."""
    return [_sheet(text.document_id, page, role) for page in text.pages]


def around(boxes: Iterable[Box]) -> Box | None:
    """Return the smallest box that holds all, or None for none."""
    result: Box | None = None
    for box in boxes:
        result = box if result is None else result.around(box)
    return result


def _sheet(document_id: str, page: Page, role: Role) -> Sheet:
    cells: list[Cell] = []
    blocks: list[Block] = []
    alone = _alone(page.lines)
    for number, line in enumerate(page.lines):
        parts = list(_split(line, page.source))
        for words in parts:
            cell = _cell(words, number)
            cells.append(cell)
            block = _block_above(cell, line.section, blocks, page.source, alone)
            if block is None:
                block = Block(document_id, page.number, role, line.section, page.source)
                blocks.append(block)
            block.add(cell)
    for block in blocks:
        block.neighbours = tuple(cells)
    return Sheet(document_id, page.number, role, page.source, tuple(cells), tuple(blocks))


def _alone(lines: Sequence[Line]) -> frozenset[int]:
    """Return the lines beside which nothing else stands."""
    boxes = [line.box for line in lines]
    return frozenset(
        number
        for number, box in enumerate(boxes)
        if not any(
            other is not box and min(box.y1, other.y1) - max(box.y0, other.y0) > 0.4 * min(box.height, other.height)
            for other in boxes
        )
    )


def _cell(words: Sequence[Word], line: int) -> Cell:
    starts = []
    at = 0
    for word in words:
        starts.append(at)
        at += len(word.text) + 1
    box = around(word.box for word in words)
    assert box is not None  # noqa: S101 - a cell has words
    return Cell(tuple(words), box, line, tuple(starts), " ".join(word.text for word in words))


def _split(line: Line, source: Source) -> Iterable[list[Word]]:
    width = median(word.box.width / max(1, len(word.text)) for word in line.words)
    part: list[Word] = []
    for word in line.words:
        if part:
            gap = word.box.x0 - part[-1].box.x1
            boxed = len(word.text) <= 2 and len(part[-1].text) <= 2 and source is not Source.PLAIN
            if gap > width * (_BOXED_GAP if boxed else _COLUMN_GAP):
                yield part
                part = []
        part.append(word)
    if part:
        yield part


def _block_above(
    cell: Cell, section: Section, blocks: Sequence[Block], source: Source, alone: Container[int]
) -> Block | None:
    """Return the block that a cell continues: the nearest above it, of the same section and much the same height."""
    best: Block | None = None
    nearest = 1e9
    height = cell.box.height
    for block in reversed(blocks[-60:]):
        last = block.cells[-1].box
        if block.section is not section or cell.box.y0 < last.y0 + last.height * 0.4:
            continue
        gap = cell.box.y0 - last.y1
        limit = 0.4 * height if source is Source.PLAIN else 0.9 * min(height, last.height)
        alike = source is Source.PLAIN or 0.5 <= height / max(last.height, 1e-6) <= 2
        overlap = min(cell.box.x1, last.x1) - max(cell.box.x0, last.x0)
        beside = overlap > 0.3 * min(cell.box.width, last.width) or abs(cell.box.x0 - last.x0) < height
        # Lines with nothing beside them read on whatever their indent, as an address at the head does.
        free = cell.line in alone and block.cells[-1].line in alone and cell.line == block.cells[-1].line + 1
        if gap <= limit and alike and (beside or free or source is Source.PLAIN) and gap < nearest:
            best, nearest = block, gap
    return best
