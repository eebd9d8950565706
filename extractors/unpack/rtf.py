"""Rich Text Format: its words, without its fonts."""

from __future__ import annotations

import re

from extractors.unpack.charsets import charset_name

_TOKEN = re.compile(
    r"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)"
)
_SKIPPED_WORDS = (
    "fonttbl colortbl stylesheet info pict object datafield themedata colorschememapping latentstyles "
    "datastore listtable listoverridetable generator rsidtbl header footer headerl headerr footerl "
    "footerr xmlnstbl filetbl revtbl fldinst mhtmltag nonshppict shppict bkmkstart bkmkend wgrffmtfilter"
)
_SKIPPED = frozenset(_SKIPPED_WORDS.split())
_BREAKS = {"par": "\n", "line": "\n", "sect": "\n", "page": "\n", "row": "\n", "cell": "\t", "tab": "\t"}
_SIGNS = {
    "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•",
    "~": " ", "_": "-", "-": "",
}  # fmt: skip


class _Writer:
    """Keeps what the groups of a document say about the text inside them."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.bytes = bytearray()
        self.charset = "cp1252"
        self.groups: list[tuple[bool, int]] = []
        self.skips = False
        self.fallback = 1
        """Characters that follow a Unicode one for programs that do not know it."""
        self.to_skip = 0

    def say(self, text: str) -> None:
        self.flush()
        if self.to_skip:
            dropped = min(self.to_skip, len(text))
            self.to_skip -= dropped
            text = text[dropped:]
        if not self.skips:
            self.out.append(text)

    def byte(self, value: int) -> None:
        if self.to_skip:
            self.to_skip -= 1
        elif not self.skips:
            self.bytes.append(value)

    def flush(self) -> None:
        if self.bytes:
            self.out.append(bytes(self.bytes).decode(self.charset, "replace"))
            self.bytes.clear()

    def word(self, name: str, value: str | None) -> None:
        if name in _SKIPPED:
            self.skips = True
        elif name == "ansicpg" and value:
            self.charset = charset_name(f"cp{value}") or "cp1252"
        elif name == "uc" and value:
            self.fallback = max(0, int(value))
        elif name == "u" and value:
            code = int(value) % 65536
            self.say(chr(code) if not 0xD800 <= code < 0xE000 else "")
            self.to_skip = self.fallback
        elif name in _BREAKS:
            self.say(_BREAKS[name])
        elif name in _SIGNS:
            self.say(_SIGNS[name])


def rtf_text(source: str) -> str:
    """Return the plain text of an RTF document; tables keep a tab between cells; never fails."""
    writer = _Writer()
    for token in _TOKEN.finditer(source):
        name, value, code, sign, brace, text = token.groups()
        if name:
            writer.flush()
            writer.word(name, value)
        elif code:
            writer.byte(int(code, 16))
        elif sign:
            if sign == "*":
                writer.skips = True
            else:
                writer.say({"\n": "\n", "\r": "\n"}.get(sign, _SIGNS.get(sign, sign)))
        elif brace == "{":
            writer.flush()
            writer.groups.append((writer.skips, writer.fallback))
        elif brace == "}":
            writer.flush()
            writer.skips, writer.fallback = writer.groups.pop() if writer.groups else (False, 1)
        elif text:
            writer.say(text)
    writer.flush()
    return "".join(writer.out)
