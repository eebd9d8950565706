"""How far an inbox has read, as the ledger keeps it between two looks."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

FULL_LOOK = timedelta(hours=1)
"""How often the folders are searched even if Exchange tells of no change."""


@dataclass(slots=True)
class Bookmark:
    """Sync states, and what must be looked at again whatever they say."""

    states: dict[str, str] = field(default_factory=dict)
    """By folder id."""
    returned: dict[str, str] = field(default_factory=dict)
    """Source keys of mails in hand that staff moved out and back or copied, by the id they have since."""
    again: list[str] = field(default_factory=list)
    """Ids of mails that bear the robot's mark though the ledger does not have them in hand."""
    failures: dict[str, int] = field(default_factory=dict)
    """How often a mail could not be read though the mailbox works, by its id."""
    unread: bool = True
    """Whether mails were left over: beyond the limit, being scanned, or unreadable for now."""
    searched_at: str = ""

    @classmethod
    def read(cls, text: str) -> Bookmark:
        """Return a bookmark as it was written; one that cannot be read is a fresh one, which costs a look at all."""
        try:
            found = cls(**json.loads(text)) if text else cls()
            datetime.fromisoformat(found.searched_at or "1970-01-01")
        except (ValueError, TypeError):
            return cls()
        return found

    def __str__(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def is_due(self) -> bool:
        """Whether the folders must be searched though nothing seems to have changed."""
        if self.unread or not self.searched_at:
            return True
        return datetime.now(UTC) - datetime.fromisoformat(self.searched_at) >= FULL_LOOK
