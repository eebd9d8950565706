"""Comparing: when a found value counts as the expected one.

Names and addresses without regard to case, commas, full stops and title; free text by the overlap of its words;
everything else letter for letter.
"""

from __future__ import annotations

import re
from collections import Counter

from postroom.normal import comparison_key
from postroom.process import FieldType

TEXT_OVERLAP = 0.7
"""Free text is right from this overlap (F1 of its words) on: labels are cut to the point, people cut differently."""


def same_value(kind: FieldType, expected: str, got: str) -> bool:
    """Say whether a found value counts as the expected one."""
    if kind in ("name", "address"):
        return _bare(kind, expected) == _bare(kind, got)
    if kind == "text" and len(expected.split()) > 1:
        return word_overlap(expected, got) >= TEXT_OVERLAP
    if kind == "text":
        return comparison_key(kind, expected) == comparison_key(kind, got)
    return expected == got


def word_overlap(one: str, other: str) -> float:
    """Return the F1 of the words of two texts, without regard to case and punctuation."""
    first, second = (Counter(re.findall(r"\w+", text.casefold())) for text in (one, other))
    return 2 * (first & second).total() / max(first.total() + second.total(), 1)


def _bare(kind: FieldType, value: str) -> str:
    return re.sub(r"[.,]", " ", comparison_key(kind, value.replace(",", " ").replace(".", " ")))
