"""The text layer of a PDF page: its words with boxes, and whether it can be believed."""

from __future__ import annotations

import ctypes
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from extractors.ocr import quality
from extractors.ocr.lines import lines_of
from extractors.ocr.seen import Seen
from extractors.ocr.straighten import WHOLE, Placing
from postroom.text import Page, Source

_GRID = 20_000
"""Steps across and down in which places on the page are measured."""
_SCALE = 200 / 72
"""Pixels a point of the picture that the boxes refer to."""
_SCAN_COVERS = 0.5
"""Share of the page from which on a picture is taken for a scan of it."""
_FEW_CHARACTERS = 300
"""A page that is mostly picture and has fewer is read by OCR: its layer is a stamp or a caption."""


def layer_of(pdf: Any, number: int) -> Page | None:
    """Return the page by its text layer, or None where that is missing or cannot be believed."""
    page = _flattened(pdf, number)
    try:
        words = list(_words(page))
        if not words or not _real(page, [seen for seen, _ in words]):
            return None
        return _upright(page, number, words)
    finally:
        page.close()


def _upright(page: Any, number: int, words: list[tuple[Seen, int]]) -> Page:
    """Lay the words out with the page turned so that most of them run from left to right."""
    votes = Counter[int]()
    for seen, turn in words:
        votes[turn] += len(seen.text)
    turn = votes.most_common(1)[0][0]
    width, height = page.get_size()
    placing = Placing(WHOLE, max(1, round(width * _SCALE)), max(1, round(height * _SCALE))).turned(turn)
    lines = lines_of([_turned(seen, turn) for seen, _ in words], _GRID, _GRID, placing.width / placing.height)
    return Page(number, lines, Source.TEXT_LAYER, placing.width, placing.height, placing.rotation, placing.corners)


def _turned(seen: Seen, degrees: int) -> Seen:
    """Return a word of a page that is turned clockwise by 0, 90, 180 or 270 degrees."""
    if degrees == 90:
        return replace(seen, x0=_GRID - seen.y1, x1=_GRID - seen.y0, y0=seen.x0, y1=seen.x1)
    if degrees == 180:
        return replace(seen, x0=_GRID - seen.x1, x1=_GRID - seen.x0, y0=_GRID - seen.y1, y1=_GRID - seen.y0)
    if degrees == 270:
        return replace(seen, x0=seen.y0, x1=seen.y1, y0=_GRID - seen.x1, y1=_GRID - seen.x0)
    return seen


def _flattened(pdf: Any, number: int) -> Any:
    """Return the page with the values of form fields and the text of notes made part of it."""
    import pypdfium2

    if pypdfium2.raw.FPDFPage_GetAnnotCount(pdf[number - 1]):
        with_notes = pdf[number - 1]
        pypdfium2.raw.FPDFPage_Flatten(with_notes, pypdfium2.raw.FLAT_NORMALDISPLAY)
        with_notes.close()
    return pdf[number - 1]


def _words(page: Any) -> Iterator[tuple[Seen, int]]:
    """Return each word with the turn, clockwise in degrees, that would make it run from left to right."""
    text = page.get_textpage()
    try:
        letters: list[tuple[str, tuple[float, float, float, float]]] = []
        for index, letter in enumerate(_letters(text)):
            if letter.isspace() or (unicodedata.category(letter) in {"Cc", "Cf"} and letter != "\x02"):
                yield from _word(page, letters)
                letters = []
                continue
            letters.append(("-" if letter == "\x02" else letter, text.get_charbox(index, loose=True)))
        yield from _word(page, letters)
    finally:
        text.close()


def _letters(text: Any) -> Iterator[str]:
    import pypdfium2

    for index in range(text.count_chars()):
        code = pypdfium2.raw.FPDFText_GetUnicode(text, index)
        yield chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def _word(page: Any, letters: list[tuple[str, tuple[float, float, float, float]]]) -> Iterator[tuple[Seen, int]]:
    if not letters:
        return
    boxes = [box for _, box in letters]
    left, bottom = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, top = max(box[2] for box in boxes), max(box[3] for box in boxes)
    x0, y0 = _place(page, left, top)
    x1, y1 = _place(page, right, bottom)
    seen = Seen(
        unicodedata.normalize("NFKC", "".join(letter for letter, _ in letters)),
        min(x0, x1),
        min(y0, y1),
        max(x0, x1),
        max(y0, y1),
        1.0,
    )
    yield seen, _turn_of(_place(page, *boxes[0][:2]), _place(page, *boxes[-1][:2]))


def _turn_of(first: tuple[float, float], last: tuple[float, float]) -> int:
    """Return the turn that brings the last letter of a word to the right of its first."""
    across, down = last[0] - first[0], last[1] - first[1]
    if abs(across) >= abs(down):
        return 0 if across >= 0 else 180
    return 270 if down > 0 else 90


def _place(page: Any, x: float, y: float) -> tuple[float, float]:
    import pypdfium2

    across, down = ctypes.c_int(), ctypes.c_int()
    pypdfium2.raw.FPDF_PageToDevice(page, 0, 0, _GRID, _GRID, 0, x, y, across, down)
    return float(across.value), float(down.value)


def _real(page: Any, words: list[Seen]) -> bool:
    """Say whether the layer is the page's own text, not what some scanner once guessed or a font without a key."""
    characters = sum(len(word.text) for word in words)
    sensible = sum(len(word.text) for word in words if quality.plausible(word.text))
    odd = sum(
        unicodedata.category(letter) in {"Co", "Cn"} or letter == "\ufffd" for word in words for letter in word.text
    )
    if sensible < 0.6 * characters or odd > 0.05 * characters:
        return False
    covered, hidden = _pictured(page), _hidden(page)
    return not (covered >= _SCAN_COVERS and (hidden > 0.5 or characters < _FEW_CHARACTERS))


def _pictured(page: Any) -> float:
    """Return the share of the page under its largest picture."""
    import pypdfium2

    width, height = page.get_size()
    shares = [0.0]
    for picture in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        left, bottom, right, top = picture.get_bounds()
        shares.append(abs((right - left) * (top - bottom)) / max(width * height, 1.0))
    return max(shares)


def _hidden(page: Any) -> float:
    """Return the share of the pieces of text that are drawn invisibly, as OCR programs do."""
    import pypdfium2

    modes = [
        pypdfium2.raw.FPDFTextObj_GetTextRenderMode(piece)
        for piece in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT], max_depth=4)
    ]
    invisible = pypdfium2.raw.FPDF_TEXTRENDERMODE_INVISIBLE
    return sum(mode == invisible for mode in modes) / len(modes) if modes else 0.0
