"""How the command speaks: tables for people, one JSON object a line for programs."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from postroom.errors import ConfigError, PostroomError

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 160
"""Columns where output goes to a file or another program, which has no width of its own."""


@cache
def screen() -> Console:
    """Return the console for results."""
    return _console(stderr=False)


@cache
def aside() -> Console:
    """Return the console for progress, warnings and errors."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, markup=False, width=None if stream.isatty() else PIPE_WIDTH)


def plain(text: str) -> str:
    """Return text from the post as it can safely stand in a terminal: on one line, nothing that steers the screen."""
    flat = text.translate({ord(c): " " for c in "\r\n\t"})
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in {"Cc", "Cf", "Cs"} else c for c in flat)


def print_json(value: Any) -> None:
    """Print one JSON object on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


Cell = str | Sequence[str]
"""Text, or several lines of it."""


def print_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    title: str = "",
    right: Sequence[str] = (),
    whole: Sequence[str] = (),
    styles: Sequence[str] = (),
) -> None:
    """Print a table.

    Args:
        headings: Of the columns.
        rows: Cells; whatever steers the screen is taken out of them.
        title: Above the table.
        right: Headings of the columns whose cells stand to the right.
        whole: Headings of the columns whose cells are never broken, so that they can be copied.
        styles: One for each row; none means plain.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        justify: Literal["left", "right"] = "right" if heading in right else "left"
        table.add_column(heading, justify=justify, overflow="fold", no_wrap=heading in whole)
    for number, row in enumerate(rows):
        style = styles[number] if styles else None
        table.add_row(*(Text("\n".join(map(plain, _lines(cell)))) for cell in row), style=style)
    screen().print(table)


def _lines(cell: Cell) -> Sequence[str]:
    return (cell,) if isinstance(cell, str) else cell


def print_line(text: str, style: str = "") -> None:
    """Print one sentence."""
    screen().print(plain(text), style=style or None, soft_wrap=True)


def counted(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: `1 delivery`, `2 deliveries`; `many` is left out where an s makes it."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def print_error(error: PostroomError, *, verbose: bool) -> None:
    """Print what went wrong and what to do about it; with the trace if asked for."""
    console = aside()
    if verbose:
        console.print_exception()
    console.print(error.message, style="bold red" if not isinstance(error, ConfigError) else "red", soft_wrap=True)
    if error.hint:
        console.print(error.hint, soft_wrap=True)
