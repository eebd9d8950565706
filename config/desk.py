"""The desk's part of postroom.yaml: teams, clocks, checks on people's work, letters and report mails."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from postroom.process import Model

Nation = Literal["england-and-wales", "scotland", "northern-ireland"]


class ReportMails(Model):
    """Who is sent the run report."""

    daily: tuple[str, ...] = Field((), description="Addresses that get the report of the day before, each working day.")
    weekly: tuple[str, ...] = Field(
        (), description="Addresses that get the report of the week before, on its first day."
    )
    target: str = Field("", description="Name of the target that sends these mails.")


class DeskSettings(Model):
    """How people work at the desk."""

    team: str = Field(
        "Post room", description="The team whose work is post of no process, and of processes without a team."
    )
    nation: Nation = Field("england-and-wales", description="Whose bank holidays count.")
    seeded_errors: float = Field(
        0.02,
        ge=0,
        le=0.5,
        description="Share of held items in which a surely read value is shown wrong, to see whether people look; the "
        "right value is what is keyed in any case. 0 switches it off.",
    )
    blind_samples: float = Field(
        0.02,
        ge=0,
        le=1,
        description="Share of straight-through items that a person reads again without seeing the values.",
    )
    letters: str = Field("", description="Name of the target that sends letters back to senders; left out, none are.")
    upkeep_hours_a_month: float | None = Field(
        None, ge=0, description="Measured hours a month that staff spend on running the post room itself."
    )
    contact: str = Field(
        "",
        description="Whom people at the desk turn to when something does not work or cannot be used by them: an e-mail "
        "address, a telephone number, or both; left out, the pages say: the ICT desk.",
    )
    accessibility_tested: date | None = Field(
        None,
        description="Day on which the council itself last tried the desk with people who use assistive technology, "
        "such as 2026-11-30; left out, the accessibility statement says that this has not been done.",
    )
    reports: ReportMails = Field(ReportMails(), description="Who is sent the run report.")
