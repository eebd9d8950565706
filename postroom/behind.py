"""What stands behind a figure: a choice of items that can be counted, listed and written into an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Final

from postroom.errors import BusinessError
from postroom.period import typed_day

PROCESS_ITSELF: Final = "*"
"""Stands for the process among the names of corrected fields."""


@dataclass(frozen=True, slots=True)
class Behind:
    """Items that have all that is named; what is left out narrows nothing."""

    first: date | None = None
    """Received on this day in London, or later."""
    last: date | None = None
    """Received on this day in London, or earlier."""
    hour: int | None = None
    """Received within this hour of the day in London, 0..23; only with both days."""
    process: str = ""
    outcome: str = ""
    state: str = ""
    """A state of items, `open` for those that are not closed, `unkeyed` for those closed without being delivered."""
    touched: bool | None = None
    """Whether a person did anything to it."""
    kind: str = ""
    """It went to a person for a reason of this kind."""
    target: str = ""
    delivery: str = ""
    """Its newest delivery, to the target if one is named, stands so."""
    clock: str = ""
    """Of those with a day by which an answer is due: `met`, `late`, or `open`."""
    due_first: date | None = None
    due_last: date | None = None
    field: str = ""
    """A person corrected this field; with `sample`, its value in the sample."""
    sample: str = ""
    """`right` or `wrong` when it was read again unseen, or `open`."""
    seed: str = ""
    """The known error shown in it was `caught` or `missed`, or is `open`."""
    timed: bool | None = None
    """Whether the time that people spent on it was measured."""
    rework: bool | None = None
    """Whether it had to be put right after it was delivered."""

    def but(self, **changes: Any) -> Behind:
        """Return the same choice with some parts changed."""
        return replace(self, **changes)

    def query(self) -> dict[str, str]:
        """Return it as the parameters of an address."""
        named = {one.name: getattr(self, one.name) for one in fields(self)}
        return {_key(name): _written(value) for name, value in named.items() if value not in ("", None)}

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Behind:
        """Return the choice that an address names; parameters that are not ours are left to others.

        Raises:
            BusinessError: A parameter does not hold what it should.
        """
        given = {one.name: query[_key(one.name)] for one in fields(cls) if query.get(_key(one.name))}
        try:
            made = cls(**{name: _READERS.get(name, str)(value) for name, value in given.items()})
        except ValueError:
            raise BusinessError("The address of this list is not whole.", hint="Open it from a figure.") from None
        return made if made.hour is None or (made.first and made.last) else made.but(hour=None)


def _key(name: str) -> str:
    return {"first": "from", "last": "to"}.get(name, name.replace("_", "-"))


def _written(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _yes_or_no(text: str) -> bool:
    if text not in {"yes", "no"}:
        raise ValueError(text)
    return text == "yes"


def _hour(text: str) -> int:
    if not 0 <= int(text) <= 23:
        raise ValueError(text)
    return int(text)


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    **dict.fromkeys(("first", "last", "due_first", "due_last"), typed_day),
    **dict.fromkeys(("touched", "timed", "rework"), _yes_or_no),
    "hour": _hour,
}
