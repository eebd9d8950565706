"""The desk's picture of a page is the one that the boxes refer to."""

import io

import numpy as np
import pytest
from PIL import Image

from extractors.ocr.settings import OcrSettings
from extractors.readers.pdf import PdfReader
from extractors.readers.picture import PictureReader
from extractors.render import page_picture
from postroom.document import Document
from postroom.errors import UnreadableDocument
from postroom.text import Page
from tests.extractors.ocr.paper import document, letter, photographed

CHEAP = OcrSettings(rapidocr=False)
SHEET = [(210, 130), (1120, 190), (1170, 1480), (130, 1430)]


def ink_in_box(given: Document, page: Page, text: str) -> float:
    """Return how much darker the box of a word is than the strip of paper just above it."""
    picture = np.asarray(Image.open(io.BytesIO(page_picture(given, page.number, 1000, page=page))).convert("L"))
    box = next(word.box for word in page.words if word.text == text)
    height, width = picture.shape
    rows, columns = slice(int(box.y0 * height), int(box.y1 * height)), slice(int(box.x0 * width), int(box.x1 * width))
    above = slice(int((box.y0 - 1.5 * box.height) * height), int((box.y0 - 0.8 * box.height) * height))
    return float(picture[above, columns].mean() - picture[rows, columns].mean())


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(letter(), id="as-it-is"),
        pytest.param(letter().rotate(180), id="upside-down"),
        pytest.param(letter().rotate(90, expand=True), id="sideways"),
        pytest.param(letter().rotate(5, expand=True, fillcolor="white"), id="crooked"),
        pytest.param(photographed(letter(), SHEET, (1300, 1600)), id="photographed"),
        pytest.param(photographed(letter(), SHEET, (1300, 1600)).rotate(180), id="photographed-upside-down"),
    ],
)
def test_boxes_lie_on_ink_in_the_picture(page: Image.Image) -> None:
    given = document(page)
    seen = PictureReader(CHEAP).read(given).pages[0]
    assert ink_in_box(given, seen, "40718265") > 25
    assert ink_in_box(given, seen, "yours".title()) > 20


def test_a_scanned_pdf_is_drawn_as_it_was_read() -> None:
    out = io.BytesIO()
    letter().rotate(180).save(out, format="PDF", resolution=130)
    given = Document("scan.pdf", "application/pdf", out.getvalue())
    seen = PdfReader(CHEAP).read(given).pages[0]
    assert ink_in_box(given, seen, "40718265") > 25


def test_a_page_that_is_not_there_is_said_so() -> None:
    with pytest.raises(UnreadableDocument, match="no page 2"):
        page_picture(document(letter()), 2, 500)


def test_the_width_is_what_was_asked_for() -> None:
    picture = Image.open(io.BytesIO(page_picture(document(letter()), 1, 640)))
    assert picture.size == (640, round(1500 * 640 / 1100))
