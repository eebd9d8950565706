"""Where things are in SharePoint and OneDrive: sites, lists, libraries and files, by the names that people know."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote, urlsplit

from connectors.graph.calls import Calls, segment
from connectors.graph.errors import GraphRefusal
from postroom.errors import ConnectorDown

_MANAGED_PATHS = ("sites", "teams")


def site_address(given: str) -> str:
    """Return a site as Graph takes it: `host:/sites/Name`, or the site's id as it is.

    Raises:
        ValueError: It is neither an address nor an id.
    """
    given = given.strip()
    if given.count(",") == 2 or not given:
        return given
    parts = urlsplit(given if "//" in given else "//" + given.replace(":/", "/", 1))
    if not parts.hostname or "." not in parts.hostname:
        raise ValueError("copy it from the address bar, such as https://council.sharepoint.com/sites/Revenues")
    names = [unquote(name) for name in parts.path.split("/") if name]
    if names[:1] and names[0].lower() in _MANAGED_PATHS and len(names) > 1:
        return f"{parts.hostname}:/{names[0]}/{names[1]}"
    return parts.hostname


def site_id(calls: Calls, site: str) -> str:
    """Return the id of a site.

    Raises:
        ConnectorDown: There is none, or the robot cannot see it.
    """
    found = calls.find(f"sites/{quote(site, safe=':/,')}?$select=id,webUrl")
    if found is None:
        raise ConnectorDown(
            f"{calls.named}: there is no site {site}, or the robot may not see it.",
            hint="Copy it from the address bar, and grant the app this site (Sites.Selected).",
        )
    return str(found["id"])


def list_of(calls: Calls, site: str, title: str) -> dict[str, Any]:
    """Return a list with its columns.

    Raises:
        ConnectorDown: The site has none of this title or id.
    """
    found = calls.find(f"sites/{segment(site)}/lists/{segment(title)}?$select=id,displayName,webUrl&$expand=columns")
    if found is None:
        raise ConnectorDown(
            f'{calls.named}: the site has no list "{title}".', hint="Check the spelling, or give the list's id."
        )
    return found


def drive_id(calls: Calls, site: str, user: str, library: str) -> str:
    """Return the id of a document library of a site, or of a person's OneDrive.

    Raises:
        ConnectorDown: There is none of that name.
    """
    owner = f"sites/{segment(site_id(calls, site))}" if site else f"users/{segment(user)}"
    if not library:
        return _default_drive(calls, owner)
    drives = calls.look(f"{owner}/drives?$select=id,name,webUrl")
    named = [drive for drive in drives if library.casefold() in (drive["name"].casefold(), drive["id"].casefold())]
    if len(named) != 1:
        there = ", ".join(sorted(drive["name"] for drive in drives)) or "none"
        raise ConnectorDown(f'{calls.named}: there is no one library "{library}".', hint=f"Libraries there: {there}.")
    return str(named[0]["id"])


def _default_drive(calls: Calls, owner: str) -> str:
    try:
        return str(calls.get(f"{owner}/drive?$select=id")["id"])
    except GraphRefusal:
        raise ConnectorDown(
            f"{calls.named}: no files are kept there.", hint="Check `site` or `user`; a OneDrive is made at first use."
        ) from None


def below_root(folder: str, name: str = "") -> str:
    """Return the address of a file or folder by its path below a drive's root, without what may follow a colon."""
    path = "/".join(quote(part, safe="") for part in (*folder.strip("/").split("/"), name) if part)
    return f"root:/{path}" if path else "root"
