"""Has Graph tell when post arrives: a subscription for each folder of a mailbox, made, renewed and removed.

Nothing depends on them. Graph can be silent for an hour without a word, so the look on schedule stays the truth.
They need what the inbox needs anyhow, to read the mailbox.
Rules: https://learn.microsoft.com/graph/api/resources/subscription and .../change-notifications-lifecycle-events
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from hmac import compare_digest
from typing import TYPE_CHECKING

from connectors.graph.client import GraphClient
from connectors.graph.errors import NOT_FOUND, GraphRefusal
from connectors.graph.folders import Folders
from connectors.graph.inbox_settings import GraphInboxSettings, NudgeSettings
from connectors.graph.nudge_receiver import Notification, listens
from postroom.clock import utc_now
from postroom.errors import PostroomError, TransientError

if TYPE_CHECKING:
    from msgraph.generated.models.subscription import Subscription
    from msgraph.graph_service_client import GraphServiceClient

LIFETIME = timedelta(days=1)
"""Asked for. Graph refuses more than 10,080 minutes, once 4,230; and what a killed process leaves is gone in a day."""
_SHORTEST_SECONDS = 60.0
"""A clock of this machine that is wrong by days must not renew without end."""
_SCHEDULE = "the line runs on schedule all the same"
_REAUTHORISE, _REMOVED = "reauthorizationRequired", "subscriptionRemoved"


@dataclass(frozen=True, slots=True)
class _Held:
    id: str
    renew_at: datetime


class Subscriptions:
    """Keeps the subscriptions of one mailbox alive."""

    def __init__(self, settings: GraphInboxSettings, nudge: NudgeSettings, lifetime: timedelta = LIFETIME) -> None:
        self.name = settings.name
        self._settings = settings
        self._address = nudge.address
        self._lifetime = lifetime
        self._named = f'Inbox "{settings.name}"'
        self._client = GraphClient(settings, self._named)
        self._folders = Folders(self._client, self._named, settings.mailbox)
        # In memory alone: what a process before this one asked for is removed, not gone on with.
        self._state = secrets.token_urlsafe(48)
        self._told: deque[Notification] = deque()
        self._held: dict[str, _Held] = {}
        self._begun = False

    @property
    def wanting(self) -> bool:
        """Whether Graph has told of a subscription that `keep` must see to."""
        return bool(self._told)

    def hear(self, notification: Notification) -> bool:
        """Take a notification, and return whether it is a reason to run the line; one that is not Graph's is none."""
        if not compare_digest(notification.state.encode(errors="surrogatepass"), self._state.encode()):
            return False
        if notification.event:
            self._told.append(notification)
        # What arrived while a subscription was gone, or was missed, nobody tells of again.
        return notification.event != _REAUTHORISE

    def keep(self) -> float:
        """Make what is missing, renew what is due, and return for how many seconds nothing need be done.

        Raises:
            PostroomError: It could not be done; to be tried again later.
        """
        with self._errors():
            resources = resources_of(self._settings, self._folders)
            if not self._begun:
                self._remove([one.id or "" for one in subscribed(self._client, self._address, resources)])
                self._begun = True
            self._heed()
            for resource in resources:
                held = self._held.get(resource)
                if held is None:
                    self._held[resource] = self._make(resource)
                elif held.renew_at <= utc_now():
                    self._held[resource] = self._renew(held) or self._make(resource)
        left = min(held.renew_at for held in self._held.values()) - utc_now()
        return max(left.total_seconds(), _SHORTEST_SECONDS)

    def remove(self) -> None:
        """Ask Graph to tell no more, and close the connections; what cannot be removed ends by itself."""
        self._remove([held.id for held in self._held.values()])
        self._held.clear()
        self._client.close()

    def _heed(self) -> None:
        while self._told:
            notification = self._told.popleft()
            for resource, held in list(self._held.items()):
                if held.id == notification.subscription and notification.event == _REMOVED:
                    del self._held[resource]
                elif held.id == notification.subscription and notification.event == _REAUTHORISE:
                    self._held[resource] = replace(held, renew_at=utc_now())

    def _make(self, resource: str) -> _Held:
        from msgraph.generated.models.subscription import Subscription

        wanted = Subscription(
            # The robot's own categories are updates, and would nudge it for ever.
            change_type="created",
            resource=resource,
            notification_url=self._address,
            lifecycle_notification_url=self._address,
            client_state=self._state,
            expiration_date_time=utc_now() + self._lifetime,
        )
        return self._granted(self._client.run(lambda graph: graph.subscriptions.post(wanted)))

    def _renew(self, held: _Held) -> _Held | None:
        """Renew a subscription, which authorises it anew as well; None if it is gone."""
        from msgraph.generated.models.subscription import Subscription

        wanted = Subscription(expiration_date_time=utc_now() + self._lifetime)
        try:
            renewed = self._client.run(lambda graph: graph.subscriptions.by_subscription_id(held.id).patch(wanted))
        except GraphRefusal as refusal:
            if refusal.status == NOT_FOUND:
                return None
            raise
        return self._granted(renewed)

    def _granted(self, answer: Subscription | None) -> _Held:
        if answer is None or not answer.id or answer.expiration_date_time is None:
            raise TransientError(f"{self._named}: Microsoft Graph's answer to a subscription cannot be read.")
        now = utc_now()
        # What Graph grants counts, not what was asked for; half of it leaves time to try again.
        return _Held(answer.id, now + (answer.expiration_date_time - now) / 2)

    def _remove(self, ids: list[str]) -> None:
        for id_ in ids:
            with suppress(GraphRefusal, PostroomError):
                self._client.run(partial(_delete, id_))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except GraphRefusal as refusal:
            message = f"{self._named}: Microsoft Graph takes no subscription ({refusal})."
            hint = f"See that {self._address} leads to the `port` under `nudge`; {_SCHEDULE}."
            raise TransientError(message, hint=hint) from None


