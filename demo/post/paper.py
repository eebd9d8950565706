"""Sheets of paper: forms and letters drawn as pictures, and what scanners, faxes and telephones make of them."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

WIDTH, HEIGHT = 1240, 1754
"""A4 at 150 dots an inch."""
MARGIN = 110
INK = (25, 25, 35)
PEN = (30, 40, 120)


@lru_cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own scalable font, so that the sheets look alike on every machine."""
    return ImageFont.load_default(size)


class Sheet:
    """One A4 page that is written from the top down."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH, HEIGHT), "white")
        self.draw = ImageDraw.Draw(self.image)
        self.y = MARGIN

    def text(self, words: str, *, size: int = 26, x: int = MARGIN, ink: tuple[int, int, int] = INK) -> Sheet:
        """Write one line and move below it."""
        self.draw.text((x, self.y), words, fill=ink, font=font(size))
        self.y += int(size * 1.5)
        return self

    def lines(self, words: Sequence[str], *, size: int = 26, x: int = MARGIN) -> Sheet:
        """Write several lines, one below the other."""
        for line in words:
            self.text(line, size=size, x=x)
        return self

    def paragraph(self, words: str, *, size: int = 26) -> Sheet:
        """Write a paragraph, broken to the width of the page."""
        line = ""
        for word in words.split():
            longer = f"{line} {word}".strip()
            if self.draw.textlength(longer, font=font(size)) > WIDTH - 2 * MARGIN:
                self.text(line, size=size)
                line = word
            else:
                line = longer
        return self.text(line, size=size).gap(14)

    def gap(self, height: int = 30) -> Sheet:
        """Leave some paper white."""
        self.y += height
        return self

    def rule(self) -> Sheet:
        """Draw a line across the page."""
        self.draw.line((MARGIN, self.y, WIDTH - MARGIN, self.y), fill=INK, width=2)
        return self.gap(16)

    def banner(self, title: str, under: str) -> Sheet:
        """Draw the head of a form: white on a dark band."""
        self.draw.rectangle((0, 0, WIDTH, 170), fill=(20, 70, 90))
        self.draw.text((MARGIN, 40), title, fill="white", font=font(44))
        self.draw.text((MARGIN, 108), under, fill="white", font=font(26))
        self.y = 220
        return self

    def box(self, label: str, value: str, *, height: int = 56) -> Sheet:
        """Draw a labelled box with the value written in it in pen."""
        self.draw.text((MARGIN, self.y + 12), label, fill=INK, font=font(24))
        self.draw.rectangle((480, self.y, WIDTH - MARGIN, self.y + height), outline=(120, 120, 120), width=2)
        self.draw.text((496, self.y + 10), value, fill=PEN, font=font(30))
        return self.gap(height + 22)

    def cells(self, label: str, value: str) -> Sheet:
        """Draw a row of single-character cells, as on a bank's form."""
        self.draw.text((MARGIN, self.y + 12), label, fill=INK, font=font(24))
        for place, character in enumerate(value):
            left = 480 + place * 58
            self.draw.rectangle((left, self.y, left + 50, self.y + 56), outline=(120, 120, 120), width=2)
            self.draw.text((left + 15, self.y + 10), character, fill=PEN, font=font(32))
        return self.gap(84)

    def ticks(self, label: str, options: Sequence[str], chosen: str) -> Sheet:
        """Draw tick boxes with a cross in the chosen one."""
        self.draw.text((MARGIN, self.y + 6), label, fill=INK, font=font(24))
        x = 480
        for option in options:
            self.draw.rectangle((x, self.y + 4, x + 34, self.y + 38), outline=INK, width=3)
            if option == chosen:
                self.draw.line((x + 5, self.y + 9, x + 29, self.y + 33), fill=PEN, width=5)
                self.draw.line((x + 29, self.y + 9, x + 5, self.y + 33), fill=PEN, width=5)
            self.draw.text((x + 46, self.y + 6), option, fill=INK, font=font(24))
            x += 80 + int(self.draw.textlength(option, font=font(24)))
        return self.gap(70)

    def columns(self, cells: Sequence[tuple[int, str]], *, size: int = 25) -> Sheet:
        """Write the cells of one table row, each at its own distance from the left edge."""
        for x, words in cells:
            self.draw.text((x, self.y), words, fill=INK, font=font(size))
        return self.gap(int(size * 1.6))


