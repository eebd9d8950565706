"""HTML: a web page or mail becomes rows of text; tables keep their cells together, hidden parts are dropped."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from extractors.readers.grid import set_in_columns
from extractors.readers.rows import Row

_DROPPED = frozenset({"script", "style", "head", "title", "template", "noscript", "svg", "object", "iframe", "select"})
_BLOCK_TAGS = (
    "address article aside blockquote body center dd details div dl dt fieldset figure footer form h1 h2 "
    "h3 h4 h5 h6 header hr html legend li main nav ol p pre section table tbody td tfoot th thead tr ul"
)
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "blockquote", "pre", "hr"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?![.\d])", re.I)
_TIGHT = re.compile(r"msonormal|margin(?:-top)?\s*:\s*0", re.I)
_INDENT = re.compile(r"border\s*:\s*none", re.I)
_QUOTES = re.compile(r"yahoo_quoted|protonmail_quote|tutanota_quote|zmail_extra", re.I)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
_SPACE = re.compile(r"[ \t\r\n\f\v\u00a0]+")
_LONGEST_CELL = 200
_MOST_CELL_LINES = 3


@dataclass(slots=True)
class HtmlPage:
    """The rows of a page."""

    rows: list[Row]
    has_table: bool = False
    """It holds a table of data, not only of layout."""


@dataclass(slots=True)
class _Frame:
    """The page, or one cell of a table, while it is being read."""

    rows: list[Row] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    is_head: bool = False


@dataclass(slots=True)
class _Table:
    rows: list[list[_Frame]] = field(default_factory=list)


@dataclass(slots=True)
class _Walk:
    frames: list[_Frame] = field(default_factory=lambda: [_Frame()])
    tables: list[_Table] = field(default_factory=list)
    lists: list[int] = field(default_factory=list)
    quotes: int = 0
    preformatted: int = 0
    has_table: bool = False

    def say(self, text: str | None) -> None:
        """Add running text to the open row."""
        if not text:
            return
        if not self.preformatted:
            self.frames[-1].open.append(_SPACE.sub(" ", text))
            return
        first, *others = text.split("\n")
        self.frames[-1].open.append(first)
        for line in others:
            self.end_row(keep_empty=True)
            self.frames[-1].open.append(line)

    def end_row(self, keep_empty: bool = False) -> None:
        """Close the open row; an empty one counts only where it was asked for."""
        frame = self.frames[-1]
        text = "".join(frame.open)
        text = text.rstrip() if self.preformatted else _SPACE.sub(" ", text).strip()
        frame.open.clear()
        if text or keep_empty:
            frame.rows.append(Row(text, self.quotes))

    def space(self) -> None:
        """Leave one empty row, unless there is one or nothing stands above it."""
        rows = self.frames[-1].rows
        if rows and rows[-1].text:
            rows.append(Row("", self.quotes))


def html_lines(page: str) -> HtmlPage:
    """Return the rows a person sees of a page, each with how deep it is quoted; never fails."""
    from lxml import etree, html  # type: ignore[import-untyped]

    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, no_network=True)
    try:
        root = html.document_fromstring(_CONTROL.sub("", page).encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return HtmlPage([])
    walk = _Walk()
    hidden = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            hidden += hidden > 0 or _is_hidden(element)
            if not hidden:
                _enter(walk, element)
        else:
            if not hidden:
                _leave(walk, element)
            hidden -= hidden > 0
            if not hidden:
                walk.say(element.tail)
    walk.end_row()
    return HtmlPage(walk.frames[0].rows, walk.has_table)


def _is_hidden(element: Any) -> bool:
    return element.tag in _DROPPED or "hidden" in element.attrib or bool(_HIDDEN.search(element.get("style", "")))


def _enter(walk: _Walk, element: Any) -> None:
    tag = element.tag
    if tag in _BLOCKS:
        walk.end_row()
        if tag in _SPACED and not _is_tight(element):
            walk.space()
    _enter_structure(walk, element, tag)
    if tag == "br":
        walk.end_row(keep_empty=True)
    elif tag == "input" and element.get("type", "").lower() in ("checkbox", "radio"):
        walk.say(" ☒ " if "checked" in element.attrib else " ☐ ")
    walk.say(element.text)


def _enter_structure(walk: _Walk, element: Any, tag: str) -> None:
    walk.quotes += _is_quote(element)
    walk.preformatted += tag in ("pre", "textarea")
    if tag in ("ul", "ol"):
        walk.lists.append(1 if tag == "ol" else 0)
    elif tag == "li" and walk.lists:
        walk.say(f"{walk.lists[-1]}. " if walk.lists[-1] else "- ")
        walk.lists[-1] += walk.lists[-1] > 0
    elif tag == "table":
        walk.tables.append(_Table())
    elif tag == "tr" and walk.tables:
        walk.tables[-1].rows.append([])
    elif tag in ("td", "th") and walk.tables:
        walk.frames.append(_Frame(is_head=tag == "th"))


def _leave(walk: _Walk, element: Any) -> None:
    tag = element.tag
    if tag in _BLOCKS:
        walk.end_row()
    if tag in ("td", "th") and walk.tables:
        cell = walk.frames.pop()
        if not walk.tables[-1].rows:
            walk.tables[-1].rows.append([])
        walk.tables[-1].rows[-1].append(cell)
    elif tag == "table" and walk.tables:
        _lay_table(walk, walk.tables.pop())
    elif tag in ("ul", "ol") and walk.lists:
        walk.lists.pop()
    walk.preformatted -= tag in ("pre", "textarea")
    if tag in _SPACED and not _is_tight(element):
        walk.space()
    walk.quotes -= _is_quote(element)


def _is_tight(element: Any) -> bool:
    return bool(_TIGHT.search(f"{element.get('class', '')} {element.get('style', '')}"))


def _is_quote(element: Any) -> bool:
    if element.tag == "blockquote":
        # Some programs use the element for mere indentation, and say so by taking its border away.
        is_mere_indent = bool(_INDENT.search(element.get("style", ""))) and element.get("type", "") != "cite"
        return not is_mere_indent or "quote" in element.get("class", "")
    return element.tag == "div" and bool(_QUOTES.search(f"{element.get('class', '')} {element.get('id', '')}"))


def _lay_table(walk: _Walk, table: _Table) -> None:
    rows = [filled for row in table.rows if (filled := [cell for cell in row if any(r.text for r in cell.rows)])]
    out = walk.frames[-1].rows
    if not rows or not _is_data(rows):
        out += [line for row in rows for cell in row for line in cell.rows]
        return
    walk.has_table = True
    grid = [[" ".join(line.text for line in cell.rows if line.text) for cell in row] for row in rows]
    depth = rows[0][0].rows[0].depth
    out += [Row(text, depth) for text in _table_texts(grid, all(cell.is_head for cell in rows[0]))]


def _is_data(rows: list[list[_Frame]]) -> bool:
    short = all(
        sum(bool(line.text) for line in cell.rows) <= _MOST_CELL_LINES
        and sum(len(r.text) for r in cell.rows) <= _LONGEST_CELL
        for row in rows
        for cell in row[:-1] or row
    )
    return short and sum(len(row) >= 2 for row in rows) * 2 > len(rows) and max(map(len, rows)) <= 20


def _table_texts(grid: list[list[str]], has_head: bool) -> list[str]:
    if all(len(row) <= 2 for row in grid) and not (has_head and len(grid) == 2 and len(grid[0]) == 2):
        return [_labelled(*row) if len(row) == 2 else row[0] for row in grid]
    if len(grid) == 2 and len(grid[0]) == len(grid[1]) and (has_head or _heads(grid[0], grid[1])):
        return [_labelled(label, value) for label, value in zip(*grid, strict=True)]
    return set_in_columns(grid)


def _heads(first: list[str], second: list[str]) -> bool:
    digits = [sum(any(character.isdigit() for character in cell) for cell in row) for row in (first, second)]
    return digits[0] == 0 and digits[1] > 0


def _labelled(label: str, value: str) -> str:
    return f"{label} {value}" if label.endswith((":", "?")) else f"{label}: {value}"
