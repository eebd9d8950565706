"""Graph's addresses of folders and of the master list of categories."""

from __future__ import annotations

import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.servers.graph.answers import Refusal, answer, content, whole_number
from tests.servers.graph.filters import Filter
from tests.servers.graph.mail_items import ROOT, Folder

MAILBOX = "/users/{user}"


def routes(tenant: Any) -> list[Route]:
    """Return the routes below /v1.0."""
    own = _Folders(tenant)
    below = MAILBOX + "/mailFolders/{folder}/childFolders"
    return [
        Route(MAILBOX + "/mailFolders", own.listed, methods=["GET"]),
        Route(MAILBOX + "/mailFolders", own.create, methods=["POST"]),
        Route(MAILBOX + "/mailFolders/{folder}", own.get, methods=["GET"]),
        Route(below, own.listed, methods=["GET"]),
        Route(below, own.create, methods=["POST"]),
        Route(MAILBOX + "/outlook/masterCategories", own.categories, methods=["GET"]),
        Route(MAILBOX + "/outlook/masterCategories", own.add_category, methods=["POST"]),
    ]


class _Folders:
    def __init__(self, tenant: Any) -> None:
        self._tenant, self._mail = tenant, tenant.mail

    async def listed(self, request: Request) -> Response:
        mailbox = self._mail.mailbox(request.path_params["user"])
        parent = self._mail.folder(mailbox, request.path_params.get("folder", ROOT)).id
        found = [
            self._shown(one)
            for one in self._mail.folders_below(parent)
            if one.well_known != "recoverableitemsdeletions"
        ]
        if "$filter" in request.query_params:
            found = [one for one in found if Filter(request.query_params["$filter"])(one)]
        start, size = (
            whole_number(request.query_params.get(name, ""), other) for name, other in (("$skip", 0), ("$top", 10))
        )
        page: dict[str, Any] = {"@odata.context": self._context("mailFolders"), "value": found[start : start + size]}
        if start + size < len(found):
            page["@odata.nextLink"] = str(request.url.include_query_params(**{"$skip": start + size})).replace(
                f"{request.url.scheme}://{request.url.netloc}", self._tenant.url
            )
        return answer(page)

    async def create(self, request: Request) -> Response:
        mailbox = self._mail.mailbox(request.path_params["user"])
        parent = self._mail.folder(mailbox, request.path_params.get("folder", ROOT)).id
        name = (await content(request)).get("displayName") or ""
        if not name:
            raise Refusal(400, "ErrorInvalidRequest", "The folder needs a name.")
        return answer(self._shown(self._mail.add_folder(mailbox, name, parent)), 201)

    async def get(self, request: Request) -> Response:
        mailbox = self._mail.mailbox(request.path_params["user"])
        return answer(
            {
                "@odata.context": self._context("mailFolders/$entity"),
                **self._shown(self._mail.folder(mailbox, request.path_params["folder"])),
            }
        )

    async def categories(self, request: Request) -> Response:
        mailbox = self._mail.mailbox(request.path_params["user"])
        return answer({"@odata.context": self._context("outlook/masterCategories"), "value": mailbox.categories})

    async def add_category(self, request: Request) -> Response:
        mailbox = self._mail.mailbox(request.path_params["user"])
        asked = await content(request)
        name = asked.get("displayName") or ""
        if any(one["displayName"].lower() == name.lower() for one in mailbox.categories):
            raise Refusal(409, "ErrorDuplicateCategory", "A category with the specified name already exists.")
        made = {"id": str(uuid.uuid4()), "displayName": name, "color": asked.get("color") or "none"}
        mailbox.categories.append(made)
        self._mail.changed("mailboxes", mailbox.id)
        return answer(made, 201)

    def _shown(self, folder: Folder) -> dict[str, Any]:
        held = list(self._mail.contents(folder.id))
        return {
            "id": folder.id,
            "displayName": folder.name,
            "parentFolderId": folder.parent or folder.id,
            "childFolderCount": len(self._mail.folders_below(folder.id)),
            "unreadItemCount": sum(not one.found["isRead"] for one in held),
            "totalItemCount": len(held),
            "isHidden": False,
        }

    def _context(self, of: str) -> str:
        return f"{self._tenant.url}/$metadata#users/{of}"
