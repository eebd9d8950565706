"""Passages: a body cut where its writer turns to another matter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from extractors.triage.parts import Part, Row
from extractors.triage.phrases import fold, found

_NUMBERED = re.compile(r"^\W{0,2}(?:\d{1,2}|[a-e]|i{1,3}|iv|v)[.):]\s+\S|^\s*[-*•–]\s+\S", re.I)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\d(])")
_CLOSING = re.compile(
    r"\W*(?:(?:kind(?:est)?|best|warm(?:est)?|many)\s+)?"
    r"(?:regards|wishes|thanks|yours|thank you|cheers|cofion|diolch|sincerely)(?:\s+\w+){0,2}\W*$",
    re.I,
)
_TURN_WORDS = 5
"""Words at the beginning of a sentence in which a turn is announced."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a body that speaks of one thing."""

    part: Part
    announced: bool = False
    """It begins with a number, a bullet or a word such as "also": the writer says that something new comes."""
    listed: bool = False
    """It begins with a number or a bullet."""
    closing: bool = False
    """It is the greeting at the end, with the name and address under it."""


def passages(body: Part, turns: Sequence[str]) -> tuple[Passage, ...]:
    """Cut a body at empty lines, numbers and bullets, and at sentences that announce another matter."""
    found_so_far: list[Passage] = []
    for row, piece, starts, announced, listed in _pieces(body.rows, turns):
        fresh = replace(row, text=piece)
        closes = bool(_CLOSING.match(piece))
        if closes or (found_so_far and found_so_far[-1].closing and not announced):
            found_so_far.append(Passage(Part((fresh,)), closing=True))
        elif found_so_far and not starts:
            last = found_so_far[-1]
            found_so_far[-1] = replace(last, part=replace(last.part, rows=(*last.part.rows, fresh)))
        else:
            found_so_far.append(Passage(Part((fresh,)), announced, listed))
    return tuple(found_so_far)


def _pieces(rows: Sequence[Row], turns: Sequence[str]) -> Iterator[tuple[Row, str, bool, bool, bool]]:
    for row in rows:
        numbered = bool(_NUMBERED.match(row.text))
        sentences = _SENTENCE.split(row.text)
        for place, sentence in enumerate(sentences):
            turning = _turns(sentence, turns)
            first = place == 0
            starts = turning or (first and (row.gap or numbered))
            listed = first and numbered
            yield row, sentence, starts, turning or listed, listed


def _turns(sentence: str, turns: Sequence[str]) -> bool:
    return bool(found(turns, f" {' '.join(fold(sentence).split()[:_TURN_WORDS])} "))
