"""Pictures of pages: the right ones, drawn once, apart from the desk, and hostile files cost one page at most."""

from __future__ import annotations

import io
import os
import pickle
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from extractors.ocr.settings import OcrSettings
from extractors.readers.pdf import PdfReader
from extractors.render import Sight, page_picture
from flows.draw_pages import PagePictures, drawable
from flows.isolate_pages import Drawers
from flows.keep_pages import KeptPages
from postroom.document import Document
from postroom.errors import BusinessError, LimitExceeded, LockedDocument, TransientError, UnreadableDocument
from postroom.text import Box, Page

linux = pytest.mark.skipif(sys.platform != "linux", reason="Looks at /proc.")
RED, GREEN, BLUE = (220, 30, 30), (30, 160, 30), (30, 30, 220)


def tiff() -> Document:
    first, *others = (Image.new("RGB", (300, 400), colour) for colour in (RED, GREEN, BLUE))
    written = io.BytesIO()
    first.save(written, "TIFF", save_all=True, append_images=others)
    return Document("three.tif", "image/tiff", written.getvalue())


def quarters() -> Document:
    """A picture whose top left is red and whose bottom right is blue."""
    picture = Image.new("RGB", (400, 600), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 200, 300), fill=RED)
    draw.rectangle((200, 300, 400, 600), fill=BLUE)
    written = io.BytesIO()
    picture.save(written, "PNG")
    return Document("quarters.png", "image/png", written.getvalue())


def pdf(*objects: str) -> Document:
    """Write a PDF of these objects; the first is the catalogue."""
    content = b"%PDF-1.7\n"
    places = []
    for number, given in enumerate(objects, start=1):
        places.append(len(content))
        content += f"{number} 0 obj\n{given}\nendobj\n".encode()
    start = len(content)
    rows = "".join(f"{place:010} 00000 n \n" for place in places)
    content += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{rows}".encode()
    content += f"trailer <</Size {len(objects) + 1} /Root 1 0 R>>\nstartxref\n{start}\n%%EOF".encode()
    return Document("made.pdf", "application/pdf", content)


def stream(content: str, more: str = "") -> str:
    return f"<<{more} /Length {len(content)}>>\nstream\n{content}\nendstream"


def letter() -> Document:
    page = "<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>>"
    font = "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"
    text = stream("BT /F 24 Tf 72 700 Td (Northborough) Tj ET")
    return pdf("<</Type /Catalog /Pages 2 0 R>>", "<</Type /Pages /Kids [3 0 R] /Count 1>>", page, text, font)


def bomb() -> Document:
    """A PDF of a few lines that takes hours to draw: each form draws the next one forty times."""
    depth = 7
    forms = []
    for level in range(depth):
        inner = "/X Do " * 40 if level < depth - 1 else "0 0 500 700 re f " * 40
        resources = f"/Resources <</XObject <</X {6 + level} 0 R>>>>" if level < depth - 1 else ""
        forms.append(stream(inner, f"/Type /XObject /Subtype /Form /BBox [0 0 595 842] {resources}"))
    page = "<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</XObject <</X 5 0 R>>>>>>"
    head = ("<</Type /Catalog /Pages 2 0 R>>", "<</Type /Pages /Kids [3 0 R] /Count 1>>", page, stream("/X Do"))
    return pdf(*head, *forms)


@pytest.fixture(scope="module")
def drawers() -> Iterator[Drawers]:
    opened = Drawers(1, seconds=10)
    yield opened
    opened.close()


@pytest.fixture
def pictures(drawers: Drawers, tmp_path: Path) -> PagePictures:
    return PagePictures(tmp_path / "pictures", drawers=drawers)


