"""Options: every value a field might have, with the evidence for and against it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from extractors.fields.item import SUBJECT_PAGE, Item
from extractors.fields.labels import AVOID, LabelHit, relation
from extractors.fields.layout import Span
from extractors.fields.recognise import recognise
from extractors.values.found import Found
from extractors.values.places import address_value, unglued_address
from postroom.fields import Candidate, Provenance
from postroom.process import FieldSpec
from postroom.text import Section, Source

SECTION_EVIDENCE = {
    Section.NEW: 0.0,
    Section.FORWARDED: 0.0,
    Section.QUOTED: -1.1,
    Section.SIGNATURE: -0.7,
    Section.DISCLAIMER: -3.0,
}
"""What the part of the mail a value stands in says for it."""
_BASE = -1.7
_SHAPE = 1.6
_OWN = 3.2
_RIVAL = 2.3
_UNREAD = 1.5
_DISTINCT = {
    "email": 1.2,
    "phone": 1.0,
    "national-insurance-number": 2.0,
    "vehicle-registration": 0.9,
    "vat-number": 1.6,
    "postcode": 0.8,
    "address": 0.5,
    "sort-code": 0.3,
}
"""How much a value's mere shape says that it is the field's; types not named say nothing by shape."""


_PAIR = re.compile(r"(?<!\d)\d\d[ \-–]?\d\d[ \-–]?\d\d\W{1,4}(?:a/?c\W{1,4})?\d{8}(?!\d)")
"""A sort code with the account number right behind it."""
_ALONE = {
    "date": 0.9,
    "address": 1.2,
    "money": 0.6,
    "integer": 0.4,
    "vehicle-registration": 0.6,
    "sort-code": 0.8,
    "account-number": 0.6,
}
"""What it says for a value to be the only one of its type."""
_FAMILY = dict.fromkeys(("reference", "sort-code", "account-number", "vat-number", "phone", "text"), "number")
"""Types whose values can be taken for each other's."""


@dataclass(frozen=True, slots=True)
class Option:
    """A value that may be a field's."""

    value: str
    evidence: float
    """In log odds: 0 is as likely as not."""
    rule: str
    span: Span | None = None
    """None where the value has no place: a header, or worked out."""
    written: str = ""

    def stronger(self, by: float, rule: str = "") -> Option:
        """Return the same option with more evidence (less, if negative)."""
        return replace(self, evidence=self.evidence + by, rule=rule or self.rule)

    @property
    def score(self) -> float:
        """The evidence as a number from 0 to 1."""
        return 1 / (1 + math.exp(-self.evidence))

    @property
    def reading(self) -> float:
        """How surely its words were read."""
        return self.span.confidence if self.span else 1.0

    @property
    def pictured(self) -> bool:
        """Whether it was read from a picture, where letters may be misread."""
        return self.span is not None and self.span.block.source in (Source.TESSERACT, Source.RAPIDOCR)

    def candidate(self, item: Item) -> Candidate:
        """Return it with its provenance, as the rest of the line knows it."""
        return Candidate(self.value, round(self.score, 4), self.provenance(item))

    def provenance(self, item: Item) -> Provenance:
        """Return where it was read."""
        if self.span is None:
            body = item.read.unpacked.documents[0].id if item.read.unpacked.documents else ""
            return Provenance(body, 1, None, self.written or self.value, self.rule)
        block = self.span.block
        box = None if block.page == SUBJECT_PAGE else self.span.box
        return Provenance(block.document_id, max(1, block.page), box, self.span.text.replace("\n", " "), self.rule)


def typed_options(item: Item, name: str, spec: FieldSpec, labels: Sequence[LabelHit]) -> list[Option]:
    """Return the options of a field whose values have a shape of their own."""
    options = []
    for sheet in item.all_sheets:
        for block in sheet.blocks:
            for found in recognise(item, spec, block):
                span = Span(block, found.start, found.end)
                if spec.type == "address":
                    found, span = _behind_labels(found, span, labels)
                if spec.type == "email" and (item.is_council(found.value) or found.value.endswith(".gov.uk")):
                    continue
                if found.score > 0:
                    options.append(weigh(item, name, spec, found, span, labels))
    return _alone(item, spec, strongest(options))


def _behind_labels(found: Found, span: Span, labels: Sequence[LabelHit]) -> tuple[Found, Span]:
    """Begin an address behind the last label that was taken for a part of it, and mend what a reader ran together."""
    inside = [
        label.span.end
        for label in labels
        if label.span.block is span.block
        and span.start <= label.span.start
        and label.span.end < span.end - 8
        and label.starts_cell
        and len(label.phrase) > 3
        and any(owner and not owner.startswith(AVOID) for owner in label.owners)
    ]
    if inside and (text := span.block.text[max(inside) : span.end].strip(" :.,\n")):
        start = span.block.text.index(text, max(inside))
        code = found.value.rpartition(", ")[2]
        body = text[: max(0, len(text) - len(code))] if code[:1].isalpha() and code[-1:].isalpha() else text
        span = Span(span.block, start, span.end)
        found = replace(
            found, value=address_value(f"{body.strip()}\n{code}" if body is not text else text), start=start
        )
    if span.block.source in (Source.TESSERACT, Source.RAPIDOCR):
        found = replace(found, value=unglued_address(found.value))
    return found, span


