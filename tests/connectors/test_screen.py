from __future__ import annotations

import asyncio
import re
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from pydantic import SecretStr, ValidationError
from ruamel.yaml import YAML

from connectors.registry import open_target
from connectors.screen import ScreenSettings, ScreenTarget
from connectors.screen import robot as robots
from postroom.delivery import Target
from postroom.errors import (
    ConnectorDown,
    DeliveryUncertain,
    RefusedByTarget,
    ScreenChanged,
    SignInRefused,
    TransientError,
)
from tests.contracts.target import PLAIN, TargetContract, TargetWorld, delivery
from tests.servers.back_office import PROJECT, BackOffice

COMPLAINTS: dict[str, Any] = YAML(typ="safe").load(PROJECT / "config/screens/complaints.yaml")


def described(back_office: BackOffice, **more: Any) -> ScreenSettings:
    own = {"kind": "screen", "name": "complaints", "address": back_office.url, "username": "post.robot"}
    secret = {"password": SecretStr("northborough-demo"), "step_seconds": 5, "answer_seconds": 5}
    return ScreenSettings.model_validate({**COMPLAINTS, **own, **secret, **more})


@pytest.fixture(scope="module")
def back_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackOffice]:
    with BackOffice(tmp_path_factory.mktemp("backoffice"), "--faults", "--notice-every", "0") as started:
        # One target stays open all along, so that all tests share one browser.
        keeper = ScreenTarget(described(started))
        assert keeper.check()
        yield started
        keeper.close()


def recorded(back_office: BackOffice, summary: str, **more: str) -> str:
    """Record a complaint past the screens and return its reference."""
    body = {"customer": {"complainant": "Ada Osei"}, "request": {"summary": summary}, **more}
    headers = {"x-api-key": "northborough-demo-key"}
    answer = httpx.post(f"{back_office.url}/api/v1/complaints", json=body, headers=headers).raise_for_status()
    return str(answer.json()["reference"])


class ScreenWorld(TargetWorld):
    faults: ClassVar = {
        "rename-button": ScreenChanged,
        "down": TransientError,
    }

    def __init__(self, back_office: BackOffice) -> None:
        self.back_office = back_office

    def target(self) -> Target:
        return open_target(described(self.back_office, step_seconds=3, answer_seconds=2))

    def count(self, key: str) -> int:
        return len(self.back_office.held(key))

    def total(self) -> int:
        return self.back_office.total()

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        if name == "down":
            self.back_office.stop()
            yield
            self.back_office.start()
        else:
            self.back_office.set_faults({"name": name})
            yield
            self.back_office.set_faults()


class TestScreenContract(TargetContract):
    kind = "screen"
    # A form takes seconds: one delivery carries all odd values; leading noughts are in the samples below.
    plain: ClassVar = {
        "full_name": "Zoë O'Brien-Łukasz & <b>Sons</b>",
        "service": '=HYPERLINK("https://example.org","here")',
        "summary": "@SUM(A1)\nsecond a £65 fine, 50% \U0001f600 {{x}} ${y} 'z' \"w\" ; --" + " long" * 400 + " end",
    }
    nasty = ()

    @pytest.fixture
    def world(self, back_office: BackOffice) -> ScreenWorld:
        back_office.empty()
        return ScreenWorld(back_office)


@pytest.mark.parametrize(
    ("fault", "recorded"),
    [("expire-before-commit", 0), ("expire-after-commit", 1), ("error-after-commit", 1), ("alert-after-commit", 1)],
)
def test_an_unknown_outcome_ends_in_one_record(
    back_office: BackOffice, tmp_path: Path, fault: str, recorded: int
) -> None:
    one = delivery(800 + len(fault), PLAIN, fault)
    target = ScreenTarget(described(back_office, answer_seconds=1, evidence=tmp_path))
    back_office.set_faults({"name": fault})
    with pytest.raises(DeliveryUncertain, match=r"picture is kept as PR-\w+-\d+-\d+\.png"):
        target.deliver(one)
    assert len(list(tmp_path.iterdir())) == 1
    found = target.find(one.key)
    assert (found is not None) == (recorded == 1)
    assert found or target.deliver(one)
    assert len(back_office.held(one.key)) == 1
    target.close()


def test_a_session_that_ended_is_begun_anew(back_office: BackOffice) -> None:
    target = ScreenTarget(described(back_office))
    target.check()
    back_office.sign_everybody_out()
    assert target.find("PR-ABSENT") is None
    target.close()


def test_a_notice_is_closed_and_the_form_goes_on(back_office: BackOffice) -> None:
    target = ScreenTarget(described(back_office))
    one = delivery(820, PLAIN, "notice")
    back_office.set_faults({"name": "notice"})
    assert target.deliver(one).reference
    target.close()


def test_a_field_the_page_refuses_is_named_and_not_repeated(back_office: BackOffice) -> None:
    fields = {"full_name": "Ada Osei", "email": "ada.osei-at-example", "summary": "Mill Lane"}
    target = ScreenTarget(described(back_office))
    with pytest.raises(RefusedByTarget, match="E-mail: enter an e-mail address") as raised:
        target.deliver(delivery(821, fields, "refused"))
    told = "".join(traceback.format_exception(raised.value))
    assert not any(value in told for value in fields.values())
    assert back_office.held(delivery(821, fields, "refused").key) == []
    target.close()


