"""The line without Prefect, for a process that is to be killed: `python -m demo.microsoft365.rounds CONFIG DATA`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from config.settings import load_settings
from flows import take_steps
from flows.open_line import Line
from postroom.ledger import Stage

_REST_SECONDS = 1.0


def one_round(line: Line) -> int:
    """Take every step that is due once and return how many were."""
    done = take_steps.recover_abandoned(line)
    done += sum(take_steps.take_in_post(line, inbox.name, 100) for inbox in line.settings.inboxes)
    done += sum(take_steps.read_one(line, id_) for id_ in line.ledger.messages_due(Stage.RECEIVED))
    done += sum(take_steps.itemise_one(line, id_) for id_ in line.ledger.messages_due(Stage.READ))
    done += take_steps.tell_people(line)
    for target in line.settings.targets:
        for delivery in take_steps.deliver_due(line, target.name):
            done += bool(take_steps.deliver_to(line, delivery, target.name))
    return done + sum(take_steps.settle_inbox(line, inbox.name) for inbox in line.settings.inboxes)


def work(config: Path, data: Path, rest_seconds: float = _REST_SECONDS) -> None:
    """Run the line until it has been at rest for a while."""
    line = Line(load_settings(config, data))
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < rest_seconds:
        if one_round(line):
            quiet_since = time.monotonic()
        time.sleep(0.05)
    line.close()


if __name__ == "__main__":
    work(Path(sys.argv[1]), Path(sys.argv[2]))
