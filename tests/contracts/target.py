"""What every target must keep to, whatever it connects to.

A connector's test subclasses `TargetContract`, says which `kind` of the registry it proves, and gives one fixture,
`world`, which holds a real system. Where the system knows only certain fields, override `plain` and `nasty`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from postroom.delivery import Delivery, Target, TargetClass, delivery_key
from postroom.errors import ConnectorDown, DeliveryUncertain, PostroomError, RefusedByTarget, TransientError

ALLOWED = (RefusedByTarget, TransientError, DeliveryUncertain, ConnectorDown)

PLAIN: Mapping[str, str] = {"full_name": "Ada Osei", "summary": "A missed collection."}
NASTY: tuple[Mapping[str, str], ...] = (
    {"full_name": "Zoë O'Brien-Łukasz", "summary": "=1+1"},
    {"full_name": "+44 Smith", "summary": '=HYPERLINK("https://example.org","here")'},
    {"full_name": "@SUM(A1)", "summary": "-2+3"},
    {"full_name": "O\u2019Neill & <b>Sons</b>", "summary": "first line\nsecond line"},
    {"full_name": "00012345", "summary": "a \u00a365 fine, 50% \U0001f600 \u202eabc {{x}} ${y} 'z' \"w\" ; --"},
    {"full_name": "NULL", "summary": "long " * 400 + "end"},
)


class TargetWorld(ABC):
    """A back-office system, seen from outside the target."""

    faults: ClassVar[dict[str, type[PostroomError]]] = {}
    """Faults the system can be made to have while it is delivered to, with the error each must become."""

    @abstractmethod
    def target(self) -> Target:
        """Return the target as a fresh worker would open it."""

    @abstractmethod
    def count(self, key: str) -> int:
        """Return how many records with that key the system holds, asked without the target."""

    def total(self) -> int:
        """Return how many records the system holds altogether."""
        raise NotImplementedError

    def fault(self, name: str) -> AbstractContextManager[None]:
        """Have one of `faults` for a while."""
        raise NotImplementedError(name)


def delivery(number: int, fields: Mapping[str, str], target: str = "register") -> Delivery:
    """Return a delivery of some fields, unlike any with another number."""
    return Delivery(
        id=f"delivery-{number}",
        item_id=f"item-{number}",
        process="complaint",
        target=target,
        key=delivery_key(f"item-{number}", target),
        fields=dict(fields),
        received_at=datetime(2026, 9, 14, 9, 30, tzinfo=UTC),
    )


class TargetContract:
    """The tests; `world` is the subclass's fixture."""

    kind: ClassVar[str]
    plain: ClassVar[Mapping[str, str]] = PLAIN
    nasty: ClassVar[tuple[Mapping[str, str], ...]] = NASTY

    def test_capabilities_are_true_of_the_class(self, world: TargetWorld) -> None:
        target = world.target()
        assert target.name
        assert target.capabilities.concurrency >= 1
        assert target.capabilities.settle_seconds >= 0
        assert target.capabilities.target_class in TargetClass

    def test_what_was_never_delivered_is_not_found(self, world: TargetWorld) -> None:
        if world.target().capabilities.target_class is TargetClass.BLIND:
            pytest.skip("This target cannot be searched.")
        target = world.target()
        target.deliver(delivery(1, self.plain))
        assert target.find(delivery(2, self.plain).key) is None

    def test_a_delivery_is_found_again_by_any_worker(self, world: TargetWorld) -> None:
        one = delivery(1, self.plain)
        target = world.target()
        receipt = target.deliver(one)
        assert receipt.reference
        assert world.count(one.key) == 1
        if target.capabilities.target_class is not TargetClass.BLIND:
            for asked in (target, world.target()):
                found = asked.find(one.key)
                assert found is not None
                assert found.reference == receipt.reference

    def test_a_key_delivered_twice_is_one_record(self, world: TargetWorld) -> None:
        if world.target().capabilities.target_class is not TargetClass.KEYED:
            pytest.skip("Only a target that takes our key refuses it twice.")
        one = delivery(1, self.plain)
        target = world.target()
        first = target.deliver(one)
        assert target.deliver(one).reference == first.reference
        assert world.target().deliver(one).reference == first.reference
        assert world.count(one.key) == 1

    def test_two_items_alike_are_two_records(self, world: TargetWorld) -> None:
        target = world.target()
        one, two = delivery(1, self.plain), delivery(2, self.plain)
        assert target.deliver(one).reference != target.deliver(two).reference
        assert world.count(one.key) == world.count(two.key) == 1

    def test_read_back_is_what_was_delivered(self, world: TargetWorld) -> None:
        target = world.target()
        for number, fields in enumerate((self.plain, *self.nasty)):
            one = delivery(number, fields)
            receipt = target.deliver(one)
            for asked in (target, world.target()):
                held = asked.read_back(receipt)
                expected = target.capabilities.reads_back
                names = [name for name in fields if expected is None or name in expected]
                assert {name: held.get(name) for name in names} == {name: fields[name] for name in names}

    def test_check_speaks_and_writes_nothing(self, world: TargetWorld) -> None:
        one = delivery(1, self.plain)
        target = world.target()
        found = target.check()
        assert found
        assert all(sentence.endswith(".") for sentence in found)
        assert world.count(one.key) == 0

    def test_close_repeats_and_the_target_opens_again(self, world: TargetWorld) -> None:
        target = world.target()
        one = delivery(1, self.plain)
        target.deliver(one)
        target.close()
        target.close()
        receipt = target.deliver(delivery(2, self.plain))
        assert target.read_back(receipt)
        target.close()

    def test_each_fault_becomes_one_error_with_a_remedy(self, world: TargetWorld) -> None:
        for number, (name, expected) in enumerate(world.faults.items()):
            one = delivery(number, self.plain)
            target = world.target()
            with world.fault(name), pytest.raises(PostroomError) as raised:
                target.deliver(one)
            assert isinstance(raised.value, expected), name
            assert isinstance(raised.value, ALLOWED), name
            if not isinstance(raised.value, DeliveryUncertain):
                assert world.count(one.key) == 0, f"{name}: an error that says not sent must mean it"
            for value in self.plain.values():
                assert value not in str(raised.value), "no content of the post in an error"
