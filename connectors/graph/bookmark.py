"""Where the next look into a mailbox goes on: a link per folder, and the mails that wait."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field


@dataclass(slots=True)
class FolderMark:
    """How far the changes of one folder were gone through."""

    link: str = ""
    """The page to ask for next; empty for everything from the beginning."""
    taken: list[str] = field(default_factory=list)
    """Mails of that page that were handed over already, because the page held more than were wanted."""
    unseen: list[str] = field(default_factory=list)
    """Mails in hand that a look at everything has not come across yet."""


@dataclass(slots=True)
class Bookmark:
    """What is kept between two looks."""

    folders: dict[str, FolderMark] = field(default_factory=dict)
    """By folder id."""
    waiting: dict[str, int] = field(default_factory=dict)
    """Mails that are new and could not be taken yet, with how often their content could not be had."""
    doubtful: list[str] = field(default_factory=list)
    """Mails in hand that seem to have been taken back, and that the mailbox did not show when they were looked at."""

    def __str__(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, kept: str) -> Bookmark:
        """Read a bookmark back; one that cannot be read is an empty one, which costs a look at everything."""
        try:
            content = json.loads(kept)
            folders = {id_: FolderMark(**mark) for id_, mark in content["folders"].items()}
            waiting = {key: int(count) for key, count in content["waiting"].items()}
            return cls(folders, waiting, list(content.get("doubtful", ())))
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()
