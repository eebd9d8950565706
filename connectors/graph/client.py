"""Microsoft Graph for the rest of a connector, which is plain code that waits: the SDK on a loop of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, TypeVar

from connectors.graph.errors import FORBIDDEN, GraphRefusal, code_of, forbidden
from connectors.graph.settings import GraphAccount
from postroom.errors import DeliveryUncertain, PostroomError, TransientError

if TYPE_CHECKING:
    import httpx
    from msgraph.graph_service_client import GraphServiceClient

    from connectors.graph.transport import Manner

Found = TypeVar("Found")
_HEADER_BYTES = 256_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back to a plain request."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes = field(repr=False)

    def json(self) -> Any:
        """Return the content as JSON."""
        return json.loads(self.content)


@dataclass(frozen=True, slots=True)
class Streamed:
    """A large content, read piece by piece up to a limit."""

    content: bytes = field(repr=False)
    """All of it, or what came before the limit was passed."""
    whole: bool


class GraphClient:
    """One account at Graph; opens nothing until it is used."""

    def __init__(self, account: GraphAccount, named: str, patience_seconds: float = 0.0) -> None:
        """Keep the settings.

        Args:
            account: Whose robot it is.
            named: How errors name the connector, such as `Inbox "post"`.
            patience_seconds: For how long calls that write no record are repeated here; 0 leaves repeating to others.
        """
        self._account = account
        self._named = named
        self._patience = patience_seconds
        self._lock = Lock()
        self._http: httpx.AsyncClient | None = None
        self._graph: GraphServiceClient | None = None

    def run(self, act: Callable[[GraphServiceClient], Awaitable[Found]], *, writes: bool = False) -> Found:
        """Do something with the SDK and wait for it.

        Args:
            act: Makes calls and returns what they found.
            writes: Whether a record may come of it, so that a lost answer is an unknown outcome.

        Raises:
            GraphRefusal: A clear no that the caller has to understand.
            TransientError: Nothing was done, or it was only a look.
            DeliveryUncertain: A record may have come of it.
            ConnectorDown: The account may not do this, or the way to Graph is wrong.
        """
        return self._wait(self._by_sdk(act), writes)

    def raw(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        writes: bool = False,
        authorised: bool = True,
        mailbox: str = "",
    ) -> Answer:
        """Send a plain request, for what the SDK has no words for; raises as `run` does.

        Args:
            method: HTTP method.
            path: A path below Graph's address, or a whole address.
            json: A body to send as JSON.
            content: A body to send as it is.
            headers: Headers besides the token.
            writes: Whether a record may come of it.
            authorised: Whether the token goes along; never with an upload session's address.
            mailbox: Whose turn the call takes, where the path does not say.
        """

        async def send() -> Answer:
            from connectors.graph.transport import MAILBOX, UNSIGNED

            extensions = {UNSIGNED: not authorised, MAILBOX: mailbox}
            response = await self._client().request(
                method, self._address(path), json=json, content=content, headers=dict(headers or {}),
                extensions=extensions,
            )  # fmt: skip
            if response.status_code >= 300:
                raise GraphRefusal(response.status_code, code_of(response.content), response.headers)
            return Answer(response.status_code, dict(response.headers), response.content)

        return self._wait(send(), writes)

    def stream(self, path: str, limit: int) -> Streamed:
        """Read a content piece by piece and stop when it passes a limit, in bytes; raises as `run` does."""

        async def read() -> Streamed:
            content = bytearray()
            async with self._client().stream("GET", self._address(path)) as response:
                if response.status_code >= 300:
                    raise GraphRefusal(response.status_code, code_of(await response.aread()), response.headers)
                async for piece in response.aiter_bytes():
                    content += piece
                    if len(content) > limit:
                        return Streamed(bytes(content[:_HEADER_BYTES]), whole=False)
            return Streamed(bytes(content), whole=True)

        return self._wait(read(), writes=False)

    def side_by_side(self, acts: Sequence[Callable[[], Found]]) -> list[Found]:
        """Do several things at one time, each of them plain code that uses this client, and return what they found."""
        from concurrent.futures import ThreadPoolExecutor

        if len(acts) < 2:
            return [act() for act in acts]
        with ThreadPoolExecutor(self._account.calls_at_once) as threads:
            return list(threads.map(lambda act: act(), acts))

    def close(self) -> None:
        """Close the connections; the next call opens them again."""
        with self._lock:
            http, self._http, self._graph = self._http, None, None
        if http is not None:
            asyncio.run_coroutine_threadsafe(http.aclose(), _loop()).result()

    def _wait(self, act: Awaitable[Found], writes: bool) -> Found:
        from connectors.graph.transport import Manner

        manner = Manner(writes, 0.0 if writes else self._patience)
        return asyncio.run_coroutine_threadsafe(self._act(act, manner), _loop()).result()

    async def _act(self, act: Awaitable[Found], manner: Manner) -> Found:
        import httpx
        from kiota_abstractions.api_error import APIError

        from connectors.graph.transport import MANNER

        MANNER.set(manner)
        try:
            return await act
        except GraphRefusal as refusal:
            if refusal.status == FORBIDDEN:
                raise forbidden(self._named, refusal.code) from None
            raise
        except APIError as error:
            status, code = error.response_status_code or 0, getattr(getattr(error, "error", None), "code", "") or ""
            if status == FORBIDDEN:
                raise forbidden(self._named, code) from None
            raise GraphRefusal(status, code, error.response_headers) from None
        except PostroomError:
            raise
        except httpx.HTTPError:
            # The answer broke off after its head, so what was asked for was done or not.
            raise self._no_answer("an answer broke off", manner) from None
        except Exception:
            # The SDK raises plain exceptions for an answer that is no JSON, such as a proxy's own page.
            raise self._no_answer("an answer is not Graph's own", manner) from None

    def _no_answer(self, why: str, manner: Manner) -> DeliveryUncertain | TransientError:
        message = f"{self._named}: Microsoft Graph gave no clear answer ({why})."
        return DeliveryUncertain(message) if manner.writes else TransientError(message, hint="Tried again.")

    async def _by_sdk(self, act: Callable[[GraphServiceClient], Awaitable[Found]]) -> Found:
        return await act(self._service())

    def _service(self) -> GraphServiceClient:
        from kiota_abstractions.authentication import AnonymousAuthenticationProvider
        from msgraph.graph_request_adapter import GraphRequestAdapter
        from msgraph.graph_service_client import GraphServiceClient

        http = self._client()
        if self._graph is None:
            # The transport signs, so that a token that runs out between two attempts is renewed in one place.
            adapter = GraphRequestAdapter(AnonymousAuthenticationProvider(), http)
            adapter.base_url = self._account.graph_address
            self._graph = GraphServiceClient(request_adapter=adapter)
        return self._graph

    def _client(self) -> httpx.AsyncClient:
        import httpx

        from connectors.graph.sign_in import Tokens
        from connectors.graph.transport import GraphTransport, timeouts

        with self._lock:
            if self._http is None:
                tokens = Tokens(self._account, self._named)
                transport = GraphTransport(self._account, tokens, self._named)
                self._http = httpx.AsyncClient(transport=transport, timeout=timeouts(self._account), trust_env=False)
            return self._http

    def _address(self, path: str) -> str:
        return path if path.startswith(("https://", "http://")) else f"{self._account.graph_address}/{path.lstrip('/')}"


_started: list[asyncio.AbstractEventLoop] = []
_starting = Lock()


def _loop() -> asyncio.AbstractEventLoop:
    """Return the loop of all Graph clients of this process, which runs on a thread of its own."""
    with _starting:
        if not _started:
            loop = asyncio.new_event_loop()
            Thread(target=loop.run_forever, name="graph", daemon=True).start()
            _started.append(loop)
        return _started[0]
