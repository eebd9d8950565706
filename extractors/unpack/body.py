"""Body: of the versions of a text that a mail carries, the best one to read."""

from __future__ import annotations

import html as markup
import re
from collections.abc import Sequence
from dataclasses import dataclass

_SEE = r"\b(?:view|read|see|support|display|open|click)\w*\b"
_ELSEWHERE = r"\b(?:html|browser|online|web ?version)\b"
_STUB = re.compile(rf"{_SEE}.{{0,200}}{_ELSEWHERE}|{_ELSEWHERE}.{{0,200}}{_SEE}", re.I | re.S)
_LARGEST_PAGE = 5_000_000
"""In characters; of a larger page the plain version is read, if there is one."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of a mail's own text, in the versions the sender gave of it."""

    plain: str = ""
    html: str = ""


def best_body(segments: Sequence[Segment]) -> tuple[str, str, bytes] | None:
    """Return name, media type and UTF-8 bytes of the body, or None for a mail without text.

    Args:
        segments: Stretches of text in the order they stand in.
    """
    chosen = [(segment, _reads_better_as_html(segment)) for segment in segments]
    if not any(segment.plain.strip() or segment.html.strip() for segment, _ in chosen):
        return None
    if not any(as_html for _, as_html in chosen):
        return "body.txt", "text/plain", "\n".join(segment.plain for segment, _ in chosen).encode()
    pieces = [segment.html if as_html else _as_html(segment.plain) for segment, as_html in chosen]
    return "body.html", "text/html", "\n".join(pieces).encode()


def _reads_better_as_html(segment: Segment) -> bool:
    if not segment.html.strip() or len(segment.html) > _LARGEST_PAGE:
        return not segment.plain.strip() and bool(segment.html)
    if not segment.plain.strip():
        return True
    from extractors.readers.html import html_lines

    page = html_lines(segment.html)
    plain, rich = len(_WORD.findall(segment.plain)), sum(len(_WORD.findall(row.text)) for row in page.rows)
    stub = plain < 60 and bool(_STUB.search(segment.plain))
    return (stub and rich > plain) or rich > 2 * plain + 20 or (page.has_table and rich * 2 > plain)


def _as_html(plain: str) -> str:
    return f"<pre>{markup.escape(plain)}</pre>"
