"""The line on schedule: Prefect's own server and a runner for the flows, as one tree of processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.choose_settings import choose_settings, server_password
from postroom.errors import ConfigError, ConnectorDown

if TYPE_CHECKING:
    from prefect import Flow

USER = "postroom"
_START_SECONDS = 240.0
_ROOT = Path(__file__).parent.parent


@contextmanager
def prefect_server(data: Path, port: int) -> Iterator[str]:
    """Start Prefect's server on this machine alone, behind a password, and stop it at the end; yields its address.

    Args:
        data: The data folder; the server's database and password are kept below it.
        port: A free port on 127.0.0.1.

    Raises:
        ConfigError: The port is taken.
        ConnectorDown: The server does not start.
    """
    if _answers(port):
        raise ConfigError(f"Port {port} is in use.", hint="Stop what uses it, or choose another with --port.")
    choose_settings(data)
    sign_in = f"{USER}:{server_password(data)}"
    os.environ.update(
        PREFECT_API_URL=f"http://127.0.0.1:{port}/api",
        PREFECT_API_AUTH_STRING=sign_in,
        PREFECT_SERVER_API_AUTH_STRING=sign_in,
        PREFECT_SERVER_UI_API_URL=f"http://127.0.0.1:{port}/api",
    )
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    log = data / "log" / "prefect-server.log"
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with log.open("ab") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
        try:
            _wait(server, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)


def serve_line(every: timedelta, at_start: Callable[[], None]) -> None:
    """Run the whole line again and again until the process is told to stop.

    Args:
        every: Time between two starts of the line; never two runs at one time.
        at_start: Called when the schedule stands.
    """
    from prefect import serve
    from prefect.flows import load_flow_from_entrypoint

    close_orphans()
    os.chdir(_ROOT)
    line: Flow[..., Any] = load_flow_from_entrypoint("flows/run_line.py:run_line", use_placeholder_flow=False)
    deployment = line.to_deployment("embedded", interval=every, description="The whole line, on this machine.")
    at_start()
    serve(deployment, limit=1, print_starting_message=False)  # type: ignore[arg-type]


def close_orphans() -> int:
    """Mark runs as crashed that a killed process left "Running" in Prefect for ever, and return how many.

    Only for the embedded server, at its start: no run can be alive then.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
    from prefect.client.schemas.objects import StateType
    from prefect.states import Crashed

    alive = FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING])
    with get_client(sync_client=True) as client:
        left = client.read_flow_runs(flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=alive)))
        for run in left:
            client.set_flow_run_state(run.id, Crashed(message="The post room was stopped during this run."), force=True)
    return len(left)


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while not _answers(port):
        if server.poll() is not None or time.monotonic() > until:
            raise ConnectorDown("Prefect's server did not start.", hint=f"The end of {log} says why.")
        time.sleep(0.2)


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status > 0
    except OSError:
        return False
    finally:
        connection.close()
