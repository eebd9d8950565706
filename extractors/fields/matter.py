"""The matter: free text in the sender's own words, and the topic they write about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extractors.fields.item import SUBJECT_PAGE, Item
from extractors.fields.labels import LabelHit
from extractors.fields.layout import Block, Span
from extractors.fields.options import Option, announced, place_evidence, strongest
from extractors.fields.regions import first_cell, regions
from extractors.fields.vocabulary import CLOSINGS, GREETINGS
from postroom.process import FieldSpec
from postroom.text import Section, Source

TOPIC_OWNER = "#"
"""Marks the owner of a topic's words: `#service`."""
_OWN_WORDS = (Section.NEW, Section.FORWARDED)
_ASIDE = re.compile(
    r"^(?:i (?:would|should) prefer|my deadline|please (?:reply|acknowledge|confirm receipt|find)|reply to|"
    r"you can (?:e-?mail|call|ring|reach|contact)|"
    r"i look forward|looking forward|i enclose|i attach|please see attached|attached|sent from|i trust|thank|"
    r"many thanks|if you need|let me know|"
    r"i'?m (?:a|not|writing)|i am (?:a|writing|contacting)|further to|i hope|sorry|hope you|enc\b|cc\b|note:|"
    r"p\.?s\.?\b|not paying|please cancel)",
    re.IGNORECASE,
)
_OPENS_LIST = re.compile(r":\s*$")
_LISTED = re.compile(r"^\s*(?:[-•*–·]|\(?\d{1,2}[.)]|\(?[a-h][.)])\s+")
_LONGEST = 110
"""Words that a matter may run to."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    span: Span
    listed: bool
    score: float


def sentence_options(item: Item, name: str, spec: FieldSpec, labels: Sequence[LabelHit]) -> list[Option]:
    """Return runs of the sender's own sentences that speak of the matter, and what stands in a form's box for it."""
    options = list(_boxed(item, name, labels))
    for document_id in dict.fromkeys(sheet.document_id for sheet in item.sheets):
        sentences = [
            sentence
            for sheet in item.sheets
            if sheet.document_id == document_id
            for sentence in _sentences(item, sheet.blocks, spec)
        ]
        run = _best_run(sentences)
        if run:
            text = " ".join(_plain(sentence) for sentence in run)
            peak = max(sentence.score for sentence in run)
            first, last = run[0].span, run[-1].span
            span = Span(first.block, first.start, last.end if last.block is first.block else len(first.block.text))
            options.append(Option(text, -0.9 + 0.55 * min(peak, 4.0), "sentences", span))
    return sorted(options, key=lambda option: -option.evidence)


def topic_options(item: Item, name: str, spec: FieldSpec, labels: Sequence[LabelHit]) -> list[Option]:
    """Return the topics a text names: the subject line, a form's box and early sentences count for more."""
    options = []
    for region in regions(item.all_sheets, labels, name):
        text = first_cell(region.span).strip(" .:")
        if text and len(text.split()) <= 8 and region.label.ends_cell | region.label.starts_cell:
            span = Span(region.span.block, region.span.start, region.span.start + len(text))
            if (region.label.starts_cell and not item.is_body(span.block)) or region.strength > 0.9:
                options.append(Option(text, -0.9 + 2.8 * region.strength, f"label:{region.label.phrase}", span))
    place = 0
    for sheet in item.all_sheets:
        for block in sheet.blocks:
            if block.section not in (*_OWN_WORDS, Section.QUOTED):
                continue
            hits = [label for label in labels if TOPIC_OWNER + name in label.owners and label.span.block is block]
            for label in sorted(hits, key=lambda label: label.span.start):
                own, _, _ = announced(name, label.span, labels, item.process.fields)
                early = 0.6 / (1 + place)
                subject = 0.3 if block.page == SUBJECT_PAGE else 0.0
                evidence = (
                    -0.8
                    + 0.3 * len(label.phrase.split())
                    + early
                    + subject
                    + 1.2 * own
                    + place_evidence(item, label.span)
                )
                options.append(Option(label.span.text.replace("\n", " "), evidence, "topic", label.span))
                place += 1
    return strongest(options)


def line_options(item: Item, name: str, labels: Sequence[LabelHit]) -> list[Option]:
    """Return what stands behind or under a field's label, as it stands."""
    options = []
    for region in regions(item.all_sheets, labels, name):
        text = re.split(r"(?<=[a-z]{3})[.;]\s", first_cell(region.span), maxsplit=1)[0].strip(" :.,;|_")
        if text:
            span = Span(region.span.block, region.span.start, region.span.start + len(text))
            options.append(
                Option(
                    text,
                    -1.6 + 3.4 * region.strength + place_evidence(item, span),
                    f"label:{region.label.phrase}",
                    span,
                )
            )
    return strongest(options)


