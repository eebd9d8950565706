"""Letters sent from a mailbox on Exchange Server.

A letter is saved as a draft that bears our key, sent, and then lies in Sent Items with the key still on it. So a lost
answer leaves one of four things to be found: nothing; a draft, which is then sent; a draft that Exchange has accepted
and holds back for a while, as it does when a mailbox sends much, which is waited for; or the letter itself.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from connectors.exchange.errors import CONFLICT, NOT_FOUND, Refusal
from connectors.exchange.settings import ExchangeMailSettings
from postroom.delivery import Capabilities, Delivery, Receipt, TargetClass
from postroom.errors import DeliveryUncertain, RefusedByTarget, TransientError

if TYPE_CHECKING:
    from connectors.exchange.calls import Draft
    from connectors.exchange.session import Session

_SENT, _DRAFTS, _OUTBOX = "sentitems", "drafts", "outbox"
_UNSURE = "It is looked up before anything else."
_PARTS = {"subject": "t:Subject", "to": "t:ToRecipients/t:Mailbox/t:EmailAddress", "body": "t:Body"}


class Kept(NamedTuple):
    """A letter that Exchange holds."""

    id: str
    change_key: str
    is_sent: bool = False
    is_submitted: bool = False
    """Whether Exchange has accepted it and will send it."""


class ExchangeMailTarget:
    """Sends one letter for a record."""

    def __init__(self, settings: ExchangeMailSettings) -> None:
        self.name = settings.name
        self._settings = settings
        self._named = f'Target "{settings.name}"'
        self.capabilities = Capabilities(
            TargetClass.SEARCHABLE, settings.settle_seconds, reads_back=tuple(settings.letter.readable)
        )
        self._opening = threading.Lock()
        self._session: Session | None = None
        self._folders: dict[str, str] = {}

    def find(self, key: str) -> Receipt | None:
        """Look for the letter with a key among those that were sent or are on their way."""
        kept = self._kept(key)
        if any(one.is_sent for one in kept):
            return self._receipt(key)
        if any(one.is_submitted for one in kept):
            raise TransientError(f"{self._named}: the letter is on its way out.", hint="It is looked up again.")
        return None

    def deliver(self, delivery: Delivery) -> Receipt:
        """Send the letter, or the draft of it that an earlier attempt left behind."""
        draft = self._written(delivery)
        left = self._kept(delivery.key)
        if any(one.is_sent for one in left):
            return self._receipt(delivery.key)
        if any(one.is_submitted for one in left):
            raise DeliveryUncertain(f"{self._named}: the letter is on its way out.", hint=_UNSURE)
        self._send(self._rewritten(left[0], draft) if left else self._saved(draft))
        return self._receipt(delivery.key)

    def read_back(self, receipt: Receipt) -> dict[str, str]:
        """Return the fields that stand alone in a part of the letter, as it was sent."""
        from connectors.exchange import calls

        kept = [one for one in self._kept(receipt.reference) if one.is_sent]
        if not kept:
            raise TransientError(f"{self._named}: the letter is not in Sent Items yet.", hint="It is tried again.")
        look = calls.get_item(kept[0].id, "item:Subject", "item:Body", "message:ToRecipients")
        item = calls.every(self._open().one(look), "m:Items/*")[0]
        parts = {part: calls.text_at(item, path) for part, path in _PARTS.items()}
        parts["body"] = parts["body"].replace("\r\n", "\n").rstrip("\n")
        return {field: parts[part] for field, part in self._settings.letter.readable.items()}

    def check(self) -> list[str]:
        """Sign in, open the folders a letter goes through, and see that a mailbox outside is refused."""
        from connectors.exchange.checking import outside_sentences, sign_in_sentence

        found = [sign_in_sentence(self._open(), self._settings)]
        for name in (_DRAFTS, _OUTBOX, _SENT):
            self._folder(name)
        return [*found, "Drafts, Outbox and Sent Items can be opened.", *outside_sentences(self._settings, self._named)]

    def close(self) -> None:
        """Close the connection."""
        with self._opening:
            if self._session is not None:
                self._session.close()
                self._session = None
                self._folders.clear()

    def _open(self) -> Session:
        from connectors.exchange.session import Session

        with self._opening:
            if self._session is None:
                self._session = Session(self._settings, self._named)
            return self._session

    def _folder(self, name: str) -> str:
        from connectors.exchange import calls

        if name not in self._folders:
            answer = self._open().one(calls.get_folder(name, self._settings.mailbox))
            self._folders[name] = str(calls.every(answer, "m:Folders/*/t:FolderId")[0].get("Id"))
        return self._folders[name]

    def _kept(self, key: str) -> list[Kept]:
        from connectors.exchange import calls

        folders = (_SENT, _DRAFTS, _OUTBOX)
        search = calls.find_letters([self._folder(name) for name in folders], key)
        found: list[Kept] = []
        for folder, answer in zip(folders, self._open().ask(search), strict=True):
            for item in calls.every(answer, "m:RootFolder/t:Items/*"):
                identity = calls.every(item, "t:ItemId")[0]
                is_submitted = folder == _OUTBOX or calls.text_at(item, "t:IsSubmitted") == "true"
                found.append(
                    Kept(str(identity.get("Id")), str(identity.get("ChangeKey")), folder == _SENT, is_submitted)
                )
        return found

    def _written(self, delivery: Delivery) -> Draft:
        from connectors.exchange.calls import Draft

        try:
            filled = self._settings.letter.fill(delivery.fields, delivery.key)
        except ValueError as error:
            raise RefusedByTarget(
                f"{self._named} cannot write the letter: {error}.", hint="Correct the field."
            ) from None
        if not all(_can_be_carried(part) for part in filled):
            message = f"{self._named} cannot write the letter: it holds a character that Exchange does not take."
            raise RefusedByTarget(message, hint="Correct the field.")
        return Draft(self._settings.mailbox, filled.to, filled.subject, filled.body, delivery.key)

    def _saved(self, draft: Draft) -> Kept:
        from connectors.exchange import calls

        answer = self._open().one(calls.create_draft(draft), writes=True)
        identity = calls.every(answer, "m:Items/*/t:ItemId")[0]
        return Kept(str(identity.get("Id")), str(identity.get("ChangeKey")))

    def _rewritten(self, left: Kept, draft: Draft) -> Kept:
        """Give a draft that was left behind the words of today: a person may have corrected a field since."""
        from connectors.exchange import calls

        try:
            answer = self._open().one(
                calls.rewrite_draft(left.id, left.change_key, draft), seen=(*CONFLICT, *NOT_FOUND)
            )
        except Refusal:
            message = f"{self._named}: the draft of the letter changed while it was to be sent."
            raise TransientError(message, hint="It is looked up again.") from None
        identity = calls.every(answer, "m:Items/*/t:ItemId")[0]
        return Kept(str(identity.get("Id")), str(identity.get("ChangeKey")))

    def _send(self, kept: Kept) -> None:
        from connectors.exchange import calls

        send = calls.send_item(kept.id, kept.change_key, self._settings.mailbox)
        try:
            self._open().one(send, writes=True, seen=(*CONFLICT, *NOT_FOUND))
        except Refusal as refusal:
            if refusal.code in CONFLICT:
                message = f"{self._named}: the draft of the letter changed while it was to be sent."
                raise TransientError(message, hint="It is looked up again.") from None
            message = f"{self._named}: the draft of the letter went away while it was to be sent."
            raise DeliveryUncertain(message, hint=_UNSURE) from None

    def _receipt(self, key: str) -> Receipt:
        return Receipt(key, f"Sent Items of {self._settings.mailbox}")


def _can_be_carried(text: str) -> bool:
    """Whether XML 1.0 can hold every character of a text."""
    return all(
        character in "\t\n\r" or "\x20" <= character <= "\ud7ff" or "\ue000" <= character <= "\ufffd"
        or character >= "\U00010000"
        for character in text
    )  # fmt: skip
