"""Judging: whether a request goes straight through or to a person, and why, in words an officer understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from extractors.fields.choose import holds
from extractors.fields.item import Item
from postroom.disposition import NO_ACTION_KINDS, OTHER, Disposition, Outcome
from postroom.doubt import threshold
from postroom.fields import Fault, Field
from postroom.message import Problem
from postroom.process import Check, ModulusCheck, Process, SumCheck
from postroom.workitem import Triage

_TRIAGE_SURE = 0.6
"""Below it the process itself is in doubt."""


def settled_by_triage(triage: Triage) -> Disposition | None:
    """Return the outcome of post that has no fields to read, or None."""
    if triage.process in NO_ACTION_KINDS:
        if triage.protected:
            return Disposition(Outcome.REVIEW, (_protected(triage), *triage.reasons))
        return Disposition(Outcome.NO_ACTION, triage.reasons)
    if triage.process == OTHER:
        reasons = triage.reasons or ("No configured process fits this post.",)
        return Disposition(Outcome.REVIEW, ((_protected(triage),) if triage.protected else ()) + reasons)
    return None


def faults_of(process: Process, fields: Sequence[Field]) -> tuple[Fault, ...]:
    """Return what is missing or does not agree."""
    values = {field.name: field.value for field in fields}
    faults = [
        Fault((name,), f"“{_title(process, name)}” was not found.")
        for name, spec in process.fields.items()
        if spec.required and name not in values
    ]
    faults += [
        Fault(_names(check), _failure(process, check)) for check in process.checks if holds(check, values) is False
    ]
    return tuple(faults)


def judge(item: Item, fields: Sequence[Field], faults: Sequence[Fault]) -> Disposition:
    """Return the outcome of a request with its reasons."""
    reasons = [fault.reason for fault in faults]
    if item.triage.protected:
        reasons.insert(0, _protected(item.triage))
    if item.triage.confidence < _TRIAGE_SURE:
        reasons.append(f"It is not sure that this is for “{item.process.title}”.")
    reasons += [unread(problem) for problem in item.read.problems]
    reasons += _doubts(item.process, fields)
    if reasons:
        return Disposition(Outcome.REVIEW, tuple(dict.fromkeys(reasons)))
    return Disposition(Outcome.STRAIGHT_THROUGH)


def unread(problem: Problem) -> str:
    """Return why a part of a message needs a person, naming the file once."""
    named = problem.document and problem.document in problem.reason
    return problem.reason if named else f"{problem.document or 'A part of the message'}: {problem.reason}"


def _doubts(process: Process, fields: Sequence[Field]) -> list[str]:
    least = threshold(process)
    by_name: Mapping[str, Field] = {field.name: field for field in fields}
    return [
        f"“{_title(process, name)}” is not sure enough ({by_name[name].confidence:.0%})."
        for name in process.fields
        if name in by_name and by_name[name].confidence < least
    ]


def _failure(process: Process, check: Check) -> str:
    if isinstance(check, SumCheck):
        parts = " and ".join(f"“{_title(process, part)}”" for part in check.parts)
        return f"{parts} do not add up to “{_title(process, check.total)}”."
    if isinstance(check, ModulusCheck):
        return "The sort code and account number do not belong together."
    first, second = check.fields
    return f"“{_title(process, first)}” and “{_title(process, second)}” are the same."


def _names(check: Check) -> tuple[str, ...]:
    if isinstance(check, SumCheck):
        return (*check.parts, check.total)
    if isinstance(check, ModulusCheck):
        return (check.sort_code, check.account_number)
    return check.fields


def _title(process: Process, name: str) -> str:
    return process.fields[name].title or name.replace("_", " ").capitalize()


def _protected(triage: Triage) -> str:
    return f"Only named people may see this: {triage.protected}"
