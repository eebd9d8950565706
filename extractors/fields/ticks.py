"""Ticks: a number chosen by ticking one of a row of numbered boxes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractors.fields.choices import EMPTY, TICKED
from extractors.fields.item import Item
from extractors.fields.labels import LabelHit
from extractors.fields.layout import Block, Cell
from extractors.fields.marks import marked, ticked_in_row
from extractors.fields.options import Option
from postroom.process import FieldSpec
from postroom.text import Box


def ticked_integers(item: Item, name: str, spec: FieldSpec, labels: Sequence[LabelHit]) -> list[Option]:
    """Return the number whose box is ticked in a row of numbered boxes behind one of the field's labels."""
    options = []
    for label in labels:
        if name not in label.owners or label.box is None:
            continue
        block = label.span.block
        row = [
            cell
            for cell in block.neighbours
            if abs(cell.box.middle[1] - label.box.middle[1]) < 0.8 * label.box.height and cell.box.x1 > label.box.x1
        ]
        text = " ".join(cell.text for cell in sorted(row, key=lambda cell: cell.box.x0))
        number = _ticked_number(text, spec) or _boxed_number(item, label, spec) or _inked_number(item, block, row, spec)
        if number:
            options.append(Option(number, 2.8, f"tick:{label.phrase}", label.span))
    return options


def _boxed_number(item: Item, label: LabelHit, spec: FieldSpec) -> str:
    """Return the number by the place of the ticked box among as many boxes as there are numbers."""
    if spec.minimum is None or spec.maximum is None or label.box is None:
        return ""
    place = ticked_in_row(item, label.span.block, label.box, spec.maximum - spec.minimum + 1)
    return str(spec.minimum + place) if place is not None else ""


def _inked_number(item: Item, block: Block, row: Sequence[Cell], spec: FieldSpec) -> str:
    """Return the number of a row of printed numbers beside which a pen has been."""
    found: dict[int, Box] = {}
    for cell in row:
        for word in cell.words:
            figure = re.search(r"(?<!\d)(\d)(?=\W*$)", word.text)
            if figure and (spec.minimum or 1) <= int(figure[1]) <= (spec.maximum or 9):
                share = word.box.width / max(1, len(word.text))
                left = word.box.x0 + figure.start() * share
                found.setdefault(int(figure[1]), Box(left, word.box.y0, left + share, word.box.y1))
    numbers = sorted(found)
    if len(numbers) < 3 or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return ""
    place = marked(item, block, [found[number] for number in numbers])
    return str(numbers[place]) if place is not None else ""


def _ticked_number(text: str, spec: FieldSpec) -> str:
    pairs: list[tuple[str, str]] = re.findall(rf"(\d)\s*([{''.join(TICKED)}{''.join(EMPTY)}xX|✓]?)(?=\s|\d|$)", text)
    numbers = [number for number, _ in pairs]
    low, high = spec.minimum or 1, spec.maximum or 9
    if (
        len(numbers) < 3
        or [int(number) for number in numbers] != list(range(low, low + len(numbers)))
        or int(numbers[-1]) > high
    ):
        return ""
    ticked = [number for number, mark in pairs if mark in TICKED or mark in ("x", "X", "✓")]
    if len(ticked) == 1:
        return ticked[0]
    # A box with a tick in it is often lost in reading, while the empty ones are read as empty.
    bare = [number for number, mark in pairs if mark not in EMPTY]
    return bare[0] if len(bare) == 1 and len(pairs) >= 3 else ""
