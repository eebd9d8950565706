"""Serve the sample tenant: `python -m demo.microsoft365 --port 8700 --state FILE --ca-file FILE --post FOLDER`.

The first line printed is JSON: where it is and what a robot needs to sign in.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from config.settings import load_settings
from demo.microsoft365.mail import bring_post
from demo.microsoft365.tenant import furnish, plan_of
from tests.servers.graph import GraphServer

_REQUEST_SECONDS = 0.01


def main() -> None:
    """Serve until told to end, on loopback alone."""
    asked = argparse.ArgumentParser(prog="python -m demo.microsoft365", description=__doc__)
    asked.add_argument("--port", type=int, default=8700)
    asked.add_argument("--state", type=Path, required=True, help="the tenant is kept in this file")
    asked.add_argument("--ca-file", type=Path, required=True, help="where the certificate is written")
    asked.add_argument("--post", type=Path, required=True, help="folder of sample post for the mailbox")
    asked.add_argument("--config", type=Path, help="configuration whose processes are delivered")
    given = asked.parse_args()
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    with GraphServer(given.state, port=given.port, ca_file=given.ca_file, control=True) as server:
        # As if something of a network lay between, so that calls overlap.
        server.tenant.takes = _REQUEST_SECONDS
        furnish(server.tenant, load_settings(given.config).processes)
        new = bring_post(server.tenant, given.post)
        plan, bucket = plan_of(server.tenant)
        sign_in = server.tenant.sign_in
        told = {
            "graph": server.url,
            "authority": server.authority,
            "tenant_id": sign_in.tenant_id,
            "client_id": sign_in.client_id,
            "secret": sign_in.secret,
            "plan": plan,
            "bucket": bucket,
            "new": new,
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        end.wait()


if __name__ == "__main__":
    main()
