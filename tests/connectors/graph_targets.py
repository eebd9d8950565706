"""What the tests of all targets in Microsoft 365 have in common."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from postroom.delivery import Delivery, Target
from postroom.errors import DeliveryUncertain, PostroomError, TransientError
from tests.servers.graph import GraphServer

MOST_REQUESTS = 40
WEATHER = (
    "well",
    "well",
    "status 500",
    "status-after 500",
    "status-after 504",
    "reset-before",
    "reset-after",
    "truncated",
)


def account(server: GraphServer) -> dict[str, Any]:
    """Return the settings that lead to the stand-in."""
    known = server.tenant.sign_in
    return {
        "graph_address": server.url,
        "sign_in_address": server.authority,
        "ca_file": server.ca_file,
        "timeout_seconds": 5,
        "sign_in": {
            "kind": "secret",
            "tenant_id": known.tenant_id,
            "client_id": known.client_id,
            "client_secret": known.secret,
        },
    }


@contextmanager
def graph_server() -> Iterator[GraphServer]:
    """Give a stand-in, and hold everything that went through it to Microsoft's schema."""
    with GraphServer() as server:
        yield server
        assert server.violations == []


@contextmanager
def failing(server: GraphServer, method: str, pattern: str, *behaviours: str) -> Iterator[None]:
    """Have requests fail for a while."""
    server.faults.on(method, pattern, *behaviours)
    try:
        yield
        assert server.faults.waiting() == 0, "the fault was never met"
    finally:
        server.faults.clear()


def deliver_after_crashes(
    server: GraphServer, opened: Callable[[], Target], deliveries: Iterator[Delivery], count: Callable[[str], int]
) -> int:
    """Lose the connection after each request of a delivery in turn, and return after how many requests.

    Each time a fresh worker does what the ledger does: looks the record up and sends it only if it is surely absent.
    """
    for requests, delivery in zip(range(MOST_REQUESTS), deliveries, strict=False):
        broken = opened()
        server.faults.on("*", "^/v1.0/|^/up/", *["well"] * requests, "reset-after")
        try:
            broken.deliver(delivery)
            through = server.faults.waiting() > 0
        except PostroomError:
            through = False
        finally:
            server.faults.clear()
            broken.close()
        fresh = opened()
        receipt = fresh.find(delivery.key) or fresh.deliver(delivery)
        again = fresh.find(delivery.key)
        assert again is not None
        assert again.reference == receipt.reference
        assert count(delivery.key) == 1, f"the answer to request {requests + 1} was lost"
        names = fresh.capabilities.reads_back
        wanted = {name: value for name, value in delivery.fields.items() if names is None or name in names}
        held = fresh.read_back(receipt)
        assert {name: held.get(name) for name in wanted} == wanted
        fresh.close()
        if through:
            return requests
    raise AssertionError("a delivery takes too many requests")


def deliver_in_bad_weather(
    server: GraphServer,
    opened: Callable[[], Target],
    deliveries: Iterable[Delivery],
    count: Callable[[str], int],
    records: int = 1,
) -> None:
    """Deliver while most requests go wrong, as the ledger does: look up, send if absent, until it is there.

    Args:
        server: The stand-in.
        opened: Gives the target as a fresh worker opens it.
        deliveries: What to deliver.
        count: Says how many records the system holds with a key.
        records: How many it shall hold in the end.
    """
    chance = random.Random(1)
    for delivery in deliveries:
        target = opened()
        server.faults.on("*", "^/v1.0/|^/up/", *(chance.choice(WEATHER) for _ in range(12)))
        for _ in range(MOST_REQUESTS):
            try:
                receipt = target.find(delivery.key) or target.deliver(delivery)
            except (TransientError, DeliveryUncertain):
                continue
            break
        else:
            raise AssertionError("a delivery does not get through")
        server.faults.clear()
        target.close()
        fresh = opened()
        found = fresh.find(delivery.key)
        fresh.close()
        assert count(delivery.key) == records
        assert found is not None
        assert found.reference == receipt.reference
