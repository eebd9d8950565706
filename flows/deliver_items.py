"""Delivery: keys items into their targets, one after the other in each, and settles finished messages."""

from __future__ import annotations

import asyncio

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import take_steps
from flows.gather_results import Round, gather
from flows.open_line import open_line
from postroom.errors import StepFault


@task(name="deliver", task_run_name="deliver {delivery_id}", cache_policy=NO_CACHE, persist_result=False)
async def deliver(delivery_id: str, target: str) -> str:
    """Take one delivery as far as it goes now and return the state it is in."""
    return await asyncio.to_thread(take_steps.deliver_to, open_line(), delivery_id, target)


@task(name="recover", cache_policy=NO_CACHE, persist_result=False)
async def recover() -> int:
    """Find out what became of deliveries that were broken off."""
    return await asyncio.to_thread(take_steps.recover_abandoned, open_line())


@task(name="tell", cache_policy=NO_CACHE, persist_result=False)
async def tell() -> int:
    """Make the notices of items that wait for a person."""
    return await asyncio.to_thread(take_steps.tell_people, open_line())


@task(name="settle", task_run_name="settle {inbox}", cache_policy=NO_CACHE, persist_result=False)
async def settle(inbox: str) -> int:
    """Move an inbox's finished messages to done or held."""
    return await asyncio.to_thread(take_steps.settle_inbox, open_line(), inbox)


async def deliver_due() -> Round:
    """Recover what was broken off, tell people of what waits, then serve every target side by side."""
    done = await gather([recover(), tell()])
    rounds = await asyncio.gather(*(_serve(target.name) for target in open_line().settings.targets))
    for served in rounds:
        done.add(served)
    return done


async def settle_due() -> Round:
    """Settle the messages whose items are all final, in every inbox side by side."""
    return await gather(settle(inbox.name) for inbox in open_line().settings.inboxes)


async def _serve(target: str) -> Round:
    served = Round()
    for delivery_id in take_steps.deliver_due(open_line(), target):
        try:
            await deliver(delivery_id, target)
        except StepFault as fault:
            served.faults.append(fault)
            break
        served.done += 1
    return served


@flow(name="deliver-items", persist_result=False)
async def deliver_items() -> int:
    """Deliver what is due, settle finished messages, and return how many steps were done."""
    done = await deliver_due()
    done.add(await settle_due())
    return done.done_or_fault()
