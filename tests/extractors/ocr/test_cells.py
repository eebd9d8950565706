"""What stands in letter boxes is read as one word, in whatever style the boxes are drawn."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from extractors.ocr import straighten
from extractors.ocr.cells import put_in, words_in_cells
from extractors.ocr.page import straight
from extractors.ocr.pixels import Frame, Pixels
from extractors.ocr.seen import Seen
from tests.extractors.ocr.forms import (
    Style,
    adjoining,
    dotted,
    faxed,
    row,
    separate,
    sheet,
    ticks_down,
    ticks_up,
    tilted,
)

VALUES = ("40718265", "KETTLEY", "LS7 4QZ")


def upright(page: Image.Image) -> Pixels:
    frame = Frame(np.array(page))
    return straighten.lay_out(frame.pixels, straight(frame))


def read(page: Pixels) -> list[str]:
    words = sorted(words_in_cells(page, []), key=lambda word: (round(word.y0 / 40), word.x0))
    return [word.text for word in words]


def form(style: Style, **shape: int) -> Image.Image:
    page = sheet()
    for index, value in enumerate(VALUES):
        row(page, value, style, y=200 + index * 130, **shape)
    return page


@pytest.mark.parametrize("style", [separate, adjoining, ticks_up, ticks_down, dotted])
def test_every_style_is_read(style: Style) -> None:
    assert read(np.array(form(style))) == ["40718265", "KETTLEY", "LS7", "4QZ"]


@pytest.mark.parametrize("style", [separate, adjoining, ticks_up, ticks_down])
def test_a_tilted_scan_is_read(style: Style) -> None:
    assert read(upright(tilted(form(style)))) == ["40718265", "KETTLEY", "LS7", "4QZ"]


@pytest.mark.parametrize("style", [separate, adjoining, ticks_up, ticks_down, dotted])
def test_a_fax_is_read(style: Style) -> None:
    assert read(np.array(faxed(form(style)))) == ["40718265", "KETTLEY", "LS7", "4QZ"]


@pytest.mark.parametrize(("cell", "line", "points"), [(36, 1, 22), (44, 4, 26), (64, 3, 40)])
def test_cells_of_other_sizes_are_read(cell: int, line: int, points: int) -> None:
    page = form(separate, cell=cell, line=line, points=points)
    assert read(np.array(page)) == ["40718265", "KETTLEY", "LS7", "4QZ"]


def test_a_cell_whose_side_is_worn_away_costs_no_character() -> None:
    page = sheet()
    row(page, "40718265", adjoining, y=200)
    ImageDraw.Draw(page).rectangle((446, 208, 454, 250), fill="white")
    assert read(np.array(page)) == ["40718265"]


def test_boxes_to_tick_and_cells_of_a_table_are_no_letter_boxes() -> None:
    page = sheet()
    pen = ImageDraw.Draw(page)
    for index, text in enumerate(("12", "30", "45", "60")):
        pen.rectangle((300 + index * 90, 200, 390 + index * 90, 270), outline="black", width=3)
        pen.text((320 + index * 90, 215), text, font=ImageFont.load_default(36), fill="black")
        pen.rectangle((300 + index * 150, 400, 334 + index * 150, 434), outline="black", width=3)
        pen.text((345 + index * 150, 400), f"{text}th", font=ImageFont.load_default(26), fill="black")
    pen.line((300, 400, 334, 434), fill="black", width=4)
    pen.line((300, 434, 334, 400), fill="black", width=4)
    assert read(np.array(page)) == []


def test_the_words_in_the_boxes_take_the_place_of_what_running_text_made_of_them() -> None:
    label, scrap = Seen("Account", 10, 10, 100, 40, 0.9), Seen("|4|", 130, 12, 170, 38, 0.5)
    exact = Seen("40718265", 120, 5, 500, 45, 0.98)
    assert put_in([label, scrap], [exact]) == [label, exact]
