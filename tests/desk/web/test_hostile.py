"""Two hundred ways of running a script or reaching out, in every place where post or people leave words at the desk."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from urllib.parse import quote
from zipfile import ZipFile

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from playwright.sync_api import Browser, Frame, Page, Route

from config.settings import load_settings
from desk.web import guard, pages
from desk.web.app import make_app
from desk.web.office import Office
from desk.web.source import sanitise
from desk.web.source.frames import FRAME_HEADERS
from postroom.ledger import Ledger
from postroom.staff import Person, Role
from tests.desk.conftest import GARDEN_WASTE, MAIN, MISSED_BIN
from tests.desk.web import hostile
from tests.desk.web.conftest import Served, add_person, client_of
from tests.desk.web.hostile import ITEMS, share, words
from tests.desk.web.town import LETTERS
from tests.desk.web.vectors import VECTORS, Canary, Watch, browser_that_knocks, watch

POLICY = "Content-Security-Policy"
ACTIVE = """home => {
  const found = [];
  const attributes = ['href', 'src', 'action', 'formaction', 'data', 'xlink:href', 'poster', 'srcset', 'background'];
  for (const one of document.querySelectorAll('*')) {
    for (const {name, value} of one.attributes) {
      if (name.startsWith('on')) found.push(`${one.tagName} ${name}`);
      if (attributes.includes(name)) {
        let address;
        try { address = new URL(value, document.baseURI); } catch { found.push(`${one.tagName} ${name}`); continue; }
        const picture = one.tagName === 'IMG' && address.protocol === 'data:';
        if (!picture && address.host !== new URL(home).host) found.push(`${one.tagName} ${name} ${value.slice(0, 60)}`);
      }
    }
    const ours = (one.tagName === 'SCRIPT' && one.type === 'module' && one.src)
      || (one.tagName === 'META' && one.content.startsWith("default-src 'none'"));
    if (one.matches('script, object, embed, base, [http-equiv], [srcdoc]') && !ours) found.push(one.tagName);
  }
  return found;
}"""
"""Finds what could act in a page, whatever policy it came with; a page of the desk has nothing of the kind."""


@dataclass
class Attacked:
    """A desk full of hostile post, and everybody's sign-in."""

    office: Office
    app: FastAPI
    served: Served
    folder: Path
    items: list[str]
    people: dict[Role, Person]
    tokens: dict[Role, str] = field(default_factory=dict)

    def client(self, role: Role) -> TestClient:
        return client_of(self.app, self.office, self.people[role])


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "config" / "processes").mkdir(parents=True)
    desk = "desk: {blind_samples: 1, seeded_errors: 0, letters: letters}\n"
    (folder / "config" / "postroom.yaml").write_text(MAIN + LETTERS + desk)
    texts = {"missed-bin": MISSED_BIN, "garden-waste": GARDEN_WASTE, "grievance": hostile.PROCESS}
    for name, text in texts.items():
        (folder / "config" / "processes" / f"{name}.yaml").write_text(text)
    settings = load_settings(folder / "config", folder / "var")
    ledger = Ledger(settings.ledger_url, settings.documents)
    ledger.migrate()
    office = Office(settings, ledger)
    app = make_app(office)
    served = Served(app)
    served.start()
    made = Attacked(office, app, served, folder, hostile.put_in(office), _people(app, office))
    for role, person in made.people.items():
        made.tokens[role] = ledger.sign_in(person.id, words(3), 8)
    _act(made)
    hostile.break_down(office)
    yield made
    served.stop()
    office.close()


def _people(app: FastAPI, office: Office) -> dict[Role, Person]:
    """Let ICT add somebody of each role, and more, whose names are vectors."""
    clerk = client_of(app, office, add_person(office, Role.ICT, name="clerk"))
    roles = [*Role, *[Role.OFFICER] * (ITEMS - len(Role))]
    for number, (name, role) in enumerate(zip(hostile.typed_names(), roles, strict=True)):
        form = {"name": name, "sign_in_name": f"h{number}", "roles": role, "teams": "*"}
        assert clerk.post("/people/new", data=form).status_code == 200
    for one in office.ledger.staff():
        office.ledger.set_password(one.person.id, "one of their own", "test")
    return {role: one.person for role in Role for one in office.ledger.staff() if one.person.roles == {role}}


