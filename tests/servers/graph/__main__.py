"""Run the stand-in for other processes: `python -m tests.servers.graph --port 9443 --state FILE --control`."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from tests.servers.graph.server import GraphServer


def main() -> None:
    """Serve until told to end; the first line printed is the address."""
    asked = argparse.ArgumentParser(prog="python -m tests.servers.graph")
    asked.add_argument("--port", type=int, default=0)
    asked.add_argument("--state", type=Path, help="the tenant is kept in this file")
    asked.add_argument("--ca-file", type=Path, help="where the certificate is written, and kept with its key")
    asked.add_argument("--control", action="store_true", help="open /control/")
    asked.add_argument("--no-validation", action="store_true", help="do not hold exchanges to Microsoft's schema")
    asked.add_argument("--keep", type=int, help="how many requests are remembered")
    given = asked.parse_args()
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    with GraphServer(
        given.state,
        port=given.port,
        ca_file=given.ca_file,
        validate=not given.no_validation,
        keep=given.keep,
        control=given.control,
    ) as server:
        print(server.authority, flush=True)  # noqa: T201 - for whoever started it
        end.wait()


main()
