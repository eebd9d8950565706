"""A plain client of the stand-in, and a mail to ask about, for its own tests."""

from __future__ import annotations

import ssl
from email.message import EmailMessage
from typing import TYPE_CHECKING

import httpx

from tests.servers.graph.sign_in import APP

if TYPE_CHECKING:
    from tests.servers.graph.server import GraphServer

POST = "post@council.example"
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}


def asking(server: GraphServer, mailbox: str = POST, app: str = APP) -> httpx.Client:
    """Return a client that stands at a mailbox; addresses beginning with / are below it, others are whole."""
    return httpx.Client(
        verify=ssl.create_default_context(cafile=str(server.ca_file)),
        base_url=f"{server.url}/users/{mailbox}",
        headers={"Authorization": f"Bearer {server.tenant.sign_in.token(app)}"},
        timeout=10,
    )


def letter(subject: str = "A letter", *attached: tuple[str, bytes], enclosed: bool = False) -> bytes:
    """Return a mail with attachments, and if wanted with a mail in it."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Ann Example <ann@resident.example>", POST, subject
    mail["Message-ID"] = f"<{subject.replace(' ', '.')}@resident.example>"
    mail.set_content("Good morning.")
    for name, content in attached:
        mail.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    if enclosed:
        inner = EmailMessage()
        inner["Subject"] = "The mail inside"
        inner.set_content("Inside.")
        mail.add_attachment(inner)
    return mail.as_bytes()
