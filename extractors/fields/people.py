"""People: whose name a field means, from labels, closings, introductions, address blocks and the mail's sender."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from extractors.fields.item import Item
from extractors.fields.labels import LabelHit
from extractors.fields.layout import Block, Span
from extractors.fields.options import Option, announced, place_evidence
from extractors.fields.regions import first_cell, regions
from extractors.fields.signatures import signatories, without_capitals
from extractors.fields.vocabulary import FORENAME_LABELS, SURNAME_LABELS, TITLE_LABELS
from extractors.values.found import TO_LETTER
from extractors.values.names import compatible, find_names, fullness, joined, looks_like_name, name_at_start, unglued
from extractors.values.places import find_addresses
from postroom.normal import comparison_key
from postroom.process import FieldSpec
from postroom.text import Section

PART_OWNERS = {"surname": SURNAME_LABELS, "forename": FORENAME_LABELS, "name-title": TITLE_LABELS}
"""Labels of the parts of a name that some forms ask for apart."""
_LABELLED = 3.4
_BASE = -0.9
_LETTER_SECTIONS = (Section.NEW, Section.FORWARDED)


def name_options(item: Item, name: str, spec: FieldSpec, labels: Sequence[LabelHit]) -> list[Option]:
    """Return the options of a name field: writings of one person count together, the fullest is the value."""
    found = [*_labelled(item, name, spec, labels), *_in_parts(item, labels), *_introduced(item, name, labels)]
    writers = [*signatories(item), *_addressees(item)]
    if spec.fallback == "sender-name":
        writers += _sender(item)
    found += writers
    return _people(found)


def _labelled(item: Item, name: str, spec: FieldSpec, labels: Sequence[LabelHit]) -> Iterator[Option]:
    for region in regions(item.all_sheets, labels, name):
        text = first_cell(region.span)
        found = name_at_start(text)
        if found is None:
            continue
        span = Span(region.span.block, region.span.start + found.start, region.span.start + found.end)
        value = _continued(span, found.value)
        if found.value.islower() and not without_capitals(span.block.text):
            continue
        evidence = _BASE + _LABELLED * region.strength + 1.2 * (found.score - 0.6) + place_evidence(item, span)
        yield Option(value, evidence, f"label:{region.label.phrase}", span)


def _continued(span: Span, value: str) -> str:
    """Take the second half of a couple's name from the next line: `Mr A Jones and` / `Mrs B Jones`."""
    rest = span.block.text[span.end :]
    more = re.match(r"\s*(?:&|and)\s*\n\s*", rest)
    second = name_at_start(rest[more.end() :]) if more else None
    return f"{value} and {second.value}" if second else value


def _in_parts(item: Item, labels: Sequence[LabelHit]) -> Iterator[Option]:
    parts: dict[str, tuple[str, Span]] = {}
    for part in PART_OWNERS:
        for region in regions(item.all_sheets, labels, part):
            text = first_cell(region.span)
            letters = re.fullmatch(r"(?:\w ?){3,}", text.strip()) and len(text.split()) > len(text) / 3
            value = _unboxed(region.span, text).translate(TO_LETTER) if letters else text.strip(" .:_|")
            if value and looks_like_name(f"X {value}" if part == "name-title" else value) and part not in parts:
                parts[part] = (value, region.span)
    if "surname" in parts and "forename" in parts:
        title = parts["name-title"][0] if "name-title" in parts and len(parts["name-title"][0]) < 6 else ""
        value = joined(title, parts["forename"][0], parts["surname"][0])
        span = parts["surname"][1]
        yield Option(
            value, 2.0, "label:surname and forename", Span(span.block, span.start, span.start + len(first_cell(span)))
        )


