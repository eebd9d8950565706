"""The Excel target: finds, adds and reads back one row a delivery."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from connectors.excel.register import Register
from connectors.excel.settings import ExcelSettings
from connectors.excel.workbook_file import Stamp, one_writer, refuse_if_open, save_over, stamp_of
from postroom.delivery import Capabilities, Delivery, Receipt, TargetClass
from postroom.errors import ConnectorDown, RefusedByTarget, TransientError

_TRIES = 3
_SHARING_VIOLATION = 32


class ExcelTarget:
    """A register in a workbook; the key column keeps a delivery from being keyed twice."""

    def __init__(self, settings: ExcelSettings) -> None:
        self.name = settings.name
        # Saving is one atomic replacement of the file, so a record is there at once or never.
        self.capabilities = Capabilities(TargetClass.KEYED, settle_seconds=settings.wait_seconds)
        self._settings = settings
        self._path = settings.path
        self._seen: tuple[Stamp | None, Register] | None = None

    def find(self, key: str) -> Receipt | None:
        """Look a delivery up in the key column.

        Raises:
            RefusedByTarget: Two rows carry the key, which only a person can have made.
        """
        with self._errors():
            return self._receipt(self._read()[1], key)

    def deliver(self, delivery: Delivery) -> Receipt:
        """Add a row, unless one with this key is there; the workbook and its own folder are made if need be."""
        with self._errors():
            self._path.parent.mkdir(exist_ok=True)
            return self._deliver(delivery)

    def _deliver(self, delivery: Delivery) -> Receipt:
        with one_writer(self._path, self._settings.wait_seconds):
            for _ in range(_TRIES):
                stamp, register = self._read()
                receipt = self._receipt(register, delivery.key)
                if receipt:
                    return receipt
                self._seen = None
                row = register.append(delivery.key, delivery.fields)
                if save_over(register.book, self._path, stamp):
                    return self._located(delivery.key, row)
        raise TransientError(
            f'Target "{self.name}": {self._path.name} is being saved again and again by somebody else.'
        )

    def read_back(self, receipt: Receipt) -> dict[str, str]:
        """Return what the row holds now, read from the file anew.

        Raises:
            RefusedByTarget: The row is gone, or is there twice.
        """
        self._seen = None
        with self._errors():
            _, register = self._read()
            if self._receipt(register, receipt.reference) is None:
                raise RefusedByTarget(
                    f'Target "{self.name}": the row {receipt.reference} is no longer in {self._path.name}.',
                    hint="Ask who deleted it, then deliver again or mark it done by hand.",
                )
            return register.read(register.rows(receipt.reference)[0])

    def check(self) -> list[str]:
        """Open the workbook without changing it."""
        folder = self._path.parent if self._path.parent.exists() else self._path.parent.parent
        if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
            raise ConnectorDown(
                f'Target "{self.name}": no file can be written in {folder}.',
                hint="Make the folder, and give the account Postroom runs under the right to change it.",
            )
        with self._errors():
            stamp, register = self._read()
        if stamp is None:
            return [f"Workbook {self._path} is not there yet; it is made at the first delivery."]
        return [f"Workbook {self._path} can be opened and written; {len(register)} rows carry a key.", *self._opened()]

    def close(self) -> None:
        """Forget what was read of the workbook."""
        self._seen = None

    def _opened(self) -> list[str]:
        try:
            refuse_if_open(self._path)
        except TransientError as error:
            return [str(error)]
        return []

    def _read(self) -> tuple[Stamp | None, Register]:
        stamp = stamp_of(self._path)
        if self._seen is None or self._seen[0] != stamp:
            self._seen = (stamp, Register(self._open(), self._settings))
        return self._seen

    def _open(self) -> Any:
        from openpyxl import Workbook, load_workbook
        from openpyxl.utils.exceptions import InvalidFileException

        try:
            return load_workbook(self._path, rich_text=True) if self._path.exists() else Workbook()
        except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, TypeError) as error:
            raise ConnectorDown(
                f'Target "{self.name}": {self._path.name} cannot be read as a workbook.',
                hint="Open it in Excel and save it as .xlsx, or put the last good copy in its place.",
            ) from error

    def _receipt(self, register: Register, key: str) -> Receipt | None:
        rows = register.rows(key)
        if len(rows) > 1:
            raise RefusedByTarget(
                f'Target "{self.name}": {key} stands in rows {", ".join(map(str, rows))} of {self._path.name}.',
                hint="Delete the row that was copied by hand.",
            )
        return self._located(key, rows[0]) if rows else None

    def _located(self, key: str, row: int) -> Receipt:
        # People sort the register, so a row number is where it was and the key is what it is.
        return Receipt(key, f"{self._path.name}, sheet {self._settings.sheet}, row {row}")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Translate the errors of the file system."""
        try:
            yield
        except PermissionError as error:
            if getattr(error, "winerror", None) == _SHARING_VIOLATION:
                raise TransientError(f"Somebody has {self._path.name} open.", hint="Close the workbook.") from error
            raise ConnectorDown(
                f'Target "{self.name}": {self._path} may not be read or written.',
                hint="Give the account Postroom runs under the right to change the workbook and its folder.",
            ) from error
        except FileNotFoundError as error:
            raise ConnectorDown(
                f'Target "{self.name}": there is no folder {self._path.parent.parent}.',
                hint="Make it, bring its drive back, or mend `path`.",
            ) from error
        except OSError as error:
            raise TransientError(f'Target "{self.name}": {self._path.name}: {error.strerror}.') from error
