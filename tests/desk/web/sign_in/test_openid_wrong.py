"""Sign-ins that must be refused, each for its own reason; every token is forged as well as it can be."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.jwk import ECKey, Key, RSAKey
from pydantic import SecretStr
from structlog.testing import capture_logs

from desk.web.sign_in.openid import OpenId, Pending
from desk.web.sign_in.openid_failures import Reason, SignInFailed
from tests.desk.web.sign_in.conftest import Between, settings_for
from tests.servers.openid import CLIENT, OTHER_CLIENT, PEOPLE, sign_in
from tests.servers.tampering import (
    DESCRIPTION,
    KEYS,
    TOKENS,
    opened,
    signed,
    signed_with_secret,
    unsigned,
)

ELSEWHERE = "https://login.elsewhere.example"
OTHER_TENANT = "11111111-6f0e-4b8f-9d0f-4a5c6b7d8e9f"
ATTACKER = RSAKey.generate_key(2048, {"kid": "attacker"})
CURVE = ECKey.generate_key("P-256", {"kid": "ec"})


@dataclass
class Genuine:
    """A genuine token, with the provider's own key to sign whatever is made of it."""

    token: str
    key: Key
    secret: str

    @property
    def header(self) -> dict[str, Any]:
        return opened(self.token)[0]

    @property
    def claims(self) -> dict[str, Any]:
        return opened(self.token)[1]

    def but(self, **changes: Any) -> str:
        """The same with other claims, signed by the provider; None takes a claim out."""
        altered = {name: value for name, value in (self.claims | changes).items() if value is not None}
        return signed(altered, self.key, self.header)

    def by_attacker(self, **header: Any) -> str:
        return signed(self.claims, ATTACKER, self.header | header)

    def with_a_curve(self, **header: Any) -> str:
        """Signed by the attacker, whose key the token brings along under the name of a known one."""
        return signed(self.claims, CURVE, {"alg": "ES256", "kid": "ec"} | header)

    def cut(self, by: int) -> str:
        head, body, signature = self.token.split(".")
        return f"{head}.{body}.{signature[:-by]}"

    def with_another_body(self) -> str:
        return f"{self.token.split('.')[0]}.{self.but(name='Somebody Else').split('.')[1]}.{self.token.split('.')[2]}"

    def with_public_key_as_secret(self) -> str:
        assert isinstance(self.key, RSAKey)
        return signed_with_secret(self.claims, self.key.as_pem(private=False), self.header | {"alg": "HS256"})


def public(key: Key) -> dict[str, Any]:
    return dict(key.as_dict(private=False))


def certificate(key: ECKey) -> str:
    """The smallest certificate of a key, signed by itself, as a header holds it."""
    nobody, now = x509.Name([]), datetime.now(UTC)
    built = x509.CertificateBuilder(nobody, nobody, key.public_key, 1, now, now + timedelta(days=1))
    return base64.b64encode(built.sign(key.private_key, SHA256()).public_bytes(Encoding.DER)).decode()


