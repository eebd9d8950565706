"""The run report as a mail: the headline figures in words, and the whole report as files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Literal

from postroom.delivery import Attachment
from postroom.period import Period, day_of
from postroom.report.figures import Basis, Compared
from postroom.report.gathering import compare
from postroom.report.headline import comparison_note, headlines
from postroom.report.tables import minute, shown
from postroom.working_time import working_time

if TYPE_CHECKING:
    from postroom.ledger import Ledger

Kind = Literal["daily", "weekly"]
ATTACHED: Final = "The attached page and workbook hold every figure, with charts. No figure is about a person."
"""The end of each mail; whoever sends one without its files says something else there."""
_MEDIA_TYPES: Final = {
    ".html": "text/html",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class ReportMail:
    """One report, ready to be sent; nothing in it is about a person."""

    kind: Kind
    period: Period
    subject: str
    body: str
    """Plain text."""
    attachments: tuple[Attachment, ...]


def daily_period(today: date, nation: str) -> Period | None:
    """Return the days since the last working day before today; None on a day on which nobody works."""
    work = working_time(nation)
    if not work.is_working_day(today):
        return None
    yesterday = today - timedelta(days=1)
    return Period(work.before(yesterday, 0), yesterday)


def weekly_period(today: date) -> Period:
    """Return Monday to Sunday of the week before."""
    monday = today - timedelta(days=today.weekday() + 7)
    return Period(monday, monday + timedelta(days=6))


def report_mail(ledger: Ledger, basis: Basis, kind: Kind, made_at: datetime) -> ReportMail | None:
    """Return the report of the days before a moment as a mail; None where no daily report is due that day."""
    today = day_of(made_at)
    period = weekly_period(today) if kind == "weekly" else daily_period(today, basis.nation)
    if period is None:
        return None
    earlier = period.before() if kind == "weekly" else None
    compared = compare(ledger, basis, period, earlier, made_at=made_at)
    return ReportMail(kind, period, _subject(compared, kind), _body(compared), _files(compared))


def _subject(compared: Compared, kind: Kind) -> str:
    period = compared.now.period
    name = "Post room, week" if kind == "weekly" else "Post room"
    return f"{name} {_days(period)}: {compared.now.ways.came_in.items:,} items received"


def _days(period: Period) -> str:
    first, last = shown(period.first, "day"), shown(period.last, "day")
    return first if period.days == 1 else f"{first} to {last}"


def _body(compared: Compared) -> str:
    figures = compared.now
    told = headlines(compared)
    wide = max(len(one.title) for one in told)
    parts = [
        f"{figures.council}: post received {_days(figures.period)}, as it stood on {minute(figures.made_at)}.",
        _accounts(compared),
        "\n".join(
            f"{one.title:<{wide}}  {one.words}{f' ({one.difference_words})' if one.before else ''}" for one in told
        ),
        _now(compared),
        comparison_note(compared),
        ATTACHED,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _accounts(compared: Compared) -> str:
    accounts = compared.now.accounts
    if accounts is None:
        return ""
    parts = (
        (accounts.delivered, "delivered"), (accounts.no_action, "no action"), (accounts.rejected, "rejected"),
        (accounts.with_person, "with a person"), (accounts.in_flight, "in flight"),
    )  # fmt: skip
    balance = "All are accounted for." if accounts.balanced else "They are NOT all accounted for: tell ICT."
    said = " + ".join(f"{count:,} {name}" for count, name in parts)
    return f"{accounts.received:,} messages = {said}. {balance}"


def _now(compared: Compared) -> str:
    figures = compared.now
    waiting = figures.waiting[0].all.items if figures.waiting else 0
    failing = sum(one.items.items for one in figures.failures)
    lines = [f"Waiting for a person now, whenever received: {waiting:,}"]
    lines.append(f"Open deliveries that do not go through now: {failing:,}")
    return "\n".join(lines)


def _files(compared: Compared) -> tuple[Attachment, ...]:
    from postroom.report.files import WRITERS

    period = compared.now.period
    name = f"post-room-report-{period.first}-{period.last}"
    with TemporaryDirectory() as folder:
        made = []
        for ending, media_type in _MEDIA_TYPES.items():
            path = Path(folder) / f"{name}{ending}"
            WRITERS[ending](compared, path)
            made.append(Attachment(path.name, media_type, path.read_bytes()))
    return tuple(made)
