"""Items that wait for a person, and people to decide them."""

from __future__ import annotations

from dataclasses import replace

from postroom.disposition import Disposition, Outcome
from postroom.fields import Field
from postroom.ledger import Item, Ledger
from postroom.process import DeliverTo, FieldSpec, Process
from postroom.staff import Person, Role
from postroom.workitem import Extraction
from tests.postroom.samples import extraction, itemise

UNSURE, MISSING = "“Bin” is not sure enough (71%).", "“Full name” was not found."
BINS = Process(
    id="missed-bin",
    title="Missed bin",
    fields={
        "address": FieldSpec(type="address", title="Address", required=True),
        "bin": FieldSpec(type="text", title="Bin"),
        "full_name": FieldSpec(type="name", title="Full name", required=True),
        "account_number": FieldSpec(type="account-number", title="Account number"),
    },
    deliver=(DeliverTo(target="depot"),),
)
PLACE = extraction().fields[0].provenance


def read(name: str, value: str, confidence: float = 0.97) -> Field:
    """Return a field as it was read."""
    return Field(name, value, confidence, PLACE)


def held_as(
    number: int = 1,
    *reasons: str,
    process: str = "missed-bin",
    protected: str = "",
    due: str = "2026-09-20",
    fields: tuple[Field, ...] | None = None,
) -> Extraction:
    """Return what was read of an item that a person must look at."""
    made = extraction(number, process=process)
    triage = replace(made.triage, protected=protected)
    disposition = Disposition(Outcome.REVIEW, reasons or (UNSURE,))
    return replace(
        made, triage=triage, disposition=disposition, due=due, fields=made.fields if fields is None else fields
    )


def hold(ledger: Ledger, number: int = 1, *reasons: str, **options: object) -> str:
    """Put an item that waits for a person into a ledger and return its id."""
    _, (item_id,) = itemise(ledger, number, held_as(number, *reasons, **options))  # type: ignore[arg-type]
    return item_id


def officer(ledger: Ledger, name: str) -> Person:
    """Add an officer."""
    person = Person("", name.lower(), f"{name} Other", frozenset({Role.OFFICER}), frozenset({"*"}))
    return ledger.add_staff(person, "test")


def value(ledger: Ledger, item_id: str, field: str) -> str:
    """Return a field as it stands."""
    return ledger.item(item_id).values.get(field, "")


def actions(item: Item) -> list[str]:
    """Return what happened to an item, in order."""
    return [entry.action for entry in item.history if entry.item_id]
