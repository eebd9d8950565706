"""What a council says about a watched folder."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from connectors.oversize import MAXIMUM_BYTES
from postroom.process import Model


class FolderSettings(Model):
    """A folder that is watched for post."""

    kind: Literal["folder"] = Field(description="Always `folder`.")
    name: str = Field(description="The inbox's name in reports and commands.")
    path: Path = Field(description="The folder; `claimed`, `done` and `held` are made inside it.")
    quiet_seconds: float = Field(
        5.0, ge=0, description="A file counts as complete after it has not changed for this many seconds."
    )
    maximum_bytes: int = Field(
        MAXIMUM_BYTES, gt=0, description="A larger file is not read; a person is told of it instead."
    )
