from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import count as numbers
from typing import Any, ClassVar

import pytest

from connectors.graph.file_names import LONGEST, file_name
from connectors.graph.library_target import LibraryTarget, permissions
from connectors.graph.target_settings import LibrarySettings
from connectors.graph.upload import RANGE_BYTES, SMALL_BYTES, STEP
from postroom.delivery import Attachment, Delivery, Target
from postroom.errors import ConnectorDown, DeliveryUncertain, RefusedByTarget, SignInRefused, TransientError
from tests.connectors.graph_targets import (
    account,
    deliver_after_crashes,
    deliver_in_bad_weather,
    failing,
    graph_server,
)
from tests.contracts.target import PLAIN, TargetContract, TargetWorld, delivery
from tests.servers.graph import GraphServer, drives
from tests.servers.graph import sharepoint_columns as columns

CONTENT, FIELDS, UP = r":/content$", r"/listItem/fields$", r"^/up/"
_turn = numbers(1)


class LibraryWorld(TargetWorld):
    faults: ClassVar = {
        "too many requests": TransientError,
        "no right": SignInRefused,
        "error after": DeliveryUncertain,
        "error before": DeliveryUncertain,
        "answer lost": DeliveryUncertain,
        "answer broken off": DeliveryUncertain,
        "a sign-in page": DeliveryUncertain,
        "refused": RefusedByTarget,
        "locked": TransientError,
        "full": ConnectorDown,
    }
    ways: ClassVar = {
        "too many requests": "retry 7",
        "no right": "status 403 accessDenied",
        "error after": "status-after 500",
        "error before": "status 504",
        "answer lost": "reset-after",
        "answer broken off": "truncated",
        "a sign-in page": "page",
        "refused": "status 400 invalidRequest",
        "locked": "status 423 resourceLocked",
        "full": "status 507 quotaLimitReached",
    }

    def __init__(self, server: GraphServer, *more: dict[str, Any], **key: bool) -> None:
        self.server = server
        self.path = f"/sites/Library{next(_turn)}"
        site = server.tenant.lists.add_site(self.path)
        own = columns.key(unique=key.pop("unique", False), **key), columns.text("SourcePart"), columns.text("full_name")
        self.drive = server.tenant.drives.add_library(
            site, "Documents", *own, columns.text("summary", lines=True), *more
        )
        server.tenant.drives.ranges.clear()

    def target(self) -> Target:
        return self.open()

    def open(self, **more: Any) -> LibraryTarget:
        settings = {
            "kind": "graph-library",
            "name": "files",
            "site": f"northborough.sharepoint.com:{self.path}",
            "folder": "Post/2026",
            "columns": {"full_name": {}, "summary": {}},
        }
        return LibraryTarget(LibrarySettings.model_validate({**settings, **account(self.server), **more}))

    @property
    def files(self) -> dict[str, drives.FileRecord]:
        found = self.server.tenant.drives.files.values()
        return {file.name: file for file in found if file.drive == self.drive.id}

    @property
    def items(self) -> dict[int, dict[str, Any]]:
        return self.server.tenant.lists.lists[self.drive.list].items  # type: ignore[no-any-return]

    def count(self, key: str) -> int:
        return self.server.tenant.drives.count(self.drive, key)  # type: ignore[no-any-return]

    def total(self) -> int:
        return len(self.files)

    def fault(self, name: str) -> AbstractContextManager[None]:
        return failing(self.server, "PUT", CONTENT, self.ways[name])


@pytest.fixture(scope="module")
def server() -> Iterator[GraphServer]:
    with graph_server() as started:
        yield started


@pytest.fixture
def world(server: GraphServer) -> LibraryWorld:
    return LibraryWorld(server)


class TestLibraryContract(TargetContract):
    kind = "graph-library"


def with_files(number: int, *contents: bytes, name: str = "letter.pdf") -> Delivery:
    files = tuple(Attachment(name, "application/pdf", content) for content in contents)
    return replace(delivery(number, PLAIN), attachments=files)


