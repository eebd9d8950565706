"""The sample post as a mailbox gets it: mails as they are, scans from the council's own scanner."""

from __future__ import annotations

import mimetypes
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP
from pathlib import Path
from typing import TYPE_CHECKING

from demo.microsoft365.tenant import MAILBOX

if TYPE_CHECKING:
    from tests.servers.graph.tenant import Tenant

_SCANNER = "scanner@northborough.gov.uk"


def bring_post(tenant: Tenant, folder: Path) -> int:
    """Let each piece of post arrive that has not come yet, and return how many did.

    Args:
        tenant: Whose mailbox it is.
        folder: Files of sample post.
    """
    come = {item.found["internetMessageId"] for item in tenant.mail.items.values()}
    new = 0
    for file in sorted(folder.iterdir()):
        if file.name == "labels.jsonl" or file.suffix == ".msg":
            continue
        raw = file.read_bytes() if file.suffix == ".eml" else scanned(file)
        name = BytesHeaderParser().parsebytes(raw).get("Message-ID", "")
        if str(name).strip() not in come:
            tenant.mail.put(MAILBOX, raw)
            new += 1
    return new


def scanned(file: Path) -> bytes:
    """Return the mail in which a scanner sends a file."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = _SCANNER, MAILBOX, "Scanned document"
    mail["Message-ID"] = f"<{file.name}@scanner.northborough.gov.uk>"
    mail.set_content("Sent from the scanner in the post room.")
    kind, _, subkind = (mimetypes.guess_type(file.name)[0] or "application/octet-stream").partition("/")
    mail.add_attachment(file.read_bytes(), maintype=kind, subtype=subkind, filename=file.name)
    return mail.as_bytes(policy=SMTP)
