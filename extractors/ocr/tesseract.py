"""Tesseract: the cheap engine, which reads first."""

from __future__ import annotations

import os
import shutil
from functools import cache

from extractors.ocr.certainty import of_tesseract
from extractors.ocr.pixels import Pixels
from extractors.ocr.quality import plausible
from extractors.ocr.seen import Seen
from extractors.ocr.settings import OcrSettings
from postroom.errors import ConfigError

_DIRT = 30
"""Confidence of Tesseract's below which a letter or two are dirt."""


def available(settings: OcrSettings) -> bool:
    """Say whether Tesseract is to be used.

    Raises:
        ConfigError: It is insisted on and not installed.
    """
    if settings.tesseract == "off":
        return False
    found = _found(settings.tesseract_path)
    if not found and settings.tesseract == "on":
        raise ConfigError(
            f"Tesseract was not found as `{settings.tesseract_path}`.",
            hint="Install tesseract-ocr, correct `tesseract_path`, or set `tesseract: auto`.",
        )
    return found


@cache
def _found(program: str) -> bool:
    return shutil.which(program) is not None


def see(pixels: Pixels, settings: OcrSettings, *, segmentation: int = 3) -> list[Seen]:
    """Return the words of an upright picture; none if Tesseract gave up on it.

    Args:
        segmentation: Tesseract's page segmentation mode: 3 for a page, 6 for one block, 11 for scattered text.
    """
    import pytesseract
    from PIL import Image

    _prepare(settings)
    try:
        table = pytesseract.image_to_data(
            Image.fromarray(pixels),
            lang="+".join(settings.languages),
            config=f"--psm {segmentation} --dpi 200",
            output_type=pytesseract.Output.DICT,
            timeout=settings.page_seconds,
        )
    except (pytesseract.TesseractError, RuntimeError):
        return []
    rows = zip(*(table[name] for name in ("text", "left", "top", "width", "height", "conf")), strict=True)
    return [
        Seen(text.strip(), x, y, x + width, y + height, of_tesseract(float(percent)))
        for text, x, y, width, height, percent in rows
        if float(percent) >= 0 and text.strip() and not _speck(text.strip(), float(percent))
    ]


def _speck(text: str, percent: float) -> bool:
    """Say whether a word is but the dirt on the glass: Tesseract reads each speck as a letter or two."""
    return percent < _DIRT and (len(text) <= 2 or not plausible(text))


def _prepare(settings: OcrSettings) -> None:
    import pytesseract

    pytesseract.pytesseract.tesseract_cmd = settings.tesseract_path
    # Tesseract's own threads slow it down on every machine measured; pages are the unit of parallel work.
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
