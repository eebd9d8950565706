"""Plain files: text, tables, web pages, rich text, calendar and contact files."""

from __future__ import annotations

import re

from extractors import sniff
from extractors.readers.html import html_lines
from extractors.readers.rows import LONGEST_TEXT
from extractors.unpack.charsets import decode_html, decode_text
from extractors.unpack.rtf import rtf_text
from postroom.document import Document
from postroom.errors import LimitExceeded
from postroom.text import Section, Text, plain_page

_KINDS = frozenset({sniff.PLAIN, sniff.CSV, sniff.HTML, sniff.RTF, sniff.CARD, sniff.CALENDAR, "application/xml"})
_FOLDED = re.compile(r"\n[ \t]")
_PROPERTY = re.compile(r"^([A-Za-z-]+)((?:;[^:\"]*(?:\"[^\"]*\")?)*):(.*)$")
_UNTOLD = frozenset({"begin", "end", "version", "prodid", "photo", "logo", "key", "sound", "uid", "rev", "dtstamp"})
_ESCAPED = {"\\n": ", ", "\\N": ", ", "\\,": ",", "\\;": ";", "\\\\": "\\"}


class PlainReader:
    """Reads files of characters."""

    def accepts(self, document: Document) -> bool:
        """Tell whether a document is made of characters."""
        return document.media_type in _KINDS

    def read(self, document: Document) -> Text:
        """Return the lines of the file, each in its place.

        Raises:
            LimitExceeded: The file is longer than anybody's letter.
        """
        if len(document.content) > LONGEST_TEXT:
            raise LimitExceeded("The text is too long to be read.", hint="Open it by hand.")
        return Text(document.id, (plain_page([(line, Section.NEW) for line in _lines(document)]),))


def _lines(document: Document) -> list[str]:
    if document.media_type in (sniff.HTML, "application/xml"):
        return [row.text for row in html_lines(decode_html(document.content)).rows]
    if document.media_type == sniff.RTF:
        return rtf_text(document.content.decode("latin-1")).expandtabs(4).split("\n")
    text = decode_text(document.content)
    if document.media_type in (sniff.CARD, sniff.CALENDAR):
        return _properties(text)
    if document.media_type == sniff.CSV:
        return _table(text)
    return text.expandtabs(4).split("\n")


def _properties(text: str) -> list[str]:
    """Return the properties of a contact or calendar file as label and value."""
    lines = []
    for line in _FOLDED.sub("", text).split("\n"):
        found = _PROPERTY.match(line[:4000])
        if found and found[1].lower() not in _UNTOLD and found[3].strip(" ;"):
            value = re.sub(r"\\[nN,;\\]", lambda escape: _ESCAPED[escape[0]], found[3])
            lines.append(f"{found[1].capitalize()}: {value}")
    return lines


def _table(text: str) -> list[str]:
    import csv

    from extractors.readers.grid import set_in_columns

    try:
        dialect: type[csv.Dialect] | str = csv.Sniffer().sniff(text[:4096], delimiters=",;\t|")
    except csv.Error:
        dialect = "excel"
    try:
        return set_in_columns([[cell.strip() for cell in row] for row in csv.reader(text.split("\n"), dialect) if row])
    except csv.Error:
        return text.split("\n")
