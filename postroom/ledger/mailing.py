"""Mailing: report mails, one row a report and address, written before anything is sent."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, insert, select, update

from postroom.ledger.auditing import Auditing
from postroom.ledger.desk_schema import report_mails
from postroom.ledger.records import Lease
from postroom.ledger.storage import execute

LEASE_KIND = "report-mail"
_LONGEST_SAID = 500


class MailState(StrEnum):
    """Where a report mail stands."""

    SENDING = "sending"
    """The intent is committed: from here on it may have arrived."""
    SENT = "sent"
    FAILED = "failed"
    """Provably not sent; the next run of the same day tries again."""
    UNSURE = "unsure"
    """Nobody knows; never sent again blind."""


@dataclass(frozen=True, slots=True)
class MailRecord:
    """One report mail to one address; the address itself stands in the configuration alone."""

    key: str
    kind: str
    """`daily` or `weekly`."""
    first: date
    """First day of the report."""
    state: MailState
    said: str
    at: datetime


class Mailing(Auditing):
    """Report mails."""

    def lease_report_mail(self, key: str, owner: str, seconds: float) -> Lease | None:
        """Take the turn to send one mail; None while another worker has it."""
        return self.lease(LEASE_KIND, key, owner, seconds)

    def report_mail(self, key: str) -> MailRecord | None:
        """Return a mail by its key; None if nobody ever wanted to send it."""
        with self._reading() as connection:
            row = connection.execute(select(report_mails).where(report_mails.c.key == key)).one_or_none()
        return _record(row) if row is not None else None

    def note_report_mail(self, lease: Lease, kind: str, first: date, state: MailState, said: str = "") -> None:
        """Note where a mail stands; every state but `sending` ends the turn.

        Raises:
            LeaseLost: Another worker took the turn over; what it finds out counts.
        """
        values = {"state": state, "said": said[:_LONGEST_SAID], "at": self._clock()}
        named = {"key": lease.subject, "kind": kind, "first": first.isoformat()}
        with self._writing() as connection:
            self._hold(connection, lease)
            changed = update(report_mails).where(report_mails.c.key == lease.subject).values(**values)
            if not execute(connection, changed).rowcount:
                connection.execute(insert(report_mails).values(**named, **values))
            self._record(connection, f"report-{state}", kind=kind, first=first.isoformat(), key=lease.subject)
            if state is not MailState.SENDING:
                self._let_go(connection, lease)

    def report_mails(self, limit: int = 50) -> list[MailRecord]:
        """Return mails, the last one that anything became of first."""
        chosen = select(report_mails).order_by(report_mails.c.at.desc(), report_mails.c.key).limit(limit)
        with self._reading() as connection:
            return [_record(row) for row in connection.execute(chosen)]


def report_mail_key(kind: str, first: date, address: str) -> str:
    """Return `PR-` and 16 base32 characters, the same for the same report and address for ever."""
    digest = hashlib.sha256(f"report\0{kind}\0{first.isoformat()}\0{address.casefold()}".encode()).digest()
    return "PR-" + base64.b32encode(digest)[:16].decode()


def _record(row: Row[Any]) -> MailRecord:
    return MailRecord(row.key, row.kind, date.fromisoformat(row.first), MailState(row.state), row.said, row.at)