def _act(desk: Attacked) -> None:
    """Let an officer do everything that takes words, each with vectors for words."""
    officer, ledger, items = desk.client(Role.OFFICER), desk.office.ledger, desk.items

    def post(number: int, what: str, **form: str) -> None:
        version = str(ledger.item(items[number]).summary.version)
        answer = officer.post(f"/items/{items[number]}/{what}", data={"version": version, **form})
        assert answer.status_code == 303, answer.text
        assert "/account" not in answer.headers["location"]

    post(0, "fields/story", value=words(0))
    post(1, "reject", reason="other", words=words(1))
    post(2, "no-action", reason="other", words=words(2))
    post(3, "by-hand", target="depot", reference=words(3))
    for number in (4, 5):
        post(number, "release", anyway="yes", rest="accept")
        hostile.key_in(desk.office, items[number], number)
    for one in ledger.staff():
        ledger.look(items[0], one.person)


Seen = tuple[Role | None, str]


def places(desk: Attacked, *, every: bool) -> list[Seen]:
    """Return every page that shows words of the post or of people, with who sees it.

    The sanitiser stands before one frame alone: with it down, that frame is opened for every item, and the other pages
    of an item for the first.
    """
    told, items = quote(words(0, 900), safe=""), desk.items
    officer: list[str] = ["/queue", f"/queue?process={told}&team={told}&said={told}", "/batches", "/checks", "/account"]
    for item in items:
        officer += [f"/items/{item}?document=0&look=mail", f"/items/{item}/documents/0/mail"]
    for item in items if every else items[:1]:
        officer += [f"/items/{item}?document=0&look=text", f"/items/{item}/evidence"]
    officer += [f"/items/{items[0]}?document={number}" for number in (1, 2, len(share(0)) + 1)]
    officer += [f"/items/{items[0]}/documents/{number}/text" for number in (1, 2, len(share(0)) + 1)]
    officer += [f"/items/{items[0]}{end}" for end in ("/send-back", "/split", "/merge", f"?said={told}&item={told}")]
    known = [one.version for one in desk.office.ledger.configurations()][:2]
    ict = ["/people", "/system", "/system/failed", f"/system/failed?target={told}", "/system/runs?all=true"]
    ict += [f"/people/{one.person.id}" for one in desk.office.ledger.staff()[:2]]
    ict += [f"/system/configuration?version={known[0]}&against={known[1]}", f"/system/pause?kind=target&name={told}"]
    auditor = ["/audit?robot=true", f"/audit?person={told}&action={told}&item={told}&day={told}"]
    manager = ["/figures", f"/figures?part={told}&team={told}&begin={told}", "/figures/items"]
    manager.append(f"/figures/items?process={told}&target={told}&outcome={told}&state={told}&clock={told}")
    by_role = {Role.OFFICER: officer, Role.ICT: ict, Role.AUDITOR: auditor, Role.MANAGER: manager}
    found: list[Seen] = [(role, path) for role, paths in by_role.items() for path in paths]
    return [*found, (None, f"/sign-in?next={told}"), (None, f"/{told}"), (None, f"/sign-in/return?code={told}")]


def answers(desk: Attacked) -> list[Response]:
    """Return what the desk answers to words that it sends back because something is wrong with them."""
    told, item = words(0, 900), desk.items[0]
    officer, ict = desk.client(Role.OFFICER), desk.client(Role.ICT)
    version = {"version": str(desk.office.ledger.item(item).summary.version)}
    return [
        officer.post("/sign-in", data={"name": told, "password": told, "next": told}),
        officer.post(f"/items/{item}/fields/day", data=version | {"value": told}),
        officer.post(f"/items/{item}/reject", data=version | {"reason": told, "words": told}),
        officer.post(f"/items/{item}/send-back", data=version | {"subject": "", "body": told}),
        officer.post(f"/items/{item}/send-back", data=version | {"subject": told, "body": ""}),
        officer.post(f"/items/{item}/split", data=version | {"part": told, "to": told}),
        officer.post(f"/items/{item}/merge", data=version | {"into": told}),
        officer.post("/account/password", data={"old": told, "new": told, "again": told}),
        ict.post("/people/new", data={"name": told * 9, "sign_in_name": told, "roles": told, "teams": told}),
        ict.post("/system/pause", data={"kind": "target", "name": "crm", "reason": told * 9}),
        ict.post("/system/check", data={"name": told}),
    ]


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    made = Canary()
    yield made
    made.close()


