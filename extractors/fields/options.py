"""Options: every value a field might have, with the evidence for and against it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from extractors.fields.item import SUBJECT_PAGE, Item
from extractors.fields.labels import AVOID, LabelHit, relation
from extractors.fields.layout import Block, Span
from extractors.values.amounts import find_amounts, find_integers
from extractors.values.codes import (
    find_account_numbers,
    find_codes,
    find_ninos,
    find_references,
    find_registrations,
    find_sort_codes,
    find_vat_numbers,
)
from extractors.values.contacts import find_emails, find_phones
from extractors.values.dates import find_dates
from extractors.values.found import Found
from extractors.values.places import find_addresses, find_postcodes
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
                if spec.type == "email" and item.is_council(found.value):
                    continue
                options.append(weigh(item, name, spec, found, span, labels))
    return strongest(options)


def recognise(item: Item, spec: FieldSpec, block: Block) -> Iterator[Found]:
    """Find the values of a field's type in a block."""
    text = block.text
    if spec.type == "reference":
        yield from find_references(text, spec.format) if spec.format else find_codes(text)
    elif spec.type == "date":
        pictured = block.source is not Source.PLAIN
        yield from find_dates(
            text, item.written_on(block), "past" if pictured and not item.is_body(block) else "near", boxed=pictured
        )
    elif spec.type == "integer":
        yield from (found for found in find_integers(text) if _within(spec, int(found.value)))
    elif spec.type == "text" and spec.form == "code":
        yield from find_codes(text)
    elif spec.type in _FINDERS:
        yield from _FINDERS[spec.type](text)


def weigh(item: Item, name: str, spec: FieldSpec, found: Found, span: Span, labels: Sequence[LabelHit]) -> Option:
    """Return a found value as an option, its evidence summed from shape, labels, place and reading."""
    own, rival, phrase = announced(name, span, labels)
    evidence = _BASE + _SHAPE * found.score + _OWN * own - _RIVAL * max(0.0, rival - 0.55 * own)
    evidence += _DISTINCT.get(spec.type, 0.0) + _prefix_bonus(spec)
    evidence += place_evidence(item, span)
    if spec.type == "text" and own < 0.35:
        evidence -= 2.5
    return Option(found.value, evidence, f"label:{phrase}" if own >= 0.25 else found.rule or "shape", span)


def place_evidence(item: Item, span: Span) -> float:
    """Return what a value's place in the message and the certainty of its reading say for it."""
    evidence = SECTION_EVIDENCE[span.block.section]
    if item.outside(span):
        evidence -= 1.5
    return evidence - _UNREAD * max(0.0, 0.8 - span.confidence)


def announced(name: str, span: Span, labels: Iterable[LabelHit]) -> tuple[float, float, str]:
    """Return how strongly the field's own labels announce a value, how strongly any other, and by which words."""
    own = rival = 0.0
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
        elif strength > rival and not _against_others_only(name, label):
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


def _against_others_only(name: str, label: LabelHit) -> bool:
    """Tell whether a label speaks only against other fields, and so says nothing about this one."""
    return bool(label.owners) and all(owner.startswith(AVOID) and owner != AVOID + name for owner in label.owners)


def _prefix_bonus(spec: FieldSpec) -> float:
    if spec.type != "reference" or not spec.format:
        return 0.0
    return 1.8 if not spec.format.startswith("#") else 0.6


def _within(spec: FieldSpec, number: int) -> bool:
    return (spec.minimum is None or number >= spec.minimum) and (spec.maximum is None or number <= spec.maximum)


_FINDERS = {
    "money": find_amounts,
    "phone": find_phones,
    "email": find_emails,
    "postcode": find_postcodes,
    "address": find_addresses,
    "national-insurance-number": find_ninos,
    "vehicle-registration": find_registrations,
    "sort-code": find_sort_codes,
    "account-number": find_account_numbers,
    "vat-number": find_vat_numbers,
}
