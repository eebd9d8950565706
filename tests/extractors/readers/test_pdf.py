"""PDFs are read by their text layer where it is real and by OCR where it is not."""

import io

import pypdf
import pytest
from PIL import Image
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, FloatObject, NameObject, TextStringObject

from extractors.ocr.settings import OcrSettings
from extractors.readers.pdf import PdfReader
from postroom.document import Document
from postroom.errors import LimitExceeded, LockedDocument, UnreadableDocument
from postroom.text import Source, Text
from tests.extractors.ocr.paper import letter

CHEAP = OcrSettings(rapidocr=False)
FONT = DictionaryObject(
    {
        NameObject("/Type"): NameObject("/Font"),
        NameObject("/Subtype"): NameObject("/Type1"),
        NameObject("/BaseFont"): NameObject("/Helvetica"),
        NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
    }
)


def written(text: str, x: int = 72, y: int = 700, mode: int = 0) -> bytes:
    return f"BT {mode} Tr /F1 14 Tf {x} {y} Td ({text}) Tj ET\n".encode("latin-1")


def page_of(writer: pypdf.PdfWriter, content: bytes, size: tuple[int, int] = (595, 842)) -> pypdf.PageObject:
    page = writer.add_blank_page(*size)
    stream = DecodedStreamObject()
    stream.set_data(content)
    fonts = DictionaryObject({NameObject("/F1"): FONT})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    page[NameObject("/Contents")] = writer._add_object(stream)
    return page


def saved(writer: pypdf.PdfWriter) -> Document:
    out = io.BytesIO()
    writer.write(out)
    return Document("letter.pdf", "application/pdf", out.getvalue())


def typed(*lines: str) -> Document:
    writer = pypdf.PdfWriter()
    page_of(writer, b"".join(written(line, y=760 - 20 * row) for row, line in enumerate(lines)))
    return saved(writer)


def scanned(page: Image.Image) -> pypdf.PdfWriter:
    out = io.BytesIO()
    page.save(out, format="PDF", resolution=130)
    return pypdf.PdfWriter(clone_from=io.BytesIO(out.getvalue()))


def read(given: Document, settings: OcrSettings = CHEAP) -> Text:
    return PdfReader(settings).read(given)


def test_a_text_layer_is_read_with_places() -> None:
    page = read(typed("Council Tax reference 40718265", "Moving date 14 March 2026")).pages[0]
    assert page.source is Source.TEXT_LAYER
    assert page.text == "Council Tax reference 40718265\nMoving date 14 March 2026"
    first = next(page.words)
    assert first.box.x0 == pytest.approx(72 / 595, abs=0.01)
    assert first.box.middle[1] == pytest.approx((842 - 765) / 842, abs=0.01)


def test_cells_far_apart_are_lines_of_their_own() -> None:
    writer = pypdf.PdfWriter()
    page_of(writer, written("Net") + written("100.00", x=400) + written("VAT", y=680) + written("20.00", x=400, y=680))
    assert [line.text for line in read(saved(writer)).pages[0].lines] == ["Net", "100.00", "VAT", "20.00"]


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_turned_page_is_read_upright(turned: int) -> None:
    writer = pypdf.PdfWriter()
    page_of(writer, written("Council Tax reference")).rotate(turned)
    page = read(saved(writer)).pages[0]
    assert page.text == "Council Tax reference"
    assert page.rotation == 360 - turned
    assert next(page.words).box.x0 == pytest.approx(72 / 595, abs=0.01)


def test_values_of_form_fields_are_read() -> None:
    writer = pypdf.PdfWriter()
    page = page_of(writer, written("Account number"))
    look = DecodedStreamObject()
    look.set_data(b"BT /F1 14 Tf 2 5 Td (40718265) Tj ET")
    look.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Form"),
            NameObject("/BBox"): ArrayObject(map(FloatObject, (0, 0, 150, 20))),
            NameObject("/Resources"): DictionaryObject(
                {NameObject("/Font"): DictionaryObject({NameObject("/F1"): FONT})}
            ),
        }
    )
    widget = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Widget"),
            NameObject("/FT"): NameObject("/Tx"),
            NameObject("/T"): TextStringObject("account"),
            NameObject("/V"): TextStringObject("40718265"),
            NameObject("/F"): FloatObject(4),
            NameObject("/Rect"): ArrayObject(map(FloatObject, (200, 695, 350, 715))),
            NameObject("/AP"): DictionaryObject({NameObject("/N"): writer._add_object(look)}),
        }
    )
    page[NameObject("/Annots")] = ArrayObject([writer._add_object(widget)])
    assert "Account number 40718265" in read(saved(writer)).text.replace("\n", " ")


