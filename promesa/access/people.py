"""Who has an account: reading people, and how an e-mail is written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from sqlalchemy import func, select

from promesa.database import tables
from promesa.errors import InputError, UnknownName

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

Role = Literal["administrator", "analyst", "owner", "viewer"]
ROLES: tuple[Role, ...] = get_args(Role)
LONGEST_NAME, LONGEST_EMAIL = 200, 254
_EMAIL = re.compile(r"[^@\s<>\"(),:;\\\[\]\x00-\x1f]+@[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may sign in, as far as rights go.

    Attributes
    ----------
    functions : tuple of str
        Of an owner: the functions answered for.
    personal_data : bool
        Whether data that name a customer may be seen, whatever the role.
    second_factor : bool
        Whether a code is asked for beside the password.
    invited : bool
        Whether nothing to sign in with has been chosen yet.
    scopes : frozenset of str or None
        Of a program that acts for the person by a token; None when the person is here.
    """

    id: int
    email: str
    name: str
    locale: str
    role: Role
    functions: tuple[str, ...]
    personal_data: bool
    active: bool
    second_factor: bool
    invited: bool
    created_at: datetime
    signed_in_at: datetime | None
    scopes: frozenset[str] | None = None

    @property
    def rights(self) -> Rights:
        """Return what the person was given."""
        return Rights(role=self.role, functions=self.functions, personal_data=self.personal_data)

    @property
    def actor(self) -> str:
        """Return how the audit log names this person."""
        return f"person:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What a person is given: a role, the functions of an owner, and personal data as a right of its own."""

    role: Role
    functions: tuple[str, ...] = ()
    personal_data: bool = False

    def checked(self) -> Rights:
        """Return the rights in their one form.

        Raises
        ------
        InputError
            If there is no such role, or functions go with another role than owner.
        """
        if self.role not in ROLES:
            raise UnknownName(self.role, kind="role", known=ROLES)
        owned = tuple(sorted(set(self.functions)))
        if bool(owned) != (self.role == "owner"):
            raise InputError(
                what="The role and the functions do not fit.",
                got=f"role {self.role} with {len(owned)} functions",
                expected="one function or more for the role owner, none for the others",
                fix="name the functions of the owner, or choose another role",
            )
        return Rights(role=self.role, functions=owned, personal_data=self.personal_data)

    def values(self) -> dict[str, Any]:
        """Return the rights as columns of the table."""
        return {"role": self.role, "functions": list(self.functions), "personal_data": self.personal_data}


def normal_email(text: str) -> str:
    """Return an e-mail in the one form it is kept in.

    Raises
    ------
    InputError
        If it is not one; the message does not repeat it.
    """
    local, _, domain = unicodedata.normalize("NFC", text).strip().rpartition("@")
    try:
        email = f"{local.lower()}@{domain.lower().encode('idna').decode('ascii')}"
    except UnicodeError:
        email = ""
    if not _EMAIL.fullmatch(email) or len(email) > LONGEST_EMAIL:
        raise InputError(
            what="This is not an e-mail address.",
            got=f"{len(text)} characters",
            expected="name@domain",
            fix="check the address",
        )
    return email


def normal_name(text: str) -> str:
    """Return the name of a person, spaces put in order."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name or len(name) > LONGEST_NAME or any(unicodedata.category(letter) == "Cc" for letter in name):
        raise InputError(
            what="This is not a name.",
            got=f"{len(name)} characters",
            expected=f"1 to {LONGEST_NAME} letters",
            fix="write the name as people say it",
        )
    return name


def person_of(connection: Connection, number: int) -> Person | None:
    """Return a person by number."""
    row = connection.execute(select(tables.people).where(tables.people.c.id == number)).one_or_none()
    return person_from(row) if row else None


def person_by_email(connection: Connection, email: str) -> Person | None:
    """Return a person by e-mail, however it is written."""
    row = connection.execute(select(tables.people).where(tables.people.c.email == normal_email(email))).one_or_none()
    return person_from(row) if row else None


def named_person(connection: Connection, email: str) -> Person:
    """Return a person by e-mail.

    Raises
    ------
    InputError
        If nobody has it; the message does not repeat it.
    """
    person = person_by_email(connection, email)
    if person is None:
        raise InputError(
            what="Nobody has an account with this e-mail.",
            got="an e-mail that no account has",
            expected="the e-mail of a person in `promesa people list`",
            fix="check how it is written, or invite the person",
        )
    return person


def list_people(connection: Connection) -> list[Person]:
    """Return everybody, by e-mail."""
    rows = connection.execute(select(tables.people).order_by(tables.people.c.email)).all()
    return [person_from(row) for row in rows]


def count_administrators(connection: Connection) -> int:
    """Return how many administrators are active and have something to sign in with."""
    people = tables.people.c
    able = (
        (people.role == "administrator") & people.active & (people.password.is_not(None) | people.subject.is_not(None))
    )
    return int(connection.execute(select(func.count()).select_from(tables.people).where(able)).scalar_one())


def person_from(row: Row[Any]) -> Person:
    """Return a row of the table as a `Person`."""
    return Person(
        id=row.id,
        email=row.email,
        name=row.name,
        locale=row.locale,
        role=cast("Role", row.role),
        functions=tuple(row.functions),
        personal_data=row.personal_data,
        active=row.active,
        second_factor=row.totp_secret is not None,
        invited=row.password is None and row.subject is None,
        created_at=row.created_at,
        signed_in_at=row.signed_in_at,
    )
