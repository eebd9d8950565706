"""Choices: which of the listed values is meant, from ticks beside options and from the words of the text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from extractors.fields.item import Item
from extractors.fields.labels import MEANING, LabelHit
from extractors.fields.layout import Block, Cell, Span
from extractors.fields.options import Option, announced, place_evidence
from postroom.process import FieldSpec
from postroom.text import Section

TICKED = frozenset("☒☑✓✔✗✘⊠🗹🗷")
EMPTY = frozenset("☐□▢◻⬜")
_TICK_WORDS = ("x", "[x]", "(x)", "[✓]", "(✓)", "|x|")
_EMPTY_WORDS = ("[]", "[ ]", "()", "( )", "|_|")
_NEGATION = re.compile(r"\b(?:not|no|never|without|isn't|wasn't|don't|nor|all the other)\s+(?:\w+\s+)?$", re.IGNORECASE)
_REPEATS = 0.55
"""Each further word for a value counts so much of the one before."""


def owner_of(name: str, value: str) -> str:
    """Return the owner under which the words of a choice's value are looked for."""
    return f"{MEANING}{name}{MEANING}{value}"


def choice_options(item: Item, name: str, spec: FieldSpec, labels: Sequence[LabelHit]) -> list[Option]:
    """Return the values of a choice with the evidence for each."""
    hits: dict[str, list[Option]] = {value: [] for value in spec.choices}
    for label in labels:
        for value in spec.choices:
            if owner_of(name, value) in label.owners:
                hits[value].append(_hit(item, name, value, label, labels))
    _crowded(hits)
    options = [_sum(found) for found in hits.values() if found]
    return sorted(options, key=lambda option: -option.evidence)


def ticked_integers(item: Item, name: str, spec: FieldSpec, labels: Sequence[LabelHit]) -> list[Option]:
    """Return the number whose box is ticked in a row of numbered boxes behind one of the field's labels."""
    options = []
    for sheet in item.sheets:
        for block in sheet.blocks:
            for cell, offset in zip(block.cells, block.offsets, strict=True):
                own, _, phrase = announced(name, Span(block, offset, offset + len(cell.text)), labels, item.process.fields)
                inside = any(
                    name in label.owners
                    and label.span.block is block
                    and offset <= label.span.start < offset + len(cell.text)
                    for label in labels
                )
                number = _ticked_number(cell.text, spec)
                if number and (own > 0.3 or inside):
                    options.append(Option(number, 2.2, f"tick:{phrase}", Span(block, offset, offset + len(cell.text))))
    return options


def _ticked_number(text: str, spec: FieldSpec) -> str:
    pairs = re.findall(rf"(\d)\s*([{''.join(TICKED)}{''.join(EMPTY)}xX|✓]?)(?=\s|\d|$)", text)
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


def _hit(item: Item, name: str, value: str, label: LabelHit, labels: Sequence[LabelHit]) -> Option:
    span = label.span
    words = len(label.phrase.split())
    own, rival, phrase = announced(name, span, [other for other in labels if not _same_choice(name, other)], item.process.fields)
    evidence = -1.3 + 1.5 * label.quality + 0.35 * min(3, words - 1) + 1.4 * own - 1.2 * max(0.0, rival - 0.5 * own)
    evidence += place_evidence(item, span)
    if _NEGATION.search(span.block.text[: span.start]) and item.is_body(span.block):
        evidence -= 0.8
    mark = _mark(span)
    if mark is not None:
        evidence += 3.2 if mark else -2.0
    if span.block.page == 0:
        evidence += 0.5
    if (
        not item.is_body(span.block)
        and span.block.section is Section.NEW
        and label.box is not None
        and label.box.y0 < 0.25
    ):
        evidence += 0.4
    rule = "tick" if mark else f"label:{phrase}" if own >= 0.25 else f"words:{label.phrase}"
    return Option(value, evidence, rule, span)


def _same_choice(name: str, label: LabelHit) -> bool:
    return any(owner.startswith(owner_of(name, "")) for owner in label.owners)