def scanned(image: Image.Image, seed: int, *, tilt: float = 0.6) -> Image.Image:
    """Return the sheet as an office scanner gives it: a little askew, grey, with specks."""
    chance = random.Random(seed)
    turned = image.rotate(chance.uniform(-tilt, tilt), Image.Resampling.BICUBIC, fillcolor="white")
    grey = np.asarray(ImageOps.grayscale(turned), dtype=np.float32)
    noise = np.random.default_rng(seed).normal(0, 6, grey.shape)
    return Image.fromarray(np.clip(grey * 0.96 + 6 + noise, 0, 255).astype(np.uint8))


def faxed(image: Image.Image, seed: int) -> Image.Image:
    """Return the sheet as a fax: black or white, no grey between."""
    return scanned(image, seed, tilt=0.4).point(lambda level: 255 if level > 150 else 0).convert("1")


def photographed(image: Image.Image, seed: int, *, quarter_turns: int = 0) -> Image.Image:
    """Return the sheet as a telephone sees it on a table: in perspective, unevenly lit, perhaps lying on its side."""
    chance = random.Random(seed)
    table = Image.new("RGB", (WIDTH + 320, HEIGHT + 360), (92, 66, 48))
    table.paste(image, (160, 180))
    width, height = table.size

    def shift(most: int) -> int:
        return chance.randint(0, most)

    corners = (
        shift(50),
        shift(40),
        shift(40),
        height - shift(60),
        width - shift(60),
        height - shift(50),
        width - shift(40),
        shift(60),
    )
    seen = table.transform(table.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=(92, 66, 48))
    light = np.linspace(1.0, 0.72, width)[None, :, None] * np.linspace(1.0, 0.9, height)[:, None, None]
    noise = np.random.default_rng(seed).normal(0, 4, (height, width, 3))
    lit = Image.fromarray(np.clip(np.asarray(seen) * light + noise, 0, 255).astype(np.uint8))
    return lit.filter(ImageFilter.GaussianBlur(0.8)).rotate(90 * quarter_turns, expand=True)


def jpeg(image: Image.Image, quality: int = 80) -> bytes:
    """Return the picture as JPEG."""
    return _saved(image.convert("RGB"), format="JPEG", quality=quality)


def png(image: Image.Image) -> bytes:
    """Return the picture as PNG."""
    return _saved(image, format="PNG")


def heic(image: Image.Image) -> bytes:
    """Return the picture as HEIC, as an iPhone stores it."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    return _saved(image.convert("RGB"), format="HEIF", quality=70)


def webp(image: Image.Image) -> bytes:
    """Return the picture as WebP."""
    return _saved(image.convert("RGB"), format="WEBP", quality=80)


def tiff(images: Sequence[Image.Image]) -> bytes:
    """Return black-and-white pages as one fax-coded TIFF."""
    first, *rest = [image.convert("1") for image in images]
    return _saved(first, format="TIFF", save_all=True, append_images=rest, compression="group4", dpi=(150, 150))


def picture_pdf(images: Sequence[Image.Image]) -> bytes:
    """Return pages as a PDF of pictures without a text layer, as a scanner sends it."""
    first, *rest = [image.convert("RGB") for image in images]
    return _saved(first, format="PDF", save_all=True, append_images=rest, resolution=150)


def typed_pdf(lines: Sequence[tuple[float, float, float, str]]) -> bytes:
    """Return a one-page PDF with a real text layer: a line is left edge, height from the foot, size, words."""
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    page = writer.add_blank_page(595, 842)
    face = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
            NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
        }
    )
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): face})}
    )
    content = DecodedStreamObject()
    content.set_data(b"\n".join(_show(*line) for line in lines))
    page[NameObject("/Contents")] = writer._add_object(content)
    return _written(writer)


def locked_pdf(pdf: bytes, password: str) -> bytes:
    """Return the same PDF, closed with a password."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    writer.encrypt(password, algorithm="RC4-128")
    return _written(writer)


def _show(x: float, y: float, size: float, words: str) -> bytes:
    escaped = words.encode("cp1252").replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")
    return b"BT /F1 %g Tf %g %g Td (%s) Tj ET" % (size, x, y, escaped)


def _written(writer: object) -> bytes:
    stream = io.BytesIO()
    writer.write(stream)  # type: ignore[attr-defined]
    return stream.getvalue()


def _saved(image: Image.Image, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, **options)  # type: ignore[arg-type]
    return stream.getvalue()
