"""A stand-in of Microsoft Graph and Entra that keeps to Microsoft's own schema and misbehaves on demand."""

from tests.servers.graph.seen import Seen
from tests.servers.graph.server import GraphServer

__all__ = ["GraphServer", "Seen"]
