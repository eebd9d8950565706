"""Serving the desk: the application on a port of this machine, until the process is told to stop."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from postroom.errors import ConfigError

if TYPE_CHECKING:
    from config.settings import Settings
    from postroom.ledger import Ledger

LOOPBACK = "127.0.0.1"
_PROXIES = "127.0.0.1,::1"
"""Whose word on a visitor's address and on HTTPS is taken: a reverse proxy on this machine, and nobody else's."""
_STOP_SECONDS = 10
_WAITING = 128


def serve_desk(settings: Settings, host: str, port: int, at_start: Callable[[Ledger], None]) -> None:
    """Serve the desk until the process is told to stop; requests under way are finished.

    Args:
        settings: The configuration.
        host: The address to listen at.
        port: The port.
        at_start: Called when the port is taken and the desk is about to answer.

    Raises:
        ConfigError: The port is in use, the ledger cannot be opened, or the style sheet was not built.
    """
    import uvicorn

    from config.opening import open_ledger
    from config.version import work_under
    from desk.web.app import make_app
    from desk.web.office import Office

    with listen(host, port) as listening:
        ledger = open_ledger(settings)
        work_under(ledger, settings)
        office = Office(settings, ledger)
        office.prepare()
        app = make_app(office)
        at_start(ledger)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                proxy_headers=True,
                forwarded_allow_ips=_PROXIES,
                # Addresses of pages hold what people searched for.
                access_log=False,
                log_level="warning",
                server_header=False,
                timeout_graceful_shutdown=_STOP_SECONDS,
            )
        )
        server.run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        ConfigError: The address is not this machine's, or the port is in use.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_WAITING)
    except OSError as error:
        hint = "Stop what uses it, or choose others with --host and --port."
        raise ConfigError(f"The desk cannot listen at {host}, port {port}: {error.strerror}.", hint=hint) from error


def address_of(host: str, port: int) -> str:
    """Return where a browser on this machine finds the desk."""
    if host in ("0.0.0.0", "::"):  # noqa: S104
        return f"http://{LOOPBACK}:{port}"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