def _boxed(item: Item, name: str, labels: Sequence[LabelHit]) -> Iterator[Option]:
    for region in regions(item.sheets, labels, name):
        block = region.span.block
        form_like = region.label.starts_cell and (
            region.label.ends_cell or block.text[region.label.span.end :].lstrip()[:1] in ":-?"
        )
        if not form_like:
            continue
        stops = [
            label.span.start
            for label in labels
            if label.span.block is block
            and label.span.start > region.span.start + 10
            and label.starts_cell
            and label.ends_cell
            and label.owners
        ]
        end = min([*stops, len(block.text)])
        text = " ".join(block.text[region.span.start : end].split())
        if len(text.split()) >= 4:
            span = Span(block, region.span.start, end)
            yield Option(
                text, -0.6 + 2.6 * region.strength + place_evidence(item, span), f"label:{region.label.phrase}", span
            )


def _sentences(item: Item, blocks: Sequence[Block], spec: FieldSpec) -> Iterator[_Sentence]:
    for block in blocks:
        if block.section not in _OWN_WORDS or _greeting(block.text) or _farewell(block.text):
            continue
        if block.source is not Source.PLAIN and not block.is_prose:
            continue
        for start, end in _split(block.text):
            text = block.text[start:end].strip()
            if len(text.split()) < 3 or _greeting(text) or _farewell(text):
                continue
            span = Span(block, start, end)
            yield _Sentence(text, span, bool(_LISTED.match(text)), _score(item, text, span, spec))


def _split(text: str) -> Iterator[tuple[int, int]]:
    """Yield where sentences begin and end; an item of a list is a sentence, a line break within a paragraph is not."""
    start = 0
    for stop in re.finditer(
        r"(?<!\b[A-Z])(?<!\b(?:Mr|Dr|St|Rd|no|No|eg|ie))(?<!\b(?:Mrs|Ltd|"
        r"Ave))(?<!^\d)(?<!\n\d)(?<!\s\d)[.!?]+[\"”']?(?=\s|$)|:\s*\n|\n(?=\s*(?:[-•*–·]|\(?\d{1,2}[.)])\s)|\n\s*\n",
        text,
    ):
        if stop.end() > start:
            yield start, stop.end()
        start = stop.end()
    if start < len(text):
        yield start, len(text)


def _score(item: Item, text: str, span: Span, spec: FieldSpec) -> float:
    plain = f" {text.casefold()} "
    hits = sum(1 for cue in spec.cues if re.search(rf"(?<!\w){re.escape(cue)}", plain))
    score = 0.9 * min(hits, 3) + 0.35 * max(0, min(hits, 6) - 3)
    score += 0.4 if len(text.split()) >= 8 else 0.0
    if _ASIDE.match(text.strip("- •")):
        score -= 1.3
    if _OPENS_LIST.search(text):
        score -= 0.5
    if item.outside(span):
        score -= 3
    return score


def _best_run(sentences: Sequence[_Sentence]) -> list[_Sentence]:
    if not sentences:
        return []
    peak = max(range(len(sentences)), key=lambda place: (sentences[place].score, -place))
    if sentences[peak].score <= 0 and not sentences[peak].listed:
        return [sentences[peak]] if len(sentences) == 1 else []
    first = last = peak
    while last + 1 < len(sentences) and _goes_on(sentences[last], sentences[last + 1], sentences[peak]):
        last += 1
    while first > 0 and _goes_on(sentences[first], sentences[first - 1], sentences[peak]):
        first -= 1
    run = list(sentences[first : last + 1])
    while sum(len(sentence.text.split()) for sentence in run) > _LONGEST and len(run) > 1:
        run.pop(0 if run[0].score < run[-1].score else -1)
    if len(run) > 1 and run[1].listed and not run[0].listed and _OPENS_LIST.search(run[0].text):
        run = run[1:]
    return run


def _goes_on(here: _Sentence, there: _Sentence, peak: _Sentence) -> bool:
    if there.listed and (here.listed or _OPENS_LIST.search(here.text)):
        return True
    return there.score >= max(1.2, 0.65 * peak.score)


def _plain(sentence: _Sentence) -> str:
    text = re.sub(r"^[-•*–·]\s+", "", " ".join(sentence.text.split()))
    return re.sub(r"^(?:Dear|Hi|Hello|Good \w+|Annwyl)\b[^,.!]{0,30},\s+(?=\w+ \w+)", "", text)


def _greeting(text: str) -> bool:
    plain = text.casefold().strip(" ,.!")
    return len(plain.split()) <= 5 and plain.startswith(GREETINGS)


def _farewell(text: str) -> bool:
    plain = text.casefold().strip(" ,.!")
    return len(plain.split()) <= 6 and plain.startswith(CLOSINGS)
