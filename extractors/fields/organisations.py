"""Organisations: who sends an invoice, from the heading of a paper, company words and whom it asks to pay."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from extractors.fields.item import Item
from extractors.fields.labels import LabelHit
from extractors.fields.layout import Block, Cell, Span
from extractors.fields.options import Option, announced, place_evidence
from extractors.fields.regions import first_cell, regions
from postroom.text import Section, Source

_COMPANY = re.compile(
    r"(?:\b|(?=&))(?:ltd|limited|llp|plc|l\.?l\.?p|p\.?l\.?c|cyf|cyfyngedig|inc|gmbh|& sons?|and sons?|& co|co|"
    r"company|partnership|associates|services|solutions|group|"
    r"contractors|builders|supplies|consulting|trust|cic|bros|brothers|surgery|catering|solicitors|architects|"
    r"surveys|hire|training|systems|engineering)\b\.?",
    re.IGNORECASE,
)
_COUNCIL = re.compile(r"\b(?:council|borough|d\.?c\.?|m\.?b\.?c\.?|district|cyngor)\b", re.IGNORECASE)


def organisation_options(item: Item, name: str, labels: Sequence[LabelHit]) -> list[Option]:
    """Return the organisations a paper may come from: its heading, its company words, whom it asks to pay."""
    options = []
    for region in regions(item.all_sheets, labels, name):
        company = _company(first_cell(region.span))
        if company:
            start = region.span.start + first_cell(region.span).index(company)
            span = Span(region.span.block, start, start + len(company))
            evidence = -0.9 + 1.6 * region.strength + 0.8 * bool(_COMPANY.search(company)) + place_evidence(item, span)
            options.append(Option(company, evidence, f"label:{region.label.phrase}", span))
    for sheet in item.sheets:
        heights = sorted(cell.box.height for cell in sheet.cells) or [0.0]
        usual = heights[len(heights) // 2]
        for place, cell in enumerate(sheet.cells[:60]):
            options += _heading(item, name, cell, *sheet.block_of(cell), place, usual, labels)
    return _alike(options)


def _company(text: str) -> str:
    name = re.split(
        r",|;| [-–—|] |\s{3,}|\s\(|\bVAT\b|\bsort code\b|\binvoice\b|\baccount\b|\bterms\b|\bregistered\b",
        text,
        maxsplit=1,
        flags=re.IGNORECASE,
    )[0]
    # A bullet or a logo before a name is often read as a small letter.
    name = re.sub(r"^[A-Za-z ]{2,25}:\s+|^[a-z©®]\s+(?=[A-Z])", "", name.strip(" .:,|•·●*-–—"))
    if re.match(r"(?:sub ?)?(?:totals?|net|vat|balance|amount|customer|due|qty)\b", name, re.IGNORECASE):
        return ""
    name = name + "." if re.search(r"\bCo$", name) and f"{name}." in text else name
    if (
        not re.search(r"[^\W\d_]{2}", name)
        or _COUNCIL.search(name)
        or not 1 <= len(name.split()) <= 7
        or re.search(r"\d{3}|@|£", name)
    ):
        return ""
    return name if name[:1].isupper() or name[:1].isdigit() else ""


def _heading(
    item: Item, name: str, cell: Cell, block: Block, offset: int, place: int, usual: float, labels: Sequence[LabelHit]
) -> Iterator[Option]:
    company = _company(cell.text)
    if not company or re.fullmatch(
        r"(?:tax |sales |vat )?invoice|statement|page \d.*|date|to|from|description|total|remittance.*",
        company,
        re.IGNORECASE,
    ):
        return
    start = offset + cell.text.index(company)
    span = Span(block, start, start + len(company))
    if any(label.span.block is block and label.span.start <= start and label.span.end >= span.end for label in labels):
        return
    own, rival, _ = announced(name, span, labels, item.process.fields)
    suffix = bool(_COMPANY.search(company))
    big = usual > 0 and cell.box.height > 1.35 * usual and block.source is not Source.PLAIN
    evidence = (
        -2.0
        + 1.5 * suffix
        + 0.9 * big
        + (0.9 if place == 0 else 0.4 if place < 3 else 0.0)
        - 1.3 * max(0.0, rival - own)
    )
    evidence += _like_sender(item, company) + place_evidence(item, span)
    if cell.text.isupper() and len(company.split()) > 1:
        evidence += 0.3
    if company.casefold() in cell.text.casefold() and len(company) < 0.5 * len(cell.text) and not suffix:
        evidence -= 0.8
    if block.section is Section.SIGNATURE and suffix:
        evidence += 0.7
    yield Option(company, evidence, "heading" if place < 3 else "company words", span)


def _like_sender(item: Item, company: str) -> float:
    from rapidfuzz import fuzz

    writer = item.writer
    if writer is None or item.is_council(writer.sender_address):
        return 0.0
    domain = writer.sender_address.rpartition("@")[2].partition(".")[0]
    squeezed = re.sub(r"[^a-z]", "", company.casefold())
    return 1.1 if domain and fuzz.partial_ratio(domain, squeezed) >= 80 and len(domain) > 4 else 0.0


def _alike(options: Sequence[Option]) -> list[Option]:
    """Count writings of one organisation together, the fullest as the value."""
    groups: list[list[Option]] = []
    for option in sorted(options, key=lambda option: -option.evidence):
        key = option.value.casefold()
        home = next(
            (group for group in groups if key in group[0].value.casefold() or group[0].value.casefold() in key), None
        )
        if home is None:
            groups.append([option])
        else:
            home.append(option)
    people = []
    for group in groups:
        best = group[0]
        fullest = max(
            group,
            key=lambda option: (
                bool(_COMPANY.search(option.value)),
                len(option.value) if len(option.value.split()) < 7 else 0,
            ),
        )
        people.append(fullest.stronger(best.evidence - fullest.evidence + 0.4 * min(2, len(group) - 1), best.rule))
    return sorted(people, key=lambda option: -option.evidence)
