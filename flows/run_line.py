"""The whole line in one run: intake, processing, delivery and settling, until nothing more moves."""

from __future__ import annotations

from prefect import flow

from flows.deliver_items import deliver_due, settle_due
from flows.gather_results import Round
from flows.intake_mail import take_in_all
from flows.process_items import process_due


@flow(name="run-line", persist_result=False)
async def run_line() -> int:
    """Run the line until nothing more moves and return how many steps were done."""
    total = Round()
    while True:
        done = await take_in_all()
        done.add(await process_due())
        done.add(await deliver_due())
        done.add(await settle_due())
        total.add(done)
        if not done.done:
            return total.done_or_fault()
