"""Tokens of people and write keys of senders: shown once, limited, rotated, revoked at once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from promesa.access import (
    KeyReader,
    Rights,
    change_rights,
    key_of,
    list_keys,
    list_tokens,
    lock_person,
    make_key,
    make_token,
    may,
    person_of_token,
    revoke_key,
    revoke_token,
    rotate_key,
)
from promesa.database import tables
from promesa.errors import AccessDenied, InputError, UnknownName
from tests.access.conftest import NOW

DAY = timedelta(days=1)


def test_a_token_acts_for_its_owner_and_never_does_more(database, member) -> None:
    ana = member("ana@example.com", "analyst", personal=True)
    with database.begin() as connection:
        made = {"name": "cuadro", "scopes": ["read", "personal"], "expires_at": NOW + DAY}
        token = make_token(connection, ana, **made, now=NOW)
        assert token.startswith("prm_")
        person = person_of_token(connection, token, now=NOW)
        assert may(person, "see_personal_data")
        assert not may(person, "manage_data")
        assert person_of_token(connection, token, now=NOW + DAY) is None
        assert person_of_token(connection, token + "x", now=NOW) is None
        (listed,) = list_tokens(connection, ana.id)
        assert (listed.used_on, listed.hint, listed.scopes) == (date(2026, 3, 1), token[:8], ("personal", "read"))
        change_rights(connection, ana, rights=Rights(role="viewer"), by="terminal", now=NOW)
        assert not may(person_of_token(connection, token, now=NOW), "see_personal_data")
        revoke_token(connection, listed.id, by=ana.actor, now=NOW)
        assert person_of_token(connection, token, now=NOW) is None
        with pytest.raises(UnknownName):
            revoke_token(connection, listed.id, by=ana.actor, now=NOW)
        assert token not in repr(connection.execute(select(tables.api_tokens)).all())


def test_a_token_of_a_locked_person_is_worthless(database, member) -> None:
    sol = member("sol@example.com")
    with database.begin() as connection:
        token = make_token(connection, sol, name="x", scopes=["read"], expires_at=None, now=NOW)
        assert person_of_token(connection, token, now=NOW + 9999 * DAY)
        lock_person(connection, sol, by="terminal", now=NOW)
        assert person_of_token(connection, token, now=NOW) is None


@pytest.mark.parametrize(
    ("scopes", "ends", "error"),
    [
        ([], None, InputError),
        (["read"], NOW, InputError),
        (["root"], None, UnknownName),
        (["personal"], None, AccessDenied),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(database, member, scopes, ends, error) -> None:
    luz = member(f"{'-'.join(scopes)}x{ends is None}@example.com")
    with database.begin() as connection, pytest.raises(error):
        make_token(connection, luz, name="x", scopes=scopes, expires_at=ends, now=NOW)


def test_a_write_key_is_rotated_with_two_valid_for_a_time(database) -> None:
    with database.begin() as connection:
        by = {"by": "terminal", "now": NOW}
        first = make_key(connection, "web", tables_=["orders", "moments"], source="web", rate=500, **by)
        assert first.startswith("pwk_")
        second = rotate_key(connection, "web", **by)
        third = rotate_key(connection, "web", by="terminal", now=NOW + DAY, overlap=DAY)
        for secret, ends in ((first, NOW + 2 * DAY), (second, NOW + 2 * DAY), (third, NOW + 999 * DAY)):
            assert key_of(connection, secret, now=ends - timedelta(seconds=1)).tables == ("moments", "orders")
            assert key_of(connection, secret, now=ends) is None or secret == third
        (listed,) = list_keys(connection, now=NOW + 3 * DAY)
        assert (listed.name, listed.source, listed.rate, listed.hints) == ("web", "web", 500, (third[:8],))
        revoke_key(connection, "web", by="terminal", now=NOW)
        assert key_of(connection, third, now=NOW) is None
        with pytest.raises(UnknownName):
            rotate_key(connection, "web", **by)


@pytest.mark.parametrize(
    ("name", "scopes"),
    [
        ("Web", {"source": "x"}),
        ("", {"source": "x"}),
        ("b", {}),
        ("c", {"source": "x", "rate": 0}),
        ("web", {"source": "x"}),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(database, name, scopes) -> None:
    with database.begin() as connection, pytest.raises(InputError):
        make_key(connection, name, by="terminal", now=NOW, **scopes)


def test_the_intake_sees_a_revoked_key_within_three_seconds(database) -> None:
    now = [NOW]
    read = KeyReader(database, clock=lambda: now[0])
    assert read("pwk_unknown") is None
    with database.begin() as connection:
        secret = make_key(connection, "app", source="app", by="terminal", now=NOW)
    assert read(secret).name == "app"
    with database.begin() as connection:
        revoke_key(connection, "app", by="terminal", now=NOW)
    assert read(secret).name == "app", "kept for a moment"
    now[0] += timedelta(seconds=3)
    assert read(secret) is None
