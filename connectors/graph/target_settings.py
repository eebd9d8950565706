"""What a council says about its targets in Microsoft 365."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, field_validator, model_validator

from connectors.graph.settings import GraphAccount
from connectors.graph.sites import site_address
from connectors.letter import Letter
from connectors.shapes import Shape
from connectors.templates import Template
from postroom.process import Model

_NAME = Field(min_length=1, description="The target's name in reports and in processes.")
_KEY_COLUMN = Field(
    "SourceKey", min_length=1, description="The column that holds our key; a single line of text, indexed."
)
_SITE = "The site, as in the address bar: `https://council.sharepoint.com/sites/Revenues`."


def _known_zone(given: str) -> str:
    try:
        ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("a time zone is named as Europe/London") from None
    return given


SiteAddress = Annotated[str, AfterValidator(site_address)]
TimeZone = Annotated[str, AfterValidator(_known_zone)]


class ListColumn(Shape):
    """Which column takes a field, and how the value is written in it."""

    column: str = Field("", description="Internal name or title of the column; left out, the field's name.")


class InSharePoint(GraphAccount):
    """What targets with SharePoint columns have in common."""

    key_column: str = _KEY_COLUMN
    columns: dict[str, ListColumn] = Field(
        default_factory=dict, description="The column of each field, and its type where that is not text."
    )
    time_zone: TimeZone = Field(
        "Europe/London", description="Time zone of the site (Site settings, Regional settings); dates go by it."
    )
    concurrency: int = Field(2, ge=1, le=8, description="How many records may be sent at one time.")


class ListSettings(InSharePoint):
    """A SharePoint list that holds a register."""

    kind: Literal["graph-list"] = Field(description="Always `graph-list`.")
    name: str = _NAME
    site: SiteAddress = Field(min_length=1, description=_SITE)
    list: str = Field(min_length=1, description="Title or id of the list.")
    key_column: str = Field(
        "SourceKey",
        min_length=1,
        description="The column that holds our key; a single line of text, indexed, with unique values enforced.",
    )


class LibrarySettings(InSharePoint):
    """A document library that keeps the files of a record."""

    kind: Literal["graph-library"] = Field(description="Always `graph-library`.")
    name: str = _NAME
    site: SiteAddress = Field(min_length=1, description=_SITE)
    library: str = Field("", description="Title of the document library; left out, the site's own `Documents`.")
    folder: str = Field("", description="Folder in it, such as `Post/2026`; made with the first file.")
    part_column: str = Field(
        "SourcePart", min_length=1, description="The column that says which file of how many it is, such as `1/2`."
    )


class WorkbookColumn(Model):
    """One column of the register."""

    field: str = Field(description="The field whose values stand in it.")
    title: str = Field("", description="Its heading; left out, the field's name in words.")
    type: Literal["text", "date", "money", "integer"] = Field(
        "text", description="How Excel shall hold the values; text keeps leading zeros and is right for codes."
    )

    @property
    def heading(self) -> str:
        """The words in the header row."""
        words = self.title or self.field.replace("_", " ")
        return words[:1].upper() + words[1:] if not self.title else words


class WorkbookSettings(GraphAccount):
    """A table in a workbook that lies in SharePoint or OneDrive."""

    kind: Literal["graph-workbook"] = Field(description="Always `graph-workbook`.")
    name: str = _NAME
    site: SiteAddress = Field("", description=_SITE + " Left out where the workbook is in a person's OneDrive.")
    user: str = Field("", description="Address of the person in whose OneDrive the workbook is.")
    library: str = Field("", description="Title of the document library; left out, the site's own `Documents`.")
    path: str = Field(description="The workbook's path in the library, such as `Registers/Complaints.xlsx`.")
    table: str = Field("Register", min_length=1, description="Name of the Excel table (Table Design, Table Name).")
    key_title: str = Field("Postroom key", min_length=1, description="Heading of the column that holds our key.")
    columns: tuple[WorkbookColumn, ...] = Field(
        (), description="The columns of fields; a field that is not listed goes under the heading of its name in words."
    )
    wait_seconds: float = Field(
        30.0, ge=0, description="How long to wait while another worker writes to the same workbook."
    )
    settle_seconds: float = Field(60.0, ge=0, description="How long after a lost answer a row may still appear.")

    @field_validator("path")
    @classmethod
    def _is_workbook(cls, path: str) -> str:
        if not path.lower().endswith((".xlsx", ".xlsm")):
            raise ValueError("Excel in the cloud opens .xlsx and .xlsm alone")
        return path.strip("/")

    @model_validator(mode="after")
    def _is_in_one_place(self) -> Self:
        if bool(self.site) == bool(self.user):
            raise ValueError("give `site` or `user`, and not both")
        return self


class MailSettings(GraphAccount):
    """Letters from a mailbox."""

    kind: Literal["graph-mail"] = Field(description="Always `graph-mail`.")
    name: str = _NAME
    mailbox: str = Field(min_length=3, description="Address of the mailbox that the letters come from.")
    letter: Letter = Field(description="The words of the letter.")
    reply: bool = Field(
        False, description="Answer the mail that the record came in; a new letter where it came another way."
    )
    confirm_seconds: float = Field(
        10.0, ge=0, le=120, description="How long to wait for the letter in Sent Items before it counts as unknown."
    )
    settle_seconds: float = Field(120.0, ge=0, description="How long after a lost answer a letter may still appear.")


class PlannerSettings(GraphAccount):
    """Tasks in a plan, for people who work from Planner or Teams."""

    kind: Literal["graph-planner"] = Field(description="Always `graph-planner`.")
    name: str = _NAME
    plan_id: str = Field(min_length=1, description="Id of the plan; it stands in the plan's address.")
    bucket_id: str = Field("", description="Id of the bucket; left out, the task is in none.")
    title: Template = Field(
        "{process}: an item needs a person",
        description="Title of the task; everybody in the plan sees it, so no names or addresses.",
    )
    description: Template = Field(
        "Open item {item} in the review desk.",
        description="Notes of the task; {process}, {item} and {key} stand for the record's, other names for fields.",
    )
    settle_seconds: float = Field(120.0, ge=0, description="How long after a lost answer a task may still appear.")
