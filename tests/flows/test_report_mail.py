"""Report mails over a real mail server: each arrives once, whatever breaks between, and none tells of anybody."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import pytest

from config.settings import load_settings
from connectors.memory import Journal, Misbehaviour
from flows import take_steps
from flows.open_line import Line
from flows.report_mail import WITHOUT_FILES, Mailed, mail_report
from flows.serve_line import REPORTS
from postroom.ledger import Stage
from postroom.ledger.mailing import MailState
from tests.desk.conftest import MAIN, Postroom
from tests.flows.test_deployments import DEPLOYMENTS
from tests.flows.test_serve import MAIL
from tests.servers.smtp import MailServer, running

ROOT = Path(__file__).parents[2]
TUESDAY = datetime(2026, 9, 15, 7, 0, tzinfo=UTC)
MONDAY = datetime(2026, 9, 14, 9, 30, tzinfo=UTC)
SUNDAY = datetime(2026, 9, 13, 7, 0, tzinfo=UTC)
ADDRESSES = ("head.of.service@westmere.example", "ict@westmere.example")
PERSONAL = ("Zebedee", "Quillfeather", "14 High Street", "WM1 2AB", "zebedee@example.org")
"""What of the one letter must be nowhere but in the ledger."""
SENDING = """\
  - name: reports
    kind: smtp
    host: 127.0.0.1
    port: {port}
    security: none
    sender: post.room@westmere.example
    attachments: {files}
    timeout_seconds: 5
    letter: {{to: "{{to}}", subject: "{{subject}}", body: "{{body}}"}}
desk:
  reports:
    daily: [{addresses}]
    weekly: [{addresses}]
    target: reports
"""
_RUN = """
import sys
from datetime import datetime
from config.settings import load_settings
from flows.open_line import Line
from flows.report_mail import mail_report
print(mail_report(Line(load_settings()), "daily", datetime.fromisoformat(sys.argv[1])))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    with running(tmp_path_factory.mktemp("smtp")) as started:
        yield started


@pytest.fixture
def post(server: MailServer) -> MailServer:
    """The mail server with nothing in it, well-behaved."""
    server.clear()
    return server


@pytest.fixture
def line(config: Path, data: Path, post: MailServer) -> Iterator[Line]:
    """The line with one letter that was read, and two people who are to have reports."""
    write(config, post)
    letter = data / "inbox" / "one.eml"
    letter.write_text(MAIL)
    os.utime(letter, (MONDAY.timestamp(), MONDAY.timestamp()))
    opened = Line(load_settings(config, data))
    take_steps.take_in_post(opened, "post", 10)
    (message_id,) = opened.ledger.messages_due(Stage.RECEIVED, 10)
    take_steps.read_one(opened, message_id)
    take_steps.itemise_one(opened, message_id)
    yield opened
    opened.close()


def write(config: Path, post: MailServer, files: str = "true") -> None:
    quick = MAIN.replace("path: inbox", "path: inbox, quiet_seconds: 0")
    sending = SENDING.format(port=post.plain, addresses=", ".join(ADDRESSES), files=files)
    (config / "postroom.yaml").write_text(quick + sending)


def states(line: Line) -> list[str]:
    return sorted(one.state for one in line.ledger.report_mails())


def words_of(mail: EmailMessage) -> str:
    """Return everything that a mail says, its files taken apart."""
    said = [str(mail["Subject"]), mail.get_body().get_content()]  # type: ignore[union-attr]
    for part in mail.iter_attachments():
        content = part.get_payload(decode=True)
        if str(part.get_filename()).endswith(".xlsx"):
            book = zipfile.ZipFile(io.BytesIO(content))
            said += [book.read(name).decode(errors="replace") for name in book.namelist()]
        else:
            said.append(content.decode())
    return unescape("\n".join(said))


def test_each_address_gets_the_report_once(line: Line, post: MailServer) -> None:
    assert mail_report(line, "daily", TUESDAY) == Mailed(sent=2)
    assert mail_report(line, "daily", TUESDAY) == Mailed(earlier=2)
    assert sorted(str(one["To"]) for one in post.letters()) == sorted(ADDRESSES)
    assert [one.first.isoformat() for one in line.ledger.report_mails()] == ["2026-09-14"] * 2
    assert mail_report(line, "weekly", TUESDAY) == Mailed(sent=2)
    assert mail_report(line, "daily", SUNDAY) == Mailed()
    assert len(post.letters()) == 4


def test_nothing_in_a_report_is_about_a_person(line: Line, post: MailServer) -> None:
    (summary,) = line.ledger.items()
    values = {field.value for field in line.ledger.item(summary.id).fields if len(field.value) > 6}
    assert values
    mail_report(line, "daily", TUESDAY)
    words = words_of(post.letters()[0])
    files = [part.get_filename() for part in post.letters()[0].iter_attachments()]
    assert [str(name).rpartition(".")[2] for name in files] == ["html", "xlsx"]
    assert "Missed bin" in words
    assert [one for one in {*values, *PERSONAL, summary.id} if one in words] == []