NOW = int(time.time())
TOKEN_CASES: dict[str, tuple[Reason, Callable[[Genuine], str]]] = {
    "issuer: another": (Reason.ISSUER, lambda it: it.but(iss=ELSEWHERE)),
    "issuer: the same with a slash": (Reason.ISSUER, lambda it: it.but(iss=f"{it.claims['iss']}/")),
    "issuer: none": (Reason.ISSUER, lambda it: it.but(iss=None)),
    "audience: another": (Reason.AUDIENCE, lambda it: it.but(aud=OTHER_CLIENT)),
    "audience: several, without who it was given to": (
        Reason.AUDIENCE,
        lambda it: it.but(aud=[CLIENT, OTHER_CLIENT]),
    ),
    "audience: several, given to another": (
        Reason.AUDIENCE,
        lambda it: it.but(aud=[CLIENT, OTHER_CLIENT], azp=OTHER_CLIENT),
    ),
    "audience: ours, given to another": (Reason.AUDIENCE, lambda it: it.but(azp=OTHER_CLIENT)),
    "audience: none": (Reason.AUDIENCE, lambda it: it.but(aud=None)),
    "nonce: another": (Reason.NONCE, lambda it: it.but(nonce="of-another-sign-in")),
    "nonce: none": (Reason.NONCE, lambda it: it.but(nonce=None)),
    "tenant: another": (Reason.TENANT, lambda it: it.but(tid=OTHER_TENANT)),
    "tenant: ours among several": (Reason.TENANT, lambda it: it.but(tid=[OTHER_TENANT, it.claims["tid"]])),
    "tenant: none": (Reason.TENANT, lambda it: it.but(tid=None)),
    "algorithm: none": (Reason.ALGORITHM, lambda it: unsigned(it.claims, it.header | {"alg": "none"})),
    "algorithm: HMAC with the public key": (Reason.ALGORITHM, Genuine.with_public_key_as_secret),
    "algorithm: HMAC with the client's secret": (
        Reason.ALGORITHM,
        lambda it: signed_with_secret(it.claims, it.secret.encode(), it.header | {"alg": "HS256"}),
    ),
    "algorithm: one that is not listed": (
        Reason.ALGORITHM,
        lambda it: signed(it.claims, it.key, it.header | {"alg": "RS384"}),
    ),
    "expired": (Reason.EXPIRED, lambda it: it.but(exp=NOW - 3600)),
    "expired a minute and a half ago": (Reason.EXPIRED, lambda it: it.but(exp=int(time.time()) - 90)),
    "no expiry": (Reason.CLAIM, lambda it: it.but(exp=None)),
    "not yet valid": (Reason.NOT_YET_VALID, lambda it: it.but(nbf=NOW + 3600)),
    "issued in the future": (Reason.NOT_YET_VALID, lambda it: it.but(iat=NOW + 3600)),
    "key: unknown": (Reason.UNKNOWN_KEY, lambda it: it.by_attacker(kid="attacker")),
    "key: not named": (
        Reason.UNKNOWN_KEY,
        lambda it: signed(it.claims, it.key, {"alg": "RS256", "typ": "JWT"}),
    ),
    "key: another under a known name": (Reason.SIGNATURE, Genuine.by_attacker),
    "key: of another kind under a known name": (Reason.SIGNATURE, lambda it: it.by_attacker(kid="ec")),
    "key: brought along": (Reason.SIGNATURE, lambda it: it.with_a_curve(jwk=public(CURVE))),
    "key: at an address brought along": (
        Reason.SIGNATURE,
        lambda it: it.with_a_curve(jku=f"{it.claims['iss']}/attacker"),
    ),
    "key: in a certificate brought along": (Reason.SIGNATURE, lambda it: it.with_a_curve(x5c=[certificate(CURVE)])),
    "signature: cut short": (Reason.SIGNATURE, lambda it: it.cut(8)),
    "signature: cut off": (Reason.SIGNATURE, lambda it: it.cut(len(it.token.split(".")[2]))),
    "signature: over another body": (Reason.SIGNATURE, Genuine.with_another_body),
    "access token of another answer": (Reason.HASH, lambda it: it.but(at_hash="AAAAAAAAAAAAAAAAAAAAAA")),
    "code of another answer": (Reason.HASH, lambda it: it.but(c_hash="AAAAAAAAAAAAAAAAAAAAAA")),
    "nobody": (Reason.CLAIM, lambda it: it.but(sub=None)),
    "nobody of the tenant's": (Reason.CLAIM, lambda it: it.but(oid=None)),
    "no token at all": (Reason.MALFORMED, lambda _: "e30.e30"),
    "more groups than a token holds": (
        Reason.TOO_MANY_GROUPS,
        lambda it: it.but(_claim_names={"groups": "src1"}, _claim_sources={"src1": {"endpoint": ELSEWHERE}}),
    ),
    "no role": (Reason.NO_ROLE, lambda it: it.but(roles=["Another.App"])),
    "a role given as a word": (Reason.NO_ROLE, lambda it: it.but(roles="PostRoom.Officer")),
}


def refused(desk: OpenId, pending: Pending, query: Mapping[str, str]) -> SignInFailed:
    """Finish a sign-in that must be refused, and see that neither the log nor the person is told too much."""
    with capture_logs() as log, pytest.raises(SignInFailed) as caught:
        desk.finish(pending, query)
    error = caught.value
    (line,) = log
    assert line["error"] == error.reason
    told = f"{error} {line}"
    secrets = [pending.verifier, pending.nonce, pending.state, query.get("code"), *PEOPLE["officer"].values()]
    assert not [one for one in secrets if isinstance(one, str) and one and one in told]
    assert str(error.reason) not in str(error).lower().split()
    return error


