"""`postroom desk` and the desk beside the line: a process of its own that ends with the one that began it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli.calling import first_account
from desk.cli.printing import print_line
from desk.cli.session import session_of

if TYPE_CHECKING:
    from config.settings import Settings
    from postroom.ledger import Ledger

PORT, HOST = 8500, "127.0.0.1"
DeskPort = Annotated[int, typer.Option(help="Port of the desk.", min=1024, max=65535)]
Host = Annotated[
    str, typer.Option(help="Address the desk listens at; leave it to a reverse proxy on this machine to serve others.")
]
_ROOT = Path(__file__).parents[2]
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 1.0, 60.0
_STOP_SECONDS = 30.0


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command("desk", rich_help_panel="The line at work")(desk)


def desk(context: typer.Context, port: DeskPort = PORT, host: Host = HOST) -> None:
    """Serve the desk alone: the pages for officers, managers and ICT; Ctrl-C ends."""
    from desk.web.serving import address_of, serve_desk

    settings = session_of(context).settings

    def say(ledger: Ledger) -> None:
        say_where(settings, ledger, address_of(host, port), first_account(settings))
        print_line("Ctrl-C ends.", style="dim")

    try:
        serve_desk(settings, host, port, say)
    except KeyboardInterrupt:
        print_line("The desk has ended.", style="dim")


def say_where(settings: Settings, ledger: Ledger, address: str, first: str) -> None:
    """Print where the desk is, and how to make the first account where nobody can sign in."""
    print_line(f"The desk: {address}")
    if settings.sign_in.kind == "accounts" and not ledger.count_staff():
        print_line(f"Nobody can sign in yet. Make the first account: {first}")


@contextmanager
def desk_beside(settings: Settings, host: str, port: int) -> Iterator[None]:
    """Run the desk as a process beside this one; one that crashes is told of and started again.

    It hangs on this process as its standard input does, so that it ends even if this one is killed without a word.

    Raises:
        ConfigError: The port is in use.
    """
    from desk.web.serving import listen

    listen(host, port).close()
    guard = [sys.executable, str(_ROOT / "flows" / "guard_server.py")]
    command = [sys.executable, "-c", "from desk.cli import main; main()", "desk", "--port", str(port), "--host", host]
    command += ["--config", str(settings.folder), "--data", str(settings.data)]
    beside = _Beside([*guard, *command], settings.data / "log" / "desk.log")
    beside.start()
    try:
        yield
    finally:
        beside.stop()


class _Beside:
    """Keeps one process going until it is told to stop."""

    def __init__(self, command: list[str], log: Path, say: Callable[[str], None] = print_line) -> None:
        self._command, self._log, self._say = command, log, say
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_going, name="desk", daemon=True)

    def start(self) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._thread.start()

    def stop(self) -> None:
        with self._lock:
            self._over.set()
            process = self._process
        if process is not None:
            process.communicate(timeout=_STOP_SECONDS)
        self._thread.join(_STOP_SECONDS)

    def _keep_going(self) -> None:
        wait = _FIRST_WAIT_SECONDS
        while (process := self._begin()) is not None:
            begun = time.monotonic()
            code = process.wait()
            if self._over.is_set():
                return
            wait = _FIRST_WAIT_SECONDS if time.monotonic() - begun > _LONGEST_WAIT_SECONDS else wait
            self._say(f"The desk stopped (code {code}) and starts again in {wait:.0f} s. {self._log} says why.")
            self._over.wait(wait)
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)

    def _begin(self) -> subprocess.Popen[bytes] | None:
        # The password of Prefect's server is no concern of the desk's, which only links to it.
        kept = {name: value for name, value in os.environ.items() if not name.endswith("_AUTH_STRING")}
        with self._lock, self._log.open("wb") as output:
            if self._over.is_set():
                return None
            # In a session of its own, so that Ctrl-C reaches it through this process alone.
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=kept,
                cwd=_ROOT,
                start_new_session=True,
            )
            return self._process
