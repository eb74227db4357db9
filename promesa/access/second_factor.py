"""The second factor: codes of an authenticator app (TOTP), and recovery codes for when the telephone is lost."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pyotp import random_base32
from pyotp.totp import TOTP
from sqlalchemy import delete, insert, select, update

from promesa.access.audit import record
from promesa.access.one_time import hand_out, look_at, use_up
from promesa.database import tables
from promesa.errors import SignInRefused

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from promesa.access.people import Person
    from promesa.access.sealing import AccessKey

_STEP = 30  # seconds
_RECOVERY_CODES, _RECOVERY_LETTERS = 10, 16
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as something else


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What an authenticator app is told.

    Attributes
    ----------
    token : str
        To hand in with the first code.
    secret : str
        For typing it in.
    uri : str
        For the picture: ``otpauth://totp/...``.
    """

    token: str
    secret: str = field(repr=False)
    uri: str = field(repr=False)


def begin_second_factor(
    connection: Connection, key: AccessKey, person: Person, *, company: str, now: datetime
) -> Enrolment:
    """Return a new secret; it counts once a code made from it was given."""
    secret = random_base32()
    payload = {"secret": key.seal(secret).decode("ascii")}
    token = hand_out(connection, "enrolment", person=person.id, now=now, payload=payload)
    return _enrolment(token, secret, person, company)


def continue_second_factor(
    connection: Connection, key: AccessKey, person: Person, *, token: str, company: str, now: datetime
) -> Enrolment:
    """Return the secret of an enrolment again, to show it once more after a wrong code."""
    begun = look_at(connection, "enrolment", token, now=now)
    return _enrolment(token, key.open(begun.payload["secret"].encode("ascii")), person, company)


def _enrolment(token: str, secret: str, person: Person, company: str) -> Enrolment:
    uri = TOTP(secret).provisioning_uri(name=person.email, issuer_name=f"promesa {company}")
    return Enrolment(token=token, secret=secret, uri=uri)


def confirm_second_factor(
    connection: Connection, key: AccessKey, person: Person, *, token: str, code: str, now: datetime
) -> list[str]:
    """Put the second factor in force and return the recovery codes, which are shown once.

    Raises
    ------
    SignInRefused
        If the code is not one of the secret's; the enrolment stays open.
    """
    begun = look_at(connection, "enrolment", token, now=now)
    step = _fitting_step(key.open(begun.payload["secret"].encode("ascii")), code, now=now)
    if begun.person != person.id or step is None:
        raise SignInRefused(
            what="The code does not fit.",
            got="another code",
            expected="the six digits that the app shows now",
            fix="check the clock of the telephone and type the code it shows",
        )
    use_up(connection, "enrolment", token, now=now)
    sealed = begun.payload["secret"].encode("ascii")
    connection.execute(
        update(tables.people).where(tables.people.c.id == person.id).values(totp_secret=sealed, totp_step=step)
    )
    record(connection, by=person.actor, action="second_factor.on", about=person.actor, now=now)
    return _new_recovery_codes(connection, key, person)


def _new_recovery_codes(connection: Connection, key: AccessKey, person: Person) -> list[str]:
    table = tables.recovery_codes
    connection.execute(delete(table).where(table.c.person == person.id))
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_LETTERS)) for _ in range(_RECOVERY_CODES)]
    connection.execute(
        insert(table), [{"hash": key.mark("recovery", f"{person.id} {code}"), "person": person.id} for code in codes]
    )
    return ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in codes]


def remove_second_factor(connection: Connection, person: Person, *, by: str, now: datetime) -> None:
    """Take the second factor off: its owner, or an administrator for somebody who lost everything."""
    connection.execute(
        update(tables.people).where(tables.people.c.id == person.id).values(totp_secret=None, totp_step=None)
    )
    connection.execute(delete(tables.recovery_codes).where(tables.recovery_codes.c.person == person.id))
    record(connection, by=by, action="second_factor.off", about=person.actor, now=now)


def code_fits(connection: Connection, key: AccessKey, person: Person, code: str, *, now: datetime) -> bool:
    """Tell whether a code is the person's, and use it up: the same code never fits twice."""
    row = connection.execute(select(tables.people.c.totp_secret).where(tables.people.c.id == person.id)).one()
    if row.totp_secret is None:
        return False
    given = "".join(letter for letter in code.lower() if letter.isalnum())
    step = _fitting_step(key.open(row.totp_secret), given, now=now)
    if step is None:
        return _use_recovery_code(connection, key, person, given, now=now)
    people = tables.people.c
    used = connection.execute(
        update(tables.people)
        .where(people.id == person.id, (people.totp_step.is_(None)) | (people.totp_step < step))
        .values(totp_step=step)
    )
    return used.rowcount == 1


def count_recovery_codes(connection: Connection, person: Person) -> int:
    """Return how many recovery codes are left."""
    rows = connection.execute(select(tables.recovery_codes.c.hash).where(tables.recovery_codes.c.person == person.id))
    return len(rows.all())


def _use_recovery_code(connection: Connection, key: AccessKey, person: Person, given: str, *, now: datetime) -> bool:
    mark = key.mark("recovery", f"{person.id} {given}")
    used = connection.execute(delete(tables.recovery_codes).where(tables.recovery_codes.c.hash == mark)).rowcount == 1
    if used:
        record(connection, by=person.actor, action="second_factor.recovery_code", about=person.actor, now=now)
    return used


def _fitting_step(secret: str, code: str, *, now: datetime) -> int | None:
    """Return the step whose code this is: now, or one before or after for a clock that is a little off."""
    current = int(now.replace(tzinfo=UTC).timestamp()) // _STEP
    made = TOTP(secret)
    digits = "".join(letter for letter in code if letter.isdigit())
    fitting = [
        step
        for step in (current - 1, current, current + 1)
        if hmac.compare_digest(made.generate_otp(step).encode(), digits.encode())
    ]
    return max(fitting, default=None)
