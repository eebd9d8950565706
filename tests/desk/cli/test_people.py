from __future__ import annotations

import itertools
import json
import re

import pytest

from desk.first_password import _LIST, first_password
from desk.web.sign_in.passwords import password_problem, verify
from postroom.ledger import Ledger
from postroom.staff import Role
from tests.desk.conftest import MAIN, Postroom


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)


def test_the_first_account_is_made_with_a_password_shown_once(postroom: Postroom, office: Ledger) -> None:
    assert "Nobody can sign in" in postroom("people", "list").out
    said = postroom("people", "add", "Ann.Other", "--role", "ict", "--name", "Ann Other", "--as", "root")
    assert said.code == 0
    made = re.search(r"First password: (\S+)", said.out)
    assert made
    record = office.staff_named("ann.other")
    assert record is not None
    assert verify(record.password, made[1])
    assert record.person.roles == {Role.ICT}
    assert office.history()[-1].actor == "root"
    listed = postroom("people", "list")
    assert "Ann Other" in listed.out
    assert "argon2" not in listed.out + postroom("people", "list", "--json").out
    assert json.loads(postroom("people", "list", "--json").out)["roles"] == ["ict"]


@pytest.mark.parametrize(("arguments", "told"), [
    (("ann", "--role", "chief"), "Roles: officer, team-lead, manager, ict, auditor"),
    (("ann", "--role", "officer"), "Choose at least one team"),
    (("ann", "--role", "officer", "--team", "Parks"), "There is no team Parks. Teams: Post room"),
    (("postroom", "--role", "ict"), "the robot's own"),
    (("two words", "--role", "ict"), "letters, digits"),
])  # fmt: skip
def test_what_no_account_may_be_is_refused(
    postroom: Postroom, office: Ledger, arguments: tuple[str, ...], told: str
) -> None:
    said = postroom("people", "add", *arguments)
    assert said.code == 1
    assert told in re.sub(r"\s+", " ", said.err)
    assert office.count_staff() == 0


def test_a_new_password_and_an_end_sign_a_person_out(postroom: Postroom, office: Ledger) -> None:
    postroom("people", "add", "ann", "--role", "ict")
    record = office.staff_named("ann")
    assert record is not None
    token = office.sign_in(record.person.id, "Test", 8)
    assert postroom("people", "password", "ann").code == 0
    assert office.signed_in(token, 60) is None
    again = office.staff_named("ann")
    assert again is not None
    assert again.password != record.password
    token = office.sign_in(record.person.id, "Test", 8)
    assert "1 sign-in of ann ended" in postroom("people", "end", "ann").out
    assert office.signed_in(token, 60) is None
    assert postroom("people", "end", "nobody").code == 1


def test_with_openid_there_are_no_accounts(postroom: Postroom, config: object) -> None:
    sign_in = (
        "sign_in: {kind: openid, issuer: 'http://127.0.0.1:1', client_id: desk, client_secret: {env: ABSENT}, "
        "address: 'http://127.0.0.1:8500', roles: {ict: ict}}\n"
    )
    (config / "postroom.yaml").write_text(MAIN + sign_in)  # type: ignore[operator]
    said = postroom("people", "add", "ann", "--role", "ict")
    assert said.code == 1
    assert "OpenID provider" in said.err


def test_made_up_passwords_are_never_among_those_that_are_refused() -> None:
    assert len(set(_LIST)) == len(_LIST) >= 250
    assert len({first_password() for _ in range(50)}) == 50
    shortest = sorted(_LIST, key=len)[:3]
    weak = [word for word in _LIST if password_problem(f"{word}-yonder-{word}-10")]
    assert not weak
    assert not any(password_problem("-".join(three) + "-10") for three in itertools.permutations(shortest))


def test_a_target_is_paused_and_resumed(postroom: Postroom, office: Ledger) -> None:
    assert "Nothing is paused" in postroom("pause").out
    assert postroom("pause", "--target", "depto").code == 1
    assert postroom("pause", "--target", "depot", "--reason", "It moves.", "--as", "ict.one").code == 0
    (pause,) = office.pauses()
    assert (pause.subject, pause.person, pause.reason) == ("depot", "ict.one", "It moves.")
    assert "It moves." in postroom("pause").out
    assert postroom("pause", "--process", "missed-bin").code == 0
    assert postroom("pause", "--process", "missed-bins").code == 2
    assert postroom("resume").code == 1
    assert postroom("resume", "--target", "depot").code == 0
    assert postroom("resume", "--process", "missed-bin").code == 0
    assert office.pauses() == []
