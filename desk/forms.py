"""Values that people type, put into their normal form or refused with what was expected."""

from __future__ import annotations

from postroom.errors import BusinessError
from postroom.process import FieldSpec

EXPECTED = {
    "date": "a date with day, month and year, such as 14 September 2026 or 14/09/2026",
    "money": "an amount in pounds, such as 1234.50",
    "integer": "a whole number",
    "boolean": "yes or no",
    "phone": "a telephone number of the United Kingdom",
    "email": "an e-mail address, such as name@example.org",
    "postcode": "a postcode, such as NB1 4QT",
    "national-insurance-number": "a National Insurance number, such as QQ 12 34 56 C",
    "vehicle-registration": "a vehicle registration, such as AB12 CDE",
    "sort-code": "six digits",
    "account-number": "eight digits",
    "vat-number": "a VAT number with the right check digits",
    "reference": "a reference",
}
"""What each type of field takes, in words; types that take any text are not here."""
_MOST_DIGITS = 9


def normal_form(name: str, spec: FieldSpec, typed: str) -> str:
    """Return what a person typed in the normal form of a field; empty for an empty value.

    Raises:
        BusinessError: It is no value of the field's type.
    """
    from postroom.normal import normalise

    if not typed.strip():
        return ""
    normal = normalise(spec.type, typed, spec)
    if normal is None:
        raise BusinessError(f"{name} was not changed: that is not {expected(spec)}.", hint="Type it again.")
    return normal


def whole_number(typed: str) -> int | None:
    """Return the number that digits make; None for anything else, and for more of them than any form needs."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= _MOST_DIGITS else None


def expected(spec: FieldSpec) -> str:
    """Return what a field takes, in words."""
    if spec.choices:
        return f"one of its values: {', '.join(spec.choices)}"
    words = EXPECTED.get(spec.type, "a value of its type")
    if spec.format:
        words += f" of the form {spec.format} (# a digit, @ a letter)"
    bounds = {"from": spec.minimum, "to": spec.maximum}
    return " ".join([words, *(f"{word} {bound}" for word, bound in bounds.items() if bound is not None)])
