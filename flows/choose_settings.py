"""The settings of Prefect that the post room needs, chosen here so that nobody has to; imported before Prefect is."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    # The second user interface asks a host of its maker's from the browser, analytics off or not.
    "PREFECT_SERVER_UI_V2_ENABLED": "false",
}
"""Nothing leaves the council."""

COMPLETE = {
    # With the defaults (1, 1, 5 s) the server needs four times the time for a task run, and a short process
    # loses nine in ten of its task-run records when it ends.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "240",
    # Results are numbers and item ids; pickle would run code on reading.
    "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
}
"""What is shown is what happened."""

CALM = {"PREFECT_LOGGING_LEVEL": "WARNING", "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL"}
"""The post room's own summary speaks to people; Prefect's lines would drown it."""


def choose_settings(data: Path) -> None:
    """Set Prefect's environment for this process and its children.

    Args:
        data: The data folder; Prefect keeps its database and the server's password below it, unless PREFECT_HOME or
            PREFECT_API_URL already say where Prefect lives.
    """
    os.environ.update(QUIET | COMPLETE)
    for name, value in CALM.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("PREFECT_HOME", str((data / "prefect").resolve()))


def server_password(data: Path) -> str:
    """Return the password of the post room's own Prefect server, made at the first call, for the owner alone."""
    path = data / "prefect" / "server-password"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text().strip()


def prefect_pages() -> str:
    """Return the address of Prefect's pages where this process was told of a server; empty otherwise."""
    address = os.environ.get("PREFECT_UI_URL") or os.environ.get("PREFECT_API_URL", "").removesuffix("/api")
    return address.rstrip("/") if address.startswith(("http://", "https://")) else ""
