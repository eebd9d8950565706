"""One connection to a mail server: the few commands an inbox needs, each safe to repeat.

Mails are moved and marked by UID alone. A plain EXPUNGE is never sent: it would remove for good what members of staff
have marked as deleted, which is why imap-tools' own `flag`, `delete` and `move` are not used.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

from connectors.imap.settings import ImapSettings

KEYWORD = "$PostroomClaimed"
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_DATE = re.compile(rb'\bINTERNALDATE "([^"]+)"')


class Letter(NamedTuple):
    """What the server knows of a mail without its text."""

    uid: int
    size: int
    received_at: datetime


class Session:
    """A signed-in connection with one folder selected at a time."""

    def __init__(self, settings: ImapSettings, secret: str) -> None:
        self._box = _connect(settings)
        try:
            self._sign_in(settings, secret)
        except BaseException:
            self.drop()
            raise
        self._known_folders: set[str] = set()

    def _sign_in(self, settings: ImapSettings, secret: str) -> None:
        if settings.oauth is not None:
            self._box.xoauth2(settings.user, secret, initial_folder=None)
        elif (settings.user + secret).isascii():
            self._box.login(settings.user, secret, initial_folder=None)
        else:
            self._box.login_utf8(settings.user, secret, initial_folder=None)

    def select(self, folder: str) -> int:
        """Open a folder and return its UIDVALIDITY."""
        self._box.folder.set(folder)
        return int(self._answer("UIDVALIDITY", b"0"))

    def exists(self, folder: str) -> bool:
        """Whether there is such a folder."""
        return bool(self._box.folder.exists(folder))

    def create(self, folder: str) -> None:
        """Make a folder if it is not there."""
        from imap_tools.errors import MailboxFolderCreateError

        if folder in self._known_folders or self.exists(folder):
            self._known_folders.add(folder)
            return
        try:
            self._box.folder.create(folder)
        except MailboxFolderCreateError:
            # Another worker may have made it in the same moment.
            if not self.exists(folder):
                raise
        self._box.folder.subscribe(folder, True)

    @property
    def keeps_keywords(self) -> bool:
        r"""Whether a keyword may be set in the selected folder (PERMANENTFLAGS names it, or has `\*`)."""
        allowed = self._answer("PERMANENTFLAGS", b"").decode("latin-1").lower()
        return "\\*" in allowed or KEYWORD.lower() in allowed

    def search(self, *criteria: str) -> list[int]:
        """Return the UIDs in the selected folder that are not marked as deleted, lowest first."""
        return sorted(int(uid) for uid in self._box.uids(" ".join(("UNDELETED", *criteria))))

    def letters(self, uids: Iterable[int]) -> list[Letter]:
        """Return size and time of arrival of mails, in the order of their UIDs."""
        wanted = ",".join(map(str, uids))
        found = self._command("FETCH", wanted, "(UID RFC822.SIZE INTERNALDATE)") if wanted else []
        letters = []
        for part in found:
            line = part[0] if isinstance(part, tuple) else part or b""
            uid, size, date = (pattern.search(line) for pattern in (_UID, _SIZE, _DATE))
            if uid and size and date:
                letters.append(Letter(int(uid[1]), int(size[1]), _moment(date[1])))
        return sorted(letters)

    def read(self, uid: int, section: str = "") -> bytes | None:
        """Return a mail, or its `HEADER`, without marking it as read; None if it has gone."""
        found = self._command("FETCH", str(uid), f"(BODY.PEEK[{section}])")
        return next((part[1] for part in found if isinstance(part, tuple)), None)

    def mark(self, uid: int) -> None:
        """Set the keyword of claimed mails."""
        self._command("STORE", str(uid), "+FLAGS.SILENT", f"({KEYWORD})")

    def move(self, uid: int, folder: str) -> None:
        """Move a mail; without the server's own MOVE, by a copy and then removal of this one UID."""
        from imap_tools.utils import encode_folder

        self.create(folder)
        if "MOVE" in self._capabilities:
            self._command("MOVE", str(uid), encode_folder(folder))
            return
        self._command("COPY", str(uid), encode_folder(folder))
        self._command("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")
        if "UIDPLUS" in self._capabilities:
            self._command("EXPUNGE", str(uid))

    def close(self) -> None:
        """Sign out."""
        try:
            self._box.client.logout()
        except (OSError, self._box.client.error):
            self.drop()

    def drop(self) -> None:
        """Cut the connection without asking the server."""
        with suppress(OSError):
            self._box.client.shutdown()

    @property
    def _capabilities(self) -> tuple[str, ...]:
        # What imaplib remembers dates from before signing in, when servers say less.
        if not hasattr(self, "_capable"):
            _, answer = self._box.client.capability()
            self._capable = tuple(answer[-1].decode("latin-1").upper().split())
        return self._capable

    def _answer(self, code: str, default: bytes) -> bytes:
        found = self._box.client.untagged_responses.get(code) or [default]
        return bytes(found[-1] or default)

    def _command(self, *arguments: Any) -> list[Any]:
        from imap_tools.errors import UnexpectedCommandStatusError

        status, found = self._box.client.uid(*arguments)
        if status != "OK":
            raise UnexpectedCommandStatusError((status, found), "OK")
        return list(found)


def _connect(settings: ImapSettings) -> Any:
    from imap_tools import MailBox, MailBoxStartTls, MailBoxUnencrypted

    where: dict[str, Any] = {
        "host": settings.host,
        "port": settings.server_port,
        "timeout": settings.timeout_seconds,
    }
    if settings.security == "none":
        return MailBoxUnencrypted(**where)
    trusted = ssl.create_default_context(cafile=settings.ca_file)
    return (MailBox if settings.security == "ssl" else MailBoxStartTls)(**where, ssl_context=trusted)


def _moment(date: bytes) -> datetime:
    # RFC 9051 date-time, such as "17-Jul-1996 02:44:25 -0700"; a day below ten begins with a space.
    return datetime.strptime(date.decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
