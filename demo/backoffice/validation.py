"""What the back office accepts: each fault is a message for one box."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from demo.backoffice.kinds import Box, Kind


def faults_of(kind: Kind, values: Mapping[str, str], boxes: tuple[Box, ...] | None = None) -> dict[str, str]:
    """Return a message for each box that the system would refuse, by the box's name.

    Args:
        kind: What is being recorded.
        values: Canonical values: dates ISO, money with two places.
        boxes: Only these boxes, for one page of a form; every box and the sums when left out.
    """
    faults = {box.name: fault for box in boxes or kind.boxes if (fault := _fault(box, values.get(box.name, "")))}
    sums = boxes is None and not faults and {"net", "vat", "gross"} <= {box.name for box in kind.boxes}
    if sums and Decimal(values["net"]) + Decimal(values["vat"]) != Decimal(values["gross"]):
        faults["gross"] = "Gross (£): must be the sum of net and VAT"
    return faults


def _fault(box: Box, value: str) -> str:
    if not value:
        return f"{box.label}: must be completed" if box.required else ""
    if box.choices and value not in dict(box.choices):
        return f"{box.label}: choose one of the list"
    if box.control == "date" and not is_date(value):
        return f"{box.label}: enter a date that exists"
    if box.control == "money" and not is_money(value):
        return f"{box.label}: enter pounds and pence"
    if len(value) > 4000:
        return f"{box.label}: must be 4,000 characters or fewer"
    if box.pattern and not re.fullmatch(box.pattern, value):
        return f"{box.label}: enter {box.expected}"
    return ""


def is_date(value: str) -> bool:
    """Tell whether a value is a date in ISO form."""
    try:
        return date.fromisoformat(value).year > 1900
    except ValueError:
        return False


def is_money(value: str) -> bool:
    """Tell whether a value is an amount with at most two places, not below nought."""
    try:
        return Decimal(value) >= 0 and re.fullmatch(r"\d+(\.\d{1,2})?", value) is not None
    except InvalidOperation:
        return False


def ward_of(postcode: str) -> str:
    """Return the invented ward a postcode lies in, or nothing for what is no postcode."""
    wards = ("Abbey", "Castle", "Harbour", "Meadow", "Mill", "Park", "Priory", "Riverside")
    compact = postcode.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}", compact):
        return ""
    return wards[sum(compact.encode()) % len(wards)]
