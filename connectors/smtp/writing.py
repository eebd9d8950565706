"""A letter written as a mail: ASCII on the wire, short lines, and nothing in a header that could begin another.

The older half of the email library is used on purpose. The newer one reads a subject before it writes it, and so
takes an encoded line end in it for a line end of its own.
"""

from __future__ import annotations

import re
import smtplib
from email import encoders
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr
from pathlib import PurePosixPath
from typing import NamedTuple

from connectors.letter import Filled
from connectors.smtp.settings import SmtpSettings
from postroom.clock import utc_now
from postroom.delivery import Attachment, Delivery

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]"
_ADDRESS = re.compile(rf"{_ATOM}{{1,64}}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_MESSAGE_ID = re.compile(rf"<{_ATOM}{{1,250}}@({_ATOM}{{1,250}}|\[[A-Za-z0-9:.]{{1,250}}\])>")
_LONGEST_ADDRESS, _LONGEST_WORD, _LONGEST_NAME = 254, 60, 60
_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_MEDIA_TYPE = re.compile(r"(application|audio|font|image|text|video)/[a-z0-9][a-z0-9.+-]{0,100}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 ._()+-]+")


class Mail(NamedTuple):
    """A letter as it goes over the wire, but for its end."""

    message_id: str
    to: str
    content: bytes
    """Lines that begin with a dot have a second one."""


def write(settings: SmtpSettings, delivery: Delivery) -> Mail:
    """Return the mail for a record.

    Raises:
        ValueError: A value does not suit its place; the message does not repeat it.
    """
    filled = settings.letter.fill(delivery.fields, delivery.key)
    _see_that_it_can_be_sent(filled)
    mail = _parts(filled.body, delivery.attachments if settings.attachments else ())
    message_id = f"<{delivery.key}@{settings.domain}>"
    replied_to = delivery.fields.get("in_reply_to", "").strip()
    is_reply = bool(_MESSAGE_ID.fullmatch(replied_to))
    mail["From"] = formataddr((settings.sender_name, settings.sender))
    mail["To"] = filled.to
    mail["Subject"] = _subject(filled.subject)  # type: ignore[assignment]
    mail["Date"] = format_datetime(utc_now())
    mail["Message-ID"] = message_id
    if is_reply:
        mail["In-Reply-To"] = mail["References"] = replied_to
    # No out-of-office notes in return, which would come in as post.
    mail["Auto-Submitted"] = "auto-replied" if is_reply else "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    written = mail.as_bytes(policy=mail.policy.clone(linesep="\r\n")).decode("ascii")
    whole = written if written.endswith("\r\n") else written + "\r\n"
    return Mail(message_id, filled.to, smtplib.quotedata(whole).encode("ascii"))


def _see_that_it_can_be_sent(filled: Filled) -> None:
    if len(filled.to) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(filled.to):
        raise ValueError("`to` gives no address that every mail server takes; it wants letters without accents")
    for part in ("subject", "body"):
        if _UNSENDABLE.search(getattr(filled, part)):
            raise ValueError(f"`{part}` holds a character that no mail can carry")


def _parts(body: str, attachments: tuple[Attachment, ...]) -> Message:
    readable = Charset("utf-8")
    readable.body_encoding = QP
    text = MIMEText(body, "plain", readable)  # type: ignore[arg-type]
    return MIMEMultipart("mixed", None, (text, *map(_enclosed, attachments))) if attachments else text


def _enclosed(attachment: Attachment) -> Message:
    # A mail may not travel in base64 under its own type (RFC 2046), and base64 is what keeps every byte.
    known = attachment.media_type if _MEDIA_TYPE.fullmatch(attachment.media_type) else "application/octet-stream"
    part = MIMEBase(*known.split("/"))
    part.set_payload(attachment.content)
    encoders.encode_base64(part)
    name = _file_name(attachment.name)
    shown = name if _PLAIN_NAME.fullmatch(name) else ("utf-8", "", name)
    part.add_header("Content-Disposition", "attachment", filename=shown)
    return part


def _file_name(name: str) -> str:
    """Return the last part of a name, short enough for a line and with its ending."""
    path = PurePosixPath(_UNSENDABLE.sub("", " ".join(name.replace("\\", "/").split())))
    ending = path.suffix[:10]
    return (path.stem[: _LONGEST_NAME - len(ending)] + ending) or "document"


def _subject(text: str) -> Header | str:
    is_plain = text.isascii() and "=?" not in text and all(len(word) < _LONGEST_WORD for word in text.split())
    return text if is_plain else Header(text, "utf-8", header_name="Subject")
