"""One HTTP request at a time, never repeated, with every fault named by what it proves.

What proves that nothing was sent: no connection (DNS, TCP, TLS), 401, 403, 429, and a 503 that is declared safe.
Everything else after the first byte leaves a record's fate unknown.
"""

from __future__ import annotations

import base64
import json
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlsplit

import httpx

from connectors.rest.settings import (
    ApiKeySignIn,
    BasicSignIn,
    BearerSignIn,
    ClientCredentialsSignIn,
    RestSettings,
)
from connectors.waiting import asked_to_wait
from postroom.errors import ConnectorDown, DeliveryUncertain, SignInRefused, TransientError

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_TOKEN_MARGIN_SECONDS = 30
_UNAUTHORISED, _FORBIDDEN, _TOO_MANY, _UNAVAILABLE = 401, 403, 429, 503


class NotJson(Exception):
    """The answer is not JSON."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    method: str
    path: str
    """A path below the base address, or a whole address."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    """Sent as JSON; with files, the part that holds the JSON is among them."""
    files: Sequence[tuple[str, tuple[str | None, bytes, str]]] = ()
    writes: bool = False
    """Whether a record may come of it, so that a lost answer is an unknown outcome."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)

    def json(self) -> Any:
        """Return the content as JSON.

        Raises:
            NotJson: It is something else: a page, nothing, half an answer.
        """
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            raise NotJson from None


