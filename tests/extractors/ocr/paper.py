"""Pages drawn for the tests: letters, forms, photographs of them."""

import io
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from postroom.document import Document

LETTER = (
    "Dear Sir or Madam,",
    "I moved to Northgate House on 14 March and",
    "would like to close my old account.",
    "My reference is 40718265 and my telephone",
    "number is 01632 960417 in the evening.",
    "Please send the final bill to the new address.",
    "Yours faithfully, Oswald Tremlett",
)


def letter(lines: Sequence[str] = LETTER, size: tuple[int, int] = (1100, 1500), points: int = 40) -> Image.Image:
    """Return a typed letter on white paper."""
    page = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(page)
    for row, line in enumerate(lines):
        pen.text((90, 120 + row * 80), line, font=ImageFont.load_default(points), fill=(20, 20, 20))
    return page


def comb(page: Image.Image, text: str, corner: tuple[int, int], cell: int = 56) -> None:
    """Draw letter boxes with one character in each; a space leaves its box empty."""
    pen = ImageDraw.Draw(page)
    x, y = corner
    for index, character in enumerate(text):
        left = x + index * cell
        pen.rectangle((left, y, left + cell, y + cell + 12), outline=(60, 60, 60), width=3)
        pen.text((left + 16, y + 12), character, font=ImageFont.load_default(38), fill=(20, 20, 60))


def photographed(page: Image.Image, corners: Sequence[tuple[float, float]], size: tuple[int, int]) -> Image.Image:
    """Return a photograph of the page lying on a dark desk, its corners clockwise from the top left in pixels."""
    grain = np.random.default_rng(7).normal(0, 4, (size[1], size[0], 1))
    desk = np.full((size[1], size[0], 3), (70, 52, 40), np.float64) + grain
    sheet = np.array([(0, 0), (page.width, 0), page.size, (0, page.height)], np.float32)
    mapping = cv2.getPerspectiveTransform(sheet, np.array(corners, np.float32))
    laid = cv2.warpPerspective(np.asarray(page), mapping, size)
    mask = cv2.warpPerspective(np.full((page.height, page.width), 255, np.uint8), mapping, size) > 127
    light = np.linspace(1.0, 0.7, size[0])[None, :, None]
    seen = np.where(mask[:, :, None], laid * light, desk)
    return Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8))


def document(page: Image.Image, form: str = "PNG", media_type: str = "image/png", **options: object) -> Document:
    """Save a picture as a document."""
    written = io.BytesIO()
    page.save(written, format=form, **options)
    return Document(f"page.{form.lower()}", media_type, written.getvalue())
