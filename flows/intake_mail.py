"""Intake: takes the post of every inbox into the ledger."""

from __future__ import annotations

import asyncio

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import take_steps
from flows.gather_results import Round, gather
from flows.open_line import open_line

LIMIT = 500


@task(name="take-in", task_run_name="take-in {inbox}", cache_policy=NO_CACHE, persist_result=False)
async def take_in(inbox: str, limit: int) -> int:
    """Take one inbox's post in and return how many messages were new."""
    return await asyncio.to_thread(take_steps.take_in_post, open_line(), inbox, limit)


async def take_in_all(limit: int = LIMIT) -> Round:
    """Take every inbox's post in, side by side."""
    return await gather(take_in(inbox.name, limit) for inbox in open_line().settings.inboxes)


@flow(name="intake-mail", persist_result=False)
async def intake_mail(limit: int = LIMIT) -> int:
    """Take up to `limit` messages of each inbox in and return how many were new."""
    return (await take_in_all(limit)).done_or_fault()
