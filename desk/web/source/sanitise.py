"""The mail as it looked: what a stranger wrote in HTML, with nothing left in it that could act or reach out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape, unescape
from typing import Final

import nh3

from desk.web.source.frames import FRAME_HEADERS, framed, seen

__all__ = ["FRAME_HEADERS", "mail_frame", "sanitised"]

_PLAIN: Final = """
    a abbr address b big blockquote br caption center cite code col colgroup dd del div dl dt em font h1 h2 h3 h4 h5 h6
    hr i img ins li ol p pre q s small span strike strong sub sup table tbody td tfoot th thead tr tt u ul
"""
"""Elements that are kept."""
_ACTIVE: Final = (
    "script style title noscript template iframe object embed svg math select textarea noembed noframes xmp"
)
"""Elements that are dropped with all they hold; of any other only the words are kept."""
_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})
_MOST_TAGS: Final = 30_000
"""Nested one in the other, so many take two seconds to set right; the time grows with their square."""
_LONGEST: Final = 2_000_000
_LONGEST_ADDRESS: Final = 200
_TOO_LONG: Final = (
    "<p>This mail is too long to be shown as it looked. Look at its text instead, or open it in your mail program.</p>"
)
_EMPTY: Final = (
    "<p>There are no words in this mail. It may hold only pictures, which are not shown here. "
    "Look at its attachments.</p>"
)
_REBUILT = re.compile(r'<a(?: href="([^"]*)")?>|</a>|<img(?: alt="([^"]*)")?>|</?h[1-6]>')
_TAG = re.compile(r"<[^>]*>")


def _kept(tag: str, attribute: str, value: str) -> str | None:
    if attribute in {"colspan", "rowspan"}:
        return value if value.isascii() and value.isdigit() and 1 <= int(value[:6]) <= 100 else None
    return value


_cleaner = nh3.Cleaner(
    tags=set(_PLAIN.split()),
    clean_content_tags=set(_ACTIVE.split()),
    attributes={
        "a": {"href"},
        "img": {"alt"},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan"},
    },
    attribute_filter=_kept,
    url_schemes=set(_SCHEMES),
    url_relative="deny",
    link_rel=None,
    strip_comments=True,
)


def mail_frame(html: str, title: str = "The mail as it looked") -> str:
    """Return a whole document for a sandboxed frame, to be sent with `FRAME_HEADERS`."""
    if len(html) > _LONGEST or html.count("<") > _MOST_TAGS:
        return framed(title, _TOO_LONG)
    clean = sanitised(html)
    return framed(title, clean if _TAG.sub("", clean).strip() else _EMPTY)


def sanitised(html: str) -> str:
    """Return the words and their plain layout: no picture, link, form, style or name of an element is left.

    Where a link led is written behind it, so that a person sees it and nobody follows it by accident.
    """
    return _Rebuilding().all(seen(_cleaner.clean(html)))


@dataclass(slots=True)
class _Link:
    address: str
    begins: int
    """Index of its first piece."""


class _Rebuilding:
    """Makes words of the links and pictures that the cleaner left; in what it wrote, each `<` begins a tag."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._open: list[_Link] = []

    def all(self, clean: str) -> str:
        """Return the text with links, pictures and headings replaced."""
        at = 0
        for found in _REBUILT.finditer(clean):
            self._pieces.append(clean[at : found.start()])
            self._pieces.append(self._replaced(found))
            at = found.end()
        return "".join((*self._pieces, clean[at:]))

    def _replaced(self, found: re.Match[str]) -> str:
        tag = found.group(0)
        if tag.startswith("<img"):
            told = unescape(found.group(2) or "").strip()
            return f'<span class="picture">[picture: {escape(told)}]</span>' if told else ""
        if tag == "</a>":
            return self._closed()
        if tag[-3] == "h":
            # A stranger's headings are none of the page's.
            return "</div>" if tag.startswith("</") else '<div class="heading">'
        self._open.append(_Link(unescape(found.group(1) or ""), len(self._pieces)))
        return '<span class="link">'

    def _closed(self) -> str:
        if not self._open:
            return ""
        link = self._open.pop()
        words = unescape(_TAG.sub("", "".join(self._pieces[link.begins :]))).strip()
        address = link.address.removeprefix("mailto:").removeprefix("tel:")
        if not address or address.rstrip("/") in {words, f"http://{words}", f"https://{words}"}:
            return "</span>"
        shown = address if len(address) <= _LONGEST_ADDRESS else address[:_LONGEST_ADDRESS] + "…"
        return f'</span> <span class="address">[{escape(shown)}]</span>'