def test_a_scan_is_read_by_ocr() -> None:
    page = read(saved(scanned(letter()))).pages[0]
    assert page.source is Source.TESSERACT
    assert "40718265" in page.text


@pytest.mark.parametrize(
    "layer",
    [
        pytest.param(written("Wrong words that some scanner guessed " * 12, mode=3), id="invisible"),
        pytest.param(written("RECEIVED 3 JUNE"), id="stamp"),
    ],
)
def test_a_layer_over_a_scan_does_not_hide_the_scan(layer: bytes) -> None:
    writer = scanned(letter())
    page = writer.pages[0]
    stream = DecodedStreamObject()
    stream.set_data(b"q " + page.get_contents().get_data() + b" Q\n" + layer)
    page["/Resources"][NameObject("/Font")] = DictionaryObject({NameObject("/F1"): FONT})
    page[NameObject("/Contents")] = writer._add_object(stream)
    assert "40718265" in read(saved(writer)).text


def test_a_layer_of_wrong_characters_is_not_believed() -> None:
    page = read(typed("\x81\x8d%$ ~^}{ ]#@[ &*=+ <>~ ^}{ #@[", "*=+ <>~ %$ ~^}{ ]#@[ &*")).pages[0]
    assert page.source is not Source.TEXT_LAYER


def test_a_pdf_with_the_empty_password_opens() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(typed("Council Tax").content))
    writer.encrypt(user_password="", owner_password="owner", algorithm="RC4-128")
    assert read(saved(writer)).text == "Council Tax"


def test_a_pdf_with_a_password_tells_the_remedy() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(typed("Council Tax").content))
    writer.encrypt(user_password="secret", algorithm="RC4-128")
    with pytest.raises(LockedDocument, match="Ask the sender for a copy without one"):
        read(saved(writer))


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"])
def test_a_broken_pdf_is_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableDocument, match=r"letter\.pdf"):
        read(Document("letter.pdf", "application/pdf", content))


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9])
def test_a_pdf_cut_short_is_refused_with_the_remedy(share: float) -> None:
    whole = typed("Council Tax reference 40718265").content
    with pytest.raises(UnreadableDocument, match="Ask the sender"):
        read(Document("letter.pdf", "application/pdf", whole[: int(len(whole) * share)]))


def test_a_pdf_whose_table_of_contents_is_broken_is_read() -> None:
    whole = typed("Council Tax reference 40718265").content
    broken = whole[: whole.rindex(b"startxref")] + b"startxref\n7\n%%EOF\n"
    assert "40718265" in read(Document("letter.pdf", "application/pdf", broken)).text


def test_enclosed_files_are_noted() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(typed("Council Tax").content))
    writer.add_attachment("payslip.txt", b"secret")
    assert "1 file is enclosed" in read(saved(writer)).notes[0]


def test_too_many_pages_are_refused() -> None:
    writer = pypdf.PdfWriter()
    for _ in range(3):
        page_of(writer, written("Council Tax"))
    with pytest.raises(LimitExceeded, match="3 pages; 2 are allowed"):
        read(saved(writer), OcrSettings(max_pages=2))


def test_pages_for_which_no_time_is_left_are_told_and_text_layers_are_read_all_the_same() -> None:
    writer = scanned(letter(("Council Tax 40718265",), (700, 300), 48))
    for _ in range(2):
        writer.add_page(writer.pages[0])
    page_of(writer, written("Last page"))
    text = read(saved(writer), OcrSettings(rapidocr=False, document_seconds=0.01))
    assert ["40718265" in page.text for page in text.pages] == [True, False, False, False]
    assert text.pages[3].text == "Last page"
    assert text.unread[0].startswith("Pages 2-3 were not read")


def test_a_page_of_absurd_size_is_refused() -> None:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(20_000, 20_000)
    with pytest.raises(LimitExceeded, match="max_page_points"):
        read(saved(writer))
