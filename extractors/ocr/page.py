"""One picture to one page of words: upright, straight, cheap engine first, strong engine where that is unsure."""

from __future__ import annotations

from dataclasses import dataclass

from extractors.ocr import lines, quality, rapid, straighten, tesseract
from extractors.ocr.pixels import Frame, Pixels, shrunk
from extractors.ocr.seen import Seen
from extractors.ocr.settings import OcrSettings
from postroom.errors import ConfigError
from postroom.text import Page, Source

_ENOUGH = 25.0
"""Characters read with certainty that make a page's orientation beyond doubt."""
_SMALL = 1100
"""Pixels of the longer side that suffice to tell which way up a page is."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one engine made of a page."""

    words: list[Seen]
    source: Source
    width: int
    height: int


def read_frame(frame: Frame, settings: OcrSettings, number: int = 1, *, strong: bool = False) -> Page:
    """Read a picture as the page with this number.

    Args:
        strong: Whether to go to the strong engine at once, at about six times the cost.

    Raises:
        ConfigError: No engine is allowed and installed.
    """
    cheap = tesseract.available(settings)
    if not cheap and not settings.rapidocr:
        raise ConfigError(
            "No OCR engine is at hand: Tesseract is off or missing, and RapidOCR is switched off.",
            hint="Install tesseract-ocr or set `rapidocr: true`.",
        )
    placing = straighten.as_stored(frame)
    skew = straighten.skew_of(frame.pixels)
    placing = straighten.deskewed(frame.pixels, placing, skew.angle)
    page = straighten.lay_out(frame.pixels, placing)
    words = tesseract.see(page, settings) if cheap else []
    source = Source.TESSERACT
    if quality.believed(words) < settings.unsure_below or strong:
        turn = _turn(page, settings)
        if turn:
            placing = placing.turned(turn)
            page = straighten.lay_out(frame.pixels, placing)
            words = tesseract.see(page, settings)
    if settings.rapidocr and (strong or quality.believed(words) < settings.unsure_below):
        again = rapid.see(page, settings.threads)
        if quality.amount_read(again) >= 0.7 * quality.amount_read(words):
            words, source = again, Source.RAPIDOCR
    height, width = page.shape[:2]
    return Page(number, lines.lines_of(words, width, height), source, width, height, placing.rotation)


def _turn(page: Pixels, settings: OcrSettings) -> int:
    small = shrunk(page, 1500)
    import numpy as np

    scores = {}
    for degrees in (0, 90, 180, 270):
        words = tesseract.see(np.ascontiguousarray(np.rot90(small, -(degrees // 90))), settings, segmentation=6)
        scores[degrees] = quality.amount_read(words)
    best = max(scores, key=lambda degrees: scores[degrees])
    return best if scores[best] > 1.5 * scores[0] + 10 else 0
