"""A process: one configured service, as its YAML file describes it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

FieldType = Literal[
    "name", "address", "date", "money", "integer", "phone", "email", "postcode", "national-insurance-number",
    "vehicle-registration", "sort-code", "account-number", "vat-number", "reference", "choice", "boolean", "text",
]  # fmt: skip


class Model(BaseModel):
    """Frozen, and refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldSpec(Model):
    """One field of a process."""

    type: FieldType = Field(description="What kind of value it is.")
    title: str = Field("", description="The field's name as people read it.")
    required: bool = Field(False, description="Without it the item goes to a person.")
    labels: tuple[str, ...] = Field(
        (), description="Words that stand before or above the value on forms and in letters."
    )
    patterns: tuple[str, ...] = Field(
        (), description="Regular expressions; the group `value`, or the whole match, is the value."
    )
    format: str = Field("", description="For a reference: its shape, such as `MD########` (# a digit, @ a letter).")
    choices: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="For a choice: each value with the words that mean it."
    )
    fallback: Literal["", "sender-name", "sender-address", "sent-date"] = Field(
        "", description="Which fact of the mail serves where the text does not say."
    )
    avoid: tuple[str, ...] = Field(
        (), description="Words that say that what follows is another thing, such as `old account`."
    )
    labels_for: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Labels that count only for one value of the field `depends_on`, by that value.",
    )
    depends_on: str = Field("", description="The choice field whose value `labels_for` goes by.")
    form: Literal["line", "code", "organisation", "sentences", "topic"] = Field(
        "line",
        description="For a text: what stands after the label (`line`), a number or code, the name of an organisation, "
        "the sender's own sentences on the matter, or one of the `topics` they write about.",
    )
    cues: tuple[str, ...] = Field((), description="For sentences: words that speak for a sentence.")
    topics: tuple[str, ...] = Field((), description="For a topic: the words to look for.")
    second_entry: bool | None = Field(
        None,
        description="Whether a second person enters the value unseen before it is keyed; left out, only for sort codes "
        "and account numbers that a person changed.",
    )
    minimum: int | None = Field(None, description="For an integer: the least value allowed.")
    maximum: int | None = Field(None, description="For an integer: the greatest value allowed.")


class SumCheck(Model):
    """The parts must add up to the total."""

    kind: Literal["sum"] = Field(description="Always `sum`.")
    parts: tuple[str, ...] = Field(description="Fields that add up.")
    total: str = Field(description="The field that holds the sum.")


class ModulusCheck(Model):
    """The sort code and account number must belong together (Vocalink modulus check)."""

    kind: Literal["modulus"] = Field(description="Always `modulus`.")
    sort_code: str = Field("sort_code", description="The field that holds the sort code.")
    account_number: str = Field("account_number", description="The field that holds the account number.")


class DifferentCheck(Model):
    """Two fields must not hold the same value."""

    kind: Literal["different"] = Field(description="Always `different`.")
    fields: tuple[str, str] = Field(description="The two fields.")


Holidays = Literal["", "england-and-wales", "scotland", "northern-ireland", "united-kingdom"]
"""Whose bank holidays are no working days; `united-kingdom` stands for a bank holiday in any part of it."""

Check = Annotated[SumCheck | ModulusCheck | DifferentCheck, Field(discriminator="kind")]


class Recognise(Model):
    """How triage knows the process."""

    phrases: tuple[str, ...] = Field((), description="Words that speak for this process.")
    against: tuple[str, ...] = Field((), description="Words that speak against it.")
    headings: tuple[str, ...] = Field((), description="Headings of the forms and documents that belong to it.")
    examples: tuple[str, ...] = Field((), description="Short letters, made up, as people write them for this process.")


class DeliverTo(Model):
    """One target of a process."""

    target: str = Field(description="Name of a target in postroom.yaml.")
    fields: dict[str, str] = Field(
        default_factory=dict,
        description="Which field goes into which box of the target; left out, the target's own mapping.",
    )


class Baseline(Model):
    """What keying an item by hand costs, measured: without it no saving is stated."""

    minutes: float = Field(gt=0, description="Minutes a person needs to key one item by hand, on average.")
    measured_on: date = Field(description="The day it was measured.")
    by: str = Field(min_length=1, description="Who measured it.")
    items: int = Field(gt=0, description="How many items were timed.")
    valid_months: int = Field(12, gt=0, description="Months after which it is stale and no longer counts.")


class Process(Model):
    """One configured service: what to recognise, which fields, where to deliver."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$", description="Its short name, as in reports and commands.")
    title: str = Field(description="Its name as people read it.")
    team: str = Field("", description="The team whose work it is.")
    recognise: Recognise = Field(default_factory=Recognise, description="How triage knows it.")
    fields: dict[str, FieldSpec] = Field(description="What to read.")
    checks: tuple[Check, ...] = Field((), description="What must hold between fields.")
    deliver: tuple[DeliverTo, ...] = Field((), description="Where the record goes.")
    tell: tuple[str, ...] = Field(
        (), description="Targets that are told of each item that waits for a person; left out, those of postroom.yaml."
    )
    accuracy: float = Field(0.98, gt=0.5, lt=1, description="Share of straight-through items that must be right.")
    due_working_days: int | None = Field(
        None, gt=0, description="Working days from receipt to answer, if a law or standard sets them."
    )
    holidays: Holidays = Field(
        "",
        description="Whose bank holidays do not count as working days, as the law of the answer has it: "
        "`united-kingdom` for a holiday anywhere in it (Freedom of Information Act 2000, s.10(6)); left out, those of "
        "`desk.nation`.",
    )
    baseline: Baseline | None = Field(None, description="What keying one item by hand costs, measured.")
