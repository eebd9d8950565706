"""What Prefect shows of reports: the mails sent, and counts by process as artifacts, with nothing of anybody in it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact

from config.reporting import basis_of
from flows.open_line import open_line
from flows.report_mail import Kind, Mailed, mail_report, period_of
from postroom.clock import utc_now
from postroom.errors import StepFault
from postroom.period import Period, day_of

if TYPE_CHECKING:
    from postroom.report.figures import Figures


async def send_and_publish(kind: Kind) -> int:
    """Send a report that is due, publish its counts, and return how many mails were sent.

    Raises:
        StepFault: Not every mail was sent; the ledger holds why.
    """
    line, now = open_line(), utc_now()
    period = period_of(line, kind, day_of(now))
    if period is None:
        return 0
    mailed = await asyncio.to_thread(mail_report, line, kind, now)
    await _publish(kind, await asyncio.to_thread(_figures, period))
    return _sent_or_fault(kind, mailed)


async def publish_run(counts: Mapping[str, int], faults: int) -> None:
    """Publish what one run of the line moved; nothing for a run in which nothing did."""
    rows: list[dict[str, str | int]] = [{"step": name, "count": count} for name, count in counts.items() if count]
    if faults:
        rows.append({"step": "did not work", "count": faults})
    if rows:
        await acreate_table_artifact(rows, key="run-line", description="What this run of the line moved.")


async def _publish(kind: Kind, figures: Figures) -> None:
    from postroom.report.public import artifact_markdown, artifact_rows

    said = f"The {kind} report's counts by process."
    await acreate_table_artifact(artifact_rows(figures), key=f"report-{kind}-counts", description=said)
    await acreate_markdown_artifact(artifact_markdown(figures), key=f"report-{kind}", description=said)


def _figures(period: Period) -> Figures:
    from postroom.report.gathering import gather

    line = open_line()
    return gather(line.ledger, basis_of(line.settings), period)


def _sent_or_fault(kind: Kind, mailed: Mailed) -> int:
    wrong = mailed.failed + mailed.unsure
    if wrong:
        raise StepFault(
            f"{wrong} of the {kind} report's mails did not go out for sure.",
            hint="The page System of the desk lists them.",
        )
    return mailed.sent
