"""A mailbox as an inbox needs it: folders by path, mails by id or by our mark, changes since a state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import monotonic
from typing import NamedTuple

from connectors.exchange import calls
from connectors.exchange.calls import Element, Marking, Seen
from connectors.exchange.errors import BAD_ID, BAD_STATE, CONFLICT, NO_FOLDER, NOT_FOUND, Refusal
from connectors.exchange.session import Session
from connectors.exchange.settings import plain_path
from postroom.errors import ConnectorDown

FOLDER_SECONDS = 60.0
"""How long a folder is believed to be where it was. A folder that staff delete keeps its id: it lies in Deleted Items
then, and nothing may go there."""
_NO_MAIL = frozenset({"Contact", "DistributionList", "Task", "CalendarItem"})
_LISTED = 100
_AT_ONCE = 50
_ITEMS = "m:RootFolder/t:Items/*"


class Changed(NamedTuple):
    """What happened in a folder since a state."""

    touched: list[Seen]
    """Mails that came or changed, as they are now or, in a replay, as they were."""
    gone: list[str]
    """Ids of mails that are no longer in the folder; a replay may tell of one that is back."""
    state: str


class Mailbox:
    """Works on one mailbox; changes nothing but marks, categories and places."""

    def __init__(self, session: Session, named: str) -> None:
        self.session = session
        self._named = named
        self._folders: dict[str, tuple[str, float]] = {}
        """Ids by path, and until when they are believed."""

    def folder(self, path: str, *, make: bool = False) -> str:
        """Return a folder's id by its path, or nothing if there is none and none is to be made."""
        known, until = self._folders.get(plain_path(path), ("", 0.0))
        if known and monotonic() < until:
            return known
        parts = [part.strip() for part in path.split("/") if part.strip()]
        top = "inbox" if parts[0].lower() == "inbox" else "msgfolderroot"
        here = calls.well_known(top, self.session.mailbox)
        found = self._id_of(self.session.one(calls.get_folder(top, self.session.mailbox))) if top == "inbox" else ""
        for name in parts[1:] if top == "inbox" else parts:
            found = self._below(here, name) or (self._make(here, name) if make else "")
            if not found:
                return ""
            here = calls.folder_id(found)
        self._folders[plain_path(path)] = found, monotonic() + FOLDER_SECONDS
        return found

    def wanted_folder(self, path: str) -> str:
        """Return a folder's id by its path.

        Raises:
            ConnectorDown: There is none.
        """
        found = self.folder(path)
        if not found:
            raise ConnectorDown(
                f'{self._named}: there is no folder "{path}" in {self.session.mailbox}.',
                hint="Make it, or correct `folders`: the path begins with `Inbox/` or beside the inbox.",
            )
        return found

    def watched(self, paths: Sequence[str]) -> list[str]:
        """Return the ids of the folders post arrives in."""
        return [self.wanted_folder(path) for path in paths]

    def forget_folders(self) -> None:
        """Look folders up anew: one that was known is gone."""
        self._folders.clear()

    def look(self, item_ids: Sequence[str]) -> dict[str, Seen]:
        """Return mails by their ids, as they are now; those that were moved or deleted are left out.

        Raises:
            ConnectorDown: One is no id of Exchange.
        """
        found: dict[str, Seen] = {}
        for start in range(0, len(item_ids), _AT_ONCE):
            some = item_ids[start : start + _AT_ONCE]
            answers = self.session.ask(calls.get_items(some), seen=(*NOT_FOUND, *BAD_ID))
            for item_id, answer in zip(some, answers, strict=True):
                if not isinstance(answer, Refusal):
                    found[item_id] = calls.seen_in(calls.every(answer, "m:Items/*")[0])
                elif answer.code in BAD_ID:
                    message = f"{self._named}: a source key names no mail of this mailbox."
                    raise ConnectorDown(message, hint="Correct `mailbox`, or restore the altered ledger.")
        return found

    def marked(self, folders: Sequence[str], mark: str) -> list[Seen]:
        """Return the mails that bear a mark of ours, each with the folder it was found in."""
        answers = self.session.ask(calls.find_items(folders, 0, _LISTED, calls.equals(calls.MARK, mark)))
        return [
            calls.seen_in(one)._replace(folder=folder)
            for folder, answer in zip(folders, answers, strict=True)
            for one in calls.every(answer, _ITEMS)
        ]

    def unclaimed(self, folder: str) -> Iterator[Seen]:
        """Give the mails of a folder that were never claimed, the oldest first."""
        offset = 0
        while True:
            answer = self.session.one(calls.find_items([folder], offset, _LISTED, calls.unmarked()))
            page = calls.every(answer, _ITEMS)
            yield from (calls.seen_in(one) for one in page if calls.name_of(one) not in _NO_MAIL)
            offset += len(page)
            if not page or calls.every(answer, "m:RootFolder")[0].get("IncludesLastItemInRange") == "true":
                return

    def waiting(self, folder: str) -> int:
        """Count the mails of a folder that were never claimed."""
        answer = self.session.one(calls.find_items([folder], 0, 1, calls.unmarked()))
        return int(calls.every(answer, "m:RootFolder")[0].get("TotalItemsInView", "0"))

    def changes(self, folder: str, state: str) -> Changed:
        """Return what happened in a folder since a state, to the end.

        Raises:
            Refusal: The state is no longer good; begin with none.
        """
        touched: dict[str, Seen] = {}
        gone: list[str] = []
        while True:
            answer = self.session.one(calls.sync_items(folder, state), seen=BAD_STATE)
            for change in calls.every(answer, "m:Changes/*"):
                _note(change, touched, gone)
            before, state = state, calls.text_at(answer, "m:SyncState")
            if calls.text_at(answer, "m:IncludesLastItemInRange") == "true" or state == before:
                return Changed(list(touched.values()), gone, state)

    def mark(self, markings: Sequence[Marking]) -> list[Seen]:
        """Write on mails, and return them as they are then; those that changed or went meanwhile are left out."""
        found: list[Seen] = []
        for start in range(0, len(markings), _AT_ONCE):
            some = markings[start : start + _AT_ONCE]
            answers = self.session.ask(calls.mark_items(some), seen=(*CONFLICT, *NOT_FOUND))
            for marking, answer in zip(some, answers, strict=True):
                if not isinstance(answer, Refusal):
                    identity = calls.every(answer, "m:Items/*/t:ItemId")[0]
                    found.append(marking.seen._replace(change_key=identity.get("ChangeKey", "")))
        return found

    def move(self, seen: Seen, path: str) -> bool:
        """Move a mail to a folder, which is made if need be; False if it went since it was looked at."""
        for _ in range(2):
            try:
                self.session.one(
                    calls.move_item(seen, self.folder(path, make=True)), seen=(*NOT_FOUND, *CONFLICT, *NO_FOLDER)
                )
            except Refusal as refusal:
                if refusal.code not in NO_FOLDER:
                    return False
                self.forget_folders()
                continue
            return True
        return False

    def may_change(self, path: str) -> tuple[int, bool]:
        """Return how many mails a folder holds, and whether this account may put mails into it."""
        parts = [part.strip() for part in path.split("/") if part.strip()]
        if len(parts) == 1 and parts[0].lower() == "inbox":
            answer = self.session.one(calls.get_folder("inbox", self.session.mailbox))
            element = calls.every(answer, "m:Folders/*")[0]
        else:
            parent = calls.well_known("msgfolderroot", self.session.mailbox)
            if parts[:-1]:
                parent = calls.folder_id(self.wanted_folder("/".join(parts[:-1])))
            answer = self.session.one(calls.find_folder(parts[-1], parent))
            element = calls.every(answer, "m:RootFolder/t:Folders/*")[0]
        allowed = calls.text_at(element, "t:EffectiveRights/t:CreateContents") != "false"
        return int(calls.text_at(element, "t:TotalCount") or 0), allowed

    def _below(self, parent: Element, name: str) -> str:
        answer = self.session.one(calls.find_folder(name, parent))
        found = calls.every(answer, "m:RootFolder/t:Folders/*")
        exact = [one for one in found if calls.text_at(one, "t:DisplayName") == name]
        ids = [calls.every(one, "t:FolderId")[0].get("Id") for one in exact or found]
        return str(ids[0]) if ids else ""

    def _make(self, parent: Element, name: str) -> str:
        try:
            answer = self.session.one(calls.create_folder(name, parent), seen=("ErrorFolderExists",))
        except Refusal:
            # Another worker made it in the meantime.
            return self._below(parent, name)
        return self._id_of(answer)

    @staticmethod
    def _id_of(answer: Element) -> str:
        return str(calls.every(answer, "m:Folders/*/t:FolderId")[0].get("Id"))


def _note(change: Element, touched: dict[str, Seen], gone: list[str]) -> None:
    kind = calls.name_of(change)
    if kind == "Delete":
        gone.append(str(calls.every(change, "t:ItemId")[0].get("Id")))
    elif kind in ("Create", "Update") and calls.name_of(change[0]) not in _NO_MAIL:
        seen = calls.seen_in(change[0])
        touched[seen.id] = seen
