from __future__ import annotations

import time
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from desk.web.sign_in.openid import Claimed, OpenId
from desk.web.sign_in.openid_failures import Reason, SignInFailed
from postroom.staff import EVERY_TEAM, Role
from tests.desk.web.sign_in.conftest import Between, settings_for
from tests.servers.openid import CLIENT, DESK, PEOPLE, RETURN, TENANT, OpenIdServer, sign_in
from tests.servers.tampering import KEYS, opened, signed


def through(desk: OpenId, person: str = "officer") -> Claimed:
    begun = desk.begin()
    return desk.finish(begun.pending, sign_in(begun.address, person))


def desk_at(provider: OpenIdServer, **changes: object) -> OpenId:
    return OpenId(settings_for(provider, **changes), SecretStr(provider.secret))


def test_a_person_signs_in_at_a_real_provider(provider: OpenIdServer) -> None:
    assert through(desk_at(provider)) == Claimed(
        subject=PEOPLE["officer"]["oid"],
        tenant=TENANT,
        name="Olu Brandt",
        sign_in_name="olu.brandt@westmere.example",
        roles=frozenset({Role.OFFICER}),
        teams=frozenset({"Revenues"}),
        restricted=False,
        session_id="",
    )


@pytest.mark.parametrize("algorithm", ["PS256", "ES256"])
def test_the_other_signatures_with_a_key_pair_are_taken_too(provider: OpenIdServer, algorithm: str) -> None:
    assert through(desk_at(provider, client_id=f"{CLIENT}-{algorithm}")).name == "Olu Brandt"


def test_the_browser_is_sent_with_a_challenge_and_never_with_what_answers_it(provider: OpenIdServer) -> None:
    begun = desk_at(provider).begin()
    query = dict(parse_qsl(urlsplit(begun.address).query))
    assert query["code_challenge_method"] == "S256"
    assert query["response_type"] == "code"
    assert query["redirect_uri"] == RETURN
    assert (query["state"], query["nonce"]) == (begun.pending.state, begun.pending.nonce)
    assert begun.pending.verifier not in begun.address
    assert provider.secret not in begun.address


def test_no_two_sign_ins_share_a_word(provider: OpenIdServer) -> None:
    desk = desk_at(provider)
    pending = [desk.begin().pending for _ in range(50)]
    words = {word for one in pending for word in (one.state, one.nonce, one.verifier)}
    assert len(words) == 150
    assert min(map(len, words)) >= 43


def test_another_provider_than_entra_id_needs_no_tenant(provider: OpenIdServer) -> None:
    desk = desk_at(provider, tenant="")
    assert through(desk).subject == "officer"


def test_without_teams_in_the_configuration_everybody_sees_every_teams_post(provider: OpenIdServer) -> None:
    assert through(desk_at(provider, teams={})).teams == {EVERY_TEAM}


@pytest.mark.parametrize("named", [PEOPLE["officer"]["oid"], "PostRoom.Officer"])
def test_protected_items_are_for_those_who_are_named(provider: OpenIdServer, named: str) -> None:
    assert through(desk_at(provider, restricted=[named])).restricted
    assert not through(desk_at(provider, restricted=[PEOPLE["visitor"]["oid"]])).restricted


def test_somebody_without_a_role_is_told_whom_to_ask(provider: OpenIdServer) -> None:
    with pytest.raises(SignInFailed, match="Ask your team lead or ICT") as refused:
        through(desk_at(provider), "visitor")
    assert refused.value.reason is Reason.NO_ROLE


def test_signing_out_goes_by_the_provider_and_comes_back(provider: OpenIdServer) -> None:
    address = desk_at(provider).sign_out_address()
    assert dict(parse_qsl(urlsplit(address).query))["post_logout_redirect_uri"] == f"{DESK}/sign-in"
    assert httpx.get(address).status_code == 200


def test_a_slow_person_has_ten_minutes(provider: OpenIdServer) -> None:
    late = {"by": 0.0}
    desk = OpenId(settings_for(provider), SecretStr(provider.secret), lambda: time.time() + late["by"])
    begun = desk.begin()
    query = sign_in(begun.address)
    late["by"] = 601.0
    with pytest.raises(SignInFailed) as refused:
        desk.finish(begun.pending, query)
    assert refused.value.reason is Reason.PENDING_OLD
    late["by"] = 30.0
    assert desk.finish(begun.pending, query).name == "Olu Brandt"


@pytest.mark.parametrize(("claim", "by"), [("exp", -30), ("nbf", 30), ("iat", 30)])
def test_clocks_may_differ_by_half_a_minute(between: Between, claim: str, by: int) -> None:
    def forge(token: str) -> str:
        header, claims = opened(token)
        return signed(claims | {claim: int(time.time()) + by}, between.server.keys.keys[0], header)

    between.proxy.swap_token(forge)
    assert through(between.desk()).name == "Olu Brandt"


def test_several_audiences_are_taken_when_the_token_was_given_to_this_desk(between: Between) -> None:
    def forge(token: str) -> str:
        header, claims = opened(token)
        return signed(claims | {"aud": ["canteen", CLIENT], "azp": CLIENT}, between.server.keys.keys[0], header)

    between.proxy.swap_token(forge)
    assert through(between.desk()).name == "Olu Brandt"


def test_keys_and_description_are_fetched_once(between: Between) -> None:
    desk = between.desk()
    through(desk)
    through(desk)
    assert between.proxy.asked.count(KEYS) == 1


def test_a_new_key_of_the_provider_is_found_and_a_made_up_one_sought_once_a_minute(between: Between) -> None:
    now = {"is": time.time()}
    desk = OpenId(settings_for(between.server), SecretStr(between.server.secret), lambda: now["is"])
    between.proxy.alter[KEYS] = lambda keys: {"keys": [keys["keys"][1]]}
    for _ in range(3):
        with pytest.raises(SignInFailed) as refused:
            through(desk)
        assert refused.value.reason is Reason.UNKNOWN_KEY
    assert between.proxy.asked.count(KEYS) == 1
    between.proxy.alter.clear()
    now["is"] += 61
    assert through(desk).name == "Olu Brandt"
    assert between.proxy.asked.count(KEYS) == 2


def test_an_old_answer_of_the_keys_is_not_trusted_for_ever(between: Between) -> None:
    now = {"is": time.time()}
    desk = OpenId(settings_for(between.server), SecretStr(between.server.secret), lambda: now["is"])
    through(desk)
    between.proxy.alter[KEYS] = lambda keys: {"keys": [keys["keys"][1]]}
    now["is"] += 3601
    begun = desk.begin()
    with pytest.raises(SignInFailed):
        desk.finish(replace(begun.pending, at=now["is"]), sign_in(begun.address))
