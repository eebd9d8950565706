"""Runs a command in a terminal of its own and gives back what the screen shows at the end, colours included."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from html import escape

COLUMNS, ROWS = 100, 50
_TOKEN = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+")

STYLE = """
body { margin: 0; background: #1b2028; } main { display: inline-block; padding: 14px 18px; color: #d6dbe1; }
pre { margin: 0; font: 14px/1.35 "DejaVu Sans Mono", "Liberation Mono", monospace; } .said { color: #7fb3e6; }
"""


class CommandFailed(Exception):
    """A command whose picture was wanted did not end well."""


def show(command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """Run a command and return the lines of its screen, with the codes of their colours.

    Raises:
        CommandFailed: It ended with a fault; the message holds the end of what it said.
    """
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    running = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env={**os.environ, **environment})
    os.close(its)
    said = b"".join(_until_closed(ours))
    os.close(ours)
    lines = screen(said.decode("utf-8", "replace"))
    if running.wait():
        raise CommandFailed("\n".join([" ".join(command), *lines[-20:]]))
    return lines


def screen(said: str) -> list[str]:
    """Return what stands on the screen after all that a program sent to it."""
    lines, at = [""], 0
    for sign in _TOKEN.findall(said):
        if sign == "\n":
            at += 1
            lines += [""] * (at == len(lines))
        elif sign == "\x1b[1A":
            at = max(0, at - 1)
        elif sign == "\x1b[2K":
            lines[at] = ""
        elif sign != "\r" and (sign[0] != "\x1b" or sign[-1] == "m"):
            lines[at] += sign
    while len(lines) > 1 and not lines[-1].strip():
        lines.pop()
    return lines


def as_html(command: str, lines: Sequence[str]) -> str:
    """Return a page that looks like a terminal after a command."""
    from rich.console import Console
    from rich.terminal_theme import MONOKAI
    from rich.text import Text

    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text("\n").join(Text.from_ansi(line.rstrip()) for line in lines))
    shown = console.export_html(theme=MONOKAI, inline_styles=True, code_format="{code}")
    head = f'<span class="said">$ {escape(command)}</span>'
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><main><pre>{head}\n{shown}</pre></main>'


def _until_closed(terminal: int) -> list[bytes]:
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            # Linux says so when the program at the other end has gone.
            return parts
        if not part:
            return parts
        parts.append(part)
