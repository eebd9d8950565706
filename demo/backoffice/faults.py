"""Misbehaviour on demand: what real back-office systems do on bad days, for tests."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FaultName = Literal[
    "drop-after-commit", "error-after-commit", "error-before-commit", "too-many-requests", "unavailable", "slow",
    "drop-field", "expire-before-commit", "expire-after-commit", "alert-after-commit", "rename-button", "notice",
]  # fmt: skip


class Fault(BaseModel):
    """One thing that shall go wrong, a number of times."""

    model_config = ConfigDict(extra="forbid")

    name: FaultName
    times: int = Field(1, ge=1)
    seconds: float = Field(0, ge=0)
    retry_after: str = ""
    box: str = ""


class Faults:
    """The faults still to come, each used up in the order it was set."""

    def __init__(self) -> None:
        self._coming: list[Fault] = []

    def set(self, faults: list[Fault]) -> None:
        """Replace what shall go wrong."""
        self._coming = [fault for fault in faults for _ in range(fault.times)]

    def take(self, *names: FaultName) -> Fault | None:
        """Use up and return the first coming fault of these names."""
        for index, fault in enumerate(self._coming):
            if fault.name in names:
                return self._coming.pop(index)
        return None
