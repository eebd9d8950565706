"""The weekly report: mails and counts."""

from __future__ import annotations

from prefect import flow

from flows.publish_report import send_and_publish


@flow(name="report-weekly", persist_result=False)
async def report_weekly() -> int:
    """Send the weekly report to those who are to have it, and return how many mails were sent."""
    return await send_and_publish("weekly")
