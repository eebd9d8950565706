"""Subscriptions: a nudge by HTTP that a folder changed, with the limits Graph sets to them."""

from __future__ import annotations

import asyncio
import json
import secrets
import ssl
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.servers.graph.answers import Anycase, Refusal, answer, content, nothing, stamp
from tests.servers.graph.front import Front, Reply
from tests.servers.graph.keeping import Area
from tests.servers.graph.seen import Seen

SHORTEST, LONGEST, LONGEST_WITH_DATA = 45, 10_080, 1_440
"""Minutes."""
LONGEST_STATE = 128


class Subscriptions(Area):
    """The subscriptions of a tenant."""

    def __init__(self, tenant: Any) -> None:
        super().__init__(tenant)
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.notified: list[tuple[str, int]] = []
        """Address and answer of each notification; 0 if there was none."""
        self.led: dict[str, str] = {}
        """Where public addresses lead, as a council's reverse proxy has it; one that is not here is called itself."""
        self.shortest: float = SHORTEST
        self.longest: float = LONGEST

    def notify(self, mailbox: str, resource_id: str = "", change: str = "created") -> int:
        """Post a notification to each subscription for a mailbox and return how many were taken."""
        told = [
            self._told(one, one["notificationUrl"], changeType=change, resource=f"{one['resource']}/{resource_id}")
            for one in self.alive(mailbox)
        ]
        return sum(told)

    def notify_lifecycle(self, mailbox: str, event: str) -> int:
        """Post what became of the subscriptions for a mailbox themselves and return how many were taken."""
        alive = [one for one in self.alive(mailbox) if one["lifecycleNotificationUrl"]]
        if event == "subscriptionRemoved":
            for one in alive:
                del self.subscriptions[one["id"]]
                self.changed("subscriptions", one["id"])
        return sum(self._told(one, one["lifecycleNotificationUrl"], lifecycleEvent=event) for one in alive)

    def alive(self, mailbox: str) -> list[dict[str, Any]]:
        """Return the subscriptions for a mailbox that have not expired."""
        names = self.tenant.mail.names_of(mailbox)
        found = []
        for one in list(self.subscriptions.values()):
            user = one["resource"].lstrip("/").split("/")[1] if "/" in one["resource"] else ""
            if user.lower() in names and datetime.fromisoformat(one["expirationDateTime"]) >= datetime.now(UTC):
                found.append(one)
        return found

    def call(self, address: str, query: str, body: bytes, kind: str) -> tuple[int, bytes]:
        """Post to where an address leads; status 0 if there is no answer."""
        sign = "&" if "?" in address else "?"
        return post(self.led.get(address, address) + (f"{sign}{query}" if query else ""), body, kind)

    def expiry(self, asked: str, data: bool) -> str:
        """Return until when a subscription lives that is asked for until some time."""
        try:
            wanted = datetime.fromisoformat(asked)
        except ValueError:
            raise Refusal(400, "InvalidRequest", "The expiration is no date.") from None
        now = datetime.now(UTC)
        longest = min(self.longest, LONGEST_WITH_DATA) if data else self.longest
        soonest, latest = now + timedelta(minutes=self.shortest), now + timedelta(minutes=longest)
        return stamp(min(max(wanted, soonest), latest))

    def _told(self, one: dict[str, Any], address: str, **more: str) -> bool:
        told = {
            "subscriptionId": one["id"],
            "subscriptionExpirationDateTime": one["expirationDateTime"],
            "clientState": one["clientState"],
            "tenantId": self.tenant.sign_in.tenant_id,
            **more,
        }
        status, _ = self.call(address, "", json.dumps({"value": [told]}).encode(), "application/json")
        self.notified.append((address, status))
        return 200 <= status < 300


def routes(tenant: Any) -> list[Route]:
    """Return the routes below /v1.0; making one waits for a client and so stands in `join`."""
    own = _Endpoints(tenant)
    return [
        Route("/subscriptions", own.listed, methods=["GET"]),
        Route("/subscriptions/{id}", own.get, methods=["GET"]),
        Route("/subscriptions/{id}", own.renew, methods=["PATCH"]),
        Route("/subscriptions/{id}", own.delete, methods=["DELETE"]),
    ]


