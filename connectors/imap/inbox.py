"""The IMAP inbox: reads without marking as read, claims, and moves to done or held.

A claim is the keyword `$PostroomClaimed`, or a move to the claimed folder where the server keeps no keywords. Nothing
is ever deleted. A mail is found again by folder, UIDVALIDITY and UID; when a server has numbered its mails anew, or
staff moved a mail out and back, by its Message-ID header and then the SHA-256 of its bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.parser import BytesHeaderParser
from typing import NamedTuple, TypeVar

import structlog

from connectors.imap.errors import signing_in, working
from connectors.imap.session import KEYWORD, Letter, Session
from connectors.imap.settings import ImapSettings
from connectors.imap.token import TokenProvider, client_credentials
from connectors.oversize import mail_stand_in
from postroom.disposition import Disposition
from postroom.document import sha256
from postroom.errors import ConnectorDown, TransientError
from postroom.message import Message

_LONGEST_ID = 200
_log = structlog.get_logger(__name__)
Found = TypeVar("Found")


class Place(NamedTuple):
    """A source key taken apart."""

    folder: str
    validity: int
    uid: int
    message_id: str
    """The Message-ID header; empty if there is none that can be searched for."""

    def __str__(self) -> str:
        return f"{self.folder};{self.validity};{self.uid};{self.message_id}"

    @classmethod
    def parse(cls, source_key: str) -> Place:
        """Take a source key apart.

        Raises:
            ConnectorDown: It is none of this connector's.
        """
        head, _, message_id = source_key.partition(";<") if ";<" in source_key else source_key.rpartition(";")
        parts = head.rsplit(";", 2)
        if len(parts) != 3 or not (parts[1] + parts[2]).isdigit():
            raise ConnectorDown("A source key names no mail.", hint="Restore the altered ledger.")
        return cls(parts[0], int(parts[1]), int(parts[2]), f"<{message_id}" if message_id else "")


class ImapInbox:
    """Post from one folder of a mailbox."""

    def __init__(self, settings: ImapSettings, token: TokenProvider | None = None) -> None:
        self.name = settings.name
        self._settings = settings
        self._server = f"{settings.host}:{settings.server_port}"
        if settings.oauth is not None and token is None:
            token = client_credentials(settings.oauth, settings.timeout_seconds)
        self._token = token
        self._session: Session | None = None

    def fetch(self, limit: int) -> list[Message]:
        """Return up to `limit` mails not yet claimed, oldest first; none is marked as read."""
        return self._run(lambda session: list(self._messages(session, limit)))

    def claim(self, message_id: str, source_key: str, digest: str) -> None:
        """Mark a mail as taken; nothing happens if a person has moved it away."""
        place = Place.parse(source_key)
        if not self._run(lambda session: self._claim(session, place, digest)):
            _log.info("The mail to claim is no longer in its folder.", inbox=self.name, message=message_id)

    def settle(self, message_id: str, source_key: str, digest: str, disposition: Disposition) -> None:
        """Move a mail to the done or held folder; nothing happens if it is there or a person has moved it away."""
        place = Place.parse(source_key)
        goal = self._settings.held_folder if disposition.held else self._settings.done_folder
        if not self._run(lambda session: self._settle(session, place, digest, goal)):
            _log.info("The mail to settle is no longer in its folder.", inbox=self.name, message=message_id)

    def check(self) -> list[str]:
        """Sign in, open the folder and count."""
        return self._run(self._check)

    def close(self) -> None:
        """Sign out."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _messages(self, session: Session, limit: int) -> Iterator[Message]:
        folder = self._settings.folder
        validity = session.select(folder)
        unclaimed = (f"UNKEYWORD {KEYWORD}",) if session.keeps_keywords else ()
        for letter in session.letters(session.search(*unclaimed)[:limit]):
            raw = self._content(session, letter)
            if raw is not None:
                place = Place(folder, validity, letter.uid, _message_id(raw))
                yield Message(self.name, str(place), f"mail-{letter.uid}.eml", raw, letter.received_at)

    def _content(self, session: Session, letter: Letter) -> bytes | None:
        if letter.size <= self._settings.maximum_bytes:
            return session.read(letter.uid)
        headers = session.read(letter.uid, "HEADER")
        return None if headers is None else mail_stand_in(headers, letter.size, self._settings.maximum_bytes)

    def _claim(self, session: Session, place: Place, digest: str) -> bool:
        validity = session.select(place.folder)
        if validity == place.validity:
            found = session.search(f"UID {place.uid}")
        else:
            found = self._alike(session, place, digest)
        for uid in found[:1]:
            if session.keeps_keywords:
                session.mark(uid)
            else:
                session.move(uid, self._settings.claimed_folder)
        return bool(found)

    def _settle(self, session: Session, place: Place, digest: str, goal: str) -> bool:
        validity = session.select(place.folder)
        found = session.search(f"UID {place.uid}") if validity == place.validity else []
        found = found or self._claimed(session, place, digest)
        if not found and validity != place.validity and not self._is_settled(session, place, digest):
            session.select(place.folder)
            found = self._alike(session, place, digest)
        for uid in found[:1]:
            session.move(uid, goal)
        return bool(found)

    def _claimed(self, session: Session, place: Place, digest: str) -> list[int]:
        """Find a claimed mail whose number has changed, and leave its folder selected."""
        if session.keeps_keywords:
            return self._alike(session, place, digest, f"KEYWORD {KEYWORD}")
        return self._alike_in(session, self._settings.claimed_folder, place, digest)

    def _is_settled(self, session: Session, place: Place, digest: str) -> bool:
        # A twin that has not been taken in yet must not go to done for a mail that is there already.
        folders = (self._settings.done_folder, self._settings.held_folder)
        return any(self._alike_in(session, folder, place, digest) for folder in folders)

    def _alike_in(self, session: Session, folder: str, place: Place, digest: str) -> list[int]:
        if not session.exists(folder):
            return []
        session.select(folder)
        return self._alike(session, place, digest)

    def _alike(self, session: Session, place: Place, digest: str, *criteria: str) -> list[int]:
        """Return the UIDs in the selected folder whose bytes are the same."""
        header = (f'HEADER Message-ID "{place.message_id}"',) if place.message_id else ()
        letters = session.letters(session.search(*criteria, *header))
        return [letter.uid for letter in letters if sha256(self._content(session, letter) or b"") == digest]

    def _check(self, session: Session) -> list[str]:
        settings = self._settings
        session.select(settings.folder)
        waiting = len(session.search(*((f"UNKEYWORD {KEYWORD}",) if session.keeps_keywords else ())))
        claimed = "with a keyword" if session.keeps_keywords else f'by moving to "{settings.claimed_folder}"'
        found = [
            f'Folder "{settings.folder}" on {self._server} can be opened; {waiting} mails wait.',
            f"Mails are claimed {claimed}.",
        ]
        absent = [name for name in (settings.done_folder, settings.held_folder) if not session.exists(name)]
        return found + [f'Folder "{name}" is made when it is first needed.' for name in absent]

    def _run(self, act: Callable[[Session], Found]) -> Found:
        """Do something with a session; one that the server has closed in the meantime is opened again, once."""
        if self._session is not None:
            try:
                return self._try(act, self._session)
            except TransientError:
                _log.info("The mailbox is opened again.", inbox=self.name)
        with signing_in(self.name, self._server):
            self._session = Session(self._settings, self._secret())
        return self._try(act, self._session)

    def _try(self, act: Callable[[Session], Found], session: Session) -> Found:
        try:
            with working(self.name, self._server):
                return act(session)
        except TransientError:
            session.drop()
            self._session = None
            raise

    def _secret(self) -> str:
        if self._token is not None:
            return self._token()
        return self._settings.password.get_secret_value() if self._settings.password else ""


def _message_id(raw: bytes) -> str:
    """Return the Message-ID if a server can be asked for it."""
    end = raw.find(b"\r\n\r\n")
    header = BytesHeaderParser().parsebytes(raw[: end + 4 if end >= 0 else 64_000]).get("Message-ID", "")
    found = str(header).strip()
    fit = found.startswith("<") and found.isascii() and found.isprintable() and len(found) <= _LONGEST_ID
    return found if fit and not set(found) & set('"\\ ') else ""
