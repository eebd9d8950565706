"""Planner: plans, their tasks page by page, and details that are changed only by who has seen them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.servers.graph.answers import Refusal, answer, content, nothing, now, whole_number
from tests.servers.graph.keeping import Area

LONGEST_TITLE = 255
PAGE = 3
"""Small, so that a plan of some tasks has several pages."""


@dataclass(slots=True)
class TaskRecord:
    """One task."""

    id: str
    plan: str
    bucket: str
    title: str
    created: str
    notes: str = ""
    version: int = 1


class Planner(Area):
    """The plans of a tenant."""

    def __init__(self, tenant: Any) -> None:
        super().__init__(tenant)
        self.plans: dict[str, list[str]] = {}
        """Buckets by plan."""
        self.tasks: dict[str, TaskRecord] = {}

    def add_plan(self, *buckets: str) -> str:
        """Make a plan with buckets and return its id."""
        plan = uuid.uuid4().hex[:28]
        self.plans[plan] = list(buckets)
        self.changed("plans", plan)
        return plan

    def add(self, plan: str, bucket: str, title: str) -> TaskRecord:
        """Make a task; raises Refusal."""
        if plan not in self.plans:
            raise Refusal(404, "", "The requested item is not found.")
        if not title or len(title) > LONGEST_TITLE or (bucket and bucket not in self.plans[plan]):
            raise Refusal(400, "", "The request is invalid.")
        task = TaskRecord(uuid.uuid4().hex[:28], plan, bucket, title, now())
        self.tasks[task.id] = task
        self.changed("tasks", task.id)
        return task

    def of(self, plan: str) -> list[TaskRecord]:
        """Return the tasks of a plan; raises Refusal."""
        if plan not in self.plans:
            raise Refusal(404, "", "The requested item is not found.")
        return [task for task in self.tasks.values() if task.plan == plan]

    def task(self, given: str) -> TaskRecord:
        """Return a task; raises Refusal."""
        if given not in self.tasks:
            raise Refusal(404, "", "The requested item is not found.")
        return self.tasks[given]

    def describe(self, task: TaskRecord, notes: str, seen: str) -> None:
        """Write notes; raises Refusal unless the state that was seen is the present one."""
        if not seen:
            raise Refusal(400, "", "The If-Match header must be specified.")
        if seen != _etag(task):
            raise Refusal(412, "", "The specified entity has been modified.")
        task.notes, task.version = notes, task.version + 1
        self.changed("tasks", task.id)


def routes(tenant: Any) -> list[Route]:
    """Return the routes of Planner, below /v1.0."""
    planner: Planner = tenant.planner

    async def tasks(request: Request) -> Response:
        plan, start = request.path_params["plan"], whole_number(request.query_params.get("$skiptoken", ""), 0)
        found = planner.of(plan)
        body: dict[str, Any] = {"value": [_shown(task) for task in found[start : start + PAGE]]}
        if len(found) > start + PAGE:
            body["@odata.nextLink"] = f"{tenant.url}/planner/plans/{plan}/tasks?$skiptoken={start + PAGE}"
        return answer(body)

    async def make(request: Request) -> Response:
        given = await content(request)
        made = planner.add(given.get("planId") or "", given.get("bucketId") or "", given.get("title") or "")
        return answer(_shown(made), 201)

    async def one_task(request: Request) -> Response:
        return answer(_shown(planner.task(request.path_params["task"])))

    async def details(request: Request) -> Response:
        task = planner.task(request.path_params["task"])
        if request.method == "PATCH":
            given = await content(request)
            planner.describe(task, given.get("description") or "", request.headers.get("if-match", ""))
            return nothing()
        return answer({"@odata.etag": _etag(task), "id": task.id, "description": task.notes, "previewType": "automatic",
                       "references": {}, "checklist": {}})  # fmt: skip

    return [
        Route("/planner/plans/{plan}/tasks", tasks, methods=["GET"]),
        Route("/planner/tasks", make, methods=["POST"]),
        Route("/planner/tasks/{task}", one_task, methods=["GET"]),
        Route("/planner/tasks/{task}/details", details, methods=["GET", "PATCH"]),
    ]


def _etag(task: TaskRecord) -> str:
    return f'W/"JzEtVGFza0RldGFpbHMgQEBAQEBAQEBAQEBA{task.version}"'


def _shown(task: TaskRecord) -> dict[str, Any]:
    return {
        "@odata.etag": f'W/"JzEtVGFzayAgQEBAQEBAQEBAQEBA{task.version}"', "id": task.id, "planId": task.plan,
        "bucketId": task.bucket or None, "title": task.title, "percentComplete": 0, "priority": 5,
        "createdDateTime": task.created, "hasDescription": bool(task.notes), "previewType": "automatic",
        "referenceCount": 0, "checklistItemCount": 0, "activeChecklistItemCount": 0, "assignments": {},
    }  # fmt: skip
