from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from desk.cli import main
from postroom.ledger import Ledger
from tests.servers.ledger_tables import LedgerTables

MAIN = """\
council: Westmere Borough Council
inboxes:
  - {name: post, kind: folder, path: inbox}
targets:
  - {name: depot, kind: memory, journal: depot.db}
  - {name: crm, kind: excel, path: crm.xlsx}
"""

MISSED_BIN = """\
id: missed-bin
title: Missed bin
baseline: {minutes: 6, measured_on: 2026-09-01, by: A Manager, items: 20}
recognise:
  phrases: [missed bin, bin was not collected, bin was missed]
  examples:
    - My bin was missed on Tuesday, please send the lorry back.
    - You did not collect our recycling this week at 3 Mill Lane.
    - The refuse has not been emptied again, it is still on the kerb.
fields:
  address: {type: address, required: true, labels: [address]}
  bin:
    type: choice
    choices: {refuse: [refuse, black bin], recycling: [recycling]}
deliver:
  - target: depot
"""

GARDEN_WASTE = """\
id: garden-waste
title: Garden waste
recognise:
  phrases: [garden waste, brown bin subscription]
  examples:
    - Please renew my garden waste subscription for two bins.
    - I would like to join the garden waste scheme from April.
    - Cancel my brown bin, we have no garden any more.
fields:
  address: {type: address, required: true, labels: [address]}
  bins: {type: integer, minimum: 1, maximum: 5, labels: [number of bins]}
deliver:
  - target: depot
  - target: crm
"""


class Said(NamedTuple):
    """How the command ended and what it said."""

    code: int
    out: str
    err: str


Postroom = Callable[..., Said]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A small configuration of its own."""
    folder = tmp_path / "config"
    (folder / "processes").mkdir(parents=True)
    (folder / "postroom.yaml").write_text(MAIN)
    (folder / "processes" / "missed-bin.yaml").write_text(MISSED_BIN)
    (folder / "processes" / "garden-waste.yaml").write_text(GARDEN_WASTE)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An empty data folder."""
    folder = tmp_path / "var"
    (folder / "inbox").mkdir(parents=True)
    return folder


@pytest.fixture
def postroom(config: Path, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Postroom:
    """Run the command in this process on the small configuration."""
    monkeypatch.setenv("POSTROOM_CONFIG", str(config))
    monkeypatch.setenv("POSTROOM_DATA", str(data))

    def run(*arguments: str) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        out, err = capsys.readouterr()
        return Said(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture
def office(data: Path, ledger_tables: LedgerTables) -> Ledger:
    """The ledger that the command opens."""
    ledger_tables.put_into(url := f"sqlite:///{data / 'postroom.db'}")
    ledger = Ledger(url, data / "documents")
    ledger.migrate()
    return ledger
