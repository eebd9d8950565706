"""Dates as people in Britain write them: the day first, also by weekday and relative to the day of writing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

from extractors.values.found import REPAIR_COST, TO_DIGIT, Found
from postroom.normal import MONTHS, NUMBER_WORDS, full_year, iso_date

Leaning = Literal["past", "future", "near"]
"""Which way a date without year or month is meant to lie from the day of writing."""

_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday mon llun", "tuesday tues tue mawrth", "wednesday weds wed mercher", "thursday thurs thur thu iau",
            "friday fri gwener", "saturday sat sadwrn", "sunday sun sul",
        )
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAY = "(?:dydd )?(?:" + "|".join(sorted(_WEEKDAYS, key=len, reverse=True)) + ")"
_MONTH = "(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + ")"
_D = r"[0-9OolI]"
_FIGURES = re.compile(
    rf"(?<![\w£.,/-])({_D}{{1,2}})\s?([./\-–])\s?({_D}{{1,2}})\s?[./\-–]\s?((?:{_D}{{4}})|{_D}{{2}})(?![\w/]|[.-]\d)"
)
_ISO = re.compile(r"(?<![\w/-])(\d{4}-\d{2}-\d{2})(?!\d)")
_WORDS = re.compile(
    rf"(?<![\w£.,/])(?:(?P<weekday>{_WEEKDAY})\.?,?\s+(?:the\s+)?)?(?P<day>\d{{1,2}}|l\d)\s?(?:st|nd|rd|th|af|il|"
    rf"ydd|fed|eg|ain)?"
    rf"(?:\s+day)?(?:\s+of|\s+o)?[\s.,/-]*(?P<month>{_MONTH})(?![a-z])\.?(?:(?:[\s,/-]+|\.\s?(?=\d{{4}})|"
    rf"[.-])?(?P<year>'?(?:1\d|2\d|3\d)(?!\d)|'?\d{{4}})(?![\d:]|[.,]\d|\s?(?:am|pm|hours)\b))?",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"(?<!\w)(?<!\d )(?:(?P<weekday>{_WEEKDAY})\.?,?\s+)?(?P<month>{_MONTH})\.?\s+(?:the\s+)?(?P<day>\d{{1,2}})"
    rf"(?:st|nd|rd|th)?(?![\d:/])"
    r"(?:,?\s+(?P<year>\d{4}))?",
    re.IGNORECASE,
)
_SHORT = re.compile(r"(?<![\w£.,/:-])(\d{1,2})/(\d{1,2})(?![\w/]|[.,:-]\d)")
_RELATIVE = re.compile(
    rf"(?<!\w)(?:(?P<fixed>the day before yesterday|day before yesterday|yesterday|today|this morning|"
    rf"this afternoon|tonight|tomorrow|last night)"
    rf"|(?:(?P<week>last|next|this) week\W{{1,4}}(?:it was )?(?:on )?(?P<week_day>{_WEEKDAY}))"
    rf"|(?:(?P<day_week>{_WEEKDAY}) (?:of )?(?P<its_week>last|next|this) week)"
    rf"|(?:(?P<when>last|this past|past|this|this coming|coming|next)\s+(?P<named>{_WEEKDAY}))"
    rf"|(?:(?P<bare>{_WEEKDAY})s?(?P<just> just gone| gone| just passed| last| next)?)"
    rf"|(?:(?P<count>\d{{1,2}}|{'|'.join(NUMBER_WORDS)}) (?P<unit>days?|weeks?) ago)"
    r"|(?:(?P<month_day>\d{1,2})(?:st|nd|rd|th)?(?: day)? (?:of )?(?P<which>this|next|last) month)"
    r"|(?:the end of (?P<end>this|next|last) month|(?P<month_end>end of the month)))(?!\w)",
    re.IGNORECASE,
)
_DAY_ONLY = re.compile(
    r"(?<!\w)(?:on|by|from) the (\d{1,2})(?:st|nd|rd|th)(?!\s?(?:of|day)?\s?[A-Z/\d])(?!\w)", re.IGNORECASE
)


def find_dates(text: str, written_on: date | None, leaning: Leaning = "near", boxed: bool = False) -> Iterator[Found]:
    """Find dates, resolved against the day the text was written.

    Args:
        text: The text to search.
        written_on: The day of writing; without it, dates that lack a year and relative ones are not found.
        leaning: Which way a weekday or a date without year lies; `near` takes the nearest.
        boxed: Whether six or eight digits alone may be a date, as in a form's boxes.
    """
    taken: list[tuple[int, int]] = []
    finders = [_absolute(text), _by_words(text, written_on, leaning)]
    if boxed:
        finders.append(_in_boxes(text))
    if written_on is not None:
        finders += [
            _short(text, written_on, leaning),
            _relative(text, written_on, leaning),
            _day_only(text, written_on, leaning),
        ]
    for finder in finders:
        for found in finder:
            if not any(found.start < end and start < found.end for start, end in taken):
                taken.append((found.start, found.end))
                yield found


def _absolute(text: str) -> Iterator[Found]:
    for found in _ISO.finditer(text):
        value = iso_date(found[1])
        if value:
            yield Found(value, found.start(), found.end(), 0.95, "ISO date")
    for found in _FIGURES.finditer(text):
        parts = [found[1], found[3], found[4]]
        fixed = [part.translate(TO_DIGIT) for part in parts]
        value = iso_date("/".join(fixed))
        if value and 1990 <= int(value[:4]) <= 2069:
            changes = sum(one != two for one, two in zip("".join(parts), "".join(fixed), strict=True))
            yield Found(value, found.start(), found.end(), 0.95 - REPAIR_COST * changes, "date in figures")


def _by_words(text: str, written_on: date | None, leaning: Leaning) -> Iterator[Found]:
    for pattern in (_WORDS, _MONTH_FIRST):
        for found in pattern.finditer(text):
            month = MONTHS[found["month"].casefold()]
            day = int(found["day"].replace("l", "1"))
            year = found["year"]
            if year:
                value = iso_date(f"{day}/{month}/{full_year(year.strip(chr(39)))}")
                score = 0.97
            elif written_on is not None:
                weekday = found["weekday"]
                value = _nearest(day, month, written_on, leaning, _weekday(weekday) if weekday else None)
                score = 0.85 if weekday else 0.75
            else:
                continue
            if value:
                yield Found(value, found.start(), found.end(), score, "date in words")


def _in_boxes(text: str) -> Iterator[Found]:
    for found in re.finditer(
        r"(?<![\w£.,/-])\d(?:[ |_.\[\]/-]{0,3}\d){5}(?:(?:[ |_.\[\]/-]{0,3}\d){2})?(?![\w]|[.,/]\d)", text
    ):
        digits = re.sub(r"\D", "", found[0])
        value = iso_date(f"{digits[:2]}/{digits[2:4]}/{digits[4:]}")
        if value and 1990 <= int(value[:4]) <= 2069:
            yield Found(value, found.start(), found.end(), 0.5, "date in boxes")


def _short(text: str, written_on: date, leaning: Leaning) -> Iterator[Found]:
    for found in _SHORT.finditer(text):
        if found[0] != "24/7":
            value = _nearest(int(found[1]), int(found[2]), written_on, leaning, None)
            if value:
                yield Found(value, found.start(), found.end(), 0.55, "day and month")


def _relative(text: str, written_on: date, leaning: Leaning) -> Iterator[Found]:
    for found in _RELATIVE.finditer(text):
        resolved = _resolve(found, written_on, _lean_at(text, found.start(), leaning))
        if resolved is not None:
            day, score = resolved
            yield Found(day.isoformat(), found.start(), found.end(), score, "relative date")


def _resolve(found: re.Match[str], written_on: date, leaning: Leaning) -> tuple[date, float] | None:
    word = found[0].casefold()
    if found["fixed"]:
        days = -2 if "before" in word else -1 if word in ("yesterday", "last night") else 1 if word == "tomorrow" else 0
        return written_on + timedelta(days=days), 0.7
    if found["week"] or found["its_week"]:
        which = (found["week"] or found["its_week"]).casefold()
        monday = (
            written_on
            - timedelta(days=written_on.weekday())
            + timedelta(weeks={"last": -1, "this": 0, "next": 1}[which])
        )
        return monday + timedelta(days=_weekday(found["week_day"] or found["day_week"])), 0.85
    if found["named"]:
        ahead = found["when"].casefold() in ("this coming", "coming", "next")
        back = found["when"].casefold() in ("last", "this past", "past")
        return _on_weekday(
            _weekday(found["named"]), written_on, "future" if ahead else "past" if back else leaning, strict=True
        ), 0.85
    if found["bare"]:
        if (
            found["bare"].casefold() in ("sun", "sat", "mon", "wed", "fri")
            and found["bare"].islower()
            and not found["just"]
        ):
            return None
        tail = (found["just"] or "").strip().casefold()
        lean: Leaning = "future" if tail == "next" else "past" if tail else leaning
        return _on_weekday(_weekday(found["bare"]), written_on, lean, strict=bool(tail)), 0.8 if tail else 0.65
    if found["count"]:
        count = found["count"].casefold()
        number = int(count) if count.isdigit() else NUMBER_WORDS[count]
        return written_on - timedelta(days=number * (7 if "week" in found["unit"].casefold() else 1)), 0.5
    return _in_month(found, written_on)


def _in_month(found: re.Match[str], written_on: date) -> tuple[date, float] | None:
    which = (found["which"] or found["end"] or "this").casefold()
    months = written_on.year * 12 + written_on.month - 1 + {"last": -1, "this": 0, "next": 1}[which]
    if found["month_day"]:
        value = iso_date(f"{months // 12:04}-{months % 12 + 1:02}-{int(found['month_day']):02}")
        return (date.fromisoformat(value), 0.85) if value else None
    after = months + 1
    return date(after // 12, after % 12 + 1, 1) - timedelta(days=1), 0.45


def _day_only(text: str, written_on: date, leaning: Leaning) -> Iterator[Found]:
    for found in _DAY_ONLY.finditer(text):
        lean = _lean_at(text, found.start(), leaning)
        options = []
        for shift in (-1, 0, 1):
            months = written_on.year * 12 + written_on.month - 1 + shift
            value = iso_date(f"{months // 12:04}-{months % 12 + 1:02}-{int(found[1]):02}")
            if value:
                options.append(date.fromisoformat(value))
        best = _pick(options, written_on, lean)
        if best:
            yield Found(best.isoformat(), found.start(), found.end(), 0.4, "day of the month")


def _lean_at(text: str, place: int, leaning: Leaning) -> Leaning:
    if leaning != "near":
        return leaning
    start = max(text.rfind(". ", 0, place), text.rfind("\t", 0, place), place - 80, 0)
    before = text[start:place].casefold()
    after = text[place : place + 40].casefold()
    coming = re.search(
        r"\b(?:will|shall|going to|'ll|’ll|am moving|are moving|be moving|we move|i move|we complete|due to|from|"
        r"plan)\b",
        before,
    )
    return "future" if coming or re.search(r"\b(?:will|shall|we'll|i'll)\b", after) else "past"


def _weekday(name: str) -> int:
    return _WEEKDAYS[name.casefold().removeprefix("dydd ").rstrip(".")]


def _on_weekday(weekday: int, written_on: date, leaning: Leaning, strict: bool) -> date:
    back = (written_on.weekday() - weekday) % 7
    if leaning == "future":
        ahead = (weekday - written_on.weekday()) % 7
        return written_on + timedelta(days=ahead or (7 if strict else 0))
    return written_on - timedelta(days=back or (7 if strict else 0))


def _nearest(day: int, month: int, written_on: date, leaning: Leaning, weekday: int | None) -> str | None:
    options = []
    for year in (written_on.year - 1, written_on.year, written_on.year + 1):
        value = iso_date(f"{year:04}-{month:02}-{day:02}")
        if value:
            options.append(date.fromisoformat(value))
    agreeing = [option for option in options if weekday is None or option.weekday() == weekday]
    best = _pick(agreeing or options, written_on, leaning)
    return best.isoformat() if best else None


def _pick(options: list[date], written_on: date, leaning: Leaning) -> date | None:
    def distance(option: date) -> float:
        days = (option - written_on).days
        wrong_way = (leaning == "past" and days > 0) or (leaning == "future" and days < 0)
        return abs(days) * (3 if wrong_way else 1)

    return min(options, key=distance, default=None)
