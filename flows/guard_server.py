"""Runs a command until it ends or until whoever started this is gone; started as a program of its own.

Killed without a word, the post room could not stop its server, which would hold the port for ever. The end of
standard input is the one sign of its going that no kill can suppress, on every system.
"""

from __future__ import annotations

import subprocess
import sys
from threading import Thread

STOP_SECONDS = 15.0


def main(command: list[str]) -> int:
    """Run a command, stop it at the end of standard input, and return its exit code."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as server:
        Thread(target=_stop_at_the_end, args=(server,), daemon=True).start()
        return server.wait()


def _stop_at_the_end(server: subprocess.Popen[bytes]) -> None:
    sys.stdin.read()
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
