"""A target that answers as a test wants it to, for what the desk shows of answers."""

from __future__ import annotations

from postroom.delivery import Capabilities, Delivery, Receipt, TargetClass
from postroom.errors import PostroomError


class Answering:
    """A target that gives one kind of answer to every delivery."""

    capabilities = Capabilities(TargetClass.BLIND, reads_back=())

    def __init__(self, name: str, answer: Receipt | PostroomError) -> None:
        self.name = name
        self._answer = answer

    def deliver(self, delivery: Delivery) -> Receipt:
        if isinstance(self._answer, Receipt):
            return self._answer
        raise self._answer

    def find(self, key: str) -> Receipt | None:
        return None

    def read_back(self, receipt: Receipt) -> dict[str, str]:
        return {}

    def check(self) -> list[str]:
        return []

    def close(self) -> None: ...
