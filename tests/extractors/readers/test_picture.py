"""Pictures of every common kind are read, damaged ones as far as they go, and oversized ones not at all."""

import io
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from extractors.ocr.settings import OcrSettings
from extractors.readers.picture import PictureReader, frames
from postroom.document import Document
from postroom.errors import LimitExceeded, UnreadableDocument
from tests.extractors.ocr.paper import document, letter

CHEAP = OcrSettings(rapidocr=False)
PAGE = letter(("Council Tax 40718265",), (700, 300), 48)


def read(given: Document, settings: OcrSettings = CHEAP) -> str:
    return PictureReader(settings).read(given).text


def sixteen_bit() -> Image.Image:
    return Image.fromarray((np.asarray(PAGE.convert("L")).astype(np.uint16) * 200) + 300)


def on_glass() -> Image.Image:
    seen = np.dstack([np.asarray(PAGE), 255 - np.asarray(PAGE.convert("L"))])
    return Image.fromarray(seen)


def heic() -> Document:
    pillow_heif.register_heif_opener()
    return document(PAGE, "HEIF", "image/heic", quality=80)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(document(PAGE, "JPEG"), id="jpeg"),
        pytest.param(document(PAGE.convert("CMYK"), "JPEG"), id="cmyk-jpeg"),
        pytest.param(document(PAGE.convert("P")), id="palette-png"),
        pytest.param(document(on_glass()), id="transparent-png"),
        pytest.param(document(sixteen_bit()), id="sixteen-bit-png"),
        pytest.param(document(PAGE.convert("1")), id="one-bit-png"),
        pytest.param(document(PAGE.convert("1"), "TIFF", compression="group4"), id="fax-g4"),
        pytest.param(document(PAGE.convert("1"), "TIFF", compression="group3"), id="fax-g3"),
        pytest.param(document(PAGE, "WEBP"), id="webp"),
        pytest.param(document(PAGE, "BMP"), id="bmp"),
        pytest.param(document(PAGE, "GIF"), id="gif"),
        pytest.param(heic(), id="heic"),
    ],
)
def test_every_common_format_is_read(given: Document) -> None:
    assert "40718265" in read(given)


def test_a_fax_in_normal_quality_gets_its_rows_back() -> None:
    flat = PAGE.convert("1").resize((PAGE.width, PAGE.height // 2))
    given = document(flat, "TIFF", compression="group4", dpi=(204, 98))
    frame = next(frames(given, CHEAP))
    assert frame.height == pytest.approx(PAGE.height, rel=0.06)
    assert frame.width == PAGE.width


def test_every_page_of_a_tiff_is_read() -> None:
    second = letter(("Second page 5501",), (700, 300), 48)
    given = document(PAGE, "TIFF", save_all=True, append_images=[second])
    text = PictureReader(CHEAP).read(given)
    assert [page.number for page in text.pages] == [1, 2]
    assert "5501" in text.pages[1].text


def test_the_orientation_a_camera_notes_is_followed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    given = document(PAGE.rotate(90, expand=True), "JPEG", exif=exif)
    page = PictureReader(CHEAP).read(given).pages[0]
    assert "40718265" in page.text
    assert page.rotation == 0


def test_a_blank_page_is_noted() -> None:
    text = PictureReader(CHEAP).read(document(Image.new("RGB", (500, 700), "white")))
    assert text.notes == ("Page 1 is blank or holds no text that can be read.",)


def test_what_is_there_of_a_cut_picture_is_read() -> None:
    whole = document(letter(), "JPEG", quality=95).content
    text = PictureReader(CHEAP).read(Document("cut.jpg", "image/jpeg", whole[: int(len(whole) * 0.7)]))
    assert "Northgate House" in text.text
    assert "Tremlett" not in text.text
    assert "damaged" in text.unread[0]


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0 not a picture", b"GIF89a", b"II*\x00\x08\x00\x00\x00"])
def test_what_is_no_picture_is_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableDocument, match=r"odd\.jpg"):
        read(Document("odd.jpg", "image/jpeg", content))


def bomb(width: int, height: int) -> bytes:
    """Return a PNG that says it is large and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(15_000, 11_000), (20_000, 9_000), (60_000, 60_000)])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(LimitExceeded, match="max_pixels"):
        read(Document("bomb.png", "image/png", bomb(*size)))


def test_a_later_page_of_a_tiff_that_is_too_large_is_refused_before_it_is_decoded() -> None:
    given = document(PAGE, "TIFF", save_all=True, append_images=[PAGE.resize((1400, 600))])
    pages = frames(given, OcrSettings(rapidocr=False, max_pixels=250_000))
    assert next(pages).width == PAGE.width
    with pytest.raises(LimitExceeded, match="max_pixels"):
        next(pages)


def test_a_tiff_with_too_many_pages_is_refused() -> None:
    given = document(PAGE, "TIFF", save_all=True, append_images=[PAGE, PAGE])
    with pytest.raises(LimitExceeded, match="3 pages"):
        read(given, OcrSettings(rapidocr=False, max_pages=2))


def test_pages_for_which_no_time_is_left_are_told() -> None:
    given = document(PAGE, "TIFF", save_all=True, append_images=[PAGE, PAGE])
    text = PictureReader(OcrSettings(rapidocr=False, document_seconds=0.01)).read(given)
    assert [bool(page.lines) for page in text.pages] == [True, False, False]
    assert "Pages 2-3 were not read" in text.unread[0]
    assert "document_seconds" in text.unread[0]


def test_only_pictures_of_pixels_are_accepted() -> None:
    reader = PictureReader(CHEAP)
    assert reader.accepts(Document("a", "image/heic", b""))
    assert not reader.accepts(Document("a", "image/svg+xml", b""))
    assert not reader.accepts(Document("a", "application/pdf", b""))


def test_the_name_of_a_file_proves_nothing() -> None:
    written = io.BytesIO()
    PAGE.save(written, format="BMP")
    assert "40718265" in read(Document("photo.heic", "image/heic", written.getvalue()))
