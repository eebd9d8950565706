"""Normal forms: the one way each type of value is written, whoever read or typed it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from postroom.process import FieldSpec, FieldType

POSTCODE = re.compile(
    r"(GIR ?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d{1,2}|\d[A-HJKPSTUW]|"
    r"[A-HK-Y]\d[ABEHMNPRV-Y]))\s*(\d[ABD-HJLNP-UW-Z]{2})"
)
"""The shapes of a UK postcode (BS 7666), outward and inward part."""
NINO = re.compile(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]")
"""The format rules of HM Revenue & Customs for a National Insurance number (NIM39110)."""
REGISTRATION = re.compile(
    r"[A-HJ-PR-Y][A-HJ-PR-Y]\d{2}[A-HJ-PR-Z]{3}"  # current, since September 2001
    r"|[A-HJ-NPR-TV-Y]\d{1,3}[A-HJ-PR-Y][A-HJ-PR-Z]{2}"  # prefix, from 1983
    r"|[A-HJ-PR-Z]{3}\d{1,3}[A-HJ-NPR-TV-Y]"  # suffix, from 1963
    r"|[A-Z]{1,3}\d{1,4}|\d{1,4}[A-Z]{1,3}"  # dateless and Northern Ireland
)
TITLES = (
    "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "rev", "revd", "reverend", "sir", "lady", "lord",
    "dame", "cllr", "councillor", "capt", "captain", "col", "lt", "lt col", "major", "maj", "sgt", "fr", "father",
    "master", "canon",
)  # fmt: skip
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january ionawr", "feb febuary february chwefror", "mar march mawrth", "apr april ebrill", "may mai",
            "jun june mehefin", "jul july gorffennaf", "aug august awst", "sep sept september medi",
            "oct october hydref", "nov november tachwedd", "dec december rhagfyr",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
"""English and Welsh month names with their numbers."""
NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
        ]
    )
} | {"a": 1, "an": 1, "single": 1, "un": 1, "dau": 2, "dwy": 2, "tri": 3, "tair": 3, "both": 2, "couple": 2, "pair": 2}
"""English and some Welsh words for small numbers."""
_YES = {"yes", "y", "true", "1", "ydw", "ydy", "oes"}
_NO = {"no", "n", "false", "0", "nac ydw", "nag oes"}


def normalise(kind: FieldType, text: str, spec: FieldSpec | None = None) -> str | None:
    """Return a value in the normal form of its type, or None if it is not such a value.

    Args:
        kind: The type of the field.
        text: The value as a person wrote it; a date needs day, month and year, the day first.
        spec: The field's description, for the shape of a reference, the choices and the limits of an integer.
    """
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    if not text:
        return None
    if kind == "choice":
        return choice(text, spec.choices if spec else {})
    if kind == "reference":
        return reference(text, spec.format if spec else "")
    value = _FORMS[kind](text)
    if value is not None and kind == "integer" and spec is not None:
        return value if _within(int(value), spec) else None
    return value


def same(kind: FieldType, one: str, other: str) -> bool:
    """Tell whether two values in normal form say the same; names and addresses without case, points and titles."""
    if kind in ("name", "address", "text"):
        return comparison_key(kind, one) == comparison_key(kind, other)
    return one == other


def comparison_key(kind: FieldType, value: str) -> str:
    """Return what of a value counts when two are compared."""
    words = re.sub(r"[^\w&'’-]+", " ", value.casefold().replace("’", "'")).split()
    if kind == "name":
        while len(words) > 1 and words[0] in TITLES:
            words = words[1:]
    return " ".join(words)


def money(text: str) -> str | None:
    """Return an amount with two places: `1234.50`."""
    found = re.fullmatch(
        r"(?:£|GBP|EUR|€)?\s*(\d{1,3}(?:[, ]\d{3})+|\d+)(?:[.·](\d{1,2}))?\s*(?:GBP|/-)?", text.strip("-– ")
    )
    if not found:
        return None
    try:
        amount = Decimal(re.sub(r"[, ]", "", found[1]) + "." + (found[2] or "0"))
    except InvalidOperation:
        return None
    return f"{amount:.2f}"


def iso_date(text: str) -> str | None:
    """Return a full date, written the British way or already ISO, as `YYYY-MM-DD`."""
    iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text)
    if iso:
        return _date(int(iso[1]), int(iso[2]), int(iso[3]))
    figures = re.fullmatch(r"(\d{1,2})\s*[./ -]\s*(\d{1,2})\s*[./ -]\s*(\d{4}|\d{2})", text)
    if figures:
        return _date(full_year(figures[3]), int(figures[2]), int(figures[1]))
    words = re.fullmatch(
        r"(?:[a-z]+,?\s+)?(?:the\s+)?(\d{1,2})(?:st|nd|rd|"
        r"th)?[\s./-]*(?:day\s+)?(?:of\s+)?([a-z]{3,})[\s.,/-]*(\d{4}|\d{2})",
        text.casefold(),
    )
    if words and words[2] in MONTHS:
        return _date(full_year(words[3]), MONTHS[words[2]], int(words[1]))
    return None


def full_year(text: str) -> int:
    """Return a year of two or four figures in full; two figures mean this century up to 69."""
    year = int(text)
    return year if year > 99 else year + (2000 if year < 70 else 1900)


def phone(text: str) -> str | None:
    """Return a telephone number in E.164."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    # Ofcom keeps ranges for drama that no operator uses, so a British number counts by its shape alone.
    if number.country_code == 44 and not re.fullmatch(r"[1-9]\d{8,9}", str(number.national_number)):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def postcode(text: str) -> str | None:
    """Return a postcode in capitals with one space."""
    found = POSTCODE.fullmatch(text.upper().strip(" .,"))
    return f"{found[1]} {found[2]}" if found else None


