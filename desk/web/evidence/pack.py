"""The pack of an item's evidence: a zip that tells everything to people and programs, each file with its SHA-256.

The post itself goes along only when it was asked for, under the name of its hash and with an ending that no program
opens by itself: what a stranger sent may be anything.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from desk.web.evidence.view import cleaned, entered, happened, proof_of, who
from desk.web.pages import environment
from desk.web.phrasing import in_london
from desk.web.source.pane import has_picture
from postroom.document import sha256
from postroom.errors import PostroomError
from postroom.evidence import manifest
from postroom.text import Box, Page, Text

if TYPE_CHECKING:
    from desk.web.office import Office
    from postroom.evidence_records import Evidence, File, Value

PAGE_WIDTH, CROP_WIDTH = 1240, 720
CROP_PADDING = 0.006
"""Around a value, in fractions of the page: enough to see its edges, and no words of another."""
MOST_PAGES = 200
"""Pictures in one pack."""
HOW_TO_CHECK = (
    "Each entry of the history carries `covers`, and its `sha256` is the SHA-256 of exactly that text in UTF-8; the "
    "text begins with the hash of the entry before it. hashes.csv lists the hash of every entry from the first of "
    "this item to its last; those between tell of other post and are not shown. Compare them with the ledger or its "
    "backups."
)


@dataclass(frozen=True, slots=True)
class Taken:
    """Who takes a pack away, and when."""

    person: str
    name: str
    at: datetime
    originals: bool


@dataclass(slots=True)
class _Zip:
    """A zip being written, and what is in it."""

    zip: ZipFile
    at: datetime
    files: list[dict[str, Any]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def add(self, path: str, content: bytes, what: str) -> None:
        """Write one file and note its hash."""
        info = ZipInfo(path, in_london(self.at).timetuple()[:6])
        info.compress_type = ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        self.zip.writestr(info, content)
        self.files.append({"path": path, "sha256": sha256(content), "size": len(content), "what": what})


def write_pack(office: Office, evidence: Evidence, taken: Taken, file: IO[bytes]) -> None:
    """Write the pack of an item's evidence."""
    with ZipFile(file, "w") as opened:
        pack = _Zip(opened, taken.at)
        _add_sources(pack, office, evidence)
        stretch = office.ledger.stretch(evidence.history[0].sequence, evidence.history[-1].sequence)
        lines = "".join(f"{number},{digest}\r\n" for number, digest in stretch.hashes)
        pack.add("hashes.csv", f"sequence,sha256\r\n{lines}".encode(), "hash of each entry of the history")
        if taken.originals:
            _add_originals(pack, office, evidence)
        count, head = office.ledger.history_head()
        proof = {"entries": count, "head": head, "broken_at": stretch.broken, "how_to_check": HOW_TO_CHECK}
        html = _html(office, evidence, taken, pack, proof)
        pack.add("evidence.html", html.encode(), "the evidence, to be read and printed")
        said = {
            "council": office.settings.council,
            "taken_by": taken.person,
            "taken_at": taken.at.isoformat(),
            "originals": taken.originals,
            "history": proof,
            "missing": pack.missing,
            "evidence": manifest(evidence),
            "files": pack.files,
        }
        written = json.dumps(said, ensure_ascii=False, indent=2)
        pack.add("manifest.json", written.encode(), "all of this, for programs")


def crops_of(evidence: Evidence) -> list[str]:
    """Return the fields of which there is a picture."""
    kinds = {one.sha256: one.media_type for one in evidence.files}
    return [one.field for one in evidence.values if one.box and has_picture(kinds.get(one.document, ""))]


def _add_sources(pack: _Zip, office: Office, evidence: Evidence) -> None:
    """Add the words of each document of the item, and pictures of its pages."""
    texts = {one.document_id: one for one in office.ledger.texts(evidence.arrived.id)}
    left = MOST_PAGES
    for one in {one.sha256: one for one in evidence.files if one.own}.values():
        text = texts.get(one.sha256)
        if text is not None:
            pack.add(f"texts/{one.sha256[:16]}.txt", text.text.encode(), "the words as they were read")
        if not has_picture(one.media_type):
            continue
        for page in _pages(text):
            if left == 0:
                pack.missing.append(f"Document {one.sha256[:16]}, page {page.number}: more than {MOST_PAGES} pages.")
                continue
            left -= 1
            _add_picture(pack, office, evidence, one, page)


def _add_picture(pack: _Zip, office: Office, evidence: Evidence, one: File, page: Page) -> None:
    try:
        document = office.ledger.load_document(evidence.arrived.id, one.sha256)
        content = office.pictures.page(document, _as_read(page), page.number, PAGE_WIDTH)
    except PostroomError as error:
        pack.missing.append(f"Document {one.sha256[:16]}, page {page.number}: {error.message}")
        return
    pack.add(f"pages/{one.sha256[:16]}-{page.number}.webp", content, f"picture of page {page.number}")


def _add_originals(pack: _Zip, office: Office, evidence: Evidence) -> None:
    """Add the message and every document in it, each once, named by its hash."""
    ids = {evidence.arrived.sha256: "the message as it arrived"}
    ids |= {one.sha256: "a document of the message" for one in evidence.files if one.sha256 not in ids}
    for digest, what in ids.items():
        pack.add(f"originals/{digest}.bin", office.ledger.documents.get(digest), f"{what}; it may be harmful")


def _html(office: Office, evidence: Evidence, taken: Taken, pack: _Zip, proof: Mapping[str, Any]) -> str:
    return (
        environment()
        .get_template("evidence/pack.html")
        .render(
            council=office.settings.council,
            evidence=cleaned(evidence),
            crops=dict(_crops(office, evidence)),
            taken=taken,
            files=pack.files,
            missing=pack.missing,
            proof=proof,
            happened=happened,
            who=who,
            entered=entered,
            proof_of=proof_of,
            may_see_configuration=False,
        )
    )


def _crops(office: Office, evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Yield the piece of the page that each value was read from, written into the address of its picture."""
    from flows.draw_pages import MEDIA_TYPE

    wanted = crops_of(evidence)
    texts = {one.document_id: one for one in office.ledger.texts(evidence.arrived.id)} if wanted else {}
    for value in evidence.values:
        if value.field in wanted:
            try:
                content = _crop(office, evidence, value, texts.get(value.document))
            except PostroomError:
                continue  # The page's own picture is missing too, and that is told.
            yield value.field, f"data:{MEDIA_TYPE};base64,{base64.b64encode(content).decode()}"


def _crop(office: Office, evidence: Evidence, value: Value, text: Text | None) -> bytes:
    assert value.box is not None  # noqa: S101
    page = next((one for one in _pages(text) if one.number == value.page), Page(value.page, ()))
    document = office.ledger.load_document(evidence.arrived.id, value.document)
    return office.pictures.crop(document, _as_read(page), value.page, Box(*value.box), CROP_WIDTH, padding=CROP_PADDING)


def _pages(text: Text | None) -> tuple[Page, ...]:
    return text.pages if text is not None and text.pages else (Page(1, ()),)


def _as_read(page: Page) -> Page | None:
    return page if page.lines or page.width else None
