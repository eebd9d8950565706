"""SharePoint sites and their lists: columns, items, unique values, and the limit of 5,000 rows."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.servers.graph.answers import Refusal, answer, content, nothing, now, whole_number
from tests.servers.graph.keeping import Area
from tests.servers.graph.sharepoint_columns import read_only, stored, text

THRESHOLD = 5_000
PAGE = 200
HONOUR = "honornonindexedquerieswarningmayfailrandomly"
_CONDITION = re.compile(
    r"^fields/(\w+)\s+eq\s+'((?:[^']|'')*)'$|^startswith\(fields/(\w+),\s*'((?:[^']|'')*)'\)$", re.IGNORECASE
)


@dataclass(slots=True)
class ListRecord:
    """One list or library."""

    id: str
    site: str
    title: str
    address: str
    columns: list[dict[str, Any]]
    template: str = "genericList"
    items: dict[int, dict[str, Any]] = field(default_factory=dict)
    last: int = 0
    padding: int = 0
    """Rows it is taken to have besides, for the limit of 5,000."""
    empty_pages: int = 0
    """Pages without entries that come before those of the next look."""


@dataclass(slots=True)
class SiteRecord:
    """One site."""

    id: str
    host: str
    path: str
    zone: str

    @property
    def address(self) -> str:
        """Where people see it."""
        return f"https://{self.host}{self.path}"


class Lists(Area):
    """The sites of a tenant and their lists."""

    def __init__(self, tenant: Any) -> None:
        super().__init__(tenant)
        self.sites: dict[str, SiteRecord] = {}
        self.lists: dict[str, ListRecord] = {}

    def add_site(
        self, path: str = "/sites/Revenues", host: str = "northborough.sharepoint.com", zone: str = "Europe/London"
    ) -> str:
        """Make a site and return its id."""
        known = next((site for site in self.sites.values() if (site.host, site.path) == (host, path)), None)
        if known:
            return known.id
        site = SiteRecord(f"{host},{uuid.uuid4()},{uuid.uuid4()}", host, path, zone)
        self.sites[site.id] = site
        self.changed("sites", site.id)
        return site.id

    def add_list(self, site: str, title: str, *columns: dict[str, Any], template: str = "genericList") -> ListRecord:
        """Make a list with columns besides Title and return it."""
        folder = "Lists/" if template == "genericList" else ""
        own = [text("Title", "Title"), *columns, read_only("_UIVersionString")]
        address = f"{self.sites[site].address}/{folder}{title.replace(' ', '%20')}"
        made = ListRecord(str(uuid.uuid4()), site, title, address, own, template)
        self.lists[made.id] = made
        self.changed("lists", made.id)
        return made

    def count(self, made: ListRecord, value: str, column: str = "SourceKey") -> int:
        """Return how many items have a value in a column."""
        return sum(item["fields"].get(column) == value for item in made.items.values())

    def site(self, given: str) -> SiteRecord:
        """Return a site by its id or `host:/path`."""
        for site in self.sites.values():
            if given.lower() in (site.id.lower(), f"{site.host}:{site.path}".lower(), site.id.split(",")[1]):
                return site
        raise Refusal(404, "itemNotFound", "Requested site could not be found")

    def list(self, site: str, given: str) -> ListRecord:
        """Return a list of a site by its id or title."""
        owner = self.site(site)
        for made in self.lists.values():
            if made.site == owner.id and given.lower() in (made.id, made.title.lower()):
                return made
        raise Refusal(404, "itemNotFound", "The specified list was not found")

    def add(self, made: ListRecord, values: dict[str, Any]) -> dict[str, Any]:
        """Add an item; raises Refusal."""
        kept = stored(made.columns, values, ZoneInfo(self.sites[made.site].zone))
        self._unique(made, kept)
        made.last += 1
        item = {
            "number": made.last,
            "fields": {},
            "version": 0,
            "created": now(),
            "guid": str(uuid.uuid4()),
            "drive_item": "",
        }
        made.items[made.last] = item
        return self._put(made, item, kept)

    def change(self, made: ListRecord, number: int, values: dict[str, Any]) -> dict[str, Any]:
        """Change values of an item; raises Refusal."""
        item = self.item(made, str(number))
        kept = stored(made.columns, values, ZoneInfo(self.sites[made.site].zone))
        self._unique(made, kept, number)
        return self._put(made, item, kept)

    def item(self, made: ListRecord, number: str) -> dict[str, Any]:
        """Return an item by its number."""
        if not number.isdigit() or int(number) not in made.items:
            raise Refusal(404, "itemNotFound", "The specified item was not found")
        return made.items[int(number)]

    def look(self, made: ListRecord, request: Request) -> list[dict[str, Any]]:
        """Return the items a $filter names; raises Refusal where SharePoint does."""
        asked = request.query_params.get("$filter", "") or request.query_params.get("filter", "")
        if not asked:
            return list(made.items.values())
        found = _CONDITION.match(asked.strip())
        if not found:
            raise Refusal(400, "invalidRequest", "Invalid filter clause")
        name, value = found[1] or found[3], (found[2] if found[1] else found[4]).replace("''", "'")
        self._may_filter(made, name, request)
        return [item for item in made.items.values() if _fits(item["fields"].get(name), value, starts=bool(found[3]))]

    def _may_filter(self, made: ListRecord, name: str, request: Request) -> None:
        column = next((one for one in made.columns if one["name"] == name), None)
        if column is None:
            raise Refusal(400, "invalidRequest", f"Field '{name}' is not recognized")
        if column["indexed"]:
            return
        if HONOUR not in request.headers.get("prefer", "").lower():
            told = f"Field '{name}' cannot be referenced in filter or orderby as it is not indexed."
            raise Refusal(400, "invalidRequest", told)
        if len(made.items) + made.padding > THRESHOLD:
            raise Refusal(422, "notSupported", "The request is unprocessable because it uses too many resources")

    def _unique(self, made: ListRecord, kept: dict[str, Any], besides: int = 0) -> None:
        for column in made.columns:
            value = kept.get(column["name"])
            if column["enforceUniqueValues"] and value is not None:
                others = [item for item in made.items.values() if item["number"] != besides]
                if any(_fits(item["fields"].get(column["name"]), value) for item in others):
                    told = "One or more fields with unique constraints already has the provided value."
                    raise Refusal(400, "invalidRequest", told)

    def _put(self, made: ListRecord, item: dict[str, Any], kept: dict[str, Any]) -> dict[str, Any]:
        fields = {**item["fields"], **kept}
        item |= {"fields": {name: value for name, value in fields.items() if value not in (None, "")}}
        item |= {"version": item["version"] + 1, "changed": now()}
        self.changed("lists", made.id)
        return item

    def described(self, made: ListRecord, with_columns: bool) -> dict[str, Any]:
        """Return a list as Graph describes it."""
        found = {
            "@odata.etag": f'"{made.id},1"', "id": made.id, "name": made.title, "displayName": made.title,
            "webUrl": made.address, "createdDateTime": "2026-01-05T09:00:00Z",
            "lastModifiedDateTime": "2026-01-05T09:00:00Z",
            "list": {"contentTypesEnabled": False, "hidden": False, "template": made.template},
        }  # fmt: skip
        return found | ({"columns": made.columns} if with_columns else {})

    def shown(self, made: ListRecord, item: dict[str, Any], expand: str) -> dict[str, Any]:
        """Return an item as Graph shows it; its values only where they are expanded."""
        etag = f'"{item["guid"]},{item["version"]}"'
        robot = {"application": {"id": "robot", "displayName": "Postroom"}}
        found: dict[str, Any] = {
            "@odata.etag": etag, "id": str(item["number"]), "eTag": etag, "createdDateTime": item["created"],
            "lastModifiedDateTime": item["changed"], "createdBy": robot, "lastModifiedBy": robot,
            "webUrl": f"{made.address}/{item['number']}_.000",
            "parentReference": {"siteId": made.site, "id": str(uuid.uuid5(uuid.NAMESPACE_URL, made.id))},
            "contentType": {"id": "0x0100", "name": "Item"},
        }  # fmt: skip
        if "fields" in expand:
            found["fields"] = {"@odata.etag": etag, **_chosen(self.values(item), expand)}
        if "driveitem" in expand.lower() and item["drive_item"]:
            found["driveItem"] = self.tenant.drives.shown(self.tenant.drives.files[item["drive_item"]])
        return found

    def values(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return the values of an item with those SharePoint adds."""
        own = {
            "id": str(item["number"]),
            "ContentType": "Item",
            "Created": item["created"],
            "Modified": item["changed"],
        }
        return {**own, **item["fields"]}

    def page(self, made: ListRecord, request: Request) -> Response:
        """Return one page of the items that are asked for, and where the next one is."""
        found = self.look(made, request)
        ask = request.query_params
        start, size = whole_number(ask.get("$skiptoken", ""), 0), min(whole_number(ask.get("$top", ""), PAGE), PAGE)
        base = str(request.url.query).partition("&$skiptoken")[0].partition("&%24skiptoken")[0]
        again = f"{self.tenant.url}{request.url.path}?{base}&$skiptoken="
        if made.empty_pages:
            made.empty_pages -= 1
            return answer({"value": [], "@odata.nextLink": again + str(start)})
        expand = ask.get("$expand", "") or ask.get("expand", "")
        body: dict[str, Any] = {"value": [self.shown(made, item, expand) for item in found[start : start + size]]}
        if len(found) > start + size:
            body["@odata.nextLink"] = again + str(start + size)
        return answer(body)


