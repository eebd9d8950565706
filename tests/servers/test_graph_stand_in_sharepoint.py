from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.servers.graph import GraphServer
from tests.servers.graph import sharepoint_columns as columns
from tests.servers.graph.schema import unknown_to_the_sdk
from tests.servers.graph.workbooks import entered

ASK = dict[str, Any]


class Asking:
    """A client that knows nothing of the project."""

    def __init__(self, server: GraphServer) -> None:
        self.server = server
        self._http = httpx.Client(verify=False, timeout=10)  # noqa: S501
        self._token = {"Authorization": f"Bearer {server.tenant.sign_in.token()}"}

    def __call__(self, method: str, path: str, **more: Any) -> httpx.Response:
        address = path if path.startswith("https:") else f"{self.server.url}/{path}"
        headers = {**self._token, **more.pop("headers", {})} if more.pop("signed", True) else more.pop("headers", {})
        return self._http.request(method, address, headers=headers, **more)


@pytest.fixture
def ask() -> Iterator[Asking]:
    with GraphServer() as server:
        yield Asking(server)


def made(ask: Asking) -> tuple[str, Any]:
    lists = ask.server.tenant.lists
    site = lists.add_site()
    own = columns.key(), columns.text("name"), columns.number("net"), columns.day("moved")
    return f"sites/{site}/lists/Register", lists.add_list(site, "Register", *own)


def test_a_list_refuses_a_unique_value_in_any_case(ask: Asking) -> None:
    path, _ = made(ask)
    assert ask("POST", f"{path}/items", json={"fields": {"SourceKey": "PR-A"}}).status_code == 201
    refused = ask("POST", f"{path}/items", json={"fields": {"SourceKey": "pr-a"}})
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "invalidRequest"


@pytest.mark.parametrize(
    "fields", [{"net": "12"}, {"name": "x" * 256}, {"moved": "soon"}, {"nowhere": "x"}, {"name": 1}]
)
def test_a_list_refuses_what_its_columns_cannot_hold(ask: Asking, fields: ASK) -> None:
    path, register = made(ask)
    assert ask("POST", f"{path}/items", json={"fields": fields}).status_code == 400
    assert register.items == {}


def test_a_filter_without_an_index_is_refused_and_in_a_long_list_even_on_request(ask: Asking) -> None:
    path, register = made(ask)
    plain = {"$filter": "fields/name eq 'x'"}
    honour = {"Prefer": "HonorNonIndexedQueriesWarningMayFailRandomly"}
    assert ask("GET", f"{path}/items", params=plain).status_code == 400
    assert ask("GET", f"{path}/items", params=plain, headers=honour).status_code == 200
    register.padding = 6_000
    assert ask("GET", f"{path}/items", params=plain, headers=honour).status_code == 422
    assert ask("GET", f"{path}/items", params={"$filter": "fields/SourceKey eq 'x'"}).status_code == 200


def test_a_listing_comes_in_pages(ask: Asking) -> None:
    path, _ = made(ask)
    for number in range(3):
        ask("POST", f"{path}/items", json={"fields": {"SourceKey": str(number)}})
    page = ask("GET", f"{path}/items?$top=2&$expand=fields").json()
    assert len(page["value"]) == 2
    rest = ask("GET", page["@odata.nextLink"]).json()
    assert [one["fields"]["SourceKey"] for one in rest["value"]] == ["2"]
    assert "@odata.nextLink" not in rest


def test_an_upload_takes_ranges_in_order_and_no_token(ask: Asking) -> None:
    tenant = ask.server.tenant
    drive = tenant.drives.add_library(tenant.lists.add_site(), "Documents")
    place = f"drives/{drive.id}/root:/Post/letter.pdf:"
    body = {"item": {"@microsoft.graph.conflictBehavior": "fail"}}
    session = ask("POST", f"{place}/createUploadSession", json=body).json()["uploadUrl"]
    half, size = 320 * 1024, 320 * 1024 + 10

    def put(start: int, length: int, **more: Any) -> httpx.Response:
        headers = {"Content-Range": f"bytes {start}-{start + length - 1}/{size}"}
        return ask("PUT", session, content=b"x" * length, headers=headers, **{"signed": False, **more})

    assert put(0, half, signed=True).status_code == 401
    assert put(0, 1000).status_code == 400, "no multiple of 320 KiB"
    assert put(half, 10).status_code == 416, "not in order"
    assert put(0, half).json()["nextExpectedRanges"] == [f"{half}-"]
    assert put(0, half).status_code == 416, "had it already"
    assert put(half, 10).status_code == 201
    assert put(half, 10).status_code == 404, "the session is over"
    assert ask("POST", f"{place}/createUploadSession", json=body).status_code == 409
    assert ask("PUT", f"{place}/content?@microsoft.graph.conflictBehavior=fail", content=b"x").status_code == 409


