"""On the command line, too, a changed account number is keyed only once another person entered the same."""

from __future__ import annotations

from pathlib import Path

from postroom.disposition import Outcome
from postroom.ledger import Ledger
from tests.desk.conftest import Postroom
from tests.postroom.samples import extraction, itemise

ACCOUNT = """
  account_number:
    type: account-number
"""


def test_a_changed_account_number_is_entered_by_another_person(
    postroom: Postroom, office: Ledger, config: Path
) -> None:
    file = config / "processes" / "missed-bin.yaml"
    file.write_text(file.read_text().replace("fields:\n", f"fields:{ACCOUNT}", 1))
    _, (item_id,) = itemise(office, 1, extraction(1, outcome=Outcome.REVIEW))
    assert postroom("correct", item_id, "account_number", "1234 5678", "--as", "Ann").code == 0
    refused = postroom("release", item_id, "--as", "Ann")
    assert (refused.code, "second entry of “account_number”" in refused.err) == (1, True)
    assert postroom("enter", item_id, "account_number", "12345678", "--as", "ann").code == 1
    assert "not the same" in postroom("enter", item_id, "account_number", "12345679", "--as", "Bob").out
    assert "the same" in postroom("enter", item_id, "account_number", "12345678", "--as", "Bob").out
    assert postroom("release", item_id, "--as", "Ann").code == 0