def _unboxed(span: Span, text: str) -> str:
    """Join letters that stand in boxes, a wider gap between two boxes being a space."""
    words = span.block.words_between(span.start, span.start + len(text))
    gaps = sorted(two.box.x0 - one.box.x1 for one, two in pairwise(words))
    if not gaps:
        return text.replace(" ", "")
    usual = gaps[len(gaps) // 2]
    value = words[0].text
    for one, two in pairwise(words):
        value += (" " if two.box.x0 - one.box.x1 > 2 * usual + 0.008 else "") + two.text
    return value


def _introduced(item: Item, name: str, labels: Sequence[LabelHit]) -> Iterator[Option]:
    for sheet in item.all_sheets:
        for block in sheet.blocks:
            if block.section is Section.DISCLAIMER:
                continue
            for found in find_names(block.text):
                span = Span(block, found.start, found.end)
                own, rival, phrase = announced(name, span, labels, item.process.fields)
                greeted = bool(re.search(r"\b(?:Dear|Hello|Hi|Annwyl)\s*$", block.text[: found.start]))
                evidence = (
                    -1.6
                    + 1.5 * found.score
                    + 2.6 * own
                    - 1.8 * max(0.0, rival - 0.5 * own)
                    + place_evidence(item, span)
                )
                if found.rule == "introduction":
                    evidence += 1.6
                if greeted:
                    # A letter greets whom it is sent to; a resident's own letter greets the council.
                    evidence += -1.5 if item.is_body(block) and block.section in _LETTER_SECTIONS else 0.3
                rule = f"label:{phrase}" if own >= 0.25 else found.rule
                yield Option(found.value, evidence, rule, span)


def _addressees(item: Item) -> Iterator[Option]:
    """Yield the names above an address at the head of a paper sent to somebody."""
    for sheet in item.sheets:
        for block in sheet.blocks:
            if not item.is_body(block):
                yield from _above_address(block)


def _above_address(block: Block) -> Iterator[Option]:
    for found in find_addresses(block.text):
        place = block.cells.index(block.cell_at(found.start))
        if found.score < 0.5 or place == 0 or block.cells[place].box.y0 > 0.5:
            continue
        above, offset = block.cells[place - 1], block.offsets[place - 1]
        name = name_at_start(above.text)
        if name and len(name.value) >= 0.85 * len(above.text.strip()) and len(name.value.split()) > 1:
            yield Option(name.value, 0.4, "addressee", Span(block, offset + name.start, offset + name.end))


def _sender(item: Item) -> Iterator[Option]:
    writer = item.writer
    if writer is None or not writer.sender_name or item.is_council(writer.sender_address):
        return
    name = name_at_start(_turned(writer.sender_name))
    if name and len(name.value) >= 0.8 * len(writer.sender_name):
        yield Option(name.value, 0.3 if len(name.value.split()) > 1 else -1.0, "sender", None, writer.sender_name)


def _turned(name: str) -> str:
    """Turn `Jones, Mary` round."""
    surname, comma, forename = name.strip("\"' ").partition(", ")
    return f"{forename} {surname}" if comma and forename else surname


def _people(options: Sequence[Option]) -> list[Option]:
    groups: list[list[Option]] = []
    for option in sorted(options, key=lambda option: -option.evidence):
        home = next((group for group in groups if _one_person(group[0], option)), None)
        if home is None:
            groups.append([option])
        else:
            home.append(option)
    return sorted((_person(group) for group in groups), key=lambda option: -option.evidence)


def _one_person(one: Option, other: Option) -> bool:
    """Tell whether two writings are one person's; a name read from a picture may differ by a letter or two."""
    if compatible(one.value, other.value):
        return True
    if one.pictured == other.pictured:
        return False
    from rapidfuzz.distance import Levenshtein

    first, second = comparison_key("name", one.value), comparison_key("name", other.value)
    alike: bool = min(len(first), len(second)) >= 8 and Levenshtein.distance(first, second, score_cutoff=2) <= 2
    return alike


def _person(group: Sequence[Option]) -> Option:
    best = group[0]
    kinds = len({option.rule.partition(":")[0] for option in group})
    labelled = best.rule.startswith("label") and len(best.value.split()) > 1
    # How people write themselves in the text goes before how their mail program shows them.
    written = [option for option in group if option.span is not None and len(option.value.split()) > 1] or group
    chosen = best if labelled else max(written, key=lambda option: (fullness(option.value), option.evidence))
    if chosen.span is None:
        placed = next(
            (option for option in group if option.value.casefold() == chosen.value.casefold() and option.span), None
        )
        chosen = placed or chosen
    if chosen.pictured:
        others = [option for option in group if not option.pictured]
        typed = next((option for option in others if not compatible(option.value, chosen.value)), None)
        # The sender spells the name without misreading it.
        chosen = replace(chosen, value=typed.value if typed else unglued(chosen.value))
    return chosen.stronger(best.evidence - chosen.evidence + 0.45 * min(2, kinds - 1), best.rule)
