"""Each way to sign in to Microsoft 365, and what ICT is told when it fails."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from connectors.graph.client import GraphClient
from connectors.graph.settings import GraphAccount
from postroom.errors import ConnectorDown, PostroomError, SignInRefused
from tests.connectors.graph_targets import account, graph_server
from tests.servers.graph import GraphServer

MAILBOX = "post@northborough.gov.uk"
PASSWORD = b"of the key"


@pytest.fixture
def server() -> Iterator[GraphServer]:
    with graph_server() as started:
        started.tenant.mail.add_mailbox(MAILBOX)
        yield started


def client(server: GraphServer, sign_in: dict[str, Any] | None = None, **more: Any) -> GraphClient:
    settings = {**account(server), **({"sign_in": sign_in} if sign_in else {}), **more}
    return GraphClient(GraphAccount.model_validate(settings), 'Inbox "post"')


def look(opened: GraphClient) -> str:
    """Ask for the inbox of the mailbox, as the account that signed in."""
    return str(opened.raw("GET", f"users/{MAILBOX}/mailFolders/inbox").json()["displayName"])


def app(server: GraphServer) -> dict[str, Any]:
    return {"tenant_id": server.tenant.sign_in.tenant_id, "client_id": server.tenant.sign_in.client_id}


@pytest.fixture(scope="module")
def certificate() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "postroom")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    return key, made.not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())


def test_a_client_secret(server: GraphServer) -> None:
    assert look(client(server)) == "Inbox"


@pytest.mark.parametrize("form", ["pem", "pem with a password", "pfx"])
def test_a_certificate(
    server: GraphServer, certificate: tuple[rsa.RSAPrivateKey, x509.Certificate], tmp_path: Path, form: str
) -> None:
    key, found = certificate
    public = found.public_bytes(serialization.Encoding.PEM)
    server.tenant.sign_in.register_certificate(public.decode())
    kept = serialization.NoEncryption() if form == "pem" else serialization.BestAvailableEncryption(PASSWORD)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, kept)
    file = tmp_path / "robot.pem"
    pfx = pkcs12.serialize_key_and_certificates(b"robot", key, found, None, kept)
    file.write_bytes(pfx if form == "pfx" else private + public)
    password = None if form == "pem" else PASSWORD.decode()
    sign_in = {"kind": "certificate", **app(server), "certificate": file, "password": password}
    assert look(client(server, sign_in)) == "Inbox"


def test_a_clock_that_is_wrong_is_named(
    server: GraphServer, certificate: tuple[rsa.RSAPrivateKey, x509.Certificate], tmp_path: Path
) -> None:
    key, found = certificate
    public = found.public_bytes(serialization.Encoding.PEM)
    server.tenant.sign_in.register_certificate(public.decode())
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "robot.pem").write_bytes(key.private_bytes(*plain) + public)
    server.tenant.sign_in.clock = 3600
    sign_in = {"kind": "certificate", **app(server), "certificate": tmp_path / "robot.pem"}
    with pytest.raises(SignInRefused, match=r"AADSTS700024.*clock"):
        look(client(server, sign_in))


def test_a_certificate_without_its_key_or_that_is_gone_stops_the_connector_and_makes_nothing_uncertain(
    server: GraphServer, certificate: tuple[rsa.RSAPrivateKey, x509.Certificate], tmp_path: Path
) -> None:
    (tmp_path / "public.pem").write_bytes(certificate[1].public_bytes(serialization.Encoding.PEM))
    for file in (tmp_path / "public.pem", tmp_path / "absent.pem"):
        sign_in = {"kind": "certificate", **app(server), "certificate": file}
        with pytest.raises(SignInRefused, match="private key"):
            look(client(server, sign_in))


def test_a_managed_identity(server: GraphServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.authority}/identity/token")
    monkeypatch.setenv("IDENTITY_HEADER", server.tenant.sign_in.identity_header)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ca_file))
    assert look(client(server, {"kind": "managed-identity"})) == "Inbox"


def test_a_person_signs_in_with_a_device_code(server: GraphServer, capsys: pytest.CaptureFixture[str]) -> None:
    found: list[str] = []
    opened = client(server, {"kind": "device-code", **app(server)})
    waiting = threading.Thread(target=lambda: found.append(look(opened)))
    waiting.start()
    end = time.monotonic() + 10
    while not server.tenant.sign_in.devices and time.monotonic() < end:
        time.sleep(0.02)
    server.tenant.sign_in.grant_device("officer@northborough.gov.uk")
    waiting.join(20)
    assert found == ["Inbox"]
    assert "enter the code" in capsys.readouterr().err


def _refusals(server: GraphServer) -> dict[str, tuple[dict[str, Any], str]]:
    good = {"kind": "secret", **app(server), "client_secret": server.tenant.sign_in.secret}
    server.tenant.sign_in.expired_secrets.add("ran out")
    return {
        "wrong secret": ({**good, "client_secret": "not-the-secret"}, "AADSTS7000215"),
        "secret that ran out": ({**good, "client_secret": "ran out"}, "AADSTS7000222"),
        "unknown app": ({**good, "client_id": "99999999-0000-0000-0000-000000000000"}, "AADSTS700016"),
    }


@pytest.mark.parametrize("case", ["wrong secret", "secret that ran out", "unknown app"])
def test_a_refusal_names_entras_code_and_the_remedy_and_no_secret(server: GraphServer, case: str) -> None:
    sign_in, code = _refusals(server)[case]
    with pytest.raises(SignInRefused) as raised:
        look(client(server, sign_in))
    assert code in str(raised.value)
    assert raised.value.hint
    told = "".join(traceback.format_exception(raised.value)) + repr(GraphAccount.model_validate(account(server)))
    assert sign_in["client_secret"] not in told
    assert server.tenant.sign_in.secret not in told


def test_a_right_that_was_not_granted_is_named(server: GraphServer) -> None:
    server.tenant.sign_in.register("poor", "secret", "Tasks.ReadWrite.All")
    sign_in = {"kind": "secret", **app(server), "client_id": "poor", "client_secret": "secret"}
    with pytest.raises(SignInRefused, match="permissions to grant"):
        look(client(server, sign_in))


def test_a_token_that_ran_out_is_renewed_without_a_word(server: GraphServer) -> None:
    opened = client(server)
    look(opened)
    server.tenant.sign_in.expire_tokens()
    assert look(opened) == "Inbox"
    unauthorised = [seen for seen in server.requests if seen.status == 401]
    assert len(unauthorised) == 1


def test_a_token_is_asked_for_once_and_again_only_when_it_is_about_to_run_out(server: GraphServer) -> None:
    server.tenant.sign_in.lifetime = 4
    opened = client(server)
    look(opened)
    look(opened)
    asked = [seen for seen in server.requests if seen.path.endswith("/oauth2/v2.0/token")]
    assert len(asked) == 1
    time.sleep(2.2)
    look(opened)
    assert 401 not in [seen.status for seen in server.requests], "it is renewed before it runs out"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"sign_in_address": "https://127.0.0.1:9"}, ConnectorDown),
        ({"ca_file": None}, ConnectorDown),
    ],
)
def test_an_address_that_leads_nowhere_or_is_not_trusted_is_told(
    server: GraphServer, wrong: dict[str, Any], error: type[PostroomError]
) -> None:
    with pytest.raises(error, match=r"ca_file|firewall"):
        look(client(server, **wrong))


def test_graph_itself_cannot_be_reached(server: GraphServer) -> None:
    with pytest.raises(PostroomError, match="cannot be reached"):
        look(client(server, graph_address="https://127.0.0.1:9/v1.0"))
