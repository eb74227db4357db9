"""Signing in: one answer for every refusal, waits that grow, sessions that end, second factor."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pyotp
import pytest
from sqlalchemy import select

from promesa.access import (
    Rights,
    begin_second_factor,
    close_listed,
    close_session,
    confirm_second_factor,
    count_recovery_codes,
    csrf_fits,
    csrf_of,
    finish_sign_in,
    forget_attempts,
    invite,
    list_sessions,
    person_of_session,
    remove_second_factor,
    session_id,
    sign_in,
)
from promesa.database import tables
from promesa.errors import LinkExpired, SignInRefused
from tests.access.conftest import GOOD, NOW


def refused(database, key, email: str, password: str = "no es esta", now=NOW) -> str:
    with pytest.raises(SignInRefused) as caught:
        sign_in(database, key, email=email, password=password, device="x", now=now)
    return str(caught.value)


def test_every_refusal_is_the_same_answer(database, key, member) -> None:
    member("ana@example.com")
    with database.begin() as connection:
        invite(connection, "nueva@example.com", rights=Rights(role="viewer"), by="terminal", now=NOW)
    emails = ("ana@example.com", "nadie@example.com", "nueva@example.com", "?")
    assert len({refused(database, key, email) for email in emails}) == 1


@pytest.mark.parametrize("email", ["lock@example.com", "unknown@example.com"])
def test_attempts_wait_longer_and_longer_whether_there_is_such_a_person_or_not(database, key, member, email) -> None:
    if email.startswith("lock"):
        member(email)
    for _ in range(5):
        answer = refused(database, key, email)
    for seconds in (1, 29):
        assert refused(database, key, email, GOOD, NOW + timedelta(seconds=seconds)) == answer
    with database.begin() as connection:
        row = connection.execute(select(tables.attempts).where(tables.attempts.c.failed == 5)).first()
        assert row is not None
        assert "example" not in repr(row.who)
        assert row.locked_until == NOW + timedelta(seconds=30)
    after = NOW + timedelta(seconds=31)
    refused(database, key, email, now=after)
    refused(database, key, email, GOOD, after + timedelta(seconds=59))
    if email.startswith("lock"):
        assert sign_in(database, key, email=email, password=GOOD, device="x", now=after + timedelta(seconds=61)).session
        refused(database, key, email, now=after + timedelta(seconds=62))
        assert sign_in(database, key, email=email, password=GOOD, device="x", now=after + timedelta(seconds=63)).session


def test_attempts_at_once_are_counted_each(database, key, member) -> None:
    ana = member("many@example.com")
    threads = [Thread(target=refused, args=(database, key, ana.email)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused(database, key, ana.email, GOOD)
    with database.begin() as connection:
        forget_attempts(connection, key, ana)
    assert sign_in(database, key, email=ana.email, password=GOOD, device="x", now=NOW).session


def test_a_session_ends_when_idle_when_old_and_when_closed(database, key, member) -> None:
    ana = member("sesion@example.com")
    token = sign_in(database, key, email=ana.email, password=GOOD, device="Firefox " * 50, now=NOW).session
    other = sign_in(database, key, email=ana.email, password=GOOD, device="móvil", now=NOW).session
    assert token != other
    with database.begin() as connection:
        now = NOW
        while now < NOW + timedelta(days=13, hours=20):
            now += timedelta(hours=11, minutes=59)
            assert person_of_session(connection, token, now=now).id == ana.id
        assert [one.id for one in list_sessions(connection, ana.id, now=now)] == [session_id(token)]
        assert person_of_session(connection, token, now=NOW + timedelta(days=14)) is None
        assert person_of_session(connection, other, now=NOW + timedelta(hours=12)) is None
        assert person_of_session(connection, other, now=NOW + timedelta(hours=11)).id == ana.id
        assert person_of_session(connection, "no such token", now=NOW) is None
        assert not close_listed(connection, ana.id + 1, session_id(other))
        assert close_listed(connection, ana.id, session_id(other))
        assert person_of_session(connection, other, now=NOW) is None
        close_session(connection, token)
        assert list_sessions(connection, ana.id, now=NOW) == []


def test_no_token_is_kept(database, key, member) -> None:
    ana = member("hash@example.com")
    token = sign_in(database, key, email=ana.email, password=GOOD, device="x", now=NOW).session
    with database.begin() as connection:
        rows = [tuple(row) for table in tables.metadata.sorted_tables for row in connection.execute(select(table))]
    assert token not in repr(rows)
    assert GOOD not in repr(rows)


def test_a_form_carries_the_token_of_its_session() -> None:
    assert csrf_fits("una sesión", csrf_of("una sesión"))
    assert not csrf_fits("otra sesión", csrf_of("una sesión"))
    assert not csrf_fits("una sesión", "ñ")


def test_a_password_is_hashed_anew_when_the_parameters_change(database, key, member, monkeypatch) -> None:
    from argon2 import PasswordHasher

    from promesa.access import passwords

    ana = member("rehash@example.com")
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    sign_in(database, key, email=ana.email, password=GOOD, device="x", now=NOW)
    with database.begin() as connection:
        kept = connection.execute(select(tables.people.c.password).where(tables.people.c.id == ana.id)).scalar_one()
    assert "m=16,t=2" in kept


def test_the_second_factor_is_asked_for_and_each_code_works_once(database, key, member) -> None:
    ana = member("dos@example.com")
    with database.begin() as connection:
        enrolment = begin_second_factor(connection, key, ana, company="Tienda", now=NOW)
        assert enrolment.secret not in repr(enrolment)
        with pytest.raises(SignInRefused):
            confirm_second_factor(connection, key, ana, token=enrolment.token, code="000000", now=NOW)
        assert not sign_in(database, key, email=ana.email, password=GOOD, device="x", now=NOW).second_factor
        code = pyotp.TOTP(enrolment.secret).at(_unix(NOW))
        recovery = confirm_second_factor(connection, key, ana, token=enrolment.token, code=code, now=NOW)
        assert len(recovery) == count_recovery_codes(connection, ana) == 10

    def attempt(code: str, now) -> str | None:
        begun = sign_in(database, key, email=ana.email, password=GOOD, device="x", now=now)
        assert begun.session is None
        return finish_sign_in(database, key, token=begun.second_factor, code=code, device="x", now=now).session

    totp = pyotp.TOTP(enrolment.secret)
    with pytest.raises(SignInRefused):  # the code that confirmed is used up
        attempt(code, NOW)
    soon = NOW + timedelta(seconds=60)
    fresh = totp.at(_unix(soon))
    assert attempt(f"{fresh[:3]} {fresh[3:]}", soon)
    with pytest.raises(SignInRefused):
        attempt(fresh, soon)
    assert attempt(totp.at(_unix(soon) + 30), soon), "a clock half a minute ahead"
    with pytest.raises(SignInRefused):
        attempt(totp.at(_unix(soon) + 90), soon)
    assert attempt(recovery[0].upper(), soon)
    with pytest.raises(SignInRefused):
        attempt(recovery[0], soon)
    begun = sign_in(database, key, email=ana.email, password=GOOD, device="x", now=soon)
    late = soon + timedelta(minutes=5)
    with pytest.raises(LinkExpired):
        finish_sign_in(database, key, token=begun.second_factor, code=recovery[1], device="x", now=late)
    with database.begin() as connection:
        rows = [tuple(row) for table in tables.metadata.sorted_tables for row in connection.execute(select(table))]
        assert enrolment.secret not in repr(rows)
        remove_second_factor(connection, ana, by="person:1", now=soon)
        assert count_recovery_codes(connection, ana) == 0
    assert sign_in(database, key, email=ana.email, password=GOOD, device="x", now=soon).session


def test_codes_too_are_waited_for(database, key, member) -> None:
    ana = member("codigos@example.com")
    with database.begin() as connection:
        enrolment = begin_second_factor(connection, key, ana, company="Tienda", now=NOW)
        code = pyotp.TOTP(enrolment.secret).at(_unix(NOW))
        confirm_second_factor(connection, key, ana, token=enrolment.token, code=code, now=NOW)
    later = NOW + timedelta(minutes=1)
    begun = sign_in(database, key, email=ana.email, password=GOOD, device="x", now=later)
    for _ in range(5):
        with pytest.raises(SignInRefused):
            finish_sign_in(database, key, token=begun.second_factor, code="000000", device="x", now=later)
    right = pyotp.TOTP(enrolment.secret).at(_unix(later))
    with pytest.raises(SignInRefused):
        finish_sign_in(database, key, token=begun.second_factor, code=right, device="x", now=later)


def _unix(now) -> int:
    from datetime import UTC

    return int(now.replace(tzinfo=UTC).timestamp())
