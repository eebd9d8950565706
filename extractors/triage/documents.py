"""Sheets: each attachment or scan judged by itself, a scan of several letters cut where a new one begins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from extractors.triage.judging import Judge, Verdict
from extractors.triage.parts import Part
from postroom.process import Process

_CONTINUED = re.compile(r"\bpage\s+(\d{1,3})\s*(?:of|/)\s*\d{1,3}\b|\b(\d{1,2})\s+of\s+\d{1,2}\b", re.I)
_FIGURES = re.compile(r"[A-Z]{0,3}\d[\d/\-]{4,}", re.I)
_SAME_FIGURES = 0.25
"""Share of long numbers two pages have in common from which they are one letter."""
_COPY = 97
"""Likeness (0-100) from which one document is a copy of another."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One letter or form among the documents of a message."""

    part: Part
    verdict: Verdict
    whole: bool = True
    """It is its whole document, not only some of the pages."""
    identity: frozenset[str] = frozenset()
    """References that its process requires, as they stand in it: two sheets with the same are one matter."""


def sheets_of(documents: Sequence[Part], judge: Judge) -> list[Sheet]:
    """Judge each document, cut where another letter begins, and drop copies of one already seen."""
    kept: list[Sheet] = []
    for sheet in (sheet for part in documents for sheet in _cut(part, judge)):
        if not any(_copies(sheet.part, other.part) for other in kept):
            kept.append(sheet)
    return kept


def _cut(part: Part, judge: Judge) -> list[Sheet]:
    pages = [replace(part, rows=tuple(rows)) for _, rows in groupby(part.rows, key=lambda row: row.page)]
    runs: list[Part] = []
    for page in pages:
        if runs and not _begins(page, runs[-1], judge):
            runs[-1] = replace(runs[-1], rows=(*runs[-1].rows, *page.rows))
        else:
            runs.append(page)
    return [_sheet(run, judge, whole=len(runs) == 1) for run in runs]


def _begins(page: Part, before: Part, judge: Judge) -> bool:
    verdict = judge.weigh(page)
    if not verdict.stands_alone or _is_continued(page):
        return False
    if judge.weigh(before).process != verdict.process:
        return True
    here, there = _figures(page), _figures(before)
    return len(here & there) < _SAME_FIGURES * max(min(len(here), len(there)), 1)


def _is_continued(page: Part) -> bool:
    return any(int(match[1] or match[2]) > 1 for match in _CONTINUED.finditer(page.text))


def _figures(part: Part) -> set[str]:
    return set(_FIGURES.findall(part.text))


def _sheet(part: Part, judge: Judge, whole: bool) -> Sheet:
    verdict = judge.weigh(part, before=re.sub(r"[_\-.]+", " ", part.name.rpartition(".")[0]))
    process = judge.processes.get(verdict.process)
    identity = frozenset(_identities(part, process)) if process else frozenset()
    return Sheet(part, verdict, whole, identity)


def _identities(part: Part, process: Process) -> Iterator[str]:
    for spec in process.fields.values():
        if spec.type == "reference" and spec.required and spec.format:
            kinds = {"#": r"\d", "@": "[A-Za-z]"}
            shape = "[ -]?".join(kinds.get(character, re.escape(character)) for character in spec.format)
            yield from (re.sub(r"[ -]", "", value).upper() for value in re.findall(rf"\b{shape}\b", part.text, re.I))


def _copies(one: Part, other: Part) -> bool:
    from rapidfuzz import fuzz

    first, second = one.folded, other.folded
    if abs(len(first) - len(second)) > 0.1 * max(len(first), len(second)):
        return False
    return fuzz.ratio(first, second) >= _COPY and _figures(one) == _figures(other)
