"""People: whose name a field means, from labels, closings, introductions, address blocks and the mail's sender."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from extractors.fields.item import Item
from extractors.fields.labels import LabelHit
from extractors.fields.layout import Block, Cell, Span
from extractors.fields.options import Option, announced, place_evidence
from extractors.fields.regions import first_cell, regions
from extractors.fields.vocabulary import CLOSINGS, FORENAME_LABELS, SURNAME_LABELS, TITLE_LABELS
from extractors.values.found import TO_LETTER
from extractors.values.names import compatible, find_names, fullness, joined, looks_like_name, name_at_start, unglued
from extractors.values.places import find_addresses
from postroom.normal import comparison_key
from postroom.process import FieldSpec
from postroom.text import Section, Source

PART_OWNERS = {"surname": SURNAME_LABELS, "forename": FORENAME_LABELS, "name-title": TITLE_LABELS}
"""Labels of the parts of a name that some forms ask for apart."""
_LABELLED = 3.4
_BASE = -0.9
_WRITTEN_BY = (Section.NEW, Section.FORWARDED, Section.SIGNATURE)
_LETTER_SECTIONS = (Section.NEW, Section.FORWARDED)


def name_options(item: Item, name: str, spec: FieldSpec, labels: Sequence[LabelHit]) -> list[Option]:
    """Return the options of a name field: writings of one person count together, the fullest is the value."""
    found = [*_labelled(item, name, spec, labels), *_in_parts(item, labels), *_introduced(item, name, labels)]
    writers = [*signatories(item), *_addressees(item)]
    if spec.fallback == "sender-name":
        writers += _sender(item)
    found += writers
    return _people(found)


def signatories(item: Item) -> list[Option]:
    """Return the names under the letters and mails of a request."""
    options: list[Option] = []
    for document_id in dict.fromkeys(sheet.document_id for sheet in item.sheets):
        blocks = [
            block
            for sheet in item.sheets
            if sheet.document_id == document_id
            for block in sheet.blocks
            if block.section in _WRITTEN_BY
        ]
        options += _closing_names(item, blocks) or _last_names(item, blocks)
    return options


def writer_names(item: Item) -> list[str]:
    """Return the names by which the writer of the matter goes: under the text, and in the headers."""
    names = [option.value for option in signatories(item)]
    writer = item.writer
    if writer and writer.sender_name:
        names.append(writer.sender_name)
    return names


def _labelled(item: Item, name: str, spec: FieldSpec, labels: Sequence[LabelHit]) -> Iterator[Option]:
    for region in regions(item.all_sheets, labels, name):
        text = first_cell(region.span)
        found = name_at_start(text)
        if found is None:
            continue
        span = Span(region.span.block, region.span.start + found.start, region.span.start + found.end)
        value = _continued(span, found.value)
        if found.value.islower() and not _without_capitals(span.block.text):
            continue
        evidence = _BASE + _LABELLED * region.strength + 1.2 * (found.score - 0.6) + place_evidence(item, span)
        yield Option(value, evidence, f"label:{region.label.phrase}", span)


def _without_capitals(text: str) -> bool:
    """Tell whether a text is by somebody who types without capitals."""
    words = re.findall(r"\b[^\W\d_]{2,}", text)
    return sum(word[0].isupper() for word in words) <= 0.15 * len(words)


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
    gaps = sorted(two.box.x0 - one.box.x1 for one, two in zip(words, words[1:], strict=False))
    if not gaps:
        return text.replace(" ", "")
    usual = gaps[len(gaps) // 2]
    value = words[0].text
    for one, two in zip(words, words[1:], strict=False):
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


def _closing_names(item: Item, blocks: Sequence[Block]) -> list[Option]:
    options = []
    cells = [(block, offset, cell) for block in blocks for cell, offset in zip(block.cells, block.offsets, strict=True)]
    for place, (block, offset, cell) in enumerate(cells):
        closing = _closing(cell.text)
        if closing is None:
            continue
        rest = cell.text[closing:]
        same_line = name_at_start(rest) if rest.strip() else None
        if same_line and len(rest.split()) <= 6:
            start = offset + closing + same_line.start
            options.append(_signed(item, same_line.value, Span(block, start, start + len(same_line.value)), 1.5))
            continue
        under = [entry for entry in cells[place + 1 :] if _under(entry[2], cell)]
        for next_block, next_offset, next_cell in under[:3]:
            found = name_at_start(re.sub(r"^\W+", "", next_cell.text))
            if found and found.value.islower() and not _without_capitals(" ".join(entry[2].text for entry in cells)):
                continue
            if found and len(next_cell.text.split()) <= 8:
                start = next_offset + next_cell.text.find(found.value)
                whole = len(found.value) >= 0.6 * len(next_cell.text)
                options.append(
                    _signed(item, found.value, Span(next_block, start, start + len(found.value)), 1.4 if whole else 0.7)
                )
    return options


def _under(cell: Cell, closing: Cell) -> bool:
    """Tell whether a cell stands under a closing phrase and not in another column."""
    return cell.box.y0 > closing.box.y0 and abs(cell.box.x0 - closing.box.x0) < 0.3


def _closing(text: str) -> int | None:
    """Return where a closing phrase ends, if a short line begins with one or a sentence ends in one before a name."""
    plain = text.casefold()
    for phrase in sorted(CLOSINGS, key=len, reverse=True):
        opened = re.match(rf"\W*{re.escape(phrase)}\b[\s,.!–-]*", plain)
        if opened and len(text.split()) <= 7:
            return opened.end()
    tail = re.search(
        r"(?:\b(?:many thanks|thanks|thank you|thx|ta|cheers|regards|diolch)|yours (?:sincerely|faithfully|truly))[\s,.!]+(?=[^\W\d_]+(?: [^\W\d_]+){0,2}\W*$)",
        plain,
    )
    return tail.end() if tail else None


def _last_names(item: Item, blocks: Sequence[Block]) -> list[Option]:
    """Return names at the end of a text without a closing phrase: a last line, or the last words."""
    cells = [(block, offset, cell) for block in blocks for cell, offset in zip(block.cells, block.offsets, strict=True)]
    options = []
    for distance, (block, offset, cell) in enumerate(reversed(cells[-5:])):
        found = name_at_start(cell.text)
        if found and (len(found.value) >= 0.8 * len(cell.text.strip()) or cell.text[found.end : found.end + 1] == ","):
            base = 0.9 - 0.25 * distance if len(cell.text.split()) <= 6 else 0.2
            options.append(_signed(item, found.value, Span(block, offset + found.start, offset + found.end), base))
    for block in reversed(blocks):
        if block.section in _LETTER_SECTIONS and block.is_prose:
            tail = re.search(r"[.!?,]\s+([^.!?,\n]{3,40})\W*$", block.text)
            if tail and 1 < len(tail[1].split()) <= 4 and looks_like_name(tail[1].strip()):
                options.append(_signed(item, tail[1].strip(), Span(block, tail.start(1), tail.end(1)), 0.6))
            break
    return options


def _signed(item: Item, name: str, span: Span, base: float) -> Option:
    evidence = base - (0.9 if len(name.split()) < 2 else 0.0) + _like_address(item, name)
    if not item.is_body(span.block):
        # Under a form or a letter the signature counts; in a bank's or employer's paper it is somebody else's.
        evidence -= 0.4
    return Option(name, evidence - (1.0 if item.outside(span) else 0.0), "signature", span)


def _like_address(item: Item, name: str) -> float:
    """Return what the writer's e-mail address says for a name."""
    writer = item.writer
    if writer is None:
        return 0.0
    local = re.sub(r"[^a-z]", "", writer.sender_address.partition("@")[0])
    words = [word.casefold() for word in re.findall(r"[^\W\d_]{3,}", name)]
    return 0.7 if any(word[:5] in local for word in words) or compatible(name, writer.sender_name) else 0.0


