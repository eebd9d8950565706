"""The ways through the desk, as far as a person may go them."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from postroom.staff import May


@dataclass(frozen=True, slots=True)
class Entry:
    """One way in the bar of ways."""

    title: str
    href: str
    active: bool = False


@dataclass(frozen=True, slots=True)
class _Way:
    title: str
    needs: May
    begins: tuple[str, ...]
    """Beginnings of the addresses that belong to it; the first is where it leads."""


_WAYS = (
    _Way("Queue", May.SEE_QUEUE, ("/queue", "/items", "/batches")),
    _Way("Checks", May.DECIDE, ("/checks",)),
    _Way("Figures", May.SEE_FIGURES, ("/figures",)),
    _Way("System", May.SEE_SYSTEM, ("/system",)),
    _Way("People", May.MANAGE_PEOPLE, ("/people",)),
    _Way("Audit", May.SEE_AUDIT, ("/audit",)),
)


def entries(request: Request) -> tuple[Entry, ...]:
    """Return the ways that the person of a request may go; none before sign-in."""
    may = getattr(request.state, "may", None)
    if may is None:
        return ()
    path = request.url.path
    return tuple(Entry(one.title, one.begins[0], _lies_in(path, one)) for one in _WAYS if may(one.needs))


def _lies_in(path: str, way: _Way) -> bool:
    return any(path == begin or path.startswith(f"{begin}/") for begin in way.begins)
