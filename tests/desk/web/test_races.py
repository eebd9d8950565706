"""Two at the same time: whatever they do to one item at once, one of them does it, and the other is told."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import httpx
import pytest

from desk.web.app import make_app
from postroom.delivery import State
from postroom.ledger import Item, ItemState
from postroom.staff import EVERY_TEAM, Role
from tests.desk.web import town as towns
from tests.desk.web.conftest import Served, add_person
from tests.desk.web.town import Town, put_in

ROUNDS = 2
OFFICERS, CLEARED, CLEARED_ON_POSTGRES = 20, 40, 30


@pytest.fixture
def town(tmp_path: Path, ledger_url: str) -> Iterator[Town]:
    made = towns.opened(tmp_path, ledger_url)
    yield made
    made.office.close()


class Desk:
    """The town's desk on a real port, and officers who are signed in."""

    def __init__(self, town: Town, people: int = 2) -> None:
        self.town, self.ledger = town, town.office.ledger
        self.served = Served(make_app(town.office))
        self.served.start()
        self.clients = [self._client(number) for number in range(people)]

    def _client(self, number: int) -> httpx.Client:
        person = add_person(self.town.office, Role.OFFICER, name=f"officer {number}", teams=frozenset({EVERY_TEAM}))
        token = self.ledger.sign_in(person.id, "Test", 8)
        headers = {"Cookie": f"postroom={token}", "Sec-Fetch-Site": "same-origin"}
        return httpx.Client(base_url=self.served.address, headers=headers, timeout=60)

    def item(self, name: str) -> Item:
        return self.ledger.item(self.town.items[name])

    def post(self, who: int, name: str, act: str, **form: str) -> httpx.Response:
        version = {"version": str(form.pop("at", "0"))}
        return self.clients[who].post(f"/items/{self.town.items[name]}/{act}", data=version | form)

    def close(self) -> None:
        for client in self.clients:
            client.close()
        self.served.stop()


@pytest.fixture
def desk(town: Town) -> Iterator[Desk]:
    made = Desk(town)
    yield made
    made.close()


