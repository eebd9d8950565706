"""Pictures of pages for the review desk: upright, as the boxes of the words refer to them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from extractors.ocr.settings import OcrSettings
from postroom.document import Document
from postroom.errors import UnreadableDocument

if TYPE_CHECKING:
    from extractors.ocr.pixels import Frame
    from extractors.ocr.straighten import Placing
    from postroom.text import Page


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

    frame = _frame(document, page_number, settings or OcrSettings())
    placing = _placing(document, frame, page)
    drawn = straighten.lay_out(frame.pixels, placing, width)
    written = io.BytesIO()
    Image.fromarray(drawn).save(written, format="PNG", compress_level=3)
    return written.getvalue()


def _frame(document: Document, page_number: int, settings: OcrSettings) -> Frame:
    from extractors.readers import pdf, picture

    if document.media_type != "application/pdf":
        for number, frame in enumerate(picture.frames(document, settings), start=1):
            if number == page_number:
                return frame
        raise _no_such_page(document, page_number)
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
