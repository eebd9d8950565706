"""What the line does is there for ICT to see: runs, answers, versions, and post that a pause holds back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from config.settings import load_settings
from connectors.memory import Journal
from flows import take_steps
from flows.open_line import Line
from postroom.delivery import State
from postroom.errors import StepFault
from postroom.ledger import ItemState, Stage
from tests.desk.conftest import MAIN
from tests.flows.test_serve import MAIL


@pytest.fixture
def line(config: Path, data: Path) -> Iterator[Line]:
    """The line on the small configuration, with one mail that goes straight through."""
    quick = MAIN.replace("path: inbox", "path: inbox, quiet_seconds: 0")
    (config / "postroom.yaml").write_text(quick)
    (data / "inbox" / "one.eml").write_text(MAIL)
    opened = Line(load_settings(config, data))
    yield opened
    opened.close()


def _read(line: Line) -> str:
    take_steps.take_in_post(line, "post", 10)
    (message_id,) = line.ledger.messages_due(Stage.RECEIVED, 10)
    take_steps.read_one(line, message_id)
    take_steps.itemise_one(line, message_id)
    (item,) = line.ledger.items()
    return item.id


def _deliver(line: Line) -> list[str]:
    return [take_steps.deliver_to(line, due, "depot") for due in take_steps.deliver_due(line, "depot")]


def test_a_paused_process_is_read_on_and_keyed_when_resumed(line: Line, data: Path) -> None:
    line.ledger.pause("process", "missed-bin", "ict.one", "The depot's form changes.")
    item_id = _read(line)
    assert _deliver(line) == []
    assert line.ledger.item(item_id).summary.state is ItemState.IN_FLIGHT
    assert line.ledger.resting_by_process() == {"missed-bin": 1}
    line.ledger.resume("process", "missed-bin", "ict.one")
    assert _deliver(line) == [State.DONE]
    assert len(Journal(data / "depot.db").records("depot")) == 1


def test_answers_of_inboxes_and_targets_are_noted(line: Line, data: Path) -> None:
    item_id = _read(line)
    assert [(one.name, one.works) for one in line.ledger.answers()] == [("post", True)]
    assert line.ledger.items_by_configuration().keys() == {line.ledger.configurations()[0].version}
    _deliver(line)
    assert [(one.name, one.works) for one in line.ledger.answers()] == [("post", True), ("depot", True)]
    (data / "inbox").rename(data / "elsewhere")
    with pytest.raises(StepFault):
        take_steps.take_in_post(line, "post", 10)
    down, _ = line.ledger.answers()
    assert (down.name, down.works) == ("post", False)
    assert "inbox" in down.said
    assert line.ledger.item(item_id).summary.state is ItemState.DELIVERED


def test_a_target_that_does_not_work_is_told_with_its_reason(line: Line, data: Path) -> None:
    _read(line)
    (data / "depot.db").mkdir()
    with suppress(StepFault):
        _deliver(line)
    _, answer = line.ledger.answers()
    assert (answer.name, answer.works) == ("depot", False)
    assert answer.said
    assert "Quillfeather" not in answer.said
