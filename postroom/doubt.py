"""Doubt: which values of an item a person must look at before it can be keyed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from postroom.ledger.records import Item
    from postroom.process import Process

_ALLOWANCE = 3.0


def threshold(process: Process) -> float:
    """Return the confidence that the least sure field of an item needs, so that items are right as often as asked.

    The fields of one item are right or wrong together, and their confidences are set low on purpose, so an item errs
    less often than its least sure field says. Measured on 91 labelled items, by how sure the least sure field is: of
    the 50 surest (0.89 and up) none was wrong, of the other 41 nine were. Three times the error allowed leaves half of
    that distance for post unlike the labelled.
    """
    return 1 - _ALLOWANCE * (1 - process.accuracy)


def doubtful(item: Item, process: Process) -> tuple[str, ...]:
    """Return the fields that a person must look at, in the order of the process.

    Those are required ones without a value, those less sure than the process asks, and those of a check that failed
    when the item was read; never one that a person corrected or found right.
    """
    by_name = {field.name: field for field in item.fields}
    failed = {name for fault in item.extraction.faults for name in fault.fields}
    least = threshold(process)

    def in_doubt(name: str, required: bool) -> bool:
        field = by_name.get(name)
        if field is None or not (field.value or field.confirmed):
            return required or name in failed
        return not field.confirmed and (field.confidence < least or name in failed)

    return tuple(name for name, spec in process.fields.items() if in_doubt(name, spec.required))
