"""Accounts: invited, opened, changed, locked; the last administrator stays; every change is in the audit log."""

from __future__ import annotations

from datetime import timedelta

import pytest

from promesa.access import (
    Rights,
    accept_invitation,
    ask_reset,
    change_password,
    change_rights,
    find_entries,
    first_administrator,
    found,
    invite,
    invited_person,
    list_people,
    lock_person,
    named_person,
    normal_email,
    person_of,
    person_of_session,
    reset_password,
    sign_in,
    unlock_person,
)
from promesa.errors import InputError, LinkExpired, PasswordRefused, SignInRefused
from tests.access.conftest import GOOD, NOW

LATER = NOW + timedelta(minutes=5)


def test_the_first_start_makes_one_administrator_once(database) -> None:
    with database.begin() as connection:
        first, link = first_administrator(connection, now=NOW), first_administrator(connection, now=NOW)
    assert first
    assert link
    with database.begin() as connection:
        ana = found(connection, link, email="Ana@Example.com ", name="Ana", password=GOOD, now=LATER)
    assert (ana.email, ana.role, ana.personal_data) == ("ana@example.com", "administrator", False)
    with database.begin() as connection:
        assert first_administrator(connection, now=LATER) is None
        late = invite(connection, "eva@example.com", rights=Rights(role="viewer"), by=ana.actor, now=LATER)
        for token in (first, link, "nunca"):
            with pytest.raises(LinkExpired):
                found(connection, token, email="eva@example.com", name="Eva", password=GOOD, now=LATER)
    with database.begin() as connection, pytest.raises(InputError, match="administrator already"):
        found(connection, late, email="eva2@example.com", name="Eva", password=GOOD, now=LATER)
    with database.begin() as connection:
        assert [one.email for one in list_people(connection)] == ["ana@example.com", "eva@example.com"]


def test_the_last_administrator_can_be_neither_locked_nor_made_less(database) -> None:
    with database.begin() as connection:
        ana = named_person(connection, "ana@example.com")
        for change in (
            lambda: lock_person(connection, ana, by="terminal", now=NOW),
            lambda: change_rights(connection, ana, rights=Rights(role="viewer"), by="terminal", now=NOW),
        ):
            with pytest.raises(InputError, match="last administrator"):
                change()


def test_an_invitation_opens_an_account_once_and_for_a_day(database) -> None:
    rights = Rights(role="owner", functions=("logistica", "logistica"), personal_data=True)
    with database.begin() as connection:
        old = invite(connection, "luz@example.com", rights=rights, by="terminal", now=NOW)
        link = invite(connection, "LUZ@example.com", rights=rights, by="terminal", now=NOW)
        with pytest.raises(LinkExpired):
            invited_person(connection, old, now=LATER)
        with pytest.raises(LinkExpired):
            invited_person(connection, link, now=NOW + timedelta(hours=24))
        assert invited_person(connection, link, now=LATER).invited
        with pytest.raises(PasswordRefused):
            accept_invitation(connection, link, password="corta", name="Luz", now=LATER)
        luz = accept_invitation(connection, link, password=GOOD, name="  Luz   Marina ", now=LATER)
        with pytest.raises(LinkExpired):
            accept_invitation(connection, link, password=GOOD, name="Luz", now=LATER)
        kept = person_of(connection, luz.id)
    assert (kept.name, kept.functions, kept.personal_data, kept.invited) == ("Luz Marina", ("logistica",), True, False)


