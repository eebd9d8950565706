"""Signatures: the names that people put under their letters and mails."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractors.fields.item import Item
from extractors.fields.layout import Block, Cell, Span
from extractors.fields.options import Option
from extractors.fields.vocabulary import CLOSINGS
from extractors.values.names import compatible, looks_like_name, name_at_start
from postroom.text import Section

_WRITTEN_BY = (Section.NEW, Section.FORWARDED, Section.SIGNATURE)
_LETTER_SECTIONS = (Section.NEW, Section.FORWARDED)


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


def without_capitals(text: str) -> bool:
    """Tell whether a text is by somebody who types without capitals."""
    words = re.findall(r"\b[^\W\d_]{2,}", text)
    capitals: int = sum(word[0].isupper() for word in words)
    return bool(capitals <= 0.15 * len(words))


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
            if found and found.value.islower() and not without_capitals(" ".join(entry[2].text for entry in cells)):
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
        r"(?:\b(?:many thanks|thanks|thank you|thx|ta|cheers|regards|diolch)|yours (?:sincerely|faithfully|"
        r"truly))[\s,.!]+(?=[^\W\d_]+(?: [^\W\d_]+){0,2}\W*$)",
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
