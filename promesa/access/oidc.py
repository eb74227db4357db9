"""Sign-in with the company's identity provider: OpenID Connect, code flow with PKCE, state and nonce."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import httpx
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from promesa.access.audit import record
from promesa.access.one_time import hand_out, use_up
from promesa.access.people import Person, normal_email, normal_name, person_by_email, person_from
from promesa.database import tables
from promesa.errors import AccessDenied, InputError, SignInRefused

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from promesa.access.people import Rights
    from promesa.database import Database
    from promesa.workspace import OidcSettings

_TIMEOUT = 10.0
_LEEWAY = 60  # seconds that the clocks of the two sides may differ
# Signatures by the provider's key alone: an HMAC by the secret, or none at all, is what forgers ask for.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcStep:
    """The first half of a sign-in.

    Attributes
    ----------
    url : str
        Where the browser goes.
    state : str
        What the browser keeps in a cookie and the provider gives back: both must be the same.
    """

    url: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Provider:
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str


def begin_oidc(database: Database, settings: OidcSettings, *, back: str, now: datetime) -> OidcStep:
    """Return where a browser goes to sign in with the company's account.

    Parameters
    ----------
    back : str
        Address of the service that the provider sends the browser back to.

    Raises
    ------
    SignInRefused
        If the provider does not answer.
    """
    provider = _provider(settings)
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    with database.begin() as connection:
        kept = {"verifier": verifier, "nonce": nonce, "back": back}
        state = hand_out(connection, "oidc", person=None, now=now, payload=kept)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": settings.client_id,
        "redirect_uri": back,
        "scope": "openid email profile",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in provider.authorization_endpoint else "?"
    return OidcStep(url=f"{provider.authorization_endpoint}{joint}{urlencode(asked)}", state=state)


def finish_oidc(
    database: Database, settings: OidcSettings, *, code: str, state: str, rights: Rights, locale: str, now: datetime
) -> Person:
    """Return whom the provider vouches for; the account is made if the domain of the e-mail allows it.

    The second factor of promesa is not asked for: how strictly its people sign in is the provider's to say.

    Parameters
    ----------
    rights : Rights
        Of a person who is new.

    Raises
    ------
    LinkExpired
        If the state was used, is too old or is not ours.
    SignInRefused
        If the provider refuses the code, or what it says of the person does not hold.
    AccessDenied
        If the person is neither invited nor of an allowed domain, or is locked.
    """
    with database.begin() as connection:
        begun = use_up(connection, "oidc", state, now=now).payload
    provider = _provider(settings)
    claims = _claims(provider, settings, code, begun, now=now)
    with database.begin() as connection:
        return _person(connection, settings, claims, rights=rights, locale=locale, now=now)


def _provider(settings: OidcSettings) -> _Provider:
    issuer = settings.issuer.rstrip("/")
    told = _fetched("GET", f"{issuer}/.well-known/openid-configuration")
    if str(told.get("issuer", "")).rstrip("/") != issuer:
        raise _refused("the provider calls itself something else than `issuer`")
    try:
        return _Provider(**{name: str(told[name]) for name in _Provider.__slots__})
    except KeyError as error:
        raise _refused(f"the provider says no {error.args[0]}") from None


def _claims(
    provider: _Provider, settings: OidcSettings, code: str, begun: dict[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Exchange the code for the token that says who it is, and check that token."""
    pair = f"{quote(settings.client_id, safe='')}:{quote(settings.client_secret, safe='')}"
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": begun["back"],
        "code_verifier": begun["verifier"],
    }
    basic = {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
    given = _fetched("POST", provider.token_endpoint, data=form, headers=basic)
    keys = _fetched("GET", provider.jwks_uri)
    claims = _checked(str(given.get("id_token", "")), keys, provider, settings, nonce=begun["nonce"], now=now)
    return claims if "email" in claims else _with_email(claims, provider, str(given.get("access_token", "")))


def _with_email(claims: dict[str, Any], provider: _Provider, token: str) -> dict[str, Any]:
    """Ask the provider for what it does not put into the token that says who it is; many put the e-mail only here."""
    told = _fetched("GET", provider.userinfo_endpoint, headers={"Authorization": f"Bearer {token}"})
    if told.get("sub") != claims["sub"]:
        raise _refused("it tells of another person than its token")
    return {**told, **claims}


def _checked(
    token: str, keys: dict[str, Any], provider: _Provider, settings: OidcSettings, *, nonce: str, now: datetime
) -> dict[str, Any]:
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        # Keys that are for something else (encryption) or of a kind unknown here are left out.
        usable = [key for key in keys.get("keys", []) if key.get("use", "sig") == "sig"]
        claims = jwt.decode(token, KeySet.import_key_set({"keys": usable}), algorithms=_ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            now=int(now.replace(tzinfo=UTC).timestamp()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": settings.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(claims)
    except (JoseError, ValueError, TypeError) as error:
        raise _refused(f"its token does not hold: {type(error).__name__}") from None
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != settings.client_id:
        raise _refused("its token is for somebody else")
    return dict(claims)


def _person(
    connection: Connection,
    settings: OidcSettings,
    claims: dict[str, Any],
    *,
    rights: Rights,
    locale: str,
    now: datetime,
) -> Person:
    """Return the person of a subject: known by it, else by an e-mail that the provider has checked, else new."""
    subject = f"{settings.issuer.rstrip('/')} {claims['sub']}"
    row = connection.execute(select(tables.people).where(tables.people.c.subject == subject)).one_or_none()
    if row is not None:
        return _active(person_from(row))
    email = _checked_email(claims)
    person = person_by_email(connection, email)
    if person is not None:
        return _joined(connection, person, subject, now=now)
    if email.rpartition("@")[2] not in settings.allowed_domains:
        raise _denied("an e-mail of a domain that is not allowed, and no invitation")
    try:
        name = normal_name(str(claims.get("name") or email.partition("@")[0]))
    except InputError:
        name = email.partition("@")[0]
    values = {"email": email, "name": name, "locale": locale, "subject": subject, **rights.checked().values()}
    try:
        with connection.begin_nested():
            made = connection.execute(
                insert(tables.people).values(**values, active=True, created_at=now).returning(tables.people)
            ).one()
    except IntegrityError:
        raise _refused("the same person signed in twice at once; try again") from None
    found = person_from(made)
    record(connection, by="service", action="person.provided", about=found.actor, after=rights.values(), now=now)
    return found


def _joined(connection: Connection, person: Person, subject: str, *, now: datetime) -> Person:
    """Tie an account to a subject; one that is tied to another subject stays with it."""
    people = tables.people.c
    tied = connection.execute(
        update(tables.people).where(people.id == person.id, people.subject.is_(None)).values(subject=subject)
    )
    if tied.rowcount != 1:
        raise _denied("an account that belongs to another person of the provider")
    record(connection, by="service", action="person.tied", about=person.actor, now=now)
    return _active(person)


def _checked_email(claims: dict[str, Any]) -> str:
    if claims.get("email_verified") not in {True, "true"}:
        raise _denied("an e-mail that the provider has not checked")
    try:
        return normal_email(str(claims.get("email", "")))
    except InputError:
        raise _denied("no e-mail") from None


def _active(person: Person) -> Person:
    if not person.active:
        raise _denied("a locked account")
    return person


def _fetched(method: str, url: str, **more: Any) -> dict[str, Any]:
    """Return a JSON document of the provider; no redirects: they would lead away from what was configured."""
    try:
        answer = httpx.request(method, url, timeout=_TIMEOUT, **more)
        told = answer.json() if answer.status_code == 200 else None
    except (httpx.HTTPError, httpx.InvalidURL, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise _refused(f"no answer that can be read: {type(error).__name__}") from None
    if not isinstance(told, dict):
        raise _refused(f"answer {answer.status_code}")
    return told


def _refused(got: str) -> SignInRefused:
    return SignInRefused(
        what="Signing in with the company's account did not work.",
        got=got,
        expected="an identity provider that vouches for the person",
        fix="try again; if it stays so, check [service.oidc] of promesa.toml",
    )


def _denied(got: str) -> AccessDenied:
    return AccessDenied(
        what="The company's account does not open this service.",
        got=got,
        expected="an invitation, or an e-mail of an allowed domain",
        fix="ask an administrator for an invitation",
    )
