"""Restrictions and sort orders of FindItem and FindFolder."""

from __future__ import annotations

from collections.abc import Callable

from tests.servers.exchange.answers import property_id
from tests.servers.exchange.mailbox import Item, Refusal
from tests.servers.exchange.mime import header
from tests.servers.exchange.xml import Element, below, every, name_of, text_at


def matches(condition: Element, item: Item) -> bool:
    """Whether an item keeps to a restriction."""
    name = name_of(condition)
    if name == "Not":
        return not matches(condition[0], item)
    if name == "And":
        return all(matches(part, item) for part in condition)
    if name == "Or":
        return any(matches(part, item) for part in condition)
    value = _value(condition[0], item)
    if name == "Exists":
        return value is not None
    if name == "IsEqualTo":
        wanted = below(condition, "t:FieldURIOrConstant/t:Constant")
        return wanted is not None and value == wanted.get("Value")
    raise Refusal("ErrorInvalidRestriction")


def ordered(request: Element, items: list[Item]) -> list[Item]:
    """Return items in the order a request asks for; the newest first if it asks for none."""
    orders = every(request, "m:SortOrder/t:FieldOrder")
    if not orders:
        return sorted(items, key=lambda item: item.received, reverse=True)
    for order in reversed(orders):
        items = sorted(items, key=lambda item: _value(order[0], item) or "", reverse=order.get("Order") == "Descending")
    return items


def named(request: Element) -> Callable[[str], bool]:
    """Return what a FindFolder asks of a folder's name."""
    condition = below(request, "m:Restriction/t:IsEqualTo")
    if condition is None:
        return lambda name: True
    wanted = text_at(condition, "t:FieldURIOrConstant/t:Constant")
    constant = below(condition, "t:FieldURIOrConstant/t:Constant")
    wanted = (constant.get("Value") or "") if constant is not None else wanted
    return lambda name: name.lower() == wanted.lower()


def _value(path: Element, item: Item) -> str | None:
    if name_of(path) == "ExtendedFieldURI":
        return item.extended.get(property_id(path))
    field = path.get("FieldURI", "")
    if field == "item:DateTimeReceived":
        return item.received.isoformat()
    if field == "message:InternetMessageId":
        return header(item.raw, "Message-ID") or None
    if field == "item:Subject":
        return item.letter.get("subject") or header(item.raw, "Subject")
    raise Refusal("ErrorInvalidRestriction")
