"""Addresses of forms: lines in a box, with the postcode in a box of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from extractors.fields.item import Item
from extractors.fields.labels import LabelHit
from extractors.fields.layout import Sheet, Span
from extractors.fields.options import Option, place_evidence, strongest, typed_options
from extractors.fields.regions import Region, regions
from extractors.values.places import address_value, find_postcodes, unglued_address
from postroom.normal import comparison_key
from postroom.process import FieldSpec
from postroom.text import Box, Source

POSTCODE_OWNER = "postcode-part"
"""Owner of the labels of a separate postcode box."""
_LINES = 6


def address_options(item: Item, name: str, spec: FieldSpec, labels: Sequence[LabelHit]) -> list[Option]:
    """Return the options of an address field."""
    return _completed(strongest([*typed_options(item, name, spec, labels), *_boxes(item, name, labels)]))


def _completed(options: Sequence[Option]) -> list[Option]:
    """Let an address written short speak for the same address written in full elsewhere."""
    result: list[Option] = []
    for option in options:
        key = comparison_key("address", option.value)
        fuller = [
            other
            for other in options
            if len(other.value) > len(option.value) and _begins(comparison_key("address", other.value), key)
        ]
        if not fuller:
            gains = [
                short.evidence - option.evidence
                for short in options
                if len(short.value) < len(option.value) and _begins(key, comparison_key("address", short.value))
            ]
            result.append(option.stronger(max([0.0, *gains]) + 0.2 * bool(gains)))
    return sorted(result, key=lambda option: -option.evidence)


def _begins(full: str, short: str) -> bool:
    return full.startswith(short + " ") or full.endswith(" " + short)


def _boxes(item: Item, name: str, labels: Sequence[LabelHit]) -> Iterator[Option]:
    for region in regions(item.sheets, labels, name):
        if len(region.label.phrase) < 5 and not region.label.ends_cell:
            continue
        span = _lines(region, labels)
        text = span.text
        if not text.strip() or next(iter(find_postcodes(text)), None):
            continue
        if (
            not re.search(r"[^\W\d_]{3}", text)
            or len(text) > 120
            or (span.block.is_prose and not region.label.starts_cell)
        ):
            continue
        sheet = next(sheet for sheet in item.sheets if span.block in sheet.blocks)
        code = _postcode_box(sheet, region, span, labels)
        value = address_value(f"{text}\n{code}" if code else text)
        if span.block.source in (Source.TESSERACT, Source.RAPIDOCR):
            value = unglued_address(value)
        plausible = bool(re.search(r"\d", text)) or "," in value
        evidence = (
            -1.0
            + 2.9 * region.strength
            + (0.5 if code else -1.2)
            - (0 if plausible else 0.8)
            + place_evidence(item, span)
        )
        yield Option(value, evidence, f"label:{region.label.phrase}", span)


def _lines(region: Region, labels: Sequence[LabelHit]) -> Span:
    """Return the lines of a region up to the next label."""
    block, start = region.span.block, region.span.start
    stops = [
        label.span.start
        for label in labels
        if label.span.block is block and label.span.start > start and label.starts_cell
    ]
    end = min([*stops, len(block.text)])
    lines = 0
    for offset in block.offsets:
        if offset > start:
            lines += 1
            if lines >= _LINES:
                end = min(end, offset)
    return Span(block, start, max(start, end))


def _postcode_box(sheet: Sheet, region: Region, span: Span, labels: Sequence[LabelHit]) -> str:
    """Return the postcode that stands under an address in a box labelled so."""
    above = region.label.box
    area = span.box
    if above is None or area is None:
        return ""
    best = ""
    nearest = 0.2
    for found_block in sheet.blocks:
        for code in find_postcodes(found_block.text):
            box = Span(found_block, code.start, code.end).box
            if box is None or box.y0 < above.y0 or not _labelled_postcode(box, sheet, labels):
                continue
            column = min(abs(box.x0 - area.x0), abs(box.x0 - above.x0))
            distance = (box.y0 - area.y0) + 0.5 * max(0.0, column - 0.25)
            if column < 0.3 and distance < nearest:
                best, nearest = code.value, distance
    return best


def _labelled_postcode(box: Box, sheet: Sheet, labels: Sequence[LabelHit]) -> bool:
    return any(
        POSTCODE_OWNER in label.owners
        and label.span.block in sheet.blocks
        and label.box is not None
        and abs(label.box.middle[1] - box.middle[1]) < 1.5 * max(label.box.height, box.height)
        and label.box.x0 <= box.x0
        for label in labels
    )
