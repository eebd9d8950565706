"""The real line, from a folder of mails to a workbook and a target, killed at every failpoint of one item.

Nothing is stubbed: real files, the real reader, triage, extraction and workbook, and a target kept in a file that
another process can read. Each round runs in processes of its own, forked after the slow imports.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from config.settings import load_settings
from connectors.memory import Journal
from flows import take_steps
from flows.open_line import Line
from postroom import failpoints
from postroom.errors import StepFault
from postroom.failpoints import Failpoint
from postroom.ledger import Stage
from tests.faults.rest import at_rest

POST = """\
From: Ann Other <ann.other@example.org>
To: post@council.example
Subject: Missed recycling bin
Date: Thu, 05 Nov 2026 09:00:00 +0000
Message-ID: <one@example.org>
Content-Type: text/plain; charset=utf-8

Hello,

Our recycling bin was not emptied on 3 November 2026.
Address: 12 Juniper Close, Northborough, LE12 7HN
Name: Ann Other
"""

MAIN = """\
council: Northborough District Council
inboxes:
  - {name: post, kind: folder, path: inbox, quiet_seconds: 0}
targets:
  - {name: depot, kind: memory, journal: depot.db, target_class: B, settle_seconds: 0.2}
  - {name: register, kind: excel, path: register.xlsx, columns: [{field: address, title: Address}]}
"""

PROCESS = """\
id: missed-bin
title: Missed bin
accuracy: 0.6
recognise:
  phrases: [missed bin, recycling bin, not emptied]
  examples: [My bin was not emptied on Tuesday., You missed our recycling bin again.]
fields:
  address: {type: address, required: true, title: Address, labels: [address]}
deliver: [{target: depot}, {target: register}]
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A configuration of one process, and one mail in the inbox."""
    config = tmp_path / "config"
    (config / "processes").mkdir(parents=True)
    (config / "postroom.yaml").write_text(MAIN)
    (config / "processes" / "missed-bin.yaml").write_text(PROCESS)
    (tmp_path / "data" / "inbox").mkdir(parents=True)
    (tmp_path / "data" / "inbox" / "one.eml").write_bytes(POST.replace("\n", "\r\n").encode())
    return tmp_path


def one_round(line: Line) -> int:
    """Take every step that is due once and return how many were."""
    done = take_steps.recover_abandoned(line) + take_steps.take_in_post(line, "post", 100)
    done += sum(take_steps.read_one(line, id_) for id_ in line.ledger.messages_due(Stage.RECEIVED))
    done += sum(take_steps.itemise_one(line, id_) for id_ in line.ledger.messages_due(Stage.READ))
    for target in ("depot", "register"):
        for delivery in take_steps.deliver_due(line, target):
            done += bool(take_steps.deliver_to(line, delivery, target))
    return done + take_steps.settle_inbox(line, "post")


def work(house: Path) -> None:
    """Run the line until it is at rest."""
    line = Line(load_settings(house / "config", house / "data"))
    until = time.monotonic() + 20
    while one_round(line) or not at_rest(line.ledger, 1):
        assert time.monotonic() < until, "the line did not come to rest"
        time.sleep(0.02)
    line.close()


def end_of_child(act: Callable[[], None]) -> int:
    """Do something in a process of its own and return how it ended; minus the signal if it was killed."""
    child = os.fork()
    if not child:
        try:
            act()
        except BaseException as fault:
            os.write(2, f"{type(fault).__name__}: {fault}\n".encode())
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def register_rows(house: Path) -> list[str]:
    sheet = openpyxl.load_workbook(house / "data" / "register.xlsx").worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    return [row[heads.index("Address")].value for row in sheet.iter_rows(min_row=2)]


@pytest.mark.parametrize("point", [point for point in Failpoint if point is not Failpoint.INTAKE_FOLLOWED])
def test_killed_and_started_again(house: Path, point: Failpoint) -> None:
    def killed() -> None:
        failpoints.arm(point)
        work(house)

    assert end_of_child(killed) == -signal.SIGKILL, "the failpoint was not passed"
    assert end_of_child(lambda: work(house)) == 0
    assert end_of_child(lambda: work(house)) == 0, "a third start finds nothing to do"

    keys = Counter(key for key, _ in Journal(house / "data" / "depot.db").records("depot"))
    assert list(keys.values()) == [1], "the target holds the record once"
    assert register_rows(house) == ["12 Juniper Close, Northborough, LE12 7HN"]
    assert [path.name for path in (house / "data" / "inbox" / "done").rglob("*.eml")] == ["one.eml"]
    line = Line(load_settings(house / "config", house / "data"))
    accounts = line.ledger.accounts()
    assert (accounts.received, accounts.delivered, accounts.balanced) == (1, 1, True)
    line.close()


def test_a_lost_document_is_a_fault_without_its_words(house: Path) -> None:
    line = Line(load_settings(house / "config", house / "data"))
    take_steps.take_in_post(line, "post", 100)
    (message_id,) = line.ledger.messages_due(Stage.RECEIVED)
    shutil.rmtree(house / "data" / "documents")
    with pytest.raises(StepFault) as fault:
        take_steps.read_one(line, message_id)
    assert message_id in str(fault.value)
    assert "Juniper" not in str(fault.value)
    assert line.ledger.accounts().in_flight == 1
    line.close()
