"""Choosing: the fields of a request are assigned together, so that no place serves twice and the checks hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import product

from extractors.fields.options import Option
from extractors.values.modulus import belong_together
from postroom.normal import comparison_key
from postroom.process import Check, FieldSpec, ModulusCheck, Process, SumCheck

LEAST_EVIDENCE = -0.75
"""A value with less is not offered at all: an empty field is easier to fill than a wrong one is to notice."""
_DEPTH = 6
_HOLDS = {"sum": 2.6, "modulus": 1.6, "different": 0.0}
_FAILS = {"sum": -0.8, "modulus": -1.6, "different": -4.0}
_SAME_PLACE = -3.0
_SAME_VALUE = -2.0

Chosen = dict[str, Option | None]


def choose(process: Process, options: Mapping[str, Sequence[Option]]) -> Chosen:
    """Return the option for each field that together have the most evidence."""
    chosen: Chosen = {}
    for group in _groups(process):
        chosen |= _best(process, group, options)
    return chosen


def holds(check: Check, values: Mapping[str, str]) -> bool | None:
    """Tell whether a check between fields holds; None if a field of it is missing."""
    if isinstance(check, SumCheck):
        if any(name not in values for name in (*check.parts, check.total)):
            return None
        return sum((Decimal(values[part]) for part in check.parts), Decimal(0)) == Decimal(values[check.total])
    if isinstance(check, ModulusCheck):
        if check.sort_code not in values or check.account_number not in values:
            return None
        return belong_together(values[check.sort_code], values[check.account_number])
    first, second = check.fields
    if first not in values or second not in values:
        return None
    return values[first].casefold() != values[second].casefold()


def _groups(process: Process) -> list[list[str]]:
    """Return fields that must be chosen together: of one type, or tied by a check."""
    groups: list[set[str]] = []
    ties = [_fields_of(check) for check in process.checks]
    by_type: dict[str, set[str]] = {}
    for name, spec in process.fields.items():
        by_type.setdefault(_kind(spec), set()).add(name)
    for tie in [*ties, *by_type.values()]:
        tie = {name for name in tie if name in process.fields}
        touching = [group for group in groups if group & tie]
        groups = [group for group in groups if not group & tie]
        groups.append(set().union(tie, *touching))
    return [sorted(group) for group in groups if group]


def _kind(spec: FieldSpec) -> str:
    if spec.type == "reference" and spec.format == "########":
        return "account-number"
    return spec.type if spec.type not in ("text", "choice") else f"{spec.type}-{id(spec)}"


def _fields_of(check: Check) -> set[str]:
    if isinstance(check, SumCheck):
        return {*check.parts, check.total}
    if isinstance(check, ModulusCheck):
        return {check.sort_code, check.account_number}
    return set(check.fields)


def _best(process: Process, names: Sequence[str], options: Mapping[str, Sequence[Option]]) -> Chosen:
    depth = _DEPTH if len(names) <= 3 else 4 if len(names) == 4 else 3
    lists: list[list[Option | None]] = [[*list(options.get(name, ()))[:depth], None] for name in names]
    checks = [check for check in process.checks if _fields_of(check) <= set(names)]
    best: tuple[Option | None, ...] = ()
    most = float("-inf")
    for combination in product(*lists):
        total = _total(process, names, combination, checks)
        if total > most:
            best, most = combination, total
    return dict(zip(names, best, strict=True))


def _total(
    process: Process, names: Sequence[str], combination: Sequence[Option | None], checks: Sequence[Check]
) -> float:
    total = 0.0
    values: dict[str, str] = {}
    for place, (name, option) in enumerate(zip(names, combination, strict=True)):
        if option is None:
            total += LEAST_EVIDENCE
            continue
        total += option.evidence
        values[name] = option.value
        for other_name, other in zip(names[:place], combination[:place], strict=True):
            if other is not None:
                total += _clash(process, name, option, other_name, other)
    for check in checks:
        outcome = holds(check, values)
        if outcome is not None:
            total += _HOLDS[check.kind] if outcome else _FAILS[check.kind]
    return total


def _clash(process: Process, name: str, option: Option, other_name: str, other: Option) -> float:
    if (
        option.span
        and other.span
        and option.span.block is other.span.block
        and option.span.start < other.span.end
        and other.span.start < option.span.end
    ):
        return _SAME_PLACE
    kind = process.fields[name].type
    # One amount may well be both net and gross, where no VAT is charged.
    alike = kind == process.fields[other_name].type and kind in ("address", "date", "reference")
    same_value = alike and comparison_key(kind, option.value) == comparison_key(kind, other.value)
    return _SAME_VALUE if same_value else 0.0
