"""Boilerplate: signatures, confidentiality notices, virus footers and the warnings of mail gateways."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from extractors.readers.rows import Row
from postroom.text import Section

_SMALL_PRINT = re.compile(
    "|".join(
        (
            r"any (?:files?|attachments?) transmitted with it",
            r"if you (?:have |are )?(?:not )?receiv\w* this (?:e-?mail|message|communication|transmission|fax)\b"
            r".{0,60}?\b(?:in|by) (?:error|mistake)",
            r"if (?:you|it|this \w+) (?:have|has) (?:been )?(?:received|sent|reached|come to)\b.{0,50}\bin error",
            r"\b(?:received|sent to you) (?:it |this |them )?(?:in|by) (?:error|mistake)\b.{0,60}"
            r"(?:notify|inform|contact|delete|return|destroy|e-?mail)",
            r"(?:intended|meant) (?:solely |only |exclusively )*for the (?:sole |exclusive )?(?:use of |attention of )?"
            r"(?:the )?(?:named |above |individual|intended |addressee|recipient|person|entity)",
            r"(?:solely|strictly|only) for the (?:use of (?:the )?named|addressee)",
            r"\bnot (?:the |an |one of the )?(?:intended|named) (?:recipient|addressee)",
            r"confidential (?:and|or|,).{0,60}(?:privileged|intended|proprietary|use of)",
            r"(?:legally|professionally) privileged|legal (?:and/or|and|or) professional privilege",
            r"(?:scanned|screened|checked|swept)\b.{0,60}\bvirus|virus(?:es)?[- ](?:free|check|scan)"
            r"|certified virus free|presence of (?:computer )?virus",
            r"(?:e-?mails?|messages?|communications?)\b.{0,160}\b(?:may|can|could|will) be (?:\w+ )?"
            r"(?:monitored|recorded|intercepted|logged)\b",
            r"(?:incoming|outgoing)\b.{0,60}\b(?:e-?mails?|messages?)\b.{0,60}\b(?:monitored|recorded)\b",
            r"^\W*(?:caution|warning|external|alert)\b.{0,40}\b(?:e-?mail|sender|message|link|attachment)",
            r"this (?:e-?mail|message) (?:was sent |has )?(?:originate[sd]|came|comes|is|was sent) from "
            r"(?:an )?(?:outside|external)",
            r"do not (?:click|open)\b.{0,40}\b(?:links?|attachments?)\b.{0,60}\b(?:unless|recogni[sz]e|sender|know)",
            r"you don['’]t often get e-?mail from",
            r"(?:consider|think (?:of|about)) the environment|think before (?:you )?print",
            r"(?:views|opinions)\b.{0,60}\b(?:those of|are not|do not|not necessarily|personal to|may not)\b",
            r"(?:disclos\w+|copying|distribut\w+|dissemination)\b.{0,80}"
            r"\b(?:prohibited|forbidden|unauthori[sz]ed|unlawful)",
            r"registered (?:office|in england|in wales|in scotland|charity|company)\b",
            r"(?:company|charity) (?:registration )?(?:number|no\.?) ?:? ?\d{5,8}",
            r"any reply that you make will be published|use this e-?mail address for all replies to this request",
            r"welcomes? correspondence in welsh|croes\w+ (?:i )?ohebiaeth|croesawu gohebiaeth",
            r"(?:neges|e-bost)\b.{0,80}\b(?:gyfrinachol|cyfrinachol)"
            r"|(?:mewn|drwy) (?:camgymeriad|gamgymeriad|gwall)\b.{0,80}(?:dile|hysbys|cysyllt)",
            r"(?:privacy (?:notice|policy)|how we (?:use|handle) your (?:personal )?(?:data|information))\b"
            r".{0,80}(?:www|http|visit|website)",
        )
    ),
    re.I,
)
_FOOTNOTE = re.compile(r"\bconfidential\b|do not reply to this|data protection|\bdisclaimer\b|\bviruses?\b", re.I)
"""Words that make small print only of what stands below a rule."""
_BANNER = re.compile(r"^\W*(?:\[?external(?: e-?mail| sender| message)?\]?|e-?bost allanol)\W*$", re.I)
_TITLE = re.compile(
    r"^\W*(?:disclaimer|confidentiality(?: notice)?|important(?: notice| information)?|legal notice|privacy notice"
    r"|caution|warning|ymwadiad)\W*$",
    re.I,
)
_RULE = re.compile(r"^\s*(?:[*_=\-~#][\s*_=\-~#]{4,})$")
_SIGNATURE_MARK = re.compile(r"^-- ?$")
_FROM_DEVICE = re.compile(
    r"^\W*(?:(?:sent|envoyé|anfonwyd|wysłane|gesendet|get)\s+"
    r"(?:from|via|using|by|depuis|o|fy|z|von|outlook for)\b.{1,60}"
    r"|download (?:the )?(?:all-new )?\S+ (?:mail|app)\b.{0,40})$",
    re.I,
)
_CLOSING = re.compile(
    r"^\W*(?:(?:with |my |very |many )*(?:kind|kindest|best|warm|warmest)?\s*(?:regards|wishes)"
    r"|yours?(?: (?:sincerely|faithfully|truly|ever))?|yn gywir|cofion(?: cynnes| gorau)?|dymuniadau gorau"
    r"|diolch(?: yn fawr)?|(?:many )?thanks(?: (?:again|and regards|in advance))?"
    r"|thank you|cheers|sincerely|faithfully|best)\W*$",
    re.I,
)
_CORPORATE = (
    re.compile(r"\bwww\.|https?://", re.I),
    re.compile(r"\b(?:ltd|limited|plc|llp|cyf|council|cyngor|department|adran|directorate|nhs|trust|group)\b", re.I),
    re.compile(
        r"^\W*(?:t|tel|telephone|phone|direct(?: dial| line)?|fax|f|m|mob|mobile|ddi|ffôn)\b\W{1,4}\+?[\d(]",
        re.I,
    ),
    re.compile(r"^\W*(?:e|e-?mail|e-bost|w|web|website)\s*[:|]", re.I),
    re.compile(r"follow us|find us on|\b(?:facebook|twitter|linkedin|instagram)\b", re.I),
    re.compile(
        r"\b(?:officer|manager|director|administrator|assistant|advis[eo]r|coordinator|consultant|executive|swyddog)\b",
        re.I,
    ),
)
_LONGEST_SIGNATURE = 25
_LONGEST_FRAME = 40
_LONGEST_TITLE = 200
_WINDOW = 4


def mark_boilerplate(rows: Sequence[Row], sections: list[Section]) -> None:
    """Mark what nobody wrote for this mail within its own text; changes `sections` in place."""
    for start, end in _runs(sections):
        _mark_small_print(rows, sections, start, end)
        _mark_program_lines(rows, sections, start, end)
        _mark_signature(rows, sections, start, end)


def _runs(sections: Sequence[Section]) -> list[tuple[int, int]]:
    own = (Section.NEW, Section.FORWARDED)
    starts = [
        at for at in range(len(sections)) if sections[at] in own and (at == 0 or sections[at - 1] != sections[at])
    ]
    return [
        (start, next((at for at in range(start, len(sections)) if sections[at] != sections[start]), len(sections)))
        for start in starts
    ]


def _paragraphs(rows: Sequence[Row], start: int, end: int) -> Iterator[tuple[int, int]]:
    first = None
    for at in range(start, end + 1):
        is_text = at < end and bool(rows[at].text.strip()) and not _RULE.match(rows[at].text)
        if is_text and first is None:
            first = at
        elif not is_text and first is not None:
            yield first, at
            first = None


def _mark_small_print(rows: Sequence[Row], sections: list[Section], start: int, end: int) -> None:
    for first, last in _paragraphs(rows, start, end):
        at = _small_print_start(rows, first, last)
        if at is None and _is_below_rule(rows, first, start) and _FOOTNOTE.search(_joined(rows, first, last)):
            at = first
        if at is not None:
            sections[at:last] = [Section.DISCLAIMER] * (last - at)
    _mark_frames(rows, sections, start, end)
    for at in range(start, end):
        text = rows[at].text[:_LONGEST_TITLE]
        if _BANNER.match(text) or (_TITLE.match(text) and _next_is(rows, sections, at + 1, end, Section.DISCLAIMER)):
            sections[at] = Section.DISCLAIMER


def _is_below_rule(rows: Sequence[Row], at: int, start: int) -> bool:
    above = next((rows[row].text for row in range(at - 1, start - 1, -1) if rows[row].text.strip()), "")
    return bool(_RULE.match(above))


def _joined(rows: Sequence[Row], first: int, last: int) -> str:
    return " ".join(rows[row].text[:1000].strip() for row in range(first, min(last, first + _WINDOW)))


def _small_print_start(rows: Sequence[Row], first: int, last: int) -> int | None:
    for at in range(first, last):
        found = _SMALL_PRINT.search(_joined(rows, at, last))
        if found is not None and found.start() <= len(rows[at].text):
            return _sentence_start(rows, first, at)
    return None


def _sentence_start(rows: Sequence[Row], first: int, at: int) -> int:
    """Step back over the wrapped lines of the sentence that a row goes on with."""
    while at > first and len(rows[at - 1].text) > 50 and not rows[at - 1].text.rstrip().endswith((".", "!", "?", ":")):
        at -= 1
    return at


def _mark_frames(rows: Sequence[Row], sections: list[Section], start: int, end: int) -> None:
    """Mark what stands between two rules around small print, and rules that touch it."""
    rules = [at for at in range(start, end) if _RULE.match(rows[at].text)]
    for above, below in pairwise(rules):
        if below - above <= _LONGEST_FRAME and Section.DISCLAIMER in sections[above:below]:
            sections[above : below + 1] = [Section.DISCLAIMER] * (below + 1 - above)
    for at in rules:
        if _next_is(rows, sections, at + 1, end, Section.DISCLAIMER) or (
            at > start and _next_is(rows, sections, at - 1, start - 1, Section.DISCLAIMER, step=-1)
        ):
            sections[at] = Section.DISCLAIMER


def _next_is(
    rows: Sequence[Row], sections: Sequence[Section], at: int, end: int, section: Section, step: int = 1
) -> bool:
    while at != end and not rows[at].text.strip():
        at += step
    return at != end and sections[at] is section


def _mark_program_lines(rows: Sequence[Row], sections: list[Section], start: int, end: int) -> None:
    for at in range(start, end):
        if len(rows[at].text) <= 90 and _FROM_DEVICE.match(rows[at].text):
            sections[at] = Section.SIGNATURE


def _mark_signature(rows: Sequence[Row], sections: list[Section], start: int, end: int) -> None:
    """Mark the last signature of a stretch; what stands far below its first line was never part of it."""
    own = sections[start]
    below: list[int] = []
    for at in range(end - 1, start - 1, -1):
        text = rows[at].text[:_LONGEST_TITLE]
        if _SIGNATURE_MARK.match(text):
            below.append(at)
        elif _CLOSING.match(text) and _is_corporate([rows[row].text for row in below[:-1]]):
            # The name below the closing words is the sender's own; what follows is the firm's.
            below = below[:-1]
        elif text.strip() and sections[at] is own:
            below.append(at)
            if len(below) > _LONGEST_SIGNATURE:
                return
            continue
        else:
            continue
        for row in below:
            sections[row] = Section.SIGNATURE
        return


def _is_corporate(lines: Sequence[str]) -> bool:
    return sum(any(sign.search(line) for line in lines) for sign in _CORPORATE) >= 2
