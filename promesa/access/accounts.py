"""Changes to accounts: invite, role, lock, unlock, passwords; each leaves an entry in the audit log."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, text, update

from promesa.access.audit import record
from promesa.access.one_time import hand_out, look_at, use_up
from promesa.access.passwords import hash_password, password_fits, refuse_weak
from promesa.access.people import (
    Person,
    Rights,
    count_administrators,
    named_person,
    normal_email,
    normal_name,
    person_by_email,
    person_from,
    person_of,
)
from promesa.access.sessions import close_sessions
from promesa.database import tables
from promesa.errors import InputError, LastAdministrator, SignInRefused, UnknownName
from promesa.workspace import LOCALES

if TYPE_CHECKING:
    from sqlalchemy import Connection

_PAUSE = timedelta(minutes=2)  # a mailbox is not to be filled by whoever knows its address
_LOCK = 0x70726F6D03  # changes of rights wait for each other: the last administrator must not be lost between two


def invite(
    connection: Connection,
    email: str,
    *,
    rights: Rights,
    by: str,
    now: datetime,
    name: str = "",
    locale: str = "es",
) -> str:
    """Return the token of a link by which somebody chooses a password; the account is made if there is none.

    Whoever has an account gets the rights named and may choose a new password: the way back for an administrator who
    lost everything.
    """
    address = normal_email(email)
    granted = rights.checked().values()
    person = person_by_email(connection, address)
    if person is None:
        values = {"email": address, "name": normal_name(name or address.partition("@")[0]), "locale": _locale(locale)}
        row = connection.execute(
            insert(tables.people).values(**values, **granted, active=True, created_at=now).returning(tables.people.c.id)
        ).one()
        number = int(row.id)
        record(connection, by=by, action="person.invited", about=f"person:{number}", after=granted, now=now)
    else:
        number = person.id
        if not person.active:
            raise InputError(
                what="This person is locked.",
                got=f"person {number}, locked",
                expected="an account that may be used",
                fix="unlock it first: promesa people unlock EMAIL",
            )
        change_rights(connection, person, rights=rights, by=by, now=now)
        record(connection, by=by, action="person.invited", about=f"person:{number}", now=now)
    return hand_out(connection, "invitation", person=number, now=now)


def _locale(locale: str) -> str:
    if locale.split("_", maxsplit=1)[0] not in LOCALES:
        raise UnknownName(locale, kind="language", known=LOCALES)
    return locale


def invited_person(connection: Connection, token: str, *, now: datetime) -> Person:
    """Return whom an invitation is for; it stays good."""
    return _whose(connection, look_at(connection, "invitation", token, now=now).person)


def accept_invitation(connection: Connection, token: str, *, password: str, name: str, now: datetime) -> Person:
    """Give the account of an invitation its name and password; every other session of it ends."""
    person = invited_person(connection, token, now=now)
    chosen = normal_name(name)
    refuse_weak(password, email=person.email, name=chosen)
    use_up(connection, "invitation", token, now=now)
    connection.execute(
        update(tables.people)
        .where(tables.people.c.id == person.id)
        .values(name=chosen, password=hash_password(password))
    )
    close_sessions(connection, person.id)
    record(connection, by=person.actor, action="person.accepted", about=person.actor, now=now)
    return replace(person, name=chosen, invited=False)


def change_rights(connection: Connection, person: Person, *, rights: Rights, by: str, now: datetime) -> Person:
    """Give a person other rights; every session ends, so that the next one starts with them.

    Raises
    ------
    LastAdministrator
        If nobody would be left who may administer.
    """
    before, after = _held(connection, person.id), rights.checked()
    if before.rights == after:
        return before
    if after.role != "administrator":
        _keep_one(connection, before)
    connection.execute(update(tables.people).where(tables.people.c.id == person.id).values(**after.values()))
    close_sessions(connection, person.id)
    was = before.rights.values()
    record(connection, by=by, action="person.rights", about=before.actor, before=was, after=after.values(), now=now)
    return _whose(connection, person.id)


def lock_person(connection: Connection, person: Person, *, by: str, now: datetime) -> None:
    """Shut an account: sessions end at once, tokens and links no longer work, the history stays."""
    before = _held(connection, person.id)
    if not before.active:
        return
    _keep_one(connection, before)
    connection.execute(update(tables.people).where(tables.people.c.id == person.id).values(active=False))
    connection.execute(delete(tables.one_time).where(tables.one_time.c.person == person.id))
    close_sessions(connection, person.id)
    record(connection, by=by, action="person.locked", about=before.actor, now=now)


def unlock_person(connection: Connection, person: Person, *, by: str, now: datetime) -> None:
    """Open an account again."""
    if _held(connection, person.id).active:
        return
    connection.execute(update(tables.people).where(tables.people.c.id == person.id).values(active=True))
    record(connection, by=by, action="person.unlocked", about=person.actor, now=now)


def _held(connection: Connection, number: int) -> Person:
    """Return a person as it stands, and hold changes of rights until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    return _whose(connection, number)


