"""A real mail server (aiosmtpd) in a process of its own, which keeps what it took as files and misbehaves when told.

It listens on three ports: without protection, with STARTTLS, and with TLS from the first byte; the last two want a
sign-in. The file `fault` in its folder names one stage and what is to happen there, such as `RCPT reply 550 5.1.1 No`:

    reply WORDS   answers that and does nothing
    cut           resets the connection and does nothing
    cut-after     does what was asked, and resets the connection instead of answering
    silent        never answers
    kill          ends the server before it does what was asked
    kill-after    ends the server after it did what was asked, before it answers

Stages are CONNECT, EHLO, STARTTLS, AUTH, NOOP, MAIL, RCPT, DATA, BODY (in the midst of the letter), END and QUIT.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.servers.graph.certificate import certificate

USER, PASSWORD = "post@council.example", "p\u00a3ss \u00e9 word"
LARGEST = 300_000
_ROOT = Path(__file__).parents[2]


class Behaving(SMTP):
    """One connection."""

    def __init__(self, folder: Path, offers: dict[str, Any]) -> None:
        super().__init__(Keeper(folder), **{"data_size_limit": LARGEST, **offers})
        self._folder = folder
        self._greeted = self._mute = False

    async def push(self, status: Any) -> None:
        if not self._greeted:
            self._greeted = True
            fault = self._fault("CONNECT")
            if fault and fault[0] == "reply":
                status = fault[1]
            elif fault:
                await self._misbehave(fault[0])
        if not self._mute:
            await super().push(status)

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        await self._around("EHLO", super().smtp_EHLO, hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        await self._around("STARTTLS", super().smtp_STARTTLS, arg)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        await self._around("AUTH", super().smtp_AUTH, arg)

    async def smtp_NOOP(self, arg: str) -> None:  # noqa: N802
        await self._around("NOOP", super().smtp_NOOP, arg)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        await self._around("MAIL", super().smtp_MAIL, arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        await self._around("RCPT", super().smtp_RCPT, arg)

    async def smtp_QUIT(self, arg: str) -> None:  # noqa: N802
        await self._around("QUIT", super().smtp_QUIT, arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if body := self._fault("BODY"):
            await super().push("354 Go on")
            await self._reader.readline()
            await self._misbehave(body[0])
            return
        await self._around("DATA", super().smtp_DATA, arg)

    async def _around(self, stage: str, act: Any, arg: str | None) -> None:
        what, words = self._fault(stage) or ("", "")
        if what == "reply":
            await super().push(words)
        elif what.endswith("-after"):
            self._mute = True
            await act(arg)
            await self._misbehave(what.removesuffix("-after"))
        elif what:
            await self._misbehave(what)
        else:
            await act(arg)

    async def at_the_end(self, keep: Any) -> str:
        what, words = self._fault("END") or ("", "")
        if what.endswith("-after") or not what:
            keep()
        if what == "reply":
            return words
        if what:
            await self._misbehave(what.removesuffix("-after"))
        return "250 2.0.0 Ok: queued"

    async def _misbehave(self, what: str) -> None:
        if what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if what == "silent":
            await asyncio.sleep(60)
        self._mute = True
        self.transport.abort()

    def _fault(self, stage: str) -> tuple[str, str] | None:
        with suppress(FileNotFoundError):
            at, what, words = ((self._folder / "fault").read_text() + "  ").split(" ", 2)
            if at == stage:
                return what.strip(), words.strip()
        return None


class Keeper:
    """What is done with letters and sign-ins."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: Behaving, session: Session, envelope: Envelope) -> str:  # noqa: N802
        def keep() -> None:
            name = f"{time.time_ns()}.eml"
            kept = self._folder / "mails" / name
            said = f"X-From: {envelope.mail_from}\r\nX-To: {' '.join(envelope.rcpt_tos)}\r\n".encode()
            kept.with_suffix(".part").write_bytes(said + envelope.original_content)
            kept.with_suffix(".part").rename(kept)

        return await server.at_the_end(keep)


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
    right = (given.login.decode(), given.password.decode()) == (USER, PASSWORD)
    return AuthResult(success=right, handled=False)


async def _serve(folder: Path, ports: list[int]) -> None:
    chain = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    chain.load_cert_chain(folder / "ca.pem", folder / "ca.pem.key")
    signing_in = {"authenticator": _authenticate, "auth_required": True, "auth_require_tls": False}
    ways: list[tuple[dict[str, Any], ssl.SSLContext | None]] = [
        ({**signing_in, "auth_required": False, "data_size_limit": None}, None),
        ({**signing_in, "tls_context": chain, "require_starttls": True, "auth_require_tls": True}, None),
        (signing_in, chain),
    ]
    loop = asyncio.get_running_loop()
    for port, (offers, context) in zip(ports, ways, strict=True):
        await loop.create_server(
            lambda offers=offers: Behaving(folder, {**offers, "loop": loop}), "127.0.0.1", port, ssl=context
        )
    (folder / "ready").touch()
    await asyncio.Event().wait()


class MailServer:
    """One running server, seen from outside."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plain, self.starttls, self.tls = _free_ports(3)
        self.ca_file = folder / "ca.pem"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        certificate(self.ca_file)
        (self.folder / "mails").mkdir(exist_ok=True)
        (self.folder / "ready").unlink(missing_ok=True)
        ports = map(str, (self.plain, self.starttls, self.tls))
        command = [sys.executable, "-m", "tests.servers.smtp", str(self.folder), *ports]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=_ROOT, stderr=log)
        deadline = time.monotonic() + 30
        while not (self.folder / "ready").exists():
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, "The mail server did not start."
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it; safe after a kill."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def clear(self) -> None:
        """Forget every letter and fault."""
        self.fault("")
        for kept in (self.folder / "mails").iterdir():
            kept.unlink()
        if self._process is None or self._process.poll() is not None:
            self.start()

    def start_again(self) -> None:
        """Wait for the end of a server that was to kill itself, and be there again."""
        assert self._process is not None
        self._process.wait(10)
        self.start()

    def fault(self, words: str) -> None:
        """Misbehave from now on; empty for good behaviour."""
        part = self.folder / "fault.part"
        part.write_text(words)
        part.rename(self.folder / "fault")

    def raws(self) -> list[bytes]:
        """Return the letters as they came, the oldest first."""
        return [kept.read_bytes() for kept in sorted((self.folder / "mails").glob("*.eml"))]

    def letters(self) -> list[EmailMessage]:
        """Return the letters taken apart, the oldest first."""
        return [message_from_bytes(raw, policy=policy.default) for raw in self.raws()]


@contextmanager
def running(folder: Path) -> Iterator[MailServer]:
    """Start a mail server and stop it again."""
    server = MailServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), [int(port) for port in sys.argv[2:]]))
