"""A SharePoint document library as a target: the files of a record, told by our key in their names and columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.graph.opening import Opening
from connectors.graph.target_settings import LibrarySettings
from connectors.permissions import Permission
from postroom.delivery import Attachment, Capabilities, Delivery, Receipt, TargetClass
from postroom.errors import ConnectorDown, DeliveryUncertain, RefusedByTarget, TransientError

if TYPE_CHECKING:
    from connectors.graph.calls import Calls
    from connectors.graph.columns import Columns
    from connectors.graph.errors import GraphRefusal

_NO_KEY = "PR-CHECK"
_PART = re.compile(r"[1-9]\d*/([1-9]\d*)")
_REWRITTEN = (".docx", ".docm", ".xlsx", ".xlsm", ".pptx", ".pptm")
"""SharePoint writes its columns into these files, so their size changes."""


class _Library(NamedTuple):
    """The library as it was found when the target opened."""

    path: str
    title: str
    columns: Columns
    key: str
    part: str
    """Internal names of the columns that hold our key and which file of how many it is."""


class LibraryTarget:
    """Keeps the files of records; a record is there when all its files are, each with its columns."""

    def __init__(self, settings: LibrarySettings) -> None:
        self.name = settings.name
        # A file's name is made of our key alone and never written over, so sending again makes no second file.
        self.capabilities = Capabilities(
            TargetClass.KEYED, settle_seconds=0, concurrency=settings.concurrency, reads_back=tuple(settings.columns)
        )
        self._settings = settings
        self._opening: Opening[_Library] = Opening(settings, settings.name, self._opened)

    def find(self, key: str) -> Receipt | None:
        """Look the files of a record up by the key column; None as long as one of them is missing.

        Raises:
            RefusedByTarget: A file is there twice.
        """
        calls, library = self._opening.get()
        there = self._parts(calls, library, key)
        totals = (match for part in there if (match := _PART.fullmatch(part)))
        total = max((int(match[1]) for match in totals), default=0)
        if not total or any(f"{number}/{total}" not in there for number in range(1, total + 1)):
            return None
        return _receipt(there[f"1/{total}"], total)

    def deliver(self, delivery: Delivery) -> Receipt:
        """Upload the files that are not there yet and fill in their columns; without files, the fields as a text."""
        calls, library = self._opening.get()
        mapped = {name: delivery.fields.get(name, "") for name in self._settings.columns}
        values = library.columns.written(mapped)
        files = delivery.attachments or (_as_text(delivery),)
        there = self._parts(calls, library, delivery.key)
        for number, file in enumerate(files, 1):
            part = f"{number}/{len(files)}"
            if part not in there:
                with _begun(number > 1):
                    item = self._keep(calls, library, delivery.key, number, file)
                with _begun(True):
                    marks = {**values, library.key: delivery.key, library.part: part}
                    self._describe(calls, library, str(item["id"]), marks)
                there[part] = item
        return _receipt(there[f"1/{len(files)}"], len(files))

    def read_back(self, receipt: Receipt) -> dict[str, str]:
        """Return what the columns of the first file hold.

        Raises:
            RefusedByTarget: The file is gone.
        """
        from connectors.graph.calls import segment

        calls, library = self._opening.get()
        held = calls.find(f"{library.path}/items/{segment(receipt.reference)}/listItem?$expand=fields")
        if held is None:
            raise RefusedByTarget(
                f'{calls.named}: a file of the record is no longer in "{library.title}".',
                hint="Ask who moved or deleted it, then deliver again or mark it done by hand.",
            )
        return library.columns.normal(held.get("fields") or {})

    def check(self) -> list[str]:
        """Find the library, its columns and its folder, and search it for a key that cannot be there."""
        from connectors.graph.sites import below_root

        self._opening.forget()
        calls, library = self._opening.get()
        library.columns.fit(self._settings.columns)
        self._parts(calls, library, _NO_KEY)
        folder = calls.find(f"{library.path}/{below_root(self._settings.folder)}?$select=id,name")
        found = "is there" if folder else "is made with the first file"
        return [
            f'The library "{library.title}" was found, and every column that fields are mapped to.',
            f"Its folder {self._settings.folder or 'at the top'} {found}.",
        ]

    def close(self) -> None:
        """Give the connection back; safe to repeat."""
        self._opening.close()

    def _opened(self, calls: Calls) -> _Library:
        from connectors.graph.calls import segment
        from connectors.graph.columns import Columns
        from connectors.graph.sites import drive_id

        path = f"drives/{segment(drive_id(calls, self._settings.site, '', self._settings.library))}"
        found = calls.find(f"{path}/list?$select=id,displayName,webUrl&$expand=columns") or {}
        columns = Columns(found.get("columns") or (), self._settings, calls.named)
        key, part = columns.named(self._settings.key_column), columns.named(self._settings.part_column)
        title = str(found.get("displayName") or self._settings.library)
        if not key.indexed or key.unique or key.kind != "text" or part.kind != "text":
            raise ConnectorDown(
                f'{calls.named}: the column {key.title} of "{title}" cannot be searched by in a library of any length.',
                hint="In the library's settings make it a single line of text, index it, and do not enforce unique "
                f"values, for a record may have several files; {part.title} is a single line of text too.",
            )
        return _Library(path, title, columns, key.name, part.name)

    def _parts(self, calls: Calls, library: _Library, key: str) -> dict[str, dict[str, Any]]:
        """Return the files that carry the key, by which part of how many they are."""
        from connectors.graph.calls import literal

        shown = f"fields($select={library.key},{library.part}),driveItem($select=id,name,webUrl)"
        query = f"$filter=fields/{library.key}%20eq%20{literal(key)}&$expand={shown}"
        found: dict[str, dict[str, Any]] = {}
        try:
            listed = calls.look(f"{library.path}/list/items?{query}")
        except ConnectorDown:
            self._opening.forget()
            raise
        for one in listed:
            fields, item = one.get("fields") or {}, one.get("driveItem") or {}
            part = str(fields.get(library.part) or "")
            if fields.get(library.key) != key or "id" not in item:
                continue
            if part in found:
                raise RefusedByTarget(
                    f'{calls.named}: two files of "{library.title}" carry the key {key} as part {part}.',
                    hint="Delete the one that was copied by hand, or clear its columns.",
                )
            found[part] = item
        return found

    def _keep(self, calls: Calls, library: _Library, key: str, number: int, file: Attachment) -> dict[str, Any]:
        """Return a file's entry, uploaded now or by an earlier attempt."""
        from connectors.graph.errors import GraphRefusal
        from connectors.graph.file_names import file_name
        from connectors.graph.sites import below_root
        from connectors.graph.upload import Upload

        place = below_root(self._settings.folder, file_name(key, number, file.name))
        look = f"{library.path}/{place}?$select=id,name,size,webUrl"
        try:
            item = Upload(calls, library.path, place, file.content).send() or calls.find(look)
        except GraphRefusal as refusal:
            raise self._refused(refusal, library) from None
        if item is None:
            raise TransientError(f"{calls.named}: an upload ended before its last byte.", hint="It is tried again.")
        self._is_ours(calls, file, item)
        return item

    def _is_ours(self, calls: Calls, file: Attachment, item: dict[str, Any]) -> None:
        size, name = item.get("size"), str(item.get("name") or "")
        rewritten = name.lower().endswith(_REWRITTEN) and size
        if size != len(file.content) and not rewritten:
            raise RefusedByTarget(
                f"{calls.named}: file {name.partition(' ')[0]} is there already with {size} bytes, "
                f"and {len(file.content)} were to be uploaded.",
                hint="See who put it there, and delete or rename it.",
            )

    def _describe(self, calls: Calls, library: _Library, item: str, values: dict[str, Any]) -> None:
        """Fill in the columns of a file, the key among them: with that the file counts as delivered."""
        from connectors.graph.calls import segment
        from connectors.graph.errors import NOT_FOUND, GraphRefusal

        try:
            calls.send("PATCH", f"{library.path}/items/{segment(item)}/listItem/fields", values)
        except GraphRefusal as refusal:
            if refusal.status == NOT_FOUND:
                # For a moment after an upload the library knows the file and not yet its columns.
                raise calls.uncertain("its columns are not there yet") from None
            raise self._refused(refusal, library) from None

    def _refused(self, refusal: GraphRefusal, library: _Library) -> Exception:
        from connectors.graph.calls import BUSY
        from connectors.graph.errors import NOT_FOUND

        if refusal.status in BUSY:
            message = f'Target "{self.name}": somebody else is at the file ({refusal}).'
            return TransientError(message, hint="It is tried again.")
        if refusal.status == NOT_FOUND:
            self._opening.forget()
            return ConnectorDown(
                f'Target "{self.name}": the library "{library.title}" is gone.', hint="Check `site` and `library`."
            )
        return RefusedByTarget(
            f'Target "{self.name}" refused a file of the record ({refusal}).',
            hint="Compare the record with the library's columns and the types of file it lets in.",
        )


@contextmanager
def _begun(begun: bool) -> Iterator[None]:
    """Keep "provably nothing was changed" from being said once a file of the record is in the library."""
    try:
        yield
    except TransientError as error:
        if not begun:
            raise
        raise DeliveryUncertain(f"{error.message} Part of the record is there already.", hint=error.hint) from error


def _as_text(delivery: Delivery) -> Attachment:
    lines = [f"Key: {delivery.key}", f"Process: {delivery.process}", ""]
    lines += [f"{name.replace('_', ' ')}: {value}" for name, value in delivery.fields.items() if value]
    return Attachment("record.txt", "text/plain", ("\r\n".join(lines) + "\r\n").encode(errors="replace"))


def _receipt(first: dict[str, Any], files: int) -> Receipt:
    return Receipt(str(first["id"]), str(first.get("webUrl") or ""), {"files": str(files)})


def permissions(settings: LibrarySettings) -> tuple[Permission, ...]:
    """Return what the robot's account needs for a library."""
    return (
        Permission(
            "Sites.Selected (write)",
            "SharePoint",
            f"the site {settings.site}",
            "to upload files, to fill in their columns and to look them up",
        ),
    )
