"""One picture to one page of words: upright, straight, cheap engine first, strong engine where that is unsure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from extractors.ocr import cells, clean, lines, quality, rapid, sheet, straighten, tesseract
from extractors.ocr.pixels import Frame, Pixels, shrunk
from extractors.ocr.seen import Seen
from extractors.ocr.settings import OcrSettings
from extractors.ocr.straighten import Placing
from postroom.errors import ConfigError
from postroom.text import Page, Source

_UPRIGHT = 60.0
"""Characters read with certainty from which a page is known to stand upright."""
_CLEARER = 1.4
"""How much more must be read for a page to be turned: a good page is never turned by chance."""
_SMALL = 1300
"""Pixels of the longer side that suffice to tell which way up a page is."""
_SENSIBLE = 0.7
"""Belief in the words from which they are no accident of a page lying on its side or head."""
_LEAST_READ = 8.0
"""Characters that must be read at least for a page to be turned."""
_CLEAR_LINES = 1.6
"""How much straighter lines run across than down, or down than across, to leave no doubt about which."""
_MISSED = 0.15
"""Share of the marks like letters that may stay unread before the strong engine is asked."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a page, and from which picture."""

    words: list[Seen]
    source: Source
    page: Pixels
    placing: Placing


def read_frame(frame: Frame, settings: OcrSettings, number: int = 1, *, strong: bool = False) -> Page:
    """Read a picture as the page with this number.

    Args:
        strong: Whether to go to the strong engine in any case, at about six times the cost.

    Raises:
        ConfigError: No engine is allowed and installed.
    """
    cheap = _has_cheap_engine(settings)
    placing = straight(frame)
    page = clean.whitened(straighten.lay_out(frame.pixels, placing))
    if clean.is_blank(page):
        return _page(number, Reading([], _first(cheap), page, placing))
    reading = _upright(Reading(_see(page, settings, cheap=cheap), _first(cheap), page, placing), settings, cheap=cheap)
    if settings.rapidocr:
        in_cells = cells.words_in_cells(reading.page, reading.words, settings.threads)
        first = _with_cells(reading, in_cells)
        if cheap and (strong or _unsure(first, settings)):
            second = _stronger(first, settings)
            if second.page is not first.page:
                in_cells = cells.words_in_cells(second.page, second.words, settings.threads)
            first = _with_cells(second, in_cells)
        reading = first
    return _page(number, reading)


def _with_cells(reading: Reading, in_cells: list[Seen]) -> Reading:
    """Return the reading with what stands in letter boxes as it was read character by character."""
    return replace(reading, words=cells.put_in(reading.words, in_cells))


def _has_cheap_engine(settings: OcrSettings) -> bool:
    cheap = tesseract.available(settings)
    if not cheap and not settings.rapidocr:
        raise ConfigError(
            "No OCR engine is at hand: Tesseract is off or missing, and RapidOCR is switched off.",
            hint="Install tesseract-ocr or set `rapidocr: true`.",
        )
    return cheap


def _first(cheap: bool) -> Source:
    return Source.TESSERACT if cheap else Source.RAPIDOCR


def _see(page: Pixels, settings: OcrSettings, *, cheap: bool) -> list[Seen]:
    return tesseract.see(page, settings) if cheap else rapid.see(page, settings.threads)


def straight(frame: Frame) -> Placing:
    """Find the sheet and set its lines straight; which way up it stands is still open."""
    placing = sheet.place_sheet(frame)
    skew = straighten.skew_of(straighten.lay_out(frame.pixels, placing))
    return straighten.deskewed(frame.pixels, placing, skew.angle)


def _upright(reading: Reading, settings: OcrSettings, *, cheap: bool) -> Reading:
    """Turn the page if much more can be read of it that way."""
    read = quality.amount_read(reading.words)
    lying = _run_down(reading.words)
    if read >= _UPRIGHT and quality.believed(reading.words) > _SENSIBLE and not lying:
        return reading
    turn = _best_turn(reading.page, 0.0 if lying else read, settings, cheap=cheap)
    if not turn:
        return reading
    page = np.ascontiguousarray(np.rot90(reading.page, -(turn // 90)))
    return Reading(_see(page, settings, cheap=cheap), reading.source, page, reading.placing.turned(turn))


def _best_turn(page: Pixels, read: float, settings: OcrSettings, *, cheap: bool) -> int:
    """Return the turn by which clearly more can be read, 0 if none; unlikely turns are tried only in doubt."""
    skew = straighten.skew_of(page)
    likely, unlikely = ((90, 270), (180,)) if skew.sideways else ((180,), (90, 270))
    small = shrunk(page, _SMALL)
    turns = likely if skew.clarity > _CLEAR_LINES else likely + unlikely
    # All of them are compared: of a full page, enough is misread upside down to look like text.
    amounts = {degrees: quality.amount_read(_look(small, settings, degrees, cheap=cheap)) for degrees in turns}
    best = max(amounts, key=lambda degrees: amounts[degrees])
    return best if amounts[best] > max(read * _CLEARER, _LEAST_READ) else 0


def _run_down(words: list[Seen]) -> bool:
    """Say whether the lines run up or down the page: Tesseract reads those without turning the page."""
    long = [word for word in words if len(word.text) >= 4]
    return sum(word.height > word.x1 - word.x0 for word in long) > 0.5 * len(long)


def _look(small: Pixels, settings: OcrSettings, degrees: int, *, cheap: bool) -> list[Seen]:
    turned = np.ascontiguousarray(np.rot90(small, -(degrees // 90)))
    return tesseract.see(turned, settings, segmentation=6) if cheap else rapid.see(turned, settings.threads)


def _unsure(reading: Reading, settings: OcrSettings) -> bool:
    return (
        quality.believed(reading.words) < settings.unsure_below
        or clean.unread_share(reading.page, reading.words) > _MISSED
    )


def _stronger(reading: Reading, settings: OcrSettings) -> Reading:
    """Read the page with the strong engine, and keep what only the cheap one saw and is sure of."""
    words = rapid.see(reading.page, settings.threads)
    if quality.believed(words) < _SENSIBLE:
        # What Tesseract cannot read at all, such as handwriting, it cannot turn either.
        turn = _best_turn(reading.page, quality.amount_read(words), settings, cheap=False)
        if turn:
            page = np.ascontiguousarray(np.rot90(reading.page, -(turn // 90)))
            turned = rapid.see(page, settings.threads)
            return Reading(turned, Source.RAPIDOCR, page, reading.placing.turned(turn))
    if quality.amount_read(words) < 0.6 * quality.amount_read(reading.words):
        return reading
    alone = [word for word in reading.words if _only_seen(word, words)]
    return Reading(words + alone, Source.RAPIDOCR, reading.page, reading.placing)


def _only_seen(word: Seen, others: list[Seen]) -> bool:
    sure = word.confidence > 0.9 and quality.plausible(word.text)
    return sure and not any(_overlap(word, other) for other in others)


def _overlap(one: Seen, other: Seen) -> bool:
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    down = min(one.y1, other.y1) - max(one.y0, other.y0)
    return across > 0 and down > 0.2 * min(one.height, other.height)


def _page(number: int, reading: Reading) -> Page:
    height, width = reading.page.shape[:2]
    placing = reading.placing
    return Page(
        number,
        lines.lines_of(reading.words, width, height),
        reading.source,
        width,
        height,
        placing.rotation,
        placing.corners,
    )
