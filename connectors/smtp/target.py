"""Letters by SMTP: handed to a mail server once.

A mail server cannot be asked for a letter again, so this is a target of class D: a letter whose answer was lost goes to
a person, who searches the server's log for the key. The key is the letter's Message-ID, the same each time it is sent,
so that a mailbox that drops repeated mails shows it once.
"""

from __future__ import annotations

from connectors.smtp.settings import SmtpSettings
from postroom.delivery import Capabilities, Delivery, Receipt, TargetClass
from postroom.errors import RefusedByTarget


class SmtpTarget:
    """Sends one letter a record."""

    def __init__(self, settings: SmtpSettings) -> None:
        from connectors.smtp.errors import Who

        self.name = settings.name
        self.capabilities = Capabilities(TargetClass.BLIND, settle_seconds=0, reads_back=())
        self._settings = settings
        server = f"{settings.host}:{settings.server_port}"
        self._who = Who(f'Target "{settings.name}"', server, settings.sender)

    def find(self, key: str) -> Receipt | None:
        """Refuse: letters cannot be searched."""
        raise RefusedByTarget(
            f"{self._who.named} cannot be searched.", hint="A person looks it up in the server's log."
        )

    def deliver(self, delivery: Delivery) -> Receipt:
        """Send the letter once, over a connection of its own."""
        from connectors.smtp.session import Session
        from connectors.smtp.writing import write

        try:
            mail = write(self._settings, delivery)
        except ValueError as error:
            raise RefusedByTarget(
                f"{self._who.named} cannot write the letter: {error}.", hint="Correct the field."
            ) from None
        session = Session(self._settings, self._who)
        try:
            session.send(self._settings.sender, mail)
        finally:
            session.close()
        return Receipt(mail.message_id, f"Log of the mail server {self._settings.host}")

    def read_back(self, receipt: Receipt) -> dict[str, str]:
        """Return the Message-ID, which is all that is known of a letter once sent."""
        return {"message_id": receipt.reference}

    def check(self) -> list[str]:
        """Connect, sign in and ask for an answer; no letter is sent."""
        from connectors.smtp.session import Session

        session = Session(self._settings, self._who)
        try:
            session.ask()
            found = [f"{self._who.server} answers with {session.protection}; no letter was sent."]
            if self._settings.user:
                found.append(f"{self._settings.user} can sign in.")
            if session.largest:
                found.append(f"Letters may have up to {session.largest / 1e6:.1f} MB with their files.")
            return found
        finally:
            session.close()

    def close(self) -> None:
        """Nothing is kept open."""