@pytest.fixture(scope="module")
def knocking(browser: Browser, canary: Canary) -> Iterator[Browser]:
    opened = browser_that_knocks(browser, canary)
    yield opened
    opened.close()


@dataclass
class Walk:
    """A browser's way through the desk, and what happened on it."""

    desk: Attacked
    browser: Browser
    canary: Canary
    acting: list[str] = field(default_factory=list)
    watched: list[tuple[str, Watch]] = field(default_factory=list)
    stack: ExitStack = field(default_factory=ExitStack)
    tabs: dict[Role | None, Page] = field(default_factory=dict)

    def tab(self, role: Role | None) -> Page:
        """Return the one tab of a role."""
        if role not in self.tabs:
            context = self.browser.new_context(base_url=self.desk.served.address)
            self.stack.callback(context.close)
            if role is not None:
                cookie = {"name": "postroom", "value": self.desk.tokens[role], "url": self.desk.served.address}
                context.add_cookies([cookie])  # type: ignore[list-item]
            self.tabs[role] = context.new_page()
            self.watched.append((role or "nobody", watch(self.tabs[role], self.desk.served.address)))
        return self.tabs[role]

    def open(self, role: Role | None, address: str, *, judged: bool = True) -> None:
        """Open a page and look what in it could act; in its frames as well."""
        page = self.tab(role)
        page.goto(address)
        assert page.url.split("?")[0].endswith(address.split("?")[0]) or address.startswith("/%"), page.url
        for frame in page.frames if judged else ():
            self.judge(frame, address)

    def judge(self, frame: Frame, address: str) -> None:
        self.acting += [f"{address}: {one}" for one in frame.evaluate(ACTIVE, self.desk.served.address)]

    def end(self) -> list[str]:
        """Close everything and return what went wrong."""
        for page in self.tabs.values():
            page.wait_for_timeout(150)
        self.stack.close()
        seen = [f"{role}: {line}" for role, one in self.watched for line in one.findings()]
        return self.acting + seen + [f"knocked: {line}" for line in self.canary.asked]


@pytest.fixture
def walk(attacked: Attacked, knocking: Browser, canary: Canary) -> Iterator[Walk]:
    canary.asked.clear()
    made = Walk(attacked, knocking, canary)
    yield made
    made.stack.close()


def _through_everything(walk: Walk, *, frames_judged: bool) -> None:
    for role, address in places(walk.desk, every=frames_judged):
        walk.open(role, address, judged=frames_judged or not _shows_mail(address))
    for number, answer in enumerate(answers(walk.desk)):
        assert answer.status_code in (400, 403, 404, 409), answer.url
        _shown_again(walk, number, answer)


def _shows_mail(address: str) -> bool:
    return address.endswith(("look=mail", "/mail"))


def _shown_again(walk: Walk, number: int, answer: Response) -> None:
    """Show in the browser what the desk answered to a form."""
    page = walk.tab(Role.OFFICER)

    def fulfil(route: Route) -> None:
        route.fulfill(status=200, headers=dict(answer.headers), body=answer.content)

    page.route(f"**/answer-{number}", fulfil)
    walk.open(Role.OFFICER, f"/answer-{number}")


def _without_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "HEADERS", {name: value for name, value in guard.HEADERS.items() if name != POLICY})
    for name in (POLICY, "Connection-Allowlist"):
        monkeypatch.delitem(FRAME_HEADERS, name)


def _without_sanitiser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sanitise, "sanitised", lambda html: html)


def test_each_vector_is_in_every_place(attacked: Attacked) -> None:
    """What is looked for below must be there: unchanged, but where mail or the place itself cuts it."""
    told = [words(number) for number in range(ITEMS)]
    assert sum(len(share(number)) for number in range(ITEMS)) == len(VECTORS)
    for number, item_id in enumerate(attacked.items):
        item = attacked.office.ledger.item(item_id)
        assert item.envelope is not None
        assert len(item.envelope.subject) > 1000
        assert len(item.envelope.sender_name) > 1000
        names = [one.name for one in attacked.office.ledger.documents_of(item.summary.message_id)]
        assert len(names) > len(share(number))
        assert {field.read.value for field in item.fields if field.read} == {told[number]}
        assert told[number] in item.disposition.reasons[0]
    assert any(correction.after for correction in attacked.office.ledger.item(attacked.items[0]).corrections)


