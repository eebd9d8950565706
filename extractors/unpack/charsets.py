"""Characters: bytes of unknown or wrongly named character sets become text."""

from __future__ import annotations

import codecs
import re

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_WESTERN = frozenset({"ascii", "iso8859-1", "cp1252", "iso8859-15", "latin-1", ""})
# Codecs that are no character set, or take quadratic time on hostile input.
_REFUSED = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
_META = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w.:-]{2,40})""", re.I)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\u2060]")


def decode_text(content: bytes, declared: str = "") -> str:
    """Return bytes as text: by their byte order mark, as UTF-8, as declared, as Windows-1252; never fails.

    Args:
        content: The bytes.
        declared: The character set that the sender named, if any.
    """
    return _CONTROL.sub("", _decoded(content, declared)).replace("\r\n", "\n").replace("\r", "\n")


def decode_html(content: bytes) -> str:
    """Return the bytes of a web page as text, by the character set it names if it is not UTF-8."""
    found = _META.search(content[:4096])
    return decode_text(content, found.group(1).decode("ascii") if found else "")


def charset_name(declared: str) -> str:
    """Return Python's name of a declared character set, or an empty string if there is no such thing."""
    try:
        name = codecs.lookup(declared.strip(" \"'").strip()).name
    except (LookupError, ValueError):
        return ""
    return "" if name in _REFUSED else name


def _decoded(content: bytes, declared: str) -> str:
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return content.decode(encoding, "replace")
    name = charset_name(declared)
    # Text that happens to be valid UTF-8 beyond ASCII is UTF-8, whatever a Western label says.
    for encoding in ("utf-8", "cp1252") if name in _WESTERN else (name, "utf-8"):
        try:
            return content.decode(encoding)
        except (UnicodeError, LookupError, ValueError):
            continue
    return content.decode("cp1252", "replace")
