"""Which connector a `kind` in the configuration names; a new connector is one line here.

Modules are imported when their kind is asked for, so a machine without a browser or a mailbox pays for neither.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel

from connectors.permissions import Permission
from postroom.delivery import Target
from postroom.errors import ConfigError
from postroom.message import Inbox

Role = Literal["inbox", "target"]


class Entry(NamedTuple):
    """One connector: where its classes are."""

    module: str
    settings: str
    """Name of its pydantic settings model, whose `kind` is the entry's key."""
    connector: str
    """Name of the class that takes those settings and is the inbox or target."""


INBOXES = {
    "folder": Entry("connectors.folder", "FolderSettings", "FolderInbox"),
    "exchange": Entry("connectors.exchange", "ExchangeSettings", "ExchangeInbox"),
    "graph": Entry("connectors.graph.inbox", "GraphInboxSettings", "GraphInbox"),
    "imap": Entry("connectors.imap", "ImapSettings", "ImapInbox"),
    "memory": Entry("connectors.memory", "MemoryInboxSettings", "MemoryInbox"),
}
"""Where post can come from, by `kind`."""

TARGETS = {
    "excel": Entry("connectors.excel", "ExcelSettings", "ExcelTarget"),
    "exchange-mail": Entry("connectors.exchange", "ExchangeMailSettings", "ExchangeMailTarget"),
    "graph-library": Entry("connectors.graph.library_target", "LibrarySettings", "LibraryTarget"),
    "graph-list": Entry("connectors.graph.list_target", "ListSettings", "ListTarget"),
    "graph-mail": Entry("connectors.graph.mail_target", "MailSettings", "MailTarget"),
    "graph-planner": Entry("connectors.graph.planner_target", "PlannerSettings", "PlannerTarget"),
    "graph-workbook": Entry("connectors.graph.workbook_target", "WorkbookSettings", "WorkbookTarget"),
    "rest": Entry("connectors.rest", "RestSettings", "RestTarget"),
    "screen": Entry("connectors.screen", "ScreenSettings", "ScreenTarget"),
    "smtp": Entry("connectors.smtp", "SmtpSettings", "SmtpTarget"),
    "memory": Entry("connectors.memory", "MemoryTargetSettings", "MemoryTarget"),
}
"""Where fields can go, by `kind`."""

_BY_ROLE: dict[Role, dict[str, Entry]] = {"inbox": INBOXES, "target": TARGETS}


def kinds(role: Role) -> list[str]:
    """Return the kinds of inbox or target there are."""
    return sorted(_BY_ROLE[role])


def settings_model(role: Role, kind: str) -> type[BaseModel]:
    """Return the settings model of a kind.

    Raises:
        ConfigError: There is no such kind; the message lists those there are.
    """
    entry = _entry(role, kind)
    model: type[BaseModel] = getattr(import_module(entry.module), entry.settings)
    return model


def open_inbox(settings: BaseModel) -> Inbox:
    """Return the inbox that these settings describe; nothing is connected until it is used."""
    inbox: Inbox = _connector("inbox", settings)
    return inbox


def open_target(settings: BaseModel) -> Target:
    """Return the target that these settings describe; nothing is connected until it is used."""
    target: Target = _connector("target", settings)
    return target


def permissions(role: Role, settings: BaseModel) -> tuple[Permission, ...]:
    """Return what must be granted to a connector in the system it connects to; empty if it is only an account's own."""
    module = import_module(_entry(role, getattr(settings, "kind", "")).module)
    needed: tuple[Permission, ...] = module.permissions(settings) if hasattr(module, "permissions") else ()
    return needed


def _connector(role: Role, settings: BaseModel) -> Any:
    entry = _entry(role, getattr(settings, "kind", ""))
    return getattr(import_module(entry.module), entry.connector)(settings)


def _entry(role: Role, kind: str) -> Entry:
    try:
        return _BY_ROLE[role][kind]
    except KeyError:
        known = ", ".join(kinds(role))
        raise ConfigError(f'"{kind}" is not a kind of {role}.', hint=f"Choose one of: {known}.") from None
