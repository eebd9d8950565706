"""Columns of lists and libraries: how they are described, what they take and what they make of it."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from tests.servers.graph.answers import Refusal, stamp

LONGEST_LINE = 255


def text(name: str, title: str = "", *, lines: bool = False, rich: bool = False, **more: Any) -> dict[str, Any]:
    """Describe a column of text."""
    facet: dict[str, Any] = {
        "allowMultipleLines": lines,
        "appendChangesToExistingText": False,
        "linesForEditing": 6 * lines,
    }
    facet |= {"textType": "richText" if rich else "plain"} if lines else {"maxLength": LONGEST_LINE}
    return _column(name, title, text=facet, **more)


def number(name: str, title: str = "", **more: Any) -> dict[str, Any]:
    """Describe a column of numbers."""
    return _column(name, title, number={"decimalPlaces": "automatic", "displayAs": "number"}, **more)


def day(name: str, title: str = "", *, with_time: bool = False, **more: Any) -> dict[str, Any]:
    """Describe a column of dates."""
    form = "dateTime" if with_time else "dateOnly"
    return _column(name, title, dateTime={"displayAs": "default", "format": form}, **more)


def choice(name: str, *choices: str, **more: Any) -> dict[str, Any]:
    """Describe a column of choices."""
    facet = {"allowTextEntry": False, "choices": list(choices), "displayAs": "dropDownMenu"}
    return _column(name, "", choice=facet, **more)


def yes_no(name: str, **more: Any) -> dict[str, Any]:
    """Describe a column of yes and no."""
    return _column(name, "", boolean={}, **more)


def lookup(name: str) -> dict[str, Any]:
    """Describe a column that points to another list."""
    return _column(name, "", lookup={"columnName": "Title", "listId": "00000000-0000-0000-0000-000000000001"})


def key(name: str = "SourceKey", *, unique: bool = True, indexed: bool = True) -> dict[str, Any]:
    """Describe a column for our key."""
    return text(name, indexed=indexed, enforceUniqueValues=unique)


def read_only(name: str) -> dict[str, Any]:
    """Describe one of SharePoint's own columns."""
    return text(name, readOnly=True)


def stored(columns: list[dict[str, Any]], values: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Return values as the list keeps them; raises Refusal for those it does not take."""
    kept = {}
    for name, value in values.items():
        if name.startswith("@") or "@" in name:
            continue
        column = next((one for one in columns if one["name"] == name), None)
        if column is None:
            raise Refusal(400, "invalidRequest", f"Field '{name}' is not recognized")
        if column["readOnly"]:
            raise Refusal(400, "invalidRequest", f"Field '{name}' is read-only")
        kept[name] = None if value is None else _stored(column, value, zone)
    return kept


def _stored(column: dict[str, Any], value: Any, zone: ZoneInfo) -> Any:
    if "number" in column or "currency" in column:
        return _checked(value, isinstance(value, int | float) and not isinstance(value, bool))
    if "boolean" in column:
        return _checked(value, isinstance(value, bool))
    _checked(value, isinstance(value, str))
    if "dateTime" in column:
        return _moment(column, value, zone)
    facet = column.get("text", {})
    if "text" in column and not facet["allowMultipleLines"]:
        _checked(value, len(value) <= LONGEST_LINE)
    return f'<div class="ExternalClass">{value}</div>' if facet.get("textType") == "richText" else value


def _moment(column: dict[str, Any], value: str, zone: ZoneInfo) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise Refusal(400, "invalidRequest") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment.year < 1900:
        raise Refusal(400, "invalidRequest")
    if column["dateTime"]["format"] == "dateOnly":
        moment = datetime.combine(moment.astimezone(zone).date(), time(), zone)
    return stamp(moment)


def _checked(value: Any, fits: bool) -> Any:
    if not fits:
        raise Refusal(400, "invalidRequest", "Invalid request")
    return value


def _column(name: str, title: str, **more: Any) -> dict[str, Any]:
    plain = {"description": "", "enforceUniqueValues": False, "hidden": False, "indexed": False, "readOnly": False}
    return {"id": f"column-{name}", "name": name, "displayName": title or name, "columnGroup": "Custom Columns",
            "required": False, **plain, **more}  # fmt: skip