@pytest.mark.parametrize("name", ["a%3Ab.txt", "CON", "x_vti_y.txt", "~$a.docx", "a%22.txt", "end."])
def test_a_library_refuses_the_names_that_sharepoint_does(ask: Asking, name: str) -> None:
    tenant = ask.server.tenant
    drive = tenant.drives.add_library(tenant.lists.add_site(), "Documents")
    assert ask("PUT", f"drives/{drive.id}/root:/{name}:/content", content=b"x").status_code == 400


@pytest.mark.parametrize(
    ("told", "held"),
    [("=1+1", 2), ("00012345", 12345), ("+44", 44), ("'+44", "+44"), ("14/09/2026", 46279), ("TRUE", True),
     ("@SUM(A1)", "#NAME?"), ("''x", "'x"), ("Ada", "Ada"), (None, ""), (1.5, 1.5)],
)  # fmt: skip
def test_excel_takes_what_it_is_told_as_if_it_was_typed(told: Any, held: Any) -> None:
    assert entered(told) == held


def test_a_row_in_a_session_that_does_not_persist_is_gone_with_it(ask: Asking) -> None:
    tenant = ask.server.tenant
    drive = tenant.drives.add_library(tenant.lists.add_site(), "Documents")
    table = tenant.workbooks.add(drive.id, "Register.xlsx", "Register", "Key")
    book = f"drives/{drive.id}/items/{next(iter(tenant.drives.files))}/workbook"
    for persists in (False, True):
        identity = ask("POST", f"{book}/createSession", json={"persistChanges": persists}).json()["id"]
        session = {"workbook-session-id": identity}
        added = ask(
            "POST", f"{book}/tables/Register/rows/add", json={"index": None, "values": [["x"]]}, headers=session
        )
        assert added.status_code == 201
        assert ask("POST", f"{book}/closeSession", headers=session).status_code == 204
        assert ask("GET", f"{book}/tables/Register", headers=session).status_code == 404
        assert (["x"] in table.rows) is persists


def test_the_details_of_a_task_are_changed_only_by_who_has_seen_them(ask: Asking) -> None:
    plan = ask.server.tenant.planner.add_plan("in")
    task = ask("POST", "planner/tasks", json={"planId": plan, "bucketId": "in", "title": "A task"}).json()["id"]
    path, notes = f"planner/tasks/{task}/details", {"description": "notes"}
    etag = ask("GET", path).json()["@odata.etag"]
    assert ask("PATCH", path, json=notes).status_code == 400
    assert ask("PATCH", path, json=notes, headers={"If-Match": etag}).status_code == 204
    assert ask("PATCH", path, json=notes, headers={"If-Match": etag}).status_code == 412


def test_the_sdk_knows_every_word_of_the_answers(ask: Asking) -> None:
    from msgraph.generated.models.drive_item import DriveItem
    from msgraph.generated.models.list_ import List_
    from msgraph.generated.models.planner_task import PlannerTask
    from msgraph.generated.models.site import Site
    from msgraph.generated.models.workbook_table import WorkbookTable

    path, _ = made(ask)
    tenant = ask.server.tenant
    site = path.split("/")[1]
    drive = tenant.drives.add_library(site, "Documents")
    tenant.workbooks.add(drive.id, "Register.xlsx", "Register", "Key")
    file = next(iter(tenant.drives.files))
    tenant.planner.add(tenant.planner.add_plan("in"), "in", "A task")
    for model, asked in (
        (Site, f"sites/{site}"),
        (List_, f"{path}?$expand=columns"),
        (DriveItem, f"drives/{drive.id}/items/{file}"),
        (WorkbookTable, f"drives/{drive.id}/items/{file}/workbook/tables/Register"),
        (PlannerTask, f"planner/tasks/{next(iter(tenant.planner.tasks))}"),
    ):
        answer = ask("GET", asked)
        assert answer.status_code == 200
        assert unknown_to_the_sdk(answer.content, model) == []


def test_what_is_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with GraphServer(state) as server:
        ask = Asking(server)
        path, _ = made(ask)
        drive = server.tenant.drives.add_library(path.split("/")[1], "Documents")
        plan = server.tenant.planner.add_plan("in")
        ask("POST", f"{path}/items", json={"fields": {"SourceKey": "PR-A"}})
        ask("PUT", f"drives/{drive.id}/root:/a.txt:/content", content=b"content")
        ask("POST", "planner/tasks", json={"planId": plan, "bucketId": "in", "title": "A task"})
    with GraphServer(state) as server:
        (register,) = [one for one in server.tenant.lists.lists.values() if one.title == "Register"]
        assert server.tenant.lists.count(register, "PR-A") == 1
        assert [file.content for file in server.tenant.drives.files.values()] == [b"content"]
        assert [task.title for task in server.tenant.planner.of(plan)] == ["A task"]
