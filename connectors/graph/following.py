"""Follows a mailbox's folders: which mails are new, and which of those in hand staff seem to have taken back.

Graph repeats changes, gives them in any order and late, and forgets where we were (410). So a change is only ever a
hint: what is new is judged by its categories and the ledger, and what looks taken back is looked at once more.
Source: https://learn.microsoft.com/graph/delta-query-overview
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.graph.bookmark import Bookmark, FolderMark
from connectors.graph.errors import GraphRefusal, is_forgotten
from connectors.graph.letters import Letter, Page
from postroom.message import InHand

LARGEST_PAGE = 100
"""Mails asked for in one page."""
Turn = Callable[[str, str, int], Page]
"""Returns the page of a folder at a link, with at most so many mails."""
_SMALLEST_PAGE = 10
_MOST_PAGES = 50
"""Pages of one folder in one look: a folder of many thousands is gone through in several, each of them kept."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The categories by which robot and staff tell each other whose a mail is."""

    work: str
    done: str
    held: str

    def any_of(self, letter: Letter) -> bool:
        """Whether a mail carries one of the robot's categories."""
        return bool({name.casefold() for name in letter.categories} & {self.work.casefold(), *self._final})

    def final(self, letter: Letter) -> bool:
        """Whether a mail is marked as done or held."""
        return bool({name.casefold() for name in letter.categories} & self._final)

    def replaced(self, categories: Sequence[str], mark: str) -> list[str]:
        """Return categories with the robot's own replaced by one of them; staff's stay."""
        ours = {self.work.casefold(), *self._final}
        return [*(name for name in categories if name.casefold() not in ours), mark]

    @property
    def _final(self) -> set[str]:
        return {self.done.casefold(), self.held.casefold()}


@dataclass(slots=True)
class Walk:
    """One look through all folders."""

    bookmark: Bookmark
    marks: Marks
    in_hand: InHand | None
    limit: int
    since: datetime | None = None
    """Mail received earlier is left alone."""
    new: dict[str, Letter] = field(default_factory=dict)
    suspects: dict[str, None] = field(default_factory=dict)
    """Mails in hand that seem to have been taken back, in the order in which they were come across."""

    def through(self, folder: str, turn: Turn) -> None:
        """Go through a folder's changes until there are no more or enough new mails were found."""
        mark = self.bookmark.folders.setdefault(folder, FolderMark())
        size = max(min(self.limit, LARGEST_PAGE), _SMALLEST_PAGE)
        for _ in range(_MOST_PAGES):
            if len(self.new) >= self.limit:
                return
            try:
                page = turn(folder, mark.link, size)
            except GraphRefusal as refusal:
                if not is_forgotten(refusal) or not mark.link:
                    raise
                self.begin_anew(folder)
                mark = self.bookmark.folders[folder]
                continue
            if not self._through_page(page, mark):
                return
            mark.link, mark.taken = page.link, []
            if page.last:
                self.suspects |= dict.fromkeys(mark.unseen)
                mark.unseen = []
                return

    def begin_anew(self, folder: str) -> None:
        """Look at everything in a folder."""
        # What was moved or deleted while the place was lost is told by nobody: who is not come across is looked at.
        self.bookmark.folders[folder] = FolderMark(unseen=list(self.in_hand or ()))

    def _through_page(self, page: Page, mark: FolderMark) -> bool:
        """Judge a page's mails, oldest first, each as it is shown last; False if not all of the new ones fit."""
        latest = {letter.key: letter for letter in page.letters}
        for letter in sorted(latest.values(), key=lambda one: (one.received_at, one.key)):
            if letter.key in mark.unseen and not letter.removed:
                mark.unseen.remove(letter.key)
            if letter.key in mark.taken or not self._is_new(letter):
                continue
            if len(self.new) >= self.limit:
                return False
            self.new[letter.key] = letter
            mark.taken.append(letter.key)
        return True

    def _is_new(self, letter: Letter) -> bool:
        if self.in_hand is not None and letter.key in self.in_hand:
            if letter.removed or not self.marks.any_of(letter):
                self.suspects[letter.key] = None
            return False
        if letter.removed or letter.key in self.bookmark.waiting or letter.key in self.new:
            return False
        if not letter.whole:
            self.bookmark.waiting[letter.key] = 0
            return False
        return self.wanted(letter)

    def wanted(self, letter: Letter) -> bool:
        """Whether a mail of which everything is known is to be taken.

        Without a ledger the mark alone decides; with one, a marked mail that it does not know was cut off half-way.
        """
        if letter.draft or (self.since is not None and letter.received_at < self.since):
            return False
        if self.in_hand is not None and (letter.key in self.in_hand or self.in_hand.is_over(letter.key)):
            return False
        return not (self.marks.any_of(letter) if self.in_hand is None else self.marks.final(letter))
