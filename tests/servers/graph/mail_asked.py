"""What a request about mail asks for, and how it wants it written."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request

from tests.servers.graph import mail_content
from tests.servers.graph.answers import Refusal, preference
from tests.servers.graph.mail_content import Attachment
from tests.servers.graph.mail_items import Item


def asks_immutable(request: Request) -> bool:
    """Tell whether a client wants ids that survive moves."""
    return preference(request, "IdType").lower() == "immutableid"


def applied(request: Request) -> dict[str, str]:
    """Return the header that says which preferences were kept to."""
    return {"Preference-Applied": 'IdType="ImmutableId"'} if asks_immutable(request) else {}


def selected(request: Request, known: set[str] | None = None) -> set[str]:
    """Return what $select names; raises Refusal for names that are none."""
    names = {one.strip() for one in request.query_params.get("$select", "").split(",") if one.strip()}
    unknown = names - known if known else set()
    if unknown:
        raise Refusal(
            400, "BadRequest", f"Could not find a property named '{min(unknown)}' on type 'microsoft.graph.message'."
        )
    return names


def property_id(text: str) -> str:
    """Return the id of an extended property in one spelling: Exchange writes it anew too."""
    return re.sub(r"\{[^}]*\}", lambda found: found[0].lower(), " ".join(text.replace("''", "'").split()))


def extended(asked: list[Mapping[str, Any]]) -> dict[str, str]:
    """Return extended properties as a client states them."""
    return {property_id(one["id"]): str(one["value"]) for one in asked}


def attachment_shown(one: Attachment, item: Item, select: set[str]) -> dict[str, Any]:
    """Return an attachment as Graph writes it; with its bytes unless they are left out."""
    whole: dict[str, Any] = {
        "@odata.type": f"#microsoft.graph.{one.kind}Attachment",
        "id": one.id,
        "lastModifiedDateTime": item.found["lastModifiedDateTime"],
        "name": one.name,
        "contentType": one.content_type,
        "size": len(one.content),
        "isInline": one.inline,
    }
    if one.kind == "file":
        whole |= {"@odata.mediaContentType": one.content_type, "contentId": one.content_id, "contentLocation": None}
        if not select or "contentBytes" in select:
            whole["contentBytes"] = base64.b64encode(one.content).decode()
    if not select:
        return whole
    return {
        name: value
        for name, value in whole.items()
        if name in select or name in ("@odata.type", "@odata.mediaContentType", "id")
    }


def enclosed(found: Attachment) -> dict[str, Any]:
    """Return a mail inside a mail as Graph writes it when it is expanded."""
    return {
        "@odata.type": "#microsoft.graph.message",
        "id": "",
        **mail_content.properties(found.content, datetime.now(UTC)),
    }


def expanded(text: str) -> list[tuple[str, str]]:
    """Return what $expand names, each with its options."""
    return re.findall(r"([A-Za-z]+)(?:\(((?:[^()']|'(?:[^']|'')*')*)\))?", text)


def with_plain_names(text: str) -> str:
    """Return a $filter with the ids of extended properties in one spelling."""
    return re.sub(
        r"'((?:String|Integer|Boolean|SystemTime)\s+\{[^']*)'", lambda found: f"'{property_id(found[1])}'", text
    )
