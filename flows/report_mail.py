"""Report mails, free of Prefect: each goes to each address once, and one whose outcome nobody knows never again blind.

What is to be sent stands in the ledger before it is sent. Where a target can be searched, an unknown outcome is looked
up once its settling time is over; where it cannot, as with SMTP, people ask the addressee.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import structlog

from config.reporting import basis_of
from postroom.clock import utc_now
from postroom.delivery import Delivery, Target, TargetClass
from postroom.errors import ConfigError, ConnectorDown, PostroomError, RefusedByTarget, TransientError
from postroom.failpoints import Failpoint, failpoint
from postroom.ledger.keeping import kept
from postroom.ledger.mailing import MailRecord, MailState, report_mail_key
from postroom.period import Period, day_of

if TYPE_CHECKING:
    from flows.open_line import Line
    from postroom.ledger import Lease
    from postroom.report.mail import ReportMail

Kind = Literal["daily", "weekly"]
TURN_SECONDS = 300.0
"""How long one worker may be at one mail before others take over."""
_SEARCHABLE = (TargetClass.KEYED, TargetClass.SEARCHABLE)
WITHOUT_FILES = "The page Figures of the desk holds every figure, with charts. No figure is about a person."
"""The end of a mail that goes without its files, because the target takes none along."""
_log = structlog.get_logger("line")


@dataclass(frozen=True, slots=True)
class Mailed:
    """What became of the mails of one report."""

    sent: int = 0
    """Now, by this call."""
    earlier: int = 0
    """Sent by an earlier one."""
    failed: int = 0
    """Provably not sent, or not tried because the target is paused or in other hands."""
    unsure: int = 0
    """Nobody knows; never sent again by itself."""


def period_of(line: Line, kind: Kind, today: date) -> Period | None:
    """Return the days that a report covers; None if none is due on this day."""
    from postroom.report.mail import daily_period, weekly_period

    return daily_period(today, line.settings.desk.nation) if kind == "daily" else weekly_period(today)


def addresses_of(line: Line, kind: Kind) -> tuple[str, ...]:
    """Return who is sent a report, each once."""
    reports = line.settings.desk.reports
    named = reports.daily if kind == "daily" else reports.weekly
    return tuple({one.casefold(): one for one in named}.values())


def mail_report(line: Line, kind: Kind, now: datetime) -> Mailed:
    """Send a report to everybody who is to have it and has not; safe to call again, by any number of workers.

    Raises:
        ConfigError: The target that sends these mails cannot be opened.
    """
    from postroom.report.mail import report_mail

    period, addresses = period_of(line, kind, day_of(now)), addresses_of(line, kind)
    if period is None or not addresses:
        return Mailed()
    known = [line.ledger.report_mail(report_mail_key(kind, period.first, address)) for address in addresses]
    if all(one is not None and one.state is MailState.SENT for one in known):
        return Mailed(earlier=len(addresses))
    mail = report_mail(line.ledger, basis_of(line.settings), kind, now)
    if mail is None:
        return Mailed()
    # Mails that a dead worker had in hand need not wait until its turn runs out.
    line.ledger.sweep()
    post = _Post(line, mail)
    became = Counter(post.send(address) for address in addresses)
    return Mailed(became["sent"], became["earlier"], became["failed"], became["unsure"])


class _Post:
    """One report on its way to its addresses."""

    def __init__(self, line: Line, mail: ReportMail) -> None:
        self._ledger, self._owner = line.ledger, line.owner
        self._name = line.settings.desk.reports.target
        self._target = line.target(self._name)
        self._paused = any(one.kind == "target" and one.subject == self._name for one in line.ledger.pauses())
        self._mail = mail if _takes_files(line, self._name) else _without_files(mail)

    def send(self, address: str) -> Literal["sent", "earlier", "failed", "unsure"]:
        """Send the report to one address unless that was done, and return what became of it."""
        key = report_mail_key(self._mail.kind, self._mail.period.first, address)
        record = self._ledger.report_mail(key)
        if record is not None and record.state is MailState.SENT:
            return "earlier"
        if record is not None and record.state is MailState.UNSURE and not self._searchable:
            return "unsure"
        lease = None if self._paused else self._ledger.lease_report_mail(key, self._owner, TURN_SECONDS)
        if lease is None:
            return "failed"
        # Read anew, because another worker may have sent it before this one's turn came.
        record = self._ledger.report_mail(key)
        with kept(self._ledger, lease, TURN_SECONDS):
            state, said = self._settled(record, key) or self._sent(lease, key, address)
        self._note(lease, state, said)
        if state is MailState.SENT:
            return "earlier" if record is not None and record.state is state else "sent"
        _log.warning("report mail not sent", report=self._mail.kind, target=self._name, state=state, key=key)
        return "failed" if state is MailState.FAILED else "unsure"

    def _settled(self, record: MailRecord | None, key: str) -> tuple[MailState, str] | None:
        """Return what is known of the mail from earlier attempts; None if it is surely not there, and is to be sent."""
        if record is not None and record.state is MailState.SENT:
            return record.state, record.said
        unknown = record is not None and record.state is not MailState.FAILED
        said = (record.said if record else "") or "The worker stopped while the mail was on its way."
        if not self._searchable:
            return (MailState.UNSURE, said) if unknown else None
        try:
            receipt = self._target.find(key)
        except PostroomError as fault:
            return (MailState.UNSURE if unknown else MailState.FAILED), str(fault)
        if receipt is not None:
            return MailState.SENT, receipt.reference
        return (MailState.UNSURE, said) if unknown and record and not self._is_over(record) else None

    @property
    def _searchable(self) -> bool:
        return self._target.capabilities.target_class in _SEARCHABLE

    def _is_over(self, record: MailRecord) -> bool:
        """Tell whether a mail that was lost would have appeared by now."""
        return utc_now() >= record.at + timedelta(seconds=self._target.capabilities.settle_seconds)

    def _sent(self, lease: Lease, key: str, address: str) -> tuple[MailState, str]:
        self._note(lease, MailState.SENDING)
        failpoint(Failpoint.DELIVER_SENDING)
        state, said = _attempt(self._target, self._delivery(key, address))
        self._ledger.note_answer("target", self._name, state is MailState.SENT, "" if state is MailState.SENT else said)
        failpoint(Failpoint.DELIVER_ANSWERED)
        return state, said

    def _note(self, lease: Lease, state: MailState, said: str = "") -> None:
        self._ledger.note_report_mail(lease, self._mail.kind, self._mail.period.first, state, said)

    def _delivery(self, key: str, address: str) -> Delivery:
        fields = {"to": address, "subject": self._mail.subject, "body": self._mail.body}
        files = self._mail.attachments
        return Delivery(key, "", "report", self._name, key, fields, utc_now(), attachments=files)


def _attempt(target: Target, delivery: Delivery) -> tuple[MailState, str]:
    try:
        return MailState.SENT, target.deliver(delivery).reference
    except (ConnectorDown, TransientError, RefusedByTarget) as fault:
        return MailState.FAILED, str(fault)
    except PostroomError as fault:
        return MailState.UNSURE, str(fault)
    except Exception as fault:
        # Whatever else a connector throws, the mail may have gone; its words are not ours to repeat.
        return MailState.UNSURE, f"The connector failed unexpectedly ({type(fault).__name__})."


def _takes_files(line: Line, name: str) -> bool:
    connection = next((one for one in line.settings.targets if one.name == name), None)
    if connection is None:
        raise ConfigError(
            f'There is no target "{name}" for report mails.', hint="Correct `desk.reports.target` in postroom.yaml."
        )
    return connection.kind == "smtp" and bool(connection.values.get("attachments"))


def _without_files(mail: ReportMail) -> ReportMail:
    from postroom.report.mail import ATTACHED

    return replace(mail, attachments=(), body=mail.body.replace(ATTACHED, WITHOUT_FILES))
