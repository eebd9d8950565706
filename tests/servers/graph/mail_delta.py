"""Changes of a folder, told by Graph's delta: pages, bookmarks, removals, and everything it is free to get wrong."""

from __future__ import annotations

import base64
import json
import random
import re
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.servers.graph.answers import Refusal, answer, error, preference, whole_number
from tests.servers.graph.filters import Filter
from tests.servers.graph.mail_asked import applied, asks_immutable, selected
from tests.servers.graph.mail_folders import MAILBOX
from tests.servers.graph.mail_items import Entry, Item
from tests.servers.graph.mail_messages import PROPERTIES, Messages, Row

OPTIONS = {"$select", "$filter", "$orderby", "$top", "$expand", "changeType", "$deltatoken", "$skiptoken"}
FILTER = re.compile(r"receivedDateTime\s+(ge|gt)\s+\S+")
MOST_FILTERED = 5000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a round of changes stands; a bookmark holds it."""

    epoch: int
    folder: str
    after: int = 0
    """Number of the last change that was told."""
    begun: int = 0
    """Number of the last change when the first round began: what was gone by then is not told."""
    last: tuple[str, str] | None = None
    """Time and id of the last that was told, of a first round that is sorted."""
    first: bool = True
    told: int = 0
    select: str = ""
    filter: str = ""
    order: str = ""
    change_type: str = ""
    expand: str = ""


def routes(tenant: Any) -> list[Route]:
    """Return the routes below /v1.0."""
    own = _Delta(tenant)
    base = MAILBOX + "/mailFolders/{folder}/messages/"
    return [Route(base + name, own.tell, methods=["GET"]) for name in ("delta", "delta()", "microsoft.graph.delta()")]


class _Delta:
    def __init__(self, tenant: Any) -> None:
        self._tenant, self._mail = tenant, tenant.mail
        self._messages = Messages(tenant)
        self._chance = random.Random(1)

    async def tell(self, request: Request) -> Response:
        folder = self._mail.folder(self._mail.mailbox(request.path_params["user"]), request.path_params["folder"]).id
        token = request.query_params.get("$deltatoken") or request.query_params.get("$skiptoken") or ""
        place = _read(token) if token else self._start(request, folder)
        path = request.url.path
        if place.epoch != self._mail.numbers["epoch"] or place.folder != folder:
            empty = f"{self._tenant.url}{path}?$deltatoken="
            return error(410, "syncStateNotFound", "The sync state generation is not found.", {"Location": empty})
        size = whole_number(
            preference(request, "odata.maxpagesize"), whole_number(request.query_params.get("$top", ""), 10)
        )
        rows, place, more = self._page(place, max(size, 1), asks_immutable(request))
        kind, name = ("@odata.nextLink", "$skiptoken") if more else ("@odata.deltaLink", "$deltatoken")
        page = {
            "@odata.context": f"{self._tenant.url}/$metadata#Collection(message)",
            "value": rows,
            kind: f"{self._tenant.url}{quote(path)}?{name}={_write(place)}",
        }
        return answer(page, headers=applied(request))

    def _start(self, request: Request, folder: str) -> Place:
        asked = request.query_params
        _check(request)
        begun = self._mail.numbers["change"]
        return Place(
            self._mail.numbers["epoch"],
            folder,
            begun=begun,
            select=asked.get("$select", ""),
            filter=asked.get("$filter", ""),
            order=asked.get("$orderby", ""),
            change_type=asked.get("changeType", ""),
            expand=asked.get("$expand", ""),
        )

    def _page(self, place: Place, size: int, immutable: bool) -> tuple[list[dict[str, Any]], Place, bool]:
        page = self._sorted_page if place.order and place.first else self._plain_page
        found, after, more = page(place, size)
        select = {one.strip() for one in place.select.split(",") if one.strip()}
        rows = [self._row(item_id, entry, place, select, immutable) for item_id, entry in found]
        for item, old in self._mail.take_replays(place.folder):
            view = self._messages.view(replace(item, found=old), immutable, select)
            rows.insert(0, {**view, "@odata.type": "#microsoft.graph.message"})
        if self._mail.repeat and rows:
            rows.append(rows[0])
        if self._mail.shuffle:
            self._chance.shuffle(rows)
        return rows, replace(after, first=place.first and more, told=place.told + len(found)), more

    def _plain_page(self, place: Place, size: int) -> tuple[list[tuple[str, Entry]], Place, bool]:
        changes = (
            one for one in self._mail.changes_since(place.folder, place.after) if self._is_told(one[1], one[2], place)
        )
        if place.filter:
            size = min(size, MOST_FILTERED - place.told) if place.first else size
        found = list(islice(changes, size + 1))
        more = len(found) > size
        if more and place.filter and place.first and place.told + size >= MOST_FILTERED:
            # The rest of a filtered folder is never told: learn.microsoft.com/graph/delta-query-messages.
            more, place = False, replace(place, after=self._mail.numbers["change"])
            return [(item_id, entry) for _, item_id, entry in found[:size]], place, False
        found = found[:size]
        after = found[-1][0] if more else self._mail.numbers["change"]
        return [(item_id, entry) for _, item_id, entry in found], replace(place, after=after), more

    def _sorted_page(self, place: Place, size: int) -> tuple[list[tuple[str, Entry]], Place, bool]:
        told = [
            one for one in self._mail.changes_since(place.folder, 0) if one[2].there and one[2].created <= place.begun
        ]
        told = [one for one in told if self._is_told(one[1], one[2], place)]
        rows = [((self._mail.items[item_id].found["receivedDateTime"], item_id), entry) for _, item_id, entry in told]
        rows = [row for row in rows if place.last is None or row[0] < tuple(place.last)]
        rows.sort(key=lambda row: row[0], reverse=True)
        found, more = rows[:size], len(rows) > size
        after = replace(place, last=found[-1][0]) if more else replace(place, after=place.begun, last=None)
        return [(key[1], entry) for key, entry in found], after, more

    def _is_told(self, item_id: str, entry: Entry, place: Place) -> bool:
        item = self._mail.items.get(item_id)
        if not entry.there or item is None:
            late = not place.first or entry.changed > place.begun
            return late and entry.first <= (place.after or place.begun) and place.change_type in ("", "deleted")
        if not place.first and place.change_type:
            kind = "created" if entry.created > place.after else "updated"
            if kind != place.change_type:
                return False
        return not place.filter or _wanted(place.filter)(Row(item, immutable=True))

    def _row(self, item_id: str, entry: Entry, place: Place, select: set[str], immutable: bool) -> dict[str, Any]:
        kind = {"@odata.type": "#microsoft.graph.message"}
        item: Item | None = self._mail.items.get(item_id)
        if item is None or not entry.there:
            return {**kind, "id": item_id if immutable else entry.mutable, "@removed": {"reason": "deleted"}}
        row = self._messages.view(item, immutable, select, place.expand)
        if self._mail.sparse and not place.first and entry.created <= place.after and item.before:
            kept = {name for name, value in item.found.items() if item.before.get(name) != value} | {
                "id",
                "@odata.etag",
            }
            row = {name: value for name, value in row.items() if name in kept}
        return {**kind, **row}


@lru_cache
def _wanted(text: str) -> Filter:
    return Filter(text)


def _check(request: Request) -> None:
    asked = request.query_params
    selected(request, PROPERTIES)
    unknown = [name for name in asked if name not in OPTIONS]
    if unknown:
        raise Refusal(400, "BadRequest", f"The query parameter '{unknown[0]}' is not supported with change tracking.")
    if asked.get("$filter") and not FILTER.fullmatch(asked["$filter"].strip()):
        raise Refusal(400, "BadRequest", "Change tracking is not supported with this filter.")
    if asked.get("$orderby") and not re.fullmatch(r"receivedDateTime\s+desc", asked["$orderby"].strip()):
        raise Refusal(400, "BadRequest", "Change tracking is not supported with this order.")
    if asked.get("changeType", "created") not in {"created", "updated", "deleted"}:
        raise Refusal(400, "BadRequest", "The change type is none.")


def _write(place: Place) -> str:
    return base64.urlsafe_b64encode(json.dumps(asdict(place)).encode()).decode().rstrip("=")


def _read(token: str) -> Place:
    try:
        return Place(**json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))))
    except (ValueError, TypeError):
        raise Refusal(400, "BadRequest", "Badly formed token.") from None