def resources_of(settings: GraphInboxSettings, folders: Folders) -> list[str]:
    """Return what is subscribed to for a mailbox, folder by folder."""
    ids = [folders.id_of(path) for path in settings.folders]
    return [f"users/{settings.mailbox}/mailFolders/{id_}/messages" for id_ in ids]


def subscribed(client: GraphClient, address: str, resources: list[str]) -> list[Subscription]:
    """Return the subscriptions there are to some resources with an address."""
    found = client.run(_all)
    return [one for one in found if one.notification_url == address and (one.resource or "").lstrip("/") in resources]


async def _delete(id_: str, graph: GraphServiceClient) -> None:
    await graph.subscriptions.by_subscription_id(id_).delete()


async def _all(graph: GraphServiceClient) -> list[Subscription]:
    found: list[Subscription] = []
    page = await graph.subscriptions.get()
    while page is not None:
        found += page.value or []
        link = page.odata_next_link
        page = await graph.subscriptions.with_url(link).get() if link else None
    return found


def nudge_sentence(client: GraphClient, settings: GraphInboxSettings, nudge: NudgeSettings, folders: Folders) -> str:
    """Return how it stands with nudges for `postroom check`; none of it keeps the line from running."""
    try:
        resources = resources_of(settings, folders)
        alive = {one.resource for one in subscribed(client, nudge.address, resources)}
    except (GraphRefusal, PostroomError) as error:
        return f"Whether Microsoft Graph nudges cannot be seen, and {_SCHEDULE}: {error}"
    told = f"Microsoft Graph nudges for {len(alive)} of {len(resources)} folders"
    if not listens(nudge.port):
        return f"{told}, but nothing hears it at port {nudge.port}: `postroom serve` is not running, and {_SCHEDULE}."
    if len(alive) < len(resources):
        return f"{told}: see that {nudge.address} leads to port {nudge.port} of this machine; {_SCHEDULE}."
    return f"{told}."
