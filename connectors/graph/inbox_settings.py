"""What a council says about a mailbox in Microsoft 365."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from connectors.graph.settings import GraphAccount
from connectors.oversize import MAXIMUM_BYTES
from postroom.process import Model


class NudgeSettings(Model):
    """Where Microsoft Graph tells at once that post arrived, so that `postroom serve` need not wait for its time."""

    address: str = Field(description="Public https address that the council's reverse proxy leads to `port`.")
    port: int = Field(ge=1024, le=65535, description="Port on this machine, open to this machine alone.")

    @field_validator("address")
    @classmethod
    def _is_encrypted(cls, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be a whole address that begins with https://, without ? and #")
        return address


class GraphInboxSettings(GraphAccount):
    """A user's or shared mailbox in Microsoft 365, read through Microsoft Graph."""

    kind: Literal["graph"] = Field(description="Always `graph`.")
    name: str = Field(min_length=1, description="The inbox's name in reports and commands.")
    mailbox: str = Field(min_length=1, description="Address of the user's or shared mailbox.")
    folders: tuple[str, ...] = Field(
        ("Inbox",), min_length=1, description="The folders post arrives in; `/` goes down into a folder."
    )
    since: date | None = Field(
        None, description="Mail received before this day is left alone; for the first look into a full folder."
    )
    done_folder: str = Field(
        "Done", description="Where post goes when all its items are done; left empty, it stays where it is."
    )
    held_folder: str = Field("Held", description="Where post goes that was rejected; left empty, it stays where it is.")
    work_category: str = Field(
        "Postroom: in work", min_length=1, description="Category of post the robot has; taking it off takes it back."
    )
    done_category: str = Field("Postroom: done", min_length=1, description="Category of post whose items are done.")
    held_category: str = Field(
        "Postroom: needs a person", min_length=1, description="Category of post that was rejected."
    )
    scan_minutes: float = Field(
        30.0, ge=0, description="How long to wait for attachments that Defender is still scanning."
    )
    patience_seconds: float = Field(
        60.0,
        ge=0,
        description="For how long a look that gets no answer is repeated.",
    )
    outside_mailbox: str = Field(
        "", description="A mailbox the robot must not be able to open; `postroom check` proves that it cannot."
    )
    maximum_bytes: int = Field(
        MAXIMUM_BYTES, gt=0, description="A larger mail is not read; a person is told of it instead."
    )
    nudge: NudgeSettings | None = Field(
        None, description="Has Microsoft Graph tell at once that post arrived; the schedule stays what counts."
    )

    @field_validator("folders")
    @classmethod
    def _are_paths(cls, paths: tuple[str, ...]) -> tuple[str, ...]:
        tidy = tuple(_path(path) for path in paths)
        if not all(tidy):
            raise ValueError("each folder post arrives in needs a name")
        return tidy

    @field_validator("done_folder", "held_folder")
    @classmethod
    def _is_path(cls, path: str) -> str:
        return _path(path)

    @model_validator(mode="after")
    def _tells_apart(self) -> Self:
        categories = {self.work_category.casefold(), self.done_category.casefold(), self.held_category.casefold()}
        if len(categories) < 3:
            raise ValueError("the three categories must be different")
        places = [name.casefold() for name in (*self.folders, self.done_folder, self.held_folder) if name]
        if len(set(places)) < len(places):
            raise ValueError("the folders post arrives in and those for done and held post must all be different")
        return self


def _path(path: str) -> str:
    """Return a folder's path in the one way it can be compared with another."""
    return "/".join(name.strip() for name in path.split("/") if name.strip())
