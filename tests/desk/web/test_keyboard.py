"""Twenty held items are cleared by keyboard alone, and it is counted how many keys that takes."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import pytest

from config.settings import Settings
from desk.web.office import Office
from postroom.staff import Role
from scripts.keying_page import documented
from tests.desk.web.conftest import SignedInPage, add_person
from tests.desk.web.held_items import full_settings
from tests.desk.web.keying import DeskOfficer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """All processes that come with the code."""
    return full_settings(tmp_path / "var")


@pytest.mark.slow
def test_twenty_held_items_are_cleared_by_keyboard_alone(office: Office, page_as: SignedInPage) -> None:
    officer = DeskOfficer(page_as(add_person(office, Role.OFFICER)))
    officer.clear_all(office)
    assert len(officer.counted) == 20
    assert median(count.interactions for count in officer.counted.values()) < 8
    counted = {name: (count.interactions, count.keystrokes) for name, count in officer.counted.items()}
    assert counted == {name: row.desk for name, row in documented().items()}, "run make measure-keying"
