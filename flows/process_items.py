"""Processing: reads messages, finds the requests in them and extracts their fields."""

from __future__ import annotations

import asyncio

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import take_steps
from flows.gather_results import Round, gather
from flows.open_line import open_line
from postroom.ledger.records import Stage

LIMIT = 500


@task(name="read", task_run_name="read {message_id}", cache_policy=NO_CACHE, persist_result=False)
async def read(message_id: str) -> bool:
    """Read one message."""
    return await asyncio.to_thread(take_steps.read_one, open_line(), message_id)


@task(name="itemise", task_run_name="itemise {message_id}", cache_policy=NO_CACHE, persist_result=False)
async def itemise(message_id: str) -> bool:
    """Find the requests of one message and extract their fields."""
    return await asyncio.to_thread(take_steps.itemise_one, open_line(), message_id)


async def process_due(limit: int = LIMIT) -> Round:
    """Read and itemise what is due, as many at a time as the configuration allows."""
    line = open_line()
    at_once = line.settings.concurrency
    done = await gather((read(id_) for id_ in line.ledger.messages_due(Stage.RECEIVED, limit)), at_once)
    done.add(await gather((itemise(id_) for id_ in line.ledger.messages_due(Stage.READ, limit)), at_once))
    return done


@flow(name="process-items", persist_result=False)
async def process_items(limit: int = LIMIT) -> int:
    """Read and itemise up to `limit` messages and return how many steps were done."""
    return (await process_due(limit)).done_or_fault()
