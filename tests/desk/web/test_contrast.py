"""Contrast of our colours by day and by lamplight; those of hovering and of borders no judge of a page sees."""

from __future__ import annotations

import re

import pytest

from desk.web.pages import STATIC

TEXT, SHAPE = 4.5, 3.0
"""WCAG 2.2, 1.4.3 and 1.4.11."""
GROUNDS = ("govuk-body-background", "govuk-surface-background", "govuk-template-background", "desk-raised")
WORDS = ("text", "secondary-text", "link", "link-hover", "link-visited", "link-active", "error", "success")
TAGS = ("blue", "green", "red", "orange", "yellow", "purple", "grey")
PAIRS = [
    *((f"govuk-{word}", ground, TEXT) for word in WORDS for ground in GROUNDS),
    *((f"desk-tag-{tag}", f"desk-tag-{tag}-back", TEXT) for tag in TAGS),
    *(("desk-button-text", f"desk-button{state}", TEXT) for state in ("", "-hover")),
    *(("desk-quiet-button-text", f"desk-quiet-button{state}", TEXT) for state in ("", "-hover")),
    *(("white", f"desk-{ground}", TEXT) for ground in ("warning-button", "warning-button-hover", "banner", "bar")),
    *(("desk-on-strong", f"govuk-{ground}", TEXT) for ground in ("success", "error")),
    *((f"govuk-{word}", "desk-quiet-button-hover", TEXT) for word in ("link", "link-hover")),
    *((f"desk-{kind}-strong", GROUNDS[0], TEXT) for kind in ("error", "success")),
    ("desk-bar-soft", "desk-bar", TEXT),
    ("govuk-focus-text", "govuk-focus", TEXT),
    ("govuk-text", "desk-mark", TEXT),
    *(("govuk-input-border", ground, SHAPE) for ground in GROUNDS),
    *((f"desk-chart-{n}", ground, SHAPE) for n in (1, 2, 3) for ground in (GROUNDS[0], "desk-chart-back")),
    *((f"govuk-{shape}", GROUNDS[0], SHAPE) for shape in ("brand", "error", "success")),
    *((f"desk-{shape}", GROUNDS[0], SHAPE) for shape in ("mark-line", "button", "warning-button", "banner")),
]


def colours(theme: str) -> dict[str, str]:
    """Return the colours of a theme by name, as they are served."""
    css = (STATIC / "postroom.css").read_text(encoding="utf-8")
    start = re.search(r"@media screen and \(prefers-color-scheme: ?dark\)", css)
    assert start
    end = css.index("}}", start.end()) + 2
    written = css[: start.start()] + (css[start.end() : end] if theme == "dark" else "")
    # The text on paper is black, whatever the theme.
    written = re.sub(r"@media print\{:root\{[^}]*\}\}", "", written)
    found = re.findall(r"--((?:desk|govuk)-[\w-]+?)(?:-colour)?: ?(#[0-9a-f]{3,6}|white|black)\b", written)
    return {"white": "#fff", **{name: {"white": "#fff", "black": "#000"}.get(value, value) for name, value in found}}


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(one * 2 for one in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#fff", "#000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_colour_can_be_told_from_its_ground(theme: str) -> None:
    named = colours(theme)
    weak = {pair[:2]: round(contrast(named[pair[0]], named[pair[1]]), 2) for pair in PAIRS}
    assert not {pair[:2]: weak[pair[:2]] for pair in PAIRS if weak[pair[:2]] < pair[2]}
