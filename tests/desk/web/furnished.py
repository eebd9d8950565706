"""A desk with everything in it: people of every role, post in every state, a line that ran, failed and was paused.

For what looks at every page: the tests of accessibility, and the pictures in the documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from zlib import crc32

from fastapi import FastAPI
from playwright.sync_api import BrowserContext

from config.sign_in import OpenIdSignIn
from config.version import files_in_force, version_of
from desk.web.app import make_app
from desk.web.office import Office
from desk.web.sign_in.passwords import hash_password
from extractors.limits import Limits
from extractors.ocr.settings import OcrSettings
from extractors.reading import read_message
from postroom.clock import utc_now
from postroom.deliver import deliver_one
from postroom.delivery import Receipt
from postroom.disposition import Disposition, Outcome
from postroom.errors import DeliveryUncertain, PostroomError, RefusedByTarget, TransientError
from postroom.ledger import Ledger, Stage
from postroom.message import Message, ReadMessage
from postroom.staff import EVERY_TEAM, Person, Role
from postroom.workitem import Extraction
from tests.desk.web.answering import Answering
from tests.desk.web.conftest import Served
from tests.desk.web.held_items import SENT, HeldItem, extraction_of, full_settings, held, held_items, put_in

PASSWORD = "orchard kettle seven"
OWNER = "line"
PEOPLE = {
    "officer": ("Olive Ferris", Role.OFFICER, False),
    "second": ("Ben Okafor", Role.OFFICER, False),
    "named": ("Nadia Rahim", Role.OFFICER, True),
    "lead": ("Lena Marsh", Role.TEAM_LEAD, True),
    "manager": ("Marcus Doyle", Role.MANAGER, False),
    "ict": ("Ines Turner", Role.ICT, False),
    "auditor": ("Asha Pell", Role.AUDITOR, False),
}
OPENID = {
    "kind": "openid",
    "tenant": "8d2c7c0e-35f5-4a3e-9a3c-0f7e1f4d2b61",
    "client_id": "desk",
    "client_secret": {"env": "OPENID_SECRET"},
    "address": "https://desk.example",
    "roles": {"Officer": "officer"},
}


@dataclass
class Desk:
    """An office with its application on a real port."""

    office: Office
    app: FastAPI
    served: Served
    people: dict[str, Person] = field(default_factory=dict)
    items: dict[str, str] = field(default_factory=dict)
    """Ids by the names of the held items, and by what was done with them."""
    tokens: dict[str, str] = field(default_factory=dict)

    def sign_in(self, context: BrowserContext, who: str) -> None:
        """Give a browser the sign-in of somebody."""
        context.add_cookies([{"name": "postroom", "value": self.token(who), "url": self.served.address}])

    def token(self, who: str) -> str:
        """Return the sign-in of somebody, who is added if need be; the same one each time."""
        if who not in self.people:
            add_people(self, who)
        if who not in self.tokens:
            self.tokens[who] = self.office.ledger.sign_in(self.people[who].id, "Firefox on Windows", 8)
        return self.tokens[who]


@contextmanager
def serving(office: Office) -> Iterator[Desk]:
    """Serve an office until the end."""
    app = make_app(office)
    # An error that nobody foresaw has a page too; no route of the desk makes one on purpose.
    app.router.add_api_route("/broken", _broken, methods=["GET"])
    served = Served(app)
    served.start()
    try:
        yield Desk(office, app, served)
    finally:
        served.stop()
        office.close()


def _broken() -> None:
    raise RuntimeError("on purpose")


def opened(data: Path, *, openid: bool = False, **desk: object) -> Office:
    """Return an office on an empty ledger."""
    settings = full_settings(data, **desk)
    if openid:
        main = settings.main.model_copy(update={"sign_in": OpenIdSignIn.model_validate(OPENID)})
        settings = replace(settings, main=main)
    ledger = Ledger(settings.ledger_url, settings.documents)
    ledger.migrate()
    return Office(settings, ledger)


@contextmanager
def furnished(data: Path) -> Iterator[Desk]:
    """Serve a desk with everything in it."""
    with serving(opened(data, letters="letters", blind_samples=1.0)) as desk:
        add_people(desk)
        _configure(desk)
        _take_in(desk)
        _decide(desk)
        _deliver(desk)
        _straight_through(desk)
        _run(desk)
        yield desk


def add_people(desk: Desk, *names: str) -> None:
    """Add people by their short names; everybody if none are named."""
    kept = hash_password(PASSWORD)
    for short, (name, role, named) in PEOPLE.items():
        if short in (names or PEOPLE):
            person = Person("", name.lower().replace(" ", "."), name, frozenset({role}), frozenset({EVERY_TEAM}), named)
            desk.people[short] = desk.office.ledger.add_staff(person, "test", password=kept)


def _configure(desk: Desk) -> None:
    """Two configurations, the second with a changed, a new and a lost file."""
    files = files_in_force(desk.office.settings)
    changed = dict(files)
    changed["postroom.yaml"] = files["postroom.yaml"].replace("council:", "# Who we are\ncouncil:", 1)
    changed["processes/pest-control.yaml"] = "id: pest-control\ntitle: Pest control\n"
    changed.pop("apis/garden-waste.yaml", None)
    ledger = desk.office.ledger
    ledger.use_configuration(version_of(changed), changed)
    ledger.use_configuration(version_of(files), files)


def _take_in(desk: Desk) -> None:
    """The twenty held items, and one more for each thing that is done below."""
    ledger, settings = desk.office.ledger, desk.office.settings
    more = [
        _again("complaint-unsure", "protected", protected="a threat to a member of staff"),
        *(_again("thanks", f"thanks-{number}") for number in range(3)),
        *(_again("appeal-unsure-car", name) for name in ("delivered", "uncertain", "refused", "waiting", "open")),
        *(_again("bin-unsure-kind", name) for name in ("released", "by-hand", "changed", "looked-at")),
        *(_again("thanks", name) for name in ("rejected", "no-action", "undone")),
        _again("debit-unsure-holder", "first-entry"),
        _again("debit-unsure-holder", "entries-differ"),
        _again("move-unsure-date", "sent-back"),
    ]
    desk.items = put_in(ledger, settings, [*held_items(), *more])
    _two_in_one(desk)
    _unreadable(desk)


def _again(name: str, called: str, **changed: object) -> HeldItem:
    given, number = held(name).given, 10_000 + crc32(called.encode()) % 90_000
    return held(name, name=called, body=f"{given['body']}\nOur file: {number}\n", **changed)


def _two_in_one(desk: Desk) -> None:
    """One message in which two things are asked for."""
    first, second = _again("bin-unsure-kind", "two-in-one"), held("garden-two-doubts")
    doubt = Disposition(Outcome.REVIEW, ("“Request” is not sure enough (40%).",))
    ids = _put(desk, first, lambda read: [extraction_of(first, read), _ended(second, read, doubt)])
    desk.items["one-of-two"], desk.items["other-of-two"] = ids


def _straight_through(desk: Desk) -> None:
    """Items that nobody touched: keyed, and some of them read again since."""
    ledger, reader = desk.office.ledger, desk.people["officer"]
    for number in range(6):
        item = _elsewhere(number)
        (item_id,) = _put(desk, item, partial(_through, item))
        desk.items[item.name] = item_id
        for delivery in ledger.item(item_id).deliveries:
            answer = Receipt(f"MB-{4100 + number}", f"Missed bins, record MB-{4100 + number}")
            deliver_one(ledger, delivery.id, Answering(delivery.target, answer), OWNER)  # type: ignore[arg-type]
    ledger.choose_samples(1.0, [one.id for one in desk.office.settings.processes])
    bins = desk.office.process("missed-bin")
    assert bins is not None
    for number, bin_kind in ((0, "refuse"), (1, "recycling"), (2, "recycling")):
        item_id = desk.items[f"straight-{number}"]
        read = {**ledger.item(item_id).values, "bin": bin_kind}
        ledger.read_again(item_id, read, bins, reader)
    ledger.judge_sample(desk.items["straight-2"], (), reader)


def _elsewhere(number: int) -> HeldItem:
    """A bin missed at a house of its own, for the same values twice are a question to people."""
    given, house = held("bin-unsure-kind").given, f"{20 + number} Mill Lane"
    read = {
        name: [str(one).replace("12 Mill Lane", house) for one in values[:2]] for name, values in given["read"].items()
    }
    body = given["body"].replace("12 Mill Lane", house)
    return held("bin-unsure-kind", name=f"straight-{number}", body=body, read=read)


def _through(item: HeldItem, read: ReadMessage) -> list[Extraction]:
    return [_ended(item, read, Disposition(Outcome.STRAIGHT_THROUGH, ()))]


def _ended(item: HeldItem, read: ReadMessage, disposition: Disposition) -> Extraction:
    return replace(extraction_of(item, read), disposition=disposition, faults=())


def _put(desk: Desk, item: HeldItem, extracted: Callable[[ReadMessage], list[Extraction]]) -> list[str]:
    """Put one message in, whatever was found in it, and return the ids of its items."""
    ledger, plans = desk.office.ledger, {one.id: one.deliver for one in desk.office.settings.processes}
    message = Message("post", f"held/{item.name}", f"{item.name}.eml", item.raw, utc_now())
    ledger.add_message(message)
    read = read_message(message, Limits(), OcrSettings())
    lease = ledger.lease_message(message.id, Stage.RECEIVED, OWNER, 60)
    assert lease is not None
    ledger.save_reading(lease, read)
    return ledger.save_items(lease, extracted(read), plans)


def _unreadable(desk: Desk) -> None:
    """A message that cannot be read."""
    ledger = desk.office.ledger
    message = Message("post", "held/unreadable", "unreadable.eml", b"Subject: x\n\nnothing", SENT)
    ledger.add_message(message)
    lease = ledger.lease_message(message.id, Stage.RECEIVED, OWNER, 60)
    assert lease is not None
    ledger.fail_message(lease, "The document is locked with a password. Ask the sender for it without one.")


def _decide(desk: Desk) -> None:
    """What people did with some of the items."""
    ledger, items, officer = desk.office.ledger, desk.items, desk.people["officer"]
    name, second, named = (desk.people[short].sign_in_name for short in ("officer", "second", "named"))
    for short in ("delivered", "uncertain", "refused", "waiting", "open", "released"):
        item = ledger.item(items[short])
        process = desk.office.process(item.summary.process)
        assert process is not None
        ledger.release(items[short], process.deliver, name, process=process, version=item.summary.version)
        ledger.note_spell(items[short], officer.id, 34, 4)
    ledger.reject(items["rejected"], "Not for this council.", name)
    ledger.no_action(items["no-action"], "It only says thank you.", name)
    bins = desk.office.process("missed-bin")
    assert bins is not None
    ledger.done_by_hand(items["by-hand"], "missed-bins", "MB-2231", name, bins.deliver)
    ledger.enter(items["first-entry"], "account_number", "63748427", second)
    ledger.enter(items["entries-differ"], "account_number", "63748427", second)
    ledger.enter(items["entries-differ"], "account_number", "63748421", named)
    ledger.correct(items["changed"], "bin", "recycling", name, process=bins)
    ledger.look(items["looked-at"], desk.people["second"])


ANSWERS: dict[str, Receipt | PostroomError] = {
    "delivered": Receipt("PCN-40118", "Parking appeals, record PCN-40118"),
    "uncertain": DeliveryUncertain("The connection broke before parking-appeals answered."),
    "refused": RefusedByTarget("parking-appeals refused it: there is no penalty notice of this number."),
    "waiting": TransientError("parking-appeals did not answer within 30 seconds."),
}


def _deliver(desk: Desk) -> None:
    ledger = desk.office.ledger
    for short, answer in ANSWERS.items():
        for delivery in ledger.item(desk.items[short]).deliveries:
            deliver_one(ledger, delivery.id, Answering(delivery.target, answer), OWNER)  # type: ignore[arg-type]


def _run(desk: Desk) -> None:
    """Runs of the line, answers of its connections, and what was paused."""
    ledger, ict = desk.office.ledger, desk.people["ict"].sign_in_name
    first = ledger.begin_run(OWNER, "9f0c5a52-6b1f-4d37-8a25-8b8d1d0f6a11")
    ledger.end_run(first, {"received": 24, "items": 26, "delivered": 3}, ("parking-appeals: 1 delivery failed.",))
    ledger.end_run(ledger.begin_run(OWNER), {"received": 1, "items": 1})
    ledger.begin_run(OWNER)
    ledger.note_answer("inbox", "post", True, "2 files wait.")
    ledger.note_answer("target", "garden-waste", True, "The API answers.")
    ledger.note_answer(
        "target", "missed-bins", False, "The API did not answer within 10 seconds. Look whether it runs."
    )
    for _ in range(6):
        ledger.target_failed("council-tax-moves", "The sign-in page has changed.", down=True)
    ledger.pause("target", "supplier-invoices", ict, "Upgrade of the finance system until noon")
    ledger.pause("process", "complaint", ict, "The new form is being tried")
