from __future__ import annotations

import json
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
    assert "Compared with post received Sat 1 Aug 2026 to Mon 31 Aug 2026" in said.out


@pytest.mark.parametrize("ending", ["xlsx", "html", "csv"])
def test_the_report_is_written_in_the_form_its_name_asks_for(
    postroom: Postroom, office: Ledger, tmp_path: Path, ending: str
) -> None:
    itemise(office, 1)
    path = tmp_path / "new folder" / f"report.{ending}"
    assert postroom("report", *PERIOD, "--out", str(path)).code == 0
    if ending == "xlsx":
        assert load_workbook(path)["Messages"]["B5"].value == 1
    else:
        assert "Missed bin" in path.read_text(encoding="utf-8")


def test_programs_get_the_same_figures(postroom: Postroom, office: Ledger) -> None:
    itemise(office, 1)
    said = postroom("report", *PERIOD, "--compare", "year-before", "--json")
    told = json.loads(said.out)
    assert told["compared_with"] == {"from": "2025-09-01", "to": "2025-09-30"}
    assert {one["figure"]: (one["value"], one["difference"]) for one in told["headline"]}["Items received"] == (1, 1)
    assert told["tables"]["Processes"] == [
        {"Process": "Missed bin", "Came in": 1, "Straight through": 0, "Done by people": 0, "With a person": 0,
         "In flight": 1, "No action": 0, "Rejected": 0, "Straight-through share": None, "Pages of paper": 0}
    ]  # fmt: skip


def test_a_part_of_the_post_can_be_asked_for(postroom: Postroom, office: Ledger, config: Path) -> None:
    file = config / "processes" / "missed-bin.yaml"
    file.write_text(f"{file.read_text()}team: Waste\n")
    itemise(office, 1)
    of = {
        arguments: json.loads(postroom("report", *PERIOD, "--compare", "none", "--json", *arguments).out)
        for arguments in ((), ("--process", "garden-waste"), ("--process", "missed-bin"), ("--team", "waste"))
    }
    assert [one["headline"][0]["value"] for one in of.values()] == [1, 0, 1, 1]
    assert of["--team", "waste"]["part"] == "team waste"
    assert "Messages" not in of["--team", "waste"]["tables"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("--out", "report.pdf"), "End it in .xlsx, .html, .csv."),
        (("--from", "2026-09-30", "--to", "2026-09-01"), "Exchange --from and --to."),
        (("--from", "30/09/2026"), "does not match"),
        (("--process", "bins"), "Configured: garden-waste, missed-bin."),
        (("--team", "Waste"), "Teams: none."),
        (("--compare", "never"), "year-before"),
    ],
)
def test_wrong_use_exits_2_and_says_what_is_right(postroom: Postroom, wrong: tuple[str, ...], words: str) -> None:
    said = postroom("report", *wrong)
    assert said.code == 2
    assert words in " ".join(said.err.split())
