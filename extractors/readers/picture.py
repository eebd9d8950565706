"""Pictures of pages: photographs, scans and faxes, in every common format, to text by OCR."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from extractors.ocr.budget import Budget
from extractors.ocr.page import read_frame
from extractors.ocr.pixels import LONGEST, Frame, Pixels, shrunk
from extractors.ocr.settings import OcrSettings
from postroom.document import Document
from postroom.errors import LimitExceeded, UnreadableDocument
from postroom.text import Page, Text

if TYPE_CHECKING:
    from PIL import Image

_truncated = threading.Lock()


class PictureReader:
    """Reads every page of a picture by OCR."""

    def __init__(self, settings: OcrSettings) -> None:
        self._settings = settings

    def accepts(self, document: Document) -> bool:
        """Say whether the document is a picture made of pixels."""
        return document.media_type.startswith("image/") and not document.media_type.startswith("image/svg")

    def read(self, document: Document, *, strong: bool = False) -> Text:
        """Read the picture.

        Args:
            strong: Whether to use the strong engine at once; for a second look when a needed field was not found.

        Raises:
            LimitExceeded: It has more pixels or pages than the settings allow.
            UnreadableDocument: Its bytes are no picture, or too damaged.
            ConfigError: No OCR engine is at hand.
        """
        pages: list[Page] = []
        notes: list[str] = []
        damaged: list[str] = []
        budget = Budget(self._settings.document_seconds)
        for number in range(1, _count(document, self._settings) + 1):
            if not budget.allows(number):
                pages.append(Page(number, ()))
                continue
            frame = _frame(document, self._settings, number - 1)
            page = read_frame(frame, self._settings, number, strong=strong)
            pages.append(page)
            damaged.extend(frame.notes)
            if not page.lines:
                notes.append(f"Page {number} is blank or holds no text that can be read.")
        return Text(document.id, tuple(pages), tuple(notes), (*damaged, *budget.unread()))


def frames(document: Document, settings: OcrSettings) -> Iterator[Frame]:
    """Decode the pages of a picture, one at a time; only a TIFF has several.

    Raises:
        LimitExceeded: It has more pixels or pages than the settings allow; nothing was decoded.
        UnreadableDocument: Its bytes are no picture, or too damaged.
    """
    for index in range(_count(document, settings)):
        yield _frame(document, settings, index)


def frame_of(document: Document, settings: OcrSettings, number: int) -> Frame | None:
    """Decode one page of a picture, counted from 1; None if there is no such page.

    Raises:
        LimitExceeded: It has more pixels or pages than the settings allow; nothing was decoded.
        UnreadableDocument: Its bytes are no picture, or too damaged.
    """
    return _frame(document, settings, number - 1) if 1 <= number <= _count(document, settings) else None


def _count(document: Document, settings: OcrSettings) -> int:
    with _opened(document, settings) as picture:
        count = getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1
    if count > settings.max_pages:
        raise LimitExceeded(
            f"{document.name} has {count} pages; {settings.max_pages} are allowed.",
            hint="Ask for it in parts, or raise `max_pages`.",
        )
    return int(count)


def _opened(document: Document, settings: OcrSettings) -> Image.Image:
    from PIL import Image, UnidentifiedImageError

    _register_heif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(document.content))
    except Image.DecompressionBombError as error:
        raise _too_large(document, settings) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, OverflowError, TypeError) as error:
        raise UnreadableDocument(
            f"{document.name} is not a picture that can be opened.", hint="Ask the sender for it again, as JPEG or PDF."
        ) from error
    if picture.width * picture.height > settings.max_pixels:
        raise _too_large(document, settings)
    return picture


def _too_large(document: Document, settings: OcrSettings) -> LimitExceeded:
    return LimitExceeded(
        f"{document.name} has more than {settings.max_pixels:,} pixels.",
        hint="Ask for a smaller picture, or raise `max_pixels`.",
    )


def _register_heif() -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()


def _frame(document: Document, settings: OcrSettings, index: int) -> Frame:
    try:
        return _decoded(document, settings, index, ())
    except (LimitExceeded, MemoryError):
        raise
    except Exception as error:
        # Decoders raise whatever their format makes go wrong; what can be decoded of the page still counts.
        return _salvaged(document, settings, index, error)


def _salvaged(document: Document, settings: OcrSettings, index: int, cause: Exception) -> Frame:
    from PIL import ImageFile

    note = (
        f"Page {index + 1} of {document.name} is damaged; only a part of it could be read. Ask the sender for it again."
    )
    with _truncated:
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            return _decoded(document, settings, index, (note,))
        except (LimitExceeded, MemoryError):
            raise
        except Exception as error:
            raise UnreadableDocument(
                f"{document.name} is damaged: its page {index + 1} cannot be decoded.",
                hint="Ask the sender for it again.",
            ) from (error or cause)
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False


def _decoded(document: Document, settings: OcrSettings, index: int, notes: tuple[str, ...]) -> Frame:
    from PIL import ImageOps

    with _opened(document, settings) as picture:
        if index:
            picture.seek(index)
            if picture.width * picture.height > settings.max_pixels:
                raise _too_large(document, settings)
        picture.draft("RGB", (LONGEST, LONGEST))
        across, down = _resolution(picture)
        turned = ImageOps.exif_transpose(picture)
        if turned.size != picture.size:
            across, down = down, across
        pixels = _rgb(turned)
    return Frame(shrunk(_squared(pixels, across, down), LONGEST), max(across, down), notes)


def _resolution(picture: Image.Image) -> tuple[float, float]:
    """Return the dots an inch across and down, 0 where they are not given or not believable."""
    given = picture.info.get("dpi", (0, 0))
    try:
        across, down = float(given[0]), float(given[1])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return 0.0, 0.0
    believable = 60 <= across <= 2400 and 60 <= down <= 2400 and 0.25 <= across / down <= 4
    return (across, down) if believable else (0.0, 0.0)


def _squared(pixels: Pixels, across: float, down: float) -> Pixels:
    """Stretch the picture so that its pixels are as high as wide; a fax in normal quality has half the rows."""
    import cv2

    if not across or 0.97 <= across / down <= 1.03:
        return pixels
    wider, higher = max(1.0, down / across), max(1.0, across / down)
    return np.asarray(cv2.resize(pixels, None, fx=wider, fy=higher, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _rgb(picture: Image.Image) -> Pixels:
    """Return any picture as red, green and blue, what is transparent being white paper."""
    from PIL import Image

    if picture.mode.startswith("I") or picture.mode == "F":
        return _stretched(np.asarray(picture, dtype=np.float64))
    if picture.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in picture.info:
        seen = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
    return np.array(picture.convert("RGB"), dtype=np.uint8)


def _stretched(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Pixels:
    """Bring more than eight bits down to eight, the darkest black and the lightest white."""
    low, high = float(values.min()), float(values.max())
    grey = ((values - low) * (255 / (high - low) if high > low else 0)).astype(np.uint8)
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)