def seen(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def close_to(one: tuple[int, ...], other: tuple[int, int, int]) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < 40


def children() -> set[int]:
    return {int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


def flat(width: int, height: int) -> Page:
    return Page(1, (), width=width, height=height)


def test_each_page_of_a_tiff_is_drawn(pictures: PagePictures) -> None:
    for number, colour in enumerate((RED, GREEN, BLUE), start=1):
        picture = seen(pictures.page(tiff(), flat(300, 400), number, 150))
        assert picture.size == (150, 200)
        assert close_to(picture.getpixel((75, 100)), colour)


def test_a_pdf_is_drawn_as_its_boxes_refer_to_it(pictures: PagePictures) -> None:
    page = PdfReader(OcrSettings()).read(letter()).pages[0]
    drawn = np.asarray(seen(pictures.page(letter(), page, 1, 800)).convert("L")).astype(int)
    told = np.asarray(Image.open(io.BytesIO(page_picture(letter(), 1, 800, page=page))).convert("L")).astype(int)
    assert drawn.shape == told.shape
    assert np.abs(drawn - told).mean() < 2
    box = next(iter(page.words)).box
    piece = np.asarray(seen(pictures.crop(letter(), page, 1, box, 300)).convert("L"))
    assert piece.shape[1] <= 300
    assert (piece < 100).mean() > 0.05
    assert (piece[0] > 200).all(), "The padding around the word is paper."


@pytest.mark.parametrize(
    ("turn", "red", "blue"),
    [(0, (10, 10), (190, 290)), (90, (290, 10), (10, 190)), (180, (190, 290), (10, 10)), (270, (10, 190), (290, 10))],
)
def test_a_page_is_turned_clockwise(
    pictures: PagePictures, turn: int, red: tuple[int, int], blue: tuple[int, int]
) -> None:
    picture = seen(pictures.page(quarters(), flat(400, 600), 1, 200, turn=turn))
    assert picture.size == ((200, 300) if turn % 180 == 0 else (300, 200))
    assert close_to(picture.getpixel(red), RED)
    assert close_to(picture.getpixel(blue), BLUE)


def test_no_view_of_a_document_is_taken_for_another(pictures: PagePictures) -> None:
    lying = Page(1, (), width=400, height=600, corners=((0.0, 1.0), (0.0, 0.0), (1.0, 0.0), (1.0, 1.0)), rotation=90)
    box = Box(0.4, 0.4, 0.6, 0.7)
    views = [
        pictures.page(quarters(), flat(400, 600), 1, 200),
        pictures.page(quarters(), flat(400, 600), 1, 100),
        pictures.page(quarters(), flat(400, 600), 1, 200, turn=90),
        pictures.page(quarters(), lying, 1, 200),
        pictures.crop(quarters(), flat(400, 600), 1, box, 200),
        pictures.crop(quarters(), flat(400, 600), 1, box, 200, padding=0.2),
        *(pictures.page(tiff(), flat(300, 400), number, 200) for number in (1, 2)),
    ]
    assert len(set(views)) == len(views)


def test_a_long_strip_is_made_as_narrow_as_the_format_needs(pictures: PagePictures) -> None:
    written = io.BytesIO()
    Image.new("RGB", (40, 3000), "white").save(written, "PNG")
    picture = seen(pictures.page(Document("till.png", "image/png", written.getvalue()), flat(40, 3000), 1, 1000))
    assert picture.height <= 16_000


def test_what_has_no_picture_is_known() -> None:
    assert drawable(letter())
    assert drawable(tiff())
    assert not drawable(Document("a.svg", "image/svg+xml", b"<svg/>"))
    assert not drawable(Document("body.html", "text/html", b"<p>"))


@pytest.mark.parametrize(
    ("document", "number", "kind"),
    [
        (Document("torn.pdf", "application/pdf", b"%PDF-1.7 torn"), 1, UnreadableDocument),
        (Document("torn.png", "image/png", b"\x89PNG\r\n\x1a\n"), 1, UnreadableDocument),
        (letter(), 9, UnreadableDocument),
        (letter(), 0, UnreadableDocument),
        (tiff(), -1, UnreadableDocument),
    ],
)
def test_what_cannot_be_drawn_is_said_with_a_remedy(
    pictures: PagePictures, document: Document, number: int, kind: type[BusinessError]
) -> None:
    with pytest.raises(kind) as told:
        pictures.page(document, None, number, 500)
    assert document.name in told.value.message
    assert told.value.hint


def test_a_locked_pdf_is_told_from_a_torn_one(pictures: PagePictures) -> None:
    from pypdf import PdfReader as Opened
    from pypdf import PdfWriter

    writer = PdfWriter(Opened(io.BytesIO(letter().content)))
    writer.encrypt("secret")
    written = io.BytesIO()
    writer.write(written)
    with pytest.raises(LockedDocument):
        pictures.page(Document("locked.pdf", "application/pdf", written.getvalue()), None, 1, 500)


def test_no_absurd_width_is_drawn(pictures: PagePictures) -> None:
    with pytest.raises(LimitExceeded):
        pictures.page(letter(), None, 1, 100_000)


class Counting(Drawers):
    """Drawers that count what they are asked for and take their time."""

    drawn = 0

    def draw(self, sight: Sight) -> bytes:
        self.drawn += 1
        time.sleep(0.2)
        return super().draw(sight)


def test_many_askers_of_one_picture_draw_it_once(tmp_path: Path) -> None:
    counting = Counting(1)
    pictures = PagePictures(tmp_path / "pictures", drawers=counting)
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: pictures.page(letter(), None, 1, 400), range(8)))
    assert counting.drawn == 1
    assert len(set(got)) == 1
    pictures.close()
    assert pictures.page(letter(), None, 1, 400) == got[0], "From disk: nothing is left that could draw it."
    assert counting.drawn == 1


