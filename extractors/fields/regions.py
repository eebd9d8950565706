"""Regions: what stands where a label says a value must be, whatever its shape."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extractors.fields.item import below, beside
from extractors.fields.labels import LabelHit
from extractors.fields.layout import Sheet, Span

_LEAD = re.compile(r"[\s:;.,=\-–—>|_*)?]*(?:\([^)]{0,60}\)?[\s:;.,=\-–—>|_*]*)?(?:(?:is|are|was|will be|of)\b[\s:]*)?")


@dataclass(frozen=True, slots=True)
class Region:
    """A place announced by a label."""

    span: Span
    """From where the value must begin to the end of its block."""
    label: LabelHit
    strength: float


def regions(sheets: Sequence[Sheet], labels: Sequence[LabelHit], owner: str) -> Iterator[Region]:
    """Yield the places that a field's labels announce: behind the label, in the cell beside it, in the cell below."""
    starts = {
        (id(label.span.block), label.span.start) for label in labels if label.starts_cell and len(label.phrase) > 2
    }
    for label in labels:
        if owner in label.owners:
            sheet = next((sheet for sheet in sheets if label.span.block in sheet.blocks), None)
            if sheet is not None:
                yield from _announced(sheet, label, starts)


def _announced(sheet: Sheet, label: LabelHit, starts: set[tuple[int, int]]) -> Iterator[Region]:
    block = label.span.block
    cell = label.span.cell
    offset = block.offsets[block.cells.index(cell)]
    lead = _LEAD.match(block.text, label.span.end)
    begin = lead.end() if lead else label.span.end
    if re.search(r"\w", block.text[begin : offset + len(cell.text)]):
        yield Region(Span(block, begin, len(block.text)), label, label.quality)
    elif label.ends_cell:
        for other, strength in ((beside(sheet, cell), 0.92), (below(sheet, cell), 0.8)):
            if other is None:
                continue
            near, at = sheet.block_of(other)
            if (id(near), at) not in starts:
                yield Region(Span(near, at, len(near.text)), label, label.quality * strength)


def first_cell(span: Span) -> str:
    """Return the rest of the first cell of a region."""
    cell = span.cell
    offset = span.block.offsets[span.block.cells.index(cell)]
    return span.block.text[span.start : offset + len(cell.text)]
