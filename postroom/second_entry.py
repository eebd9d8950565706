"""Second entry: which values two people enter without seeing each other's, and whether they agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from postroom.ledger.desk_records import Entry
    from postroom.ledger.records import ItemField
    from postroom.process import FieldSpec, Process

_BANK = ("sort-code", "account-number")
_AGREEING = 2


class Standing(StrEnum):
    """How far the entries of one value are."""

    NONE = "none"
    """Nobody has entered, corrected or accepted it."""
    ONE = "one"
    """One person has; another must."""
    DIFFERENT = "different"
    """Two have, and not the same: whoever looks again and enters what another person entered settles it."""
    AGREED = "agreed"


def needs_second_entry(spec: FieldSpec, field: ItemField) -> bool:
    """Tell whether a value of an item that waits for a person must be entered by two people."""
    if not field.value:
        return False
    return spec.second_entry if spec.second_entry is not None else spec.type in _BANK and field.corrected


def standing(entries: Sequence[Entry], value: str) -> Standing:
    """Return how far the entries of a value are; they agree when two people entered the one that counts now."""
    people = {entry.person.casefold() for entry in entries}
    agreeing = {entry.person.casefold() for entry in entries if entry.value == value}
    if len(agreeing) >= _AGREEING:
        return Standing.AGREED
    if len(people) >= _AGREEING:
        return Standing.DIFFERENT
    return Standing.ONE if people else Standing.NONE


def open_entries(
    process: Process, fields: Sequence[ItemField], entries: Mapping[str, Sequence[Entry]]
) -> dict[str, Standing]:
    """Return the fields of an item that still need an entry, each with how far it is."""
    found = {
        field.name: standing(entries.get(field.name, ()), field.value)
        for field in fields
        if field.name in process.fields and needs_second_entry(process.fields[field.name], field)
    }
    return {name: state for name, state in found.items() if state is not Standing.AGREED}
