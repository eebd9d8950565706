"""A page is read whichever way it lies, and its boxes point at its words."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from extractors.ocr.page import read_frame
from extractors.ocr.pixels import Frame
from extractors.ocr.settings import OcrSettings
from extractors.ocr.straighten import WHOLE
from postroom.errors import ConfigError
from postroom.text import Page, Source
from tests.extractors.ocr.paper import LETTER, comb, letter, photographed

CHEAP = OcrSettings(rapidocr=False)


def read(page: Image.Image, settings: OcrSettings = CHEAP) -> Page:
    return read_frame(Frame(np.array(page.convert("RGB"))), settings)


def holds(page: Page, share: float = 0.95) -> bool:
    wanted = " ".join(LETTER).split()
    got = page.text.split()
    return sum(word in got for word in wanted) >= share * len(wanted)


def test_a_clean_page_is_read_by_tesseract_and_left_as_it_is() -> None:
    page = read(letter(), OcrSettings())
    assert holds(page)
    assert page.source is Source.TESSERACT
    assert page.corners == WHOLE
    assert (page.rotation, page.width, page.height) == (0, 1100, 1500)
    assert page.confidence > 0.9


def test_boxes_point_at_the_words() -> None:
    word = next(word for word in read(letter()).words if word.text == "40718265")
    x = ImageFont.load_default(40).getlength("My reference is ")
    assert word.box.x0 == pytest.approx((90 + x) / 1100, abs=0.006)
    assert 120 + 3 * 80 < word.box.middle[1] * 1500 < 120 + 3 * 80 + 50


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_page_lying_on_its_side_or_head_is_turned(turned: int) -> None:
    page = read(letter().rotate(turned, expand=True))
    assert holds(page)
    assert page.rotation == turned
    assert (page.width, page.height) == (1100, 1500)


@pytest.mark.parametrize("turned", [90, 270])
def test_a_full_page_lying_on_its_side_is_not_turned_upside_down(turned: int) -> None:
    page = read(letter([f"{line} {line}" for line in LETTER * 2], (1100, 1500), 22).rotate(turned, expand=True))
    assert page.rotation == turned
    assert page.confidence > 0.9


def test_a_crooked_page_is_set_straight() -> None:
    crooked = letter().rotate(-6, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
    page = read(crooked)
    assert holds(page)
    first = page.lines[0].words
    assert abs(first[0].box.y1 - first[-1].box.y1) < 0.01


def test_the_sheet_is_found_in_a_photograph_and_flattened() -> None:
    corners = [(210, 130), (1120, 190), (1170, 1480), (130, 1430)]
    page = read(photographed(letter(), corners, (1300, 1600)))
    assert holds(page)
    found = np.array(page.corners) * (1300, 1600)
    assert np.abs(found - np.array(corners)).max() < 25


def test_letter_boxes_are_read_as_one_word() -> None:
    form = letter(("Account reference", "", "Postcode"))
    comb(form, "58413016", (500, 105))
    comb(form, "LS11 4QZ", (500, 265))
    page = read(form, OcrSettings())
    assert "58413016" in page.text.split()
    assert "LS11 4QZ" in page.text


def test_ruled_boxes_with_several_letters_are_no_letter_boxes() -> None:
    table = letter(("Quantity", "", "Price"))
    pen = ImageDraw.Draw(table)
    for index, text in enumerate(("12", "30", "45")):
        pen.rectangle((500 + index * 80, 105, 580 + index * 80, 175), outline="black", width=3)
        pen.text((515 + index * 80, 118), text, font=ImageFont.load_default(40), fill="black")
    words = read(table, OcrSettings()).text.split()
    assert {"12", "30", "45"} <= set(words)


def test_a_blank_page_has_no_words() -> None:
    assert read(letter(()), OcrSettings()).lines == ()


def test_rapidocr_reads_alone_where_tesseract_is_off() -> None:
    page = read(letter(), OcrSettings(tesseract="off"))
    assert page.source is Source.RAPIDOCR
    assert "40718265" in page.text


def test_a_strong_reading_uses_rapidocr() -> None:
    page = read_frame(Frame(np.array(letter())), OcrSettings(), strong=True)
    assert page.source is Source.RAPIDOCR
    assert "40718265" in page.text


def test_without_any_engine_the_remedy_is_told() -> None:
    with pytest.raises(ConfigError, match="rapidocr: true"):
        read(letter(), OcrSettings(tesseract="off", rapidocr=False))


def test_a_missing_tesseract_that_is_insisted_on_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="tesseract_path"):
        read(letter(), OcrSettings(tesseract="on", tesseract_path="no-such-program"))


def test_two_columns_are_not_read_across() -> None:
    page = letter(("Northgate House", "Leeds"))
    pen = ImageDraw.Draw(page)
    pen.text((750, 120), "Invoice 4471", font=ImageFont.load_default(40), fill="black")
    lines = [line.text for line in read(page).lines]
    assert "Northgate House" in lines
    assert "Invoice 4471" in lines
