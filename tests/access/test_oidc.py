"""Sign-in with the company's provider: a whole sign-in, and everything a forger would try."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey, OctKey

from promesa.access import Rights, begin_oidc, find_entries, finish_oidc, invite, list_people, lock_person
from promesa.errors import AccessDenied, LinkExpired, PromesaError, SignInRefused
from promesa.workspace import OidcSettings
from tests.access.conftest import NOW
from tests.access.provider import BACK, SECRET, Provider, running

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running() as made:
        yield made


def settings(provider: Provider, **more: Any) -> OidcSettings:
    domains = {"allowed_domains": ("tienda.example",), **more}
    return OidcSettings(issuer=provider.issuer, client_id="promesa", client_secret=SECRET, **domains)


def enter(database, provider: Provider, *, code: str = "el código", late: int = 0, **more: Any) -> Any:
    """Sign in as a browser does."""
    told = settings(provider, **more)
    step = begin_oidc(database, told, back=BACK, now=NOW)
    provider.asked = parse_qs(urlsplit(step.url).query)
    now = NOW + timedelta(seconds=late)
    rights = Rights(role="viewer")
    return finish_oidc(database, told, code=code, state=step.state, rights=rights, locale="es", now=now)


def test_what_the_browser_is_sent_with(database, provider) -> None:
    step = begin_oidc(database, settings(provider), back=BACK, now=NOW)
    asked = parse_qs(urlsplit(step.url).query)
    assert asked.pop("code_challenge")[0]
    assert asked.pop("nonce")[0]
    assert asked == {
        "x": ["1"],
        "response_type": ["code"],
        "client_id": ["promesa"],
        "redirect_uri": [BACK],
        "scope": ["openid email profile"],
        "state": [step.state],
        "code_challenge_method": ["S256"],
    }
    assert SECRET not in step.url


def test_somebody_new_is_let_in_and_known_the_next_time_by_the_subject(database, provider) -> None:
    ana = enter(database, provider)
    assert (ana.email, ana.name, ana.role, ana.personal_data) == ("ana@tienda.example", "Ana Ñáñez", "viewer", False)
    provider.changed = {"email": "otro@ajeno.example", "email_verified": False}
    assert enter(database, provider).id == ana.id
    with database.begin() as connection:
        assert [entry.action for entry in find_entries(connection)] == ["person.provided"]
        rights = Rights(role="administrator")
        boss = invite(connection, "jefa@tienda.example", rights=rights, by="terminal", now=NOW)
        assert boss
        lock_person(connection, ana, by="terminal", now=NOW)
    with pytest.raises(AccessDenied):
        enter(database, provider)


def test_an_invited_person_keeps_the_rights_of_the_invitation(database, provider) -> None:
    with database.begin() as connection:
        rights = Rights(role="owner", functions=("logistics",), personal_data=True)
        invite(connection, "sol@ajeno.example", rights=rights, by="terminal", now=NOW)
    provider.changed = {"sub": "sol-1", "email": "SOL@ajeno.example"}
    sol = enter(database, provider, allowed_domains=())
    assert (sol.role, sol.functions, sol.personal_data) == ("owner", ("logistics",), True)
    provider.changed = {"sub": "sol-2", "email": "sol@ajeno.example"}
    with pytest.raises(AccessDenied):
        enter(database, provider)


@pytest.mark.parametrize(
    "changed",
    [
        {"email_verified": False},
        {"email_verified": ...},
        {"email": "x@ajeno.example"},
        {"email": "x@tienda.example.evil.example"},
        {"email": "x@sub.tienda.example"},
        {"email": ...},
        {"email": "no es un correo"},
        {"iss": "https://evil.example"},
        {"aud": "other"},
        {"aud": ["promesa", "other"]},
        {"aud": ["promesa", "other"], "azp": "other"},
        {"nonce": "other"},
        {"nonce": ...},
        {"exp": 1},
        {"exp": ...},
        {"iat": 99999999999},
        {"sub": ...},
    ],
)
def test_what_does_not_hold_lets_nobody_in(database, provider, changed) -> None:
    provider.changed = {"sub": "new", "email": "nueva@tienda.example", **changed}
    before = len(people(database))
    with pytest.raises((SignInRefused, AccessDenied)) as caught:
        enter(database, provider)
    assert len(people(database)) == before
    assert "@" not in str(caught.value)
    assert SECRET not in str(caught.value)


def people(database) -> list[Any]:
    with database.begin() as connection:
        return list_people(connection)


def test_an_email_that_only_userinfo_tells_is_taken_from_there_if_it_is_the_same_person(database, provider) -> None:
    provider.changed = {"sub": "io", "email": ..., "email_verified": ..., "name": ...}
    provider.told = {"sub": "other", "email": "io@tienda.example", "email_verified": True}
    with pytest.raises(SignInRefused):
        enter(database, provider)
    provider.told = {**provider.told, "sub": "io", "name": "Io", "aud": "other"}
    assert enter(database, provider).name == "Io"


def test_only_the_key_of_the_provider_signs(database, provider) -> None:
    provider.signing = ECKey.generate_key("P-256", {"kid": "uno"})
    with pytest.raises(SignInRefused):
        enter(database, provider)
    provider.signing, provider.header = OctKey.import_key(SECRET.encode() * 2), {"alg": "HS256", "kid": "uno"}
    with pytest.raises(SignInRefused):
        enter(database, provider)
    provider.token = lambda: urlsafe_b64encode(b'{"alg":"none"}').decode() + ".e30."  # type: ignore[method-assign]
    with pytest.raises(SignInRefused):
        enter(database, provider)


def test_a_state_works_once_in_time_and_only_if_it_is_ours(database, provider) -> None:
    told = settings(provider)
    step = begin_oidc(database, told, back=BACK, now=NOW)
    provider.asked = parse_qs(urlsplit(step.url).query)
    rest: dict[str, Any] = {"rights": Rights(role="viewer"), "locale": "es", "now": NOW}
    provider.changed = {"sub": "una", "email": "una@tienda.example"}
    assert finish_oidc(database, told, code="el código", state=step.state, **rest)
    for state in (step.state, "made up"):
        with pytest.raises(LinkExpired):
            finish_oidc(database, told, code="el código", state=state, **rest)
    with pytest.raises(LinkExpired):
        enter(database, provider, late=601)
    with pytest.raises(SignInRefused):
        enter(database, provider, code="otro")


@pytest.mark.parametrize("known", [{"issuer": "https://evil.example"}, {"token_endpoint": "http://127.0.0.1:1/x"}])
def test_a_provider_that_is_not_the_one_named_is_refused(database, provider, known) -> None:
    provider.known = known
    with pytest.raises(SignInRefused):
        enter(database, provider)


def test_a_provider_that_is_gone_is_told(database) -> None:
    gone = OidcSettings(issuer="http://127.0.0.1:1", client_id="x", client_secret=SECRET)
    with pytest.raises(PromesaError, match="did not work"):
        begin_oidc(database, gone, back=BACK, now=NOW)
