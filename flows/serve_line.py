"""The line on schedule: Prefect's own server and a runner for the flows, as one tree of processes."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.settings import load_settings
from flows.choose_settings import choose_settings, server_password
from flows.nudge_line import nudges
from postroom.errors import ConfigError, ConnectorDown
from postroom.period import LONDON

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.deployments.runner import RunnerDeployment

USER = "postroom"
_START_SECONDS = 240.0
_STOP_SECONDS = 30.0
_POLL_SECONDS, _NUDGED_POLL_SECONDS = 10.0, 2.0
"""How often the runner asks the server for runs, which is how long a nudge waits at most."""
_ROOT = Path(__file__).parent.parent
REPORTS = {
    "daily": ("0 7-12 * * 1-5", "The report of the day before, to those who are to have it."),
    "weekly": ("0 7-12 * * 1", "The report of the week before, to those who are to have it."),
}
"""When each report is due, in hours of London; later in the morning what did not go out at seven is tried again."""


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
    sign_in = f"{USER}:{server_password(data)}"
    _must_be_free(port, sign_in)
    choose_settings(data)
    os.environ.update(
        PREFECT_API_URL=f"http://127.0.0.1:{port}/api",
        PREFECT_API_AUTH_STRING=sign_in,
        PREFECT_SERVER_API_AUTH_STRING=sign_in,
        PREFECT_SERVER_UI_API_URL=f"http://127.0.0.1:{port}/api",
        # A server that is busy with its first start answers 500 for a moment.
        PREFECT_CLIENT_RETRY_EXTRA_CODES="500",
        PREFECT_SERVER_LOGGING_LEVEL="ERROR",
    )
    server_command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    command = [sys.executable, str(_ROOT / "flows" / "guard_server.py"), *server_command]
    log = data / "log" / "prefect-server.log"
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with log.open("ab") as output:
        # In a session of its own, so that Ctrl-C reaches the runs before the server they report to goes.
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True)
        try:
            _wait(server, port, sign_in, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.communicate(timeout=_STOP_SECONDS)


def serve_line(every: timedelta, at_start: Callable[[], None]) -> None:
    """Run the whole line again and again until the process is told to stop.

    Args:
        every: Time between two starts of the line; never two runs at one time.
        at_start: Called when the schedule stands.

    Raises:
        ConnectorDown: Prefect's server answers with errors.
    """
    from prefect import serve
    from prefect.exceptions import PrefectHTTPStatusError
    from prefect.flows import load_flow_from_entrypoint

    os.chdir(_ROOT)
    line: Flow[..., Any] = load_flow_from_entrypoint("flows/run_line.py:run_line", use_placeholder_flow=False)
    deployment = line.to_deployment("embedded", interval=every, description="The whole line, on this machine.")
    try:
        served = [deployment, *_reports()]
        close_orphans()
        at_start()
        with nudges(load_settings()) as nudged:
            seconds = _NUDGED_POLL_SECONDS if nudged else _POLL_SECONDS
            serve(*served, limit=1, print_starting_message=False, query_seconds=seconds)  # type: ignore[arg-type]
    except PrefectHTTPStatusError as error:
        code = error.response.status_code
        hint = "Start again; the end of log/prefect-server.log in the data folder says why."
        raise ConnectorDown(f"Prefect's server answered with error {code}.", hint=hint) from error


def _reports() -> Iterator[RunnerDeployment]:
    """Yield the deployments of the reports, each with the hours at which it is due or tried again."""
    from prefect.flows import load_flow_from_entrypoint
    from prefect.schedules import Cron

    for name, (hours, said) in REPORTS.items():
        entry = f"flows/report_{name}.py:report_{name}"
        report: Flow[..., Any] = load_flow_from_entrypoint(entry, use_placeholder_flow=False)
        schedule = Cron(hours, timezone=LONDON.key)
        yield report.to_deployment("embedded", schedule=schedule, description=said)  # type: ignore[misc]


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


def _must_be_free(port: int, sign_in: str) -> None:
    if _status(port, sign_in) is None:
        return
    if _status(port, sign_in) == HTTPStatus.OK and _status(port, "") == HTTPStatus.UNAUTHORIZED:
        hint = "Stop it, or choose another port with --port."
        raise ConfigError(f"The post room of this data folder is being served at port {port} already.", hint=hint)
    raise ConfigError(f"Port {port} is in use.", hint="Stop what uses it, or choose another with --port.")


def _wait(server: subprocess.Popen[bytes], port: int, sign_in: str, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while _status(port, sign_in) != HTTPStatus.OK:
        if server.poll() is not None or time.monotonic() > until:
            raise ConnectorDown("Prefect's server did not start.", hint=f"The end of {log} says why.")
        time.sleep(0.2)


def _status(port: int, sign_in: str) -> int | None:
    """Return how a port answers a question that Prefect's server asks its database; None if nothing is there."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    token = base64.b64encode(sign_in.encode()).decode()
    headers = {"Authorization": f"Basic {token}"} if sign_in else {}
    try:
        connection.request("POST", "/api/flow_runs/count", headers=headers)
        return connection.getresponse().status
    except OSError:
        return None
    except HTTPException:
        return 0
    finally:
        connection.close()