def _mark(span: Span) -> bool | None:
    """Tell whether the box beside an option is ticked; None if no box is seen."""
    block = span.block
    cell = span.cell
    offset = block.offsets[block.cells.index(cell)]
    before = cell.text[: span.start - offset].rstrip()
    after = cell.text[span.end - offset :].lstrip()
    first = cell.text.lstrip()[:1]
    boxes_lead = first in TICKED or first in EMPTY or bool(re.match(r"[xX]\s|\[", cell.text.lstrip()))
    leading, trailing = _state(before[-3:], at_end=True), _state(after[:3], at_end=False)
    if leading is not None and (boxes_lead or trailing is None):
        return leading
    return trailing if trailing is not None and not boxes_lead else leading


def _state(text: str, *, at_end: bool) -> bool | None:
    mark = text[-1:] if at_end else text[:1]
    if mark in TICKED and mark:
        return True
    if mark in EMPTY and mark:
        return False
    word = (text.split() or [""])[-1 if at_end else 0].casefold()
    if word in _TICK_WORDS:
        return True
    return False if word in _EMPTY_WORDS else None


def _crowded(hits: Mapping[str, list[Option]]) -> None:
    """Weaken options printed side by side as a list, of which none is marked: they say nothing."""
    rows: dict[tuple[int, int], set[str]] = {}
    for value, options in hits.items():
        for option in options:
            rows.setdefault(_row(option), set()).add(value)
    for value, options in hits.items():
        for place, option in enumerate(options):
            if len(rows[_row(option)]) >= max(2, min(3, len(hits))) and option.rule != "tick":
                near = _marked_below(option) or _struck(option)
                options[place] = option.stronger(3.0, "tick") if near else option.stronger(-3.5)
        hits[value][:] = options


def _row(option: Option) -> tuple[int, int]:
    assert option.span is not None  # noqa: S101 - words have a place
    cell: Cell = option.span.cell
    return id(option.span.block), cell.line


def _marked_below(option: Option) -> bool:
    """Tell whether a lone cross stands under an option, as in a table with the options as its heading."""
    assert option.span is not None  # noqa: S101 - words have a place
    box = option.span.box
    block: Block = option.span.block
    if box is None:
        return False
    return any(
        cell.text.strip().casefold() in ("x", "✓", "✔", "/", "v", "☒", "☑")
        and abs(cell.box.middle[0] - box.middle[0]) < max(0.03, box.width)
        and 0 < cell.box.y0 - box.y0 < 3.5 * max(box.height, 0.008)
        for cell in _near(block)
    )


def _near(block: Block) -> Sequence[Cell]:
    return block.neighbours or block.cells


def _struck(option: Option) -> bool:
    """Tell whether an option in a row of options is ringed, as readers write a ring round it: `(10th)`, `©10th`."""
    assert option.span is not None  # noqa: S101 - words have a place
    text = option.span.block.text
    around = text[max(0, option.span.start - 1) : option.span.start], text[option.span.end : option.span.end + 1]
    return around[0] in "(©€@G" and around[0] != "" and around[1] in ")D" and around[1] != ""


def _sum(options: Sequence[Option]) -> Option:
    ranked = sorted(options, key=lambda option: -option.evidence)
    best = ranked[0]
    seen = {(best.span.text.casefold() if best.span else "")}
    total, weight = best.evidence, _REPEATS
    for option in ranked[1:]:
        words = option.span.text.casefold() if option.span else ""
        if words in seen or option.evidence + 1.3 <= 0:
            continue
        seen.add(words)
        total += weight * max(0.0, option.evidence + 1.3)
        weight *= _REPEATS
    return best.stronger(total - best.evidence)


def choice_phrases(name: str, spec: FieldSpec) -> dict[str, tuple[str, ...]]:
    """Return the words to look for, by owner."""
    return {owner_of(name, value): (value, *words) for value, words in spec.choices.items()}