@linux
def test_pictures_are_for_the_desk_alone(pictures: PagePictures, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        pictures.page(letter(), None, 1, 300)
    finally:
        os.umask(before)
    for path in (tmp_path / "pictures").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    pictures.forget(letter().id)
    assert not [path for path in (tmp_path / "pictures").rglob("*") if path.is_file()]


def test_what_is_kept_stays_below_its_limit_and_the_oldest_go(tmp_path: Path) -> None:
    kept = KeptPages(tmp_path, 10_000)
    for number in range(20):
        kept.put(f"document{number % 3}", f"key{number}", bytes(1000))
        os.utime(tmp_path / f"document{number % 3}" / f"key{number}.webp", (number, number))
        kept.get("document0", "key0")
        assert sum(path.stat().st_size for path in tmp_path.rglob("*.webp")) <= 10_000
    assert kept.get("document0", "key0") is not None, "It was looked at all the time."
    assert kept.get("document1", "key1") is None
    assert kept.get("document1", "key19") is not None


def test_a_half_written_picture_is_swept_away(tmp_path: Path) -> None:
    folder = tmp_path / "document"
    folder.mkdir()
    part = folder / ".key.part"
    part.write_bytes(b"half")
    os.utime(part, (0, 0))
    KeptPages(tmp_path, 10_000).put("document", "other", b"whole")
    assert not part.exists()


def test_a_page_that_takes_too_long_is_given_up_and_not_tried_again(tmp_path: Path) -> None:
    pictures = PagePictures(tmp_path / "pictures", drawers=Drawers(1, seconds=1))
    pictures.warm()
    time.sleep(1)
    with pytest.raises(LimitExceeded, match="longer than 1 second"):
        pictures.page(bomb(), None, 1, 500)
    begun = time.monotonic()
    with pytest.raises(LimitExceeded):
        pictures.page(bomb(), None, 1, 700)
    assert time.monotonic() - begun < 0.3
    pictures.close()


@linux
def test_a_killed_drawing_costs_one_picture(tmp_path: Path) -> None:
    others = children()
    pictures = PagePictures(tmp_path / "pictures", drawers=Drawers(1, seconds=20))
    pictures.warm()
    (mine,) = children() - others
    threading.Timer(1.0, os.kill, (mine, signal.SIGKILL)).start()
    with pytest.raises(UnreadableDocument, match="made the drawing stop"):
        pictures.page(bomb(), None, 1, 500)
    assert seen(pictures.page(letter(), None, 1, 200)).width == 200
    pictures.close()
    assert not (children() - others)


@linux
def test_a_drawing_process_has_no_secret_no_file_and_no_more_memory_than_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTROOM_SECRET_CRM", "of the robot")
    others = children()
    drawers = Drawers(1, memory_bytes=900_000_000)
    pictures = PagePictures(tmp_path / "pictures", OcrSettings(max_pixels=170_000_000), drawers=drawers)
    pictures.page(letter(), None, 1, 300)
    (mine,) = children() - others
    told = b"of the robot" in Path(f"/proc/{mine}/environ").read_bytes()
    assert not told
    limits = Path(f"/proc/{mine}/limits").read_text()
    for row in ("Max file size", "Max core file size"):
        assert next(line for line in limits.splitlines() if line.startswith(row)).split()[-3:-1] == ["0", "0"]
    written = io.BytesIO()
    Image.new("L", (13_000, 13_000)).save(written, "PNG")
    with pytest.raises(LimitExceeded, match="memory"):
        pictures.page(Document("vast.png", "image/png", written.getvalue()), flat(13_000, 13_000), 1, 500)
    assert pictures.page(letter(), None, 1, 301)
    pictures.close()


def test_when_all_are_busy_the_asker_is_told(tmp_path: Path) -> None:
    drawers = Drawers(1, seconds=1)
    busy = ThreadPoolExecutor(4)
    asked = [busy.submit(drawers.draw, Sight(bomb(), 1, 500)) for _ in range(4)]
    told = [type(one.exception()) for one in asked]
    assert TransientError in told
    assert set(told) == {TransientError, LimitExceeded}
    drawers.close()


@linux
def test_a_drawing_process_ends_itself_when_the_desk_is_gone() -> None:
    program = [sys.executable, "-m", "extractors.drawing", "3000000000", "1"]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stdin is not None
    pickle.dump(Sight(bomb(), 1, 500), process.stdin)
    process.stdin.flush()
    assert process.wait(10) == -signal.SIGALRM
    process.stdin.close()
