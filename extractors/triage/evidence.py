"""Evidence: what in a text speaks for a process, by its configured phrases, headings, references and labels."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from extractors.triage.parts import Part
from extractors.triage.phrases import Phrase, fold, found
from postroom.normal import POSTCODE
from postroom.process import FieldSpec, Process

HEADING_SCORE = 1.8
REFERENCE_SCORE = 2.2
TYPE_SCORE = 1.0
LABEL_SCORE = 0.5
MOST_LABELS = 2.5
AGAINST_SCORE = -0.9
FADING = 0.85
"""Each further phrase counts this much of the one before: ten weak words are not ten proofs."""
_CLOSE_ENOUGH = 86
"""Least likeness (0-100) of a line and a heading: OCR misreads one letter in eight on poor print."""
_TYPES = {
    "national-insurance-number": re.compile(r"\b[A-CEGHJ-PR-TW-Z]{2} ?(?:\d{2} ?){3}[A-D]\b", re.I),
    "vat-number": re.compile(r"\bvat\b.{0,40}?\b(?:GB ?)?\d{3} ?\d{4} ?\d{2}\b", re.I | re.S),
    "sort-code": re.compile(r"\b\d{2}[- ]\d{2}[- ]\d{2}\b(?![-/]\d)|\bsort ?code\b|\b\d{6}\W{1,3}\d{4} ?\d{4}\b", re.I),
    "vehicle-registration": re.compile(r"\b[A-Z]{2}\d{2} ?[A-Z]{3}\b|\b[A-Z]\d{1,3} ?[A-Z]{3}\b", re.I),
}
"""Shapes of values that few processes ask for; dates, money and telephones tell nothing."""


_TWO_ADDRESSES = "two-addresses"
"""A text with two postcodes: most post has the writer's alone."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much speaks for one process, and what."""

    score: float
    reasons: tuple[str, ...] = ()
    headings: int = 0
    phrases: int = 0
    """How many phrases were found."""
    references: int = 0
    labels: int = 0

    @property
    def stands_alone(self) -> bool:
        """Say whether a document with this evidence is a form or letter of the process by its own face."""
        return self.headings > 0 and (self.labels >= 2 or self.phrases >= 2 or self.references > 0)


class Witness:
    """Finds evidence for one process, knowing which words it shares with others."""

    def __init__(self, process: Process, shared: Counter[str]) -> None:
        self.process = process
        self._shared = shared
        self._headings = tuple(fold(heading).strip() for heading in process.recognise.headings)
        self._references = tuple(_reference(spec.format) for spec in process.fields.values() if _telling(spec))
        self._labels = tuple({fold(label).strip(): None for spec in process.fields.values() for label in spec.labels})

    def testify(self, part: Part, folded: str) -> Evidence:
        """Weigh what a part says for this process; `folded` is the part's text, folded once for all witnesses."""
        words = _apart(found(self.process.recognise.phrases, folded), folded)
        against = found(self.process.recognise.against, folded)
        headings = self._headings_in(part)
        references = [r for r in self._references if r.search(part.text)]
        types = self._types_in(part.text)
        labels = self._labels_in(part)
        said = [each.as_said(folded) for each in sorted(words, key=lambda each: -each.words)]
        weights = sorted((each.telling / self._shared[f"phrase {each.written}"] for each in words), reverse=True)
        score = sum(weight * FADING**rank for rank, weight in enumerate(weights))
        score += HEADING_SCORE * min(len(headings), 2) + REFERENCE_SCORE * min(len(references), 1)
        score += TYPE_SCORE * sum(1 / max(self._shared[f"type {name}"], 1) for name in types)
        score += min(LABEL_SCORE * sum(1 / self._shared[f"label {name}"] for name in labels), MOST_LABELS)
        score += AGAINST_SCORE * min(len(against), 3)
        return Evidence(
            score, _reasons(headings, references, said), len(headings), len(words),
            len(references), len(labels),
        )  # fmt: skip

    def _headings_in(self, part: Part) -> list[str]:
        lines = [fold(row.text).strip() for row in part.rows[:60] if row.document_id]
        short = [line for line in lines if 0 < len(line.split()) <= 12]
        return [heading for heading in self._headings if any(_heads(line, heading) for line in short)]

    def _types_in(self, text: str) -> list[str]:
        wanted = {spec.type for spec in self.process.fields.values()}
        types = [name for name, shape in _TYPES.items() if name in wanted and shape.search(text)]
        addresses = sum(spec.type == "address" for spec in self.process.fields.values())
        return [*types, *([_TWO_ADDRESSES] if addresses > 1 and len(_postcodes(text)) > 1 else [])]

    def _labels_in(self, part: Part) -> list[str]:
        lines = [fold(row.text) for row in part.rows]
        return [label for label in self._labels if any(line.startswith(f" {label} ") for line in lines)]


def witnesses(processes: Sequence[Process]) -> tuple[Witness, ...]:
    """Return a witness for each process; a word that several share counts less for each."""
    shared: Counter[str] = Counter()
    for process in processes:
        shared.update(f"phrase {written}" for written in set(process.recognise.phrases))
        shared.update({f"type {spec.type}" for spec in process.fields.values()})
        shared.update({f"label {fold(x).strip()}" for spec in process.fields.values() for x in spec.labels})
    return tuple(Witness(process, shared) for process in processes)


def mentions(process: Process, folded: str) -> bool:
    """Say whether a folded text speaks of a process in one of its phrases of two words or more."""
    return any(each.words > 1 for each in found(process.recognise.phrases, folded))


def _postcodes(text: str) -> set[str]:
    return {re.sub(r"\s", "", match[0]) for match in POSTCODE.finditer(text.upper())}


def _apart(phrases: Sequence[Phrase], folded: str) -> list[Phrase]:
    """Return the phrases that stand on words of their own, the most telling first: the same words count once."""
    taken: set[int] = set()
    kept = []
    for each in sorted(phrases, key=lambda one: (-one.telling, -one.words)):
        spans = [each.places(match) for match in each.pattern.finditer(folded)]
        free = next((span for span in spans if len(span & taken) <= len(span) / 2), None)
        if free is not None:
            taken |= free
            kept.append(each)
    return kept


def _heads(line: str, heading: str) -> bool:
    from rapidfuzz import fuzz

    extra = len(line.split()) - len(heading.split())
    if len(heading) < 8:
        return extra <= 3 and line.split(" ")[: len(heading.split())] == heading.split(" ")
    if extra <= 1:
        return fuzz.ratio(line, heading) >= _CLOSE_ENOUGH
    return extra <= 6 and fuzz.partial_ratio(line, heading) >= _CLOSE_ENOUGH + 4


def _telling(spec: FieldSpec) -> bool:
    return spec.type == "reference" and bool(re.match(r"[A-Za-z]{2,}.*#{4,}", spec.format))


def _reference(shape: str) -> re.Pattern[str]:
    kinds = {"#": r"\d", "@": "[A-Za-z]"}
    return re.compile(r"\b" + r"[ \-./]?".join(kinds.get(c, re.escape(c)) for c in shape) + r"\b", re.I)


def _reasons(headings: Iterable[str], references: Sequence[object], words: Sequence[str]) -> tuple[str, ...]:
    said = [f"its heading is “{heading}”" for heading in list(headings)[:1]]
    said += ["it holds a reference of that shape"] if references else []
    said += [f"it says “{word}”" for word in words[:3]]
    return tuple(said)