def test_a_target_that_takes_no_files_says_where_they_are(line: Line, config: Path, post: MailServer) -> None:
    write(config, post, files="false")
    with_none = Line(load_settings(config, line.settings.data))
    assert mail_report(with_none, "daily", TUESDAY).sent == 2
    (body,) = {one.get_content() for one in post.letters()}
    assert WITHOUT_FILES in " ".join(body.split())
    assert "attached" not in body
    with_none.close()


def test_a_mail_that_was_refused_is_tried_again_at_the_next_run(line: Line, post: MailServer) -> None:
    post.fault("RCPT reply 450 4.2.1 Later")
    assert mail_report(line, "daily", TUESDAY) == Mailed(failed=2)
    assert states(line) == ["failed", "failed"]
    post.fault("")
    assert mail_report(line, "daily", TUESDAY) == Mailed(sent=2)
    assert len(post.letters()) == 2


def test_a_mail_whose_answer_was_lost_is_never_sent_again(line: Line, post: MailServer) -> None:
    post.fault("END cut-after")
    assert mail_report(line, "daily", TUESDAY) == Mailed(unsure=2)
    post.fault("")
    before = len(line.ledger.history())
    assert mail_report(line, "daily", TUESDAY) == Mailed(unsure=2)
    assert len(line.ledger.history()) == before
    assert len(post.letters()) == 2
    assert all("Message-ID" in one.said for one in line.ledger.report_mails())


@pytest.mark.parametrize(("point", "arrived"), [("deliver.sending", 1), ("deliver.answered", 2)])
def test_a_kill_between_doubles_nothing(line: Line, post: MailServer, point: str, arrived: int) -> None:
    chosen = {"POSTROOM_CONFIG": str(line.settings.folder), "POSTROOM_DATA": str(line.settings.data)}
    command = [sys.executable, "-c", _RUN, TUESDAY.isoformat()]
    armed = os.environ | chosen | {"POSTROOM_FAILPOINT": point}
    killed = subprocess.run(command, cwd=ROOT, env=armed, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    # The first is in nobody's hands and may have gone; the second was never begun.
    assert mail_report(line, "daily", TUESDAY) == Mailed(sent=1, unsure=1)
    assert mail_report(line, "daily", TUESDAY) == Mailed(earlier=1, unsure=1)
    assert len(post.letters()) == arrived


def test_two_runs_at_one_time_send_one_mail_each(line: Line, post: MailServer) -> None:
    other = Line(line.settings)
    other.owner = f"{line.owner}2"
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(mail_report, one, "daily", TUESDAY) for one in (line, other) for _ in range(2)]
        assert sum(run.result().sent for run in runs) == 2
    assert sorted(str(one["To"]) for one in post.letters()) == sorted(ADDRESSES)
    other.close()


def test_a_paused_target_sends_none_until_it_is_resumed(line: Line, post: MailServer) -> None:
    line.ledger.pause("target", "reports", "ict.one", "The mail server moves.")
    assert mail_report(line, "daily", TUESDAY) == Mailed(failed=2)
    assert post.letters() == []
    line.ledger.resume("target", "reports", "ict.one")
    assert mail_report(line, "daily", TUESDAY) == Mailed(sent=2)


def searched(line: Line, *misbehaviour: Misbehaviour) -> Line:
    """Return the line with a target that can be searched in the mail server's place."""
    reports = line.settings.desk.reports.model_copy(update={"target": "depot"})
    desk = line.settings.desk.model_copy(update={"reports": reports})
    main = line.settings.main.model_copy(update={"desk": desk})
    depot, *rest = line.settings.targets
    values = {**depot.values, "target_class": "B", "misbehaviour": list(misbehaviour)}
    return Line(replace(line.settings, main=main, targets=(replace(depot, values=values), *rest)))


@pytest.mark.parametrize("lost", [Misbehaviour.UNCERTAIN_AFTER, Misbehaviour.UNCERTAIN_BEFORE])
def test_where_a_mail_can_be_looked_up_it_is(line: Line, lost: Misbehaviour) -> None:
    other = searched(line, lost)
    assert mail_report(other, "daily", TUESDAY) == Mailed(sent=1, unsure=1)
    assert mail_report(other, "daily", TUESDAY) == Mailed(sent=1, earlier=1)
    assert len(Journal(line.settings.data / "depot.db").records("depot")) == 2
    assert states(other) == [MailState.SENT] * 2
    other.close()


def test_the_command_sends_the_same_and_says_what_became_of_it(
    line: Line, post: MailServer, postroom: Postroom
) -> None:
    first, again = postroom("report", "--mail", "weekly"), postroom("report", "--mail", "weekly")
    assert (first.code, first.out.strip()) == (0, "The weekly report: 2 sent now, 0 sent before.")
    assert (again.code, again.out.strip()) == (0, "The weekly report: 0 sent now, 2 sent before.")
    assert len(post.letters()) == 2


def test_reports_are_due_at_the_same_hours_on_one_machine_and_on_several() -> None:
    for name, (hours, _) in REPORTS.items():
        (found,) = [one for one in DEPLOYMENTS if one["entrypoint"].endswith(f":report_{name}")]
        assert found["schedules"] == [{"cron": hours, "timezone": "Europe/London"}]
