"""Several requests in one: at most 20, each with its own answer, four at a time for a mailbox."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import defaultdict
from typing import Any
from urllib.parse import unquote

from tests.servers.graph.answers import Refusal
from tests.servers.graph.front import GRAPH, Front, Reply
from tests.servers.graph.seen import MAILBOX, Seen

MOST = 20
AT_A_TIME = 4


class Batch:
    """Answers /$batch; its parts go the way of every request."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._turns: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_A_TIME))
        front.unlocked["/$batch"] = self.answer

    async def answer(self, seen: Seen) -> Reply:
        """Answer a batch; that it went well says nothing of its parts."""
        parts = _parts(seen)
        _check_order(parts)
        if any(part.get("dependsOn") for part in parts):
            answers = await self._one_by_one(parts, seen)
        else:
            answers = list(await asyncio.gather(*(self._part(part, seen) for part in parts)))
        # In any order: clients find an answer by its id.
        content = json.dumps({"responses": answers[::-1]}).encode()
        return Reply(200, [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))], content)

    async def _one_by_one(self, parts: list[dict[str, Any]], seen: Seen) -> list[dict[str, Any]]:
        answers: dict[str, dict[str, Any]] = {}
        for part in parts:
            failed = [one for one in part.get("dependsOn") or () if answers[one]["status"] >= 400]
            answers[part["id"]] = _failed(part["id"]) if failed else await self._part(part, seen)
        return list(answers.values())

    async def _part(self, part: dict[str, Any], whole: Seen) -> dict[str, Any]:
        url = part["url"].removeprefix(GRAPH)
        path, _, query = url.partition("?")
        headers = {name.lower(): str(value) for name, value in (part.get("headers") or {}).items()}
        headers = {"authorization": whole.headers.get("authorization", ""), **headers}
        body, method = _body(part, headers), part["method"].upper()
        seen = Seen(method, GRAPH + "/" + unquote(path).lstrip("/"), query, headers, body, part_of_batch=True)
        mailbox = MAILBOX.match(seen.path)
        if mailbox is None:
            reply = await self._front.serve(seen)
        else:
            async with self._turns[mailbox[1].lower()]:
                reply = await self._front.serve(seen)
        return _answered(part["id"], reply)


def _parts(seen: Seen) -> list[dict[str, Any]]:
    try:
        parts = json.loads(seen.body)["requests"]
        wrong = any(not {"id", "method", "url"} <= set(part) for part in parts)
    except (ValueError, KeyError, TypeError):
        raise Refusal(400, "BadRequest", "Invalid batch payload format.") from None
    if wrong or len({part["id"] for part in parts}) < len(parts):
        raise Refusal(400, "BadRequest", "Each request needs a method, a url and an id of its own.")
    if not 0 < len(parts) <= MOST:
        raise Refusal(400, "BadRequest", f"Number of batch request steps exceeds the maximum value of {MOST}.")
    for part in parts:
        given = {name.lower() for name in part.get("headers") or {}}
        if part.get("body") is not None and "content-type" not in given:
            raise Refusal(400, "BadRequest", "Write request: content-type must be specified for a body.")
    found: list[dict[str, Any]] = parts
    return found


def _check_order(parts: list[dict[str, Any]]) -> None:
    """Take what is fully sequential, fully parallel, or all waits for the first; nothing in between."""
    needs = [list(part.get("dependsOn") or ()) for part in parts]
    before = [part["id"] for part in parts]
    parallel = not any(needs)
    sequential = needs[0] == [] and all(need == [before[number]] for number, need in enumerate(needs[1:]))
    fan = needs[0] == [] and all(need == [before[0]] for need in needs[1:])
    if not (parallel or sequential or fan):
        raise Refusal(400, "BadRequest", "A batch is either fully sequential or fully parallel.")


def _body(part: dict[str, Any], headers: dict[str, str]) -> bytes:
    body = part.get("body")
    if body is None:
        return b""
    if "json" in headers.get("content-type", "json"):
        return json.dumps(body).encode()
    return base64.b64decode(body)


def _answered(number: str, reply: Reply) -> dict[str, Any]:
    headers = {name.decode().title(): value.decode("latin-1") for name, value in reply.headers}
    answer: dict[str, Any] = {"id": number, "status": reply.status, "headers": headers}
    if reply.body:
        is_json = "json" in reply.header("content-type")
        answer["body"] = json.loads(reply.body) if is_json else base64.b64encode(reply.body).decode()
    return answer


def _failed(number: str) -> dict[str, Any]:
    error = {"code": "FailedDependency", "message": "The step it depends on has failed."}
    return {"id": number, "status": 424, "headers": {}, "body": {"error": error}}
