"""One connection to a mail server: protected, signed in, and the steps by which it takes a letter.

The end of a letter is sent apart from the letter: until then no server delivers it, and from then on nobody knows.
"""

from __future__ import annotations

import smtplib
import ssl
from base64 import b64encode
from contextlib import suppress

from connectors.smtp.errors import Answer, Step, Who, connecting, lost, not_taken, uncertain
from connectors.smtp.settings import SmtpSettings
from connectors.smtp.writing import Mail
from postroom.errors import ConnectorDown, RefusedByTarget

_CHUNK = 65536
_DONE, _GO_ON, _NOT_NOW, _NO = 2, 3, 4, 5


class Session:
    """A connection that letters can be sent through."""

    def __init__(self, settings: SmtpSettings, who: Who) -> None:
        self._who = who
        with connecting(who):
            self._server = _connect(settings)
        try:
            with connecting(who):
                _protect_and_sign_in(self._server, settings)
        except BaseException:
            self._server.close()
            raise

    @property
    def largest(self) -> int | None:
        """How many bytes a letter may have, if the server says so."""
        size = self._server.esmtp_features.get("size", "")
        return int(size) or None if size.isdecimal() else None

    @property
    def protection(self) -> str:
        """The version of TLS in use, or that there is none."""
        sock = self._server.sock
        return (sock.version() if isinstance(sock, ssl.SSLSocket) else None) or "no TLS"

    def ask(self) -> None:
        """Ask for an answer that changes nothing."""
        with connecting(self._who):
            answer = Answer(*self._server.noop())
            if answer.kind != _DONE:
                raise smtplib.SMTPResponseException(answer.code, answer.words)

    def send(self, sender: str, mail: Mail) -> None:
        """Hand a letter over; returns when the server has answered for it."""
        if self.largest and len(mail.content) > self.largest:
            raise RefusedByTarget(
                f"{self._who.named}: the letter has {_megabytes(len(mail.content))}, and {self._who.server} takes "
                f"{_megabytes(self.largest)}.",
                hint="Send it without its files, or write another way.",
            )
        try:
            self._announce(sender, mail)
            for start in range(0, len(mail.content), _CHUNK):
                self._server.send(mail.content[start : start + _CHUNK])
        except (smtplib.SMTPException, OSError) as error:
            raise lost(self._who) from error
        self._finish()

    def close(self) -> None:
        """Take leave; what the server makes of it no longer matters."""
        with suppress(smtplib.SMTPException, OSError):
            self._server.quit()
        self._server.close()

    def _announce(self, sender: str, mail: Mail) -> None:
        options = [f"SIZE={len(mail.content)}"] if self._server.has_extn("size") else []
        self._expect(_DONE, "sender", *self._server.mail(sender, options))
        self._expect(_DONE, "recipient", *self._server.rcpt(mail.to))
        self._expect(_GO_ON, "content", *self._server.docmd("DATA"))

    def _expect(self, kind: int, step: Step, code: int, words: bytes) -> None:
        answer = Answer(code, words)
        if answer.kind != kind:
            raise not_taken(self._who, step, answer)

    def _finish(self) -> None:
        try:
            self._server.send(b".\r\n")
            answer = Answer(*self._server.getreply())
        except (smtplib.SMTPException, OSError) as error:
            raise uncertain(self._who, "no answer came") from error
        if answer.kind in (_NOT_NOW, _NO):
            raise not_taken(self._who, "content", answer)
        if answer.kind != _DONE:
            raise uncertain(self._who, "what it answered is no answer")


def _connect(settings: SmtpSettings) -> smtplib.SMTP:
    if settings.security == "tls":
        return smtplib.SMTP_SSL(
            settings.host, settings.server_port, timeout=settings.timeout_seconds, context=_trusted(settings)
        )
    return smtplib.SMTP(settings.host, settings.server_port, timeout=settings.timeout_seconds)


def _protect_and_sign_in(server: smtplib.SMTP, settings: SmtpSettings) -> None:
    if settings.security == "starttls":
        server.starttls(context=_trusted(settings))
    server.ehlo_or_helo_if_needed()
    if settings.password is not None:
        _sign_in(server, settings.user, settings.password.get_secret_value())


def _sign_in(server: smtplib.SMTP, user: str, password: str) -> None:
    """Try the password once: the library's own `login` tries each method, and three refusals can lock an account."""
    offered = server.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in offered:
        # Written out, because the library sends ASCII alone, and a password may hold a pound sign.
        written = b64encode(f"\0{user}\0{password}".encode()).decode()
        answer = Answer(*server.docmd("AUTH", f"PLAIN {written}"))
        if answer.kind != _DONE:
            raise smtplib.SMTPAuthenticationError(answer.code, answer.words)
    elif "LOGIN" in offered and (user + password).isascii():
        server.user, server.password = user, password
        server.auth("LOGIN", server.auth_login)
    else:
        raise smtplib.SMTPNotSupportedError("no sign-in by AUTH PLAIN, nor by LOGIN with this password")


def _trusted(settings: SmtpSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        raise ConnectorDown(
            f'Target "{settings.name}": no certificate authority can be read from {settings.ca_file}.',
            hint="Correct `ca_file`; it wants a file in PEM form.",
        ) from error


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