def test_a_dropped_field_shows_in_the_read_back(back_office: BackOffice) -> None:
    target = ScreenTarget(described(back_office))
    back_office.set_faults({"name": "drop-field", "box": "summary"})
    held = target.read_back(target.deliver(delivery(822, PLAIN, "dropped")))
    assert held["summary"] == ""
    assert held["full_name"] == PLAIN["full_name"]
    target.close()


def test_a_key_that_is_taken_gives_the_record_that_has_it(back_office: BackOffice) -> None:
    target = ScreenTarget(described(back_office))
    one = delivery(823, PLAIN, "taken")
    earlier = recorded(back_office, "Taken.", externalReference=one.key)
    assert target.deliver(one).reference == earlier
    assert len(back_office.held(one.key)) == 1
    target.close()


def test_a_changed_screen_is_named_by_step_page_and_expectation(back_office: BackOffice) -> None:
    form = [dict(step) for step in COMPLAINTS["form"]]
    form[3] = {"fill": {"label": "Name of complainant"}, "with": "{full_name}"}
    target = ScreenTarget(described(back_office, form=form, step_seconds=1))
    with pytest.raises(ScreenChanged) as raised:
        target.deliver(delivery(824, PLAIN))
    told = "".join(traceback.format_exception(raised.value))
    assert "form step 4" in told
    assert 'label "Name of complainant"' in told
    assert "/screens/new/complaints/1" in told
    assert not any(value in told for value in (*PLAIN.values(), "northborough-demo"))
    target.close()


def test_what_stands_on_the_page_before_the_commit_must_be_the_item(back_office: BackOffice) -> None:
    form = [dict(step) for step in COMPLAINTS["form"]]
    commit = next(number for number, step in enumerate(form) if step.get("commit"))
    form.insert(commit, {"expect": {"row": "Complainant"}, "with": "Somebody Else"})
    target = ScreenTarget(described(back_office, form=form))
    one = delivery(825, PLAIN, "identity")
    with pytest.raises(ScreenChanged):
        target.deliver(one)
    assert back_office.held(one.key) == []
    target.close()


def test_a_wrong_password_stops_the_connector_and_the_browser_ends_with_its_last_target(
    back_office: BackOffice,
) -> None:
    settings = described(back_office, username="somebody", password=SecretStr("not-the-password"))
    target = ScreenTarget(settings)
    with pytest.raises(SignInRefused) as raised:
        target.check()
    assert "not-the-password" not in "".join(traceback.format_exception(raised.value))
    assert robots.account_of(settings) in robots._robots
    target.close()
    target.close()
    assert robots.account_of(settings) not in robots._robots
    assert not any(thread.name.startswith("robot") for thread in threading.enumerate() if "somebody" in thread.name)


def test_several_records_of_one_key_need_a_person(back_office: BackOffice) -> None:
    for number in (826, 827):
        recorded(back_office, f"No {number}")
    find = {**COMPLAINTS["find"], "steps": [{"open": "/"}], "found": {"role": "link", "matching": "NB/"}}
    many = ScreenTarget(described(back_office, find=find))
    with pytest.raises(RefusedByTarget, match="records with the key"):
        many.find("PR-ANY")
    many.close()


def test_a_search_that_is_not_as_described_is_never_absent(back_office: BackOffice) -> None:
    find = {**COMPLAINTS["find"], "steps": [{"open": "/screens/menu"}]}
    target = ScreenTarget(described(back_office, find=find, step_seconds=0.5))
    with pytest.raises(ScreenChanged):
        target.find("PR-ANY")
    target.close()


def test_callers_inside_an_event_loop_are_served(back_office: BackOffice) -> None:
    target = ScreenTarget(described(back_office))

    async def ask() -> list[str]:
        return target.check()

    assert asyncio.run(ask())
    target.close()


def test_evidence_covers_the_values(back_office: BackOffice, tmp_path: Path) -> None:
    from PIL import Image

    target = ScreenTarget(described(back_office, evidence=tmp_path / "evidence"))
    one = delivery(828, PLAIN, "evidence")
    page_of = f"<body style='margin:0;background:#fff'><p id=shown>{PLAIN['full_name']}</p><p id=other>Saved</p>"

    def take(page: Any) -> tuple[dict[str, str], list[Any]]:
        page.set_content(page_of)
        places = [page.locator(name).bounding_box() for name in ("#shown", "#other")]
        return target._evidence(page, one), places

    details, (shown, other) = target._hired().run(target._settings, take)
    assert re.fullmatch(rf"{one.key}-\d{{8}}-\d{{6}}\.png", details["evidence"])
    picture = Image.open(tmp_path / "evidence" / details["evidence"]).convert("RGB")
    covered, open_to_see = (
        {picture.getpixel((place["x"] + x, place["y"] + place["height"] / 2)) for x in range(2, 60)}
        for place in (shown, other)
    )
    assert len(covered) == 1
    assert len(open_to_see) > 1
    target.close()


