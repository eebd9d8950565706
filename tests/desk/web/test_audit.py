"""Auditors look through the history, see no protected item they are not named for, and can prove the chain."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import text

from desk.web.office import Office
from postroom.disposition import Outcome
from postroom.staff import Role
from tests.desk.web.conftest import ClientAs
from tests.desk.web.test_system import ABUSE, PRESSED, words
from tests.postroom.samples import extraction, itemise


def _items(office: Office) -> tuple[str, str]:
    """Make an item and a protected one, both corrected by ann, and return their ids."""
    plain = extraction(1, outcome=Outcome.REVIEW)
    protected = replace(plain, triage=replace(plain.triage, protected=ABUSE))
    _, (one,) = itemise(office.ledger, 1, plain)
    _, (hidden,) = itemise(office.ledger, 2, protected)
    for item_id in (one, hidden):
        office.ledger.correct(item_id, "bin", "recycling", "ann")
    return one, hidden


def test_the_history_is_found_by_person_action_item_and_day(office: Office, client_as: ClientAs) -> None:
    one, _ = _items(office)
    auditor = client_as(Role.AUDITOR)
    page = words(auditor.get("/audit").text)
    assert "Corrected" in page
    assert "Item made" not in page.partition("Steps of the robot")[2], "what the robot did is left out at first"
    assert "Item made" in words(auditor.get("/audit?robot=true").text).partition("Number When")[2]
    assert auditor.get("/audit?person=ann").text.count("<tr") == 3
    assert auditor.get(f"/audit?item={one.lower()}&person=ann").text.count("<tr") == 2
    assert "Nothing found" in auditor.get("/audit?day=2021-01-01").text
    assert auditor.get("/audit?day=yesterday").status_code == 400


def test_protected_items_are_hidden_from_those_not_named(office: Office, client_as: ClientAs) -> None:
    one, hidden = _items(office)
    (message_id,) = {office.ledger.item(hidden).summary.message_id}
    page = client_as(Role.AUDITOR).get("/audit?robot=true").text
    assert one in page
    assert hidden not in page
    assert message_id not in page
    assert "Seen by those named for it" in page
    sought = client_as(Role.AUDITOR, name="another").get(f"/audit?item={hidden}").text
    assert "Nothing found" in sought
    assert hidden in client_as(Role.AUDITOR, name="named", restricted=True).get("/audit?person=ann").text


def test_the_chain_is_proven_and_a_change_in_it_found(office: Office, client_as: ClientAs) -> None:
    _items(office)
    auditor = client_as(Role.AUDITOR)
    count, head = office.ledger.history_head()
    whole = auditor.post("/audit/proof", data=PRESSED)
    assert "The history is whole" in whole.text
    assert head in whole.text
    assert f"{count} entries" in whole.text
    with office.ledger._writing() as connection:
        connection.execute(text("DROP TRIGGER history_append_only_update"))
        connection.execute(text("UPDATE history SET actor = 'somebody' WHERE sequence = 3"))
    assert "Entry 3 does not follow" in auditor.post("/audit/proof", data=PRESSED).text
