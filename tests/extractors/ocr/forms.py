"""Rows of letter boxes in every style that forms have, and what scanners and faxes make of them."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Box = tuple[int, int, int, int]
GREY = (110, 110, 110)


def sheet() -> Image.Image:
    """Return an empty sheet with a title."""
    page = Image.new("RGB", (1000, 1300), "white")
    ImageDraw.Draw(page).text((80, 60), "Application for a permit", font=ImageFont.load_default(30), fill="black")
    return page


def separate(pen: ImageDraw.ImageDraw, box: Box, line: int) -> None:
    """Draw one cell as a box of its own."""
    x0, y0, x1, y1 = box
    pen.rectangle((x0 + 4, y0, x1 - 4, y1), outline=GREY, width=line)


def adjoining(pen: ImageDraw.ImageDraw, box: Box, line: int) -> None:
    """Draw one cell that shares its sides with its neighbours."""
    pen.rectangle(box, outline=GREY, width=line)


def ticks_up(pen: ImageDraw.ImageDraw, box: Box, line: int) -> None:
    """Draw one place on a line, between two ticks that stand on it."""
    x0, y0, x1, y1 = box
    pen.line((x0, y1, x1, y1), fill=GREY, width=line)
    for x in (x0, x1):
        pen.line((x, y1 - (y1 - y0) // 4, x, y1), fill=GREY, width=line)


def ticks_down(pen: ImageDraw.ImageDraw, box: Box, line: int) -> None:
    """Draw one place on a line, between two ticks that hang from it."""
    x0, y0, x1, y1 = box
    pen.line((x0, y1, x1, y1), fill=GREY, width=line)
    for x in (x0, x1):
        pen.line((x, y1, x, y1 + (y1 - y0) // 4), fill=GREY, width=line)


def dotted(pen: ImageDraw.ImageDraw, box: Box, line: int) -> None:
    """Draw one cell with sides of dots."""
    x0, y0, x1, y1 = box
    for y in (y0, y1):
        for x in range(x0, x1, 7):
            pen.rectangle((x, y, x + 2, y + line - 1), fill=GREY)
    for x in (x0, x1):
        for y in range(y0, y1, 7):
            pen.rectangle((x, y, x + line - 1, y + 2), fill=GREY)


Style = Callable[[ImageDraw.ImageDraw, Box, int], None]


def row(page: Image.Image, text: str, style: Style, *, y: int, cell: int = 50, line: int = 2, points: int = 32) -> None:
    """Draw a row of letter boxes with one character in the middle of each; a space leaves its box empty."""
    pen = ImageDraw.Draw(page)
    font = ImageFont.load_default(points)
    height = round(cell * 1.15)
    for index, character in enumerate(text):
        x = 300 + index * cell
        style(pen, (x, y, x + cell, y + height), line)
        pen.text((x + cell / 2, y + height / 2), character, font=font, fill=(30, 40, 120), anchor="mm")


def tilted(page: Image.Image) -> Image.Image:
    """Return the page a little askew and grainy, as a scanner gives it."""
    turned = page.rotate(1.7, Image.Resampling.BICUBIC, fillcolor="white")
    grain = np.random.default_rng(3).normal(0, 6, (turned.height, turned.width, 1))
    return Image.fromarray(np.clip(np.asarray(turned) * 0.96 + 6 + grain, 0, 255).astype(np.uint8))


def faxed(page: Image.Image) -> Image.Image:
    """Return the page in black and white."""
    return page.convert("L").point(lambda level: 255 if level > 150 else 0).convert("RGB")