def test_a_missing_browser_is_down_and_says_what_to_do(back_office: BackOffice, tmp_path: Path) -> None:
    settings = described(back_office, browser=tmp_path / "no-browser", username="nobody")
    target = ScreenTarget(settings)
    with pytest.raises(ConnectorDown, match="does not start"):
        target.check()
    target.close()


def test_another_program_on_the_account_is_waited_for(back_office: BackOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "_WAIT_FOR_ACCOUNT_SECONDS", 0.2)
    settings = described(back_office)
    target = ScreenTarget(settings)
    with robots._account_lock(robots.account_of(settings)), pytest.raises(TransientError, match="in use"):
        target.check()
    assert target.check()
    target.close()


@pytest.mark.parametrize(
    ("address", "blocked"),
    [
        ("http://127.0.0.1:8600/screens", False),
        ("http://127.0.0.1:8600", False),
        ("data:image/png;base64,AA", False),
        ("http://127.0.0.1:8601/", True),
        ("http://127.0.0.1:86001/", True),
        ("https://fonts.example.org/a.css", True),
        ("https://127.0.0.1:8600.example.org/", True),
        ("https://user@127.0.0.1:8600@example.org/", True),
    ],
)
def test_other_hosts_are_not_spoken_to(address: str, blocked: bool) -> None:
    assert bool(robots.elsewhere({"127.0.0.1:8600"}).search(address)) is blocked


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"form": [{"press": {"button": "Save"}}]}, "Exactly one step"),
        ({"form": [{"press": {"button": "A"}, "commit": True}, {"press": {"button": "B"}, "commit": True}]}, "here 2"),
        ({"form": [{"press": {"button": "A"}, "commit": True}, {"press": {"link": "Next"}}]}, "only wait and expect"),
        ({"form": [{"expect": {"text": "A"}, "commit": True}]}, "Only a `press`"),
        ({"form": [{"press": {"button": "A"}, "commit": True}]}, "key must travel"),
        ({"record": [{"press": {"button": "A"}, "commit": True}]}, "Only a step of `form`"),
        ({"find": None}, "class D"),
        ({"record": [{"press": {"button": "A"}, "open": "/"}]}, "exactly one of"),
        ({"record": [{"fill": {"label": "A"}}]}, "needs `with`"),
        ({"record": [{"press": {"button": "A", "link": "B"}}]}, "found in one way"),
        ({"record": [{"press": {"role": "link", "matching": "("}}]}, "no regular expression"),
        ({"record": [{"fill": {"label": "A"}, "with": "{full_name|uper}"}]}, "not known after a bar"),
    ],
)
def test_descriptions_that_cannot_be_safe_are_refused(change: dict[str, Any], said: str) -> None:
    base = {"kind": "screen", "name": "x", "address": "https://example.org"}
    with pytest.raises(ValidationError, match=said):
        ScreenSettings.model_validate({**COMPLAINTS, **base, **change})


SAMPLES: dict[str, dict[str, str]] = {
    "council-tax-moves": {
        "full_name": "Ada Osei", "council_tax_reference": "00123456", "phone": "+441622602000",
        "email": "ada@example.org", "old_address": "1 Old Row, NB1 1AA", "new_address": "4 Mill Lane, NB1 2CD",
        "moving_date": "2026-09-04",
    },
    "direct-debits": {
        "account_holder": "Ada Osei", "council_tax_reference": "00123456", "sort_code": "001234",
        "account_number": "00012345", "payment_day": "15",
    },
    "benefit-evidence": {
        "document_type": "award-letter", "full_name": "Ada Osei", "national_insurance_number": "QQ123456C",
        "claim_reference": "HB1234567", "document_date": "2026-01-31", "amount": "1234.50",
    },
    "parking-appeals": {
        "pcn_number": "MD12345678", "vehicle_registration": "AB12CDE", "contravention_date": "2026-02-28",
        "full_name": "Ada Osei", "grounds": "The machine was out of order.",
    },
    "foi-requests": {
        "full_name": "Ada Osei", "email": "ada@example.org", "request_text": "How many bins are there?",
        "received_date": "2026-09-14",
    },
}  # fmt: skip


# The description of complaints is the one that the contract and every test above use.
OTHERS = sorted(set((PROJECT / "config/screens").glob("*.yaml")) - {PROJECT / "config/screens/complaints.yaml"})


@pytest.mark.parametrize("file", OTHERS, ids=lambda path: path.stem)
def test_the_shipped_descriptions_fit_the_back_office(back_office: BackOffice, file: Path) -> None:
    base = described(back_office)
    own = {"kind": "screen", "name": file.stem, "address": base.address, "username": base.username}
    settings = ScreenSettings.model_validate({**YAML(typ="safe").load(file), **own, "password": base.password})
    assert settings.field_names() <= {*SAMPLES[file.stem], "received_date"}
    target = ScreenTarget(settings)
    receipt = target.deliver(delivery(910, SAMPLES[file.stem], file.stem))
    assert target.read_back(receipt) == SAMPLES[file.stem]
    target.close()
