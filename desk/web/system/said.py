"""What the pages of ICT and of accounts say after something was done: sentences of our own, chosen by a short code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from desk.web.pages import Announcement

if TYPE_CHECKING:
    from fastapi import Request

_SAID: Mapping[str, Announcement] = {
    "paused": Announcement("It is paused. Post for it is still read, and waits."),
    "resumed": Announcement("It goes on. The next run keys what waited."),
    "checked": Announcement("The check is done."),
    "retried": Announcement("The next run tries again."),
    "nothing": Announcement(
        "Nothing could be tried again: somebody must look first whether the record is there.", "note"
    ),
    "changed": Announcement("The change counts from now on. The person must sign in again."),
    "ended": Announcement("The sign-ins have ended."),
    "first-password": Announcement("Choose a password of your own first: somebody else knows this one.", "note"),
    "password": Announcement("Your password is changed. Your other sign-ins have ended."),
}


def announce(request: Request) -> None:
    """Let the page tell what the address says was done before."""
    found = _SAID.get(request.query_params.get("said", ""))
    if found is not None:
        request.state.announcements = (found,)
