"""Postcodes and addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractors.values.found import REPAIR_COST, TO_DIGIT, TO_LETTER, Found
from postroom.normal import POSTCODE, normalise

_LOOSE = re.compile(
    r"(?<![\w@./])(?P<out>[A-Za-z01568!]{1,2}[ |]{0,2}[0-9OolISZB](?:[ |]{0,2}[0-9A-Za-z])?)[ |"
    r".·\n]{0,4}(?P<in>[0-9OolISZB][ |]{0,2}[A-Za-z0158!][ |]{0,2}[A-Za-z0158!])(?![\w@]|\.\w)"
)
_STREET = (
    "road|rd|street|st|avenue|ave|lane|ln|close|cl|drive|dr|way|court|ct|crescent|cres|gardens|gdns|place|pl|terrace|"
    "ter|"
    "grove|square|sq|hill|rise|row|mews|walk|park|view|green|parade|wharf|quay|yard|cottages|cottage|villas|buildings|"
    "house|heights|meadow|meadows|fields|field|end|path|circus|vale|croft|fold|gate|bank|brae|wynd|gait|lodge|farm|"
    "heol|ffordd|stryd|lon|lôn|clos|rhodfa|maes|cilgant|pen|bryn|tyddyn|parc|gerddi|teras"
)
_STREET_WORD = re.compile(rf"(?<!\w)(?:{_STREET})(?!\w)", re.IGNORECASE)
_PARTIAL = re.compile(
    rf"(?<![\w£./-])(?:(?:flat|apartment|apt|unit|"
    rf"room)\s+\w{{1,3}},?\s+)?\d{{1,4}}[A-Za-z]?,?\s+(?:[A-Za-z'’.-]+\s+){{1,3}}?(?:{_STREET})\b\.?(?:,?\s+(?:[A-Z][a-z'’-]+,?\s+){{0,2}}[A-Z]{{1,2}}\d{{1,2}}[A-Z]?(?![\w]))?",
    re.IGNORECASE,
)
_FLAT = re.compile(
    r"(?:(?:ground|first|second|third|top|garden|basement|rear|upper|lower|front)(?: floor)? )?(?:flat|apartment|"
    r"apt\.?|unit|room|studio|annexe?|fflat)\b",
    re.IGNORECASE,
)
_HOUSE_NAME = re.compile(
    r"The [\w' ]+|[A-Z]\w*(?:side|wood|view|croft|dene|holme|mead|lea|haven|bank|brook|fields?|hurst|leigh|dale|"
    r"mount|ways|nook|don)"
)
"""Names that houses have and people seldom."""
_STOP_WORDS = frozenset(
    """
    address is are was were at from to of my our we i he she they have has had live lives lived living now moved
    moving move leaving left leave in for the and on by as be been being will would please collection bin property
    this that it its with house new old previous current home kids me us you your number no name into out onto
    tenant so which who reside resident liable longer bungalow flat not near outside where because then send here
    there
    """.split()  # noqa: SIM905 - a column of single words would fill a page
)
_HOUSE_STARTS = ("the", "flat", "apartment", "old", "new", "upper", "lower", "ty", "tŷ")
LONGEST = 140
"""How many characters before its postcode an address may take."""


def find_postcodes(text: str) -> Iterator[Found]:
    """Find postcodes; characters are repaired within the shape, spaces and box sides taken out."""
    free = 0
    options = [*_printed_postcodes(text), *_boxed_postcodes(text)]
    for found in sorted(options, key=lambda option: (option.start, -option.end)):
        if found.start >= free:
            free = found.end
            yield found


def _printed_postcodes(text: str) -> Iterator[Found]:
    for found in _LOOSE.finditer(text):
        out = re.sub(r"[ |]", "", found["out"])
        inward = re.sub(r"[ |]", "", found["in"])
        # As it is written before any repair: S60 is a district of Sheffield, SG0 would be a misread one.
        for fixed_out in sorted(_outward_forms(out), key=lambda form: form != out.upper()):
            fixed = fixed_out + inward[0].translate(TO_DIGIT) + inward[1:].upper().translate(TO_LETTER)
            match = POSTCODE.fullmatch(fixed)
            if match:
                changes = sum(one != two for one, two in zip((out + inward).upper(), fixed, strict=True))
                spread = len(found[0]) - len(fixed) > 2
                if _may_repair(found[0], changes):
                    score = 1 - REPAIR_COST * changes - 0.1 * spread
                    yield Found(f"{match[1]} {match[2]}", found.start(), found.end(), score, "postcode")
                    break


def _boxed_postcodes(text: str) -> Iterator[Found]:
    for found in re.finditer(r"(?<![\w@])[A-Za-z0-9!](?:[ |]{1,4}[A-Za-z0-9!]){4,6}(?![\w@])", text):
        code = re.sub(r"[ |]", "", found[0])
        for inner in _printed_postcodes(f"{code[:-3]} {code[-3:]}"):
            yield Found(inner.value, found.start(), found.end(), inner.score - 0.1, "boxed postcode")


def find_addresses(text: str) -> Iterator[Found]:
    """Find addresses: back from each postcode to where the address begins, and streets with a number without one."""
    floor = 0
    taken = []
    for code in find_postcodes(text):
        start = _beginning(text, code.start, max(floor, code.start - LONGEST))
        floor = code.end
        if start is None:
            continue
        value = address_value(text[start : code.start] + code.value)
        body = value.rpartition(",")[0]
        score = code.score * (
            0.95 if re.search(r"\d", body) else 0.85 if _STREET_WORD.search(body) or "," in body else 0.6
        )
        taken.append((start, code.end))
        yield Found(value, start, code.end, score, "postcode")
    for found in _PARTIAL.finditer(text):
        words = [word.casefold() for word in re.findall(r"[A-Za-z]+", found[0])]
        if any(word in _STOP_WORDS for word in words[:-1] if word not in ("flat", "house", "new", "old", "out")):
            continue
        if not any(start < found.end() and found.start() < end for start, end in taken):
            yield Found(address_value(found[0]), found.start(), found.end(), 0.3, "street without postcode")


def address_value(written: str) -> str:
    """Return an address on one line, its lines joined by commas, the postcode last."""
    plain = re.sub(r"\bpost\s?code\b:?", "", written, flags=re.IGNORECASE)
    lines = [re.sub(r"\s+", " ", line).strip(" ,.;:|") for line in re.split(r"[\n\t]", plain)]
    return normalise("address", ", ".join(line for line in lines if line)) or ""


def _may_repair(written: str, changes: int) -> bool:
    """Allow repairs only where digits and capitals already speak for a postcode; else words become postcodes."""
    digits = sum(mark.isdigit() for mark in written)
    return changes == 0 or (changes <= 2 and digits >= (1 if written.upper() == written else 2))


def unglued_address(value: str) -> str:
    """Part what a reader ran together (`50ROUNDEL`, `QueensRd`), and mend a letter in a house number (`9I`)."""
    value = re.sub(r"\b(\d+)[Il](?=[A-Za-z]?\b)", r"\g<1>1", value)
    value = re.sub(r"\b(\d{1,4})(?=[A-Z][A-Za-z]{3})", r"\1 ", value)
    return re.sub(r"([a-z]{2})(?=[A-Z][a-z])", r"\1 ", value)


def _outward_forms(out: str) -> Iterator[str]:
    letters = 2 if len(out) > 2 else 1
    for area in (letters, 3 - letters):
        if area < len(out):
            head = out[:area].upper().translate(TO_LETTER)
            district = out[area:]
            figures = district.translate(TO_DIGIT)
            yield head + figures
            if len(district) > 1:
                yield head + district[0].translate(TO_DIGIT) + district[1:].upper()


def _beginning(text: str, end: int, floor: int) -> int | None:
    """Walk back from a postcode to the start of its address."""
    start = max(floor, _hard_stop(text, floor, end))
    before = text[start:end]
    lowest = _number_start(before)
    if lowest is not None:
        return start + lowest
    named = _named_start(before)
    return start + named if named is not None else None


def _hard_stop(text: str, floor: int, end: int) -> int:
    stops = [
        found.end()
        for found in re.finditer(
            r"(?<![A-Z])(?<!\b(?:St|Rd|Mr|Dr))(?<!\b(?:Ave|Mrs|Flt|Apt))[.;?!:]\s+|\t|\n\s*\n|[:;()]|\s[-–—|]\s|"
            r"\b(?:at|from|to|address is|is|of|liv\w+ on|liv\w+ in)[ \n]+(?=[A-Z0-9])",
            text[floor:end],
        )
    ]
    return floor + stops[-1] if stops else floor


def _number_start(before: str) -> int | None:
    """Return where a house or flat number begins, with the name of a flat or building before it."""
    flats = list(_FLAT.finditer(before))
    numbers = [
        found
        for found in re.finditer(
            r"(?<![\w£/.-])\d{1,4}(?:\s?[A-Za-z])?(?:\s?[-/–]\s?\d{1,4}[A-Za-z]?)?(?=[,\s]+['’A-Za-zÀ-ÿ])", before
        )
        if not re.match(
            r"\d+\s?(?:st|nd|rd|th|am|pm|years?|weeks?|days?|months?|adults?|bins?|x)\b",
            before[found.start() :],
            re.IGNORECASE,
        )
    ]
    if flats and (not numbers or flats[0].start() <= numbers[-1].start()):
        return flats[0].start()
    if not numbers:
        return None
    start = numbers[-1].start()
    return _with_building(before, start)


def _with_building(before: str, start: int) -> int:
    """Take in a building or house name in the part just before the number: `Orchard View, 112 Loose Road`."""
    lead = re.search(r"(?:(?:^|(?<=[\n,]))[ ]*)((?:[A-Z][\w'’.-]*[ ,]*){1,4})[,\n]?\s*$", before[:start])
    never = _STOP_WORDS - {"the", "house"}
    if lead and lead[1].strip(" ,") and not any(word.strip(",.").casefold() in never for word in lead[1].split()):
        previous = before[: lead.start(1)].rstrip()
        if not (_STREET_WORD.search(lead[1]) or _FLAT.search(lead[1]) or _HOUSE_NAME.fullmatch(lead[1].strip(" ,"))):
            return start
        if not previous or previous[-1] in ",\n" or "\n" in before[:start]:
            return lead.start(1)
    return start


def _named_start(before: str) -> int | None:
    """Return where an address begins that has no number: capitalised words back to the first that cannot belong."""
    words = list(re.finditer(r"[^\s,]+", before))
    start = None
    for word in reversed(words):
        plain = word[0].strip("'’\".").casefold()
        capital = word[0][:1].isupper()
        if not capital and (
            plain not in ("of", "on", "le", "by", "upon", "the", "in", "under", "y", "yr", "and") or start is None
        ):
            break
        stops = plain in _STOP_WORDS and plain not in (*_HOUSE_STARTS, "house")
        if stops and capital and not before[word.end() :].startswith(","):
            break
        if capital:
            start = word.start()
    if start is None:
        return None
    text = before[start:].strip(" ,\n")
    return start if re.search(r"[A-Za-z]{3}", text) else None
