"""Several calls to one mailbox in one: fewer round trips, each part judged by itself.

The parts go one after the other (each depends on the one before), so that a batch takes one of the mailbox's four
places. A part that fails stops the ones behind it (424), which are then sent again without it.
Source: https://learn.microsoft.com/graph/json-batching
"""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.graph.client import Answer, GraphClient
from connectors.graph.errors import code_of, forbidden
from connectors.waiting import pause
from postroom.errors import TransientError

if TYPE_CHECKING:
    from kiota_abstractions.request_information import RequestInformation
    from msgraph.graph_service_client import GraphServiceClient

MOST = 20
"""Parts in one batch, by Graph's own limit."""
_FORBIDDEN, _UNANSWERED, _FAILED_BEFORE = 403, 408, 424
_AGAIN = (401, 408, 429, 500, 502, 503, 504)
BROKEN = (500, 502, 504)
"""What one mail can answer for ever while the mailbox works well."""
_MOST_BROKEN = 3

Build = Callable[["GraphServiceClient"], Sequence["RequestInformation"]]


def in_turn(
    client: GraphClient,
    named: str,
    mailbox: str,
    build: Build,
    *,
    together: bool = False,
    patience_seconds: float = 60.0,
) -> list[Answer]:
    """Send the requests that `build` makes with the SDK and return their answers in order, whatever their status.

    Each must be safe to repeat: one that gets no clear answer is sent again. One on which Graph itself fails three
    times is taken for the thing's own fault, and its answer is returned, so that it holds up no other.

    Args:
        client: The account.
        named: How errors name the connector.
        mailbox: Whose turn the calls take.
        build: Makes the requests, any number.
        together: Whether a part after a failed one must not be sent; else it is sent again without the failed one.
        patience_seconds: For how long it is repeated while not one part gets through.

    Raises:
        TransientError: A part got no clear answer for too long.
    """
    parts = client.run(lambda graph: _parts(graph, build(graph)))
    turn = _Turn(together)
    until, attempt = time.monotonic() + patience_seconds, 0
    while waiting := [place for place in range(len(parts)) if place not in turn.answers]:
        busy = turn.take(_send(client, mailbox, parts, waiting[:MOST]))
        if turn.got_on:
            until, attempt = time.monotonic() + patience_seconds, 0
        if busy:
            wait = max(pause(one.headers, attempt) for one in busy)
            attempt += 1
            if time.monotonic() + wait > until:
                raise TransientError(f"{named}: Microsoft Graph is busy.", hint="Tried again later.", retry_after=wait)
            time.sleep(wait)
    return [_allowed(turn.answers[place], named) for place in range(len(parts))]


@dataclass(slots=True)
class _Turn:
    """What came of the parts so far."""

    together: bool
    answers: dict[int, Answer] = field(default_factory=dict)
    """The answers that count, by the part's place."""
    broken: Counter[int] = field(default_factory=Counter)
    got_on: bool = False
    """Whether the last batch brought an answer that counts."""

    def take(self, got: Mapping[int, Answer]) -> list[Answer]:
        """Keep the answers that count and return those that ask for another try."""
        self.broken.update(place for place, one in got.items() if one.status in BROKEN)
        busy = {place for place, one in got.items() if self._asks_for_another_try(place, one)}
        stopped = {place for place, one in got.items() if one.status == _FAILED_BEFORE}
        # Behind a part that is tried again, or where parts stand for themselves, what was stopped is sent again.
        again = busy | (stopped if busy or not self.together else set())
        kept = {place: one for place, one in got.items() if place not in again}
        self.answers |= kept
        self.got_on = bool(kept)
        return [got[place] for place in busy]

    def _asks_for_another_try(self, place: int, answer: Answer) -> bool:
        return answer.status in _AGAIN and self.broken[place] < _MOST_BROKEN


def _allowed(answer: Answer, named: str) -> Answer:
    if answer.status == _FORBIDDEN:
        raise forbidden(named, code_of(answer.content))
    return answer


def _send(
    client: GraphClient, mailbox: str, parts: list[dict[str, Any]], places: Sequence[int]
) -> Mapping[int, Answer]:
    requests: list[dict[str, Any]] = []
    for place in places:
        before = {"dependsOn": [requests[-1]["id"]]} if requests else {}
        requests.append({"id": str(place), **parts[place], **before})
    answer = client.raw("POST", "$batch", json={"requests": requests}, mailbox=mailbox)
    try:
        got = {int(one["id"]): _answer(one) for one in answer.json()["responses"]}
    except (ValueError, KeyError, TypeError):
        got = {}
    # A part that was not answered at all is one that is sent again.
    return {place: got.get(place, Answer(_UNANSWERED, {}, b"")) for place in places}


def _answer(part: dict[str, Any]) -> Answer:
    body = part.get("body")
    # What is not JSON comes as base64.
    content = base64.b64decode(body) if isinstance(body, str) else json.dumps(body).encode() if body else b""
    headers = {name.lower(): str(value) for name, value in (part.get("headers") or {}).items()}
    return Answer(int(part["status"]), headers, content)


async def _parts(graph: GraphServiceClient, requests: Sequence[RequestInformation]) -> list[dict[str, Any]]:
    from connectors.graph.transport import prefer

    base = graph.request_adapter.base_url
    parts = []
    for request in requests:
        native: Any = await graph.request_adapter.convert_to_native_async(request)
        headers = {"Prefer": prefer(native.headers.get("prefer", ""))}
        if "if-match" in native.headers:
            headers["If-Match"] = native.headers["if-match"]
        part: dict[str, Any] = {"method": native.method, "url": str(native.url).removeprefix(base), "headers": headers}
        if native.content:
            headers["Content-Type"] = "application/json"
            part["body"] = json.loads(native.content)
        parts.append(part)
    return parts
