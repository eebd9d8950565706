"""A table in a workbook in the cloud as a target: one row a record, one writer at a time, everything in a session.

Rules: learn.microsoft.com/graph/workbook-best-practice. After a failure nobody knows what was saved: it is looked up.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from connectors.graph.target_settings import WorkbookColumn, WorkbookSettings
from connectors.permissions import Permission
from postroom.delivery import Capabilities, Delivery, Receipt, TargetClass
from postroom.errors import RefusedByTarget, TransientError

if TYPE_CHECKING:
    from connectors.graph.errors import GraphRefusal
    from connectors.graph.workbook import Table, Workbook

_BAD_REQUEST, _TOO_LARGE = 400, 413


class WorkbookTarget:
    """Adds rows to an Excel table in SharePoint or OneDrive."""

    def __init__(self, settings: WorkbookSettings) -> None:
        self.name = settings.name
        # Excel answers for 30 seconds and may work on for as long again, so a row may turn up after a lost answer.
        self.capabilities = Capabilities(TargetClass.SEARCHABLE, settings.settle_seconds)
        self._settings = settings
        self._columns = {column.field: column for column in settings.columns}
        self._book: Workbook | None = None
        self._opening = threading.Lock()

    def find(self, key: str) -> Receipt | None:
        """Look a row up in the key column.

        Raises:
            RefusedByTarget: Two rows carry the key.
        """
        with self._table() as table:
            return self._receipt(table.rows(key), key)

    def deliver(self, delivery: Delivery) -> Receipt:
        """Add a row, unless one with this key is there."""
        with self._turn(), self._table() as table:
            known = self._receipt(table.rows(delivery.key), delivery.key)
            return known or self._add(table, delivery)

    def read_back(self, receipt: Receipt) -> dict[str, str]:
        """Return what the row holds now, by the fields of the columns; other columns by their headings.

        Raises:
            RefusedByTarget: The row is gone, or is there twice.
        """
        with self._table() as table:
            rows = table.rows(receipt.reference)
            if self._receipt(rows, receipt.reference) is None:
                raise RefusedByTarget(
                    f"{table.calls.named}: the row {receipt.reference} is no longer in the table.",
                    hint="Ask who deleted it, then deliver again or mark it done by hand.",
                )
            cells = table.row(rows[0])
            if len(cells) != len(table.headings) or cells[table.key] != receipt.reference:
                raise TransientError(f"{table.calls.named}: somebody sorts the table now.", hint="It is read again.")
            return self._normal(table.headings, cells)

    def check(self) -> list[str]:
        """Open the table in a session, see that every column is there, and look for a key that cannot be."""
        self._open().forget()
        with self._table() as table:
            for column in self._settings.columns:
                table.place(column.heading)
            count = len(table.rows("PR-CHECK"))
        return [
            f"The workbook {self._settings.path} opens, and its table {self._settings.table} has every column.",
            f"Its key column can be searched; {count} rows carry the key of this check.",
        ]

    def close(self) -> None:
        """Give the connection back; safe to repeat."""
        with self._opening:
            book, self._book = self._book, None
        if book is not None:
            book.close()

    def _add(self, table: Table, delivery: Delivery) -> Receipt:
        from connectors.graph.errors import GraphRefusal

        cells = self._cells(table, delivery)
        try:
            table.add(cells)
        except GraphRefusal as refusal:
            return self._not_added(table, delivery.key, refusal)
        return self._located(delivery.key)

    def _not_added(self, table: Table, key: str, refusal: GraphRefusal) -> Receipt:
        """Look in the same session, which does one thing after the other, whether the row is there all the same."""
        from connectors.graph.errors import GraphRefusal

        calls = table.calls
        try:
            known = self._receipt(table.rows(key), key)
        except (GraphRefusal, TransientError):
            raise calls.uncertain(f"it answered {refusal}, and the table cannot be read") from None
        if known:
            return known
        if refusal.status in (_BAD_REQUEST, _TOO_LARGE):
            raise RefusedByTarget(
                f"{calls.named} refused the row ({refusal}).",
                hint="Compare its values with the rules for data of the table's columns.",
            ) from None
        raise TransientError(f"{calls.named}: the workbook is busy ({refusal}).", hint="It is tried again.") from None

    def _cells(self, table: Table, delivery: Delivery) -> list[Any]:
        from connectors.graph.cells import told

        # What is left as null keeps the formula of a calculated column.
        cells: list[Any] = [None] * len(table.headings)
        for field, value in delivery.fields.items():
            column = self._column(field)
            cells[table.place(column.heading)] = self._told(told, value, column)
        cells[table.key] = told(delivery.key, WorkbookColumn(field="key"))
        return cells

    def _told(self, told: Any, value: str, column: WorkbookColumn) -> Any:
        try:
            return told(value, column)
        except RefusedByTarget as refusal:
            raise RefusedByTarget(f'Target "{self.name}": {refusal.message}', hint=refusal.hint) from None

    def _normal(self, headings: list[str], cells: list[Any]) -> dict[str, str]:
        from connectors.graph.cells import normal
        from connectors.graph.workbook import fold

        known = {fold(column.heading): column for column in self._settings.columns}
        held = {}
        for heading, cell in zip(headings, cells, strict=True):
            column = known.get(fold(heading)) or WorkbookColumn(field=fold(heading).replace(" ", "_"))
            held[column.field] = normal(cell, column.type)
        return held

    def _column(self, field: str) -> WorkbookColumn:
        return self._columns.get(field) or WorkbookColumn(field=field)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let one worker of this machine at a time write to the workbook."""
        from connectors.locks import one_holder

        book = self._open()
        with ExitStack() as turn:
            try:
                turn.enter_context(one_holder(f"graph|workbook|{book.path}", self._settings.wait_seconds))
            except TransientError:
                message = f'Target "{self.name}": another worker is writing to {self._settings.path}.'
                raise TransientError(message, hint="It is tried again.") from None
            yield

    def _table(self) -> AbstractContextManager[Table]:
        return self._open().table()

    def _open(self) -> Workbook:
        from connectors.graph.workbook import Workbook

        with self._opening:
            if self._book is None:
                self._book = Workbook(self._settings)
            return self._book

    def _receipt(self, rows: list[int], key: str) -> Receipt | None:
        if len(rows) > 1:
            raise RefusedByTarget(
                f'Target "{self.name}": {key} stands in {len(rows)} rows of the table.',
                hint="Delete the row that was copied by hand.",
            )
        return self._located(key) if rows else None

    def _located(self, key: str) -> Receipt:
        # People sort the table, so the key is what tells the row.
        return Receipt(key, self._open().address or self._settings.path)


def permissions(settings: WorkbookSettings) -> tuple[Permission, ...]:
    """Return what the robot's account needs for a workbook."""
    why = "to open the workbook in a session, read its table and add rows"
    if settings.user:
        return (Permission("Application Files.ReadWrite.All", "Microsoft Entra", "every OneDrive of the council", why),)
    return (Permission("Sites.Selected (write)", "SharePoint", f"the site {settings.site}", why),)
