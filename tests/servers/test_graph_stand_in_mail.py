"""The stand-in's mailboxes: what Microsoft documents of ids, changes, conflicts and attachments holds here too."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.servers.graph import GraphServer
from tests.servers.graph.asking import IMMUTABLE, POST, asking, letter

DELTA = "/mailFolders/inbox/messages/delta()"


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


def round_of(ask: httpx.Client, address: str, size: int = 2) -> tuple[list[dict[str, Any]], str]:
    """Follow a round of changes to its end and return its rows and the bookmark."""
    rows, headers = [], {"Prefer": f'IdType="ImmutableId", odata.maxpagesize={size}'}
    while True:
        page = ask.get(address, headers=headers).raise_for_status().json()
        rows += page["value"]
        if "@odata.deltaLink" in page:
            return rows, page["@odata.deltaLink"]
        address = page["@odata.nextLink"]


def test_a_default_id_changes_with_a_move_and_an_immutable_one_does_not(graph: GraphServer, ask: httpx.Client) -> None:
    lasting = graph.tenant.mail.put(POST, letter())
    before = ask.get(f"/messages/{lasting}").json()["id"]
    assert before != lasting
    moved = ask.post(f"/messages/{before}/move", json={"destinationId": "archive"})
    assert moved.status_code == 201
    assert moved.json()["id"] not in (before, lasting)
    assert ask.get(f"/messages/{before}").json()["error"]["code"] == "ErrorItemNotFound"
    assert ask.get(f"/messages/{lasting}", headers=IMMUTABLE).json()["id"] == lasting
    assert graph.tenant.mail.where(lasting) == "Archive"


def test_ids_may_differ_in_case_alone(graph: GraphServer, ask: httpx.Client) -> None:
    mail = graph.tenant.mail
    mail.twin_ids = True
    first, second = mail.put(POST, letter("One")), mail.put(POST, letter("Two"))
    assert first != second
    assert first.lower() == second.lower()
    assert [ask.get(f"/messages/{one}").json()["subject"] for one in (first, second)] == ["One", "Two"]


def test_changes_come_in_pages_and_later_only_what_is_new(graph: GraphServer, ask: httpx.Client) -> None:
    put = [graph.tenant.mail.put(POST, letter(f"Letter {number}")) for number in range(5)]
    rows, bookmark = round_of(ask, DELTA + "?$select=subject")
    assert [row["id"] for row in rows] == put
    assert {frozenset(row) for row in rows} == {frozenset({"@odata.type", "@odata.etag", "id", "subject"})}
    assert round_of(ask, bookmark)[0] == []
    graph.tenant.mail.staff_categorise(put[1], "Red")
    graph.tenant.mail.put(POST, letter("Letter 5"))
    assert [row["subject"] for row in round_of(ask, bookmark)[0]] == ["Letter 1", "Letter 5"]


def test_what_staff_move_or_delete_is_told_as_removed(graph: GraphServer, ask: httpx.Client) -> None:
    moved, deleted, back = (graph.tenant.mail.put(POST, letter(name)) for name in ("One", "Two", "Three"))
    _, bookmark = round_of(ask, DELTA)
    graph.tenant.mail.staff_move(moved, "Archive")
    graph.tenant.mail.staff_delete(deleted)
    graph.tenant.mail.staff_move(back, "Archive")
    graph.tenant.mail.staff_move(back, "Inbox")
    rows, bookmark = round_of(ask, bookmark)
    assert {row["id"] for row in rows if "@removed" in row} == {moved, deleted}
    assert [row["id"] for row in rows if "@removed" not in row] == [back]
    for folder in ("Archive", "Inbox", "Archive"):
        graph.tenant.mail.staff_move(back, folder)
    assert [(row["id"], "@removed" in row) for row in round_of(ask, bookmark)[0]] == [(back, True)]


def test_nothing_is_lost_of_a_round_while_mail_comes_and_goes(graph: GraphServer, ask: httpx.Client) -> None:
    mail = graph.tenant.mail
    put = [mail.put(POST, letter(f"Letter {number}")) for number in range(6)]
    for address in (DELTA, DELTA + "?$orderby=receivedDateTime desc"):
        page = ask.get(address, headers={"Prefer": 'IdType="ImmutableId", odata.maxpagesize=2'}).json()
        mail.staff_move(page["value"][0]["id"], "Archive")
        late = mail.put(POST, letter("Late"))
        rows, bookmark = round_of(ask, page["@odata.nextLink"])
        told = {row["id"] for row in [*page["value"], *rows, *round_of(ask, bookmark)[0]]}
        assert {late, *(one for one in put if mail.where(one) == "Inbox")} <= told


@pytest.mark.parametrize(
    "query",
    ["$filter=isRead eq false", "$orderby=subject", "$search=x", "$filter=receivedDateTime lt 2026-01-01T00:00:00Z"],
)
def test_changes_cannot_be_filtered_as_one_likes(ask: httpx.Client, query: str) -> None:
    assert ask.get(f"{DELTA}?{query}").status_code == 400


def test_changes_of_one_type_only_can_be_asked_for(graph: GraphServer, ask: httpx.Client) -> None:
    first = graph.tenant.mail.put(POST, letter("One"))
    _, bookmark = round_of(ask, DELTA + "?changeType=created")
    graph.tenant.mail.staff_read(first)
    second = graph.tenant.mail.put(POST, letter("Two"))
    assert [row["id"] for row in round_of(ask, bookmark)[0]] == [second]


def test_an_expired_bookmark_is_gone_and_names_a_fresh_start(graph: GraphServer, ask: httpx.Client) -> None:
    put = graph.tenant.mail.put(POST, letter())
    _, bookmark = round_of(ask, DELTA)
    graph.tenant.mail.expire_tokens()
    answer = ask.get(bookmark)
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "syncStateNotFound")
    assert [row["id"] for row in round_of(ask, answer.headers["Location"])[0]] == [put]


def test_replays_tell_old_states_and_pages_repeat_themselves(graph: GraphServer, ask: httpx.Client) -> None:
    mail = graph.tenant.mail
    put = mail.put(POST, letter())
    mail.staff_categorise(put, "Postroom: in work")
    _, bookmark = round_of(ask, DELTA)
    mail.staff_move(put, "Archive")
    round_of(ask, bookmark)
    mail.staff_categorise(put, "Postroom: done")
    mail.replay(POST)
    mail.repeat = mail.shuffle = True
    rows, _ = round_of(ask, bookmark, size=10)
    stale = [row for row in rows if "@removed" not in row]
    assert [row["categories"] for row in stale] == [["Postroom: in work"]] * 2
    assert len(rows) == 3


def test_a_changed_mail_may_be_told_by_its_changes_alone(graph: GraphServer, ask: httpx.Client) -> None:
    put = graph.tenant.mail.put(POST, letter())
    _, bookmark = round_of(ask, DELTA)
    graph.tenant.mail.sparse = True
    graph.tenant.mail.staff_read(put)
    (row,) = round_of(ask, bookmark)[0]
    assert row["isRead"] is True
    assert "subject" not in row


def test_a_mail_may_appear_late(graph: GraphServer, ask: httpx.Client) -> None:
    late = graph.tenant.mail.put(POST, letter("Late"), appears_in=0.3)
    early = graph.tenant.mail.put(POST, letter("Early"))
    rows, bookmark = round_of(ask, DELTA)
    assert [row["id"] for row in rows] == [early]
    assert ask.get(f"/messages/{late}").status_code == 404
    while not (rows := round_of(ask, bookmark)[0]):
        pass
    assert [row["id"] for row in rows] == [late]


def test_a_stale_change_is_a_conflict_and_each_change_has_a_new_etag(graph: GraphServer, ask: httpx.Client) -> None:
    put = graph.tenant.mail.put(POST, letter())
    etag = ask.get(f"/messages/{put}").json()["@odata.etag"]
    graph.tenant.mail.staff_categorise(put, "Red")
    change = {"json": {"categories": ["Blue"]}}
    refused = ask.patch(f"/messages/{put}", **change, headers={"If-Match": etag})
    assert (refused.status_code, refused.json()["error"]["code"]) == (412, "ErrorIrresolvableConflict")
    fresh = ask.get(f"/messages/{put}").json()["@odata.etag"]
    changed = ask.patch(f"/messages/{put}", **change, headers={"If-Match": fresh})
    assert changed.json()["categories"] == ["Blue"]
    assert changed.json()["@odata.etag"] not in (etag, fresh)


def test_what_is_no_draft_keeps_its_subject(graph: GraphServer, ask: httpx.Client) -> None:
    put = graph.tenant.mail.put(POST, letter())
    assert ask.patch(f"/messages/{put}", json={"subject": "Another"}).status_code == 400


def test_mime_is_written_anew_each_time(graph: GraphServer, ask: httpx.Client) -> None:
    put = graph.tenant.mail.put(POST, letter("Two", ("a.pdf", b"%PDF-1")))
    first, second = (ask.get(f"/messages/{put}/$value").content for _ in range(2))
    assert first != second
    assert base64.b64encode(b"%PDF-1") in first


def test_attachments_are_files_mails_and_links(graph: GraphServer, ask: httpx.Client) -> None:
    raw = letter("With", ("a.pdf", b"%PDF-1"), enclosed=True)
    put = graph.tenant.mail.put(POST, raw, links=["plan.docx"])
    found = ask.get(f"/messages/{put}/attachments").json()["value"]
    kinds = [one["@odata.type"].removeprefix("#microsoft.graph.") for one in found]
    assert kinds == ["fileAttachment", "itemAttachment", "referenceAttachment"]
    assert base64.b64decode(found[0]["contentBytes"]) == b"%PDF-1"
    lean = ask.get(f"/messages/{put}/attachments?$select=id,name,size").json()["value"]
    assert not any("contentBytes" in one for one in lean)
    values = [ask.get(f"/messages/{put}/attachments/{one['id']}/$value") for one in found]
    assert values[0].content == b"%PDF-1"
    assert b"Subject: The mail inside" in values[1].content
    assert values[2].status_code == 405


def test_attachments_being_scanned_are_a_placeholder_and_come_later(graph: GraphServer, ask: httpx.Client) -> None:
    put = graph.tenant.mail.put(POST, letter("Scan", ("a.pdf", b"%PDF-1")), scanning_for=60)
    _, bookmark = round_of(ask, DELTA)
    names = [one["name"] for one in ask.get(f"/messages/{put}/attachments").json()["value"]]
    assert names == ["ATP Scan In Progress"]
    assert b"ATP Scan In Progress" in ask.get(f"/messages/{put}/$value").content
    graph.tenant.mail.finish_scan(put)
    assert [one["name"] for one in ask.get(f"/messages/{put}/attachments").json()["value"]] == ["a.pdf"]
    assert [row["id"] for row in round_of(ask, bookmark)[0]] == [put]


def test_a_scan_ends_never_once_the_mail_was_moved(graph: GraphServer, ask: httpx.Client) -> None:
    put = graph.tenant.mail.put(POST, letter("Scan", ("a.pdf", b"%PDF-1")), scanning_for=0.2)
    graph.tenant.mail.staff_move(put, "Inbox/Later")
    graph.tenant.mail.finish_scan(put)
    names = [one["name"] for one in ask.get(f"/messages/{put}/attachments").json()["value"]]
    assert names == ["ATP Scan In Progress"]


def test_messages_are_found_by_what_a_mail_client_asks(graph: GraphServer, ask: httpx.Client) -> None:
    first = graph.tenant.mail.put(POST, letter("One"), categories=["Postroom: done"])
    graph.tenant.mail.put(POST, letter("Two"))
    for wanted in (
        "internetMessageId eq '<One@resident.example>'",
        "categories/any(c:c eq 'Postroom: done')",
        "startswith(subject, 'On') and isRead eq false",
        "not (subject eq 'Two') and receivedDateTime ge 2020-01-01T00:00:00Z",
        "from/emailAddress/address eq 'ann@resident.example' and contains(subject,'ne')",
    ):
        answer = ask.get("/messages", params={"$filter": wanted, "$select": "id"}, headers=IMMUTABLE)
        assert [one["id"] for one in answer.json()["value"]] == [first], wanted
    assert ask.get("/messages", params={"$filter": "subject eq"}).status_code == 400


def test_an_order_needs_to_be_filtered_by_first(ask: httpx.Client) -> None:
    query = {"$filter": "isRead eq false", "$orderby": "receivedDateTime desc"}
    refused = ask.get("/messages", params=query)
    assert refused.json()["error"]["code"] == "InefficientFilter"
    query["$filter"] = f"receivedDateTime ge 2020-01-01T00:00:00Z and {query['$filter']}"
    assert ask.get("/messages", params=query).status_code == 200


def test_a_list_goes_on_at_its_next_link(graph: GraphServer, ask: httpx.Client) -> None:
    put = {graph.tenant.mail.put(POST, letter(f"Letter {number}")) for number in range(5)}
    found, address = set(), "/mailFolders/inbox/messages?$top=2&$select=id"
    while address:
        page = ask.get(address, headers=IMMUTABLE).json()
        found |= {one["id"] for one in page["value"]}
        address = page.get("@odata.nextLink")
    assert found == put


def test_folders_are_made_once_and_found_by_name(ask: httpx.Client) -> None:
    made = ask.post("/mailFolders/inbox/childFolders", json={"displayName": "Done"})
    assert made.status_code == 201
    again = ask.post("/mailFolders/inbox/childFolders", json={"displayName": "done"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "ErrorFolderExists")
    found = ask.get("/mailFolders/inbox/childFolders", params={"$filter": "displayName eq 'Done'"}).json()["value"]
    assert [one["id"] for one in found] == [made.json()["id"]]
    assert ask.get("/mailFolders/inbox").json()["childFolderCount"] == 1


def test_unknown_things_are_named_as_graph_names_them(graph: GraphServer, ask: httpx.Client) -> None:
    missing = "AAkA" + "x" * 136
    assert ask.get(f"/messages/{missing}").json()["error"]["code"] == "ErrorItemNotFound"
    assert ask.get("/messages/nonsense").json()["error"]["code"] == "ErrorInvalidIdMalformed"
    with asking(graph, "nobody@council.example") as nobody:
        assert nobody.get("/messages").json()["error"]["code"] == "ErrorInvalidUser"


def test_the_master_list_of_categories_takes_each_once(ask: httpx.Client) -> None:
    made = {"displayName": "Postroom: done", "color": "preset4"}
    assert ask.post("/outlook/masterCategories", json=made).status_code == 201
    assert ask.post("/outlook/masterCategories", json=made).status_code == 409
    assert [one["displayName"] for one in ask.get("/outlook/masterCategories").json()["value"]] == ["Postroom: done"]
