"""Choices: which of the listed values is meant, from ticks beside options and from the words of the text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from extractors.fields.item import Item
from extractors.fields.labels import MEANING, LabelHit
from extractors.fields.layout import Block, Cell, Span
from extractors.fields.marks import marked
from extractors.fields.options import Option, announced, place_evidence
from postroom.process import FieldSpec
from postroom.text import Box, Section, Source

TICKED = frozenset("☒☑✓✔✗✘⊠🗹🗷")
EMPTY = frozenset("☐□▢◻⬜")
_TICK_WORDS = ("x", "[x]", "(x)", "[✓]", "(✓)", "|x|")
_EMPTY_WORDS = ("[]", "[ ]", "()", "( )", "|_|")
_NEGATION = re.compile(r"\b(?:not|no|never|without|isn't|wasn't|don't|nor|all the other)\s+(?:\w+\s+)?$", re.IGNORECASE)
_UNWANTED = re.compile(
    r"(?:\bnot|n't|n’t)\s+(?:wish|want|need|like|intend|going|wanting|looking)\s+(?:to\s+)?$", re.IGNORECASE
)
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
    _crowded(item, hits)
    options = [_sum(found) for found in hits.values() if found]
    return sorted(options, key=lambda option: -option.evidence)


def _hit(item: Item, name: str, value: str, label: LabelHit, labels: Sequence[LabelHit]) -> Option:
    span = label.span
    words = len(label.phrase.split())
    own, rival, phrase = announced(
        name, span, [other for other in labels if not _same_choice(name, other)], item.process.fields
    )
    evidence = -1.3 + 1.5 * label.quality + 0.35 * min(3, words - 1) + 1.4 * own - 1.2 * max(0.0, rival - 0.5 * own)
    evidence += place_evidence(item, span)
    if _NEGATION.search(span.block.text[: span.start]) and item.is_body(span.block):
        evidence -= 0.8
    if _UNWANTED.search(span.block.text[: span.start]):
        evidence -= 2.0
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


def _crowded(item: Item, hits: Mapping[str, list[Option]]) -> None:
    """Settle options that are printed side by side or one below the other: only the marked one says anything."""
    listed = [
        (value, place)
        for value, options in hits.items()
        for place, option in enumerate(options)
        if option.rule != "tick"
    ]
    for group in _lists(hits, listed):
        if len({value for value, _ in group}) < 2 or any(
            option.rule == "tick" and _together(option, hits[group[0][0]][group[0][1]])
            for options in hits.values()
            for option in options
        ):
            continue
        first = hits[group[0][0]][group[0][1]].span
        assert first is not None  # noqa: S101 - words have a place
        boxes = [_whole(hits, value, place) for value, place in group]
        chosen = marked(item, first.block, boxes)
        for number, (value, place) in enumerate(group):
            option = hits[value][place]
            ringed = chosen == number or (chosen is None and (_marked_below(option) or _ringed(option)))
            hits[value][place] = option.stronger(2.6, "tick") if ringed else option.stronger(-3.5)


def _lists(hits: Mapping[str, list[Option]], listed: Sequence[tuple[str, int]]) -> list[list[tuple[str, int]]]:
    """Return runs of options that stand together on a page, each in the order of the page."""
    groups: list[list[tuple[str, int]]] = []
    for value, place in listed:
        option = hits[value][place]
        home = next((group for group in groups if any(_together(option, hits[other][at]) for other, at in group)), None)
        if home is None:
            groups.append([(value, place)])
        else:
            home.append((value, place))
    for group in groups:
        corners = {entry: _corner(hits[entry[0]][entry[1]]) for entry in group}
        level = max(corner[0] for corner in corners.values()) - min(corner[0] for corner in corners.values()) < 0.012
        group.sort(key=lambda entry: corners[entry][1] if level else corners[entry][0])
    return groups


def _corner(option: Option) -> tuple[float, float]:
    box = option.span.box if option.span else None
    return (box.middle[1], box.x0) if box else (0.0, 0.0)


def _together(one: Option, other: Option) -> bool:
    """Tell whether two options stand in one printed list: in a row with little between, or right below each other."""
    if one.span is None or other.span is None or one.span.block.page != other.span.block.page:
        return False
    if one.span.block.document_id != other.span.block.document_id:
        return False
    first, second = one.span.box, other.span.box
    if first is None or second is None:
        return False
    height = max(first.height, second.height)
    if one.span.block is other.span.block and _in_one_sentence(one.span, other.span):
        return False
    level = abs(first.middle[1] - second.middle[1]) < 0.7 * height
    stacked = abs(first.x0 - second.x0) < 0.6 * height and abs(first.y0 - second.y0) < 3.2 * height
    return level or (stacked and one.span.block.source is not Source.PLAIN)


def _in_one_sentence(one: Span, other: Span) -> bool:
    """Tell whether two options stand in one running sentence of a typed text, not in a printed list."""
    if one.block.source is not Source.PLAIN or not one.block.is_prose:
        return False
    first, second = sorted((one, other), key=lambda span: span.start)
    between = first.block.text[first.end : second.start]
    return not re.fullmatch(r"[\s,/|]*(?:or|neu)?[\s,/|]*|[^a-zA-Z]*(?:\w+[^a-zA-Z]+){0,2}", between)


def _whole(hits: Mapping[str, list[Option]], value: str, place: int) -> Box:
    """Return the box of the option's whole printed text, of which its words may be a part."""
    span = hits[value][place].span
    assert span is not None  # noqa: S101 - words have a place
    cell, words = span.cell, span.words
    box = span.box
    assert box is not None  # noqa: S101 - words have a box
    taken = {
        id(word)
        for options in hits.values()
        for option in options
        if option.span and option.span is not span
        for word in option.span.words
    }
    line = list(cell.words)
    at = [number for number, word in enumerate(line) if any(word is own for own in words)]
    if not at:
        return box
    for step, edge in ((-1, at[0] - 1), (1, at[-1] + 1)):
        while 0 <= edge < len(line) and id(line[edge]) not in taken:
            gap = box.x0 - line[edge].box.x1 if step < 0 else line[edge].box.x0 - box.x1
            if gap > 0.7 * box.height or not any(mark.isalpha() for mark in line[edge].text):
                break
            box = box.around(line[edge].box)
            edge += step
    return box


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


def _ringed(option: Option) -> bool:
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
