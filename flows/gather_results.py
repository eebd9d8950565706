"""Run the tasks of a round side by side; one that fails does not stop the others."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

from postroom.errors import StepFault


@dataclass(slots=True)
class Round:
    """What one round of steps did."""

    done: int = 0
    """Things that moved on."""
    faults: list[StepFault] = field(default_factory=list)

    def add(self, other: Round) -> None:
        """Count another round's work as well."""
        self.done += other.done
        self.faults += other.faults

    def done_or_fault(self) -> int:
        """Return how many things moved on.

        Raises:
            StepFault: Something did not work; the message says what, a line each, each once.
        """
        if self.faults:
            raise StepFault("\n".join(dict.fromkeys(str(fault) for fault in self.faults)))
        return self.done


async def gather(steps: Iterable[Coroutine[Any, Any, int | bool]], at_once: int = 16) -> Round:
    """Wait for all steps, at most `at_once` of them at a time; anything but a StepFault is raised."""
    places = asyncio.Semaphore(at_once)

    async def one(step: Coroutine[Any, Any, int | bool]) -> int | StepFault:
        async with places:
            try:
                return int(await step)
            except StepFault as fault:
                return fault

    results = await asyncio.gather(*(one(step) for step in steps))
    faults = [result for result in results if isinstance(result, StepFault)]
    return Round(sum(result for result in results if isinstance(result, int)), faults)
