"""Requests that no browser sends: what the desk makes of them on a real port."""

from __future__ import annotations

import re
import socket
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from desk.web.guard import MOST_BYTES
from desk.web.office import Office
from desk.web.sign_in.passwords import hash_password
from postroom.staff import Person, Role
from tests.desk.web.conftest import ClientAs, Served, add_person

FORM = "Content-Type: application/x-www-form-urlencoded"
OWN = "Sec-Fetch-Site: same-origin"
SECRET = "orchard kettle seven"


def ask(served: Served, start: str, *headers: str, body: bytes = b"", host: str = "") -> str:
    """Send a request to the letter and return the answer."""
    head = [start, f"Host: {host or f'127.0.0.1:{served.port}'}", *headers, "Connection: close", "", ""]
    with socket.create_connection(("127.0.0.1", served.port), 10) as connection:
        connection.sendall("\r\n".join(head).encode("latin-1") + body)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer.decode("utf-8", "replace")


@pytest.fixture
def officer(office: Office) -> Person:
    return add_person(office, Role.OFFICER)


@pytest.fixture
def cookie(office: Office, officer: Person) -> str:
    return f"Cookie: postroom={office.ledger.sign_in(officer.id, 'Test', 8)}"


def signed_in(office: Office, officer: Person) -> int:
    return len(office.ledger.sign_ins_of(officer.id))


@pytest.mark.parametrize(
    "headers",
    [
        (OWN, "Origin: http://evil.example"),
        ("Origin: http://evil.example",),
        ("Sec-Fetch-Site: cross-site", OWN),
        ("Origin: http://evil.example", "X-Forwarded-Host: evil.example"),
        (OWN, "X-HTTP-Method-Override: POST", "Origin: null"),
    ],
)
def test_headers_twice_or_forwarded_open_no_door(
    served: Served, office: Office, officer: Person, cookie: str, headers: tuple[str, ...]
) -> None:
    answer = ask(served, "POST /sign-out HTTP/1.1", cookie, FORM, "Content-Length: 0", *headers)
    assert answer.startswith("HTTP/1.1 403"), answer[:200]
    assert signed_in(office, officer) == 1


def test_no_other_method_stands_in_for_a_post(served: Served, office: Office, officer: Person, cookie: str) -> None:
    for start in ("GET /sign-out?_method=POST HTTP/1.1", "HEAD /sign-out HTTP/1.1"):
        assert " 405 " in ask(served, start, cookie, OWN, "X-HTTP-Method-Override: POST").split("\r\n")[0]
    assert signed_in(office, officer) == 1


def test_the_host_that_a_request_names_is_repeated_nowhere(served: Served, cookie: str) -> None:
    for path in ("/", "/queue", "/queue/", "/sign-in", "/nothing/", "/sign-in/", "//evil.example/", "/static"):
        for more in ((), (cookie,)):
            forwarded = ("X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https")
            answer = ask(served, f"GET {path} HTTP/1.1", *more, *forwarded, host="evil.example")
            assert "evil.example" not in answer.replace("%2F%2Fevil.example", "")
            location = re.search(r"(?i)^location: (.*)\r$", answer, re.MULTILINE)
            assert location is None or re.match(r"/[^/\\]|/$", location[1]), answer[:300]


def test_a_body_without_a_length_ends_at_the_limit(served: Served) -> None:
    # No single field is too large, and there are not too many of them: it is the whole that is.
    form = "&".join(f"f{number}={'a' * 2000}" for number in range(MOST_BYTES // 2000 + 50)).encode()
    pieces = (form[start : start + 0x8000] for start in range(0, len(form), 0x8000))
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    try:
        answer = ask(served, "POST /sign-in HTTP/1.1", FORM, OWN, "Transfer-Encoding: chunked", body=body)
    except ConnectionError:
        answer = ""
    assert answer == "" or answer.startswith("HTTP/1.1 400"), answer[:200]
    assert "HTTP/1.1 200" in ask(served, "GET /health HTTP/1.1")


def test_a_sign_in_is_always_a_new_one_and_its_token_stands_on_no_page(
    served: Served, office: Office, officer: Person
) -> None:
    office.ledger.set_password(officer.id, hash_password(SECRET), "test")
    form = f"name={officer.sign_in_name}&password={SECRET.replace(' ', '+')}&next=/account".encode()
    planted = "planted-by-somebody-else"
    head = (FORM, OWN, f"Content-Length: {len(form)}", f"Cookie: postroom={planted}")
    answer = ask(served, "POST /sign-in HTTP/1.1", *head, body=form)
    token = re.search(r"(?i)set-cookie: postroom=([\w-]+);", answer)
    assert token is not None
    assert token[1] != planted
    assert planted not in answer
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(re.split(r"; |\r\n", answer))
    mine = f"Cookie: postroom={token[1]}"
    for path in ("/account", "/queue", "/checks", "/nothing", "/keys"):
        page = ask(served, f"GET {path} HTTP/1.1", mine)
        assert token[1] not in page
        assert SECRET not in page


def test_signing_out_and_a_change_of_rights_end_a_token_for_good(
    served: Served, office: Office, officer: Person, cookie: str
) -> None:
    assert " 200 " in ask(served, "GET /account HTTP/1.1", cookie)[:20]
    ask(served, "POST /sign-out HTTP/1.1", cookie, FORM, OWN, "Content-Length: 0")
    assert " 303 " in ask(served, "GET /account HTTP/1.1", cookie)[:20]
    again = f"Cookie: postroom={office.ledger.sign_in(officer.id, 'Test', 8)}"
    office.ledger.change_staff(replace(officer, roles=frozenset({Role.MANAGER})), "ict")
    assert " 303 " in ask(served, "GET /account HTTP/1.1", again)[:20]


def test_words_for_the_next_page_break_no_header(client_as: ClientAs) -> None:
    client: TestClient = client_as(Role.OFFICER)
    for told in (
        "%0d%0aSet-Cookie:%20a=b",
        "/%0d%0aX:%20y",
        "//evil.example",
        "/%5cevil.example",
        "https:evil.example",
    ):
        answer = client.get(f"/sign-in?next={told}")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/"
        assert "x" not in answer.headers
        assert "set-cookie" not in answer.headers
