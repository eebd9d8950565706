"""Money and whole numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractors.values.found import REPAIR_COST, TO_DIGIT, Found
from postroom.normal import NUMBER_WORDS, money

_FIGURE = r"[0-9OolI|SBZ]"
_AMOUNT = re.compile(
    r"(?<![\w.,:/])(?P<minus>[-–−]\s?)?(?P<pound>[£€]|GBP)?[ ]{0,4}"
    rf"(?P<whole>{_FIGURE}{{1,3}}(?:[,.]\s?{_FIGURE}{{3}})+|{_FIGURE}{{1,7}})"
    rf"(?:(?P<point>[.,·]\s?)(?P<pence>{_FIGURE}{{2}}))?(?![\w%]|[.,:/]\d|\s?%)"
)


def find_amounts(text: str) -> Iterator[Found]:
    """Find amounts of money; pence and a pound sign speak for one, a repaired character against it."""
    for found in _AMOUNT.finditer(text):
        raw = re.sub(r"[,.\s]", "", found["whole"]) + "." + (found["pence"] or "00")
        fixed = raw.translate(TO_DIGIT)
        digits = sum(mark.isdigit() for mark in raw)
        value = money(fixed)
        mostly_digits = digits >= 2 and digits * 2 >= len(raw) - 1
        if value is None or not (mostly_digits or (found["pound"] and digits)):
            continue
        changes = sum(one != two for one, two in zip(raw, fixed, strict=True))
        score = 0.25 + 0.35 * bool(found["pound"]) + 0.4 * bool(found["pence"])
        if found["minus"]:
            score *= 0.7
        if found["point"] and found["point"][0] == ",":
            score -= 0.15
        yield Found(value, found.start(), found.end(), max(0.05, score - REPAIR_COST * changes), "amount")


def find_integers(text: str) -> Iterator[Found]:
    """Find small whole numbers, in figures or words."""
    words = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w£.,/:&'’-])(?:(\d{{1,3}})|({words}))(?![\w/:%'’-]|[.,]\d)", re.IGNORECASE)
    for found in pattern.finditer(text):
        if found[1]:
            yield Found(str(int(found[1])), found.start(), found.end(), 0.8, "figure")
        else:
            word = found[2].casefold()
            yield Found(
                str(NUMBER_WORDS[word]), found.start(), found.end(), 0.2 if word in ("a", "an") else 0.7, "word"
            )
