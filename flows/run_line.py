"""The whole line in one run: intake, processing, delivery and settling, until nothing more moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prefect import flow
from prefect.runtime import flow_run

from flows.deliver_items import deliver_due, settle_due
from flows.gather_results import Round
from flows.intake_mail import take_in_all
from flows.open_line import open_line
from flows.process_items import process_due
from flows.publish_report import publish_run


@flow(name="run-line", persist_result=False)
async def run_line() -> int:
    """Run the line until nothing more moves and return how many steps were done."""
    total = Round()
    with _noted(total) as moved:
        while True:
            done = await take_in_all()
            done.add(await process_due())
            done.add(await deliver_due())
            done.add(await settle_due())
            total.add(done)
            if not done.done:
                break
    await publish_run(moved, len(total.faults))
    return total.done_or_fault()


@contextmanager
def _noted(total: Round) -> Iterator[dict[str, int]]:
    """Keep in the ledger that the line runs, and how it ended; a run that is killed stays without an end.

    Yields what moved, which is filled in at the end.
    """
    line = open_line()
    before = line.ledger.progress()
    run_id = line.ledger.begin_run(line.owner, flow_run.id or "")
    moved: dict[str, int] = {}
    yield moved
    moved.update(line.ledger.progress().since(before))
    faults = list(dict.fromkeys(str(fault) for fault in total.faults))
    line.ledger.end_run(run_id, moved, faults)
