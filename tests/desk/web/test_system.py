"""ICT's pages tell how everything is, stop and resume, try connections, and show no word of the post."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from config.version import work_under
from desk.web.office import Office
from desk.web.system.checker import Checker
from desk.web.system.configuration import differences
from postroom.delivery import State
from postroom.errors import NotAllowed
from postroom.ledger import Ledger, owner_name
from postroom.protocol import Move
from postroom.staff import Role
from tests.desk.conftest import MAIN
from tests.desk.web.conftest import ClientAs
from tests.postroom.samples import extraction, itemise

ABUSE = "It tells of domestic abuse"
PRESSED = {"pressed": ""}
"""What a browser sends for a button alone, which still is a form."""


def words(page: str) -> str:
    """Return a page as people read it."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def fail(ledger: Ledger, number: int, *, suspect: bool = False, protected: str = "", state: State = State.HUMAN) -> str:
    """Make an item whose delivery to the depot did not go through, and return its id."""
    found = extraction(number)
    _, (item_id,) = itemise(ledger, number, replace(found, triage=replace(found.triage, protected=protected)))
    (delivery,) = ledger.item(item_id).deliveries
    claim = ledger.claim_delivery(delivery.id, "worker")
    assert claim is not None
    move = Move(state, 1, 2, None, delivery.next_at, suspect, reason=f"The depot did not take number {number}.")
    ledger.move_delivery(claim.lease, State.CLAIMED, move, last=True)
    return item_id


def test_the_first_page_tells_how_each_connection_is(office: Office, client_as: ClientAs) -> None:
    ict = client_as(Role.ICT)
    assert "The line has not run yet" in ict.get("/system").text
    office.ledger.begin_run(owner_name())
    office.ledger.note_answer("inbox", "post", True)
    office.ledger.note_answer("target", "crm", False, "The workbook is open in Excel.")
    office.ledger.target_failed("depot", "The depot is down.", down=True)
    page = words(ict.get("/system").text)
    assert "The line last began a run" in page
    assert re.search(r"post folder inbox ✓ Works", page)
    assert re.search(r"depot memory target ! Left alone Tried again every 30 seconds", page)
    assert re.search(r"crm excel target ! Does not work .* The workbook is open in Excel\.", page)


def test_pausing_asks_why_and_resuming_lets_go_on(office: Office, client_as: ClientAs) -> None:
    ict = client_as(Role.ICT)
    form = {"kind": "target", "name": "depot", "reason": " "}
    refused = ict.post("/system/pause", data=form)
    assert refused.status_code == 400
    assert "<title>Error: Pause depot" in refused.text
    assert ict.post("/system/pause", data={**form, "reason": "It moves."}).headers["location"] == "/system?said=paused"
    (pause,) = office.ledger.pauses()
    assert (pause.subject, pause.person, pause.reason) == ("depot", "ict", "It moves.")
    assert "It moves." in ict.get("/system?said=paused").text
    assert "It is paused." in words(ict.get("/system?said=paused").text)
    assert ict.post("/system/pause", data={**form, "reason": "Again."}).status_code == 409
    assert ict.get("/system/pause?kind=target&name=depto").status_code == 404
    assert ict.post("/system/resume", data=form).status_code == 303
    assert office.ledger.pauses() == []
    fail(office.ledger, 1, state=State.WAIT)
    process = {"kind": "process", "name": "missed-bin", "reason": "The form changes."}
    assert ict.post("/system/pause", data=process).status_code == 303
    assert office.ledger.resting_by_process() == {"missed-bin": 1}


def test_an_auditor_sees_and_does_nothing(client_as: ClientAs) -> None:
    auditor = client_as(Role.AUDITOR)
    page = auditor.get("/system").text
    assert 'action="/system' not in page
    assert "Pause" not in page
    assert auditor.post("/system/resume", data={"kind": "target", "name": "depot"}).status_code == 403


def test_a_check_from_the_page_is_the_command_s(office: Office, client_as: ClientAs) -> None:
    ict = client_as(Role.ICT)
    assert ict.post("/system/check", data={"name": "depto"}).status_code == 400
    assert ict.post("/system/check", data={"name": "depot"}).status_code == 303
    page = words(ict.get("/system").text)
    assert "Last checked at" in page
    assert "✓ Works depot can be used." in page
    (answer,) = office.ledger.answers()
    assert (answer.role, answer.name, answer.works) == ("target", "depot", True)


def test_a_check_that_takes_too_long_is_broken_off_with_all_it_began(office: Office) -> None:
    checker = Checker(seconds=0.05)
    assert "broken off" in checker.check(office, "ict", "depot").problem
    assert office.ledger.answers() == []
    checker._busy.acquire()
    with pytest.raises(NotAllowed, match="under way"):
        checker.check(office, "ict")