def _addressees(item: Item) -> Iterator[Option]:
    """Yield the names above an address at the head of a paper sent to somebody."""
    for sheet in item.sheets:
        for block in sheet.blocks:
            if item.is_body(block) or len(block.cells) > 9:
                continue
            found = next(iter(find_addresses(block.text)), None)
            name = name_at_start(block.cells[0].text)
            first = block.cells[0].text.strip()
            if (
                found
                and name
                and len(name.value) >= 0.85 * len(first)
                and block.cells[0].box.y0 < 0.45
                and len(name.value.split()) > 1
            ):
                yield Option(name.value, 0.4, "addressee", Span(block, name.start, name.end))


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
    if _pictured(one) == _pictured(other):
        return False
    from rapidfuzz.distance import Levenshtein

    first, second = comparison_key("name", one.value), comparison_key("name", other.value)
    return min(len(first), len(second)) >= 8 and Levenshtein.distance(first, second, score_cutoff=2) <= 2


def _pictured(option: Option) -> bool:
    return option.span is not None and option.span.block.source in (Source.TESSERACT, Source.RAPIDOCR)


def _person(group: Sequence[Option]) -> Option:
    best = group[0]
    kinds = len({option.rule.partition(":")[0] for option in group})
    labelled = best.rule.startswith("label") and len(best.value.split()) > 1
    chosen = (
        best
        if labelled
        else max(group, key=lambda option: (fullness(option.value), option.span is not None, option.evidence))
    )
    if chosen.span is None:
        placed = next(
            (option for option in group if option.value.casefold() == chosen.value.casefold() and option.span), None
        )
        chosen = placed or chosen
    if _pictured(chosen):
        typed = next((option for option in group if not _pictured(option) and not compatible(option.value, chosen.value)), None)
        # The sender spells the name without misreading it.
        chosen = replace(chosen, value=typed.value if typed else unglued(chosen.value))
    return chosen.stronger(best.evidence - chosen.evidence + 0.45 * min(2, kinds - 1), best.rule)
