"""A SharePoint list as a target: one item a record; a column with unique values keeps a key from coming twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.graph.opening import Opening
from connectors.graph.target_settings import ListSettings
from connectors.permissions import Permission
from postroom.delivery import Capabilities, Delivery, Receipt, TargetClass
from postroom.errors import ConnectorDown, RefusedByTarget, TransientError

if TYPE_CHECKING:
    from connectors.graph.calls import Calls
    from connectors.graph.columns import Columns
    from connectors.graph.errors import GraphRefusal

_NO_KEY = "PR-CHECK"


class _List(NamedTuple):
    """The list as it was found when the target opened."""

    path: str
    title: str
    address: str
    """Where a person sees it."""
    columns: Columns
    key: str
    """Internal name of the column that holds our key."""


class ListTarget:
    """Adds items to a list."""

    def __init__(self, settings: ListSettings) -> None:
        self.name = settings.name
        self.capabilities = Capabilities(TargetClass.KEYED, settle_seconds=0, concurrency=settings.concurrency)
        self._settings = settings
        self._opening: Opening[_List] = Opening(settings, settings.name, self._opened)

    def find(self, key: str) -> Receipt | None:
        """Look an item up in the key column, which is indexed, so that the look-up works in a list of any length.

        Raises:
            RefusedByTarget: Two items carry the key.
        """
        calls, opened = self._opening.get()
        held = self._look(calls, opened, key)
        if len(held) > 1:
            raise RefusedByTarget(
                f'{calls.named}: {len(held)} items of "{opened.title}" carry the key {key}.',
                hint="Delete the one that was copied by hand, and enforce unique values on the column again.",
            )
        return self._receipt(opened, held[0]) if held else None

    def deliver(self, delivery: Delivery) -> Receipt:
        """Add an item with the key in it; the list itself refuses a key it has."""
        from connectors.graph.errors import GraphRefusal

        calls, opened = self._opening.get()
        fields = {**opened.columns.written(delivery.fields), opened.key: delivery.key}
        try:
            made = calls.send("POST", f"{opened.path}/items", {"fields": fields})
        except GraphRefusal as refusal:
            return self._refused(refusal, delivery.key)
        if not made.get("id"):
            raise calls.uncertain("its answer names no item")
        return self._receipt(opened, made)

    def read_back(self, receipt: Receipt) -> dict[str, str]:
        """Return what the item holds now.

        Raises:
            RefusedByTarget: The item is gone.
        """
        calls, opened = self._opening.get()
        from connectors.graph.calls import segment

        held = calls.find(f"{opened.path}/items/{segment(receipt.reference)}?$select=id&$expand=fields")
        if held is None:
            raise RefusedByTarget(
                f'{calls.named}: item {receipt.reference} is no longer in "{opened.title}".',
                hint="Ask who deleted it, then deliver again or mark it done by hand.",
            )
        return opened.columns.normal(held.get("fields") or {})

    def check(self) -> list[str]:
        """Find the list and its columns, and search it for a key that cannot be there."""
        self._opening.forget()
        calls, opened = self._opening.get()
        opened.columns.fit(self._settings.columns)
        self._look(calls, opened, _NO_KEY)
        return [
            f'The list "{opened.title}" was found, and every column that fields are mapped to.',
            f"Its column {self._settings.key_column} is indexed and takes a key once.",
        ]

    def close(self) -> None:
        """Give the connection back; safe to repeat."""
        self._opening.close()

    def _opened(self, calls: Calls) -> _List:
        from connectors.graph.calls import segment
        from connectors.graph.columns import Columns
        from connectors.graph.sites import list_of, site_id

        site = site_id(calls, self._settings.site)
        found = list_of(calls, site, self._settings.list)
        columns = Columns(found.get("columns") or (), self._settings, calls.named)
        key = columns.named(self._settings.key_column)
        title = str(found.get("displayName") or self._settings.list)
        if not (key.indexed and key.unique and key.kind == "text"):
            raise ConnectorDown(
                f'{calls.named}: the column {key.title} of "{title}" does not keep a key from being entered twice.',
                hint="In the column's settings choose Single line of text and Enforce unique values: Yes, "
                "and agree that it is indexed.",
            )
        path = f"sites/{segment(site)}/lists/{segment(str(found['id']))}"
        return _List(path, title, str(found.get("webUrl") or ""), columns, key.name)

    def _look(self, calls: Calls, opened: _List, key: str) -> list[dict[str, Any]]:
        from connectors.graph.calls import literal

        query = f"$filter=fields/{opened.key}%20eq%20{literal(key)}&$expand=fields($select={opened.key})"
        try:
            listed = calls.look(f"{opened.path}/items?{query}")
        except ConnectorDown:
            self._opening.forget()
            raise
        # SharePoint compares without regard to case, and a key is one letter for letter.
        return [one for one in listed if (one.get("fields") or {}).get(opened.key) == key]

    def _refused(self, refusal: GraphRefusal, key: str) -> Receipt:
        """Tell a key that is there already from a record that cannot be taken."""
        from connectors.graph.calls import BUSY
        from connectors.graph.errors import NOT_FOUND

        if refusal.status == NOT_FOUND:
            self._opening.forget()
            raise ConnectorDown(
                f'Target "{self.name}": the list is gone or was made anew.', hint="Check `site` and `list`."
            )
        # The same status and code stand for a key that is there and for values that do not fit, so the list is asked.
        found = self.find(key)
        if found is not None:
            return found
        if refusal.status in BUSY:
            raise TransientError(f'Target "{self.name}": the list is busy ({refusal}).', hint="It is tried again.")
        raise RefusedByTarget(
            f'Target "{self.name}" refused the record ({refusal}).',
            hint="Compare its values with the columns: required ones, choices, limits of numbers and dates.",
        )

    def _receipt(self, opened: _List, item: dict[str, Any]) -> Receipt:
        reference = str(item["id"])
        return Receipt(reference, f"{opened.address}/DispForm.aspx?ID={reference}" if opened.address else "")


def permissions(settings: ListSettings) -> tuple[Permission, ...]:
    """Return what the robot's account needs for a list."""
    return (
        Permission(
            "Sites.Selected (write)",
            "SharePoint",
            f"the site {settings.site}",
            f'to look up, add and read back items of the list "{settings.list}"',
        ),
    )
