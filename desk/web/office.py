"""What every page works with: the configuration, the ledger and what is opened beside them, once an application."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from postroom.errors import ConfigError, ItemNotFound
from postroom.staff import EVERYTHING, Scope, scope_of

if TYPE_CHECKING:
    from fastapi import Request

    from config.settings import Settings
    from desk.web.sign_in.openid import OpenId
    from flows.draw_pages import PagePictures
    from postroom.ledger import Item, ItemSummary, Ledger, SignIn
    from postroom.process import Process
    from postroom.staff import Person


@dataclass
class Office:
    """The configuration and the ledger that the pages show."""

    settings: Settings
    ledger: Ledger

    @cached_property
    def pictures(self) -> PagePictures:
        """The page pictures, drawn when first asked for and kept in the data folder."""
        from flows.draw_pages import PagePictures

        return PagePictures(self.settings.data / "pictures", self.settings.ocr)

    @cached_property
    def openid(self) -> OpenId:
        """The council's OpenID provider.

        Raises:
            ConfigError: The configuration names none, or the secret is not where it should be.
        """
        from config.secrets import fetch_secret
        from config.sign_in import OpenIdSignIn
        from desk.web.sign_in.openid import OpenId

        settings = self.settings.sign_in
        if not isinstance(settings, OpenIdSignIn):
            raise ConfigError("People sign in with accounts of the desk's own here.")
        secret = fetch_secret(settings.client_secret, self.settings.data, "sign-in")
        return OpenId(settings, secret)

    def prepare(self) -> None:
        """Do what the first visitor would otherwise wait for: templates, working days, a first query, a drawer."""
        from desk.web import pages
        from postroom.ledger.desk_records import Wanted
        from postroom.working_time import working_time

        pages.prepare()
        working_time(self.settings.desk.nation)
        self.ledger.queue(EVERYTHING, Wanted(), limit=1)
        self.pictures.warm()

    def close(self) -> None:
        """Give back the ledger and the drawing processes."""
        if "pictures" in vars(self):
            self.pictures.close()
        self.ledger.close()

    def scope(self, person: Person) -> Scope:
        """Return the items a person may know of."""
        return scope_of(person, self.settings.processes, self.settings.desk.team)

    def process(self, process_id: str) -> Process | None:
        """Return a configured process; None for `other`, a kind of no action, or one that is configured no more."""
        return next((one for one in self.settings.processes if one.id == process_id), None)

    def process_title(self, process_id: str) -> str:
        """Return a process as people call it."""
        process = self.process(process_id)
        return process.title if process else process_id.replace("-", " ").capitalize()

    def protected_beside(self, item: Item) -> bool:
        """Tell whether another item of the same message is protected."""
        beside = self.ledger.items(message_id=item.summary.message_id)
        return any(one.protected for one in beside if one.id != item.summary.id)


def office_of(request: Request) -> Office:
    """Return the office that a request is served by."""
    office: Office = request.app.state.desk
    return office


def sign_in_of(request: Request) -> SignIn:
    """Return the sign-in behind a request of a page that needs one."""
    sign_in: SignIn = request.state.sign_in
    return sign_in


def person_of(request: Request) -> Person:
    """Return who asks for a page that needs a sign-in."""
    return sign_in_of(request).person


def item_in_scope(request: Request, item_id: str) -> Item:
    """Return an item that the person may know of.

    Raises:
        ItemNotFound: There is none, or it is not for them: the two are told alike, so that nothing is given away.
    """
    office = office_of(request)
    item = office.ledger.item(item_id)
    if not office.scope(person_of(request)).holds(item.summary.process, item.summary.protected):
        raise ItemNotFound(f"There is no item {item.summary.id} in the ledger.")
    return item


def siblings_in_scope(request: Request, item: Item) -> list[ItemSummary]:
    """Return the other items of an item's message that the person may know of."""
    office = office_of(request)
    scope = office.scope(person_of(request))
    every = office.ledger.items(message_id=item.summary.message_id)
    return [one for one in every if one.id != item.summary.id and scope.holds(one.process, one.protected)]
