"""Signed-in sessions of the screens, with the half-filled forms they hold."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field

COOKIE = "NBSESSION"


@dataclass(slots=True)
class Session:
    """One signed-in person."""

    user: str
    seen: float
    drafts: dict[str, dict[str, str]] = field(default_factory=dict)
    """Boxes of forms not yet submitted, by kind."""
    notice: bool = False
    """Whether the notice is still to be shown."""


class Sessions:
    """Sessions by cookie, forgotten after a time without use."""

    def __init__(self, idle_seconds: float) -> None:
        self._idle_seconds = idle_seconds
        self._open: dict[str, Session] = {}
        self._count = 0

    def start(self, user: str, notice_every: int) -> str:
        """Open a session and return its cookie; every so many sessions begin with a notice."""
        self._count += 1
        cookie = secrets.token_urlsafe(24)
        notice = notice_every > 0 and self._count % notice_every == 0
        self._open[cookie] = Session(user, time.monotonic(), notice=notice)
        return cookie

    def get(self, cookie: str | None) -> Session | None:
        """Return the session of a cookie, if it is still open, and count this as use."""
        session = self._open.get(cookie or "")
        if session is None or time.monotonic() - session.seen > self._idle_seconds:
            return None
        session.seen = time.monotonic()
        return session

    def end_all(self) -> None:
        """Sign everybody out."""
        self._open.clear()