def together(*acts: Callable[[], httpx.Response]) -> list[int]:
    """Do everything at the same moment, and return the status of each answer."""
    start, answers = threading.Barrier(len(acts)), [0] * len(acts)

    def one(place: int, act: Callable[[], httpx.Response]) -> None:
        start.wait()
        answers[place] = act().status_code

    threads = [threading.Thread(target=one, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


CORRECT_1 = ("fields/address", {"value": "1 High Street"})
CORRECT_2 = ("fields/address", {"value": "2 High Street"})
ACCEPT_ALL = ("release", {"rest": "accept"})
REJECT = ("reject", {"reason": "not-ours"})
NO_ACTION = ("no-action", {"reason": "thanks"})
BY_HAND = ("by-hand", {"target": "depot", "reference": "MB-1"})
MOVE = ("process", {"to": "garden-waste"})
Act = tuple[str, Mapping[str, str]]
PAIRS: Mapping[str, tuple[Act, Act]] = {
    "two corrections": (CORRECT_1, CORRECT_2),
    "release and reject": (ACCEPT_ALL, REJECT),
    "release and release": (ACCEPT_ALL, ACCEPT_ALL),
    "correct and release": (CORRECT_1, ACCEPT_ALL),
    "correct and another process": (CORRECT_1, MOVE),
    "release and another process": (ACCEPT_ALL, MOVE),
    "no action and by hand": (NO_ACTION, BY_HAND),
    "by hand and release": (BY_HAND, ACCEPT_ALL),
}
DECISIONS = ("corrected", "released", "closed-rejected", "closed-no-action", "done-by-hand")


def decisions(item: Item) -> list[str]:
    return [entry.action for entry in item.history if entry.action in DECISIONS]


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_of_two_acts_on_one_item_one_is_done_and_the_other_is_told(desk: Desk, pair: tuple[Act, Act]) -> None:
    for number in range(ROUNDS):
        put_in(desk.town, name := f"n{number}")
        answers = together(*(partial(desk.post, who, name, act[0], **act[1]) for who, act in enumerate(pair)))
        item = desk.item(name)
        assert sorted(answers) == [303, 409], (answers, decisions(item))
        winner = pair[answers.index(303)]
        assert len({entry.actor for entry in item.history if entry.actor.startswith("officer")}) == 1
        assert len(decisions(item)) == 1
        assert len(item.deliveries) == (winner[0] in ("release", "by-hand"))
        if winner[0] == "fields/address":
            assert item.values["address"] == winner[1]["value"]


def test_an_undone_release_and_the_lines_worker_agree_on_one_of_them(desk: Desk) -> None:
    """Either nothing is sent, or the release stands: never a record of which the desk says that it was stopped."""
    seen: Counter[str] = Counter()
    for number in range(ROUNDS * 2):
        put_in(desk.town, name := f"n{number}")
        assert desk.post(0, name, "release", rest="accept").status_code == 303
        (delivery,) = desk.item(name).deliveries
        claimed: list[bool] = []

        def worker(delivery_id: str = delivery.id, claimed: list[bool] = claimed) -> httpx.Response:
            claimed.append(desk.ledger.claim_delivery(delivery_id, "worker") is not None)
            return httpx.Response(200)

        undone, _ = together(partial(desk.post, 0, name, "undo"), worker)
        item = desk.item(name)
        assert (undone == 303) != claimed[0], (undone, claimed)
        assert item.summary.state is (ItemState.WITH_PERSON if undone == 303 else ItemState.IN_FLIGHT)
        assert item.deliveries[0].state is (State.CANCELLED if undone == 303 else State.CLAIMED)
        seen[str(claimed[0])] += 1
    assert sum(seen.values()) == ROUNDS * 2


def test_a_batch_and_a_single_decision_do_not_both_count(desk: Desk) -> None:
    for number in range(ROUNDS):
        names = [f"a{number}", f"b{number}"]
        for name in names:
            put_in(desk.town, name)
        chosen = [f"{desk.town.items[name]}.0" for name in names]
        form = {"item": chosen, "act": "no-action", "reason": "thanks"}
        batch, single = together(
            partial(desk.clients[0].post, "/batches/missed-bin.unsure", data=form),
            partial(desk.post, 1, name, "release", rest="accept"),
        )
        first, second = (desk.item(name) for name in names)
        assert batch == 200
        assert decisions(first) == ["closed-no-action"]
        assert len(decisions(second)) == 1
        assert (decisions(second) == ["released"]) == (single == 303)
        assert len(second.deliveries) == (single == 303)


def test_two_second_entries_leave_one_value_that_two_people_entered(desk: Desk) -> None:
    for number in range(ROUNDS):
        put_in(desk.town, name := f"n{number}", process="grievance", account="00000000")
        third = desk.ledger
        third.correct(desk.town.items[name], "account_number", "63748472", "first", process=_grievance(desk))
        at = str(desk.item(name).summary.version)
        answers = together(
            partial(desk.post, 0, name, "fields/account_number", at=at, value="63748472"),
            partial(desk.post, 1, name, "fields/account_number", at=at, value="63748427"),
        )
        assert sorted(answers) == [303, 409]
        made = desk.ledger.entries(desk.town.items[name])["account_number"]
        assert len(made) == 2
        assert desk.item(name).values["account_number"] == "63748472"


def _grievance(desk: Desk) -> object:
    process = desk.town.office.process("grievance")
    assert process is not None
    return process


def test_two_merges_that_cross_leave_one_item(desk: Desk) -> None:
    for number in range(ROUNDS):
        put_in(desk.town, a := f"a{number}", b := f"b{number}")
        ids = desk.town.items
        answers = together(
            partial(desk.post, 0, a, "merge", into=ids[b]),
            partial(desk.post, 1, b, "merge", into=ids[a]),
        )
        assert answers.count(303) == 1, answers
        assert set(answers) <= {303, 400, 409}
        states = sorted(desk.item(name).summary.state for name in (a, b))
        assert states == sorted([ItemState.NO_ACTION, ItemState.WITH_PERSON])


def test_a_pause_and_a_release_at_once_lose_nothing(desk: Desk) -> None:
    ict = add_person(desk.town.office, Role.ICT)
    head = {"Cookie": f"postroom={desk.ledger.sign_in(ict.id, 'Test', 8)}", "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=desk.served.address, headers=head, timeout=60) as clerk:
        for number in range(ROUNDS):
            put_in(desk.town, name := f"n{number}")
            pause = {"kind": "target", "name": "depot", "reason": "Upgrade"}
            answers = together(
                partial(clerk.post, "/system/pause", data=pause),
                partial(desk.post, 0, name, "release", rest="accept"),
            )
            assert answers == [303, 303]
            (delivery,) = desk.item(name).deliveries
            assert delivery.id not in _due(desk)
            assert clerk.post("/system/resume", data=pause).status_code == 303
            assert delivery.id in _due(desk)


def _due(desk: Desk) -> set[str]:
    return {one.id for one in desk.ledger.deliveries_due()}


def test_opening_one_item_in_many_tabs_at_once_breaks_nothing(desk: Desk) -> None:
    for number in range(ROUNDS):
        put_in(desk.town, name := f"n{number}")
        path = f"/items/{desk.town.items[name]}"
        assert set(together(*[partial(desk.clients[0].get, path)] * 4)) == {200}


def test_twenty_officers_clear_one_queue(town: Town, ledger_url: str) -> None:
    """Each item is decided once, keyed once, and lost by nobody."""
    count = CLEARED if ledger_url.startswith("sqlite") else CLEARED_ON_POSTGRES
    for number in range(count):
        put_in(town, f"n{number}")
    desk = Desk(town, OFFICERS)
    told: Counter[int] = Counter()
    threads = [threading.Thread(target=_clear, args=(client, told)) for client in desk.clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(110)
    items = [desk.item(f"n{number}") for number in range(count)]
    desk.close()
    assert {item.summary.state for item in items} == {ItemState.IN_FLIGHT}
    assert all(decisions(item) == ["released"] for item in items)
    assert all(len(item.deliveries) == 1 for item in items)
    assert told[303] == count
    assert set(told) <= {303, 409}
    assert len({entry.actor for item in items for entry in item.history if entry.action == "released"}) > OFFICERS // 2


def _clear(client: httpx.Client, told: Counter[int]) -> None:
    """Take the next item, release it as it stands, and go on until the queue says that nothing is left."""
    place = str(client.get("/queue/start").headers["location"])
    for _ in range(CLEARED * 3):
        if not place.startswith("/items/"):
            # What others have open when they leave it stays: it is looked for once more.
            place = next(iter(_left(client)), "")
            if not place:
                return
        page = client.get(place)
        version = re.search(r'name="version" value="(\d+)"', page.text)
        if page.status_code == 200 and version and 'id="release-form"' in page.text:
            form = {"version": version[1], "rest": "accept"}
            answer = client.post(f"{place.partition('?')[0]}/release", data=form)
            told[answer.status_code] += 1
            place = answer.headers.get("location", "") or "/queue"
        else:
            place = "/queue"


def _left(client: httpx.Client) -> Sequence[str]:
    return re.findall(r'desk-mono" href="(/items/\w+)', client.get("/queue").text)