class Client:
    """Speaks to one API as one robot."""

    def __init__(self, settings: RestSettings) -> None:
        self._settings = settings
        self._token = ""
        self._token_until = 0.0
        self._http = httpx.Client(
            # A kept connection that the server closes in the same moment would make an unknown outcome of nothing.
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=False,
            proxy=settings.proxy or None,
            verify=ssl.create_default_context(cafile=str(settings.ca_file)) if settings.ca_file else True,
            timeout=httpx.Timeout(settings.answer_seconds, connect=settings.connect_seconds),
        )

    def send(self, call: Call) -> Answer:
        """Send a request once and return its answer, whatever its status but those that prove it was not processed.

        Raises:
            TransientError: Provably not processed, or it was only a look.
            DeliveryUncertain: It may have made a record, and no whole answer came.
            SignInRefused: 401 or 403.
            ConnectorDown: A redirect, or an address that cannot be.
        """
        answer = self._send(call)
        signs_in_by_token = isinstance(self._settings.authentication, ClientCredentialsSignIn)
        if answer.status == _UNAUTHORISED and signs_in_by_token:
            # A 401 is proof that nothing was done, so one new token may be tried.
            self._token = ""
            answer = self._send(call)
        self._refuse_unprocessed(call, answer)
        return answer

    def close(self) -> None:
        """Give the connection back."""
        self._http.close()

    def _send(self, call: Call) -> Answer:
        headers = {**self._settings.headers, **self._signed(), **call.headers}
        options: dict[str, Any] = (
            {"headers": headers, "params": dict(call.query)} if call.query else {"headers": headers}
        )
        if call.files:
            options["files"] = call.files
        elif call.body is not None:
            options["json"] = call.body
        return self._exchange(call.method, self._address(call.path), options, call.writes)

    def _exchange(self, method: str, address: str, options: dict[str, Any], writes: bool) -> Answer:
        try:
            with self._http.stream(method, address, **options) as response:
                content = self._whole(response)
        except _NOT_SENT as error:
            raise TransientError(
                f"{self._named()} cannot be reached ({_reason(error)}).", hint="It is tried again by itself."
            ) from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
            raise ConnectorDown(
                f"{self._named()} has an address that cannot be used.", hint="Correct base_url and paths."
            ) from None
        except (httpx.HTTPError, _TooLong, _TooSlow, ssl.SSLError, OSError) as error:
            self._lost(writes, _reason(error))
        return Answer(response.status_code, dict(response.headers), content)

    def _whole(self, response: httpx.Response) -> bytes:
        deadline, content = time.monotonic() + self._settings.answer_seconds, bytearray()
        for piece in response.iter_bytes():
            content += piece
            if len(content) > self._settings.max_answer_bytes:
                raise _TooLong
            if time.monotonic() > deadline:
                raise _TooSlow
        return bytes(content)

    def _lost(self, writes: bool, reason: str) -> NoReturn:
        if writes:
            raise DeliveryUncertain(
                f"{self._named()} was sent a record and gave no whole answer ({reason}).",
                hint="It is looked up before anything else.",
            ) from None
        raise TransientError(f"{self._named()} gave no whole answer ({reason}).", hint="It is asked again.") from None

    def _refuse_unprocessed(self, call: Call, answer: Answer) -> None:
        status, named = answer.status, self._named()
        if status in (_UNAUTHORISED, _FORBIDDEN):
            hint = "Check the robot's account and its rights."
            raise SignInRefused(f"{named} refused the robot's sign-in ({status}).", hint=hint)
        if status == _TOO_MANY or (status == _UNAVAILABLE and (self._settings.busy_is_not_sent or not call.writes)):
            wait = asked_to_wait(answer.headers)
            raise TransientError(f"{named} is busy ({status}).", hint="It is tried again later.", retry_after=wait)
        if 300 <= status < 400 and not call.writes:
            hint = "Often a sign-in page: check the address and the robot's account."
            raise ConnectorDown(f"{named} sent us elsewhere ({status}), which is not followed.", hint=hint)
        if status >= 500 and not call.writes:
            raise TransientError(f"{named} failed while being asked ({status}).", hint="It is asked again.")

    def _address(self, path: str) -> str:
        if urlsplit(path).scheme:
            return path
        return self._settings.base_url + "/" + path.lstrip("/")

    def _named(self) -> str:
        return f'The target "{self._settings.name}"'

    def _signed(self) -> dict[str, str]:
        sign_in = self._settings.authentication
        if isinstance(sign_in, BasicSignIn):
            return _basic(sign_in.username, sign_in.password.get_secret_value())
        if isinstance(sign_in, BearerSignIn):
            return {"Authorization": f"Bearer {sign_in.token.get_secret_value()}"}
        if isinstance(sign_in, ApiKeySignIn):
            return {sign_in.header: sign_in.key.get_secret_value()}
        if isinstance(sign_in, ClientCredentialsSignIn):
            return {"Authorization": f"Bearer {self._current_token(sign_in)}"}
        return {}

    def _current_token(self, sign_in: ClientCredentialsSignIn) -> str:
        if not self._token or time.monotonic() > self._token_until:
            self._fetch_token(sign_in)
        return self._token

    def _fetch_token(self, sign_in: ClientCredentialsSignIn) -> None:
        form, headers = {"grant_type": "client_credentials"}, {}
        if sign_in.scope:
            form["scope"] = sign_in.scope
        secret = sign_in.client_secret.get_secret_value()
        if sign_in.credentials_in == "body":
            form |= {"client_id": sign_in.client_id, "client_secret": secret}
        else:
            headers = _basic(sign_in.client_id, secret)
        options = {"data": form, "headers": headers}
        answer = self._exchange("POST", self._address(sign_in.token_url), options, writes=False)
        if answer.status in (400, _UNAUTHORISED, _FORBIDDEN):
            hint = "Check client_id and client_secret."
            raise SignInRefused(f"{self._named()} gave the robot no token ({answer.status}).", hint=hint)
        try:
            given = answer.json()
            self._token = str(given["access_token"])
            lasts = float(given.get("expires_in") or 300)
        except (NotJson, KeyError, TypeError, ValueError, AttributeError):
            hint = "Check token_url, if this goes on."
            raise TransientError(f"{self._named()} gave no usable token ({answer.status}).", hint=hint) from None
        self._token_until = time.monotonic() + max(lasts - _TOKEN_MARGIN_SECONDS, lasts / 2)


class _TooLong(Exception):
    """the answer was too long"""


class _TooSlow(Exception):
    """the answer took too long"""


def _basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


def _reason(error: Exception) -> str:
    # Only the kind of fault: a library's own text may quote the request.
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.ConnectError):
        return "no connection"
    if isinstance(error, (_TooLong, _TooSlow)):
        return str(error.__doc__)
    return "the connection broke"
