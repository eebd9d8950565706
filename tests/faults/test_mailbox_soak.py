"""One mailbox, many workers: zombies, replays, staff at work, storms of 429 and bookmarks that are forgotten.

`make soak` does it with 2,000 mails and 8 workers.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sqlalchemy import text

from connectors.memory import Journal
from postroom.ledger import Ledger
from tests.connectors.graph_targets import account
from tests.faults.mailbox_line import TARGET, TURN_SECONDS, open_ledger, start
from tests.servers.graph import GraphServer
from tests.servers.graph.seen import Seen

SOAK = bool(os.environ.get("POSTROOM_SOAK"))
MAILS, WORKERS, QUIET_SECONDS = (2000, 8, 4.0) if SOAK else (60, 3, 2.5)
MAILBOX = "post@northborough.gov.uk"
MARKS = {"Postroom: in work", "Postroom: done", "Postroom: needs a person"}
FINAL = MARKS - {"Postroom: in work"}
WITHIN = 1.2
"""Requests at most, as a share of the least that do the same work."""


@dataclass(slots=True)
class Day:
    """What happened to the mailbox."""

    server: GraphServer
    folder: Path
    chance: random.Random
    keys: list[str] = field(default_factory=list)
    with_files: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    unmarked: set[str] = field(default_factory=set)
    resets: int = 0
    zombies: int = 0

    def put(self, number: int) -> None:
        """Let a mail arrive; every tenth has a file."""
        mail = EmailMessage()
        mail["From"], mail["Subject"] = f"resident{number}@example.org", f"Letter {number}"
        mail["Message-ID"] = f"<{number}@example.org>"
        mail.set_content(f"My {'bin' if number % 2 else 'thanks'} {number}.")
        if number % 10 == 0:
            mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="paper.pdf")
        received = datetime.now(UTC) - timedelta(hours=2) + timedelta(seconds=number)
        key = self.server.tenant.mail.put(MAILBOX, mail.as_bytes(policy=SMTP), received=received)
        self.keys.append(key)
        if number % 10 == 0:
            self.with_files.add(key)

    def staff(self) -> None:
        """Let a person do something to a mail nobody has touched yet.

        Not in the moment between the robot's category of done and its move, which Graph makes without regard to what
        happened in between: who moves the mail then sees it go on to Done.
        """
        with self.server.tenant.lock:
            self._staff()

    def _staff(self) -> None:
        free = [key for key in self.keys if key not in self.moved | self.unmarked]
        key = self.chance.choice(free)
        act = self.chance.choice(("move", "unmark", "read", "read", "categorise"))
        mail = self.server.tenant.mail
        if mail.where(key) == "Inbox" and FINAL & set(mail.find(key).found["categories"]):
            return
        if act == "move":
            mail.staff_move(key, "Staff")
            self.moved.add(key)
        elif act == "unmark" and mail.where(key) == "Inbox" and MARKS & set(mail.find(key).found["categories"]):
            mail.staff_uncategorise(key)
            self.unmarked.add(key)
        elif act == "read":
            mail.staff_read(key)
        else:
            mail.staff_categorise(key, "Look at this")


def test_every_mail_is_taken_once_and_settled_only_when_it_is_done(tmp_path: Path) -> None:
    with GraphServer(validate=not SOAK) as server:
        day = Day(server, tmp_path, random.Random(5))
        open_ledger(tmp_path).close()
        own = {"kind": "graph", "name": "post", "mailbox": MAILBOX, "patience_seconds": 20}
        settings = {**account(server), **own, "timeout_seconds": 30}
        server.tenant.mail.add_mailbox(MAILBOX)
        server.tenant.takes = 0.002
        workers = [start(tmp_path, settings, seed) for seed in range(WORKERS)]
        try:
            _a_busy_day(day, workers, settings)
            _until_quiet(day)
        finally:
            (tmp_path / "stop").touch()
            for worker in workers:
                _signal(worker, signal.SIGCONT)
                worker.join(30)
                worker.kill()
        _check(day, open_ledger(tmp_path))
        assert server.violations == []


def _a_busy_day(day: Day, workers: list[BaseProcess], settings: dict[str, Any]) -> None:
    """Bring the post in portions, and between them everything that can happen."""
    portion = max(MAILS // 40, 5)
    asleep: list[tuple[float, BaseProcess]] = []
    for number in range(MAILS):
        day.put(number)
        if number % portion or not number:
            continue
        turn = number // portion
        for _ in range(portion // 6 + 1):
            day.staff()
        if turn % 5 == 1:
            day.server.tenant.mail.replay(MAILBOX, stale=True, ids=day.chance.sample(day.keys, min(30, len(day.keys))))
        if turn % 8 == 3:
            day.server.faults.storm(0.4, 2.0, seed=turn)
        if turn % 9 == 4:
            day.server.tenant.mail.expire_tokens()
            day.resets += 1
        if turn % 6 == 2:
            _send_to_sleep(day, workers, asleep)
        if turn % 13 == 6:
            _kill_one(day, workers, settings, turn)
        _wake(asleep)
        time.sleep(0.5)
    for until, worker in asleep:
        time.sleep(max(until - time.monotonic(), 0))
        _signal(worker, signal.SIGCONT)


def _send_to_sleep(day: Day, workers: list[BaseProcess], asleep: list[tuple[float, BaseProcess]]) -> None:
    worker = day.chance.choice(workers)
    _signal(worker, signal.SIGSTOP)
    asleep.append((time.monotonic() + TURN_SECONDS + 1.5, worker))
    day.zombies += 1


def _wake(asleep: list[tuple[float, BaseProcess]]) -> None:
    for entry in [one for one in asleep if one[0] <= time.monotonic()]:
        asleep.remove(entry)
        _signal(entry[1], signal.SIGCONT)


def _signal(worker: BaseProcess, number: signal.Signals) -> None:
    """Send a worker a signal; one that slept may have been killed meanwhile."""
    with suppress(ProcessLookupError):
        os.kill(worker.pid or 0, number)


def _kill_one(day: Day, workers: list[BaseProcess], settings: dict[str, Any], seed: int) -> None:
    worker = workers.pop(0)
    worker.kill()
    worker.join()
    workers.append(start(day.folder, settings, 1000 + seed))


def _until_quiet(day: Day) -> None:
    """Wait until the workers have nothing left to do, and a little longer."""
    ledger, until, quiet_since = open_ledger(day.folder), time.monotonic() + 400, time.monotonic()
    while time.monotonic() < until and time.monotonic() - quiet_since < QUIET_SECONDS:
        with ledger._engine.connect() as connection:
            still_open = connection.scalar(text("SELECT count(*) FROM messages WHERE stage != 'settled'"))
        taken_in = ledger.accounts().received
        if still_open or taken_in + len(day.moved) < MAILS:
            quiet_since = time.monotonic()
        time.sleep(0.5)
    ledger.close()


def _check(day: Day, ledger: Ledger) -> None:
    mail = day.server.tenant.mail
    with ledger._engine.connect() as connection:
        rows = connection.execute(text("SELECT id, source_key, stage, taken_back_at FROM messages")).all()
    known = Counter(row.source_key for row in rows)
    assert [key for key, count in known.items() if count > 1] == [], "a mail is twice in the ledger"
    never_in = set(day.keys) - set(known)
    assert never_in <= day.moved, "a mail was lost"
    assert sum(mail.numbers_of(MAILBOX).values()) == MAILS, "a mail was deleted"
    assert {row.stage for row in rows} == {"settled"}, "a mail is still open"
    accounts = ledger.accounts()
    assert accounts.balanced
    assert accounts.in_flight == 0
    _check_staff_were_obeyed(day, {row.source_key for row in rows if row.taken_back_at})
    _check_nothing_doubled(day)
    _check_settled_after_done(day, ledger, {row.source_key: row.id for row in rows})
    _check_requests(day, set(known))


def _check_staff_were_obeyed(day: Day, taken_back: set[str]) -> None:
    mail = day.server.tenant.mail
    assert {mail.where(key) for key in day.moved} <= {"Staff"}
    for key in day.unmarked:
        marked = MARKS & set(mail.find(key).found["categories"])
        assert (mail.where(key), marked) == ("Inbox", set()), "a mail that was unmarked is touched no more"
    # One that was unmarked when all was done was left alone as well, and there was nothing to take back.
    assert taken_back <= day.moved | day.unmarked
    for key in set(day.keys) - day.moved - day.unmarked:
        assert mail.where(key) == "Done"


def _check_nothing_doubled(day: Day) -> None:
    records = Counter(key for key, _ in Journal(day.folder / "world.db").records(TARGET))
    assert [key for key, count in records.items() if count > 1] == []


def _check_settled_after_done(day: Day, ledger: Ledger, ids: dict[str, str]) -> None:
    """Every move to Done began after the ledger had heard that the last item was final."""
    offset = time.time() - time.monotonic()
    final: dict[str, float] = {}
    entry = 0
    while entries := ledger.history(entry, 5000):
        for one in entries:
            if one.action in ("item-delivered", "item-made", "taken-back"):
                final[one.message_id] = one.at.timestamp()
        entry = entries[-1].sequence
    moves = [seen for seen in day.server.requests if seen.path.endswith("/move") and seen.status == 201]
    assert moves
    for seen in moves:
        key = seen.path.split("/")[-2]
        assert seen.started + offset >= final[ids[key]] - 0.05, "a mail was settled before its items were done"


def _check_requests(day: Day, known: set[str]) -> None:
    seen = [one for one in day.server.requests if one.mailbox == MAILBOX]
    assert day.server.most_at_once(MAILBOX) <= 4
    concurrency = [one for one in seen if one.status == 429]
    stormy = [used for used in day.server.faults.used if used[2].startswith("retry") and MAILBOX in used[1]]
    assert len(concurrency) == len(stormy), "no call was refused because there were too many at one time"
    done = known - day.moved - day.unmarked
    least = len(known) * 2 + len(known & day.with_files) + len(done) * 3 + _pages(seen)
    share = len(seen) / least
    sys.stdout.write(
        f"\n{MAILS} mails, {WORKERS} workers, {day.zombies} zombies, {day.resets} resets, {len(concurrency)} times "
        f"429, {len(day.moved)} moved and {len(day.unmarked)} unmarked by staff: {len(seen)} requests, "
        f"{share:.3f} of the least ({least}); at most {day.server.most_at_once(MAILBOX)} at one time.\n"
    )
    by_kind = Counter(f"{one.method} {_kind(one)} {one.status}" for one in seen)
    sys.stdout.write("".join(f"  {count:6} {kind}\n" for kind, count in by_kind.most_common()))
    assert share <= WITHIN or not SOAK


def _pages(seen: list[Seen]) -> int:
    """Return how many looks for changes there were that told of something: a page has a hundred mails at most."""
    return MAILS // 100 + len({int(one.started) for one in seen if _kind(one) == "changes"}) // 60


def _kind(seen: Seen) -> str:
    if "delta" in seen.path:
        return "changes"
    last = seen.path.rstrip("/").split("/")[-1]
    return last if last in ("$value", "attachments", "move", "mailFolders", "inbox") else "mail"