def test_a_check_tells_of_files_that_were_broken_meanwhile(office: Office, config: Path) -> None:
    (config / "postroom.yaml").write_text(MAIN.replace("kind: folder", "kind: foldr"))
    assert "postroom check" in Checker().check(office, "ict").problem


def test_what_failed_shows_evidence_and_nothing_of_the_post(office: Office, client_as: ClientAs) -> None:
    ict = client_as(Role.ICT)
    assert "Nothing failed" in ict.get("/system/failed").text
    item_id = fail(office.ledger, 1)
    hidden = fail(office.ledger, 2, protected=ABUSE)
    (delivery,) = office.ledger.item(item_id).deliveries
    page = ict.get("/system/failed").text
    assert delivery.key in page
    assert "The depot did not take number 1." in page
    assert f'href="/items/{item_id}"' not in page, "ICT does not read the post"
    secret = office.ledger.item(hidden)
    for word in ("High Street", "refuse", ABUSE, hidden, secret.deliveries[0].key, secret.deliveries[0].id):
        assert word not in page, word
    assert f'href="/items/{item_id}"' in client_as(Role.AUDITOR).get("/system/failed").text
    assert hidden in client_as(Role.AUDITOR, name="named", restricted=True).get("/system/failed").text


def test_trying_again_passes_over_what_may_have_arrived(office: Office, client_as: ClientAs) -> None:
    ict = client_as(Role.ICT)
    stuck, uncertain = fail(office.ledger, 1), fail(office.ledger, 2, suspect=True)
    hidden = fail(office.ledger, 3, protected=ABUSE)
    assert ict.post("/system/failed/retry", data={"item": hidden}).status_code == 404
    assert ict.post("/system/failed/retry", data={"item": uncertain}).status_code == 409
    answer = ict.post("/system/failed/retry", data={"target": "depot"})
    assert answer.headers["location"] == "/system/failed?said=retried&target=depot"
    states = {one: office.ledger.item(one).deliveries[0].state for one in (stuck, uncertain, hidden)}
    assert states == {stuck: State.READY, uncertain: State.HUMAN, hidden: State.HUMAN}
    again = ict.post("/system/failed/retry", data={"target": "depot"})
    assert again.headers["location"] == "/system/failed?said=nothing&target=depot"
    assert "ict" in {one.actor for one in office.ledger.item(stuck).history}


def test_runs_link_to_prefect_only_where_it_is(
    office: Office, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = office.ledger.begin_run(owner_name(), "abc-1")
    office.ledger.end_run(run, {"received": 2}, ["inbox post: The mailbox is down."])
    office.ledger.begin_run(owner_name().replace("|", "|1", 1))
    ict = client_as(Role.ICT)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    page = ict.get("/system/runs").text
    assert "Broken off" in page
    assert "The mailbox is down." in page
    assert "In Prefect" not in page
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:4200/api")
    assert 'href="http://127.0.0.1:4200/runs/flow-run/abc-1"' in ict.get("/system/runs").text


def test_a_configuration_is_compared_with_an_earlier_one(office: Office, client_as: ClientAs, config: Path) -> None:
    ict = client_as(Role.ICT)
    assert "No configuration is known yet" in ict.get("/system/configuration").text
    before = work_under(office.ledger, office.settings)
    _, (item_id,) = itemise(office.ledger, 1)
    path = config / "processes" / "missed-bin.yaml"
    path.write_text(path.read_text().replace("My bin was missed on Tuesday", "My <b>bin</b> was left"))
    after = work_under(office.ledger, office.settings)
    page = ict.get(f"/system/configuration?against={before}").text
    assert after in page
    assert "My &lt;b&gt;bin&lt;/b&gt; was left" in page
    assert re.search(r"7 − removed - My bin was missed on Tuesday", words(page))
    assert ict.get("/system/configuration?version=nothing").status_code == 404
    assert item_id in ict.get(f"/system/configuration/{before}/items").text
    assert "1 item made under this version" in ict.get(f"/system/configuration?version={before}").text


def test_a_comparison_tells_new_files_gone_files_and_lines() -> None:
    before = {"a": "1\n2\n3\n4\n5\n6\n7\n8\n9", "gone": "x", "same": "s"}
    found = {
        one.name: one for one in differences(before, {"a": "1\n2\n3\n4\nfive\n6\n7\n8\n9", "new": "y", "same": "s"})
    }
    assert {name: one.change for name, one in found.items()} == {"a": "changed", "gone": "gone", "new": "new"}
    told = [(line.before, line.after, line.text, line.change) for line in found["a"].lines]
    assert told[0] == (2, 2, "2", "")
    assert (5, None, "5", "removed") in told
    assert (None, 5, "five", "added") in told