def vat_number(text: str) -> str | None:
    """Return a British VAT number, `GB` and nine digits, if its check digits hold."""
    from stdnum.gb import vat

    digits = re.sub(r"[^0-9A-Z]", "", text.upper()).removeprefix("GB")
    return f"GB{digits}" if vat.is_valid(digits) and digits.isdigit() else None


def reference(text: str, shape: str = "") -> str | None:
    """Return a reference in capitals without spaces and hyphens, if it has the shape (`#` digit, `@` letter)."""
    if not shape:
        return re.sub(r"\s", "", text.upper()) or None
    value = re.sub(r"[\s-]", "", text.upper())
    prefix = re.match(r"[A-Z]*", shape)
    if prefix and prefix[0] and value.isdigit():
        value = prefix[0] + value
    pattern = "".join({"#": r"\d", "@": "[A-Z]"}.get(mark, re.escape(mark)) for mark in shape)
    return value if re.fullmatch(pattern, value) else None


def choice(text: str, choices: Mapping[str, Sequence[str]]) -> str | None:
    """Return the choice whose value or word the text is."""
    wanted = text.casefold()
    for value, words in choices.items():
        if wanted == value.casefold() or wanted in (word.casefold() for word in words):
            return value
    return None


def _within(number: int, spec: FieldSpec) -> bool:
    return (spec.minimum is None or number >= spec.minimum) and (spec.maximum is None or number <= spec.maximum)


def _date(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _digits(count: int) -> Callable[[str], str | None]:
    def form(text: str) -> str | None:
        digits = re.sub(r"[\s.–-]", "", text)
        return digits if digits.isdigit() and digits.isascii() and len(digits) == count else None

    return form


def _shaped(pattern: re.Pattern[str]) -> Callable[[str], str | None]:
    def form(text: str) -> str | None:
        value = re.sub(r"[\s-]", "", text.upper())
        return value if pattern.fullmatch(value) else None

    return form


def _email(text: str) -> str | None:
    value = text.casefold().strip("<>().,;")
    return value if re.fullmatch(r"[\w.+'%-]+@[\w-]+(\.[\w-]+)+", value) else None


def _integer(text: str) -> str | None:
    word = text.casefold()
    if word in NUMBER_WORDS:
        return str(NUMBER_WORDS[word])
    return str(int(text)) if text.isascii() and text.isdigit() else None


def _boolean(text: str) -> str | None:
    word = text.casefold().strip(".")
    return "yes" if word in _YES else "no" if word in _NO else None


def _as_written(text: str) -> str:
    return text.strip(" ,;:")


def _address(text: str) -> str:
    parts = [part.strip(" .;:") for part in re.split(r"\s*[,\n]\s*", text)]
    line = ", ".join(part for part in parts if part)
    found = list(POSTCODE.finditer(line.upper()))
    if not found or found[-1].end() != len(line):
        return line
    before = line[: found[-1].start()].rstrip(" ,.")
    code = f"{found[-1][1]} {found[-1][2]}"
    return f"{before}, {code}" if before else code


_FORMS: dict[str, Callable[[str], str | None]] = {
    "name": _as_written,
    "text": str,
    "address": _address,
    "date": iso_date,
    "money": money,
    "integer": _integer,
    "boolean": _boolean,
    "phone": phone,
    "email": _email,
    "postcode": postcode,
    "national-insurance-number": _shaped(NINO),
    "vehicle-registration": _shaped(REGISTRATION),
    "sort-code": _digits(6),
    "account-number": _digits(8),
    "vat-number": vat_number,
}
