"""What goes wrong with Exchange Server, in our words: one table for every request."""

from __future__ import annotations

from typing import NamedTuple

from postroom.errors import (
    ConnectorDown,
    DeliveryUncertain,
    PostroomError,
    RefusedByTarget,
    SignInRefused,
    TransientError,
)


class Refusal(Exception):
    """Exchange answered with a response code that the caller asked to see; holds nothing of the post."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class HttpAnswer(Exception):
    """An answer that is no SOAP."""

    def __init__(self, status: int, retry_after: float | None) -> None:
        self.status = status
        self.retry_after = retry_after
        super().__init__(str(status))


class Who(NamedTuple):
    """Whose request it is, for the words of an error."""

    named: str
    """Such as `Inbox "mailroom"`."""
    server: str
    mailbox: str
    username: str
    writes: bool
    """Whether a record may come of the request, so that a lost answer is an unknown outcome."""


NOT_FOUND = ("ErrorItemNotFound",)
CONFLICT = ("ErrorIrresolvableConflict", "ErrorStaleObject", "ErrorConflictResolutionRequired")
NO_FOLDER = ("ErrorFolderNotFound", "ErrorParentFolderNotFound", "ErrorToFolderNotFound", "ErrorSyncFolderNotFound")
BAD_STATE = ("ErrorInvalidSyncStateData",)
BAD_ID = ("ErrorInvalidIdMalformed", "ErrorInvalidId", "ErrorInvalidIdEmpty", "ErrorInvalidIdNotAnItemAttachmentId")
NO_MIME = ("ErrorMimeContentConversionFailed", "ErrorMimeContentInvalid", "ErrorUnsupportedMimeConversion",
           "ErrorCorruptData", "ErrorItemCorrupt", "ErrorContentConversionFailed", "ErrorMessageSizeExceeded",
           "ErrorUnsupportedTypeForConversion")  # fmt: skip
_DENIED = {
    "ErrorAccessDenied": "give the account full access to the mailbox",
    "ErrorCreateItemAccessDenied": "give the account full access to the mailbox",
    "ErrorImpersonateUserDenied": "assign it the ApplicationImpersonation role with a scope that holds the mailbox",
    "ErrorImpersonationDenied": "assign it the ApplicationImpersonation role with a scope that holds the mailbox",
    "ErrorImpersonationFailed": "assign it the ApplicationImpersonation role with a scope that holds the mailbox",
    "ErrorSendAsDenied": "give the account the right Send As for the mailbox",
    "ErrorNonExistentMailbox": "correct `mailbox`: it wants the primary address of a mailbox on this server",
    "ErrorMissingInformationEmailAddress": "correct `mailbox`: it wants the primary address of a mailbox here",
    "ErrorAccountDisabled": "enable the account",
    "ErrorPasswordExpired": "renew the password, and let it not expire",
    "ErrorQuotaExceeded": "make room in the mailbox",
}
_THROTTLED = frozenset({"ErrorServerBusy", "ErrorExceededConnectionCount", "ErrorExceededFindCountLimit"})
_BAD_DATA = frozenset(
    {"ErrorInvalidRecipients", "ErrorMissingRecipients", "ErrorInvalidSmtpAddress", "ErrorMessageSizeExceeded",
     "ErrorInvalidRecipientSubfilter", "ErrorMailRecipientNotFound", "ErrorRecipientNotFound"}
)  # fmt: skip
_UNSURE_HINT = "It is looked up before anything else."
_AGAIN_HINT = "It is tried again."
_UNAUTHORISED, _FORBIDDEN, _MISSING, _TOO_MANY, _UNAVAILABLE = 401, 403, 404, 429, 503


def refused_sign_in(who: Who) -> SignInRefused:
    """Return the error of a sign-in that was refused."""
    return SignInRefused(
        f"{who.named}: {who.server} refused the sign-in of {who.username}.",
        hint="Renew the password, unlock the account, and see that `auth_type` is one the server offers for EWS.",
    )


def unreachable(who: Who, words: str) -> PostroomError:
    """Return the error of a connection that was never made, so nothing was sent."""
    hint = "See that `server` is right and that the firewall lets Postroom through."
    message = f"{who.named}: {who.server} cannot be reached ({words})."
    return TransientError(message, hint=hint) if who.named.startswith("Target") else ConnectorDown(message, hint=hint)


def untrusted(who: Who) -> ConnectorDown:
    """Return the error of a certificate that nobody vouches for."""
    return ConnectorDown(
        f"{who.named}: the certificate of {who.server} is not trusted.",
        hint="Give the council's own authority as `ca_file`, or mend the server's name.",
    )


def lost(who: Who, words: str) -> PostroomError:
    """Return the error of an answer that never came."""
    if who.writes:
        return DeliveryUncertain(f"{who.named}: {who.server} was sent a letter; {words}.", hint=_UNSURE_HINT)
    return TransientError(f"{who.named}: the connection to {who.server} was lost ({words}).", hint=_AGAIN_HINT)


def throttled(who: Who, retry_after: float | None) -> TransientError:
    """Return the error of a request that was turned away before it was looked at."""
    return TransientError(
        f"{who.named}: {who.server} asks to wait; the account's throttling policy or its load is the cause.",
        hint="It is tried again.",
        retry_after=retry_after,
    )


def http_error(who: Who, answer: HttpAnswer) -> PostroomError:
    """Return what an answer that is no SOAP means."""
    if answer.status == _UNAUTHORISED:
        return refused_sign_in(who)
    if answer.status == _TOO_MANY or (answer.status == _UNAVAILABLE and answer.retry_after is not None):
        return throttled(who, answer.retry_after)
    if answer.status in (_FORBIDDEN, _MISSING) or answer.status in range(300, 400):
        return ConnectorDown(
            f"{who.named}: {who.server} does not offer its web services here ({answer.status}).",
            hint="Correct `address`, and see that EWS is on for the mailbox and the account.",
        )
    return lost(who, f"it answered {answer.status}")


def code_error(who: Who, code: str, back_off: float | None = None) -> PostroomError:
    """Return what a response code means that no caller knows better."""
    if code in _THROTTLED:
        return throttled(who, back_off)
    if code in _DENIED:
        message = f"{who.named}: {who.server} does not let {who.username} into {who.mailbox} ({code})."
        return ConnectorDown(message, hint=f"As an Exchange administrator, {_DENIED[code]}.")
    if code in NO_FOLDER:
        message = f"{who.named}: a folder is not there ({code})."
        return ConnectorDown(message, hint="Make it, or correct the folders; `postroom check` says which.")
    if who.writes and code in _BAD_DATA:
        return RefusedByTarget(f"{who.named}: the letter was refused ({code}).", hint="Correct the address.")
    return lost(who, f"it answered {code}")
