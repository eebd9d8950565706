"""Telephone numbers and e-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractors.values.found import REPAIR_COST, TO_DIGIT, Found
from postroom.normal import phone

_DIGIT = r"[ ()|_.\-/]{0,3}[0-9OolI]"
_NUMBER = re.compile(
    rf"(?<![\w£.,/])(?:(?:\+|00)\s?44(?:\s?\(0\))?(?:{_DIGIT}){{9,10}}|\(?[0Oo](?:{_DIGIT}){{9,10}}|\+\d(?:{_DIGIT}){{8,13}})"
    r"(?![\w]|[.,/]\d)"
)
_ADDRESS = re.compile(r"[\w.+'%-]+\s?@\s?[\w-]+(?:\s?\.\s?[\w-]+)+")


def find_phones(text: str) -> Iterator[Found]:
    """Find telephone numbers as people in Britain write them, also boxed."""
    for found in _NUMBER.finditer(text):
        written = re.sub(r"^(?:\+|00)\s?44(?:\s?\(0\))?", "+44", found[0])
        fixed = written.translate(TO_DIGIT) if not written.startswith("+") else written
        value = phone(re.sub(r"[|_/]", " ", fixed))
        if value:
            changes = sum(one != two for one, two in zip(written, fixed, strict=True))
            british = value.startswith("+44") and len(value) in (12, 13)
            yield Found(value, found.start(), found.end(), (0.95 if british else 0.6) - REPAIR_COST * changes, "phone")


def find_emails(text: str) -> Iterator[Found]:
    """Find e-mail addresses; a space that OCR put beside the `@` or a point is taken out."""
    for found in _ADDRESS.finditer(text):
        value = _tidy(found[0])
        if value:
            spaces = found[0].count(" ")
            yield Found(value, found.start(), found.start() + len(found[0]), 1 - 0.1 * spaces, "e-mail")


def _tidy(written: str) -> str:
    # A space after a point may end a sentence: only what looks like the rest of a domain is joined.
    local, _, domain = written.partition("@")
    parts = re.split(r"(\s?\.\s?)", domain.strip())
    kept = parts[0]
    for point, label in zip(parts[1::2], parts[2::2], strict=False):
        if " " in point and ("." in kept or len(label) > 8 or not label.islower()):
            break
        kept += "." + label
    return f"{local.strip()}@{kept}".casefold() if "." in kept else ""
