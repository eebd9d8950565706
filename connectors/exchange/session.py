"""The one way to Exchange Server: signed in, one request at a time, each fault named by what it proves.

exchangelib signs in (NTLM or Basic), speaks SOAP, impersonates and knows the server's versions. Its own repeating is
off: it would send a letter again whose first answer was lost. Only a request that the server turned away unlooked-at
is repeated here, a few times, and only for an inbox: targets leave that to the ledger.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from exchangelib import BASIC, DELEGATE, IMPERSONATION, NTLM, UTC, Account, Configuration, Credentials, FailFast  # type: ignore[import-untyped]
from exchangelib.errors import (  # type: ignore[import-untyped]
    ErrorServerBusy,
    ErrorTimeoutExpired,
    EWSError,
    ResponseMessageError,
    UnauthorizedError,
)
from exchangelib.protocol import Protocol  # type: ignore[import-untyped]
from exchangelib.services.common import EWSAccountService  # type: ignore[import-untyped]
from exchangelib.version import EXCHANGE_2016, Version  # type: ignore[import-untyped]
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import ConnectTimeout, RequestException, SSLError
from urllib3.exceptions import NewConnectionError

from connectors.exchange.calls import Element, name_of
from connectors.exchange.errors import (
    HttpAnswer,
    Refusal,
    Who,
    code_error,
    http_error,
    lost,
    refused_sign_in,
    unreachable,
    untrusted,
)
from connectors.exchange.settings import ExchangeAccount
from postroom.errors import PostroomError, TransientError

_CONNECT_SECONDS = 15.0
_TURNS = 4
_LONGEST_WAIT_SECONDS = 60.0

# At a fault exchangelib logs the request with every word in it, and at the level of debugging every answer.
logging.getLogger("exchangelib").setLevel(logging.CRITICAL + 1)


class Session:
    """Signed-in requests for one mailbox."""

    def __init__(self, account: ExchangeAccount, named: str, mailbox: str = "", *, patient: bool = False) -> None:
        self.mailbox = mailbox or account.mailbox
        self._settings = account
        self._named = named
        self._server = urlsplit(account.endpoint).hostname or account.endpoint
        self._turns = _TURNS if patient else 1
        self._account = _account(account, self.mailbox)

    @property
    def version(self) -> str:
        """What the server says it is."""
        return str(self._account.version.build)

    def ask(self, request: Element, *, writes: bool = False, seen: Collection[str] = ()) -> list[Element | Refusal]:
        """Send one request and return its response messages, those with a code among `seen` as refusals.

        Args:
            request: The body.
            writes: Whether a record may come of it, so that a lost answer is an unknown outcome.
            seen: Response codes that the caller knows the meaning of.

        Raises:
            PostroomError: Anything went wrong.
        """
        who = Who(self._named, self._server, self.mailbox, self._settings.username, writes)
        for turn in range(1, self._turns + 1):
            try:
                return self._ask(request, who, seen)
            except TransientError as error:
                wait = error.retry_after
                if wait is None or wait > _LONGEST_WAIT_SECONDS or turn == self._turns:
                    raise
            time.sleep(wait)
        raise AssertionError("the last turn returns or raises")

    def one(self, request: Element, *, writes: bool = False, seen: Collection[str] = ()) -> Element:
        """Send a request that has one response message, and return it.

        Raises:
            Refusal: Its code is one of `seen`.
            PostroomError: Anything else went wrong.
        """
        (answer,) = self.ask(request, writes=writes, seen=seen)
        if isinstance(answer, Refusal):
            raise answer
        return answer

    def close(self) -> None:
        """Close the connection; the next request opens it again."""
        self._account.protocol.close()

    def _ask(self, request: Element, who: Who, seen: Collection[str]) -> list[Element | Refusal]:
        service = _service(name_of(request))(account=self._account, timeout=self._timeouts())
        try:
            answers = list(service._get_elements(payload=request))
        except HttpAnswer as answer:
            raise http_error(who, answer) from None
        except RequestException:
            raise lost(who, "no clear answer came") from None
        except EWSError as error:
            answers = [error]
        if not answers:
            raise lost(who, "an empty answer came")
        return [_told(answer, who, seen) for answer in answers]

    def _timeouts(self) -> tuple[float, float]:
        return min(_CONNECT_SECONDS, self._settings.timeout_seconds), self._settings.timeout_seconds


def _told(answer: Any, who: Who, seen: Collection[str]) -> Any:
    if not isinstance(answer, Exception):
        return answer
    meaning = _meaning(answer, who, seen)
    if not isinstance(meaning, Refusal):
        raise meaning from None
    return meaning


def _meaning(error: EWSError, who: Who, seen: Collection[str]) -> Exception:
    cause = error.__context__
    if isinstance(error, ErrorServerBusy) and isinstance(cause, EWSError):
        # exchangelib calls other codes busy too, which does not say that nothing was done.
        error, cause = cause, None
    code = type(error).__name__
    if code in seen:
        return Refusal(code)
    if isinstance(error, UnauthorizedError):
        return refused_sign_in(who)
    if isinstance(cause, SSLError):
        return untrusted(who) if "CERTIFICATE_VERIFY_FAILED" in str(cause) else lost(who, "encryption failed")
    if isinstance(error, ErrorTimeoutExpired) and cause is not None:
        return _of_connection(cause, who)
    if not isinstance(error, ResponseMessageError):
        return lost(who, "an answer came that is no answer of Exchange")
    return code_error(who, code, getattr(error, "back_off", None) or None)


def _of_connection(error: BaseException, who: Who) -> PostroomError:
    if isinstance(error, ConnectTimeout):
        return unreachable(who, "no answer in time")
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(error, NoConnection) and isinstance(reason, NewConnectionError):
        return unreachable(who, "no connection")
    return lost(who, "no answer in time" if "Timeout" in type(error).__name__ else "it was closed")


class _OneTry(FailFast):  # type: ignore[misc]
    """Tells every answer that is no SOAP by its status and how long it asks to wait."""

    def raise_response_errors(self, response: Any) -> None:
        is_soap = response.content.lstrip(b"\xef\xbb\xbf")[:12].startswith((b"<?xml", b"<s:Envelope"))
        if response.status_code == 200 or (response.status_code == 500 and is_soap):
            return
        raise HttpAnswer(response.status_code, _seconds(response.headers.get("Retry-After")))


def _seconds(text: str | None) -> float | None:
    """Return how long a Retry-After asks to wait, given in seconds; another form counts as a minute."""
    if text is None:
        return None
    return float(text) if text.strip().isdigit() else 60.0


class _OwnProtocol(Protocol):  # type: ignore[misc]
    """Connections of one connector, which trust whom its settings trust."""

    RETRY_WAIT = 0
    """exchangelib would make up a time to wait where the server names none."""
    ca_file: str | None = None

    def create_session(self) -> Any:
        session = super().create_session()
        if self.ca_file:
            session.mount(self.service_endpoint, _Trusting(self.ca_file))
        return session


class _Trusting(HTTPAdapter):
    """Trusts one authority whatever the environment says, which requests would heed before its session."""

    def __init__(self, ca_file: str) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0, pool_block=True)
        self._ca_file = ca_file

    def send(self, request: Any, **more: Any) -> Any:  # type: ignore[override]
        return super().send(request, **more | {"verify": self._ca_file})


def _account(settings: ExchangeAccount, mailbox: str) -> Any:
    config = Configuration(
        service_endpoint=settings.endpoint,
        credentials=Credentials(settings.username, settings.password.get_secret_value()),
        auth_type=NTLM if settings.auth_type == "ntlm" else BASIC,
        version=Version(build=EXCHANGE_2016),
        retry_policy=_OneTry(),
        # One request at a time: the others wait their turn.
        max_connections=1,
    )
    access = DELEGATE if settings.access == "delegate" else IMPERSONATION
    account = Account(mailbox, config=config, access_type=access, default_timezone=UTC)
    # exchangelib shares connections among all of a process; ours differ in whom they trust.
    account.protocol = type.__call__(_OwnProtocol, config=config)
    account.protocol.ca_file = str(settings.ca_file) if settings.ca_file else None
    return account


_services: dict[str, Any] = {}


def _service(name: str) -> Any:
    """Return exchangelib's way to an operation, which gives response messages as they are."""
    if name not in _services:
        _services[name] = type(name, (_Plain,), {"SERVICE_NAME": name})
    return _services[name]


class _Plain(EWSAccountService):  # type: ignore[misc]
    SERVICE_NAME = ""
    ERRORS_TO_CATCH_IN_RESPONSE = EWSError
    WARNINGS_TO_CATCH_IN_RESPONSE = EWSError

    @classmethod
    def _get_soap_parts(cls, response: Any) -> Any:
        return super()._get_soap_parts(_Whole(response.content))

    @classmethod
    def _get_elements_in_container(cls, container: Any) -> list[Any]:
        return [container]


class _Whole:
    """An answer in one piece: exchangelib would read it byte by byte, which takes ten seconds for a large mail."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def iter_content(self) -> bytes:
        return self._content
