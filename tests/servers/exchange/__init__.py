"""A stand-in for Exchange Server: its web services over HTTP, with a memory, rights, faults and Microsoft's schemas."""

from tests.servers.exchange.mailbox import Change, Item
from tests.servers.exchange.server import ExchangeServer, Seen
from tests.servers.exchange.store import Store

__all__ = ["Change", "ExchangeServer", "Item", "Seen", "Store"]
