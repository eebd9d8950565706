"""The one way every call to Graph goes: signed, in turn, with immutable ids, and each fault named by what it proves.

The SDK's own retries are off: it would repeat a POST whose first answer was lost. Here a call is repeated only where
the caller has patience and repeating does no harm, or where an answer proves that nothing was done.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import NoReturn

import httpx

from connectors.graph.settings import GraphAccount
from connectors.graph.sign_in import Tokens
from connectors.graph.slots import Limit, Slots
from connectors.waiting import asked_to_wait, pause
from postroom.errors import ConnectorDown, DeliveryUncertain, SignInRefused, TransientError

UNSIGNED = "postroom-unsigned"
"""Extension of a request that must carry no token: upload sessions have their own in the address."""
MAILBOX = "postroom-mailbox"
"""Extension of a request that names the mailbox whose turn it takes, where its path does not."""
IMMUTABLE = 'IdType="ImmutableId"'
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_UNAUTHORISED, _TIMED_OUT, _TOO_MANY, _UNAVAILABLE = 401, 408, 429, 503
_GATEWAY_TIMED_OUT = 504
_PASSING = (_TIMED_OUT, _TOO_MANY, 500, 502, _UNAVAILABLE, _GATEWAY_TIMED_OUT)
_BROKEN = (500, 502, _GATEWAY_TIMED_OUT)
_MOST_BROKEN = 3
"""Failures of Graph's own after which one thing is taken to be broken, whatever patience there is left."""
_OUTLOOK = ("messages", "mailfolders", "outlook", "sendmail")
_CONNECT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How a call is made."""

    writes: bool = False
    """Whether a record may come of it, so that a lost answer is an unknown outcome."""
    patience_seconds: float = 0.0
    """For how long it may be repeated here, because repeating does no harm."""


MANNER: ContextVar[Manner] = ContextVar("manner")


@dataclass(slots=True)
class Quiet:
    """Until when a mailbox is left alone because it asked for it, on this process's own clock."""

    until: dict[str, float] = field(default_factory=dict)

    def ask(self, mailbox: str, seconds: float) -> None:
        """Leave a mailbox alone for some seconds."""
        self.until[mailbox] = max(self.until.get(mailbox, 0.0), time.monotonic() + seconds)

    def left(self, mailbox: str) -> float:
        """Return for how many seconds a mailbox is still to be left alone."""
        return max(self.until.get(mailbox, 0.0) - time.monotonic(), 0.0)


