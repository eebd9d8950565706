"""The guard in front of every route: whose request it is, where it comes from, how large it is, what its answer may do.

Sources: Fetch Metadata (W3C), Content Security Policy Level 3 (W3C), OWASP's cheat sheets on CSRF and on sessions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from desk.web.office import Office
    from postroom.ledger import SignIn

MOST_BYTES = 1_000_000
"""The largest form that is read."""
STATIC = "/static/"
WATCHING = "x-postroom-watching"
"""The header of what a page asks by itself."""
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "frame-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "X-DNS-Prefetch-Control": "off",
    "Cache-Control": "no-store",
}
"""What every answer carries, unless the route sets a stricter one of its own."""
_LASTING = "public, max-age=31536000, immutable"
_READ = ("GET", "HEAD")
_WITH_A_FIRST_PASSWORD = ("/account", "/account/password", "/sign-out", "/accessibility", "/keys", "/health")
"""Where somebody may go whose password another person knows."""
Unforeseen = Callable[[Request, Exception], Response]
"""Notes what nobody foresaw, and returns the page that tells of it."""
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class BrokenOff(Exception):
    """An answer broke off half-way; why stands in the log."""


class Guard:
    """Stands between the network and the routes."""

    def __init__(self, app: ASGIApp, office: Office, unforeseen: Unforeseen) -> None:
        self._app = app
        self._office = office
        self._unforeseen = unforeseen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request that must not pass; give the others their person, and their answers the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        send = _with_headers(send, scope)
        refusal = refusal_of(scope, headers)
        if refusal:
            await PlainTextResponse(refusal, 413 if "large" in refusal else 403)(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["sign_in"] = None
        if not scope["path"].startswith(STATIC):
            state["sign_in"] = await self._sign_in(scope, headers)
        state["person"] = state["sign_in"].person if state["sign_in"] else None
        state["may"] = _may(state["sign_in"])
        if state["sign_in"] and state["sign_in"].first_password and scope["path"] not in _WITH_A_FIRST_PASSWORD:
            await RedirectResponse("/account?said=first-password#old", 303)(scope, receive, send)
            return
        await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the routes answer; what nobody foresaw ends here, since a server prints the words of what reaches it."""
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, _limited(receive), sending)
        except Exception as error:
            answer = await run_in_threadpool(self._unforeseen, Request(scope), error)
            if started:
                raise BrokenOff from None
            await answer(scope, receive, send)

    async def _sign_in(self, scope: Scope, headers: Headers) -> SignIn | None:
        token = cookie(headers, cookie_name(scope))
        if not token:
            return None
        idle = self._office.settings.sign_in.session_minutes
        sign_in = await run_in_threadpool(self._office.ledger.signed_in, token, idle)
        # A page that only looks on, by a clock and not by a hand, must not keep a sign-in alive for ever.
        if sign_in is not None and WATCHING not in headers:
            await run_in_threadpool(self._office.ledger.note_seen, sign_in)
        return sign_in


def refusal_of(scope: Scope, headers: Headers) -> str:
    """Return why a request must not pass, in words for whoever sent it; empty if it may.

    Anything but reading must come from a page of the desk itself: the browser says so in Sec-Fetch-Site, in Origin, or
    in both, and then both must agree. Reading from elsewhere is for following a link alone.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if scope["method"] in _READ:
        linked = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        if site in ("cross-site", "same-site") and not linked and not scope["path"].startswith(STATIC):
            return "Pages of the desk cannot be used inside other sites."
        return ""
    if scope["method"] != "POST":
        return "The desk takes only GET, HEAD and POST."
    own = origin is None or origin == f"{scope['scheme']}://{headers.get('host', '')}"
    if not own or (site is not None and site != "same-origin") or (site is None and origin is None):
        return "This came from another site, so it was not done. Open the desk itself and do it there."
    if headers.get("content-type", "").partition(";")[0].strip().lower() not in _FORMS:
        return "The desk takes forms only."
    length = headers.get("content-length", "0")
    if len(length) > len(str(MOST_BYTES)) or (length.isascii() and length.isdigit() and int(length) > MOST_BYTES):
        return "The form is too large."
    return ""


def cookie_name(scope: Scope) -> str:
    """Return the name of the sign-in's cookie; over HTTPS one that browsers let no other host set."""
    return "__Host-postroom" if scope["scheme"] == "https" else "postroom"


def cookie(headers: Headers, name: str) -> str:
    """Return a cookie of a request; empty if it is not there."""
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[name].value if name in cookies else ""


def _may(sign_in: SignIn | None) -> Any:
    from postroom.staff import May

    return lambda permission: sign_in is not None and sign_in.person.may(May(permission))


def _with_headers(send: Send, scope: Scope) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if scope["path"].startswith(STATIC) and message["status"] == 200:
                # An address with a version changes when the file does; a module that others import has none.
                headers["Cache-Control"] = _LASTING if b"v=" in scope["query_string"] else "no-cache"
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if scope["scheme"] == "https":
                headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        await send(message)

    return sending


def _limited(receive: Receive) -> Receive:
    """Break off a body that grows past the limit, whatever length it announced."""
    read = 0

    async def receiving() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > MOST_BYTES:
            return {"type": "http.disconnect"}
        return message

    return receiving
