"""How a system's screens are described: by the words people see on them, step by step."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator

from connectors.shapes import Shape
from connectors.templates import Template, names_in
from postroom.delivery import TargetClass
from postroom.process import Model

_WAYS = ("label", "button", "link", "heading", "text", "near_text", "row", "role")
_ACTIONS = ("open", "fill", "choose", "check", "press", "upload", "wait", "expect")
_READ_ONLY = frozenset({"wait", "expect"})


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"This is no regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]


class Place(Model):
    """One thing on a page, found as a person finds it."""

    label: Template = Field("", description="The input that this label is tied to.")
    button: Template = Field("", description="The button with these words.")
    link: Template = Field("", description="The link with these words.")
    heading: Template = Field("", description="The heading with these words.")
    text: Template = Field("", description="Whatever shows these words.")
    near_text: Template = Field("", description="The first input after these words, where no label is tied to it.")
    row: Template = Field("", description="The value beside these words in a table or list of values.")
    role: str = Field("", description="Its accessibility role, such as alert; with name or matching, if need be.")
    name: Template = Field("", description="With role: its exact name.")
    matching: Pattern = Field("", description="With role: a regular expression for its name.")
    group: Template = Field("", description="Only within the group of this name (a fieldset's legend).")
    in_row: Template = Field("", description="Only in the table row that shows these words.")
    frame: str = Field("", description="Only inside the frame of this name or title.")
    nth: int = Field(1, ge=1, description="Which one, counted from 1: the second box of a date is 2.")
    exact: bool = Field(True, description="Whether the words are all there is, or only part.")

    @model_validator(mode="after")
    def _one_way(self) -> Place:
        ways = [way for way in _WAYS if getattr(self, way)]
        if len(ways) > 1 or not (ways or self.group):
            raise ValueError(f"A place is found in one way, by one of: {', '.join(_WAYS)}; or by group alone.")
        if (self.name or self.matching) and not self.role:
            raise ValueError("`name` and `matching` go with `role`.")
        return self

    @property
    def described(self) -> str:
        """The place as the description has it, with nothing filled in."""
        given = [(way, str(getattr(self, way))) for way in (*_WAYS, "name", "matching", "group") if getattr(self, way)]
        return " ".join(f'{way.replace("_", " ")} "{value}"' for way, value in given)


class Step(Model):
    """One thing the robot does: exactly one of open, fill, choose, check, press, upload, wait, expect."""

    open: Template = Field("", description="Go to this path of the system.")
    fill: Place | None = Field(None, description="Type into this box what `with` gives; left out where it is empty.")
    choose: Place | None = Field(None, description="Pick from this list, or the radio button in this group.")
    check: Place | None = Field(None, description="Tick this box where `with` gives yes, else clear it.")
    press: Place | None = Field(None, description="Press this button or link, once.")
    upload: Place | None = Field(None, description="Give this file box the item's attachments.")
    wait: Place | None = Field(None, description="Wait until this has gone.")
    expect: Place | None = Field(None, description="This must be seen; with `with`, it must show just that.")
    with_: Template = Field("", alias="with", description="What to type, choose or expect, such as {moving_date|day}.")
    values: dict[str, str] = Field(default_factory=dict, description="The screen's words for each of our values.")
    when: Template = Field("", description="Only where this gives something, such as {phone}.")
    commit: bool = Field(False, description="The one step of the form that saves the record.")
    accept_dialog: str = Field("", description="Words of a question that the browser asks here, to be answered OK.")
    seconds: float | None = Field(None, gt=0, description="Its own time limit.")

    @model_validator(mode="after")
    def _one_action(self) -> Step:
        actions = [action for action in _ACTIONS if getattr(self, action)]
        if len(actions) != 1:
            raise ValueError(f"A step does exactly one of: {', '.join(_ACTIONS)}.")
        if actions[0] in ("fill", "choose", "check") and not self.with_:
            raise ValueError(f"`{actions[0]}` needs `with`: what to put there.")
        if self.commit and not self.press:
            raise ValueError("Only a `press` can be the commit.")
        return self

    @property
    def action(self) -> str:
        """Which of the actions it is."""
        return next(action for action in _ACTIONS if getattr(self, action))

    @property
    def place(self) -> Place | None:
        """The place it is about; None for `open`."""
        found = getattr(self, self.action)
        return found if isinstance(found, Place) else None

    @property
    def described(self) -> str:
        """The step in words, with nothing filled in."""
        return f"{self.action} {self.place.described if self.place else self.open}"


Steps = tuple[Step, ...]


class Notice(Model):
    """Something that may come up at any time and is closed."""

    seen: Place = Field(description="How it is known.")
    press: Place = Field(description="What closes it.")


class FindOnScreen(Model):
    """How a record is found by our key."""

    steps: Steps = Field(description="From the signed-in page to the search's result; {key} is our key.")
    none: Place = Field(description="What says that there is no such record.")
    found: Place = Field(description="What stands for each record found; its words hold the reference.")
    reference: Pattern = Field(description="Regular expression for the system's reference in those words.")


class Success(Model):
    """How a saved record is known, and only so."""

    seen: Place = Field(description="What is seen only when the record was saved.")
    reference: Pattern = Field(description="Regular expression for the system's reference on that page.")


class ShownField(Shape):
    """Where the record's page shows one field, and how it is written there."""

    place: Place = Field(description="Where it stands, such as `row: Date of move`.")


