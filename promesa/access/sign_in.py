"""Signing in: password, then the second factor; wrong attempts cost time, and every refusal is the same answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from promesa.access.audit import record
from promesa.access.one_time import hand_out, look_at, use_up
from promesa.access.passwords import hash_password, outdated, password_fits
from promesa.access.people import Person, normal_email, person_from, person_of
from promesa.access.second_factor import code_fits
from promesa.access.sessions import open_session
from promesa.database import tables
from promesa.errors import InputError, SignInRefused

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from promesa.access.sealing import AccessKey
    from promesa.database import Database

FREE_ATTEMPTS = 5
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
_FORGOTTEN_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """What signing in gave.

    Attributes
    ----------
    session : str or None
        Token of the session, for the cookie; None while the second factor is missing.
    second_factor : str or None
        Token to hand in with the code; good for five minutes.
    """

    person: Person
    session: str | None
    second_factor: str | None


def sign_in(database: Database, key: AccessKey, *, email: str, password: str, device: str, now: datetime) -> SignedIn:
    """Sign somebody in by password.

    Raises
    ------
    SignInRefused
        The same words, after the same work, for an unknown e-mail, a wrong password, a locked account, and too many
        attempts.
    """
    try:
        address = normal_email(email)
    except InputError:
        address = ""
    who = key.mark("attempts", address)
    with database.begin() as connection:
        waiting = _count_attempt(connection, who, now=now)
        row = connection.execute(select(tables.people).where(tables.people.c.email == address)).one_or_none()
    kept = row.password if row is not None and row.active and not waiting else None
    # Outside of a transaction: it takes its time on purpose.
    fits = password_fits(kept, password)
    if row is None or not fits:
        if row is not None:
            _note_refusal(database, row.id, waiting=waiting, now=now)
        raise _refused()
    with database.begin() as connection:
        connection.execute(delete(tables.attempts).where(tables.attempts.c.who == who))
        if outdated(row.password):
            connection.execute(
                update(tables.people).where(tables.people.c.id == row.id).values(password=hash_password(password))
            )
        person = person_from(row)
        if person.second_factor:
            token = hand_out(connection, "second_factor", person=person.id, now=now)
            return SignedIn(person=person, session=None, second_factor=token)
        return SignedIn(person=person, session=begin(connection, person, device=device, now=now), second_factor=None)


def finish_sign_in(
    database: Database, key: AccessKey, *, token: str, code: str, device: str, now: datetime
) -> SignedIn:
    """Sign somebody in by the code of the second factor, or by a recovery code.

    Raises
    ------
    LinkExpired
        If the password was given too long ago.
    SignInRefused
        If the code is wrong, was used already, or there were too many attempts.
    """
    with database.begin() as connection:
        number = look_at(connection, "second_factor", token, now=now).person
        who = key.mark("codes", str(number))
        waiting = _count_attempt(connection, who, now=now)
    with database.begin() as connection:
        person = person_of(connection, number) if number is not None else None
        if person and person.active and not waiting and code_fits(connection, key, person, code, now=now):
            use_up(connection, "second_factor", token, now=now)
            connection.execute(delete(tables.attempts).where(tables.attempts.c.who == who))
            session = begin(connection, person, device=device, now=now)
            return SignedIn(person=person, session=session, second_factor=None)
    if person:
        _note_refusal(database, person.id, waiting=waiting, now=now)
    raise _refused()


def begin(connection: Connection, person: Person, *, device: str, now: datetime) -> str:
    """Return the token of a new session of somebody who has shown who they are."""
    connection.execute(update(tables.people).where(tables.people.c.id == person.id).values(signed_in_at=now))
    record(connection, by=person.actor, action="sign_in", about=person.actor, now=now)
    return open_session(connection, person.id, device=device, now=now)


def forget_attempts(connection: Connection, key: AccessKey, person: Person) -> None:
    """Let a person try again at once."""
    marks = [key.mark("attempts", person.email), key.mark("codes", str(person.id))]
    connection.execute(delete(tables.attempts).where(tables.attempts.c.who.in_(marks)))


def _count_attempt(connection: Connection, who: bytes, *, now: datetime) -> bool:
    """Count an attempt before it is judged, and tell whether it must wait.

    Counting first is what keeps a hundred attempts at once from being judged as one.
    """
    table = tables.attempts
    connection.execute(delete(table).where(table.c.last_at < now - _FORGOTTEN_AFTER))
    again = insert(table).values(who=who, failed=1, last_at=now)
    waiting = table.c.locked_until > now
    row = connection.execute(
        again.on_conflict_do_update(
            index_elements=[table.c.who],
            set_={"failed": table.c.failed + case((waiting, 0), else_=1), "last_at": now},
        ).returning(table.c.failed, table.c.locked_until)
    ).one()
    if row.locked_until is not None and row.locked_until > now:
        return True
    if row.failed >= FREE_ATTEMPTS:
        wait = min(_FIRST_WAIT * 2 ** min(row.failed - FREE_ATTEMPTS, 10), _LONGEST_WAIT)
        connection.execute(update(table).where(table.c.who == who).values(locked_until=now + wait))
    return False


def _note_refusal(database: Database, person: int, *, waiting: bool, now: datetime) -> None:
    with database.begin() as connection:
        about = f"person:{person}"
        record(connection, by="service", action="sign_in.refused", about=about, after={"waiting": waiting}, now=now)


def _refused() -> SignInRefused:
    return SignInRefused(
        what="Signing in did not work.",
        got="an e-mail and a password or code that do not fit, or too many attempts",
        expected="the e-mail of an account and what belongs to it",
        fix="try again; after several attempts wait a quarter of an hour, or ask for a new password",
    )
