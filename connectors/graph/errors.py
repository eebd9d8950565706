"""What goes wrong with Microsoft Graph, in our words."""

from __future__ import annotations

from collections.abc import Mapping


class GraphRefusal(Exception):
    """Graph answered a clear no; the connector that asked knows what it means. Holds nothing of the post."""

    def __init__(self, status: int, code: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}".strip())
        self.status = status
        """HTTP status, 300 to 499."""
        self.code = code
        """Graph's own word for it, such as `ErrorItemNotFound`."""
        self.headers = {name.lower(): value for name, value in (headers or {}).items()}


NOT_FOUND = 404
CONFLICT = 409
GONE = 410
STALE = 412
