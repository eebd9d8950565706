"""A sample as the person sees who reads it again: the post, empty fields, and afterwards what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from desk.forms import EXPECTED, expected
from desk.web.review.values import checked, options, shown, title_of
from desk.web.source.pane import Marks, Pane, Sources, pane_of
from postroom.behind import PROCESS_ITSELF
from postroom.ledger.sampling import fields_to_read

if TYPE_CHECKING:
    from fastapi import Request
    from starlette.datastructures import FormData

    from desk.web.office import Office
    from postroom.ledger import Item
    from postroom.ledger.sampling import ReadField
    from postroom.process import Process

BELONGS = "belongs"
"""Name of the answer to the first question of the form."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One field to be read."""

    name: str
    title: str
    options: Sequence[tuple[str, str]]
    expected: str
    typed: str = ""
    absent: bool = False
    """Whether the reader says that the post does not hold it."""
    error: str = ""

    @property
    def id(self) -> str:
        """Of its input."""
        return f"read-{self.name}"


@dataclass(frozen=True, slots=True)
class Compared:
    """One value as it was keyed and as it was read again."""

    name: str
    title: str
    keyed: str
    entered: str
    right: bool


def asked_of(process: Process) -> list[Asked]:
    """Return the fields that are read again, all empty."""
    return [
        Asked(
            name,
            title_of(name, spec),
            options(spec),
            expected(spec) if spec.type in EXPECTED and not options(spec) else "",
        )
        for name, spec in fields_to_read(process).items()
    ]


def left_out(process: Process) -> list[str]:
    """Return the titles of the fields that are not read again."""
    read = fields_to_read(process)
    return [title_of(name, spec) for name, spec in process.fields.items() if name not in read]


def taken(process: Process, form: FormData) -> tuple[list[Asked], dict[str, str]]:
    """Return the fields as they were filled in, with what is wrong about each, and the values in normal form."""
    absent = {str(one) for one in form.getlist("absent")}
    fields, values = [], {}
    for one in asked_of(process):
        typed = checked(process.fields[one.name], str(form.get(f"value-{one.name}", "")))
        gone = one.name in absent
        error = typed.wrong
        if typed.text and gone:
            error = "Enter the value, or say that the post does not hold it, not both."
        elif not typed.text and not gone:
            error = "Enter what the post says, or say that it does not hold it."
        fields.append(replace(one, typed=typed.text, absent=gone, error=error))
        values[one.name] = typed.normal
    return fields, values


def compared_of(process: Process | None, fields: Sequence[ReadField], office: Office) -> Iterator[Compared]:
    """Return the values of a sample beside those that were keyed, what differs first."""
    order = {name: place for place, name in enumerate(process.fields if process else {})}
    for one in sorted(fields, key=lambda one: (one.right, order.get(one.field, -1))):
        if one.field == PROCESS_ITSELF:
            if not one.right or one.entered != one.delivered:
                yield Compared(one.field, "Process", office.process_title(one.delivered), "Another", one.right)
            continue
        spec = process.fields.get(one.field) if process else None
        keyed, entered = (shown(value, spec) for value in (one.delivered, one.entered))
        yield Compared(one.field, title_of(one.field, spec), keyed, entered, one.right)


def blind_pane(request: Request, item: Item, params: Mapping[str, str]) -> Pane | None:
    """Return the source pane of an item in which no field is marked, since marks tell what was read."""
    pane = pane_of(Sources.of(request, item), params, {}, None, unmarked(item))
    if pane is None:
        return None
    own = f"/checks/{item.summary.id}"
    documents, looks = (
        [replace(one, href=one.href.replace(pane.path, own, 1)) for one in choices]
        for choices in (pane.documents, pane.looks)
    )
    # The words as read are the one look that comes with marks; pictures and mails are the same for everybody.
    address = pane.address.replace(pane.path, own, 1) if pane.look == "text" else pane.address
    return replace(pane, path=own, documents=documents, looks=looks, address=address)


def unmarked(item: Item) -> Marks:
    """Return no place of any field."""
    return Marks(replace(item, fields=()), {}, ())