def _keep_one(connection: Connection, person: Person) -> None:
    able = person.role == "administrator" and person.active and not person.invited
    if able and count_administrators(connection) <= 1:
        raise LastAdministrator(
            what="This is the last administrator.",
            got=f"person {person.id}",
            expected="somebody left who may administer",
            fix="make another person administrator first",
        )


def _whose(connection: Connection, number: int | None) -> Person:
    person = person_of(connection, number) if number is not None else None
    if person is None:
        raise UnknownName(str(number), kind="person", known=())
    return person


def change_profile(connection: Connection, person: Person, *, name: str, locale: str) -> Person:
    """Change what a person is called and the language of their pages."""
    values = {"name": normal_name(name), "locale": _locale(locale)}
    connection.execute(update(tables.people).where(tables.people.c.id == person.id).values(**values))
    return replace(person, **values)


def change_password(connection: Connection, person: Person, *, current: str, new: str, now: datetime) -> None:
    """Change a password by its owner; every session ends, this one too.

    Raises
    ------
    SignInRefused
        If `current` is not the password.
    PasswordRefused
        If the new one would be guessed.
    """
    check_password(connection, person, current)
    _set_password(connection, person, new, action="password.changed", now=now)


def check_password(connection: Connection, person: Person, current: str) -> None:
    """Raise `SignInRefused` unless it is the person's password: a stolen session alone must not do everything."""
    row = connection.execute(select(tables.people.c.password).where(tables.people.c.id == person.id)).one()
    if not password_fits(row.password, current):
        raise SignInRefused(
            what="The current password is not right.",
            got="another one",
            expected="the password you sign in with",
            fix="type it again, or sign out and ask for a new one",
        )


def ask_reset(connection: Connection, email: str, *, now: datetime) -> tuple[Person, str] | None:
    """Return whom to send a link to and its token, or None, which the caller does not tell.

    None for an e-mail that nobody has, a locked account, and one that was sent a link in the last two minutes.
    """
    try:
        person = named_person(connection, email)
    except InputError:
        return None
    table = tables.one_time.c
    lately = connection.execute(
        select(table.hash).where(table.person == person.id, table.kind == "reset", table.created_at > now - _PAUSE)
    ).first()
    if not person.active or lately is not None:
        return None
    return person, hand_out(connection, "reset", person=person.id, now=now)


def reset_password(connection: Connection, token: str, *, new: str, now: datetime) -> Person:
    """Give a person who has the link of an e-mail a new password; the second factor is still asked for."""
    person = _whose(connection, look_at(connection, "reset", token, now=now).person)
    refuse_weak(new, email=person.email, name=person.name)
    use_up(connection, "reset", token, now=now)
    _set_password(connection, person, new, action="password.reset", now=now)
    return person


def _set_password(connection: Connection, person: Person, new: str, *, action: str, now: datetime) -> None:
    refuse_weak(new, email=person.email, name=person.name)
    connection.execute(update(tables.people).where(tables.people.c.id == person.id).values(password=hash_password(new)))
    connection.execute(
        delete(tables.one_time).where(tables.one_time.c.person == person.id, tables.one_time.c.kind != "enrolment")
    )
    close_sessions(connection, person.id)
    record(connection, by=person.actor, action=action, about=person.actor, now=now)


def first_administrator(connection: Connection, *, now: datetime) -> str | None:
    """Return a link's token for the first administrator, or None when somebody may administer already.

    The e-mail of the account is asked for when the link is followed.
    """
    if count_administrators(connection) > 0:
        return None
    return hand_out(connection, "invitation", person=None, now=now, payload={"role": "administrator"})


def found(connection: Connection, token: str, *, email: str, name: str, password: str, now: datetime) -> Person:
    """Make the first administrator from the link that was printed at the first start."""
    address, chosen = normal_email(email), normal_name(name)
    refuse_weak(password, email=address, name=chosen)
    used = use_up(connection, "invitation", token, now=now)
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if used.person is not None or count_administrators(connection) > 0:
        raise InputError(
            what="There is an administrator already.",
            got="the link of a first start",
            expected="an invitation by an administrator",
            fix="ask for an invitation, or run `promesa people invite EMAIL --role administrator`",
        )
    row = connection.execute(
        insert(tables.people)
        .values(
            email=address,
            name=chosen,
            locale="es",
            role="administrator",
            functions=[],
            personal_data=False,
            active=True,
            password=hash_password(password),
            created_at=now,
        )
        .returning(tables.people)
    ).one()
    person = person_from(row)
    record(connection, by=person.actor, action="person.founded", about=person.actor, now=now)
    return person
