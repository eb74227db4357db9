"""Links and steps that work once: invitation, reset, second factor, sign-in with the company's provider."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import delete, insert, select

from promesa.access.sealing import hash_of, new_token
from promesa.database import tables
from promesa.errors import LinkExpired

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

Kind = Literal["invitation", "reset", "second_factor", "enrolment", "oidc"]
LIFETIMES: dict[Kind, timedelta] = {
    "invitation": timedelta(hours=24),
    "reset": timedelta(hours=1),
    "second_factor": timedelta(minutes=5),
    "enrolment": timedelta(minutes=15),
    "oidc": timedelta(minutes=10),
}
# A new link of these makes the earlier ones of the same person worthless.
_LAST_ONLY: frozenset[Kind] = frozenset({"invitation", "reset", "enrolment"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTime:
    """What a token stands for."""

    kind: Kind
    person: int | None
    payload: dict[str, Any]


def hand_out(
    connection: Connection, kind: Kind, *, person: int | None, now: datetime, payload: Mapping[str, Any] | None = None
) -> str:
    """Return a new token; only its hash is kept."""
    table = tables.one_time
    connection.execute(delete(table).where(table.c.expires_at < now))
    if kind in _LAST_ONLY:
        same = table.c.person.is_not_distinct_from(person)
        connection.execute(delete(table).where(table.c.kind == kind, same))
    token = new_token()
    connection.execute(
        insert(table).values(
            hash=hash_of(token),
            kind=kind,
            person=person,
            payload=json.dumps(dict(payload or {})),
            created_at=now,
            expires_at=now + LIFETIMES[kind],
        )
    )
    return token


def look_at(connection: Connection, kind: Kind, token: str, *, now: datetime) -> OneTime:
    """Return what a token stands for and leave it good.

    Raises
    ------
    LinkExpired
        If it was used, is too old or was never handed out.
    """
    table = tables.one_time.c
    row = connection.execute(
        select(tables.one_time).where(table.hash == hash_of(token), table.kind == kind, table.expires_at > now)
    ).one_or_none()
    if row is None:
        raise _expired()
    return OneTime(kind=kind, person=row.person, payload=json.loads(row.payload))


def use_up(connection: Connection, kind: Kind, token: str, *, now: datetime) -> OneTime:
    """Return what a token stands for; of two who use it at once, one gets it.

    Raises
    ------
    LinkExpired
        If it was used, is too old or was never handed out.
    """
    table = tables.one_time.c
    row = connection.execute(
        delete(tables.one_time)
        .where(table.hash == hash_of(token), table.kind == kind, table.expires_at > now)
        .returning(table.person, table.payload)
    ).one_or_none()
    if row is None:
        raise _expired()
    return OneTime(kind=kind, person=row.person, payload=json.loads(row.payload))


def _expired() -> LinkExpired:
    return LinkExpired(
        what="This link no longer works.",
        got="a link that was used, is too old or is not complete",
        expected="a link that is used once, in time",
        fix="ask for a new one",
    )
