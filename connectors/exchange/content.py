"""One mail with its bytes, and what Exchange does not hand out with them.

Links to cloud files, attachments of unknown kinds, and mails that Exchange cannot write as MIME go to a person.
While Safe Attachments scans a mail, a placeholder stands for its attachments; such a mail is left where it is, since a
move can keep the real files from ever arriving, and is taken in with the placeholder only when it waited too long.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from connectors.exchange import calls
from connectors.exchange.calls import Element, Seen
from connectors.exchange.errors import NO_MIME, NOT_FOUND, Refusal
from connectors.exchange.session import Session
from connectors.exchange.settings import ExchangeSettings
from connectors.oversize import mail_stand_in
from postroom.document import sha256
from postroom.errors import TransientError
from postroom.message import Message, Problem

SCANNING = ("atp scan in progress", "safe attachments scan in progress")
"""How the placeholder of Safe Attachments (Dynamic Delivery) is called."""
_BROUGHT = ("FileAttachment", "ItemAttachment")
_WITH_MIME = ("item:Attachments", "item:HasAttachments")
_ENVELOPE = ("item:Subject", "item:DateTimeSent", "message:From", "message:ToRecipients", "message:InternetMessageId")
_LINK = "It is a link to a cloud file, which cannot be brought along. Open it in the mailbox."
_KEPT_BACK = "Exchange did not hand it out. Open the mail in the mailbox."
_UNREAD = "Exchange cannot write this mail out. Open it in the mailbox."
_UNSCANNED = "Its scan has not ended in time. Open the mail in the mailbox."


class Unreadable(Exception):
    """The mailbox works and does not give this mail's content."""


class Contents:
    """Reads mails in full."""

    def __init__(self, session: Session, settings: ExchangeSettings) -> None:
        self._session = session
        self._settings = settings

    def message(self, seen: Seen) -> Message | None:
        """Return a mail as a message; None while it waits for its scan, or if it is gone.

        Raises:
            Unreadable: The mailbox works and does not give this mail.
            PostroomError: The mailbox does not work.
        """
        if seen.size > self._settings.maximum_bytes:
            return self._stand_in(seen)
        try:
            answer = self._session.one(calls.get_item(seen.id, *_WITH_MIME, mime=True), seen=(*NOT_FOUND, *NO_MIME))
        except Refusal as refusal:
            return None if refusal.code in NOT_FOUND else self.stand_in(seen)
        except TransientError as error:
            # A mail of many megabytes can time out for ever while the mailbox works well.
            if error.retry_after is None and self._stand_in(seen) is not None:
                raise Unreadable from None
            raise
        item = calls.every(answer, "m:Items/*")[0]
        if _is_scanning(item) and not self._waited_enough(seen):
            return None
        raw = base64.b64decode(calls.text_at(item, "t:MimeContent"))
        if len(raw) > self._settings.maximum_bytes:
            return self._message(seen, mail_stand_in(raw, len(raw), self._settings.maximum_bytes))
        return self._message(seen, raw, _problems(item))

    def stand_in(self, seen: Seen) -> Message | None:
        """Return what stands for a mail that cannot be read; None if it is gone."""
        return self._stand_in(seen, (Problem("mail", _UNREAD),))

    def _stand_in(self, seen: Seen, problems: tuple[Problem, ...] = ()) -> Message | None:
        fields = _ENVELOPE if seen.kind == "Message" else _ENVELOPE[:2]
        try:
            answer = self._session.one(calls.get_item(seen.id, *fields), seen=NOT_FOUND)
        except Refusal:
            return None
        headers = _headers(calls.every(answer, "m:Items/*")[0])
        return self._message(seen, mail_stand_in(headers, seen.size, self._settings.maximum_bytes), problems)

    def _message(self, seen: Seen, raw: bytes, problems: tuple[Problem, ...] = ()) -> Message:
        name = f"mail-{sha256(seen.id.encode())[:12]}.eml"
        source_key = seen.source or seen.id
        return Message(self._settings.name, source_key, name, raw, seen.received_at, lasting=True, problems=problems)

    def _waited_enough(self, seen: Seen) -> bool:
        # From its arrival, as Exchange noted it: a limit that no lost bookmark can lengthen.
        return datetime.now(UTC) - seen.received_at >= timedelta(minutes=self._settings.scan_minutes)


def _names(item: Element) -> list[tuple[str, str]]:
    return [(calls.name_of(one), calls.text_at(one, "t:Name")) for one in calls.every(item, "t:Attachments/*")]


def _is_scanning(item: Element) -> bool:
    return any(name.lower().startswith(SCANNING) for _, name in _names(item))


def _problems(item: Element) -> tuple[Problem, ...]:
    found = _names(item)
    if not found and calls.text_at(item, "t:HasAttachments") == "true":
        return (Problem("attachment", _KEPT_BACK),)
    problems = [
        Problem(name or "attachment", _LINK if kind == "ReferenceAttachment" else _KEPT_BACK)
        for kind, name in found
        if kind not in _BROUGHT
    ]
    waiting = [Problem(name, _UNSCANNED) for _, name in found if name.lower().startswith(SCANNING)]
    return (*problems, *waiting)


def _headers(item: Element) -> bytes:
    """Write the headers of a mail whose bytes are not read."""
    mail = EmailMessage(policy=SMTP)
    for header, path in (("From", "t:From/t:Mailbox"), ("To", "t:ToRecipients/t:Mailbox")):
        people = [_address(one) for one in calls.every(item, path)]
        if any(people):
            mail[header] = ", ".join(filter(None, people))
    mail["Subject"] = " ".join(calls.text_at(item, "t:Subject").split())
    sent = calls.text_at(item, "t:DateTimeSent")
    if sent:
        mail["Date"] = format_datetime(calls.moment(sent))
    message_id = "".join(calls.text_at(item, "t:InternetMessageId").split())
    if message_id.isascii() and message_id:
        mail["Message-ID"] = message_id
    return mail.as_bytes()


def _address(mailbox: Element) -> str:
    name, address = calls.text_at(mailbox, "t:Name"), calls.text_at(mailbox, "t:EmailAddress")
    return formataddr((" ".join(name.split()), address)) if "@" in address and address.isascii() else ""
