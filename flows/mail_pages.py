"""The mail as it looked: its HTML, also where the plain version was the better one to read."""

from __future__ import annotations

from extractors import sniff
from extractors.limits import Limits
from extractors.unpack.charsets import decode_html
from postroom.document import Document
from postroom.errors import BusinessError
from postroom.message import Message


def html_of(document: Document) -> str:
    """Return the HTML of a body or of an attached page; empty for any other document."""
    return decode_html(document.content) if document.media_type == sniff.HTML else ""


def html_of_mail(message: Message, limits: Limits) -> str:
    """Return the HTML that the sender gave of a mail; empty where there is none, or the mail is over a limit.

    Mail programs send most mails in two versions; of these the reading keeps the one that reads better.
    """
    if len(message.raw) > limits.message_bytes or sniff.sniff(message.raw, message.name) != sniff.MAIL:
        return ""
    from extractors.unpack.mail import html_version

    try:
        return html_version(message.raw, limits)
    except BusinessError:
        return ""
    except Exception:
        # The wall around the mail parser: a mail that breaks it has its text, which was read behind the same wall.
        return ""
