"""A nudge from Microsoft Graph runs the line at once; whatever becomes of nudges, the line runs on schedule."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

import structlog

from config.settings import Settings
from postroom.clock import utc_now
from postroom.errors import PostroomError

if TYPE_CHECKING:
    from connectors.graph.inbox_settings import GraphInboxSettings
    from connectors.graph.nudge_receiver import Notification, NudgeReceiver
    from connectors.graph.subscription import Subscriptions

DEPLOYMENT = "run-line/embedded"
"""The line that is served on this machine, by Prefect's name for it."""
_BUNCH_SECONDS = 2.0
_AGAIN_SECONDS = 300.0
_CLOSE_SECONDS = 10.0
_log = structlog.get_logger(__name__)


@contextmanager
def nudges(settings: Settings, run: Callable[[], object] | None = None) -> Iterator[bool]:
    """Run the line at once when a mailbox with `nudge` says so; yields whether there is such a mailbox.

    Args:
        settings: The configuration.
        run: Has the line run at once; without it, Prefect has.
    """
    mailboxes = list(_mailboxes(settings))
    if not mailboxes:
        yield False
        return
    attendant = Attendant(mailboxes, run or run_now)
    attendant.open()
    try:
        yield True
    finally:
        attendant.close()


def run_now() -> bool:
    """Have Prefect run the line at once, unless a run is waiting for its turn; returns whether a run was added."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas import filters
    from prefect.client.schemas.objects import StateType

    scheduled = filters.FlowRunFilterState(type=filters.FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
    due = filters.FlowRunFilterNextScheduledStartTime(before_=utc_now())
    with get_client(sync_client=True) as client:
        line = client.read_deployment_by_name(DEPLOYMENT)
        ours = filters.FlowRunFilterDeploymentId(any_=[line.id])
        waiting = filters.FlowRunFilter(deployment_id=ours, state=scheduled, next_scheduled_start_time=due)
        if client.read_flow_runs(flow_run_filter=waiting, limit=1):
            return False
        client.create_flow_run_from_deployment(line.id, tags=["nudge"])
    return True


class Attendant:
    """Keeps subscriptions alive and hears what comes of them, on threads of its own."""

    def __init__(self, mailboxes: Sequence[GraphInboxSettings], run: Callable[[], object]) -> None:
        self._mailboxes = mailboxes
        self._run = run
        self._receivers: list[NudgeReceiver] = []
        self._kept: list[Subscriptions] = []
        self._bell, self._arrived, self._ended = Event(), Event(), Event()
        self._thread = Thread(target=self._attend, name="nudge", daemon=True)

    def open(self) -> None:
        """Begin; a port that is taken is told, and its mailboxes are without nudges."""
        from connectors.graph.nudge_receiver import NudgeReceiver
        from connectors.graph.subscription import Subscriptions

        ports = {one.nudge.port: one.name for one in self._mailboxes if one.nudge}
        for port, name in ports.items():
            receiver = NudgeReceiver(port, self._hear)
            try:
                receiver.open()
            except PostroomError as error:
                _tell(name, error)
                continue
            self._receivers.append(receiver)
            here = [(one, one.nudge) for one in self._mailboxes if one.nudge and one.nudge.port == port]
            self._kept += [Subscriptions(one, nudge) for one, nudge in here]
        if self._kept:
            self._thread.start()

    def close(self) -> None:
        """Remove the subscriptions and stop listening; waits some seconds for Graph, not more."""
        self._ended.set()
        self._bell.set()
        if self._kept:
            self._thread.join(_CLOSE_SECONDS)
        for receiver in self._receivers:
            receiver.close()

    def _hear(self, notification: Notification) -> None:
        # Every mailbox is asked, for only the secret tells whose notification it is.
        reasons = [one.hear(notification) for one in self._kept]
        if any(reasons):
            self._arrived.set()
        if self._arrived.is_set() or any(one.wanting for one in self._kept):
            self._bell.set()

    def _attend(self) -> None:
        due = [0.0] * len(self._kept)
        while not self._ended.is_set():
            for place, one in enumerate(self._kept):
                if one.wanting or time.monotonic() >= due[place]:
                    due[place] = time.monotonic() + self._keep(one)
            self._bell.wait(max(min(due) - time.monotonic(), 0.0))
            self._bell.clear()
            # Post comes in bunches, and one run takes in all that is there.
            if self._arrived.is_set() and not self._ended.wait(_BUNCH_SECONDS):
                self._arrived.clear()
                self._run_the_line()
        for one in self._kept:
            one.remove()

    def _keep(self, one: Subscriptions) -> float:
        try:
            return one.keep()
        except PostroomError as error:
            _tell(one.name, error)
            return _AGAIN_SECONDS

    def _run_the_line(self) -> None:
        try:
            self._run()
        except Exception as error:
            # Prefect's client has errors of several libraries; none is worth more than the delay until the next run.
            _log.warning("A nudge did not run the line; it runs on schedule.", kind=type(error).__name__)


def _mailboxes(settings: Settings) -> Iterator[GraphInboxSettings]:
    for connection in settings.inboxes:
        if connection.kind == "graph" and connection.values.get("nudge"):
            from connectors.graph.inbox_settings import GraphInboxSettings

            try:
                mailbox = connection.settings()
            except PostroomError as error:
                _tell(connection.name, error)
            else:
                if isinstance(mailbox, GraphInboxSettings):
                    yield mailbox


def _tell(inbox: str, error: PostroomError) -> None:
    _log.warning("No nudges; the line runs on schedule.", inbox=inbox, error=error.message, hint=error.hint)
