"""What a connector must be allowed to do in another system, as data: `postroom check` prints the list to grant."""

from __future__ import annotations

from typing import NamedTuple


class Permission(NamedTuple):
    """One permission and how to keep it narrow."""

    name: str
    """As Microsoft writes it, such as `Application Mail.ReadWrite`."""
    where: str
    """Where it is granted: `Exchange Online`, `Microsoft Entra` or `SharePoint`."""
    scope: str
    """What it must be limited to, such as a mailbox or a site."""
    why: str
    """What the robot does with it."""

    def __str__(self) -> str:
        return f"{self.name}, granted in {self.where} for {self.scope}: {self.why}"
