"""Every page of the desk in every state it can be in, each with who sees it and how it is reached."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import httpx
from playwright.sync_api import Page, Route

from postroom.clock import utc_now
from tests.desk.web.furnished import Desk

Act = Callable[[Page, Desk], None]

NOT_PAGES: Mapping[str, str] = {
    "/": "leads on to where somebody's work is",
    "/health": "plain words for a monitor",
    "/queue/start": "leads on to an item",
    "/items/{item_id}/skip": "leads on to the next item",
    "/items/{item_id}/now": "data for the script of the review page",
    "/items/{item_id}/source": "a part of the review page, fetched by its script",
    "/checks/next": "leads on to an item",
    "/checks/{item_id}/source": "a part of a page, fetched by its script",
    "/items/{item_id}/crops/{name}": "a picture",
    "/items/{item_id}/documents/{index}/pages/{number}": "a picture",
    "/sign-in/openid": "leads on to the council's provider",
    "/sign-in/leave": "leads on to the council's provider",
}
"""Addresses that answer a GET and are no pages, and what they are instead."""


@dataclass(frozen=True)
class State:
    """One page in one state."""

    name: str
    route: str
    """As the table of authorisation has it."""
    address: str
    """With the names of held items in braces."""
    who: str = "officer"
    """A short name of a person; empty for nobody."""
    act: Act | None = None
    """What is done on the page before it is looked at."""
    office: str = "full"
    """`full`, `empty`, or `openid`, which is empty too."""
    status: int = 200
    error: bool = False
    """Whether it tells of something to be put right."""

    def __str__(self) -> str:
        return self.name

    def at(self, desk: Desk) -> str:
        """Return the address with the ids of the items."""
        return re.sub(r"\{([\w-]+)\}", lambda found: desk.items[found[1]], self.address)

    def fetch(self, desk: Desk) -> str:
        """Return the page as it is sent, without a browser and before anything is done on it."""
        cookies = {"postroom": desk.token(self.who)} if self.who else {}
        return httpx.get(desk.served.address + self.at(desk), cookies=cookies).text

    def open(self, page: Page, desk: Desk) -> None:
        """Bring a page into the state."""
        if self.name.startswith("frame-"):
            _without_walls(page)
        answer = page.goto(self.at(desk))
        assert answer is not None
        if self.act is None:
            assert answer.status == self.status, f"{self.name}: {answer.status}"
        else:
            self.act(page, desk)
        page.wait_for_load_state("load")


def _without_walls(page: Page) -> None:
    """Let script run in what is a sandboxed frame otherwise, for it is a script that judges."""

    def answer(route: Route) -> None:
        fetched = route.fetch()
        headers = {name: value for name, value in fetched.headers.items() if name != "content-security-policy"}
        route.fulfill(response=fetched, headers=headers)

    page.route("**/documents/*/*", answer)


def submit(page: Page, form: str, **values: str) -> None:
    """Send a form as a browser without script does."""
    for name, value in values.items():
        page.locator(f"{form} [name={name}]").first.evaluate("(one, value) => { one.value = value; }", value)
    with page.expect_navigation():
        page.locator(form).first.evaluate("one => HTMLFormElement.prototype.submit.call(one)")


def sending(form: str, **values: str) -> Act:
    """Return the act of sending a form."""
    return lambda page, _desk: submit(page, form, **values)


def _wrong_password(page: Page, _desk: Desk) -> None:
    page.get_by_label("Sign-in name").fill("olive.ferris")
    page.locator("#password").fill("not it")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector(".govuk-error-summary")


def _typed_wrong(page: Page, _desk: Desk) -> None:
    """With script the answer comes into the page."""
    page.locator("#field-moving_date").fill("soon")
    page.locator("#card-moving_date [data-save]").click()
    page.wait_for_selector("#card-moving_date .govuk-error-message")


def _changed_meanwhile(page: Page, desk: Desk) -> None:
    item, colleague = desk.items["move-cut-address"], desk.people["second"].sign_in_name
    desk.office.ledger.correct(item, "full_name", "Owain Proser", colleague)
    desk.office.ledger.correct(item, "full_name", "Owain Prosser", colleague)
    submit(page, "#release-form")


def _everything_open(page: Page, _desk: Desk) -> None:
    page.evaluate(
        "document.querySelectorAll('details').forEach(one => { one.removeAttribute('name'); one.open = true; })"
    )


def _keys(page: Page, _desk: Desk) -> None:
    page.locator("body.js-enabled").wait_for()
    page.keyboard.press("?")
    page.locator("dialog[open]").wait_for()


def _batch(page: Page, _desk: Desk, *, done: bool) -> None:
    with page.expect_navigation():
        page.locator("main table a").first.click()
    if done:
        page.locator("[name=item]").first.check(force=True)
        page.get_by_label("Close without action").check(force=True)
        page.get_by_label("Why").select_option(index=1)
    with page.expect_navigation():
        page.get_by_role("button", name="Do it").click()


def _open_batch(page: Page, _desk: Desk) -> None:
    with page.expect_navigation():
        page.locator("main table a").first.click()


def _checked(page: Page, desk: Desk) -> None:
    """What a check found; the check itself starts a command and has tests of its own."""
    checker = desk.app.state.checker
    kept = sys.modules[type(checker).__module__]
    found = (
        kept.Found("ledger", True, "Open; it holds 41 messages.", "", "", ""),
        kept.Found("rest target", False, "The API did not answer.", "Look whether it runs.", "target", "missed-bins"),
    )
    checker.last = kept.Check(utc_now(), desk.people["ict"].sign_in_name, found)
    page.goto("/system?said=checked")


def _new_person(page: Page, _desk: Desk) -> None:
    page.get_by_label("Name", exact=True).fill("Petra Vale")
    page.get_by_label("Sign-in name").fill("petra.vale")
    page.get_by_label("Manager", exact=True).check(force=True)
    page.get_by_label("All teams").check(force=True)
    with page.expect_navigation():
        page.get_by_role("button", name="Add").click()


def _person(page: Page, desk: Desk, short: str = "second") -> None:
    page.goto(f"/people/{desk.people[short].id}")


def _nameless_person(page: Page, desk: Desk) -> None:
    _person(page, desk)
    submit(page, "main form.desk-measure", name="")


def _another_sign_in(page: Page, desk: Desk) -> None:
    desk.office.ledger.sign_in(desk.people["officer"].id, "Edge on Windows", 8)
    page.reload()


def _differing_versions(page: Page, desk: Desk) -> None:
    newest, older = [one.version for one in desk.office.ledger.configurations()][:2]
    page.goto(f"/system/configuration?version={newest}&against={older}")


def _items_of_version(page: Page, desk: Desk) -> None:
    page.goto(f"/system/configuration/{desk.office.ledger.configurations()[0].version}/items")


def _report(page: Page, _desk: Desk) -> None:
    """The report as it stands in a file of its own."""
    html = page.request.get("/figures/report.html").text()
    page.goto("about:blank")
    page.set_content(html)


ITEM = "/items/{item_id}"
CHECK = "/checks/{item_id}"

SIGN_IN = (
    State("nobody-has-an-account", "/sign-in", "/sign-in", "", office="empty"),
    State("sign-in", "/sign-in", "/sign-in?next=/queue", ""),
    State("signed-out", "/sign-in", "/sign-in?ended=true", ""),
    State("sign-in-wrong", "/sign-in", "/sign-in", "", _wrong_password, error=True),
    State("sign-in-openid", "/sign-in", "/sign-in", "", office="openid"),
    State("signed-out-openid", "/sign-in", "/sign-in?ended=true", "", office="openid"),
    State(
        "sign-in-openid-failed", "/sign-in/return", "/sign-in/return?code=x&state=y", "", office="openid", status=403
    ),
    State("statement", "/accessibility", "/accessibility", ""),
    State("statement-signed-in", "/accessibility", "/accessibility"),
    State("keys", "/keys", "/keys"),
    State("account", "/account", "/account", act=_another_sign_in),
    State(
        "account-wrong-password", "/account", "/account", act=sending("form[action='/account/password']"), error=True
    ),
    State("account-changed", "/account", "/account?said=password", "manager"),
    State("account-first-password", "/account", "/account?said=first-password", "manager"),
    State("account-openid", "/account", "/account", office="openid"),
)
QUEUE = (
    State("queue", "/queue", "/queue"),
    State("queue-of-who-sees-protected", "/queue", "/queue", "lead"),
    State("queue-of-an-auditor", "/queue", "/queue", "auditor"),
    State("queue-filtered", "/queue", "/queue?kind=missing&team=Waste"),
    State("queue-nothing-of-this-kind", "/queue", "/queue?process=nothing"),
    State("queue-after-its-end", "/queue", "/queue?after=~"),
    State("queue-said", "/queue", "/queue?said=rejected&item={rejected}"),
    State("queue-at-its-end", "/queue", "/queue?kind=missing&said=end"),
    State("queue-empty", "/queue", "/queue", office="empty"),
    State("batches", "/batches", "/batches"),
    State("batches-empty", "/batches", "/batches", office="empty"),
    State("batch", "/batches/{key}", "/batches", act=_open_batch),
    State("batch-nothing-chosen", "/batches/{key}", "/batches", act=partial(_batch, done=False), error=True),
    State("batch-done", "/batches/{key}", "/batches", act=partial(_batch, done=True)),
)
REVIEW = (
    State("item-unsure", ITEM, "/items/{move-unsure-date}"),
    State("item-other-readings", ITEM, "/items/{move-other-date}"),
    State("item-missing", ITEM, "/items/{move-no-date}"),
    State("item-choices", ITEM, "/items/{garden-two-doubts}?process=garden-waste"),
    State("item-long-text", ITEM, "/items/{complaint-unsure}"),
    State("item-no-process", ITEM, "/items/{other-council}"),
    State("item-picture", ITEM, "/items/{invoice-wrong-total}"),
    State("item-picture-turned", ITEM, "/items/{invoice-wrong-total}?zoom=200&turn=90"),
    State("item-everything-open", ITEM, "/items/{evidence-unsure-date}", act=_everything_open),
    State("item-keys", ITEM, "/items/{foi-no-name}", act=_keys),
    State("item-protected", ITEM, "/items/{protected}", "lead"),
    State("item-somebody-else-looks", ITEM, "/items/{looked-at}"),
    State("item-wrong-value", ITEM, "/items/{move-no-date}",
          act=sending("#card-moving_date form", value="soon"), error=True),
    State("item-wrong-value-by-script", ITEM, "/items/{move-no-date}", act=_typed_wrong),
    State("item-release-refused", ITEM, "/items/{foi-no-name}", act=sending("#release-form"), error=True),
    *(
        State(f"item-{act}-refused", ITEM, "/items/{appeal-by-hand}",
              act=sending(f"form[action*='/{act}']"), error=True)
        for act in ("reject", "no-action", "by-hand", "process")
    ),
    State("item-changed-meanwhile", ITEM, "/items/{move-cut-address}", act=_changed_meanwhile, error=True),
    State("item-said", ITEM, "/items/{bin-no-date}?said=released&item={released}"),
    State("item-second-entry", ITEM, "/items/{first-entry}"),
    State("item-waits-for-second-entry", ITEM, "/items/{first-entry}", "second"),
    State("item-entries-differ", ITEM, "/items/{entries-differ}"),
    State("item-of-an-auditor", ITEM, "/items/{move-unsure-date}", "auditor"),
    State("item-delivered", ITEM, "/items/{delivered}"),
    State("item-outcome-unknown", ITEM, "/items/{uncertain}"),
    State("item-outcome-not-told", ITEM, "/items/{uncertain}", act=sending("form[action*='/deliveries/']"), error=True),
    State("item-refused", ITEM, "/items/{refused}"),
    State("item-tried-again", ITEM, "/items/{waiting}"),
    State("item-in-flight", ITEM, "/items/{released}"),
    State("item-rejected", ITEM, "/items/{rejected}"),
    State("item-no-action", ITEM, "/items/{no-action}"),
    State("item-by-hand", ITEM, "/items/{by-hand}"),
    State("frame-text", "/items/{item_id}/documents/{index}/text", "/items/{move-unsure-date}/documents/0/text"),
    State("frame-mail", "/items/{item_id}/documents/{index}/mail", "/items/{move-unsure-date}/documents/0/mail"),
    State("letter", "/items/{item_id}/send-back", "/items/{move-no-date}/send-back"),
    State(
        "letter-empty", "/items/{item_id}/send-back", "/items/{move-no-date}/send-back",
        act=sending("main form", subject="", body=""), error=True,
    ),
    State("evidence", "/items/{item_id}/evidence", "/items/{evidence-unsure-date}/evidence", who="lead"),
    State(
        "evidence-originals", "/items/{item_id}/evidence/originals",
        "/items/{evidence-unsure-date}/evidence/originals", "lead",
    ),
    State("split", "/items/{item_id}/split", "/items/{evidence-unsure-date}/split"),
    State("split-nothing-chosen", "/items/{item_id}/split", "/items/{evidence-unsure-date}/split",
          act=sending("main form"), error=True),
    State("split-no-parts", "/items/{item_id}/split", "/items/{bin-no-date}/split"),
    State("split-no-process", "/items/{item_id}/split", "/items/{thanks}/split"),
    State("merge", "/items/{item_id}/merge", "/items/{one-of-two}/merge"),
    State("merge-nothing-chosen", "/items/{item_id}/merge", "/items/{one-of-two}/merge",
          act=sending("main form"), error=True),
    State("merge-alone", "/items/{item_id}/merge", "/items/{bin-no-date}/merge"),
)  # fmt: skip
CHECKS = (
    State("checks", "/checks", "/checks?said=wrong"),
    State("checks-empty", "/checks", "/checks", office="empty"),
    State("check", CHECK, "/checks/{straight-3}", "second"),
    State("check-incomplete", CHECK, "/checks/{straight-3}", "second", sending("main form"), error=True),
    State("check-differs", CHECK, "/checks/{straight-1}"),
    State(
        "check-not-judged", CHECK, "/checks/{straight-1}", act=sending("form[action$='/judge']"), error=True,
    ),
    State("check-settled", CHECK, "/checks/{straight-2}"),
    State("frame-check", f"{CHECK}/documents/{{index}}/text", "/checks/{straight-3}/documents/0/text", "second"),
)  # fmt: skip
FIGURES = (
    State("figures", "/figures", "/figures", "manager"),
    State("figures-of-a-team-lead", "/figures", "/figures?compare=year-before", "lead"),
    State("figures-of-a-team", "/figures", "/figures?team=Waste&compare=none&period=week", "manager"),
    State("figures-wrong-days", "/figures", "/figures?begin=soon&end=2026-11-01", "manager", status=400, error=True),
    State("figures-empty", "/figures", "/figures", "manager", office="empty"),
    State("figures-items", "/figures/items", "/figures/items", "lead"),
    State("figures-items-of-a-manager", "/figures/items", "/figures/items?what=delivered", "manager"),
    State("figures-items-none", "/figures/items", "/figures/items", "manager", office="empty"),
    State("file-report", "/figures/report.{ending}", "/figures", "manager", _report),
)
SYSTEM = (
    State("system", "/system", "/system", "ict"),
    State("system-of-an-auditor", "/system", "/system", "auditor"),
    State("system-checked", "/system", "/system", "ict", _checked),
    State("system-never-ran", "/system", "/system", "ict", office="empty"),
    State("pause-process", "/system/pause", "/system/pause?kind=process&name=missed-bin", "ict"),
    State("pause-target", "/system/pause", "/system/pause?kind=target&name=missed-bins", "ict"),
    State(
        "pause-without-reason", "/system/pause", "/system/pause?kind=target&name=missed-bins", "ict",
        sending("main form"), error=True,
    ),
    State("configuration", "/system/configuration", "/system/configuration", "ict"),
    State("configuration-compared", "/system/configuration", "/system", "ict", _differing_versions),
    State("configuration-unknown", "/system/configuration", "/system/configuration", "ict", office="empty"),
    State("items-of-a-version", "/system/configuration/{version}/items", "/system", "ict", _items_of_version),
    State("runs", "/system/runs", "/system/runs?all=true", "ict"),
    State("runs-none", "/system/runs", "/system/runs", "ict", office="empty"),
    State("failed", "/system/failed", "/system/failed", "ict"),
    State("failed-of-a-target", "/system/failed", "/system/failed?target=parking-appeals&said=nothing", "ict"),
    State("failed-of-an-auditor", "/system/failed", "/system/failed", "auditor"),
    State("failed-none", "/system/failed", "/system/failed", "ict", office="empty"),
    State("people", "/people", "/people?said=changed", "ict"),
    State("people-openid", "/people", "/people", "ict", office="openid"),
    State("person-new", "/people/new", "/people/new", "ict"),
    State("person-new-wrong", "/people/new", "/people/new", "ict", sending("main form"), error=True),
    State("person-new-password", "/people/new", "/people/new", "ict", _new_person),
    State("person", "/people/{staff_id}", "/people", "ict", _person),
    State("person-oneself", "/people/{staff_id}", "/people", "ict", partial(_person, short="ict")),
    State("person-without-name", "/people/{staff_id}", "/people", "ict", _nameless_person, error=True),
    State("person-new-refused", "/people/new", "/people/new", "ict", office="openid", status=400),
    State("audit", "/audit", "/audit?robot=true", "auditor"),
    State("audit-of-an-item", "/audit", "/audit?item={delivered}", "auditor"),
    State("audit-nothing", "/audit", "/audit?item=AAAAAAAA", "auditor"),
    State("audit-wrong-day", "/audit", "/audit?day=no", "auditor", status=400, error=True),
    State("audit-proof", "/audit", "/audit", "auditor", sending("form[action='/audit/proof']")),
)  # fmt: skip
REFUSALS = (
    State("not-found", ITEM, "/items/AAAAAAAA", status=404),
    State("no-such-page", ITEM, "/nothing", status=404),
    State("not-for-this-role", "/people", "/people", status=403),
    State("cannot-be-opened", "/sign-in", "/sign-out", status=405),
    State("broken", "/health", "/broken", status=500),
)

STATES: tuple[State, ...] = (*SIGN_IN, *QUEUE, *REVIEW, *CHECKS, *FIGURES, *SYSTEM, *REFUSALS)
