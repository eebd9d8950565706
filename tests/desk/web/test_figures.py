"""The managers' page: every figure is the number of items behind its link, within what the person may know."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from openpyxl import load_workbook
from sqlalchemy import insert

from desk.web.figures.asked import asked_of, teams_of
from desk.web.figures.items import words_of
from desk.web.office import Office
from postroom.behind import Behind
from postroom.ledger.desk_schema import spells
from postroom.period import Period
from postroom.staff import Role
from tests.desk.web.conftest import ClientAs, add_person
from tests.postroom.random_ledger import Rows, fill

TODAY = date(2026, 11, 26)
LINK = re.compile(r'href="(/figures/items\?[^"]+)"[^>]*>([\d,]+)(?: [a-z ]+)?<')


@pytest.fixture
def config(config: Path) -> Path:
    file = config / "processes" / "garden-waste.yaml"
    file.write_text(file.read_text().replace("title: Garden waste\n", "title: Garden waste\nteam: Waste\n"))
    return config


@pytest.fixture
def rows(office: Office) -> Rows:
    now = datetime.now(UTC)
    return fill(office.ledger, Random(5), 220, now - timedelta(days=26), 26)


def links(text: str) -> dict[str, int]:
    return {html.unescape(address): int(told.replace(",", "")) for address, told in LINK.findall(text)}


def heading(text: str) -> int:
    found = re.search(r'<h1 class="govuk-heading-l">([\d,]+) items?</h1>', text)
    assert found
    return int(found[1].replace(",", ""))


@pytest.mark.usefixtures("rows")
def test_every_figure_leads_to_as_many_items(client_as: ClientAs) -> None:
    client = client_as(Role.MANAGER)
    page = client.get("/figures").text
    found = links(page)
    assert len(found) > 150
    for address, told in list(found.items())[::9]:
        assert heading(client.get(address).text) == told, address
    shares = re.findall(r'class="desk-tile__figure">(<a|[^<])', page)
    assert len(shares) > 9
    assert set(shares) == {"<a"}, "a headline figure leads nowhere"
    for anchor in re.findall(r'href="#(\w+)"', page):
        assert f'id="{anchor}"' in page, anchor


def test_the_sum_adds_up_and_is_that_of_the_ledger(client_as: ClientAs, rows: Rows) -> None:
    page = client_as(Role.MANAGER).get("/figures").text
    sums = re.search(r'aria-label="Items received and what became of them">(.*?)</p>', page, re.DOTALL)
    assert sums
    received, *parts = [int(one.replace(",", "")) for one in re.findall(r">([\d,]+) [a-z ]+<", sums[1])]
    assert received == sum(parts) == len(rows.of["items"])
    assert "220 messages" in page


def test_protected_items_are_counted_and_not_named(client_as: ClientAs, rows: Rows) -> None:
    hidden = {one["id"] for one in rows.of["items"] if one["protected"]}
    assert len(hidden) > 3
    client, named = client_as(Role.MANAGER), client_as(Role.OFFICER, restricted=True)
    seen, pages = _walk(client)
    assert seen == len(rows.of["items"])
    assert not [one for one in hidden if one in pages]
    assert pages.count(">Protected<") == len(hidden)
    assert "told to named people alone" in pages
    _, pages = _walk(named)
    assert all(one in pages for one in hidden)


def test_a_page_of_the_list_never_ends_with_a_hidden_item(client_as: ClientAs, office: Office) -> None:
    rows = fill(office.ledger, Random(1), 130, datetime.now(UTC) - timedelta(days=5), 5)
    with office.ledger._writing() as connection:
        connection.exec_driver_sql("UPDATE items SET protected = 'a threat' WHERE id NOT LIKE '%7'")
    client = client_as(Role.MANAGER)
    seen, pages = _walk(client)
    assert seen == len(rows.of["items"]) == 130
    assert set(re.findall(r"I\d{7}", pages)) == {f"I{number:07}" for number in range(7, 130, 10)}


def _walk(client: object) -> tuple[int, str]:
    """Return how many lines all pages of the list have, and the pages."""
    address, seen, pages = "/figures/items", 0, ""
    while address:
        page = client.get(address).text  # type: ignore[attr-defined]
        pages += page
        seen += page.count('role="rowheader"')
        onward = re.search(r'href="([^"]+)"[^>]*rel="next"', page)
        address = html.unescape(onward[1]) if onward else ""
    return seen, pages


def test_a_team_lead_sees_the_figures_of_their_teams_alone(client_as: ClientAs, rows: Rows) -> None:
    page = client_as(Role.TEAM_LEAD, teams=frozenset({"Waste"})).get("/figures?part=missed-bin&team=Post+room").text
    garden = rows.items_where(process="garden-waste")
    assert f">{len(garden)} received<" in page
    assert "Missed bin" not in page
    assert "messages:" not in page, "the accounts of all messages are not theirs"
    assert 'name="team"' not in page
    everybody = client_as(Role.MANAGER).get("/figures?team=Waste").text
    assert f">{len(garden)} received<" in everybody
    assert "Team Waste: post" in everybody


@pytest.mark.usefixtures("rows")
def test_only_those_who_may_read_post_get_links_to_items(client_as: ClientAs) -> None:
    assert 'href="/items/' not in client_as(Role.MANAGER).get("/figures/items").text
    assert 'href="/items/I' in client_as(Role.AUDITOR).get("/figures/items").text
    theirs = client_as(Role.TEAM_LEAD, teams=frozenset({"Waste"})).get("/figures/items").text
    assert 'href="/items/I' in theirs
    assert "Missed bin" not in theirs


@pytest.mark.parametrize(
    ("query", "name", "first", "last"),
    [
        ({}, "4-weeks", date(2026, 10, 30), TODAY),
        ({"period": "week"}, "week", date(2026, 11, 23), TODAY),
        ({"period": "month"}, "month", date(2026, 11, 1), TODAY),
        ({"period": "last-month"}, "last-month", date(2026, 10, 1), date(2026, 10, 31)),
        ({"period": "quarter"}, "quarter", date(2026, 10, 1), TODAY),
        ({"period": "year"}, "year", date(2026, 4, 1), TODAY),
        ({"period": "nonsense", "compare": "nonsense"}, "4-weeks", date(2026, 10, 30), TODAY),
        ({"begin": "2026-11-02", "end": "2026-11-08"}, "", date(2026, 11, 2), date(2026, 11, 8)),
        ({"begin": "2 November 2026", "end": "8/11/2026"}, "", date(2026, 11, 2), date(2026, 11, 8)),
        ({"begin": "2026-11-01", "end": "2026-11-26"}, "month", date(2026, 11, 1), TODAY),
    ],
)
def test_periods(office: Office, query: dict[str, str], name: str, first: date, last: date) -> None:
    asked = asked_of(query, office, add_person(office, Role.MANAGER), TODAY)
    assert (asked.named, asked.period) == (name, Period(first, last))
    assert not asked.errors


def test_financial_year_before_april_began_the_year_before(office: Office) -> None:
    asked = asked_of({"period": "year"}, office, add_person(office, Role.MANAGER), date(2026, 3, 31))
    assert asked.period.first == date(2025, 4, 1)


@pytest.mark.parametrize(
    "query", ["begin=nonsense", "begin=2026-11-09&end=2026-11-02", "begin=2001-01-01&end=2026-01-01"]
)
def test_days_that_cannot_be_are_told_beside_their_field(client_as: ClientAs, query: str) -> None:
    answer = client_as(Role.MANAGER).get(f"/figures?{query}")
    assert answer.status_code == 400
    assert "There is a problem" in answer.text
    assert "Last 4 weeks" in answer.text


@pytest.mark.usefixtures("rows")
def test_files_hold_the_same_figures(client_as: ClientAs) -> None:
    client = client_as(Role.MANAGER)
    query = f"begin={datetime.now(UTC).date() - timedelta(days=20)}&part=missed-bin"
    page = client.get(f"/figures?{query}").text
    received = int(re.search(r">([\d,]+) received<", page)[1])  # type: ignore[index]
    answer = client.get(f"/figures/report.xlsx?{query}")
    name = answer.headers["content-disposition"]
    assert re.search(r'filename="post-room-report-\d{4}-\d\d-\d\d-to-\d{4}-\d\d-\d\d\.xlsx"', name)
    summary = load_workbook(io.BytesIO(answer.content))["Summary"]
    assert received in [row[1].value for row in summary.iter_rows(max_col=2)]
    text = client.get(f"/figures/report.csv?{query}").content.decode("utf-8-sig")
    assert str(received) in {value for line in csv.reader(io.StringIO(text)) for value in line}
    printed = client.get(f"/figures/report.html?{query}")
    assert "attachment" in printed.headers["content-disposition"]
    assert "Missed bin" in printed.text
    assert client.get("/figures/report.pdf").status_code == 404


def test_people_are_told_of_to_those_who_lead_them_alone(client_as: ClientAs, office: Office, rows: Rows) -> None:
    ann, ben = add_person(office, Role.OFFICER, name="Ann Other"), add_person(office, Role.OFFICER, name="Ben Other")
    waste = [one["id"] for one in rows.items_where(process="garden-waste")]
    timed = [(item_id, ann.id, 180.0) for item_id in waste[:6]] + [(waste[0], ben.id, 60.0)]
    with office.ledger._writing() as connection:
        values = {"steps": 3, "at": datetime.now(UTC)}
        made = [{"item_id": item, "staff_id": staff, "seconds": seconds, **values} for item, staff, seconds in timed]
        connection.execute(insert(spells).values(made))
    lead = client_as(Role.TEAM_LEAD, teams=frozenset({"Waste"})).get("/figures").text
    (section,) = re.findall(r'id="people">.*?</table>', lead, re.DOTALL)
    told = dict(re.findall(r'rowheader"[^>]*>([^<]+)</th>(.*?)</tr>', section, re.DOTALL))
    assert "3 minutes" in told["Ann Other"]
    assert told["Ann Other"].count("too few to tell") == 1
    assert told["Ben Other"].count("too few to tell") == 2
    assert "no ranking" in section
    for role in (Role.MANAGER, Role.AUDITOR):
        assert "Your people" not in client_as(role).get("/figures").text


def test_what_stands_behind_is_said_in_words(office: Office) -> None:
    behind = Behind(process="missed-bin", state="delivered", touched=False, target="depot", delivery="done",
                    first=date(2026, 11, 1), last=date(2026, 11, 1), hour=9)  # fmt: skip
    assert list(words_of(behind, office)) == [
        "Missed bin", "delivered", "no person touched them", "for depot", "delivery: delivered",
        "received on 1 November 2026", "between 09:00 and 10:00",
    ]  # fmt: skip
    assert list(words_of(Behind(process="missed-bin", field="bin", sample="wrong"), office))[1].startswith("Bin found")


def test_an_address_that_is_not_whole_is_refused(client_as: ClientAs) -> None:
    assert client_as(Role.MANAGER).get("/figures/items?from=yesterday").status_code == 400


def test_teams_to_choose_are_ones_own(office: Office) -> None:
    assert teams_of(office, add_person(office, Role.MANAGER)) == ["Post room", "Waste"]
    lead = add_person(office, Role.TEAM_LEAD, teams=frozenset({"Waste", "Gone"}))
    assert teams_of(office, lead) == ["Waste"]


def test_nothing_in_the_ledger_is_said_plainly(client_as: ClientAs) -> None:
    page = client_as(Role.MANAGER).get("/figures").text
    assert "No post in this period" in page
    assert "nothing delivered" in page