class ScreenSettings(Model):
    """A system's screens as a target."""

    kind: Literal["screen"] = Field(description="Says that this target is a system's screens.")
    name: str = Field(min_length=1, description="The name by which processes deliver to it.")
    address: str = Field(pattern=r"^https?://[^/\s]+", description="Where the system is, such as https://host.")
    username: str = Field("", description="The robot's account.")
    password: SecretStr = Field(SecretStr(""), description="Its password.")
    target_class: TargetClass = Field(
        TargetClass.SEARCHABLE, description="What it offers after a lost answer: B with a search, else D."
    )
    settle_seconds: float = Field(120.0, ge=0, description="How long after a lost answer a record may still appear.")
    step_seconds: float = Field(10.0, gt=0, description="How long a step may take.")
    answer_seconds: float = Field(30.0, gt=0, description="How long saving may take.")
    browser: Path | None = Field(None, description="The browser's program, where it is not found by itself.")
    hosts: tuple[str, ...] = Field((), description="Other hosts the pages need, such as the sign-in's.")
    evidence: Path | None = Field(None, description="Folder for masked pictures of what the robot saw.")
    start: str = Field(description="Path of the page a signed-in person begins at.")
    signed_in: Place = Field(description="What is seen there only when signed in.")
    signed_out: Place | None = Field(None, description="What is seen instead when not signed in.")
    sign_in: Steps = Field((), description="The sign-in; {username} and {password} are the robot's.")
    notices: tuple[Notice, ...] = Field((), description="Notices that may come up.")
    faults: Place | None = Field(None, description="Where a page says what it does not accept.")
    find: FindOnScreen | None = Field(None, description="How a record is found by our key; needed but for class D.")
    form: Steps = Field(description="From the signed-in page to the saved record; {key} is our key.")
    success: Success = Field(description="How a saved record is known.")
    record: Steps = Field(description="From the signed-in page to the record; {reference} is the system's.")
    fields: dict[str, ShownField] = Field(description="Where the record's page shows each field.")

    @model_validator(mode="after")
    def _one_commit(self) -> ScreenSettings:
        commits = [number for number, step in enumerate(self.form) if step.commit]
        if len(commits) != 1:
            raise ValueError(f"Exactly one step of `form` has `commit: true`; here {len(commits)} do.")
        acting = [step.described for step in self.form[commits[0] + 1 :] if step.action not in _READ_ONLY]
        if acting:
            raise ValueError(f"After the commit only wait and expect may follow; here: {acting[0]}.")
        elsewhere = (*self.sign_in, *self.record, *(self.find.steps if self.find else ()))
        if any(step.commit for step in elsewhere):
            raise ValueError("Only a step of `form` can be the commit.")
        return self

    @model_validator(mode="after")
    def _can_be_found(self) -> ScreenSettings:
        if self.target_class is TargetClass.BLIND:
            return self
        if self.find is None:
            raise ValueError("Without `find` the target must be of class D.")
        if "key" not in _names(self.form):
            raise ValueError("The key must travel with the record: a step of `form` puts {key} somewhere.")
        return self

    def field_names(self) -> set[str]:
        """Return the names of the fields that the form uses."""
        return _names(self.form) - {"key", "received_date"}


def _names(steps: Iterable[Step]) -> set[str]:
    return {name for step in steps for text in (step.with_, step.when) for name in names_in(text)}
