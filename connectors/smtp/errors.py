"""What goes wrong with a mail server, in our words: one table for connecting, one for sending.

Of a server's answer only its code and its enhanced code (RFC 3463) are told: the words beside them like to repeat the
address of a resident.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

from postroom.errors import (
    ConnectorDown,
    DeliveryUncertain,
    PostroomError,
    RefusedByTarget,
    SignInRefused,
    TransientError,
)

Step = Literal["sender", "recipient", "content"]
"""What of a letter the server was asked to take."""

_AGAIN = "It is tried again."
_REACH = "See that host, port and `security` are right and that the firewall lets Postroom through."
_ACCOUNT = "Renew the password, and see that the account may send by SMTP."
_WANTS_SIGN_IN = (530, 534, 535, 538)
_TOO_LARGE = 552


class Who(NamedTuple):
    """Whose connection it is, for the words of an error."""

    named: str
    """Such as `Target "letters"`."""
    server: str
    """Host and port."""
    sender: str


class Answer(NamedTuple):
    """What a mail server answered."""

    code: int
    words: bytes

    @property
    def kind(self) -> int:
        """The first digit: 2 done, 3 go on, 4 not now, 5 no; another for what is no answer."""
        return self.code // 100

    def __str__(self) -> str:
        enhanced = re.match(rb"[245]\.\d{1,3}\.\d{1,3}\b", self.words)
        return f"{self.code} {enhanced[0].decode()}" if enhanced else str(self.code)


@contextmanager
def connecting(who: Who) -> Iterator[None]:
    """Translate the errors of connecting and signing in, when nothing of a letter has been sent."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise ConnectorDown(
            f"{who.named}: the certificate of {who.server} is not trusted ({error.verify_message}).",
            hint="Give the council's own authority as `ca_file`, or mend the server's name.",
        ) from error
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError, smtplib.SMTPServerDisconnected) as error:
        raise lost(who) from error
    except ssl.SSLError as error:
        raise ConnectorDown(f"{who.named}: {who.server} does not speak TLS as it was asked to.", hint=_REACH) from error
    except smtplib.SMTPAuthenticationError as error:
        raise _refused_sign_in(who, _answer(error)) from error
    except smtplib.SMTPResponseException as error:
        raise _turned_away(who, _answer(error)) from error
    except smtplib.SMTPNotSupportedError as error:
        raise ConnectorDown(
            f"{who.named}: {who.server} does not offer what the settings ask for ({error}).",
            hint="Correct `security`, `user` and `password`, or have it switched on at the server.",
        ) from error
    except OSError as error:
        message = f"{who.named}: {who.server} cannot be reached ({_words(error)})."
        raise TransientError(message, hint=_REACH) from error


def lost(who: Who) -> TransientError:
    """Return the error of a connection that broke before the letter was whole, so that no server delivers it."""
    message = f"{who.named}: the connection to {who.server} was lost before the letter was sent."
    return TransientError(message, hint=_AGAIN)


def uncertain(who: Who, told: str) -> DeliveryUncertain:
    """Return the error of a letter that was sent whole and not clearly answered."""
    return DeliveryUncertain(
        f"{who.named}: {who.server} was sent the letter; {told}.",
        hint="Search the log of the mail server for the key, which is in the letter's Message-ID.",
    )


def not_taken(who: Who, step: Step, answer: Answer) -> PostroomError:
    """Return what a refusal means, while a letter is handed over."""
    if answer.code in _WANTS_SIGN_IN:
        return _refused_sign_in(who, answer)
    if answer.kind != 5:
        return TransientError(f"{who.named}: {who.server} does not take the letter now ({answer}).", hint=_AGAIN)
    if answer.code == _TOO_LARGE:
        message = f"{who.named}: {who.server} refused the letter for its size or a full mailbox ({answer})."
        return RefusedByTarget(message, hint="Send it without its files, or write another way.")
    if step == "sender":
        message = f"{who.named}: {who.server} does not let {who.sender} send ({answer})."
        return ConnectorDown(message, hint="Correct `sender`, or let the account send as this address.")
    what = "the address" if step == "recipient" else "the letter"
    return RefusedByTarget(f"{who.named}: {who.server} refused {what} ({answer}).", hint="Correct the address.")


def _refused_sign_in(who: Who, answer: Answer) -> PostroomError:
    if answer.kind == 5:
        return SignInRefused(f"{who.named}: {who.server} refused the sign-in ({answer}).", hint=_ACCOUNT)
    return _turned_away(who, answer)


def _turned_away(who: Who, answer: Answer) -> PostroomError:
    if answer.kind == 5:
        message = f"{who.named}: {who.server} does not take letters from this machine ({answer})."
        return ConnectorDown(message, hint="Let the server's administrator allow this machine.")
    return TransientError(f"{who.named}: {who.server} answers {answer}.", hint=_AGAIN)


def _answer(error: smtplib.SMTPResponseException) -> Answer:
    words = error.smtp_error
    return Answer(error.smtp_code, words if isinstance(words, bytes) else words.encode())


def _words(error: OSError) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else error.strerror or type(error).__name__
