"""Mail bodies: the text of a mail with each line's part in it: new, quoted, forwarded, signature or small print."""

from __future__ import annotations

from extractors.readers.html import html_lines
from extractors.readers.rows import LONGEST_TEXT, Row, plain_rows
from extractors.readers.sections import mark_sections
from extractors.unpack.charsets import decode_html, decode_text
from postroom.document import Document, Role
from postroom.errors import LimitExceeded
from postroom.text import Text, plain_page


class MailReader:
    """Reads the bodies of mails."""

    def accepts(self, document: Document) -> bool:
        """Tell whether a document is the body of a mail."""
        return document.role in (Role.BODY, Role.ENCLOSED_BODY)

    def read(self, document: Document) -> Text:
        """Return the text of a body whose subject is not known."""
        return read_body(document)


def read_body(document: Document, subject: str = "") -> Text:
    """Return the text of a body.

    Args:
        document: The body, plain or HTML, as unpacking chose it.
        subject: Of its mail; it tells a reply from a forwarded mail.

    Raises:
        LimitExceeded: It is longer than anybody's letter.
    """
    rows = _rows(document)
    if sum(len(row.text) for row in rows) > LONGEST_TEXT:
        raise LimitExceeded("The text of this mail is too long to be read.", hint="Open it in your mail program.")
    return Text(document.id, (plain_page(mark_sections(rows, subject)),))


def _rows(document: Document) -> list[Row]:
    if document.media_type == "text/html":
        return html_lines(decode_html(document.content)).rows
    return plain_rows(decode_text(document.content))
