"""Recognising: every value of a field's type in a block of text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from extractors.fields.item import Item
from extractors.fields.layout import Block
from extractors.values.amounts import find_amounts, find_integers
from extractors.values.codes import (
    find_account_numbers,
    find_codes,
    find_ninos,
    find_references,
    find_registrations,
    find_sort_codes,
    find_vat_numbers,
)
from extractors.values.contacts import find_emails, find_phones
from extractors.values.dates import find_dates
from extractors.values.found import Found
from extractors.values.places import find_addresses, find_postcodes
from postroom.process import FieldSpec
from postroom.text import Source


def recognise(item: Item, spec: FieldSpec, block: Block) -> Iterator[Found]:
    """Find the values of a field's type in a block."""
    text = block.text
    if spec.type == "reference":
        yield from find_references(text, spec.format) if spec.format else find_codes(text)
    elif spec.type == "date":
        pictured = block.source is not Source.PLAIN
        dates = find_dates(
            text, item.written_on(block), "past" if pictured and not item.is_body(block) else "near", boxed=pictured
        )
        yield from _no_door(text, dates)
    elif spec.type == "integer":
        yield from (found for found in _outside_others(text, find_integers(text)) if _within(spec, int(found.value)))
    elif spec.type == "text" and spec.form == "code":
        yield from _outside_others(text, find_codes(text))
    elif spec.type in _FINDERS:
        yield from _FINDERS[spec.type](text)


def _outside_others(text: str, numbers: Iterable[Found]) -> Iterator[Found]:
    """Yield the numbers that are not part of an address, a telephone number or an e-mail address."""
    others = [*find_addresses(text), *find_phones(text), *find_emails(text)]
    for number in numbers:
        if not any(other.start < number.end and number.start < other.end for other in others):
            yield number


def _no_door(text: str, dates: Iterable[Found]) -> Iterator[Found]:
    """Leave out what is a house and flat number of an address, such as `14/3 Castle Wynd`."""
    addresses = [found for found in find_addresses(text) if found.rule == "postcode"]
    for date in dates:
        door = re.fullmatch(r"\d{1,3}/\d{1,2}", text[date.start : date.end].strip())
        if not (door and any(address.start <= date.end + 1 and date.start < address.end for address in addresses)):
            yield date


def _within(spec: FieldSpec, number: int) -> bool:
    return (spec.minimum is None or number >= spec.minimum) and (spec.maximum is None or number <= spec.maximum)


_FINDERS = {
    "money": find_amounts,
    "phone": find_phones,
    "email": find_emails,
    "postcode": find_postcodes,
    "address": find_addresses,
    "national-insurance-number": find_ninos,
    "vehicle-registration": find_registrations,
    "sort-code": find_sort_codes,
    "account-number": find_account_numbers,
    "vat-number": find_vat_numbers,
}
