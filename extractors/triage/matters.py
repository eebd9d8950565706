"""Matters: more than one request in the same body, told from the many ways of speaking about one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from extractors.triage.evidence import mentions
from extractors.triage.judging import Judge, Verdict
from extractors.triage.parts import Part
from extractors.triage.passages import Passage, passages
from extractors.triage.phrases import found
from extractors.triage.rules import TriageRules
from postroom.disposition import OTHER

_LIKELY = 0.88
_SURE = 0.97
_PLAIN = 1.3
"""Evidence from which a passage is a request of its own, where the writer announces another matter."""
_HINT = 0.8
"""The same if the passage also asks for something in so many words."""
_PLAINER = 3.2
"""The same where nothing announces a second matter."""
_LEAD = 1.0
"""How much more must speak for the other process than for the main one in the passage."""
_FEWEST_WORDS = 6
_ASKING = (
    "please", "can|could you|we|i|u", "would|will you", "do|must|may|should we|i",
    "is it|there", "i|we want|need|wish|like", "would … like", "how much|do|can|long", "when will|is|can|do",
    "what is|are|do", "who do|is", "let me know", "pls", "plz",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Matter:
    """One request found in a body, with the passages that speak of it and those that belong to all."""

    process: str
    confidence: float
    reasons: tuple[str, ...]
    part: Part


@dataclass(frozen=True, slots=True)
class _Judged:
    passage: Passage
    verdict: Verdict
    owner: str = ""
    """The process it is a request of, if not the main one; `other` for a question that belongs to none."""


def matters_of(body: Part, whole: Verdict, judge: Judge, rules: TriageRules) -> tuple[Matter, ...]:
    """Return the matters of a body, the main one first; more than one only where the writer plainly turns.

    Args:
        body: What the sender wrote.
        whole: What the judge says of all of it.
        judge: Knows the processes.
        rules: Knows the words with which people turn to another matter.
    """
    single = (Matter(whole.process, whole.confidence, whole.reasons(), body),)
    cut = passages(body, rules.also)
    if len(cut) < 2:
        return single
    announced = any(passage.announced for passage in cut)
    judged = [_Judged(passage, judge.weigh(passage.part)) for passage in cut]
    main = _main(judged, whole) if announced else whole.process
    returns = any(j.passage.announced and j.verdict.process == main for j in judged)
    details = _details(judged, main)
    owned = [j if id(j) in details else replace(j, owner=_owner(j, main, returns, judge, rules)) for j in judged]
    rest = [j for j in owned if not j.owner]
    if main == OTHER or len(rest) == len(owned):
        return single
    mine = judge.weigh(_rows(rest))
    if mine.guess != main:
        return single
    first = Matter(main, max(mine.confidence, whole.chances[main]), mine.reasons(), _rows(rest))
    return (first, *(_second(owner, owned) for owner in dict.fromkeys(j.owner for j in owned if j.owner)))


def _main(judged: Sequence[_Judged], whole: Verdict) -> str:
    """Return what the body is about; where it asks two things at once, the plainest of its passages says it."""
    if whole.process != OTHER:
        return whole.process
    plain = [j.verdict for j in judged if j.verdict.process != OTHER and j.verdict.score >= _PLAIN]
    return max(plain, key=lambda verdict: verdict.score).process if plain else OTHER


def _details(judged: Sequence[_Judged], main: str) -> set[int]:
    """Return the points of lists that the main matter opens with a colon: they spell it out, whatever they mention."""
    details: set[int] = set()
    opener: _Judged | None = None
    for each in judged:
        if not each.passage.listed:
            opener = each
        elif opener and opener.verdict.guess == main and opener.passage.part.text.rstrip().endswith(":"):
            details.add(id(each))
    return details


def _owner(judged: _Judged, main: str, returns: bool, judge: Judge, rules: TriageRules) -> str:
    part, verdict = judged.passage.part, judged.verdict
    if _is_common(judged.passage) or main == OTHER:
        return ""
    folded = part.folded
    asks = bool(found(_ASKING, folded)) or "?" in part.text
    ours = verdict.evidence[main].score
    if verdict.process not in (OTHER, main) and verdict.confidence >= _LIKELY:
        # A numbered point that is surely another process's needs no lead: points share words such as an address.
        numbered = judged.passage.listed and verdict.confidence >= _SURE and verdict.score > ours
        leads = verdict.score - ours >= _LEAD or numbered
        if leads and verdict.score >= (_PLAIN if judged.passage.announced or returns else _PLAINER):
            return verdict.process
        if judged.passage.announced and asks and verdict.score >= _HINT:
            return verdict.process
    if (
        judged.passage.announced
        and asks
        and ours < _LEAD
        and verdict.guess != main
        and _is_elsewhere(folded, main, judge, rules)
    ):
        return OTHER
    return ""


def _is_elsewhere(folded: str, main: str, judge: Judge, rules: TriageRules) -> bool:
    others = (process for name, process in judge.processes.items() if name != main)
    return bool(found(rules.other.phrases, folded)) or any(mentions(process, folded) for process in others)


def _second(owner: str, owned: Sequence[_Judged]) -> Matter:
    theirs = [j for j in owned if j.owner == owner]
    shared = [j for j in owned if j.owner == owner or (not j.owner and _is_common(j.passage))]
    if owner == OTHER:
        reason = "it asks something else besides; a person decides what becomes of it"
        return Matter(OTHER, _LIKELY, (reason,), _rows(shared))
    best = max((j.verdict for j in theirs), key=lambda verdict: verdict.confidence)
    return Matter(owner, best.confidence, best.reasons(), _rows(shared))


def _is_common(passage: Passage) -> bool:
    return passage.closing or passage.part.words < _FEWEST_WORDS


def _rows(judged: Sequence[_Judged]) -> Part:
    return Part(tuple(row for j in judged for row in j.passage.part.rows))
