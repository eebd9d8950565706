"""What another process may do to the stand-in, by HTTP below /control/: put post, make faults, be staff, count."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.servers.graph.mail_items import Item

if TYPE_CHECKING:
    from tests.servers.graph.server import GraphServer

STAFF = {"move", "categorise", "uncategorise", "read", "delete"}


def routes(server: GraphServer) -> list[Route]:
    """Return the routes; bodies and answers are JSON."""
    own = _Control(server)
    return [
        Route("/control/mail", own.put, methods=["POST"]),
        Route("/control/mail/{mailbox}", own.listed, methods=["GET"]),
        Route("/control/staff/{act}", own.staff, methods=["POST"]),
        Route("/control/misbehave/{act}", own.misbehave, methods=["POST"]),
        Route("/control/settings", own.settings, methods=["POST"]),
        Route("/control/fault", own.fault, methods=["POST"]),
        Route("/control/storm", own.storm, methods=["POST"]),
        Route("/control/counts", own.counts, methods=["GET"]),
        Route("/control/token", own.token, methods=["GET"]),
        Route("/control/save", own.save, methods=["POST"]),
    ]


class _Control:
    def __init__(self, server: GraphServer) -> None:
        self._server = server
        self._mail = server.tenant.mail

    async def put(self, request: Request) -> Response:
        """Take {mailbox, raw (base64), folder, scanning_for, appears_in, categories, links}."""
        asked = await request.json()
        raw = base64.b64decode(asked.pop("raw"))
        return JSONResponse({"id": self._mail.put(asked.pop("mailbox"), raw, **asked)})

    async def listed(self, request: Request) -> Response:
        mailbox = request.path_params["mailbox"]
        numbers = self._mail.numbers_of(mailbox)
        folder = request.query_params.get("folder")
        items = [_shown(one, self._mail.where(one.id)) for one in self._mail.within(mailbox, folder)] if folder else []
        return JSONResponse({"numbers": numbers, "items": items})

    async def staff(self, request: Request) -> Response:
        """Take {id, with: [...]}: `with` is what the act takes besides the id."""
        asked, act = await request.json(), request.path_params["act"]
        if act not in STAFF:
            return JSONResponse({"message": "No such act."}, 400)
        try:
            getattr(self._mail, f"staff_{act}")(asked["id"], *asked.get("with", ()))
        except KeyError:
            return JSONResponse({"message": "No such mail."}, 404)
        return JSONResponse({})

    async def misbehave(self, request: Request) -> Response:
        """Take what `replay`, `expire_tokens` or `finish_scan` of mail take."""
        asked: dict[str, Any] = await request.json()
        act = request.path_params["act"]
        if act not in {"replay", "expire_tokens", "finish_scan"}:
            return JSONResponse({"message": "No such act."}, 400)
        getattr(self._mail, act)(**asked)
        return JSONResponse({})

    async def settings(self, request: Request) -> Response:
        """Take {area: {attribute: value}}; the area `tenant` is the tenant itself."""
        for area, values in (await request.json()).items():
            target = self._server.tenant if area == "tenant" else getattr(self._server.tenant, area)
            for name, value in values.items():
                setattr(target, name, value)
        return JSONResponse({})

    async def fault(self, request: Request) -> Response:
        """Take {method, pattern, behaviours}."""
        asked = await request.json()
        self._server.faults.on(asked["method"], asked["pattern"], *asked["behaviours"])
        return JSONResponse({})

    async def storm(self, request: Request) -> Response:
        """Take {share, seconds, seed}."""
        self._server.faults.storm(**await request.json())
        return JSONResponse({})

    async def counts(self, _request: Request) -> Response:
        boxes = [mailbox.address for mailbox in self._mail.mailboxes.values()]
        return JSONResponse(
            {
                "requests": self._server.counts(),
                "records": self._records(),
                "mail": {address: self._mail.numbers_of(address) for address in boxes},
                "most_at_once": {address: self._server.most_at_once(address) for address in boxes},
                "faults": len(self._server.faults.used),
                "violations": self._server.violations,
                "validated": self._server.validated,
            }
        )

    def _records(self) -> dict[str, int]:
        """Count what was keyed, by the title of the list or library, `workbooks` and `tasks`."""
        tenant = self._server.tenant
        lists = {made.title: len(made.items) for made in tenant.lists.lists.values()}
        tables = [table for book in tenant.workbooks.tables.values() for table in book.values()]
        rows = sum(1 for table in tables for row in table.rows if any(row))
        return {**lists, "workbooks": rows, "tasks": len(tenant.planner.tasks)}

    async def token(self, _request: Request) -> Response:
        return JSONResponse({"token": self._server.tenant.sign_in.token()})

    async def save(self, _request: Request) -> Response:
        self._server.tenant.save()
        return JSONResponse({})


def _shown(item: Item, folder: str) -> dict[str, Any]:
    kept = {name: value for name, value in asdict(item).items() if name not in {"before", "added", "found"}}
    names = ("subject", "categories", "internetMessageId", "isRead", "toRecipients", "receivedDateTime")
    return {**kept, "path": folder, **{name: item.found[name] for name in names}}