def _alone(item: Item, spec: FieldSpec, options: list[Option]) -> list[Option]:
    """Strengthen a value that is the only one of its type in the sender's own words: what else could be meant?"""
    if spec.type not in _ALONE:
        return options
    prominent = [option for option in options if option.span is None or place_evidence(item, option.span) > -0.5]
    if len(prominent) != 1:
        return options
    return [option.stronger(_ALONE[spec.type]) if option is prominent[0] else option for option in options]


def weigh(item: Item, name: str, spec: FieldSpec, found: Found, span: Span, labels: Sequence[LabelHit]) -> Option:
    """Return a found value as an option, its evidence summed from shape, labels, place and reading."""
    own, rival, phrase = announced(name, span, labels, item.process.fields)
    if spec.type == "date" and _stands_alone(item, span):
        own, rival = (max(own, 0.6), rival) if _asks_letter_date(spec) else (own, max(rival, 0.45))
    evidence = _BASE + _SHAPE * found.score + _OWN * own - _RIVAL * max(0.0, rival - 0.55 * own)
    evidence += _DISTINCT.get(spec.type, 0.0) + _prefix_bonus(spec)
    evidence += place_evidence(item, span)
    if spec.type in ("sort-code", "account-number") and _PAIR.search(
        span.block.text, max(0, span.start - 16), span.end + 16
    ):
        evidence += 1.4
    if spec.type == "text" and own < 0.35:
        evidence -= 2.5
    if found.rule == "shape without prefix" and own < 0.4:
        evidence -= 2.0
    if spec.type == "date":
        evidence -= _far_off(item, found.value)
    if spec.type in ("phone", "email") and span.block.section is Section.QUOTED:
        # What is quoted is mostly the council's own letter, with its own telephone number.
        evidence -= 1.5
    return Option(found.value, evidence, f"label:{phrase}" if own >= 0.25 else found.rule or "shape", span)


def _far_off(item: Item, value: str) -> float:
    """Return what it says against a date that it lies years from the post itself."""
    if item.arrived_on is None:
        return 0.0
    days = (date.fromisoformat(value) - item.arrived_on).days
    return 0.9 if days < -1000 or days > 400 else 0.0


def _stands_alone(item: Item, span: Span) -> bool:
    """Tell whether a date is all there is in its place, as the date of a letter is."""
    return not item.is_body(span.block) and len(span.cell.text) - (span.end - span.start) < 3


def _asks_letter_date(spec: FieldSpec) -> bool:
    return any(
        "letter" in label and "date" in label
        for label in (*spec.labels, *(word for words in spec.labels_for.values() for word in words))
    )


def place_evidence(item: Item, span: Span) -> float:
    """Return what a value's place in the message and the certainty of its reading say for it."""
    evidence = SECTION_EVIDENCE[span.block.section]
    if item.outside(span):
        evidence -= 1.5
    return evidence - _UNREAD * max(0.0, 0.8 - span.confidence)


def announced(
    name: str, span: Span, labels: Iterable[LabelHit], fields: Mapping[str, FieldSpec]
) -> tuple[float, float, str]:
    """Return how strongly the field's own labels announce a value, how strongly any other, and by which words.

    Other labels are those that speak against the field, those of other fields of a like type, and those of things
    that no field asks for.
    """
    own = rival = 0.0
    rivals = _rivals(name, fields)
    phrase = ""
    box = span.box
    for label in labels:
        if label.span.block is span.block and label.span.start < span.end and span.start < label.span.end:
            continue
        strength = relation(label, span, box) * label.quality
        if strength <= 0.05:
            continue
        if name in label.owners:
            if strength > own:
                own, phrase = strength, label.phrase
        elif strength > rival and (not label.owners or label.owners & rivals):
            rival = strength
    return own, rival, phrase


def strongest(options: Iterable[Option]) -> list[Option]:
    """Return one option for each value, a little stronger for each further place, best first."""
    best: dict[str, Option] = {}
    times: dict[str, int] = {}
    for option in options:
        times[option.value] = times.get(option.value, 0) + 1
        if option.value not in best or option.evidence > best[option.value].evidence:
            best[option.value] = option
    bonus: Mapping[str, float] = {value: 0.25 * min(2, count - 1) for value, count in times.items()}
    ranked = [option.stronger(bonus[value]) for value, option in best.items()]
    return sorted(ranked, key=lambda option: -option.evidence)


def _rivals(name: str, fields: Mapping[str, FieldSpec]) -> frozenset[str]:
    kind = _FAMILY.get(fields[name].type, fields[name].type)
    alike = (other for other, spec in fields.items() if other != name and _FAMILY.get(spec.type, spec.type) == kind)
    return frozenset((AVOID + name, "", *alike))


def _prefix_bonus(spec: FieldSpec) -> float:
    if spec.type != "reference" or not spec.format:
        return 0.0
    return 1.8 if not spec.format.startswith("#") else 0.6
