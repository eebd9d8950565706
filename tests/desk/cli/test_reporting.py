from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from postroom.ledger import Ledger
from tests.desk.conftest import Postroom
from tests.postroom.samples import itemise

PERIOD = ("--from", "2026-09-01", "--to", "2026-09-30")


def test_the_report_is_shown(postroom: Postroom, office: Ledger) -> None:
    itemise(office, 1)
    said = postroom("report", *PERIOD)
    assert said.code == 0
    assert "Missed bin" in said.out
    assert "Nothing waits for a person." in said.out


@pytest.mark.parametrize("ending", ["xlsx", "html", "csv"])
def test_the_report_is_written_in_the_form_its_name_asks_for(
    postroom: Postroom, office: Ledger, tmp_path: Path, ending: str
) -> None:
    itemise(office, 1)
    path = tmp_path / "new folder" / f"report.{ending}"
    assert postroom("report", *PERIOD, "--out", str(path)).code == 0
    if ending == "xlsx":
        assert load_workbook(path)["Messages"]["B4"].value == 1
    else:
        assert "Missed bin" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("wrong", [("--out", "report.pdf"), ("--from", "2026-09-30", "--to", "2026-09-01"),
                                   ("--from", "30/09/2026")])  # fmt: skip
def test_wrong_use_exits_2(postroom: Postroom, wrong: tuple[str, ...]) -> None:
    assert postroom("report", *wrong).code == 2
