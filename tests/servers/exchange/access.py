"""Who may open which mailbox: an account's own, by full access, or by impersonation."""

from __future__ import annotations

import re

from tests.servers.exchange.mailbox import Folder, Item, Mailbox, Refusal
from tests.servers.exchange.store import Store
from tests.servers.exchange.xml import Element, name_of, text_at

_ID = re.compile(r"[A-Za-z0-9+/=]{40,}")


class Fault(Exception):
    """A request that is refused as a whole, with a SOAP fault."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Caller:
    """Who asks, and for whom."""

    def __init__(self, store: Store, user: str, header: Element | None) -> None:
        self.store, self.user = store, user
        path = "t:ExchangeImpersonation/t:ConnectingSID/t:PrimarySmtpAddress"
        self.impersonated = text_at(header, path).lower() if header is not None else ""
        if self.impersonated:
            if self.impersonated not in store.may_impersonate.get(user, set()):
                raise Fault("ErrorImpersonateUserDenied")
            if self.impersonated not in store.mailboxes:
                raise Fault("ErrorNonExistentMailbox")

    def folder(self, wanted: Element) -> tuple[Mailbox, Folder]:
        """Return the folder that an element names.

        Raises:
            Refusal: There is none, or this caller may not open it.
        """
        key = wanted.get("Id") or ""
        if name_of(wanted) == "DistinguishedFolderId":
            mailbox = self._opened(text_at(wanted, "t:Mailbox/t:EmailAddress").lower() or self._own())
            return mailbox, mailbox.distinguished(key)
        for mailbox in self.store.mailboxes.values():
            if key in mailbox.folders:
                self._opened(mailbox.address)
                return mailbox, mailbox.folders[key]
        raise Refusal("ErrorFolderNotFound")

    def item(self, wanted: Element) -> tuple[Mailbox, Item]:
        """Return the item that an element names."""
        if not _ID.fullmatch(wanted.get("Id") or ""):
            raise Refusal("ErrorInvalidIdMalformed")
        mailbox = self.store.owner(wanted.get("Id") or "")
        self._opened(mailbox.address)
        return mailbox, mailbox.items[wanted.get("Id") or ""]

    def may_write(self, mailbox: Mailbox) -> bool:
        """Whether this caller may change what is in a mailbox."""
        return mailbox.address not in self.store.read_only.get(self.user, set())

    def changing(self, mailbox: Mailbox) -> None:
        """See that this caller may change what is in a mailbox.

        Raises:
            Refusal: It may only read.
        """
        if not self.may_write(mailbox):
            raise Refusal("ErrorAccessDenied")

    def _own(self) -> str:
        return self.impersonated or self.store.own.get(self.user, "")

    def _opened(self, address: str) -> Mailbox:
        if address not in self.store.mailboxes:
            raise Refusal("ErrorNonExistentMailbox")
        granted = {self._own()} if self.impersonated else {self._own(), *self.store.full_access.get(self.user, ())}
        if address not in granted:
            raise Refusal("ErrorAccessDenied")
        return self.store.mailboxes[address]
