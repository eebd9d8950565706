"""References, National Insurance numbers, registrations, sort codes, account and VAT numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from extractors.values.contacts import find_phones
from extractors.values.found import DIGITLIKE, REPAIR_COST, Found, repair
from postroom.normal import NINO, REGISTRATION, iso_date, vat_number

_GAP = r"[ |\[\]_·-]{0,3}"
"""What may stand between the characters of a number: a space, a hyphen, the sides of the boxes of a form."""
_BEFORE = r"(?<![\w£$€])(?<!\d[.,/:])(?<!\w-)"
_AFTER = r"(?![\w%])(?![.,/:]\d)(?!-\w)"


def find_references(text: str, shape: str) -> Iterator[Found]:
    """Find references of a shape (`#` a digit, `@` a letter); a missing prefix or a repaired character costs."""
    phones = [(phone.start, phone.end) for phone in find_phones(text)] if shape.startswith("#") else []
    for found in _pattern(shape).finditer(text):
        written = found[0]
        if _is_date(written) or any(start < found.end() and found.start() < end for start, end in phones):
            continue
        value, changes = repair(_squeeze(written), shape)
        if re.fullmatch(_strict(shape), value):
            yield Found(value, found.start(), found.end(), max(0.2, 1 - REPAIR_COST * changes), "shape")
    prefix = re.match(r"[A-Z@]*", shape)
    if prefix and prefix[0] and "@" not in prefix[0]:
        for bare in find_references(text, shape[prefix.end() :]):
            if bare.score < 1:
                # Neither prefix nor digits: letters of another number would do.
                continue
            yield Found(prefix[0] + bare.value, bare.start, bare.end, bare.score * 0.4, "shape without prefix")


def find_ninos(text: str) -> Iterator[Found]:
    """Find National Insurance numbers, spaced or boxed as they like."""
    for found in _loose("@@######@", r"[ |\[\]_.·-]{0,3}").finditer(text):
        value, changes = repair(_squeeze(found[0]), "@@######@")
        if NINO.fullmatch(value) and changes <= 3:
            yield Found(value, found.start(), found.end(), 1 - REPAIR_COST * changes, "shape")


def find_registrations(text: str) -> Iterator[Found]:
    """Find vehicle registrations; the older a shape, the less it says."""
    for found in re.finditer(rf"{_BEFORE}(?=([A-Za-z0-9]{{1,4}}[ \n]?[A-Za-z0-9]{{1,4}}){_AFTER})", text):
        written = found[1]
        value = re.sub(r"\s", "", written).upper()
        if len(value) == 7:
            fixed, changes = repair(value, "@@##@@@")
            if changes <= 2 and re.fullmatch(r"[A-HJ-PR-Y]{2}\d{2}[A-HJ-PR-Z]{3}", fixed) and _has_digit(value):
                score = 0.95 - 2 * REPAIR_COST * changes
                yield Found(fixed, found.start(1), found.end(1), score, "current registration")
                if not changes:
                    continue
        if REGISTRATION.fullmatch(value) and _has_digit(value):
            yield Found(value, found.start(1), found.end(1), _age_score(value, written), "older registration")
    for found in re.finditer(rf"{_BEFORE}(?:[A-Za-z0-9][ |_]{{1,3}}){{6}}[A-Za-z0-9]{_AFTER}", text):
        fixed, changes = repair(re.sub(r"[ |_]", "", found[0]).upper().ljust(7, "?")[:7], "@@##@@@")
        if changes <= 2 and re.fullmatch(r"[A-HJ-PR-Y]{2}\d{2}[A-HJ-PR-Z]{3}", fixed):
            yield Found(fixed, found.start(), found.end(), 0.9 - REPAIR_COST * changes, "boxed registration")


def find_sort_codes(text: str) -> Iterator[Found]:
    """Find sort codes; pairs with hyphens or spaces say more than six digits in a row."""
    for found in _loose("######", r"[ |\[\]_–-]{0,3}").finditer(text):
        written = found[0]
        value, changes = repair(_squeeze(written), "######")
        if changes > 2 or re.fullmatch(r"\d{1,2}\.\d{1,2}\.\d{2}", written):
            continue
        shape = 0.95 if re.fullmatch(r"\w{2}[ \-–]\w{2}[ \-–]\w{2}", written) else 0.6
        if re.fullmatch(r"\w{6}", written) and not re.search(r"sort|s/c|bank|\d{8}|cod didoli", text, re.IGNORECASE):
            # Six digits in a row are also customer, meter and order numbers.
            shape = 0.2 if len(text) > len(written) + 12 else shape
        yield Found(value, found.start(), found.end(), shape - REPAIR_COST * changes, "shape")


def find_account_numbers(text: str) -> Iterator[Found]:
    """Find eight-digit account numbers, in groups or boxes."""
    yield from find_references(text, "########")


def find_vat_numbers(text: str) -> Iterator[Found]:
    """Find British VAT numbers whose check digits hold."""
    pattern = rf"(?<![\w£])(GB[ .:-]?)?({DIGITLIKE}(?:[ .-]?{DIGITLIKE}){{8}}(?:[ -]?\d{{3}})?)(?![\w])"
    for found in re.finditer(pattern, text, re.IGNORECASE):
        value, changes = repair(re.sub(r"[ .-]", "", found[2])[:9], "#########")
        number = vat_number(value)
        if number and changes <= 2:
            yield Found(
                number, found.start(), found.end(), (1 if found[1] else 0.8) - REPAIR_COST * changes, "check digits"
            )


def find_codes(text: str) -> Iterator[Found]:
    """Find numbers and codes of no known shape, such as an invoice number: letters, digits, and `-`, `/`, `.`."""
    for found in re.finditer(
        r"(?<![\w£.,/@-])[A-Za-z0-9][A-Za-z0-9/.\-]{0,18}[A-Za-z0-9]|(?<![\w£.,/@-])\d(?![\w.,/])", text
    ):
        lead = re.match(r"(?:no|nr|num|inv|ref)\.(?=\w)", found[0], re.IGNORECASE)
        start = found.start() + (lead.end() if lead else 0)
        written = text[start : found.end()]
        if not re.search(r"\d", written) or re.search(r"\d\.\d\d$", written) or _is_date(written):
            continue
        if re.fullmatch(r"\d{1,2}(?:st|nd|rd|th|am|pm)", written, re.IGNORECASE):
            continue
        yield Found(written.upper(), start, found.end(), 0.6 if len(written) > 2 else 0.3, "code")


@cache
def _pattern(shape: str) -> re.Pattern[str]:
    return _loose(shape, _GAP)


@cache
def _loose(shape: str, gap: str) -> re.Pattern[str]:
    marks = []
    for mark in shape:
        if mark == "#":
            marks.append(DIGITLIKE)
        elif mark == "@":
            marks.append(r"[A-Za-z0158!]")
        else:
            marks.append(f"[{mark}{mark.lower()}{'0' if mark == 'O' else ''}{'8' if mark == 'B' else ''}]")
    # At least one real digit must stand there, or every word of the right length would be a number.
    width = len(shape) * 4
    ahead = rf"(?=.{{0,{width}}}\d)" if "#" in shape else ""
    return re.compile(_BEFORE + ahead + gap.join(marks) + _AFTER)


@cache
def _strict(shape: str) -> str:
    return "".join({"#": r"\d", "@": "[A-Z]"}.get(mark, re.escape(mark)) for mark in shape)


def _squeeze(written: str) -> str:
    return re.sub(r"[^0-9A-Za-z!]", "", written)


def _has_digit(text: str) -> bool:
    return any(mark.isdigit() for mark in text)


def _is_date(written: str) -> bool:
    return bool(re.search(r"[ ./-]", written)) and iso_date(written) is not None


def _age_score(value: str, written: str) -> float:
    if re.fullmatch(r"[A-Z]{2}\d{2}[A-Z]{3}", value):
        return 0.95
    if re.fullmatch(r"[A-Z]\d{1,3}[A-Z]{3}", value):
        return 0.75 if len(value) > 5 else 0.4
    if re.fullmatch(r"[A-Z]{3}\d{1,3}[A-Z]", value):
        return 0.7 if len(value) > 5 else 0.4
    spoken = written.upper() != written or re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", written)
    return 0.0 if spoken or len(value) < 4 else 0.2
