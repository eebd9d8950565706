"""Start the sample back office: `python -m demo.backoffice --port 8600 --database FILE`."""

from __future__ import annotations

import argparse
from pathlib import Path

import uvicorn

from demo.backoffice.app import create_app


def main() -> None:
    """Serve until stopped, on loopback alone."""
    arguments = argparse.ArgumentParser(prog="python -m demo.backoffice", description=__doc__)
    arguments.add_argument("--port", type=int, default=8600)
    arguments.add_argument("--database", type=Path, default=Path("var/backoffice.sqlite"))
    arguments.add_argument("--faults", action="store_true", help="let tests set misbehaviour at /control")
    arguments.add_argument("--idle-seconds", type=float, default=900, help="sign a session out after this long")
    arguments.add_argument("--notice-every", type=int, default=5, help="show a notice at every n-th sign-in; 0 never")
    chosen = arguments.parse_args()
    app = create_app(
        chosen.database, faults=chosen.faults, idle_seconds=chosen.idle_seconds, notice_every=chosen.notice_every
    )
    uvicorn.run(app, host="127.0.0.1", port=chosen.port, log_level="warning")


if __name__ == "__main__":
    main()
