"""How the command speaks: tables for people, one JSON object a line for programs."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

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


def print_table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], title: str = "", right: Sequence[str] = ()
) -> None:
    """Print a table.

    Args:
        headings: Of the columns.
        rows: Cells as text; whatever steers the screen is taken out.
        title: Above the table.
        right: Headings of the columns whose cells stand to the right.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="right" if heading in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    screen().print(table)


def print_line(text: str, style: str = "") -> None:
    """Print one sentence."""
    screen().print(plain(text), style=style or None, soft_wrap=True)


def print_error(error: PostroomError, *, verbose: bool) -> None:
    """Print what went wrong and what to do about it; with the trace if asked for."""
    console = aside()
    if verbose:
        console.print_exception()
    console.print(error.message, style="bold red" if not isinstance(error, ConfigError) else "red", soft_wrap=True)
    if error.hint:
        console.print(error.hint, soft_wrap=True)
