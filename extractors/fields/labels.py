"""Labels: where the words that announce a value stand, found also when OCR or a typist got them slightly wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from extractors.fields.layout import Block, Sheet, Span, around
from postroom.text import Box

AVOID = "~"
"""Marks the owner of a label that speaks against a field: `~moving_date`."""
MEANING = "="
"""Marks the owner of a word that means a value of a choice: `=bin=food`."""
_TOKEN = re.compile(r"[^\W_]+")
_SHORT = 3
"""A label of so few letters says little inside a sentence."""


@dataclass(frozen=True, slots=True)
class LabelHit:
    """One label found in the text."""

    owners: frozenset[str]
    """The fields it belongs to; `~field` where it speaks against one; empty for a label of something else."""
    phrase: str
    quality: float
    """How well the words agree with the label and how much it says (0..1)."""
    span: Span
    box: Box | None
    ends_cell: bool
    """Nothing but punctuation follows it in its cell."""
    starts_cell: bool


def find_labels(sheets: Sequence[Sheet], phrases: Mapping[str, Sequence[str]]) -> list[LabelHit]:
    """Find every label on the pages; of labels one inside the other the longest stands.

    Args:
        sheets: The pages.
        phrases: For each owner its labels; the owner `""` holds labels of other things.
    """
    owners: dict[str, set[str]] = {}
    written: dict[str, str] = {}
    for owner, texts in phrases.items():
        for text in texts:
            key = "".join(_TOKEN.findall(text.casefold()))
            if key:
                owners.setdefault(key, set()).add(owner)
                written.setdefault(key, text)
    hits: list[LabelHit] = []
    for sheet in sheets:
        for block in sheet.blocks:
            hits += _in_block(block, owners, written)
    return hits


def _in_block(block: Block, owners: Mapping[str, set[str]], written: Mapping[str, str]) -> list[LabelHit]:
    windows = [window for window in _windows(block.text) if not _two_labels(block.text, window, owners)]
    matches = [(key, start, end, quality) for key, start, end, quality in _matches(windows, list(owners))]
    matches.sort(key=lambda match: (-len(match[0]) * match[3] ** 2, match[1]))
    kept: list[tuple[str, int, int, float]] = []
    for match in matches:
        inside = [other for other in kept if other[1] < match[2] and match[1] < other[2]]
        if all(other[1:3] == match[1:3] and match[3] >= other[3] for other in inside):
            kept.append(match)
    return [_hit(block, key, start, end, quality, owners[key], written[key]) for key, start, end, quality in kept]


def _two_labels(text: str, window: tuple[str, int, int], known: Container[str]) -> bool:
    """Tell whether words over two lines are a label each, one below the other, and not one label in two lines."""
    lines = text[window[1] : window[2]].split("\n")
    return len(lines) > 1 and all("".join(_TOKEN.findall(line.casefold())) in known for line in lines)


def _windows(text: str, longest: int = 8) -> list[tuple[str, int, int]]:
    tokens = list(_TOKEN.finditer(text))
    result = []
    for first in range(len(tokens)):
        key = ""
        for token in tokens[first : first + longest]:
            between = text[tokens[first].end() : token.start()] if token is not tokens[first] else ""
            if re.search(r"[.!?,;:]\s|\n\s*\n", text[tokens[first].start() : token.start()]) or between.count("\n") > 1:
                break
            key += token[0].casefold()
            result.append((key, tokens[first].start(), token.end()))
    return result


def _matches(windows: Sequence[tuple[str, int, int]], keys: Sequence[str]) -> list[tuple[str, int, int, float]]:
    from rapidfuzz import process
    from rapidfuzz.distance import Levenshtein

    known = set(keys)
    result = [(key, start, end, 1.0) for key, start, end in windows if key in known]
    long_keys = [key for key in keys if len(key) >= 6 and not any(mark.isdigit() for mark in key)]
    rest = [
        window for window in windows if window[0] not in known and len(window[0]) >= 5 and not window[0][-1].isdigit()
    ]
    if not long_keys or not rest:
        return result
    distances = process.cdist(long_keys, [window[0] for window in rest], scorer=Levenshtein.distance, score_cutoff=3)
    for row, column in zip(*(distances <= 3).nonzero(), strict=True):
        key, window = long_keys[row], rest[column]
        changes = int(distances[row, column])
        if changes <= _allowed(len(key)):
            result.append((key, window[1], window[2], 1 - 1.2 * changes / len(key)))
    return result


def _allowed(length: int) -> int:
    return 1 if length < 11 else 2 if length < 18 else 3


def _hit(block: Block, key: str, start: int, end: int, quality: float, owners: set[str], written: str) -> LabelHit:
    span = Span(block, start, end)
    cell = span.cell
    offset = block.offsets[block.cells.index(cell)]
    after = cell.text[end - offset :]
    before = cell.text[: start - offset]
    ends = not _TOKEN.search(re.sub(r"\([^)]*\)?", "", after))
    colon = bool(re.match(r"\s*(?:\([^)]*\))?\s*[:=]", after))
    starts = not _TOKEN.search(re.sub(r"^\W*\w{1,2}\W+", "", before)) if before else True
    if any(owner.startswith(MEANING) for owner in owners):
        return LabelHit(
            frozenset(owners), written, quality, span, around(word.box for word in span.words), ends, starts
        )
    if len(key) <= _SHORT and not colon and not (ends and starts):
        quality *= 0.45 if block.is_prose or not starts else 0.75
    elif block.is_prose and not colon and not starts and len(key) < 6:
        quality *= 0.7
    return LabelHit(frozenset(owners), written, quality, span, around(word.box for word in span.words), ends, starts)


def relation(label: LabelHit, value: Span, value_box: Box | None = None) -> float:
    """Tell how strongly a label announces a value (0..1), by the words between them or their places on the page."""
    if label.span.block is value.block:
        flowing = _flow(label, value)
        if flowing > 0 or value.start <= label.span.start:
            return flowing
    if label.span.block.document_id != value.block.document_id or label.span.block.page != value.block.page:
        return 0.0
    box = value_box or value.box
    if label.box is None or box is None or label.span.block is value.block:
        return 0.0
    strength = _beside(label, box) or _below(label, box)
    cell = value.cell
    before = cell.text[: max(0, value.start - value.block.offsets[value.block.cells.index(cell)])]
    # What a label announces across a gap begins its cell; a value deep in a sentence belongs to the sentence.
    return strength * (0.4 if sum(mark.isalnum() for mark in before) > 3 else 1.0)


def _flow(label: LabelHit, value: Span) -> float:
    text = value.block.text
    if label.span.end <= value.start:
        between = text[label.span.end : value.start]
        lines = between.count("\n")
        if lines and not value.block.is_prose:
            if not label.ends_cell:
                return 0.0
            return max(0.2, 0.95 - 0.15 * lines) * _reach(between, 40)
        return _reach(between, 28) * (0.97 if lines else 1.0)
    if value.end <= label.span.start:
        between = text[value.end : label.span.start]
        if re.search(r"[.!?;:]\s|\n", between) or (
            label.ends_cell and text[label.span.end : label.span.end + 1] == ":"
        ):
            return 0.0
        return 0.7 * _reach(between, 8)
    return 0.3


def _reach(between: str, span: float) -> float:
    plain = re.sub(r"\([^)]*\)", "", between)
    letters = sum(mark.isalnum() for mark in plain)
    strength = math.exp(-letters / span)
    if re.search(r"(?<!\b(?:no|st|rd))[.!?]\s+\S|\n\s*\n", plain, re.IGNORECASE) and letters:
        strength *= 0.3
    elif ";" in plain:
        strength *= 0.6
    return strength


def _beside(label: LabelHit, box: Box) -> float:
    """Value in the cell to the right, or in a taller cell to the right beside whose middle the label stands."""
    assert label.box is not None  # noqa: S101 - asked by relation
    height = max(label.box.height, 1e-6)
    if box.x0 < label.box.x1 - 0.01:
        return 0.0
    overlap = min(label.box.y1, box.y1) - max(label.box.y0, box.y0)
    if overlap < -0.25 * height:
        return 0.0
    level = 1.0 if overlap > 0.4 * min(height, box.height) else 0.75 if overlap > 0 else 0.5
    gap = box.x0 - label.box.x1
    strength = level * max(0.45, 0.95 - 0.6 * gap)
    return strength if label.ends_cell else strength * 0.35


def _below(label: LabelHit, box: Box) -> float:
    assert label.box is not None  # noqa: S101 - asked by relation
    height = max(label.box.height, 1e-6)
    drop = (box.y0 - label.box.y1) / height
    if drop < -0.5 or not label.ends_cell:
        return 0.0
    shared = min(label.box.x1, box.x1) - max(label.box.x0, box.x0)
    if shared <= 0 and abs(label.box.x0 - box.x0) > 2 * height:
        return 0.0
    return 0.82 if drop < 1.3 else 0.6 if drop < 2.6 else 0.4 if drop < 5 else 0.25 if drop < 9 else 0.1