class GraphTransport(httpx.AsyncBaseTransport):
    """Sends requests to Graph for one account."""

    def __init__(self, account: GraphAccount, tokens: Tokens, named: str) -> None:
        self._account = account
        self._tokens = tokens
        self._named = named
        self._host = httpx.URL(account.graph_address).host
        self._quiet = Quiet()
        self._inner = httpx.AsyncHTTPTransport(
            verify=ssl.create_default_context(cafile=str(account.ca_file)) if account.ca_file else True,
            proxy=account.proxy or None,
            # Kept connections save a handshake a call.
            limits=httpx.Limits(max_connections=8, max_keepalive_connections=8, keepalive_expiry=20.0),
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; an answer whose status proves success or a clear no is returned, the rest is raised.

        Raises:
            TransientError: Nothing was done, or it was only a look.
            DeliveryUncertain: A record may have come of it.
            SignInRefused: The account may not do this.
        """
        manner = MANNER.get(Manner())
        mailbox = request.extensions.get(MAILBOX, "").lower() or mailbox_of(request.url.path)
        until, attempt, broken = time.monotonic() + manner.patience_seconds, 0, 0
        while True:
            await self._wait_for_quiet(mailbox, until)
            try:
                response = await self._signed(request, mailbox)
            except httpx.HTTPError as error:
                wait = pause({}, attempt)
                if time.monotonic() + wait > until:
                    self._lost(error, manner)
            else:
                if response.status_code not in _PASSING:
                    return response
                wait = pause(response.headers, attempt)
                await response.aclose()
                broken += response.status_code in _BROKEN
                if mailbox and (response.status_code == _TOO_MANY or asked_to_wait(response.headers)):
                    self._quiet.ask(mailbox, wait)
                if time.monotonic() + wait > until or broken >= _MOST_BROKEN:
                    self._passed(response, manner)
            attempt += 1
            await asyncio.sleep(wait)

    async def _wait_for_quiet(self, mailbox: str, until: float) -> None:
        left = self._quiet.left(mailbox)
        if left and time.monotonic() + left > until:
            raise self._busy("asked to be left alone", left)
        await asyncio.sleep(left)

    async def _signed(self, request: httpx.Request, mailbox: str) -> httpx.Response:
        """Send with a token; a refused one is renewed once, for a 401 proves that nothing was done."""
        if request.extensions.get(UNSIGNED):
            return await self._in_turn(request, mailbox)
        if request.url.host != self._host:
            raise ConnectorDown(
                f"{self._named}: Microsoft Graph refers to another host, to which no token is given.",
                hint="Compare `graph_address` with your cloud's.",
            )
        token = await asyncio.to_thread(self._tokens.current)
        response = await self._in_turn(_with_head(request, token), mailbox)
        if response.status_code == _UNAUTHORISED:
            await response.aclose()
            token = await asyncio.to_thread(self._tokens.after_refusal, token)
            response = await self._in_turn(_with_head(request, token), mailbox)
        if response.status_code == _UNAUTHORISED:
            await response.aclose()
            raise SignInRefused(
                f"{self._named}: Microsoft Graph does not take the robot's token.",
                hint="Compare `graph_address` and `sign_in_address`: both must be of the same cloud.",
            )
        return response

    async def _in_turn(self, request: httpx.Request, mailbox: str) -> httpx.Response:
        slots = Slots()
        try:
            await slots.take(self._limits(mailbox))
            response = await self._inner.handle_async_request(request)
        except BaseException:
            slots.give_back()
            raise
        # The place is taken until the whole answer is read.
        response.stream = _Held(response.stream, slots)  # type: ignore[arg-type]
        response.request = request
        return response

    def _limits(self, mailbox: str) -> Iterable[Limit]:
        if mailbox:
            account = self._account
            yield Limit(f"graph|{account.graph_address}|{account.app}", account.app_calls_at_once)
            yield Limit(f"graph|{account.graph_address}|{account.app}|{mailbox}", account.calls_at_once)

    def _lost(self, error: httpx.HTTPError, manner: Manner) -> NoReturn:
        reason = "no answer in time" if isinstance(error, httpx.TimeoutException) else "the connection broke"
        if isinstance(error, _NOT_SENT):
            raise TransientError(
                f"{self._named}: Microsoft Graph cannot be reached.",
                hint="Tried again; see that the firewall lets this machine through, or set `proxy` and `ca_file`.",
            ) from None
        self._unknown(reason, manner)

    def _passed(self, response: httpx.Response, manner: Manner) -> NoReturn:
        if response.status_code == _TOO_MANY:
            raise self._busy("has too many calls (429)", asked_to_wait(response.headers))
        self._unknown(f"it answered {response.status_code}", manner, asked_to_wait(response.headers))

    def _unknown(self, reason: str, manner: Manner, wait: float | None = None) -> NoReturn:
        if manner.writes:
            raise DeliveryUncertain(
                f"{self._named}: a record was sent and Microsoft Graph gave no clear answer ({reason}).",
                hint="It is looked up before anything else.",
            ) from None
        raise TransientError(
            f"{self._named}: Microsoft Graph gave no clear answer ({reason}).", hint="Tried again.", retry_after=wait
        ) from None

    def _busy(self, what: str, wait: float | None) -> TransientError:
        return TransientError(f"{self._named}: Microsoft Graph {what}.", hint="Tried again later.", retry_after=wait)


class _Held(httpx.AsyncByteStream):
    """An answer's body that gives its place back when it is closed."""

    def __init__(self, inner: httpx.AsyncByteStream, slots: Slots) -> None:
        self._inner = inner
        self._slots = slots

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            yield piece

    async def aclose(self) -> None:
        try:
            await self._inner.aclose()
        finally:
            self._slots.give_back()


def mailbox_of(path: str) -> str:
    """Return whose mailbox a path asks, empty for anything else."""
    parts = [part.lower() for part in path.split("/")]
    place = next((place for place, part in enumerate(parts) if part == "users"), None)
    if place is None or len(parts) < place + 3 or parts[place + 2] not in _OUTLOOK:
        return ""
    return parts[place + 1]


def prefer(value: str) -> str:
    """Return a Prefer header that asks for immutable ids besides what the caller prefers."""
    return f"{IMMUTABLE}, {value}" if value and IMMUTABLE not in value else value or IMMUTABLE


def _with_head(request: httpx.Request, token: str) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token}"
    request.headers["Prefer"] = prefer(request.headers.get("Prefer", ""))
    return request


def timeouts(account: GraphAccount) -> httpx.Timeout:
    """Return how long each part of a call may take."""
    return httpx.Timeout(account.timeout_seconds, connect=min(_CONNECT_SECONDS, account.timeout_seconds))
