"""Inline pictures: a logo belongs to the layout of a mail, a photo pasted into it is a document.

Content-Disposition alone decides nothing: programs send documents inline and logos as attachments.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from urllib.parse import unquote

_AUTOMATIC_NAME = re.compile(
    r"^(image\d{3}|outlook-|ole\d|att\d{5}|logo|icon|banner|signature|facebook|twitter|linkedin)", re.I
)
_IMAGE = re.compile(r"<img\b[^>]{0,2000}>", re.I)
_SHOWN_WIDTH = re.compile(r"""\bwidth\s*[=:]\s*["']?\s*(\d{1,5})(?:\.\d+)?(?:px)?(?![\d%.])""", re.I)
_SHOWN_HEIGHT = re.compile(r"""\bheight\s*[=:]\s*["']?\s*(\d{1,5})(?:\.\d+)?(?:px)?(?![\d%.])""", re.I)
_PIXEL = 40
"""Up to this size on its shorter side a picture holds no writing that anybody could read."""
_LEGIBLE = 300
"""From this size on both sides a picture can be a page, a letter or a screenshot."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that came with a mail."""

    name: str
    content: bytes = field(repr=False)
    content_id: str = ""
    attached: bool = False
    """The sender's program calls it an attachment."""


def belongs_to_layout(picture: Picture, pages: str) -> bool:
    """Tell whether a picture is a logo, an icon, a spacer or a tracking pixel rather than something to read.

    Args:
        picture: What came with the mail.
        pages: The HTML of the mail.
    """
    width, height = _size(picture.content)
    if not width or not height:
        # A picture that cannot be measured goes on: its reader says what is wrong with it.
        return False
    if min(width, height) <= _PIXEL:
        return True
    tag = _shown_by(picture, pages)
    if tag is None and not (_AUTOMATIC_NAME.match(picture.name) or picture.content_id):
        return not picture.attached and max(width, height) < _LEGIBLE
    if tag is not None and _is_shown_small(tag):
        return True
    return min(width, height) < _LEGIBLE or (picture.attached is False and len(picture.content) < 6_000)


def _size(content: bytes) -> tuple[int, int]:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as picture:
            return picture.size
    except Exception:
        # Anything may be wrong with a picture; measuring it is not the place to say so.
        return 0, 0


def _shown_by(picture: Picture, pages: str) -> str | None:
    if not picture.content_id:
        return None
    wanted = f"cid:{unquote(picture.content_id)}".lower()
    return next((tag for tag in _IMAGE.findall(pages) if wanted in unquote(tag).lower()), None)


def _is_shown_small(tag: str) -> bool:
    width, height = _SHOWN_WIDTH.search(tag), _SHOWN_HEIGHT.search(tag)
    if width is not None and int(width.group(1)) < 200:
        return True
    return height is not None and int(height.group(1)) < 120
