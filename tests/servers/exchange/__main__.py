"""Run the stand-in by itself: `python -m tests.servers.exchange --port 8443 [--mails FOLDER]`."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

from tests.servers.exchange.server import ExchangeServer

MAILBOX, USER, PASSWORD = "post@council.example", "COUNCIL\\robot", "canary"


def main() -> None:
    """Serve one mailbox until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--mails", type=Path, help="a folder of .eml files to begin with")
    given = parser.parse_args()
    with ExchangeServer(given.port) as server:
        server.store.add_mailbox(MAILBOX)
        server.store.add_account(USER, PASSWORD)
        server.store.full_access[USER] = {MAILBOX}
        server.store.may_impersonate[USER] = {MAILBOX}
        for path in sorted(given.mails.glob("*.eml")) if given.mails else ():
            server.store.put(MAILBOX, path.read_bytes())
        sys.stdout.write(f"{server.url} {MAILBOX} {USER} {PASSWORD}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
