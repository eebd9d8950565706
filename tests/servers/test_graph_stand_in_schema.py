"""The schema check finds what it is there to find, and the SDK's own models know all of the stand-in's answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.servers.graph import GraphServer, Seen
from tests.servers.graph.asking import POST, asking, letter
from tests.servers.graph.front import Reply
from tests.servers.graph.schema import Schema, microsofts_schema, unknown_to_the_sdk
from tests.servers.schemas import MISSING

USER = "/v1.0/users/post@council.example"


@pytest.fixture(scope="module")
def schema() -> Schema:
    found = microsofts_schema()
    if found is None:
        pytest.skip(MISSING)
    return found


def wrong(schema: Schema, method: str, path: str, body: Any = None, answer: Any = None) -> list[str]:
    path, _, query = path.partition("?")
    seen = Seen(method, path, query, {}, json.dumps(body).encode() if body is not None else b"")
    content = json.dumps(answer).encode() if answer is not None else b""
    return schema.wrong(seen, Reply(200, [(b"content-type", b"application/json")], content))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"{USER}/mailFolders/inbox/messages/delta()?$select=subject", None),
        ("GET", f"{USER}/mailFolders/inbox/messages/microsoft.graph.delta()", None),
        ("GET", f"{USER}/messages/AAMk/attachments/1/$value", None),
        ("GET", f"{USER}/messages/AAMk?$expand=attachments($select=id,name)", None),
        ("GET", f"{USER}/messages/AAMk/attachments/1?$expand=microsoft.graph.itemAttachment/item", None),
        ("POST", f"{USER}/messages/AAMk/move", {"DestinationId": "archive"}),
        ("POST", f"{USER}/messages/AAMk/move", {"destinationId": "archive"}),
        ("POST", f"{USER}/messages/AAMk/send", None),
        ("PATCH", f"{USER}/messages/AAMk", {"@odata.type": "#microsoft.graph.message", "categories": ["a"]}),
        ("POST", "/v1.0/sites/s/lists/l/items", {"fields": {"Title": "x", "Anything": 1}}),
        ("GET", "/v1.0/sites/s/lists/l/items?$expand=fields($select=Title)&$select=id", None),
        ("GET", "/v1.0/sites/council.example:/sites/Revenues", None),
        ("GET", "/v1.0/drives/d/root:/a folder/b (1).pdf", None),
        ("PUT", "/v1.0/drives/d/items/root:/a/b.pdf:/content", None),
        ("POST", "/v1.0/drives/d/root:/a/b.pdf:/createUploadSession",
         {"item": {"@microsoft.graph.conflictBehavior": "fail", "name": "b.pdf"}}),
        ("GET", "/v1.0/drives/d/items/i/workbook/worksheets/Sheet1/range(address='A1:B2')", None),
        ("GET", "/v1.0/drives/d/items/i/workbook/tables('T')/columns/itemAt(index=0)/dataBodyRange", None),
        ("POST", "/v1.0/drives/d/items/i/workbook/createSession", {"persistChanges": True}),
        ("GET", "/v1.0/planner/plans/p/tasks", None),
    ],
)  # fmt: skip
def test_what_graph_documents_passes(schema: Schema, method: str, path: str, body: Any) -> None:
    assert wrong(schema, method, path, body) == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1.0/mailboxes/x", None),
        ("GET", f"{USER}/mailfolder/inbox", None),
        ("GET", f"{USER}/messages/AAMk/shred", None),
        ("GET", f"{USER}/messages?$select=Betreff", None),
        ("GET", f"{USER}/messages?$orderby=weight desc", None),
        ("GET", f"{USER}/messages/AAMk?$expand=attachments($select=bytes)", None),
        ("PATCH", f"{USER}/messages/AAMk", {"colour": "red"}),
        ("PATCH", f"{USER}/messages/AAMk", {"isRead": "yes"}),
        ("PATCH", f"{USER}/messages/AAMk", {"categories": "red"}),
        ("PATCH", f"{USER}/messages/AAMk", {"importance": "urgent"}),
        ("PATCH", f"{USER}/messages/AAMk", {"receivedDateTime": "yesterday"}),
        ("PATCH", f"{USER}/messages/AAMk", {"body": {"contentType": "text", "words": "x"}}),
        ("PATCH", f"{USER}/messages/AAMk", {"@odata.type": "#microsoft.graph.event"}),
        ("POST", f"{USER}/messages/AAMk/move", {"folder": "archive"}),
        ("POST", f"{USER}/messages/AAMk/move", {}),
        ("POST", f"{USER}/mailFolders/inbox/messages/delta()", {}),
        ("POST", f"{USER}/messages", ["a list"]),
    ],
)
def test_what_graph_does_not_know_is_found_in_requests(schema: Schema, method: str, path: str, body: Any) -> None:
    assert wrong(schema, method, path, body)


@pytest.mark.parametrize(
    "answer",
    [
        {"value": [{"id": "x", "colour": "red"}]},
        {"value": [{"id": "x", "isRead": 1}]},
        {"value": [{"id": "x", "importance": "urgent"}]},
        {"value": {"id": "x"}},
        {"value": [], "total": 1},
        {"value": [{"@odata.type": "#microsoft.graph.nothing", "id": "x"}]},
    ],
)
def test_what_graph_does_not_know_is_found_in_answers(schema: Schema, answer: Any) -> None:
    path = f"{USER}/mailFolders/inbox/messages"
    assert wrong(schema, "GET", path, answer={"value": [{"id": "x", "@odata.etag": "y"}], "@odata.nextLink": "z"}) == []
    assert wrong(schema, "GET", path, answer=answer)


def test_violations_are_gathered_and_quote_nothing() -> None:
    with GraphServer() as server, asking(server) as ask:
        if microsofts_schema() is None:
            pytest.skip(MISSING)
        put = server.tenant.mail.put(POST, letter())
        ask.patch(f"/messages/{put}", json={"isRead": "a secret"})
        assert [line.partition(": ")[2] for line in server.violations][:1] == ["message.isRead is no Edm.Boolean"]


def test_the_sdks_models_know_all_of_an_answer() -> None:
    from msgraph.generated.models.attachment_collection_response import AttachmentCollectionResponse
    from msgraph.generated.models.message import Message

    with GraphServer() as server, asking(server) as ask:
        put = server.tenant.mail.put(POST, letter("With", ("a.pdf", b"%PDF"), enclosed=True), links=["b.docx"])
        message = ask.get(f"/messages/{put}").content
        attached = ask.get(f"/messages/{put}/attachments").content
    assert unknown_to_the_sdk(message, Message) == []
    assert unknown_to_the_sdk(attached, AttachmentCollectionResponse) == []
    odd = json.loads(message) | {"colour": "red", "flag": {"flagStatus": "notFlagged", "shade": "dark"}}
    assert sorted(unknown_to_the_sdk(json.dumps(odd).encode(), Message)) == ["Message.colour", "Message.flag.shade"]
