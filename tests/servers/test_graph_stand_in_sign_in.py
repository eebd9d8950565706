"""The stand-in of Entra, asked by Microsoft's own library."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    CertificateCredential,
    ClientSecretCredential,
    DeviceCodeCredential,
    ManagedIdentityCredential,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.servers.graph import GraphServer
from tests.servers.graph.asking import POST, asking, letter
from tests.servers.graph.sign_in import DEVICE

SCOPE = "https://graph.microsoft.com/.default"


@pytest.fixture
def graph() -> Iterator[GraphServer]:
    with GraphServer() as server:
        yield server


def manner(graph: GraphServer) -> dict[str, Any]:
    return {
        "authority": graph.authority,
        "disable_instance_discovery": True,
        "connection_verify": str(graph.ca_file),
        "retry_total": 0,
    }


def by_secret(graph: GraphServer, secret: str = "", app: str = "") -> str:
    entra = graph.tenant.sign_in
    credential = ClientSecretCredential(
        entra.tenant_id, app or entra.client_id, secret or entra.secret, **manner(graph)
    )
    return credential.get_token(SCOPE).token


def status(graph: GraphServer, token: str) -> int:
    with asking(graph) as client:
        return client.get("/messages", headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_secret_gets_a_token_that_graph_takes(graph: GraphServer) -> None:
    graph.tenant.mail.add_mailbox(POST)
    assert status(graph, by_secret(graph)) == 200
    assert status(graph, "another") == 401


def test_wrong_and_expired_secrets_and_unknown_applications_are_told_apart(graph: GraphServer) -> None:
    graph.tenant.sign_in.expired_secrets.add("old")
    for told, secret, app in (("7000215", "wrong", ""), ("7000222", "old", ""), ("700016", "x", "0" * 8)):
        with pytest.raises(ClientAuthenticationError, match=f"AADSTS{told}:"):
            by_secret(graph, secret, app)


def certificate(folder: Path) -> tuple[Path, str]:
    """Return a file with a key and its certificate, and the certificate alone."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "robot")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "robot.pem"
    path.write_bytes(secret + made)
    return path, made.decode()


def test_a_certificate_signs_in_once_it_is_registered_and_while_the_clocks_agree(
    graph: GraphServer, tmp_path: Path
) -> None:
    path, public = certificate(tmp_path)
    entra = graph.tenant.sign_in

    def token() -> str:
        credential = CertificateCredential(entra.tenant_id, entra.client_id, str(path), **manner(graph))
        return credential.get_token(SCOPE).token

    with pytest.raises(ClientAuthenticationError, match="AADSTS700027:"):
        token()
    entra.register_certificate(public)
    assert token() in entra.tokens
    entra.clock = 3600.0
    with pytest.raises(ClientAuthenticationError, match="AADSTS700024:"):
        token()


def test_another_key_does_not_pass_for_a_registered_certificate(graph: GraphServer, tmp_path: Path) -> None:
    _, public = certificate(tmp_path)
    graph.tenant.sign_in.register_certificate(public)
    other = rsa.generate_private_key(65537, 2048)
    entra = graph.tenant.sign_in
    known = x509.load_pem_x509_certificate(public.encode()).fingerprint(hashes.SHA256())
    head = {"x5t#S256": base64.urlsafe_b64encode(known).decode().rstrip("=")}
    claims = {
        "aud": f"{graph.authority}/{entra.tenant_id}/oauth2/v2.0/token",
        "iss": entra.client_id,
        "sub": entra.client_id,
        "exp": 9999999999,
    }
    forged = jwt.encode(claims, other, "RS256", head)
    form = {"client_id": entra.client_id, "grant_type": "client_credentials", "client_assertion": forged}
    with asking(graph) as client:
        answer = client.post(claims["aud"], data=form)
    assert "AADSTS700027" in answer.json()["error_description"]


def test_a_managed_identity_gets_a_token(graph: GraphServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{graph.authority}/identity/token")
    monkeypatch.setenv("IDENTITY_HEADER", graph.tenant.sign_in.identity_header)
    credential = ManagedIdentityCredential(connection_verify=str(graph.ca_file))
    assert credential.get_token(SCOPE).token in graph.tenant.sign_in.tokens
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    with pytest.raises(ClientAuthenticationError):
        ManagedIdentityCredential(connection_verify=str(graph.ca_file), retry_total=0).get_token(SCOPE)


def test_a_device_code_waits_for_a_person_and_then_speaks_for_them(graph: GraphServer) -> None:
    graph.tenant.mail.put(POST, letter())
    entra = graph.tenant.sign_in

    def prompt(_address: str, code: str, _expires: datetime) -> None:
        entra.grant_device(POST, code)

    credential = DeviceCodeCredential(
        entra.client_id, tenant_id=entra.tenant_id, prompt_callback=prompt, **manner(graph)
    )
    token = credential.get_token(SCOPE).token
    with asking(graph) as client:
        mine = f"{graph.url}/me/messages"
        assert len(client.get(mine, headers={"Authorization": f"Bearer {token}"}).json()["value"]) == 1
        assert client.get(mine).status_code == 400


def test_a_device_code_is_pending_until_it_was_typed(graph: GraphServer) -> None:
    entra = graph.tenant.sign_in
    base = f"{graph.authority}/{entra.tenant_id}/oauth2/v2.0"
    with asking(graph) as client:
        code = client.post(f"{base}/devicecode", data={"client_id": entra.client_id}).json()["device_code"]
        form = {"client_id": entra.client_id, "grant_type": DEVICE, "device_code": code}
        assert client.post(f"{base}/token", data=form).json()["error"] == "authorization_pending"
        entra.grant_device(POST)
        assert client.post(f"{base}/token", data=form).json()["refresh_token"]


def test_a_token_runs_out(graph: GraphServer) -> None:
    graph.tenant.mail.add_mailbox(POST)
    entra = graph.tenant.sign_in
    entra.lifetime = 60
    token = by_secret(graph)
    assert status(graph, token) == 200
    entra.clock = 61.0
    assert status(graph, token) == 401


def test_permissions_and_the_scope_of_mailboxes_are_kept_to(graph: GraphServer) -> None:
    mail, entra = graph.tenant.mail, graph.tenant.sign_in
    mine, other = mail.put(POST, letter()), mail.put("chief@council.example", letter())
    entra.register("reader", "s", "Mail.Read", mailboxes={POST})
    with asking(graph, POST, "reader") as client:
        assert client.get(f"/messages/{mine}").status_code == 200
        refused = client.patch(f"/messages/{mine}", json={"isRead": True})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "ErrorAccessDenied")
        assert client.post("/sendMail", json={}).status_code == 403
    with asking(graph, "chief@council.example", "reader") as client:
        assert client.get(f"/messages/{other}").status_code == 403
