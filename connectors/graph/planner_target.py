"""Planner as a target: a task in a plan that tells people of an item, with our key at the end of its title.

A message in a Teams channel is no such place: an application may post one only while a team is being migrated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.graph.opening import Connection
from connectors.graph.target_settings import PlannerSettings
from connectors.permissions import Permission
from connectors.templates import fill_in
from postroom.delivery import Capabilities, Delivery, Receipt, TargetClass
from postroom.errors import ConnectorDown, DeliveryUncertain, PostroomError, RefusedByTarget, TransientError

if TYPE_CHECKING:
    from msgraph.generated.models.planner_task import PlannerTask
    from msgraph.generated.models.planner_task_details import PlannerTaskDetails
    from msgraph.generated.planner.tasks.item.planner_task_item_request_builder import PlannerTaskItemRequestBuilder
    from msgraph.graph_service_client import GraphServiceClient

    from connectors.graph.errors import GraphRefusal

LONGEST_TITLE = 255
_NO_KEY = "PR-CHECK"
_BAD_REQUEST, _TOO_LARGE = 400, 413


class PlannerTarget:
    """Makes one task a record; it is there once its notes are."""

    def __init__(self, settings: PlannerSettings) -> None:
        self.name = settings.name
        # People write over a task's title and notes as they work, so there is nothing to compare it with.
        self.capabilities = Capabilities(TargetClass.SEARCHABLE, settings.settle_seconds, reads_back=())
        self._settings = settings
        self._connection = Connection(settings, settings.name)

    def find(self, key: str) -> Receipt | None:
        """Look through the plan for the task with this key; one whose notes are missing is not delivered yet.

        Raises:
            RefusedByTarget: Two tasks carry the key.
        """
        held = self._held(key)
        return self._receipt(held) if held and self._is_whole(held) else None

    def deliver(self, delivery: Delivery) -> Receipt:
        """Make the task and write its notes; a task that an earlier attempt left without them gets them now."""
        title, notes = self._words(delivery)
        task = self._held(delivery.key) or self._make(title)
        if not self._is_whole(task):
            try:
                self._describe(str(task.id), notes)
            except (TransientError, RefusedByTarget) as error:
                # For a moment after it was made, Planner may not find a task that is there.
                raise DeliveryUncertain(
                    f"{error.message} The task may be there without notes.", hint=error.hint
                ) from None
        return self._receipt(task)

    def read_back(self, receipt: Receipt) -> dict[str, str]:
        """Return the task's title and notes as they are now.

        Raises:
            RefusedByTarget: The task is gone.
        """
        task = self._look(receipt.reference, lambda one: one.get())
        details = self._look(receipt.reference, lambda one: one.details.get())
        return {"title": task.title or "", "notes": details.description or ""}

    def check(self) -> list[str]:
        """Look through the plan for a key that cannot be there."""
        self._held(_NO_KEY)
        return [f"The plan {self._settings.plan_id} can be searched."]

    def close(self) -> None:
        """Give the connection back; safe to repeat."""
        self._connection.close()

    def _words(self, delivery: Delivery) -> tuple[str, str]:
        known = {"process": delivery.process, "item": delivery.item_id, "key": delivery.key}
        values = {**delivery.fields, **known}
        mark = _mark(delivery.key)
        try:
            title = " ".join(fill_in(self._settings.title, values).split())
            return f"{title[: LONGEST_TITLE - len(mark) - 1]} {mark}", fill_in(self._settings.description, values)
        except ValueError as error:
            message = f'Target "{self.name}" cannot write the task: {error}.'
            raise RefusedByTarget(message, hint="Correct the field.") from None

    def _is_whole(self, task: PlannerTask) -> bool:
        return bool(task.has_description) or not self._settings.description

    def _held(self, key: str) -> PlannerTask | None:
        from connectors.graph.errors import NOT_FOUND, GraphRefusal

        calls = self._connection.calls()
        try:
            tasks = calls.client.run(lambda graph: _tasks(graph, self._settings.plan_id, calls.named))
        except GraphRefusal as refusal:
            if refusal.status != NOT_FOUND:
                raise calls.failed_look(refusal) from None
            raise ConnectorDown(
                f"{calls.named}: there is no plan {self._settings.plan_id}.",
                hint="Open the plan in Planner and copy its id from the address.",
            ) from None
        held = [task for task in tasks if (task.title or "").endswith(_mark(key))]
        if len(held) > 1:
            raise RefusedByTarget(
                f"{calls.named}: {len(held)} tasks of the plan carry the key {key}.",
                hint="Delete the one that was copied.",
            )
        return held[0] if held else None

    def _make(self, title: str) -> PlannerTask:
        from msgraph.generated.models.planner_task import PlannerTask

        from connectors.graph.errors import GraphRefusal

        calls = self._connection.calls()
        task = PlannerTask(plan_id=self._settings.plan_id, bucket_id=self._settings.bucket_id or None, title=title)
        try:
            made = calls.client.run(lambda graph: graph.planner.tasks.post(task), writes=True)
        except GraphRefusal as refusal:
            raise self._refused(refusal) from None
        if made is None or not made.id:
            raise calls.uncertain("its answer names no task")
        return made

    def _describe(self, task: str, notes: str) -> None:
        """Write the notes over the empty ones; Planner wants to be told which state they replace."""
        from kiota_abstractions.base_request_configuration import RequestConfiguration
        from msgraph.generated.models.planner_task_details import PlannerTaskDetails

        from connectors.graph.errors import GraphRefusal

        details: PlannerTaskDetails = self._look(task, lambda one: one.details.get())
        how: RequestConfiguration[Any] = RequestConfiguration()
        how.headers.add("If-Match", str((details.additional_data or {}).get("@odata.etag", "")))
        wanted, calls = PlannerTaskDetails(description=notes), self._connection.calls()
        try:
            calls.client.run(lambda graph: _task(graph, task).details.patch(wanted, how), writes=True)
        except GraphRefusal as refusal:
            raise calls.uncertain(f"its notes were refused, {refusal}") from None

    def _look(self, task: str, ask: Any) -> Any:
        from connectors.graph.errors import NOT_FOUND, GraphRefusal

        calls = self._connection.calls()
        try:
            found = calls.client.run(lambda graph: ask(_task(graph, task)))
        except GraphRefusal as refusal:
            if refusal.status != NOT_FOUND:
                raise calls.failed_look(refusal) from None
            raise RefusedByTarget(
                f"{calls.named}: the task is no longer in the plan.",
                hint="Ask who deleted it, or mark it done by hand.",
            ) from None
        if found is None:
            raise TransientError(f"{calls.named}: Microsoft Graph gave no task.", hint="It is asked again.")
        return found

    def _refused(self, refusal: GraphRefusal) -> Exception:
        from connectors.graph.errors import NOT_FOUND

        if refusal.status == NOT_FOUND:
            return ConnectorDown(
                f'Target "{self.name}": the plan or bucket is gone.', hint="Check `plan_id` and `bucket_id`."
            )
        if refusal.status in (_BAD_REQUEST, _TOO_LARGE):
            return RefusedByTarget(
                f'Target "{self.name}" refused the task ({refusal}).',
                hint="Check `bucket_id`, `title` and `description`.",
            )
        told = self._connection.calls().not_taken(refusal)
        return told if isinstance(told, PostroomError) else self._connection.calls().uncertain(f"it answered {refusal}")

    def _receipt(self, task: PlannerTask) -> Receipt:
        return Receipt(
            str(task.id), f"https://planner.cloud.microsoft/webui/plan/{self._settings.plan_id}/task/{task.id}"
        )


async def _tasks(graph: GraphServiceClient, plan: str, named: str) -> list[PlannerTask]:
    builder = graph.planner.plans.by_planner_plan_id(plan).tasks
    page, found = await builder.get(), []
    while page is not None and page.value is not None:
        found += page.value
        if not page.odata_next_link:
            return found
        page = await builder.with_url(page.odata_next_link).get()
    raise TransientError(f"{named}: Microsoft Graph gave no list of tasks.", hint="It is asked again.")


def _task(graph: GraphServiceClient, task: str) -> PlannerTaskItemRequestBuilder:
    return graph.planner.tasks.by_planner_task_id(task)


def _mark(key: str) -> str:
    return f"[{key}]"


def permissions(settings: PlannerSettings) -> tuple[Permission, ...]:
    """Return what the robot's account needs for tasks."""
    return (
        Permission(
            "Application Tasks.ReadWrite.All",
            "Microsoft Entra",
            "every plan of the council; Microsoft offers nothing narrower",
            f"to look through the plan {settings.plan_id} and add tasks",
        ),
    )
