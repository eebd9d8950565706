"""Finding things on a page as a person does: by label, role, words, and by what stands beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from connectors.screen.settings import Place
from connectors.templates import fill_in

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Locator, Page

    Scope = Page | FrameLocator | Locator

_INPUTS = (
    "*[self::select or self::textarea or self::input[not(@type='hidden' or @type='submit' or @type='button'"
    " or @type='image' or @type='reset')]]"
)


def locate(page: Page, place: Place, values: Mapping[str, str]) -> Locator:
    """Return where a place is on a page; nothing is waited for."""
    scope: Any = page
    if place.frame:
        name = _attribute(place.frame)
        scope = page.frame_locator(f"iframe[name={name}], iframe[title={name}], frame[name={name}]")
    if place.group:
        scope = scope.get_by_role("group", name=fill_in(place.group, values), exact=True)
    if place.in_row:
        scope = scope.get_by_role("row").filter(has_text=fill_in(place.in_row, values))
    found: Locator = _in_scope(scope, place, values)
    return found.nth(place.nth - 1) if place.nth > 1 and not place.near_text else found


def _in_scope(scope: Any, place: Place, values: Mapping[str, str]) -> Any:
    for role in ("button", "link", "heading"):
        if words := getattr(place, role):
            return scope.get_by_role(role, name=fill_in(words, values), exact=place.exact)
    if place.role:
        name: str | re.Pattern[str] | None = _pattern(place.matching) if place.matching else None
        name = fill_in(place.name, values) if place.name else name
        return scope.get_by_role(place.role, name=name, exact=place.exact and isinstance(name, str))
    if place.label:
        return scope.get_by_label(fill_in(place.label, values), exact=place.exact)
    if place.text:
        return scope.get_by_text(fill_in(place.text, values), exact=place.exact)
    if place.near_text:
        return scope.locator(f"xpath={_innermost(fill_in(place.near_text, values))}/following::{_INPUTS}[{place.nth}]")
    if place.row:
        return scope.locator(f"xpath={_beside(fill_in(place.row, values))}")
    return scope


def _innermost(words: str) -> str:
    same = f"normalize-space(translate(., ':*', ''))={_literal(_bare(words))}"
    return f".//*[{same}][not(.//*[{same}])]"


def _beside(words: str) -> str:
    same = f"[normalize-space(translate(., ':*', ''))={_literal(_bare(words))}]"
    in_table = f".//tr/*[self::th or self::td]{same}/following-sibling::td[1]"
    return f"{in_table} | .//dt{same}/following-sibling::dd[1]"


def _bare(words: str) -> str:
    # Old screens end their labels with a colon or mark the required ones with a star.
    return " ".join(words.replace(":", "").replace("*", "").split())


def _pattern(written: str) -> re.Pattern[str]:
    # A slash would end the pattern in the selector that Playwright makes of it.
    return re.compile(written.replace(r"\/", "/").replace("/", r"\x2f"))


def _literal(words: str) -> str:
    if "'" not in words:
        return f"'{words}'"
    return "concat(" + ', "\'", '.join(f"'{part}'" for part in words.split("'")) + ")"


def _attribute(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