@pytest.mark.parametrize("case", TOKEN_CASES)
def test_a_forged_token_lets_nobody_in(between: Between, case: str) -> None:
    reason, forge = TOKEN_CASES[case]
    desk, key = between.desk(), between.server.keys.keys[0]
    begun = desk.begin()
    query = sign_in(begun.address)
    between.proxy.instead["/attacker"] = says(200, json.dumps({"keys": [public(CURVE)]}).encode())
    between.proxy.swap_token(lambda token: forge(Genuine(token, key, between.server.secret)))
    assert refused(desk, begun.pending, query).reason is reason
    assert "/attacker" not in between.proxy.asked


def test_a_genuine_token_of_another_client_lets_nobody_in(between: Between) -> None:
    desk, canteen = between.desk(), between.desk(client_id=OTHER_CLIENT)
    begun = desk.begin()
    query = sign_in(begun.address)
    theirs = canteen.begin()
    stolen: list[str] = []
    between.proxy.swap_token(lambda token: stolen.append(token) or token)
    canteen.finish(theirs.pending, sign_in(theirs.address))
    between.proxy.swap_token(lambda _: stolen[0])
    assert refused(desk, begun.pending, query).reason is Reason.AUDIENCE


ANSWER_CASES: dict[str, tuple[Reason, Callable[[dict[str, str]], Mapping[str, str]]]] = {
    "state: none": (Reason.STATE, lambda query: {k: v for k, v in query.items() if k != "state"}),
    "state: empty": (Reason.STATE, lambda query: query | {"state": ""}),
    "state: another": (Reason.STATE, lambda query: query | {"state": query["state"][::-1]}),
    "issuer of the answer: another": (Reason.ANSWER_ISSUER, lambda query: query | {"iss": ELSEWHERE}),
    "issuer of the answer: none, though promised": (
        Reason.ANSWER_ISSUER,
        lambda query: {k: v for k, v in query.items() if k != "iss"},
    ),
    "an error": (
        Reason.PROVIDER_SAID_NO,
        lambda query: {"state": query["state"], "iss": query["iss"], "error": "access_denied"},
    ),
    "an error and a code": (Reason.PROVIDER_SAID_NO, lambda query: query | {"error": "access_denied"}),
    "no code": (Reason.NO_CODE, lambda query: {k: v for k, v in query.items() if k != "code"}),
    "a code of nobody's": (Reason.CODE_REFUSED, lambda query: query | {"code": "of-nobody"}),
}


@pytest.mark.parametrize("case", ANSWER_CASES)
def test_an_altered_answer_lets_nobody_in(between: Between, case: str) -> None:
    reason, alter = ANSWER_CASES[case]
    desk = between.desk()
    begun = desk.begin()
    query = alter(dict(sign_in(begun.address)))
    assert refused(desk, begun.pending, query).reason is reason
    assert (TOKENS in between.proxy.asked) == (reason is Reason.CODE_REFUSED)


def test_an_answer_for_another_browser_lets_nobody_in(between: Between) -> None:
    desk = between.desk()
    theirs, ours = desk.begin(), desk.begin()
    assert refused(desk, ours.pending, sign_in(theirs.address)).reason is Reason.STATE


def test_a_sign_in_is_finished_once_even_with_a_new_code(between: Between) -> None:
    desk = between.desk()
    begun = desk.begin()
    desk.finish(begun.pending, sign_in(begun.address))
    assert refused(desk, begun.pending, sign_in(begun.address)).reason is Reason.PENDING_USED


def test_a_code_serves_once(between: Between) -> None:
    desk, another_process = between.desk(), between.desk()
    begun = desk.begin()
    query = sign_in(begun.address)
    desk.finish(begun.pending, query)
    assert refused(another_process, begun.pending, query).reason is Reason.CODE_REFUSED


def test_a_code_serves_nobody_without_its_verifier(between: Between) -> None:
    desk = between.desk()
    begun, another = desk.begin(), desk.begin()
    stolen = replace(begun.pending, verifier=another.pending.verifier)
    assert refused(desk, stolen, sign_in(begun.address)).reason is Reason.CODE_REFUSED


def test_a_code_serves_nobody_without_the_clients_secret(between: Between) -> None:
    desk = OpenId(settings_for(between.server), SecretStr("not the secret"))
    begun = desk.begin()
    assert refused(desk, begun.pending, sign_in(begun.address)).reason is Reason.CODE_REFUSED


def test_a_plain_challenge_is_refused_by_the_provider(between: Between) -> None:
    desk = between.desk()
    begun = desk.begin()
    downgraded = begun.address.replace("code_challenge_method=S256", "code_challenge_method=plain")
    assert downgraded != begun.address
    assert refused(desk, begun.pending, sign_in(downgraded)).reason is Reason.PROVIDER_SAID_NO


