"""Sign-in through OpenID Connect: the authorisation code flow with PKCE, against one provider.

Nothing here is stored. What `begin` calls pending is kept on the server, bound to the browser's session; whoever
keeps it deletes it before calling `finish`, so that it serves once.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr

from config.sign_in import OpenIdSignIn, is_safe
from desk.web.sign_in.openid_failures import Reason, SignInFailed
from desk.web.sign_in.openid_provider import Provider, code_of
from desk.web.sign_in.openid_token import proven_claims
from postroom.staff import EVERY_TEAM, Role

PENDING_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in that has begun; kept on the server alone, because the verifier in it is a secret."""

    state: str
    nonce: str
    verifier: str
    at: float


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes to sign in, and what is kept until it comes back."""

    address: str
    pending: Pending


@dataclass(frozen=True, slots=True)
class Claimed:
    """Somebody the provider vouches for, and what the configuration makes them."""

    subject: str
    """Never given to another person: Entra ID's object ID, elsewhere the subject."""
    tenant: str
    name: str
    sign_in_name: str
    """For people to read; it can change hands, so nothing may be decided by it."""
    roles: frozenset[Role]
    teams: frozenset[str]
    restricted: bool
    session_id: str
    """The provider's name for its own session, empty where it gives none."""


class OpenId:
    """Signs people in at one provider; may be used by many threads at once."""

    def __init__(self, settings: OpenIdSignIn, secret: SecretStr, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._provider = Provider(settings, secret, clock)
        self._clock = clock
        self._lock = threading.Lock()
        self._used: dict[str, float] = {}

    @property
    def issuer(self) -> str:
        """The provider's issuer address: with a subject it names one person in the world."""
        return self._settings.provider

    def begin(self) -> Begun:
        """Begin a sign-in.

        Raises:
            SignInFailed: The provider cannot be used; the log says why.
        """
        with _logged():
            description = self._provider.description()
            state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
            pending = Pending(state, nonce, verifier, self._clock())
            with self._provider.session() as session:
                address, _ = session.create_authorization_url(
                    description["authorization_endpoint"],
                    state=pending.state,
                    nonce=pending.nonce,
                    code_verifier=pending.verifier,
                )
            return Begun(str(address), pending)

    def finish(self, pending: Pending, query: Mapping[str, str]) -> Claimed:
        """Return who has signed in, from the query with which the browser came back.

        Args:
            pending: What `begin` gave to this very browser, already deleted where it was kept.
            query: Names and values of the address's query.

        Raises:
            SignInFailed: Something did not hold; nobody is signed in, and the log says why.
        """
        with _logged():
            self._check_answer(pending, query)
            tokens = self._provider.exchange(query["code"], pending.verifier)
            claims = proven_claims(
                tokens,
                settings=self._settings,
                key_named=self._provider.key,
                nonce=pending.nonce,
                code=query["code"],
                clock=self._clock,
            )
            return _claimed(claims, self._settings)

    def sign_out_address(self) -> str:
        """Return where the browser goes to sign out at the provider too, empty where the provider offers none."""
        with _logged():
            address = str(self._provider.description().get("end_session_endpoint", ""))
        if not is_safe(address):
            return ""
        back = {"client_id": self._settings.client_id, "post_logout_redirect_uri": f"{self._settings.address}/sign-in"}
        return f"{address}{'&' if '?' in address else '?'}{urlencode(back)}"

    def _check_answer(self, pending: Pending, query: Mapping[str, str]) -> None:
        """Check what the browser brought, before anything in it is used."""
        if not 0 <= self._clock() - pending.at <= PENDING_SECONDS:
            raise SignInFailed(Reason.PENDING_OLD, f"The sign-in began more than {PENDING_SECONDS:.0f} seconds ago.")
        if not hmac.compare_digest(query.get("state", "").encode(), pending.state.encode()):
            raise SignInFailed(Reason.STATE, "The answer belongs to no sign-in that this browser began.")
        self._use_up(pending)
        self._check_answering(query)
        if "error" in query:
            raise SignInFailed(Reason.PROVIDER_SAID_NO, code_of(query))
        if not query.get("code"):
            raise SignInFailed(Reason.NO_CODE, "The answer holds neither a code nor an error.")

    def _use_up(self, pending: Pending) -> None:
        """Take a pending sign-in once in this process, should the caller have failed to delete it."""
        with self._lock:
            now = self._clock()
            self._used = {state: at for state, at in self._used.items() if now - at <= PENDING_SECONDS}
            if pending.state in self._used:
                raise SignInFailed(Reason.PENDING_USED, "This sign-in was finished before.")
            self._used[pending.state] = pending.at

    def _check_answering(self, query: Mapping[str, str]) -> None:
        """Check that the answer came from this provider, as RFC 9207 has it."""
        promised = self._provider.description().get("authorization_response_iss_parameter_supported") is True
        if ("iss" in query or promised) and query.get("iss") != self._settings.provider:
            raise SignInFailed(Reason.ANSWER_ISSUER, "The answer came from another provider.")


@contextmanager
def _logged() -> Iterator[None]:
    """Send every refusal to the log on its way out."""
    try:
        yield
    except SignInFailed as error:
        error.log()
        raise


def _claimed(claims: Mapping[str, Any], settings: OpenIdSignIn) -> Claimed:
    given = _names(claims, "roles") | _names(claims, "groups")
    if "groups" in (claims.get("_claim_names") or {}) or claims.get("hasgroups"):
        hint = "The person is in more groups than a token holds: use app roles, and take groups out of the token."
        raise SignInFailed(Reason.TOO_MANY_GROUPS, hint)
    roles = frozenset(role for name, role in settings.roles.items() if name in given)
    if not roles:
        hint = "Nothing under sign_in.roles names an app role or group of this person."
        raise SignInFailed(Reason.NO_ROLE, hint)
    subject = _text(claims, "oid" if settings.tenant else "sub")
    if not subject:
        raise SignInFailed(Reason.CLAIM, "The ID token does not say who the person is.")
    teams = frozenset(team for name, team in settings.teams.items() if name in given)
    return Claimed(
        subject=subject,
        tenant=_text(claims, "tid"),
        name=_text(claims, "name") or _text(claims, "preferred_username") or subject,
        sign_in_name=_text(claims, "preferred_username") or subject,
        roles=roles,
        teams=teams if settings.teams else frozenset({EVERY_TEAM}),
        restricted=bool({subject, *given} & set(settings.restricted)),
        session_id=_text(claims, "sid"),
    )


def _names(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    given = claims.get(claim)
    return frozenset(one for one in given if isinstance(one, str)) if isinstance(given, list) else frozenset()


def _text(claims: Mapping[str, Any], claim: str) -> str:
    given = claims.get(claim)
    return given if isinstance(given, str) else ""