@pytest.mark.parametrize("wall", ["sanitiser", "policy"])
def test_nothing_runs_and_nothing_leaves_with_one_wall_down(
    walk: Walk, monkeypatch: pytest.MonkeyPatch, wall: str
) -> None:
    _without_sanitiser(monkeypatch) if wall == "sanitiser" else _without_policy(monkeypatch)
    _through_everything(walk, frames_judged=wall != "sanitiser")
    assert not walk.end()


def test_files_that_are_taken_away_hold_nothing_that_acts(walk: Walk, attacked: Attacked) -> None:
    """They are opened from a disk, where no header of the desk protects anybody."""
    officer = attacked.client(Role.OFFICER)
    files: Mapping[str, bytes] = {
        **{f"evidence-{item}.html": _pack(officer, item)["evidence.html"] for item in attacked.items},
        "report.html": attacked.client(Role.MANAGER).get("/figures/report.html").content,
    }
    for name, content in files.items():
        path = attacked.folder / name
        path.write_bytes(content)
        walk.open(None, path.as_uri())
    assert not walk.end()


def _pack(client: TestClient, item: str) -> dict[str, bytes]:
    answer = client.post(f"/items/{item}/evidence/pack", data={"x": ""})
    assert answer.status_code == 200
    with ZipFile(BytesIO(answer.content)) as opened:
        assert all(re.fullmatch(r"[\w./-]+", name) and ".." not in name for name in opened.namelist())
        return {name: opened.read(name) for name in opened.namelist()}


def test_files_for_spreadsheets_hold_no_formula_and_no_word_of_the_post(attacked: Attacked) -> None:
    import csv

    from openpyxl import load_workbook

    manager = attacked.client(Role.MANAGER)
    rows = list(csv.reader(manager.get("/figures/report.csv").content.decode("utf-8-sig").splitlines()))
    book = load_workbook(BytesIO(manager.get("/figures/report.xlsx").content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    hashes = _pack(attacked.client(Role.OFFICER), attacked.items[0])["hashes.csv"].decode().splitlines()
    told = [cell for row in rows for cell in row] + [str(cell.value) for cell in cells] + hashes
    assert len(told) > 300
    assert not [cell for cell in told if re.search(r"canary|ran\d", cell)]
    assert not [cell for cell in told if cell[:1] in ("=", "+", "@", "\t") and not _is_number(cell)]
    assert not [cell for cell in cells if cell.data_type == "f"]


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[+-]?[\d.]+", cell) is not None


def test_no_template_gives_up_escaping() -> None:
    """Each place where mark-up is passed on as such is known, and none is fed from the ledger."""
    given_up = re.compile(r"\|\s*safe\b|autoescape|Markup")
    found = {path.name for path in pages.TEMPLATES.rglob("*.html") if given_up.search(path.read_text("utf-8"))}
    assert found <= {"gallery.html", "configuration.html"}, "The first holds no data, the second formats into mark-up."


# The controls stand last: what they let run may knock at the canary after their end.


def test_with_both_walls_down_vectors_run_in_the_frames(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    _without_sanitiser(monkeypatch)
    _without_policy(monkeypatch)
    for item in walk.desk.items[:3]:
        walk.tab(Role.OFFICER).goto(f"/items/{item}/documents/0/mail", wait_until="commit")
        walk.tab(Role.OFFICER).wait_for_timeout(300)
    found = walk.end()
    assert any(" ran: " in line for line in found)
    assert any(line.startswith("knocked: ") for line in found)


def test_without_escaping_the_pages_would_run_them(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    _without_policy(monkeypatch)
    monkeypatch.setattr(pages.environment(), "autoescape", False)
    pages.environment().cache.clear()  # type: ignore[union-attr]
    for item in walk.desk.items[:3]:
        walk.tab(Role.OFFICER).goto(f"/items/{item}?look=text", wait_until="commit")
        walk.tab(Role.OFFICER).wait_for_timeout(300)
    monkeypatch.undo()
    pages.environment().cache.clear()  # type: ignore[union-attr]
    assert any(" ran: " in line for line in walk.end())
