"""Failpoints: named places at which a test kills the process, to prove that nothing is lost or keyed twice there."""

from __future__ import annotations

import os
import signal
from enum import StrEnum

VARIABLE = "POSTROOM_FAILPOINT"
"""Environment variable that arms one failpoint: `name`, or `name:3` for the third time it is passed."""


class Failpoint(StrEnum):
    """Every crash point, in the order in which a message passes them."""

    INTAKE_FETCHED = "intake.fetched"
    INTAKE_STORED = "intake.stored"
    INTAKE_COMMITTED = "intake.committed"
    INTAKE_CLAIMED = "intake.claimed"
    INTAKE_FOLLOWED = "intake.followed"
    """Only with an inbox that tells what changed: everything is done but the bookmark."""
    READING_SAVING = "reading.saving"
    READING_SAVED = "reading.saved"
    ITEMS_SAVING = "items.saving"
    ITEMS_SAVED = "items.saved"
    DELIVER_CLAIMED = "deliver.claimed"
    DELIVER_ABSENT = "deliver.absent"
    DELIVER_SENDING = "deliver.sending"
    DELIVER_ANSWERED = "deliver.answered"
    DELIVER_ACKED = "deliver.acked"
    DELIVER_READ_BACK = "deliver.read-back"
    DELIVER_DONE = "deliver.done"
    SETTLE_LEASED = "settle.leased"
    SETTLE_MOVED = "settle.moved"
    SETTLE_SETTLED = "settle.settled"


_armed = ""
_left = 0


def arm(setting: str) -> None:
    """Arm one failpoint for this process, or none with an empty setting."""
    global _armed, _left
    _armed, _, nth = setting.partition(":")
    _left = int(nth or 1)


def failpoint(point: Failpoint) -> None:
    """Kill this process, as a power cut would, if `point` is the armed failpoint and its turn has come."""
    global _left
    if point != _armed:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


arm(os.environ.get(VARIABLE, ""))