def test_other_rights_and_a_lock_end_every_session(database, key, member) -> None:
    sol = member("sol@example.com")
    signed = {"password": GOOD, "device": "x", "now": LATER}
    for change in (
        lambda c: change_rights(c, sol, rights=Rights(role="analyst", personal_data=True), by="person:1", now=LATER),
        lambda c: lock_person(c, sol, by="person:1", now=LATER),
    ):
        session = sign_in(database, key, email=sol.email, **signed).session
        with database.begin() as connection:
            assert person_of_session(connection, session, now=LATER)
            change(connection)
            assert person_of_session(connection, session, now=LATER) is None
    with pytest.raises(SignInRefused):
        sign_in(database, key, email=sol.email, **signed)
    with database.begin() as connection:
        assert ask_reset(connection, sol.email, now=LATER) is None
        with pytest.raises(InputError, match="locked"):
            invite(connection, sol.email, rights=Rights(role="viewer"), by="terminal", now=LATER)
        unlock_person(connection, sol, by="terminal", now=LATER)
        told = [(entry.action, entry.before, entry.after) for entry in find_entries(connection, action="person")][:3]
    assert sign_in(database, key, email=sol.email, **signed).session
    assert told == [
        ("person.unlocked", None, None),
        ("person.locked", None, None),
        (
            "person.rights",
            {"role": "viewer", "functions": [], "personal_data": False},
            {"role": "analyst", "functions": [], "personal_data": True},
        ),
    ]


def test_a_password_is_changed_by_its_owner_or_by_a_link(database, key, member) -> None:
    paz = member("paz@example.com")
    session = sign_in(database, key, email=paz.email, password=GOOD, device="x", now=NOW).session
    with database.begin() as connection:
        with pytest.raises(SignInRefused):
            change_password(connection, paz, current="otra cosa distinta", new="otra frase larga 55", now=NOW)
        change_password(connection, paz, current=GOOD, new="otra frase larga 55", now=NOW)
        assert person_of_session(connection, session, now=NOW) is None
        person, link = ask_reset(connection, "PAZ@example.com", now=NOW)
        assert person.id == paz.id
        with pytest.raises(LinkExpired):
            reset_password(connection, link, new=GOOD, now=NOW + timedelta(hours=1))
        reset_password(connection, link, new=GOOD, now=LATER)
        with pytest.raises(LinkExpired):
            reset_password(connection, link, new=GOOD, now=LATER)
        assert ask_reset(connection, "nadie@example.com", now=NOW) is None
        assert ask_reset(connection, paz.email, now=NOW)
        assert ask_reset(connection, paz.email, now=NOW + timedelta(minutes=1)) is None, "one mail in two minutes"
        assert ask_reset(connection, "no es un correo", now=NOW) is None
    assert sign_in(database, key, email=paz.email, password=GOOD, device="x", now=LATER).session


@pytest.mark.parametrize(
    "rights",
    [{"role": "owner"}, {"role": "viewer", "functions": ("x",)}, {"role": "root"}],
)
def test_rights_that_do_not_fit_are_refused(database, rights) -> None:
    with database.begin() as connection, pytest.raises(InputError):
        invite(connection, "x@example.com", rights=Rights(**rights), by="terminal", now=NOW)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" José@Ejemplo.ES ", "josé@ejemplo.es"),
        ("jose\u0301@ejemplo.es", "josé@ejemplo.es"),
        ("a+b@españa.es", "a+b@xn--espaa-rta.es"),
        ("O'Hara@sub.example.com", "o'hara@sub.example.com"),
    ],
)
def test_an_email_has_one_form(written, kept) -> None:
    assert normal_email(written) == kept


@pytest.mark.parametrize(
    "written", ["", "ana", "ana@", "@x.es", "ana@x", "a b@x.es", "a@x..es", "a\n@x.es", "<a@x.es>", "a@x.es\r\nBcc: b"]
)
def test_what_is_no_email_is_refused_without_being_repeated(written) -> None:
    with pytest.raises(InputError) as caught:
        normal_email(written)
    assert len(written) < 4 or written not in str(caught.value)


def test_nobody_of_that_name(database) -> None:
    with database.begin() as connection, pytest.raises(InputError, match="Nobody has") as caught:
        named_person(connection, "secreta@example.com")
    assert "secreta" not in str(caught.value)
