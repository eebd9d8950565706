"""The tenant: everything the stand-in holds, by area."""

from __future__ import annotations

import importlib
import importlib.util
import threading
from pathlib import Path
from typing import Any

from starlette.routing import Route

from tests.servers.graph.keeping import Area, Keeper
from tests.servers.graph.sign_in import SignIn

AREAS = {
    "mail": ("tests.servers.graph.mail", "Mail"),
    "lists": ("tests.servers.graph.lists", "Lists"),
    "drives": ("tests.servers.graph.drives", "Drives"),
    "workbooks": ("tests.servers.graph.workbooks", "Workbooks"),
    "planner": ("tests.servers.graph.planner", "Planner"),
    "subscriptions": ("tests.servers.graph.subscriptions", "Subscriptions"),
}


class Tenant:
    """One Microsoft 365 tenant. Whoever changes it from outside the server's thread takes `lock`."""

    def __init__(self, state: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.url = ""
        """Below which Graph answers, with /v1.0; known once the server listens."""
        self.authority = ""
        self.takes = 0.0
        """Seconds each request takes; something to have concurrency with."""
        self.sign_in = SignIn(self)
        self._areas: dict[str, Area] = {"sign_in": self.sign_in}
        self._modules: list[Any] = []
        for name, (module, kind) in AREAS.items():
            if importlib.util.find_spec(module):
                found = importlib.import_module(module)
                self._modules.append(found)
                self._areas[name] = getattr(found, kind)(self)
                setattr(self, name, self._areas[name])
        self._keeper = Keeper(state, self._areas) if state else None

    def __getattr__(self, name: str) -> Any:
        # For type checkers and for a clear word where an area is missing.
        raise AttributeError(f"the tenant has no area {name}")

    def routes(self) -> list[Route]:
        """Return the routes of all areas below /v1.0."""
        return [route for module in self._modules for route in module.routes(self)]

    def open_routes(self) -> list[Route]:
        """Return the routes that take no token, such as upload addresses; they stand beside /v1.0."""
        return [route for module in self._modules for route in getattr(module, "open_routes", _none)(self)]

    def save(self) -> None:
        """Keep what changed in the state file, if there is one."""
        if self._keeper:
            with self.lock:
                self._keeper.save()

    def close(self) -> None:
        """Close the state file."""
        if self._keeper:
            with self.lock:
                self._keeper.close()


def _none(_tenant: Tenant) -> list[Route]:
    return []
