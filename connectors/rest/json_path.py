"""Places in JSON: `customer.address.0.line`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

JsonPath = Annotated[str, Field(pattern=r"^([A-Za-z0-9_@$:-]+(\.[A-Za-z0-9_@$:-]+)*)?$")]
"""Keys joined by dots, a number for the place in a list; empty for the whole."""


class Missing(LookupError):
    """There is nothing at this place."""


def read_at(content: Any, path: str) -> Any:
    """Return what stands at a place.

    Raises:
        Missing: Nothing stands there.
    """
    for part in path.split(".") if path else ():
        try:
            content = content[int(part)] if isinstance(content, list) else content[part]
        except (KeyError, IndexError, TypeError, ValueError):
            raise Missing(path) from None
    return content


def read_or_none(content: Any, path: str) -> Any:
    """Return what stands at a place, or None."""
    try:
        return read_at(content, path)
    except Missing:
        return None


def write_at(body: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at a place, making the groups on the way."""
    *groups, last = path.split(".")
    for part in groups:
        body = body.setdefault(part, {})
    body[last] = value
