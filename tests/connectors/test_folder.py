from __future__ import annotations

import errno
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.folder import FolderInbox, FolderSettings
from postroom.errors import ConnectorDown, TransientError
from postroom.message import Inbox
from tests.contracts.inbox import DONE, HELD, InboxContract, InboxWorld, claim, settle

LONG_AGO = 1_700_000_000


class FolderWorld(InboxWorld):
    faults: ClassVar = {"absent": ConnectorDown}

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def inbox(self) -> Inbox:
        return self.watch()

    def watch(self, quiet_seconds: float = 0, **settings: Any) -> FolderInbox:
        return FolderInbox(
            FolderSettings(kind="folder", name="drop", path=self.path, quiet_seconds=quiet_seconds, **settings)
        )

    def put(self, raw: bytes) -> None:
        self.drop(f"post {self.count}.eml", raw)

    def drop(self, name: str, raw: bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
        self.count += 1
        os.utime(path, (LONG_AGO + self.count, LONG_AGO + self.count))
        return path

    def take_away(self, raw: bytes) -> None:
        next(path for path in self.path.rglob("*") if path.is_file() and path.read_bytes() == raw).unlink()

    def everything(self) -> list[bytes]:
        return self.below("")

    def held(self) -> list[bytes]:
        return self.below("held")

    def below(self, folder: str) -> list[bytes]:
        return sorted(path.read_bytes() for path in (self.path / folder).rglob("*") if path.is_file())

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        assert name == "absent"
        elsewhere = self.path.with_name("elsewhere")
        self.path.rename(elsewhere)
        try:
            yield
        finally:
            elsewhere.rename(self.path)


@pytest.fixture
def world(tmp_path: Path) -> FolderWorld:
    (tmp_path / "drop").mkdir()
    return FolderWorld(tmp_path / "drop")


class TestFolderInbox(InboxContract):
    kind = "folder"


def test_a_file_still_being_written_waits(world: FolderWorld) -> None:
    inbox = world.watch(quiet_seconds=0.3)
    path = world.drop("SCAN0001.pdf", b"%PDF-1.4 first half")
    assert inbox.fetch(9) == [], "an old modification time does not make a file that has just come whole"
    time.sleep(0.2)
    with path.open("ab") as scanner:
        scanner.write(b" second half")
    time.sleep(0.15)
    assert inbox.fetch(9) == []
    time.sleep(0.3)
    assert [message.raw for message in inbox.fetch(9)] == [b"%PDF-1.4 first half second half"]


def test_a_server_clock_ahead_of_ours_holds_nothing_up(world: FolderWorld) -> None:
    inbox = world.watch(quiet_seconds=0.2)
    path = world.drop("scan.pdf", b"scan")
    os.utime(path, (time.time() + 9000, time.time() + 9000))
    assert inbox.fetch(9) == []
    time.sleep(0.25)
    assert len(inbox.fetch(9)) == 1


@pytest.mark.parametrize(
    "name", ["scan.pdf.part", "scan.TMP", "~$letter.docx", ".scan.pdf", "Thumbs.db", ".hidden/scan.pdf"]
)
def test_names_of_unfinished_files_are_left_alone(world: FolderWorld, name: str) -> None:
    world.drop(name, b"half")
    world.drop("whole.pdf", b"whole")
    assert [message.raw for message in world.inbox().fetch(9)] == [b"whole"]


@pytest.mark.parametrize(
    "name",
    [
        "scan.pdf",
        "letter",
        "Benefits/2026/scan.pdf",
        "claimed.pdf",
        "Zoë’s létter.pdf",
        "a#b %41.pdf",
        "invoice\u202efdp.exe",
        "..\\..\\windows.pdf",
        "line\nbreak.pdf",
        "n" * 251 + ".pdf",
        os.fsdecode(b"latin-\xe9.pdf"),
        "inner/done/scan.pdf",
    ],
)
def test_any_name_goes_through_unchanged(world: FolderWorld, name: str) -> None:
    world.drop(name, b"scan")
    inbox = world.inbox()
    (message,) = inbox.fetch(9)
    message.source_key.encode("ascii")
    assert message.name.isprintable()
    assert "/" not in message.name
    claim(inbox, message)
    claim(inbox, message)
    assert (world.path / "claimed").exists()
    settle(inbox, message, HELD)
    assert (world.path / "held" / name).read_bytes() == b"scan"
    assert not any((world.path / "claimed").iterdir()), "no empty folders stay behind"


@pytest.mark.parametrize("key", ["../outside.pdf#0123456789abcdef", "/etc/hosts#0123456789abcdef", "#0123456789abcdef"])
def test_a_key_that_leaves_the_folder_is_refused(world: FolderWorld, key: str) -> None:
    with pytest.raises(ConnectorDown, match="inside the folder"):
        world.inbox().settle("id", key, "0" * 64, DONE)


def test_a_link_is_not_followed(world: FolderWorld, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("not post")
    (world.path / "link.pdf").symlink_to(tmp_path / "secret.txt")
    (world.path / "link").symlink_to(tmp_path)
    assert world.inbox().fetch(9) == []


def test_the_same_name_again_overwrites_nothing(world: FolderWorld) -> None:
    inbox = world.inbox()
    for content in (b"one", b"two", b"one", b"one"):
        world.drop("SCAN0001.pdf", content)
        (message,) = inbox.fetch(9)
        claim(inbox, message)
        settle(inbox, message)
    assert world.below("done") == [b"one", b"one", b"one", b"two"]
    assert (world.path / "done" / "SCAN0001.pdf").read_bytes() == b"one"


def test_the_same_name_while_the_first_is_claimed(world: FolderWorld) -> None:
    inbox = world.inbox()
    claimed = []
    for content in (b"one", b"two", b"one"):
        world.drop("SCAN0001.pdf", content)
        claimed += inbox.fetch(9)
        claim(inbox, claimed[-1])
    assert world.below("claimed") == [b"one", b"one", b"two"]
    assert claimed[0].id == claimed[2].id, "the same file twice is one message"
    settle(inbox, claimed[1])
    assert world.below("done") == [b"two"]
    settle(inbox, claimed[0])
    assert world.below("done") == [b"one", b"one", b"two"]


def test_a_file_replaced_before_its_claim_stays_for_the_next_fetch(world: FolderWorld) -> None:
    inbox = world.inbox()
    world.drop("scan.pdf", b"first")
    (message,) = inbox.fetch(9)
    world.drop("scan.pdf", b"second")
    claim(inbox, message)
    settle(inbox, message)
    assert [found.raw for found in inbox.fetch(9)] == [b"second"]


def test_post_dragged_back_from_claimed_is_the_same_message(world: FolderWorld) -> None:
    inbox = world.inbox()
    world.drop("scan.pdf", b"scan")
    (message,) = inbox.fetch(9)
    claim(inbox, message)
    (claimed,) = (world.path / "claimed").rglob("*.pdf")
    claimed.rename(world.path / "scan.pdf")
    assert [found.id for found in inbox.fetch(9)] == [message.id]


def test_too_large_a_file_goes_to_a_person_and_is_settled_whole(world: FolderWorld) -> None:
    inbox = world.watch(maximum_bytes=1000)
    world.drop("plans.pdf", b"x" * 1001)
    world.drop("fits.pdf", b"x" * 1000)
    large, fits = inbox.fetch(9)
    assert b"A person must open it" in large.raw
    assert fits.raw == b"x" * 1000
    claim(inbox, large)
    settle(inbox, large)
    assert world.below("done") == [b"x" * 1001]


def test_moving_to_another_file_system_copies_first(world: FolderWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Path.replace

    def across(self: Path, target: Path) -> Path:
        if not self.name.endswith(".part"):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", across)
    path = world.drop("scan.pdf", b"scan")
    modified = path.stat().st_mtime
    inbox = world.inbox()
    (message,) = inbox.fetch(9)
    claim(inbox, message)
    settle(inbox, message)
    assert (world.path / "done" / "scan.pdf").read_bytes() == b"scan"
    assert (world.path / "done" / "scan.pdf").stat().st_mtime == modified
    assert world.everything() == [b"scan"]


def test_a_full_disk_is_tried_again(world: FolderWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.drop("scan.pdf", b"scan")
    inbox = world.inbox()
    (message,) = inbox.fetch(9)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(TransientError, match="No space left"):
        claim(inbox, message)
    assert world.everything() == [b"scan"]


def test_a_race_for_one_file_leaves_no_trace(world: FolderWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.drop("scan.pdf", b"scan")
    inbox = world.inbox()
    (message,) = inbox.fetch(9)
    replace = Path.replace

    def beaten(self: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "replace", replace)
        settle(world.inbox(), message)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", beaten)
    settle(inbox, message)
    assert world.everything() == [b"scan"], "no empty file holds a name that was not needed"


def test_a_file_that_cannot_be_read_holds_up_no_other(world: FolderWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.drop("locked.pdf", b"locked")
    world.drop("open.pdf", b"open")
    read_bytes, access = Path.read_bytes, os.access

    def guarded(self: Path) -> bytes:
        if self.name == "locked.pdf":
            raise PermissionError(errno.EACCES, "Permission denied")
        return read_bytes(self)

    monkeypatch.setattr(Path, "read_bytes", guarded)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "locked.pdf" and access(path, mode))
    assert [message.raw for message in world.inbox().fetch(9)] == [b"open"]
    assert any("1 of them cannot be read" in sentence for sentence in world.inbox().check())


@given(st.lists(st.sampled_from(["claim", "settle", "fetch", "drop"]), max_size=12))
@settings(deadline=None)
def test_any_order_of_steps_loses_nothing(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = FolderWorld(Path(folder))
        world.drop("scan.pdf", b"scan 0")
        known, dropped = world.inbox().fetch(9), 1
        for step in steps:
            inbox = world.inbox()
            if step == "drop":
                world.drop(f"scan{dropped}.pdf", f"scan {dropped}".encode())
                dropped += 1
            elif step == "fetch":
                known += inbox.fetch(9)
            elif step == "claim":
                claim(inbox, known[-1])
            else:
                settle(inbox, known[-1])
        assert world.everything() == sorted(f"scan {number}".encode() for number in range(dropped))


def test_a_file_named_like_an_earlier_folder_and_the_other_way_round(world: FolderWorld) -> None:
    inbox = world.inbox()
    for name in ("Benefits", "Benefits/scan.pdf", "Benefits"):
        if (world.path / "Benefits").is_dir():
            (world.path / "Benefits").rmdir()
        world.drop(name, name.encode())
        (message,) = inbox.fetch(9)
        claim(inbox, message)
        settle(inbox, message)
    assert world.below("done") == [b"Benefits", b"Benefits", b"Benefits/scan.pdf"]


def test_a_name_too_long_for_its_mark_is_cut(world: FolderWorld) -> None:
    inbox = world.inbox()
    for content in (b"one", b"two"):
        world.drop("é" * 125 + ".pdf", content)
        (message,) = inbox.fetch(9)
        settle(inbox, message)
    assert world.below("done") == [b"one", b"two"]
