"""The register inside a workbook: its header, its table, and the row of each key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.excel.cells import read_cell, width_of, write_cell, write_text
from connectors.excel.settings import Column, ExcelSettings, heading_of
from postroom.errors import ConnectorDown


class Register:
    """One worksheet of an open workbook, with whatever people have added to it."""

    def __init__(self, book: Any, settings: ExcelSettings) -> None:
        self._settings = settings
        self._columns = {column.field: column for column in settings.columns}
        self.book = book
        self._sheet: Any = book[settings.sheet] if settings.sheet in book.sheetnames else None
        self._table = self._find_table()

    def rows(self, key: str) -> list[int]:
        """Return the numbers of the rows that carry a key."""
        column = self._headings().get(_fold(self._settings.key_title))
        if self._sheet is None or column is None:
            return []
        cells = self._sheet.iter_rows(min_row=self._header_row + 1, min_col=column, max_col=column)
        return [cell.row for (cell,) in cells if cell.value == key]

    def __len__(self) -> int:
        """Return how many rows carry a key of ours."""
        column = self._headings().get(_fold(self._settings.key_title))
        if self._sheet is None or column is None:
            return 0
        cells = self._sheet.iter_rows(min_row=self._header_row + 1, min_col=column, max_col=column)
        return sum(cell.value is not None for (cell,) in cells)

    def read(self, row: int) -> dict[str, str]:
        """Return the values of a row by field name; columns that people added come along, by their heading."""
        fields = {_fold(column.heading): column for column in self._settings.columns}
        values = {}
        for heading, number in self._headings().items():
            column = fields.get(heading) or Column(field=re.sub(r"\W+", "_", heading))
            values[column.field] = read_cell(self._sheet.cell(row, number), column.type)
        return values

    def append(self, key: str, fields: Mapping[str, str]) -> int:
        """Add a row below the last and return its number.

        Raises:
            ConnectorDown: The table ends in a total row, where nothing can be added.
            RefusedByTarget: A value is longer than a cell.
        """
        self._prepare(fields)
        headings = self._headings()
        row = self._free_row(headings.values())
        for field, value in fields.items():
            column = self._column(field)
            write_cell(self._sheet.cell(row, headings[_fold(column.heading)]), value, column.type)
        write_text(self._sheet.cell(row, headings[_fold(self._settings.key_title)]), key)
        self._grow_table(row)
        return row

    def _prepare(self, fields: Mapping[str, str]) -> None:
        if self._sheet is None:
            self._create_sheet()
        wanted = [self._columns[name] for name in self._columns]
        wanted += [self._column(name) for name in fields if name not in self._columns]
        key = Column(field="postroom_key", title=self._settings.key_title)
        for column in [*wanted, key]:
            if _fold(column.heading) not in self._headings():
                self._add_heading(column)

    def _create_sheet(self) -> None:
        # A fresh workbook comes with one empty sheet, which no one wants to keep.
        only = self.book.worksheets[0] if len(self.book.worksheets) == 1 else None
        if only is not None and only.max_row == 1 and only["A1"].value is None:
            only.title = self._settings.sheet
            self._sheet = only
        else:
            self._sheet = self.book.create_sheet(self._settings.sheet)
        self._sheet.freeze_panes = "A2"

    def _add_heading(self, column: Column) -> None:
        from openpyxl.styles import Font
        from openpyxl.utils import get_column_letter

        taken = [cell.column for cell in self._sheet[self._header_row] if cell.value is not None]
        number = max(taken, default=0) + 1
        cell = self._sheet.cell(self._header_row, number)
        write_text(cell, column.heading)
        cell.font = Font(bold=True)
        self._sheet.column_dimensions[get_column_letter(number)].width = width_of(column.heading, column.type)

    def _column(self, field: str) -> Column:
        return self._columns.get(field) or Column(field=field, title=heading_of(field))

    @property
    def _header_row(self) -> int:
        return _bounds(self._table)[1] if self._table is not None else 1

    def _headings(self) -> dict[str, int]:
        if self._sheet is None:
            return {}
        cells = [cell for cell in self._sheet[self._header_row] if cell.value is not None]
        return {_fold(str(cell.value)): cell.column for cell in reversed(cells)}

    def _free_row(self, columns: Any) -> int:
        if self._table is not None and self._table.totalsRowCount:
            raise ConnectorDown(
                f'Target "{self._settings.name}": table {self._table.name} ends in a total row.',
                hint="Switch the total row off in Excel (Table Design); a sum above the table does the same.",
            )
        numbers = list(columns)
        last = _bounds(self._table)[3] if self._table is not None else self._header_row
        for (row,) in self._used_rows(last + 1, numbers):
            last = row
        return last + 1

    def _used_rows(self, first: int, columns: list[int]) -> Iterator[tuple[int]]:
        # People may have written below the table; a row of theirs is never written over.
        for cells in self._sheet.iter_rows(min_row=first, min_col=min(columns), max_col=max(columns)):
            if any(cell.value is not None for cell in cells):
                yield (cells[0].row,)

    def _find_table(self) -> Any:
        tables = list(self._sheet.tables.values()) if self._sheet is not None else []
        named = [table for table in tables if table.displayName == self._settings.table]
        return named[0] if named else tables[0] if len(tables) == 1 else None

    def _grow_table(self, row: int) -> None:
        if self._table is None:
            self._create_table(row)
            return
        from openpyxl.utils import get_column_letter
        from openpyxl.worksheet.table import TableColumn

        left, top, right, _ = _bounds(self._table)
        widest = max(self._headings().values())
        for number in range(right + 1, widest + 1):
            heading = str(self._sheet.cell(top, number).value or "")
            identity = max(column.id for column in self._table.tableColumns) + 1
            self._table.tableColumns.append(TableColumn(id=identity, name=heading))
        self._table.ref = f"{get_column_letter(left)}{top}:{get_column_letter(max(right, widest))}{row}"
        if self._table.autoFilter is not None:
            self._table.autoFilter.ref = self._table.ref
        self._calculate(row, left)

    def _calculate(self, row: int, left: int) -> None:
        """Give the new row the formulas of calculated columns, as Excel does when a person adds a row."""
        for number, column in enumerate(self._table.tableColumns, left):
            formula = column.calculatedColumnFormula
            cell = self._sheet.cell(row, number)
            if formula is not None and formula.attr_text and cell.value is None:
                cell.value = "=" + formula.attr_text.lstrip("=")

    def _create_table(self, row: int) -> None:
        """Make a table of a register that is ours alone; a sheet laid out by people keeps their layout."""
        from openpyxl.utils import get_column_letter
        from openpyxl.worksheet.table import Table, TableStyleInfo

        widest = max(self._headings().values())
        taken = {table for sheet in self.book.worksheets for table in sheet.tables}
        if row != self._header_row + 1 or widest != len(self._headings()) or self._settings.table in taken:
            return
        table = Table(displayName=self._settings.table, ref=f"A{self._header_row}:{get_column_letter(widest)}{row}")
        table.tableStyleInfo = TableStyleInfo(name="TableStyleMedium2", showRowStripes=True)
        self._sheet.add_table(table)
        self._table = table


def _bounds(table: Any) -> tuple[int, int, int, int]:
    from openpyxl.utils import range_boundaries

    left, top, right, bottom = range_boundaries(table.ref)
    return left, top, right, bottom


def _fold(heading: str) -> str:
    return " ".join(heading.casefold().split())
