"""The stand-in's letters: drafts, replies, attachments and sending."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.servers.graph import GraphServer
from tests.servers.graph.asking import IMMUTABLE, POST, asking, letter

MARK = "String {5f1c0000-0000-4000-8000-00000000ABCD} Name PostroomKey"
TO = [{"emailAddress": {"address": "ann@resident.example"}}]


@pytest.fixture
def graph() -> Iterator[GraphServer]:
    with GraphServer() as server:
        server.tenant.mail.add_mailbox(POST)
        yield server
        assert server.violations == []


@pytest.fixture
def ask(graph: GraphServer) -> Iterator[httpx.Client]:
    with asking(graph) as client:
        yield client


def draft(ask: httpx.Client, **more: Any) -> str:
    body = {"subject": "Your parking permit", "toRecipients": TO, "body": {"contentType": "text", "content": "Yes."}}
    made = ask.post("/messages", json=body | more, headers=IMMUTABLE)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def found(ask: httpx.Client, key: str, mark: str = MARK) -> list[str]:
    wanted = f"singleValueExtendedProperties/any(ep: ep/id eq '{mark}' and ep/value eq '{key}')"
    answer = ask.get("/messages", params={"$filter": wanted}, headers=IMMUTABLE)
    return [one["id"] for one in answer.json()["value"]]


def test_a_sent_draft_keeps_its_immutable_id_and_is_found_by_its_mark(graph: GraphServer, ask: httpx.Client) -> None:
    made = draft(ask, singleValueExtendedProperties=[{"id": MARK, "value": "PR-1"}])
    assert (found(ask, "PR-1"), found(ask, "PR-2")) == ([made], [])
    assert ask.post(f"/messages/{made}/send").status_code == 202
    assert [item.id for item in graph.tenant.mail.sent(POST)] == [made]
    assert found(ask, "PR-1", MARK.replace("ABCD", "abcd")) == [made]
    assert ask.get(f"/messages/{made}").json()["isDraft"] is False
    assert ask.post(f"/messages/{made}/send").status_code == 400


def test_a_mark_is_shown_when_it_is_asked_for(ask: httpx.Client) -> None:
    made = draft(ask, singleValueExtendedProperties=[{"id": MARK, "value": "PR-1"}])
    assert "singleValueExtendedProperties" not in ask.get(f"/messages/{made}").json()
    expanded = ask.get(
        f"/messages/{made}",
        params={"$expand": f"singleValueExtendedProperties($filter=id eq '{MARK.replace('ABCD', 'abcd')}')"},
    )
    assert [one["value"] for one in expanded.json()["singleValueExtendedProperties"]] == ["PR-1"]


def test_a_sent_letter_may_show_late(graph: GraphServer, ask: httpx.Client) -> None:
    graph.tenant.mail.send_delay = 0.3
    made = draft(ask)
    ask.post(f"/messages/{made}/send")
    assert ask.get(f"/messages/{made}").status_code == 404
    while ask.get(f"/messages/{made}").status_code == 404:
        pass
    assert graph.tenant.mail.where(made) == "Sent Items"


def test_headers_of_ones_own_begin_with_x(ask: httpx.Client) -> None:
    made = draft(ask, internetMessageHeaders=[{"name": "X-Auto-Response-Suppress", "value": "All"}])
    assert b"X-Auto-Response-Suppress: All" in ask.get(f"/messages/{made}/$value").content
    body = {"internetMessageHeaders": [{"name": "Auto-Submitted", "value": "auto-replied"}]}
    assert ask.post("/messages", json=body).json()["error"]["code"] == "InvalidInternetMessageHeader"


def test_a_reply_goes_to_who_wrote_and_quotes(graph: GraphServer, ask: httpx.Client) -> None:
    original = graph.tenant.mail.put(POST, letter("A question"))
    body = {"message": {"singleValueExtendedProperties": [{"id": MARK, "value": "PR-3"}]}, "comment": "An answer."}
    reply = ask.post(f"/messages/{original}/createReply", json=body, headers=IMMUTABLE).json()
    assert (reply["subject"], reply["isDraft"]) == ("RE: A question", True)
    assert [one["emailAddress"]["address"] for one in reply["toRecipients"]] == ["ann@resident.example"]
    assert reply["body"]["content"].startswith("An answer.")
    assert found(ask, "PR-3") == [reply["id"]]
    both = {"message": {"body": {"contentType": "text", "content": "x"}}, "comment": "y"}
    assert ask.post(f"/messages/{original}/createReply", json=both).status_code == 400


def test_a_letter_without_recipients_is_not_sent(graph: GraphServer, ask: httpx.Client) -> None:
    made = draft(ask, toRecipients=[])
    assert ask.post(f"/messages/{made}/send").json()["error"]["code"] == "ErrorInvalidRecipients"
    assert graph.tenant.mail.sent(POST) == []


def test_mail_can_be_sent_in_one_go(graph: GraphServer, ask: httpx.Client) -> None:
    message = {"subject": "Hello", "toRecipients": TO, "body": {"contentType": "html", "content": "<p>Hello</p>"}}
    assert ask.post("/sendMail", json={"Message": message}).status_code == 202
    assert [item.found["subject"] for item in graph.tenant.mail.sent(POST)] == ["Hello"]


def test_a_large_attachment_is_uploaded_in_order_and_without_a_token(ask: httpx.Client) -> None:
    made, content = draft(ask), b"x" * (4 * 1024 * 1024 + 10)
    item = {"AttachmentItem": {"attachmentType": "file", "name": "big.pdf", "size": len(content)}}
    address = ask.post(f"/messages/{made}/attachments/createUploadSession", json=item).json()["uploadUrl"]

    def put(start: int, end: int, **headers: str) -> httpx.Response:
        stated = {"Content-Range": f"bytes {start}-{end - 1}/{len(content)}", **headers}
        request = ask.build_request("PUT", address, content=content[start:end], headers=stated)
        if "Authorization" not in headers:
            del request.headers["Authorization"]
        return ask.send(request)

    four = 4 * 1024 * 1024
    assert put(0, four, Authorization="Bearer x").status_code == 401
    assert put(four, len(content)).status_code == 416
    assert put(0, four + 1).status_code == 400
    assert put(0, four).json()["nextExpectedRanges"] == [f"{four}-"]
    assert put(four, len(content)).status_code == 201
    (attached,) = ask.get(f"/messages/{made}/attachments?$select=name,size").json()["value"]
    assert (attached["name"], attached["size"]) == ("big.pdf", len(content))


def test_an_attachment_of_three_megabytes_is_too_large_to_post(ask: httpx.Client) -> None:
    made = draft(ask)
    file = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt", "contentBytes": "eA=="}
    assert ask.post(f"/messages/{made}/attachments", json=file).status_code == 201
    large = file | {"contentBytes": "eHh4" * (1024 * 1024 + 9000)}
    assert ask.post(f"/messages/{made}/attachments", json=large).status_code == 413