def routes(tenant: Any) -> list[Route]:
    """Return the routes of sites and lists."""
    lists: Lists = tenant.lists

    async def site(request: Request) -> Response:
        asked = request.path_params
        found = lists.site(asked.get("site") or f"{asked['host']}:/{asked['path']}")
        name = found.path.rpartition("/")[2]
        moment = {"createdDateTime": "2026-01-05T09:00:00Z", "lastModifiedDateTime": "2026-01-05T09:00:00Z"}
        return answer({"id": found.id, "name": name, "displayName": name, "webUrl": found.address, **moment})

    async def one_list(request: Request) -> Response:
        made = lists.list(request.path_params["site"], request.path_params["list"])
        return answer(lists.described(made, "columns" in request.query_params.get("$expand", "")))

    async def columns(request: Request) -> Response:
        return answer({"value": lists.list(request.path_params["site"], request.path_params["list"]).columns})

    async def items(request: Request) -> Response:
        made = lists.list(request.path_params["site"], request.path_params["list"])
        if request.method == "GET":
            return lists.page(made, request)
        given = (await content(request)).get("fields") or {}
        return answer(lists.shown(made, lists.add(made, dict(given)), "fields"), 201)

    async def item(request: Request) -> Response:
        made = lists.list(request.path_params["site"], request.path_params["list"])
        found = lists.item(made, request.path_params["item"])
        if request.method == "DELETE":
            del made.items[found["number"]]
            lists.changed("lists", made.id)
            return nothing()
        return answer(lists.shown(made, found, request.query_params.get("$expand", "")))

    async def fields(request: Request) -> Response:
        made = lists.list(request.path_params["site"], request.path_params["list"])
        found = lists.item(made, request.path_params["item"])
        if request.method == "PATCH":
            found = lists.change(made, found["number"], dict(await content(request)))
        return answer(lists.values(found))

    one = "/sites/{site}/lists/{list}"
    return [
        Route(one, one_list, methods=["GET"]),
        Route(one + "/columns", columns, methods=["GET"]),
        Route(one + "/items", items, methods=["GET", "POST"]),
        Route(one + "/items/{item}", item, methods=["GET", "DELETE"]),
        Route(one + "/items/{item}/fields", fields, methods=["GET", "PATCH"]),
        Route("/sites/{site}", site, methods=["GET"]),
        Route("/sites/{host}:/{path:path}", site, methods=["GET"]),
    ]


def _fits(held: Any, value: str, *, starts: bool = False) -> bool:
    # SharePoint compares text without regard to case.
    told = str(held if held is not None else "").lower()
    return told.startswith(value.lower()) if starts else told == value.lower()


def _chosen(values: dict[str, Any], expand: str) -> dict[str, Any]:
    found = re.search(r"fields\(\$?select=([^)]*)\)", expand)
    wanted = set(found[1].split(",")) | {"id"} if found else set(values)
    return {name: value for name, value in values.items() if name in wanted}
