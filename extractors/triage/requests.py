"""Requests: how many matters a message holds, and which parts of it belong to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from extractors.triage.documents import Sheet, sheets_of
from extractors.triage.evidence import mentions
from extractors.triage.judging import Judge, Verdict
from extractors.triage.matters import matters_of
from extractors.triage.parts import Part, Parts, Row
from extractors.triage.phrases import found
from extractors.triage.rules import TriageRules
from postroom.disposition import OTHER
from postroom.workitem import Triage

_COVER_WORDS = 70
_BRIEF = 12
"""A body of so few words beside a document is a covering line whatever its words."""
_OWN_MATTER = 2.6
"""Evidence from which a body that brings documents of another process is believed to hold a matter of its own."""


def judge_body(parts: Parts, judge: Judge) -> Verdict:
    """Judge what the sender wrote; the subject of an answer counts as part of the mail it answers."""
    if parts.is_reply and parts.quoted.rows:
        subject = Row("", 0, 0, f"{parts.subject}.")
        return judge.weigh(parts.body, quoted=replace(parts.quoted, rows=(subject, *parts.quoted.rows)))
    return judge.weigh(parts.body, before=parts.subject, quoted=parts.quoted)


def find_requests(parts: Parts, body: Verdict, judge: Judge, rules: TriageRules) -> tuple[Triage, ...]:
    """Return a request for each matter in a message that is neither robot mail, spam nor thanks; never none.

    Args:
        parts: The message.
        body: What `judge_body` said of it.
        judge: Knows the processes.
        rules: Knows the words of covering mails and of turning to another matter.
    """
    sheets = sheets_of(parts.documents, judge)
    if not sheets and not parts.body.rows and not parts.subject:
        return (Triage(OTHER, 1.0, ("no text could be read in it",), parts.blank),)
    if not sheets:
        return _from_body(parts, body, judge, rules)
    own = _own_matter(parts, body, sheets, rules)
    groups = _grouped(_requesting(parts, body, sheets, own, judge))
    if not groups:
        return _together(parts, body, sheets, judge, rules)
    requests = [_from_group(group, parts, body) for group in groups]
    if own:
        requests = [*_from_body(parts, body, judge, rules), *requests]
    return _with_rest(requests, groups, sheets, parts)


def _from_body(parts: Parts, verdict: Verdict, judge: Judge, rules: TriageRules) -> tuple[Triage, ...]:
    documents = (*parts.body.document_ids, *parts.blank)
    matters = matters_of(parts.body, verdict, judge, rules)
    return tuple(
        Triage(
            each.process, each.confidence, each.reasons, documents, _lines(each.part, parts) if len(matters) > 1 else ()
        )
        for each in matters
    )


def _lines(part: Part, parts: Parts) -> tuple[tuple[str, int, int, int], ...]:
    """Return the lines of one of several matters, with the signature, which belongs to all."""
    return Part((*part.rows, *parts.frame.rows)).spans()


def _own_matter(parts: Parts, body: Verdict, sheets: Sequence[Sheet], rules: TriageRules) -> bool:
    """Say whether the body asks for something that none of the documents is about."""
    if body.process == OTHER or parts.body.words <= _BRIEF:
        return False
    if any(sheet.verdict.process == body.process for sheet in sheets):
        return False
    return body.score >= _OWN_MATTER


def _is_cover(parts: Parts, rules: TriageRules) -> bool:
    if parts.body.words <= _BRIEF:
        return True
    return parts.body.words <= _COVER_WORDS and bool(found(rules.cover, parts.body.folded))


def _requesting(parts: Parts, body: Verdict, sheets: Sequence[Sheet], own: bool, judge: Judge) -> list[Sheet]:
    """Return the sheets that ask for something themselves; the others only support the matter."""
    folded = f"{parts.body.folded} {Part((Row('', 0, 0, parts.subject),)).folded}"
    asking = []
    for sheet in sheets:
        process = sheet.verdict.process
        if process == OTHER or not (sheet.verdict.stands_alone or not parts.body.rows):
            continue
        if not own or process == body.process or mentions(judge.processes[process], folded):
            asking.append(sheet)
    return asking


def _grouped(sheets: Sequence[Sheet]) -> list[list[Sheet]]:
    """Put sheets of one matter together: same process and the same required reference."""
    groups: list[list[Sheet]] = []
    for sheet in sheets:
        for group in groups:
            if group[0].verdict.process == sheet.verdict.process and group[0].identity & sheet.identity:
                group.append(sheet)
                break
        else:
            groups.append([sheet])
    return groups


def _from_group(group: Sequence[Sheet], parts: Parts, body: Verdict) -> Triage:
    best = max((sheet.verdict for sheet in group), key=lambda verdict: verdict.confidence)
    confidence = best.confidence
    if body.process == best.process:
        confidence = 1 - (1 - confidence) * (1 - body.confidence)
    ids = dict.fromkeys([name for sheet in group for name in sheet.part.document_ids] + [*parts.body.document_ids])
    lines: tuple[tuple[str, int, int, int], ...] = ()
    if not all(sheet.whole for sheet in group):
        lines = tuple(span for sheet in group for span in sheet.part.spans()) + parts.body.spans()
    return Triage(best.process, confidence, best.reasons(), tuple(ids), lines)


def _together(
    parts: Parts, body: Verdict, sheets: Sequence[Sheet], judge: Judge, rules: TriageRules
) -> tuple[Triage, ...]:
    """Judge body and documents as one matter, where no document speaks for itself."""
    ids = tuple(
        dict.fromkeys([*parts.body.document_ids, *(n for s in sheets for n in s.part.document_ids), *parts.blank])
    )
    if body.process != OTHER and (body.score >= _OWN_MATTER or not _is_cover(parts, rules)):
        return _with_rest(list(_from_body(parts, body, judge, rules)), [], sheets, parts)
    everything = Part((*parts.body.rows, *(row for sheet in sheets for row in sheet.part.rows)))
    verdict = judge.weigh(everything, before=parts.subject)
    alone = max((sheet.verdict for sheet in sheets), key=lambda each: (each.process != OTHER, each.confidence))
    chosen = verdict if verdict.process != OTHER or alone.process == OTHER else alone
    return (Triage(chosen.process, chosen.confidence, chosen.reasons(), ids),)


def _with_rest(
    requests: list[Triage], groups: Sequence[Sequence[Sheet]], sheets: Sequence[Sheet], parts: Parts
) -> tuple[Triage, ...]:
    """Give the documents that ask for nothing themselves to the request before them, and say what they look like."""
    asking = {id(sheet) for group in groups for sheet in group}
    silent = [sheet for sheet in sheets if id(sheet) not in asking]
    extra = tuple(name for sheet in silent for name in sheet.part.document_ids) + parts.blank
    notes = tuple(
        f"the attachment “{sheet.part.name}” looks like {sheet.verdict.process} and was kept with this request"
        for sheet in silent
        if sheet.verdict.process not in (OTHER, requests[0].process)
    )
    first = requests[0]
    ids = tuple(dict.fromkeys([*first.document_ids, *extra]))
    return (replace(first, document_ids=ids, reasons=(*first.reasons, *notes)), *requests[1:])
