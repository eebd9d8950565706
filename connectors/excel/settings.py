"""What a council says about a register in a workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from postroom.process import Model

ColumnType = Literal["text", "date", "money", "integer"]


class Column(Model):
    """One column of the register."""

    field: str = Field(description="The field whose values stand in it.")
    title: str = Field("", description="Its heading; left out, the field's name in words.")
    type: ColumnType = Field(
        "text", description="How Excel shall hold the values; text keeps leading zeros and is right for codes."
    )

    @property
    def heading(self) -> str:
        """The words in the header row."""
        return self.title or heading_of(self.field)


class ExcelSettings(Model):
    """A workbook that holds a register, made at the first delivery if it is not there."""

    kind: Literal["excel"] = Field(description="Always `excel`.")
    name: str = Field(description="The target's name in reports and in processes.")
    path: Path = Field(description="The workbook, ending in `.xlsx`.")
    sheet: str = Field("Register", min_length=1, max_length=31, description="The worksheet that holds the register.")
    table: str = Field(
        "Register", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="The name of the Excel table on that worksheet."
    )
    key_title: str = Field("Postroom key", min_length=1, description="Heading of the column that holds our key.")
    columns: tuple[Column, ...] = Field(
        (),
        description="The columns in their order; a delivered field that is not listed gets a text column of its own.",
    )
    wait_seconds: float = Field(
        10.0, ge=0, description="How long to wait while another worker writes to the same workbook."
    )

    @field_validator("path")
    @classmethod
    def _is_plain_workbook(cls, path: Path) -> Path:
        if path.suffix.lower() != ".xlsx":
            raise ValueError("the workbook's name must end in .xlsx, because macros and old formats cannot be kept")
        return path


def heading_of(field: str) -> str:
    """Return a field's name in words, such as `Moving date` for `moving_date`."""
    words = field.replace("_", " ")
    return words[:1].upper() + words[1:]
