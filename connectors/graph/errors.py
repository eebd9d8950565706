"""What goes wrong with Microsoft Graph, in our words."""

from __future__ import annotations

import json
from collections.abc import Mapping

from postroom.errors import SignInRefused


class GraphRefusal(Exception):
    """Graph answered a clear no; the connector that asked knows what it means. Holds nothing of the post."""

    def __init__(self, status: int, code: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}".strip())
        self.status = status
        """HTTP status, 300 to 499."""
        self.code = code
        """Graph's own word for it, such as `ErrorItemNotFound`."""
        self.headers = {name.lower(): value for name, value in (headers or {}).items()}


def forbidden(named: str, code: str) -> SignInRefused:
    """Return the error for a 403: the account is known and may not do this."""
    if code == _NO_WORKBOOKS:
        return SignInRefused(
            f"{named}: Excel in the cloud does not open workbooks for apps in this tenant ({code}).",
            hint="Use a SharePoint list instead (kind: graph-list); no permission changes this.",
        )
    return SignInRefused(
        f"{named}: the robot's account may not do this ({code or FORBIDDEN}).",
        hint="`postroom check` lists the permissions to grant; a new grant takes up to two hours to count.",
    )


def code_of(content: bytes) -> str:
    """Return Graph's own word for an error from an answer's content; empty if there is none."""
    try:
        return str(json.loads(content)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def is_forgotten(refusal: GraphRefusal) -> bool:
    """Whether Graph knows a place in the changes no longer; its own words for that come with other statuses than 410.

    Source: https://learn.microsoft.com/graph/delta-query-overview#token-duration
    """
    return refusal.status == GONE or refusal.code.casefold().startswith("syncstate")


_NO_WORKBOOKS = "EditModeAccessDenied"
FORBIDDEN = 403
NOT_FOUND = 404
CONFLICT = 409
GONE = 410
STALE = 412
