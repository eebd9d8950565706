"""What a council's tenant holds for the post room: a mailbox, a list, a library, a workbook and a plan."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from connectors.excel.settings import heading_of
from postroom.process import FieldSpec, Process

if TYPE_CHECKING:
    from tests.servers.graph.tenant import Tenant

MAILBOX = "post@northborough.gov.uk"
OUTSIDE = "chief.executive@northborough.gov.uk"
HOST = "northborough.sharepoint.com"
SITE = "/sites/PostRoom"
LIST = "Post"
LIBRARY = "Post files"
WORKBOOK = "Registers/Post.xlsx"
TABLE = "Register"
KEY_HEADING = "Postroom key"
_LONG = ("address", "name", "text")


def furnish(tenant: Tenant, processes: Iterable[Process]) -> None:
    """Make everything that the processes deliver to, unless it is there; and let the robot open its mailbox alone."""
    tenant.mail.add_mailbox(MAILBOX)
    tenant.mail.add_mailbox(OUTSIDE)
    tenant.sign_in.scopes[tenant.sign_in.client_id] = {MAILBOX}
    site = tenant.lists.add_site(SITE, HOST)
    if not any(made.site == site and made.title == LIST for made in tenant.lists.lists.values()):
        _furnish_site(tenant, site, fields_of(processes))
        tenant.save()


def fields_of(processes: Iterable[Process]) -> dict[str, FieldSpec]:
    """Return the fields of all processes together, by name."""
    return {name: spec for process in processes for name, spec in process.fields.items()}


def plan_of(tenant: Tenant) -> tuple[str, str]:
    """Return the ids of the plan and the bucket for items that wait for a person."""
    plan, buckets = next(iter(tenant.planner.plans.items()))
    return plan, buckets[0]


def _furnish_site(tenant: Tenant, site: str, fields: dict[str, FieldSpec]) -> None:
    from tests.servers.graph import sharepoint_columns as columns

    made: list[dict[str, Any]] = [
        columns.day(name, spec.title) if spec.type == "date" else columns.text(name, spec.title, lines=_is_long(spec))
        for name, spec in fields.items()
    ]
    tenant.lists.add_list(site, LIST, columns.key(), *made)
    documents = tenant.drives.add_library(site)
    tenant.drives.add_library(site, LIBRARY, columns.key(unique=False), columns.text("SourcePart"), *made)
    headings = [heading_of(name) for name in fields]
    tenant.workbooks.add(documents.id, WORKBOOK, TABLE, *headings, KEY_HEADING)
    tenant.planner.add_plan("Waiting for a person")


def _is_long(spec: FieldSpec) -> bool:
    return spec.type in _LONG
