"""Templates in the description of a target: `{moving_date|day}` puts part of a field into a box."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import AfterValidator

from connectors.shapes import write_date

_HOLE = re.compile(r"\{([a-z_][a-z0-9_]*)((?:\|[^{}|]+)*)\}")
_POSTCODE = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?)\s*(\d[A-Z]{2})\s*$", re.IGNORECASE)


def _postcode(value: str) -> str:
    match = _POSTCODE.search(value)
    return f"{match[1]} {match[2]}".upper() if match else ""


def _date_part(number: int) -> Callable[[str, str], str]:
    return lambda value, _: value.split("-")[number] if value.count("-") == 2 else ""


FILTERS: dict[str, Callable[[str, str], str]] = {
    "day": _date_part(2),
    "month": _date_part(1),
    "year": _date_part(0),
    "date": lambda value, form: write_date(value, form) if value else "",
    "postcode": lambda value, _: _postcode(value),
    "without_postcode": lambda value, _: _POSTCODE.sub("", value).rstrip(" ,"),
    "first_names": lambda value, _: value.rpartition(" ")[0],
    "surname": lambda value, _: value.rpartition(" ")[2],
    "upper": lambda value, _: value.upper(),
    "lower": lambda value, _: value.lower(),
}
"""What can be done with a field inside a template, by name: takes the value and what stands after a colon."""


def fill_in(template: str, values: Mapping[str, str]) -> str:
    """Return the template with each `{field|filter:argument}` filled in; an absent field gives nothing.

    Raises:
        ValueError: A value does not suit a filter; the message names the field and not the value.
    """
    return _HOLE.sub(lambda hole: _filled(hole[1], hole[2], values), template)


def names_in(template: str) -> set[str]:
    """Return the names of the fields a template uses."""
    return {hole[1] for hole in _HOLE.finditer(template)}


def checked(template: str) -> str:
    """Return the template if it is sound.

    Raises:
        ValueError: A brace is open or a filter unknown; the message says what is allowed.
    """
    for hole in _HOLE.finditer(template):
        for name, _ in _filters(hole[2]):
            if name not in FILTERS:
                raise ValueError(f'"{name}" is not known after a bar; there are: {", ".join(sorted(FILTERS))}')
    if re.search(r"[{}]", _HOLE.sub("", template)):
        raise ValueError("A template holds field names in braces, such as {full_name} or {moving_date|day}.")
    return template


Template = Annotated[str, AfterValidator(checked)]
"""A template, checked when the configuration is read."""


def _filled(name: str, filters: str, values: Mapping[str, str]) -> str:
    value = values.get(name, "")
    for filter_name, argument in _filters(filters):
        try:
            value = FILTERS[filter_name](value, argument)
        except ValueError:
            raise ValueError(f"{name} does not suit the filter {filter_name}") from None
    return value


def _filters(text: str) -> list[tuple[str, str]]:
    return [
        (name.strip(), argument.strip()) for name, _, argument in (part.partition(":") for part in text.split("|")[1:])
    ]
