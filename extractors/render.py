"""Pictures of pages for the review desk: upright, as the boxes of the words refer to them."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from extractors.ocr.settings import OcrSettings
from postroom.document import Document
from postroom.errors import UnreadableDocument
from postroom.text import Box

if TYPE_CHECKING:
    from extractors.ocr.pixels import Frame, Pixels
    from extractors.ocr.straighten import Placing
    from postroom.text import Page

_NATURAL = 1654
"""Pixels across A4 at 200 dots an inch: a piece of a page is shown no larger than that makes it."""
_LONGEST_SIDE = 16_000
"""Pixels beyond which WebP holds no picture."""
_QUALITY = 82


@dataclass(frozen=True, slots=True)
class Sight:
    """What of a page is to be seen, and how large."""

    document: Document
    number: int
    """Of the page, from 1."""
    width: int
    """Of the upright picture, in pixels, before it is turned."""
    page: Page | None = None
    """The page as it was read; with it the picture is the very one its boxes refer to."""
    turn: int = 0
    """Degrees clockwise by which the upright page is turned: 0, 90, 180 or 270."""
    box: Box | None = None
    """The piece to be cut out; None for the whole page."""
    settings: OcrSettings = field(default_factory=OcrSettings)


def page_picture(
    document: Document,
    page_number: int,
    width: int,
    *,
    page: Page | None = None,
    settings: OcrSettings | None = None,
) -> bytes:
    """Draw one page as PNG, upright and straight.

    Args:
        page_number: From 1.
        width: Of the picture, in pixels.
        page: The page as it was read; with it the picture is the very one its boxes refer to. Without it the sheet
            is found and set straight anew, but a page that lies on its side stays so.

    Raises:
        LockedDocument: It needs a password.
        LimitExceeded: It is larger than the settings allow.
        UnreadableDocument: It cannot be drawn, or has no such page.
    """
    from PIL import Image

    from extractors.ocr import straighten

    frame = page_frame(document, page_number, settings or OcrSettings())
    drawn = straighten.lay_out(frame.pixels, _placing(document, frame, page), width)
    written = io.BytesIO()
    Image.fromarray(drawn).save(written, format="PNG", compress_level=3)
    return written.getvalue()


def draw_sight(sight: Sight, frame: Frame | None = None) -> bytes:
    """Draw a page or a piece of it as WebP, a fifth of the size of PNG for a scan.

    Args:
        frame: What `page_frame` gave for this page, if it is at hand.

    Raises:
        LockedDocument: It needs a password.
        LimitExceeded: It is larger than the settings allow.
        UnreadableDocument: It cannot be drawn, or has no such page.
    """
    import numpy as np
    from PIL import Image

    from extractors.ocr import straighten

    frame = frame or page_frame(sight.document, sight.number, sight.settings)
    placing = _placing(sight.document, frame, sight.page)
    drawn = _cut(straighten.lay_out(frame.pixels, placing, _width(sight, placing)), sight.box)
    turned = np.ascontiguousarray(np.rot90(drawn, -(sight.turn // 90)))
    written = io.BytesIO()
    Image.fromarray(turned).save(written, format="WEBP", quality=_QUALITY, method=1)
    return written.getvalue()


def page_frame(document: Document, page_number: int, settings: OcrSettings) -> Frame:
    """Return a page as stored, from a PDF or a picture.

    Raises:
        LockedDocument: It needs a password.
        LimitExceeded: It is larger than the settings allow.
        UnreadableDocument: It cannot be drawn, or has no such page.
    """
    from extractors.readers import pdf, picture

    if document.media_type != "application/pdf":
        frame = picture.frame_of(document, settings, page_number)
        if frame is None:
            raise _no_such_page(document, page_number)
        return frame
    with pdf.opened(document, settings) as opened:
        if not 1 <= page_number <= len(opened):
            raise _no_such_page(document, page_number)
        return pdf.drawn(document, opened, page_number, settings)


def _no_such_page(document: Document, page_number: int) -> UnreadableDocument:
    return UnreadableDocument(f"{document.name} has no page {page_number}.", hint="Open the document's first page.")


def _placing(document: Document, frame: Frame, page: Page | None) -> Placing:
    from extractors.ocr import straighten
    from extractors.ocr.page import straight

    if page is not None:
        corners = page.corners or straighten.WHOLE
        return straighten.Placing(corners, page.width or frame.width, page.height or frame.height, page.rotation)
    if document.media_type == "application/pdf":
        return straighten.as_stored(frame)
    return straight(frame)


def _width(sight: Sight, placing: Placing) -> int:
    """Return how wide the whole page is to be laid out."""
    wanted = sight.width
    if sight.box is not None:
        wanted = min(int(sight.width / max(sight.box.width, 0.001)), max(placing.width, _NATURAL))
    return max(1, min(wanted, _LONGEST_SIDE, round(_LONGEST_SIDE * placing.width / placing.height)))


def _cut(pixels: Pixels, box: Box | None) -> Pixels:
    if box is None:
        return pixels
    height, width = pixels.shape[:2]
    left, top = min(int(box.x0 * width), width - 1), min(int(box.y0 * height), height - 1)
    right, bottom = max(left + 1, int(box.x1 * width)), max(top + 1, int(box.y1 * height))
    return pixels[top:bottom, left:right]
