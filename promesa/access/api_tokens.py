"""Tokens by which programs act for a person: `prm_...`, scopes, an end, the last day of use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from promesa.access.audit import record
from promesa.access.people import Person, normal_name, person_from
from promesa.access.permissions import SCOPES
from promesa.access.sealing import hash_of, new_token
from promesa.database import tables
from promesa.errors import AccessDenied, InputError, UnknownName

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy import Connection

PREFIX = "prm_"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token as it is listed.

    Attributes
    ----------
    hint : str
        Its first characters, to know it by.
    used_on : date or None
        Last day of use, UTC.
    """

    id: int
    person: int
    name: str
    hint: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    used_on: date | None
    revoked_at: datetime | None


def make_token(
    connection: Connection,
    person: Person,
    *,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None,
    now: datetime,
) -> str:
    """Return a new token of a person; it is shown once.

    Raises
    ------
    AccessDenied
        If the scope `personal` is asked for by somebody without the right to personal data.
    """
    wanted = sorted(set(scopes))
    for scope in wanted:
        if scope not in SCOPES:
            raise UnknownName(scope, kind="scope", known=SCOPES)
    if not wanted or (expires_at is not None and expires_at <= now):
        raise InputError(
            what="This token could do nothing.",
            got="no scope" if not wanted else "an end that is past",
            expected="one scope or more, and an end in the future or none",
            fix="choose what the token may do and until when",
        )
    if "personal" in wanted and not person.personal_data:
        raise AccessDenied(
            what="A token cannot do more than its owner.",
            got="the scope personal",
            expected="an owner with the right to personal data",
            fix="leave the scope out, or ask an administrator for the right",
        )
    token = new_token(PREFIX)
    values = {"name": normal_name(name), "scopes": wanted, "expires_at": expires_at}
    number = connection.execute(
        insert(tables.api_tokens)
        .values(**values, person=person.id, hint=token[:8], hash=hash_of(token), created_at=now)
        .returning(tables.api_tokens.c.id)
    ).scalar_one()
    record(
        connection,
        by=person.actor,
        action="token.made",
        about=f"token:{number}",
        after={"scopes": wanted, "expires_at": expires_at},
        now=now,
    )
    return token


def person_of_token(connection: Connection, token: str, *, now: datetime) -> Person | None:
    """Return for whom a token acts, limited to its scopes; None for one that is unknown, over or revoked."""
    table = tables.api_tokens.c
    row = connection.execute(
        select(tables.people, table.scopes, table.used_on, table.id.label("token"))
        .join(tables.api_tokens, table.person == tables.people.c.id)
        .where(
            table.hash == hash_of(token),
            table.revoked_at.is_(None),
            (table.expires_at.is_(None)) | (table.expires_at > now),
            tables.people.c.active,
        )
    ).one_or_none()
    if row is None:
        return None
    if row.used_on != now.date():
        connection.execute(update(tables.api_tokens).where(table.id == row.token).values(used_on=now.date()))
    return replace(person_from(row), scopes=frozenset(row.scopes))


def list_tokens(connection: Connection, person: int | None = None) -> list[ApiToken]:
    """Return the tokens of a person, or of everybody, newest first."""
    table = tables.api_tokens.c
    query = select(tables.api_tokens).order_by(table.id.desc())
    rows = connection.execute(query if person is None else query.where(table.person == person))
    return [
        ApiToken(
            id=row.id,
            person=row.person,
            name=row.name,
            hint=row.hint,
            scopes=tuple(row.scopes),
            created_at=row.created_at,
            expires_at=row.expires_at,
            used_on=row.used_on,
            revoked_at=row.revoked_at,
        )
        for row in rows
    ]


def revoke_token(connection: Connection, number: int, *, by: str, now: datetime, person: int | None = None) -> None:
    """Make a token worthless at once; `person` limits it to the tokens of one person.

    Raises
    ------
    UnknownName
        If there is no such token that still works.
    """
    table = tables.api_tokens.c
    wanted = [table.id == number, table.revoked_at.is_(None), *([table.person == person] if person is not None else [])]
    if connection.execute(update(tables.api_tokens).where(*wanted).values(revoked_at=now)).rowcount != 1:
        raise UnknownName(str(number), kind="token", known=())
    record(connection, by=by, action="token.revoked", about=f"token:{number}", now=now)
