"""PDF: the text layer where it is real, OCR for every other page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from extractors.ocr.budget import Budget
from extractors.ocr.page import read_frame
from extractors.ocr.pixels import LONGEST, Frame
from extractors.ocr.settings import OcrSettings
from extractors.readers.pdf_layer import layer_of
from postroom.document import Document
from postroom.errors import LimitExceeded, LockedDocument, UnreadableDocument
from postroom.text import Page, Text

_pdfium = threading.RLock()
"""PDFium may be used by one thread at a time."""

_LEAST = 1600
"""Pixels of the longer side below which a page is drawn at more than the usual resolution."""
_FINEST = 600
"""Dots an inch beyond which nothing more is to be seen."""


class PdfReader:
    """Reads a PDF page by page."""

    def __init__(self, settings: OcrSettings) -> None:
        self._settings = settings

    def accepts(self, document: Document) -> bool:
        """Say whether the document is a PDF."""
        return document.media_type == "application/pdf"

    def read(self, document: Document, *, strong: bool = False) -> Text:
        """Read the PDF.

        Args:
            strong: Whether pages without a real text layer go to the strong OCR engine at once.

        Raises:
            LockedDocument: It needs a password.
            LimitExceeded: It has more or larger pages than the settings allow.
            UnreadableDocument: It is too damaged to be opened.
            ConfigError: A page needs OCR and no engine is at hand.
        """
        with opened(document, self._settings) as pdf:
            notes = list(_enclosures(pdf))
            budget = Budget(self._settings.document_seconds)
            damaged: list[str] = []
            pages = []
            for number in range(1, len(pdf) + 1):
                page = self._page(document, pdf, number, budget, strong=strong)
                pages.append(page or Page(number, ()))
                if page is None:
                    damaged.append(f"Page {number} is damaged. Ask the sender for it again.")
                elif not page.lines:
                    notes.append(f"Page {number} is blank or holds no text that can be read.")
        return Text(document.id, tuple(pages), tuple(notes), (*damaged, *budget.unread()))

    def _page(self, document: Document, pdf: Any, number: int, budget: Budget, *, strong: bool) -> Page | None:
        """Return a page, without words where there is no time left for it; None if it is damaged."""
        import pypdfium2

        try:
            with _pdfium:
                page = layer_of(pdf, number)
            if page is not None or not budget.allows(number):
                return page or Page(number, ())
            frame = drawn(document, pdf, number, self._settings)
        except pypdfium2.PdfiumError:
            return None
        return read_frame(frame, self._settings, number, strong=strong)


@contextmanager
def opened(document: Document, settings: OcrSettings) -> Iterator[Any]:
    """Open a PDF with the empty password, and close it after use.

    Raises:
        LockedDocument: It needs a password.
        LimitExceeded: It has more pages than the settings allow.
        UnreadableDocument: It is too damaged to be opened, or has no pages.
    """
    import pypdfium2

    try:
        with _pdfium:
            pdf = pypdfium2.PdfDocument(document.content)
    except pypdfium2.PdfiumError as error:
        raise _refusal(document, str(error)) from error
    try:
        count = len(pdf)
        if not count:
            raise UnreadableDocument(f"{document.name} has no pages.", hint="Ask the sender for it again.")
        if count > settings.max_pages:
            raise LimitExceeded(
                f"{document.name} has {count} pages; {settings.max_pages} are allowed.",
                hint="Ask for it in parts, or raise `max_pages`.",
            )
        yield pdf
    finally:
        with _pdfium:
            pdf.close()


def _refusal(document: Document, reason: str) -> UnreadableDocument:
    if "password" in reason.lower() or "security" in reason.lower():
        return LockedDocument(
            f"{document.name} is protected by a password.",
            hint="Ask the sender for a copy without one; never use a website to remove it.",
        )
    return UnreadableDocument(
        f"{document.name} is damaged and cannot be opened as a PDF.", hint="Ask the sender for it again."
    )


def _enclosures(pdf: Any) -> Iterator[str]:
    with _pdfium:
        count = pdf.count_attachments()
    if count:
        files = "1 file is" if count == 1 else f"{count} files are"
        yield f"{files} enclosed in the PDF and not read; open the PDF to see them."


def drawn(document: Document, pdf: Any, number: int, settings: OcrSettings) -> Frame:
    """Draw a page as it is shown, at the settings' resolution or less if that makes it too large.

    Raises:
        LimitExceeded: The page is larger than the settings allow.
    """
    import pypdfium2

    with _pdfium:
        page = pdf[number - 1]
        width, height = page.get_size()
        longest = max(width, height)
        if longest > settings.max_page_points:
            raise LimitExceeded(
                f"Page {number} of {document.name} is {longest / 72:.0f} inches long; "
                f"{settings.max_page_points / 72:.0f} are allowed.",
                hint="Ask for it on a smaller page, or raise `max_page_points`.",
            )
        # Pictures are often put on a page of their size in points, a few inches across.
        scale = min(max(settings.dpi / 72, _LEAST / max(longest, 1.0)), _FINEST / 72, LONGEST / max(longest, 1.0))
        bitmap = page.render(scale=scale, rev_byteorder=True, force_bitmap_format=pypdfium2.raw.FPDFBitmap_BGRx)
        pixels = np.array(bitmap.to_numpy()[:, :, :3], dtype=np.uint8)
        bitmap.close()
        page.close()
    return Frame(pixels, scale * 72)