def join(front: Front, tenant: Any) -> None:
    """Let subscriptions be made: the address is asked first, so the lock cannot be held."""

    async def create(seen: Seen) -> Reply:
        if seen.method != "POST":
            return await front.route(seen, "/subscriptions")
        asked = json.loads(seen.body or b"{}", object_pairs_hook=Anycase)
        made = _made(asked, tenant)
        for address in (made["notificationUrl"], made["lifecycleNotificationUrl"]):
            if address and not await asyncio.to_thread(_answers, tenant.subscriptions, address):
                raise Refusal(400, "ValidationError", "Subscription validation request failed.")
        with tenant.lock:
            tenant.subscriptions.subscriptions[made["id"]] = made
            tenant.subscriptions.changed("subscriptions", made["id"])
            tenant.save()
        body = json.dumps({"@odata.context": f"{tenant.url}/$metadata#subscriptions/$entity", **made}).encode()
        return Reply(201, [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))], body)

    front.unlocked["/subscriptions"] = create


class _Endpoints:
    def __init__(self, tenant: Any) -> None:
        self._own: Subscriptions = tenant.subscriptions

    async def listed(self, _request: Request) -> Response:
        return answer({"value": list(self._own.subscriptions.values())})

    async def get(self, request: Request) -> Response:
        return answer(self._found(request))

    async def renew(self, request: Request) -> Response:
        found = self._found(request)
        asked = await content(request)
        wanted = asked.get("expirationDateTime") or ""
        found["expirationDateTime"] = self._own.expiry(wanted, found["includeResourceData"])
        self._own.changed("subscriptions", found["id"])
        return answer(found)

    async def delete(self, request: Request) -> Response:
        del self._own.subscriptions[self._found(request)["id"]]
        self._own.changed("subscriptions", request.path_params["id"])
        return nothing()

    def _found(self, request: Request) -> dict[str, Any]:
        found = self._own.subscriptions.get(request.path_params["id"])
        if found is None:
            raise Refusal(404, "ResourceNotFound", "The subscription was not found.")
        return found


def _made(asked: dict[str, Any], tenant: Any) -> dict[str, Any]:
    for name in ("changeType", "notificationUrl", "resource", "expirationDateTime"):
        if not asked.get(name):
            raise Refusal(400, "InvalidRequest", f"The property '{name}' is missing.")
    if not asked["notificationUrl"].startswith("https://"):
        raise Refusal(400, "InvalidRequest", "The notification URL must start with https.")
    if len(asked.get("clientState") or "") > LONGEST_STATE:
        raise Refusal(400, "InvalidRequest", f"The client state has at most {LONGEST_STATE} characters.")
    data = bool(asked.get("includeResourceData"))
    return {
        "id": str(uuid.uuid4()),
        "resource": asked["resource"],
        "changeType": asked["changeType"],
        "clientState": asked.get("clientState"),
        "notificationUrl": asked["notificationUrl"],
        "lifecycleNotificationUrl": asked.get("lifecycleNotificationUrl"),
        "expirationDateTime": tenant.subscriptions.expiry(asked["expirationDateTime"], data),
        "includeResourceData": data,
        "applicationId": tenant.sign_in.client_id,
        "latestSupportedTlsVersion": "v1_2",
    }


def _answers(own: Subscriptions, address: str) -> bool:
    token = f"Validation: {secrets.token_urlsafe(12)}"
    status, body = own.call(address, urlencode({"validationToken": token}), b"", "text/plain")
    return status == 200 and body == token.encode()


def post(address: str, body: bytes, kind: str) -> tuple[int, bytes]:
    """Post to an address of a test, whose certificate nobody vouches for; status 0 if there is no answer."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(address, body, {"Content-Type": kind}, method="POST")  # noqa: S310 - https, see above
    try:
        with urllib.request.urlopen(request, timeout=10, context=context) as response:  # noqa: S310 - as above
            return response.status, response.read()
    except (URLError, OSError):
        return 0, b""
