"""The folders of a mailbox by the names people see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.graph.client import GraphClient
from connectors.graph.errors import CONFLICT, NOT_FOUND, GraphRefusal
from postroom.errors import ConnectorDown

if TYPE_CHECKING:
    from msgraph.generated.models.mail_folder import MailFolder
    from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
    from msgraph.graph_service_client import GraphServiceClient

_INBOX = "inbox"


class Folders:
    """Finds folders by their path and remembers their ids, which never change."""

    def __init__(self, client: GraphClient, named: str, mailbox: str) -> None:
        self._client = client
        self._named = named
        self._mailbox = mailbox
        self._ids: dict[str, str] = {}

    def id_of(self, path: str, *, make: bool = False) -> str:
        """Return a folder's id.

        Args:
            path: Names joined by `/`; `Inbox` is the inbox whatever the mailbox's language calls it.
            make: Whether a folder that is not there is made.

        Raises:
            ConnectorDown: There is no such folder or mailbox.
        """
        if path not in self._ids:
            found = self.find(path)
            if found is None and make:
                found = self._make(path)
            if found is None:
                raise ConnectorDown(
                    f'{self._named}: mailbox {self._mailbox} has no folder "{path}".',
                    hint="Make it in Outlook, or mend `folders`; `/` goes down into a folder.",
                )
            self._ids[path] = found
        return self._ids[path]

    def forget(self, path: str) -> None:
        """Have a folder looked for again, because it may have been deleted."""
        self._ids.pop(path, None)

    def find(self, path: str) -> str | None:
        """Return a folder's id, None if it is not there.

        Raises:
            ConnectorDown: There is no such mailbox.
        """
        found: str | None = None
        for place, name in enumerate(_names(path)):
            found = self._inbox() if not place and name.casefold() == _INBOX else self._child(found, name)
            if found is None:
                return None
        return found

    def _inbox(self) -> str:
        try:
            folder = self._client.run(
                lambda graph: _user(graph, self._mailbox).mail_folders.by_mail_folder_id(_INBOX).get()
            )
        except GraphRefusal as refusal:
            if refusal.status == NOT_FOUND:
                raise self._no_mailbox() from None
            raise
        return _id(folder)

    def _child(self, parent: str | None, name: str) -> str | None:
        try:
            found = self._client.run(lambda graph: _children(graph, self._mailbox, parent, name))
        except GraphRefusal as refusal:
            if refusal.status == NOT_FOUND:
                raise self._no_mailbox() from None
            raise
        same = [folder for folder in found if (folder.display_name or "").casefold() == name.casefold()]
        return _id(same[0]) if same else None

    def _make(self, path: str) -> str:
        *above, name = _names(path)
        parent = self.id_of("/".join(above), make=True) if above else None
        try:
            return self._client.run(lambda graph: _create(graph, self._mailbox, parent, name))
        except GraphRefusal as refusal:
            # Another worker was quicker.
            made = self._child(parent, name) if refusal.status == CONFLICT else None
            if made is None:
                raise
            return made

    def _no_mailbox(self) -> ConnectorDown:
        return ConnectorDown(
            f"{self._named}: there is no mailbox {self._mailbox}.",
            hint="Compare `mailbox` with the address in the Exchange admin centre; it needs a mailbox in the cloud.",
        )


def _names(path: str) -> list[str]:
    return [name.strip() for name in path.split("/") if name.strip()]


def _user(graph: GraphServiceClient, mailbox: str) -> UserItemRequestBuilder:
    return graph.users.by_user_id(mailbox)


async def _children(graph: GraphServiceClient, mailbox: str, parent: str | None, name: str) -> list[MailFolder]:
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.users.item.mail_folders.item.child_folders.child_folders_request_builder import (
        ChildFoldersRequestBuilder as Below,
    )
    from msgraph.generated.users.item.mail_folders.mail_folders_request_builder import MailFoldersRequestBuilder as Top

    wanted = f"displayName eq '{name.replace(chr(39), chr(39) * 2)}'"
    folders = _user(graph, mailbox).mail_folders
    if parent is None:
        top = Top.MailFoldersRequestBuilderGetQueryParameters(filter=wanted, select=["id", "displayName"])
        page = await folders.get(RequestConfiguration(query_parameters=top))
    else:
        below = Below.ChildFoldersRequestBuilderGetQueryParameters(filter=wanted, select=["id", "displayName"])
        children = folders.by_mail_folder_id(parent).child_folders
        page = await children.get(RequestConfiguration(query_parameters=below))
    return list(page.value or []) if page else []


async def _create(graph: GraphServiceClient, mailbox: str, parent: str | None, name: str) -> str:
    from msgraph.generated.models.mail_folder import MailFolder

    folders = _user(graph, mailbox).mail_folders
    wanted = MailFolder(display_name=name)
    if parent is None:
        return _id(await folders.post(wanted))
    return _id(await folders.by_mail_folder_id(parent).child_folders.post(wanted))


def _id(folder: MailFolder | None) -> str:
    assert folder is not None  # noqa: S101
    assert folder.id  # noqa: S101
    return folder.id
