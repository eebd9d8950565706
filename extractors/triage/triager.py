"""The triager: one message in, its requests out, in the order robots, spam, thanks, processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from extractors.triage.idle import spam_reasons, thanks_reasons
from extractors.triage.judging import SPAM, Judge, Verdict
from extractors.triage.parts import Parts, take_apart
from extractors.triage.protection import protected_reason
from extractors.triage.requests import find_requests, judge_body
from extractors.triage.robots import auto_reply_reasons, bounce_reasons
from extractors.triage.rules import TriageRules
from postroom.disposition import OTHER
from postroom.message import ReadMessage
from postroom.process import Process
from postroom.workitem import Triage

_BY_RULE = 0.98
"""How often a kind of no action told by rules is right, on the labelled set and on real bounces."""
_SAYS_LITTLE = 1.5
"""Evidence below which short thanks are believed; the mail they answer does not count."""


class Triager:
    """Knows the processes and the rules, and decides what each message asks for; keeps no state between messages."""

    def __init__(self, processes: Sequence[Process], rules: TriageRules) -> None:
        self._rules = rules
        self._judge = Judge(processes, rules)

    def triage(self, read: ReadMessage) -> tuple[Triage, ...]:
        """Return one triage for each request in a message; post without a process gives exactly one."""
        parts = take_apart(read)
        everything = tuple(document.id for document in read.unpacked.documents)
        robot = self._robot(read, parts)
        if robot:
            kind, reasons = robot
            return (Triage(kind, _BY_RULE, reasons, everything),)
        protected = protected_reason(read.unpacked, parts, self._rules)
        body = judge_body(parts, self._judge)
        if not protected and (idle := self._idle(read, parts, body)):
            kind, reasons = idle
            return (Triage(kind, _BY_RULE, reasons, everything),)
        requests = find_requests(parts, body, self._judge, self._rules)
        return tuple(replace(request, protected=protected) for request in requests)

    def _robot(self, read: ReadMessage, parts: Parts) -> tuple[str, tuple[str, ...]] | None:
        envelope = read.unpacked.envelope
        if envelope is None:
            return None
        if reasons := bounce_reasons(envelope, parts, self._rules):
            return "bounce", reasons
        if reasons := auto_reply_reasons(envelope, parts, self._rules):
            return "auto-reply", reasons
        return None

    def _idle(self, read: ReadMessage, parts: Parts, body: Verdict) -> tuple[str, tuple[str, ...]] | None:
        envelope = read.unpacked.envelope
        if envelope is None:
            return None
        likeness = self._judge.likeness(f"{parts.subject}. {parts.body.text}").get(SPAM, 0.0)
        genuine = 0.0 if body.process == OTHER else body.score
        if reasons := spam_reasons(envelope, parts, self._rules, likeness, genuine):
            return SPAM, reasons
        said = max((each.score for each in self._judge.testimony(parts.body).values()), default=0.0)
        if said < _SAYS_LITTLE and (reasons := thanks_reasons(parts, self._rules)):
            return "thanks", reasons
        return None
