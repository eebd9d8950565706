"""How far the words of a page can be believed, before anybody knows what they ought to be."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractors.ocr.seen import Seen

_PLAUSIBLE = re.compile(
    r"""[("'‘“£€$*•\-]*(?:
        [A-Za-zÀ-ÿ]+(?:['’\-/&.][A-Za-zÀ-ÿ]+)*   # a word
        |[#£]?\d+(?:[.,:/\-]\d+)*%?               # a number, a sum, a date, a time
        |[A-Z]{1,4}\d[A-Z\d/\-]*|\d+[A-Za-z]{1,3} # a reference, a postcode, an ordinal
        |\S+@\S+\.\S+|(?:https?:|www\.)\S+
    )[)"'’”.,:;?!*%]*""",
    re.VERBOSE,
)


def plausible(text: str) -> bool:
    """Say whether something read looks like a word, number, reference or address at all."""
    return _PLAUSIBLE.fullmatch(text) is not None and (len(text) < 4 or any(map(str.isalnum, text)))


def believed(words: Sequence[Seen]) -> float:
    """Return how surely a page was read, 0..1: the mean confidence by length, implausible words counted half."""
    total = sum(len(word.text) for word in words)
    if not total:
        return 0.0
    kept = sum(len(word.text) * word.confidence * (1.0 if plausible(word.text) else 0.5) for word in words)
    return kept / total


def amount_read(words: Sequence[Seen]) -> float:
    """Return how much was read with some certainty: the characters of plausible words, by confidence squared."""
    return sum(len(word.text) * word.confidence**2 for word in words if len(word.text) > 1 and plausible(word.text))
