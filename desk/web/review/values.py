"""Values on the review page: shown as people write them, taken as people type them, and how sure the reader is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from desk.forms import expected
from desk.web.phrasing import day
from postroom.normal import normalise
from postroom.process import FieldSpec

_YES_OR_NO = {"yes": "Yes", "no": "No"}


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed, checked as the field's type asks."""

    text: str
    normal: str
    """Empty for an empty value."""
    wrong: str = ""
    """What was expected, in a sentence; empty if the value is one of the field's type."""


def title_of(name: str, spec: FieldSpec | None) -> str:
    """Return a field's name as people read it."""
    return (spec.title if spec else "") or name.replace("_", " ").capitalize()


def checked(spec: FieldSpec, typed: str) -> Typed:
    """Check a typed value by the rules that readers go by."""
    text = typed.strip()
    if not text:
        return Typed(text, "")
    normal = normalise(spec.type, text, spec)
    if normal is None:
        return Typed(text, "", f"Enter {expected(spec)}.")
    return Typed(text, normal)


def shown(value: str, spec: FieldSpec | None) -> str:
    """Return a value as people write it, if typing that gives the same value again; as it is kept otherwise."""
    if not value or spec is None:
        return value
    written = _written(value, spec)
    return written if normalise(spec.type, written, spec) == value else value


def options(spec: FieldSpec) -> list[tuple[str, str]]:
    """Return the values that a field can only have, with their words; none for a field that takes typed values."""
    if spec.type == "boolean":
        return list(_YES_OR_NO.items())
    if spec.type == "choice":
        return [(value, value.replace("-", " ").replace("_", " ").capitalize()) for value in spec.choices]
    return []


def is_long(spec: FieldSpec) -> bool:
    """Tell whether a field takes more than a line."""
    return spec.type == "text" and spec.form in ("sentences", "topic")


def how_sure(confidence: float) -> str:
    """Return how often values read like this are right, in numbers that people can picture."""
    if confidence >= 0.995:
        return "Sure"
    for least, words in ((0.985, "right 99 times in 100"), (0.965, "right 98 times in 100")):
        if confidence >= least:
            return f"Sure: {words}"
    if confidence >= 0.925:
        return "Almost sure: right 19 times in 20"
    tenths = round(confidence * 10)
    if tenths < 1:
        return "A guess"
    if tenths <= 2:
        return f"A guess: right {tenths} {'time' if tenths == 1 else 'times'} in 10"
    return f"Not sure: right {tenths} times in 10"


def _written(value: str, spec: FieldSpec) -> str:
    if spec.type == "date":
        return day(date.fromisoformat(value))
    if spec.type == "money":
        return f"£{float(value):,.2f}"
    if spec.type == "phone":
        return _national(value)
    if spec.type == "sort-code":
        return "-".join((value[:2], value[2:4], value[4:]))
    if spec.type == "national-insurance-number":
        return " ".join((value[:2], value[2:4], value[4:6], value[6:8], value[8:]))
    return value


def _national(value: str) -> str:
    import phonenumbers

    try:
        number = phonenumbers.parse(value, "GB")
    except phonenumbers.NumberParseException:
        return value
    kind = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, kind.NATIONAL if number.country_code == 44 else kind.INTERNATIONAL)