DESCRIPTION_CASES: dict[str, tuple[Reason, dict[str, Any]]] = {
    "issuer: another": (Reason.DISCOVERY_ISSUER, {"issuer": ELSEWHERE}),
    "issuer: none": (Reason.DISCOVERY_ISSUER, {"issuer": None}),
    "challenge: plain alone": (Reason.NO_PKCE, {"code_challenge_methods_supported": ["plain"]}),
    "an open line to the tokens": (Reason.UNSAFE_ADDRESS, {"token_endpoint": "http://login.westmere.example/token"}),
    "an open line to the keys": (Reason.UNSAFE_ADDRESS, {"jwks_uri": "http://login.westmere.example/jwks"}),
    "no keys": (Reason.UNSAFE_ADDRESS, {"jwks_uri": None}),
    "a file in the place of keys": (Reason.UNSAFE_ADDRESS, {"jwks_uri": "file:///etc/passwd"}),
}


@pytest.mark.parametrize("case", DESCRIPTION_CASES)
def test_an_altered_description_begins_nothing(between: Between, case: str) -> None:
    reason, changes = DESCRIPTION_CASES[case]
    between.proxy.alter[DESCRIPTION] = lambda description: description | changes
    with pytest.raises(SignInFailed) as caught:
        between.desk().begin()
    assert caught.value.reason is reason


def says(status: int, content: bytes, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        # The desk hangs up on an answer that is too large, and may well do so while it is sent.
        try:
            request.wfile.write(content)
        except OSError:
            request.close_connection = True

    return answer


def hang_up(request: BaseHTTPRequestHandler) -> None:
    request.connection.close()


INSTEAD_CASES: dict[str, tuple[Reason, Callable[[BaseHTTPRequestHandler], None]]] = {
    "more than anybody reads": (Reason.NOT_UNDERSTOOD, says(200, b'{"a": "' + b"a" * 3_000_000 + b'"}')),
    "deeper than anybody reads": (Reason.NOT_UNDERSTOOD, says(200, b"[" * 200_000)),
    "no JSON": (Reason.NOT_UNDERSTOOD, says(200, b"<html>")),
    "no group of values": (Reason.NOT_UNDERSTOOD, says(200, b"[]")),
    "no tokens": (Reason.NO_TOKEN, says(200, b"{}")),
    "a token that is no word": (Reason.NO_TOKEN, says(200, b'{"id_token": ["e30"]}')),
    "a cut line": (Reason.UNREACHABLE, hang_up),
}


@pytest.mark.parametrize("case", INSTEAD_CASES)
def test_an_answer_in_the_place_of_tokens_lets_nobody_in(between: Between, case: str) -> None:
    reason, instead = INSTEAD_CASES[case]
    desk = between.desk()
    begun = desk.begin()
    query = sign_in(begun.address)
    between.proxy.instead[TOKENS] = instead
    assert refused(desk, begun.pending, query).reason is reason


@pytest.mark.parametrize("path", [KEYS, TOKENS])
def test_nobody_is_followed_to_another_address(between: Between, path: str) -> None:
    desk = between.desk()
    begun = desk.begin()
    query = sign_in(begun.address)
    elsewhere = f"{between.proxy.address}/elsewhere"
    between.proxy.instead[path] = says(307, b"{}", Location=elsewhere)
    assert refused(desk, begun.pending, query).reason in {Reason.CODE_REFUSED, Reason.UNREACHABLE}
    begun = desk.begin()
    query = sign_in(begun.address)
    between.proxy.instead[path] = says(307, b'{"a": "' + b"a" * 3_000_000 + b'"}', Location=elsewhere)
    assert refused(desk, begun.pending, query).reason in {Reason.NOT_UNDERSTOOD, Reason.UNKNOWN_KEY}
    assert "/elsewhere" not in between.proxy.asked


def test_a_slow_answer_is_not_waited_for(between: Between, monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(200):
            try:
                request.wfile.write(b" ")
                request.wfile.flush()
            except OSError:
                return
            time.sleep(0.05)

    desk = between.desk()
    begun = desk.begin()
    query = sign_in(begun.address)
    between.proxy.instead[TOKENS] = drip
    monkeypatch.setattr("desk.web.sign_in.openid_provider.LONGEST_ANSWER_SECONDS", 0.2)
    began = time.monotonic()
    assert refused(desk, begun.pending, query).reason is Reason.NOT_UNDERSTOOD
    assert time.monotonic() - began < 5
