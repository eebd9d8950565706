"""Frames: the documents in which the words of strangers are shown, and the headers that keep those words still.

A frame is sandboxed twice: by the `sandbox` attribute of the element it stands in, and by its own headers, which also
hold when somebody opens its address by itself.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from typing import Final

MOST_MARKS: Final = 60
"""Marks whose every piece lights up when it is pointed to; of further ones only the first piece does."""

_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")

_LOOK = """
:root { color-scheme: light dark; --paper: #fff; --ink: #14211f; --dim: #475653; --rule: #7d8b88;
  --mark: #fff1b8; --line: #8a6100; --chosen: #ffd84a; --chosen-ink: #101515; }
@media (prefers-color-scheme: dark) { :root { --paper: #141b1a; --ink: #e9efee; --dim: #b2bfbc; --rule: #7d8b88;
  --mark: #4a3d10; --line: #e3b93c; } }
html { background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif; }
body { margin: 0; }
main { padding: .75rem; overflow-wrap: anywhere; }
main:focus-visible { outline: 3px solid var(--chosen); outline-offset: -3px; }
h2, .heading { margin: 1rem 0 .5rem; font-size: 1.1rem; font-weight: 700; line-height: 1.3; }
.page { margin: 0 0 1.5rem; }
.line { white-space: pre-wrap; }
.gap { margin-top: .75rem; }
.part { margin: .75rem 0; padding-left: .75rem; border-left: 3px solid var(--rule); color: var(--dim); }
.label, .remark { margin: 0 0 .25rem; color: var(--dim); font-size: .875rem; font-weight: 700; }
.remarks { margin: 0 0 1rem; padding-left: 1.1rem; color: var(--dim); font-size: .875rem; }
.said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
  user-select: none; }
mark { padding: .05em .1em; border-bottom: 2px solid var(--line); background: var(--mark); color: var(--ink);
  -webkit-box-decoration-break: clone; box-decoration-break: clone; scroll-margin: 4rem; }
mark.doubtful { border-bottom-style: dashed; }
.address, .picture { color: var(--dim); font-size: .875em; }
.link { text-decoration: underline dotted; }
table { border-collapse: collapse; max-width: 100%; }
td, th { padding: .1rem .5rem .1rem 0; text-align: left; vertical-align: top; }
blockquote { margin: .75rem 0; padding-left: .75rem; border-left: 3px solid var(--rule); color: var(--dim); }
pre { white-space: pre-wrap; font-family: inherit; }
"""
_CHOSEN = "{ background: var(--chosen); color: var(--chosen-ink); outline: 3px solid var(--chosen-ink); }"
_CHOSEN_FORCED = (
    "{ forced-color-adjust: none; background: Highlight; color: HighlightText; outline: 3px solid CanvasText; }"
)


def _style() -> str:
    pieces = ", ".join(
        ["mark:target", *(f"main:has(.m{number}:target) .m{number}" for number in range(MOST_MARKS))],
    )
    forced = (
        "@media (forced-colors: active) { mark { background: Canvas; color: CanvasText; border-color: CanvasText; }\n"
        f"{pieces} {_CHOSEN_FORCED} }}"
    )
    # A browser that does not know :has() skips a whole rule that holds it.
    return f"{_LOOK}mark:target {_CHOSEN}\n{pieces} {_CHOSEN}\n{forced}\n"


STYLE: Final = _style()
"""The one style sheet of all frames; it never changes, so its hash can stand in the header."""

_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

FRAME_HEADERS: Final = {
    "Content-Security-Policy": (
        f"sandbox; default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "X-DNS-Prefetch-Control": "off",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    # No connection at all, not even the one a browser opens ahead when a link is pressed; unknown to older browsers.
    "Connection-Allowlist": "()",
}
"""What each answer with a frame carries, in place of the headers of the desk's own pages."""


def framed(title: str, body: str) -> str:
    """Return a whole document; the title is escaped here, the body must be safe already."""
    return (
        f'<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n"
        # It takes the focus so that the keyboard can scroll it.
        f'<main tabindex="0" aria-label="{escape(title)}">\n<h1 class="said">{escape(title)}</h1>\n'
        f"{body}\n</main>\n</body>\n</html>\n"
    )


def seen(text: str) -> str:
    """Return a text without what cannot be seen but changes what is: control characters, turns of direction."""
    return _UNSEEN.sub("", text)
