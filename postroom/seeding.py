"""Seeding: known errors, chosen and made by rule, that show whether reviewers look at what they pass.

A seed is only ever shown. The item keeps the value that was read, so no seed can reach a system.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from postroom.doubt import threshold
from postroom.normal import comparison_key, normalise, same

if TYPE_CHECKING:
    from postroom.ledger.records import ItemField
    from postroom.process import Check, FieldSpec, Process

SURE = 0.9
"""How sure a value must have been read to be shown wrong: the right one must be known."""
_TELLING = 3
"""Letters from which a word of a name is told by itself."""
_CONFUSED = {"a": "o", "e": "a", "i": "e", "o": "a", "u": "o", "n": "m", "m": "n", "t": "l", "l": "t", "r": "n"}


def is_chosen(secret: str, item_id: str, share: float) -> bool:
    """Tell whether an item is one of the share that get a seed; the same for ever, and not to be guessed from its id.

    Args:
        secret: The ledger's own, known to nobody who reviews.
        item_id: The item.
        share: From 0 to 1.
    """
    return _number(secret, item_id) < share * 2**64


def choose(secret: str, item_id: str, process: Process, fields: Sequence[ItemField]) -> tuple[str, str] | None:
    """Return the field to show wrong and the value to show; None if no field will do.

    A field of a check between fields will not: the check would give the error away. Nor will one that is entered
    unseen, since nothing is shown there.
    """
    checked = {name for check in process.checks for name in _names(check)}
    least = max(SURE, threshold(process))
    fitting = [
        (field.name, shown)
        for field in fields
        if field.name in process.fields and field.name not in checked and not process.fields[field.name].second_entry
        if field.read is not None and not field.confirmed and field.confidence >= least
        if (shown := wrong_value(process.fields[field.name], field.value, _number(secret, item_id, field.name)))
        and all(candidate.value != shown for candidate in field.read.others)
    ]
    return fitting[_number(secret, item_id, "which") % len(fitting)] if fitting else None


def wrong_value(spec: FieldSpec, value: str, turn: int) -> str | None:
    """Return a value that is surely wrong and looks right, in the normal form of its type; None if there is none.

    Args:
        spec: The field.
        value: What was read.
        turn: A number that chooses among the ways to be wrong.
    """
    ways = [
        wrong
        for wrong in dict.fromkeys(_ways(spec, value))
        if normalise(spec.type, wrong, spec) == wrong and not same(spec.type, value, wrong)
    ]
    return ways[turn % len(ways)] if ways else None


def carries(shown: str, truth: str, typed: str) -> bool:
    """Tell whether what a person typed holds the planted error still."""
    if comparison_key("name", typed) == comparison_key("name", shown):
        return True
    planted = set(comparison_key("text", shown).split()) - set(comparison_key("text", truth).split())
    telling = {word for word in planted if word.isalpha() and len(word) >= _TELLING}
    return bool(telling & set(comparison_key("text", typed).split()))


def _names(check: Check) -> Iterator[str]:
    for named in check.model_dump(exclude={"kind"}).values():
        yield from [named] if isinstance(named, str) else named


def _ways(spec: FieldSpec, value: str) -> Iterator[str]:
    if spec.type == "date":
        day = date.fromisoformat(value)
        yield from ((day + timedelta(days=days)).isoformat() for days in (1, -1, 10, -10))
    elif spec.type == "money":
        pounds, _, pence = value.partition(".")
        yield from (f"{wrong}.{pence}" for wrong in _swapped(pounds) if not wrong.startswith("0"))
    elif spec.type in ("reference", "account-number", "phone"):
        yield from _swapped(value)
    elif spec.type == "name":
        yield from _misspelt(value)


def _swapped(value: str) -> Iterator[str]:
    """Yield a value with two neighbouring figures changed over, or its last figure one off where all are alike."""
    for place in range(1, len(value) - 1):
        one, other = value[place], value[place + 1]
        if one != other and one.isdigit() and other.isdigit():
            yield value[:place] + other + one + value[place + 2 :]
    if value[-1:].isdigit():
        yield value[:-1] + str((int(value[-1]) + 1) % 10)


def _misspelt(value: str) -> Iterator[str]:
    """Yield a name with one letter inside its last word taken for another."""
    last = re.search(r"[^\W\d_]{4,}$", value)
    for place in range(last.start() + 1, last.end() - 1) if last else ():
        if value[place] in _CONFUSED:
            yield value[:place] + _CONFUSED[value[place]] + value[place + 1 :]


def _number(*words: str) -> int:
    return int.from_bytes(hashlib.sha256("\0".join(words).encode()).digest()[:8])
