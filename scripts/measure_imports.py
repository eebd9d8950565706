"""What the Microsoft libraries cost in time and memory, beside what runs without them: `make measure`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import NamedTuple

_REPEATS = 3
_TELL = (
    "\nimport json, resource, sys; used = resource.getrusage(resource.RUSAGE_SELF);"
    "print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, len(sys.modules),"
    " sorted({'msgraph', 'azure', 'exchangelib'} & set(sys.modules))]))"
)
_GRAPH = """
from azure import identity
import connectors.graph.transport
from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient
from msgraph.generated.models.message import Message
import httpx
graph = GraphServiceClient(request_adapter=GraphRequestAdapter(AnonymousAuthenticationProvider(), httpx.AsyncClient()))
graph.users.by_user_id("post").messages.by_message_id("1").to_patch_request_information(Message(categories=["x"]))
"""
CASES = {
    "an empty program": "",
    "postroom --help": (
        "import sys; sys.argv = ['postroom', '--help']; import contextlib, io\n"
        "from desk.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n    main()"
    ),
    "a run without Microsoft": (
        "from config.settings import load_settings; load_settings()\n"
        "import flows.run_line, connectors.imap.inbox, connectors.excel.target, connectors.rest.target"
    ),
    "a run with the settings of Graph and Exchange": (
        "from config.settings import load_settings; load_settings()\nimport flows.run_line\n"
        "from connectors import registry\n"
        "[registry.settings_model('target', kind) for kind in registry.TARGETS]\n"
        "[registry.settings_model('inbox', kind) for kind in registry.INBOXES]"
    ),
    "first use of Graph alone": _GRAPH,
    "first use of Exchange alone": "import exchangelib",
}


class Cost(NamedTuple):
    """What one program cost; the least of several runs."""

    seconds: float
    """Of the processor."""
    megabytes: float
    modules: int
    libraries: list[str]
    """Those of the Microsoft libraries that were loaded."""


def measure(program: str) -> Cost:
    """Run a program several times, each in a process of its own."""
    runs = []
    for _ in range(_REPEATS):
        ended = subprocess.run([sys.executable, "-c", program + _TELL], capture_output=True, text=True, check=True)
        runs.append(Cost(*json.loads(ended.stdout.splitlines()[-1])))
    return min(runs)


def main() -> None:
    """Print the table."""
    sys.stdout.write(f"{'':48}{'CPU s':>8}{'MB':>8}{'modules':>9}  loaded\n")
    for name, program in CASES.items():
        cost = measure(program)
        loaded = ", ".join(cost.libraries) or "none of msgraph, azure, exchangelib"
        sys.stdout.write(f"{name:48}{cost.seconds:8.2f}{cost.megabytes:8.0f}{cost.modules:9}  {loaded}\n")


if __name__ == "__main__":
    main()
