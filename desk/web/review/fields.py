"""The fields of an item as the review page shows them: value, doubt, where it was read, and what else it might be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from desk.forms import expected
from desk.web.review.values import how_sure, is_long, options, shown, title_of
from postroom.fields import Field
from postroom.process import FieldSpec

if TYPE_CHECKING:
    from desk.web.source.pane import Sources
    from postroom.ledger import Item, ItemField
    from postroom.process import Process

_CANDIDATES = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """How the second entry of a field stands."""

    blind: bool = False
    """Whether this person must enter the value without seeing what the first person entered."""
    waits: bool = False
    """Whether it waits for another person."""
    differs: bool = False
    first: bool = False
    """Whether nobody has entered it, and two people must."""


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field."""

    name: str
    title: str
    value: str
    """As people write it; what was typed, where that was wrong."""
    kind: str
    """How it is put in: line, long, select or radios."""
    options: Sequence[tuple[str, str]]
    expected: str
    open: bool
    """Whether it is still to be checked."""
    status: str
    tone: str
    required: bool
    written: str = ""
    """The words of the post, where they differ from the value."""
    crop: str = ""
    place: str = ""
    """Document and page where it was read, for the page's script."""
    href: str = ""
    """Where the page shows its place."""
    others: Sequence[tuple[str, str]] = ()
    """What else it might have been: normal form and words."""
    boxes: Sequence[str] = ()
    """Which boxes of which targets it is keyed into."""
    error: str = ""
    entry: Entry = Entry()

    @property
    def id(self) -> str:
        """Of its input."""
        return f"field-{self.name}"


@dataclass(frozen=True, slots=True)
class Typing:
    """What a person typed into one field that could not be taken."""

    field: str
    text: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Showing:
    """What decides how the fields of an item look to one person."""

    item: Item
    process: Process | None
    doubtful: Sequence[str]
    sources: Sources
    keep: str
    """The end of the address, with the part of the queue."""
    seeded: Mapping[str, str]
    """Values shown in place of those that were read, to see whether people look."""
    entries: Mapping[str, Entry]
    typing: Typing | None = None

    def spec(self, name: str) -> FieldSpec | None:
        """Return a field's description; None for a field that its process knows no more."""
        return self.process.fields.get(name) if self.process else None


def views(showing: Showing) -> list[FieldView]:
    """Return every field of the item's process in its order, then those that it no longer has."""
    held = {field.name: field for field in showing.item.fields}
    names = list(showing.process.fields) if showing.process else []
    return [_view(showing, name, held.get(name)) for name in [*names, *(one for one in held if one not in names)]]


def view(showing: Showing, name: str) -> FieldView:
    """Return one field."""
    return _view(showing, name, next((field for field in showing.item.fields if field.name == name), None))


def _view(showing: Showing, name: str, held: ItemField | None) -> FieldView:
    spec = showing.spec(name)
    entry = showing.entries.get(name, Entry())
    read = held.read if held else None
    value = showing.seeded.get(name, held.value if held else "")
    typing = showing.typing if showing.typing and showing.typing.field == name else None
    open_ = (name in showing.doubtful and not entry.waits) or entry.blind or entry.first
    status, tone = _status(showing, held, open_, entry)
    place = showing.sources.place_of(read.provenance) if read else None
    return FieldView(
        name,
        title_of(name, spec),
        typing.text if typing else "" if entry.blind else shown(value, spec),
        _kind(spec),
        options(spec) if spec else [],
        expected(spec) if spec else "",
        open_,
        status,
        tone,
        bool(spec and spec.required),
        written=_written(read, shown(value, spec), entry),
        crop=_crop(showing, name, place) if open_ else "",
        place=f"{place[0]}/{place[1]}" if place else "",
        href=_href(showing, name, place),
        others=[] if entry.blind or not open_ else _others(read, value, spec),
        boxes=_boxes(showing, name),
        error=typing.wrong if typing else "",
        entry=entry,
    )


def _kind(spec: FieldSpec | None) -> str:
    if spec is None:
        return "line"
    if is_long(spec):
        return "long"
    found = options(spec)
    return ("radios" if len(found) <= 3 else "select") if found else "line"


def _status(showing: Showing, held: ItemField | None, open_: bool, entry: Entry) -> tuple[str, str]:
    """Return how sure a value is, in words and as a tone."""
    if entry.blind:
        return "A second person enters this", "waiting"
    if entry.waits:
        return "Waits for a second person", "note"
    if entry.first and held and held.value:
        return "Two people must enter this", "waiting"
    if held is None or not held.value:
        return ("Missing", "problem") if open_ else ("", "quiet")
    if held.corrected:
        return "Entered by a person", "good"
    if held.confirmed:
        return "Accepted", "good"
    if not open_:
        return how_sure(held.read.confidence) if held.read else "", "quiet"
    if held.name in _at_odds(showing.item):
        return "Does not agree with the others", "waiting"
    return (how_sure(held.read.confidence) if held.read else "To check"), "waiting"


def _at_odds(item: Item) -> set[str]:
    return {name for fault in item.extraction.faults if len(fault.fields) > 1 for name in fault.fields}


def _written(read: Field | None, value: str, entry: Entry) -> str:
    if read is None or entry.blind:
        return ""
    words = " ".join(read.provenance.text.split())
    return words if words.casefold() != " ".join(value.split()).casefold() else ""


def _crop(showing: Showing, name: str, place: tuple[int, int] | None) -> str:
    if place is None or "picture" not in showing.sources.looks(place[0]):
        return ""
    return f"/items/{showing.item.summary.id}/crops/{name}"


def _href(showing: Showing, name: str, place: tuple[int, int] | None) -> str:
    if place is None:
        return ""
    joined = f"{showing.keep}&" if showing.keep else "?"
    return f"/items/{showing.item.summary.id}{joined}document={place[0]}&page={place[1]}#box-{name}"


def _others(read: Field | None, value: str, spec: FieldSpec | None) -> list[tuple[str, str]]:
    if read is None:
        return []
    found = dict.fromkeys(one.value for one in read.others if one.value and one.value != value)
    words = dict(options(spec)) if spec else {}
    return [(one, words.get(one) or shown(one, spec)) for one in list(found)[:_CANDIDATES]]


def _boxes(showing: Showing, name: str) -> list[str]:
    steps = showing.process.deliver if showing.process else ()
    return [
        f"{step.target}: {step.fields[name]}" if step.fields else step.target
        for step in steps
        if not step.fields or name in step.fields
    ]
