"""What goes wrong with a mail server, in our words: one table for every command."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from postroom.errors import ConnectorDown, SignInRefused, TransientError

# RFC 5530: answers to a sign-in that say nothing against the password.
_PASSING = ("UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN")


@contextmanager
def signing_in(inbox: str, server: str) -> Iterator[None]:
    """Translate the errors of connecting and signing in."""
    from imap_tools.errors import ImapToolsError

    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise ConnectorDown(
            f'Inbox "{inbox}": the certificate of {server} is not trusted ({error.verify_message}).',
            hint="Give the council's own authority as `ca_file`, or mend the server's name.",
        ) from error
    except (imaplib.IMAP4.abort, OSError) as error:
        raise ConnectorDown(
            f'Inbox "{inbox}": {server} cannot be reached ({_words(error)}).',
            hint="See that host, port and `security` are right and that the firewall lets Postroom through.",
        ) from error
    except (ImapToolsError, imaplib.IMAP4.error) as error:
        code = _code(error)
        if code in _PASSING:
            raise TransientError(f'Inbox "{inbox}": {server} answers {code}.', hint="It is tried again.") from error
        raise SignInRefused(
            f'Inbox "{inbox}": {server} refused the sign-in.',
            hint="Renew the password or the app registration's secret, and see that IMAP is allowed for the account.",
        ) from error


@contextmanager
def working(inbox: str, server: str) -> Iterator[None]:
    """Translate the errors of commands after signing in."""
    from imap_tools.errors import ImapToolsError, MailboxFolderSelectError

    try:
        yield
    except (imaplib.IMAP4.abort, OSError) as error:
        raise TransientError(
            f'Inbox "{inbox}": the connection to {server} was lost ({_words(error)}).', hint="It is tried again."
        ) from error
    except MailboxFolderSelectError as error:
        raise ConnectorDown(
            f'Inbox "{inbox}": a folder cannot be opened on {server}.',
            hint="Make it, or mend `folder`; `postroom check` lists what is there.",
        ) from error
    except (ImapToolsError, imaplib.IMAP4.error) as error:
        code = _code(error) or "an error"
        raise TransientError(f'Inbox "{inbox}": {server} answers {code}.', hint="It is tried again.") from error


def _code(error: Exception) -> str:
    """Return the response code in brackets; the words after it may quote what must not be logged."""
    found = re.search(r"\[([A-Z][A-Z-]*)", str(error))
    return found[1] if found else ""


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else "it was closed"
