"""Why a sign-in through OpenID Connect was refused: little for the person at the screen, all of it for ICT's log."""

from __future__ import annotations

from enum import StrEnum

import structlog

from postroom.errors import PostroomError

_log = structlog.get_logger("sign-in")


class Reason(StrEnum):
    """What was wrong, as the log names it; docs/sign-in.md says what to do about each."""

    PENDING_OLD = "pending-old"
    PENDING_USED = "pending-used"
    STATE = "state"
    ANSWER_ISSUER = "answer-issuer"
    PROVIDER_SAID_NO = "provider-said-no"
    NO_CODE = "no-code"
    UNREACHABLE = "unreachable"
    NOT_UNDERSTOOD = "not-understood"
    DISCOVERY_ISSUER = "discovery-issuer"
    UNSAFE_ADDRESS = "unsafe-address"
    NO_PKCE = "no-pkce"
    CODE_REFUSED = "code-refused"
    NO_TOKEN = "no-token"  # noqa: S105 - a reason's name
    MALFORMED = "malformed"
    ALGORITHM = "algorithm"
    UNKNOWN_KEY = "unknown-key"
    SIGNATURE = "signature"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    NONCE = "nonce"
    TENANT = "tenant"
    HASH = "hash"
    CLAIM = "claim"
    TOO_MANY_GROUPS = "too-many-groups"
    NO_ROLE = "no-role"


_WORDS = "You could not be signed in."
_AGAIN = "Try again. If it happens again, tell ICT the time."
_WORDS_OF: dict[Reason, tuple[str, str]] = {
    Reason.PENDING_OLD: ("Signing in took too long.", "Start again."),
    Reason.UNREACHABLE: ("The council's sign-in service does not answer.", "Try again in a few minutes, or tell ICT."),
    Reason.TOO_MANY_GROUPS: (
        "You could not be signed in, because you are in too many groups.",
        "Ask ICT to give you access by an app role.",
    ),
    Reason.NO_ROLE: (
        "You are signed in to the council, but you have no access to the post room.",
        "Ask your team lead or ICT to give you access.",
    ),
}


class SignInFailed(PostroomError):
    """Somebody could not be signed in; the message and hint are for that person, `reason` and `detail` for ICT."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(_WORDS_OF.get(reason, (_WORDS, ""))[0], hint=_WORDS_OF.get(reason, ("", _AGAIN))[1])
        self.reason = reason
        self.detail = detail
        """Names of claims, endpoints and codes; no token and nothing about the person."""

    def log(self) -> None:
        """Tell ICT what was wrong."""
        _log.warning("sign-in refused", error=str(self.reason), hint=self.detail)