def large(size: int = 2 * RANGE_BYTES + 1_000) -> bytes:
    return bytes(range(256)) * (size // 256) + b"x" * (size % 256)


def names(one: Delivery, *given: str) -> set[str]:
    return {f"{one.key}-{number} {name}" for number, name in enumerate(given, 1)}


def test_the_files_of_a_record_carry_its_key_their_number_and_its_fields(world: LibraryWorld) -> None:
    one, target = with_files(1, b"first", b"second"), world.open()
    receipt = target.deliver(one)
    assert set(world.files) == names(one, "letter.pdf", "letter.pdf")
    assert {file.content for file in world.files.values()} == {b"first", b"second"}
    assert {item["fields"]["SourcePart"] for item in world.items.values()} == {"1/2", "2/2"}
    assert all(item["fields"]["full_name"] == "Ada Osei" for item in world.items.values())
    assert {item["fields"]["SourceKey"] for item in world.items.values()} == {one.key}
    assert receipt.details == {"files": "2"}
    assert receipt.location.endswith(f"/Documents/Post/2026/{one.key}-1%20letter.pdf")


def test_a_record_without_files_becomes_a_text_with_its_fields(world: LibraryWorld) -> None:
    one = delivery(1, PLAIN)
    world.open().deliver(one)
    (file,) = world.files.values()
    assert file.name == f"{one.key}-1 record.txt"
    assert "full name: Ada Osei" in file.content.decode()


def test_in_bad_weather_every_record_arrives_once(world: LibraryWorld) -> None:
    made = (with_files(number, b"first", b"second") for number in range(10))
    deliver_in_bad_weather(world.server, world.target, made, world.count, records=2)


def test_an_answer_lost_after_any_request_uploads_no_file_twice(world: LibraryWorld) -> None:
    made = (with_files(number, b"first") for number in numbers())
    assert deliver_after_crashes(world.server, world.target, made, world.count) >= 6


def test_an_answer_lost_after_any_request_of_a_large_upload_makes_one_file(world: LibraryWorld) -> None:
    content = large(RANGE_BYTES + STEP + 5)
    made = (with_files(number, content) for number in numbers())
    assert deliver_after_crashes(world.server, world.target, made, world.count) >= 8
    assert all(file.content == content for file in world.files.values())


def test_a_record_with_some_of_its_files_is_absent_until_the_rest_is_there(world: LibraryWorld) -> None:
    one, target = with_files(1, b"first", b"second", b"third"), world.open()
    with failing(world.server, "PUT", CONTENT, "well", "status-after 500"), pytest.raises(DeliveryUncertain):
        target.deliver(one)
    assert len(world.files) == 2
    assert target.find(one.key) is None
    receipt = target.deliver(one)
    found = target.find(one.key)
    assert found is not None
    assert found.reference == receipt.reference
    assert set(world.files) == names(one, "letter.pdf", "letter.pdf", "letter.pdf")


@pytest.mark.parametrize(
    ("method", "pattern", "way"),
    [
        ("PUT", CONTENT, "retry 5"),
        ("PUT", CONTENT, "status 423 resourceLocked"),
        ("PATCH", FIELDS, "retry 5"),
        ("PATCH", FIELDS, "status 423 resourceLocked"),
        ("PATCH", FIELDS, "status 409 resourceModified"),
        ("PATCH", FIELDS, "status 404 itemNotFound"),
    ],
)
def test_once_a_file_is_there_nobody_says_that_nothing_was_sent(
    world: LibraryWorld, method: str, pattern: str, way: str
) -> None:
    one, target = with_files(1, b"first", b"second"), world.open()
    with failing(world.server, method, pattern, "well", way), pytest.raises(DeliveryUncertain):
        target.deliver(one)
    target.deliver(one)
    assert world.count(one.key) == 2


def test_a_file_counts_only_with_its_columns(world: LibraryWorld) -> None:
    one, target = with_files(1, b"first"), world.open()
    with failing(world.server, "PATCH", FIELDS, "status 500"), pytest.raises(DeliveryUncertain):
        target.deliver(one)
    assert world.count(one.key) == 1
    assert target.find(one.key) is None
    target.deliver(one)
    assert target.find(one.key) is not None
    assert world.count(one.key) == 1


def test_a_large_file_goes_in_ranges_without_the_token(world: LibraryWorld) -> None:
    one = with_files(1, large())
    world.open().deliver(one)
    (file,) = world.files.values()
    assert file.content == large()
    sent = [seen for seen in world.server.requests if seen.path.startswith("/up/")][-3:]
    assert [len(seen.body) % STEP for seen in sent][:2] == [0, 0]
    assert all(len(seen.body) < 60 * 1024 * 1024 for seen in sent)
    assert all("authorization" not in seen.headers for seen in sent)


@pytest.mark.parametrize("size", [0, 1, SMALL_BYTES, SMALL_BYTES + 1, RANGE_BYTES, RANGE_BYTES + 1])
def test_a_file_of_any_size_arrives_whole(world: LibraryWorld, size: int) -> None:
    world.open().deliver(with_files(1, large(size)))
    (file,) = world.files.values()
    assert file.content == large(size)


@pytest.mark.parametrize(
    "ways", [["416"], ["well", "416"], ["well", "well", "416"], ["short"], ["short", "416", "short"]]
)
def test_a_range_that_the_session_has_already_is_asked_about_and_the_upload_goes_on(
    world: LibraryWorld, ways: list[str]
) -> None:
    world.server.tenant.drives.ranges = ways
    one, target = with_files(1, large()), world.open()
    target.deliver(one)
    (file,) = world.files.values()
    assert file.content == large()
    assert target.find(one.key) is not None


def test_a_name_taken_at_the_last_byte_is_ours_if_the_size_is_the_same(world: LibraryWorld) -> None:
    world.server.tenant.drives.ranges = ["well", "well", "409"]
    one, target = with_files(1, large()), world.open()
    target.deliver(one)
    assert world.count(one.key) == 1
    assert target.find(one.key) is not None


def test_a_name_taken_by_another_file_goes_to_a_person(world: LibraryWorld) -> None:
    world.server.tenant.drives.ranges = ["well", "well", "409-other"]
    one, target = with_files(1, large()), world.open()
    with pytest.raises(RefusedByTarget, match="is there already") as raised:
        target.deliver(one)
    assert "letter" not in str(raised.value), "a file's name is content of the post"
    (file,) = world.files.values()
    assert file.content == b"somebody else's", "it is never written over"


@pytest.mark.parametrize("content", [b"ours", large()])
def test_a_file_is_never_written_over(world: LibraryWorld, content: bytes) -> None:
    one, target = with_files(1, content), world.open()
    world.server.tenant.drives.add_file(world.drive.id, f"Post/2026/{one.key}-1 letter.pdf", b"somebody else's")
    with pytest.raises(RefusedByTarget, match="is there already"):
        target.deliver(one)
    (file,) = world.files.values()
    assert file.content == b"somebody else's"


def test_only_the_last_range_leaves_it_open_whether_a_file_was_made(world: LibraryWorld) -> None:
    for ranges, error in ((0, TransientError), (1, TransientError), (2, DeliveryUncertain)):
        one, target = with_files(ranges, large()), world.open()
        with failing(world.server, "PUT", UP, *["well"] * ranges, "reset-after"), pytest.raises(error):
            target.deliver(one)
        assert world.count(one.key) == (error is DeliveryUncertain)


def test_a_file_that_staff_moved_meanwhile_is_not_uploaded_again(world: LibraryWorld) -> None:
    one, target = with_files(1, b"first", b"second"), world.open()
    with failing(world.server, "PUT", CONTENT, "well", "status 504"), pytest.raises(DeliveryUncertain):
        target.deliver(one)
    (first,) = world.files.values()
    first.folder = "Elsewhere"
    target.deliver(one)
    assert world.count(one.key) == 2
    assert target.find(one.key) is not None


def test_an_upload_whose_session_ended_is_provably_not_there(world: LibraryWorld) -> None:
    world.server.tenant.drives.ranges = ["well", "gone"]
    one, target = with_files(1, large()), world.open()
    with pytest.raises(TransientError):
        target.deliver(one)
    assert world.count(one.key) == 0
    target.deliver(one)
    assert world.count(one.key) == 1


def test_a_session_whose_time_is_up_is_begun_anew(world: LibraryWorld) -> None:
    kept, world.server.tenant.drives.session_seconds = world.server.tenant.drives.session_seconds, 0.0
    one, target = with_files(1, large()), world.open()
    with pytest.raises(TransientError):
        target.deliver(one)
    world.server.tenant.drives.session_seconds = kept
    target.deliver(one)
    assert world.count(one.key) == 1


def test_an_upload_that_does_not_get_on_gives_up(world: LibraryWorld) -> None:
    world.server.faults.on("PUT", UP, *["status 416 invalidRange"] * 3)
    with pytest.raises(TransientError, match="get on"):
        world.open().deliver(with_files(1, large()))
    world.server.faults.clear()


def test_a_file_of_office_that_sharepoint_has_changed_is_still_ours(world: LibraryWorld) -> None:
    files = (Attachment("form.docx", "application/octet-stream", b"PK form"),)
    one, target = replace(delivery(1, PLAIN), attachments=files), world.open()
    with failing(world.server, "PATCH", FIELDS, "status 500"), pytest.raises(DeliveryUncertain):
        target.deliver(one)
    assert next(iter(world.files.values())).content != b"PK form"
    target.deliver(one)
    assert world.count(one.key) == 1


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("letter.pdf", "letter.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("CON", "CON"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\u200bb\x00c.pdf", "abc.pdf"),
        ('what: "who"? <now>|*.pdf', "what_ _who__ _now___.pdf"),
        ("50% #1 {x} & y~.pdf", "50_ _1 _x_ _ y_.pdf"),
        (" .hidden. ", "hidden"),
        ("", "file"),
        ("///", "file"),
        ("...", "file"),
        ("x_VTI_y.pdf", "x_vti-y.pdf"),
        ("~$open.docx", "_$open.docx"),
        ("caf\u0065\u0301.txt", "caf\u00e9.txt"),
        ("\ud800.pdf", "pdf"),
        ("x" * 300 + ".jpeg", "x" * (LONGEST - 5) + ".jpeg"),
        ("no.extension but a very long sentence", "no.extension but a very long sentence"),
    ],
)
def test_the_name_of_a_file_is_made_safe(world: LibraryWorld, given: str, expected: str) -> None:
    assert file_name("PR-A", 1, given) == f"PR-A-1 {expected}"
    one, target = with_files(1, b"content", name=given), world.open()
    target.deliver(one)
    assert set(world.files) == {f"{one.key}-1 {expected}"}
    assert {file.folder for file in world.files.values()} == {"Post/2026"}
    assert target.find(one.key) is not None


