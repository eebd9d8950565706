"""Matters: a second request in the same body, told from the many ways of speaking about one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extractors.triage.evidence import mentions
from extractors.triage.judging import Judge, Verdict
from extractors.triage.parts import Part
from extractors.triage.passages import Passage, passages
from extractors.triage.phrases import found
from extractors.triage.rules import TriageRules
from postroom.disposition import OTHER

_LIKELY = 0.75
_PLAIN = 1.9
"""Evidence from which an announced passage is a request of another process."""
_PLAINER = 3.2
"""The same where nothing announces a second matter."""
_LEAD = 1.0
"""How much more must speak for the other process than for the first one in the passage."""
_FEWEST_WORDS = 6
_ASKING = (
    "please", "can|could you|we|i|u", "would|will you", "do|must|may|should we|i",
    "is it|there", "i want|need|wish", "we want|need|wish", "would like", "how much|do|can|long", "when will|is|can|do",
    "what is|are|do", "who do|is", "let me know", "pls", "plz",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Matter:
    """A second request found in a body."""

    process: str
    confidence: float
    reasons: tuple[str, ...]
    part: Part


def second_matters(body: Part, first: Verdict, judge: Judge, rules: TriageRules) -> tuple[Matter, ...]:
    """Return the matters of a body besides the first; a question that belongs to no process is one for a person."""
    cut = passages(body, rules.also)
    if len(cut) < 2:
        return ()
    matters: dict[str, Matter] = {}
    for passage in cut:
        matter = _matter(passage, first, judge, rules)
        if matter is not None:
            known = matters.get(matter.process)
            matters[matter.process] = _joined(known, matter) if known else matter
    main_said = any(judge.weigh(each.part).guess == first.process for each in cut)
    return tuple(matters.values()) if main_said or first.process == OTHER else ()


def _matter(passage: Passage, first: Verdict, judge: Judge, rules: TriageRules) -> Matter | None:
    if passage.part.words < _FEWEST_WORDS:
        return None
    verdict = judge.weigh(passage.part)
    main = verdict.evidence[first.process].score if first.process in verdict.evidence else 0.0
    least = _PLAIN if passage.announced else _PLAINER
    another = verdict.process not in (OTHER, first.process) and verdict.confidence >= _LIKELY
    if another and verdict.score >= least and verdict.score - main >= _LEAD:
        return Matter(verdict.process, verdict.confidence, verdict.reasons(), passage.part)
    if passage.announced and main < _LEAD and _asks_elsewhere(passage.part, first, judge, rules):
        reason = "it asks something else besides; a person decides what becomes of it"
        return Matter(OTHER, max(0.5, 1 - verdict.chances.get(first.process, 0.0)), (reason,), passage.part)
    return None


def _asks_elsewhere(part: Part, first: Verdict, judge: Judge, rules: TriageRules) -> bool:
    folded = part.folded
    if not found(_ASKING, folded) and "?" not in part.text:
        return False
    elsewhere: Sequence[str] = [name for name in judge.processes if name != first.process]
    return bool(found(rules.other.phrases, folded)) or any(mentions(judge.processes[n], folded) for n in elsewhere)


def _joined(one: Matter, other: Matter) -> Matter:
    best = max(one, other, key=lambda matter: matter.confidence)
    return Matter(best.process, best.confidence, best.reasons, Part((*one.part.rows, *other.part.rows)))
