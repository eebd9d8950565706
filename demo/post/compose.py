"""Compose one e-mail of the sample post."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

COUNCIL = "northborough.example"
Attachment = tuple[str, str, bytes]
"""File name, media type, bytes."""


def mail(
    sender: str,
    subject: str,
    body: str,
    *,
    sent: datetime,
    to: str = "post",
    html: str = "",
    attachments: Sequence[Attachment] = (),
    headers: Sequence[tuple[str, str]] = (),
    number: int,
) -> bytes:
    """Return one mail as it would arrive; `number` makes its Message-ID."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender, f"{to}@{COUNCIL}", subject
    letter["Date"], letter["Message-ID"] = format_datetime(sent), f"<sample-{number}@{COUNCIL}>"
    for name, value in headers:
        letter[name] = value
    if body:
        letter.set_content(body)
    if html:
        (letter.add_alternative if body else letter.set_content)(html, subtype="html")
    for name, media_type, content in attachments:
        maintype, subtype = media_type.split("/")
        letter.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return letter.as_bytes()


def at(month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    """Return a moment of 2026."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)