def test_a_failed_look_up_is_an_error_and_never_absent(world: LibraryWorld) -> None:
    one, target = with_files(1, b"first"), world.open()
    target.deliver(one)
    for way in ("status 500", "retry 2", "status 422 notSupported", "truncated", "status 404 itemNotFound"):
        with failing(world.server, "GET", "/list/items", way), pytest.raises((TransientError, ConnectorDown)):
            target.find(one.key)
    assert target.find(one.key) is not None


@pytest.mark.parametrize("key", [{"indexed": False}, {"unique": True}])
def test_a_library_whose_key_column_cannot_be_searched_is_not_worked_with(
    server: GraphServer, key: dict[str, bool]
) -> None:
    world = LibraryWorld(server, **key)
    with pytest.raises(ConnectorDown, match="index it"):
        world.open().deliver(delivery(1, PLAIN))
    assert world.total() == 0


def test_a_file_that_was_copied_with_its_columns_goes_to_a_person(world: LibraryWorld) -> None:
    one, target = with_files(1, b"first"), world.open()
    target.deliver(one)
    copy = world.server.tenant.drives.add_file(world.drive.id, "Elsewhere/copy.pdf", b"first")
    world.items[copy.number]["fields"].update({"SourceKey": one.key, "SourcePart": "1/1"})
    with pytest.raises(RefusedByTarget, match="two files"):
        target.find(one.key)


def test_a_part_that_somebody_wrote_over_is_filled_in_again(world: LibraryWorld) -> None:
    one, target = with_files(1, b"first"), world.open()
    target.deliver(one)
    next(iter(world.items.values()))["fields"]["SourcePart"] = "one of one"
    assert target.find(one.key) is None
    target.deliver(one)
    assert target.find(one.key) is not None
    assert world.count(one.key) == 1


def test_check_finds_the_library_and_says_what_is_missing(world: LibraryWorld) -> None:
    assert any("is made with the first file" in told for told in world.open().check())
    world.open().deliver(with_files(1, b"first"))
    assert any("is there" in told for told in world.open().check())
    with pytest.raises(ConnectorDown, match="Libraries there: Documents"):
        world.open(library="Papers").check()
    with pytest.raises(ConnectorDown, match="no column"):
        world.open(part_column="Part").check()
    assert "Sites.Selected" in str(permissions(world.open()._settings)[0])


def test_a_file_that_somebody_deleted_cannot_be_read_back(world: LibraryWorld) -> None:
    target = world.open()
    receipt = target.deliver(with_files(1, b"first"))
    world.server.tenant.drives.files.clear()
    with pytest.raises(RefusedByTarget, match="no longer"):
        target.read_back(receipt)
