"""Readers: each turns one kind of document into text; a document goes to the first that accepts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from postroom.document import Document
from postroom.text import Text

if TYPE_CHECKING:
    from extractors.ocr.settings import OcrSettings


class Reader(Protocol):
    """Turns documents into text; keeps no state between them."""

    def accepts(self, document: Document) -> bool:
        """Tell by its type and role whether the document is for this reader."""
        ...

    def read(self, document: Document) -> Text:
        """Return what the document says; raises UnreadableDocument or one of its kinds."""
        ...


def all_readers(ocr: OcrSettings) -> tuple[Reader, ...]:
    """Return every reader, in the order they are asked.

    Args:
        ocr: How pictures are read.
    """
    from extractors.readers.mail import MailReader
    from extractors.readers.office import OfficeReader
    from extractors.readers.pdf import PdfReader
    from extractors.readers.picture import PictureReader
    from extractors.readers.plain import PlainReader

    return MailReader(), PdfReader(ocr), PictureReader(ocr), OfficeReader(), PlainReader()
