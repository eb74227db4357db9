"""Sessions of people who signed in: a random token in a cookie, its hash in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from promesa.access.people import Person, person_from
from promesa.access.sealing import hash_of, new_token
from promesa.database import tables

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)
_SEEN_EVERY = timedelta(minutes=1)  # a page with twenty requests is one sight
_LONGEST_DEVICE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as its owner sees it.

    Attributes
    ----------
    id : str
        First characters of the hash: names it in a list and opens nothing.
    device : str
        What the browser called itself.
    """

    id: str
    device: str
    created_at: datetime
    seen_at: datetime


def open_session(connection: Connection, person: int, *, device: str, now: datetime) -> str:
    """Return the token of a new session."""
    table = tables.sessions
    connection.execute(delete(table).where(_over(now)))
    token = new_token()
    connection.execute(
        insert(table).values(
            hash=hash_of(token), person=person, device=device[:_LONGEST_DEVICE], created_at=now, seen_at=now
        )
    )
    return token


def person_of_session(connection: Connection, token: str, *, now: datetime) -> Person | None:
    """Return who is signed in by a token, or None: unknown, idle too long, too old, or the person is locked."""
    table = tables.sessions.c
    row = connection.execute(
        select(tables.people, table.seen_at)
        .join(tables.sessions, table.person == tables.people.c.id)
        .where(table.hash == hash_of(token), ~_over(now), tables.people.c.active)
    ).one_or_none()
    if row is None:
        return None
    if now - row.seen_at >= _SEEN_EVERY:
        connection.execute(update(tables.sessions).where(table.hash == hash_of(token)).values(seen_at=now))
    return person_from(row)


def list_sessions(connection: Connection, person: int, *, now: datetime) -> list[Session]:
    """Return the open sessions of a person, last seen first."""
    table = tables.sessions.c
    rows = connection.execute(
        select(tables.sessions).where(table.person == person, ~_over(now)).order_by(table.seen_at.desc())
    )
    return [
        Session(id=row.hash.hex()[:16], device=row.device, created_at=row.created_at, seen_at=row.seen_at)
        for row in rows
    ]


def session_id(token: str) -> str:
    """Return how a list names the session of a token."""
    return hash_of(token).hex()[:16]


def close_session(connection: Connection, token: str) -> None:
    """End one session."""
    connection.execute(delete(tables.sessions).where(tables.sessions.c.hash == hash_of(token)))


def close_listed(connection: Connection, person: int, id: str) -> bool:
    """End the session of a person that a list names so; tell whether there was one."""
    rows = connection.execute(select(tables.sessions.c.hash).where(tables.sessions.c.person == person)).scalars()
    found = next((value for value in rows if value.hex()[:16] == id), None)
    if found is not None:
        connection.execute(delete(tables.sessions).where(tables.sessions.c.hash == found))
    return found is not None


def close_sessions(connection: Connection, person: int) -> int:
    """End every session of a person; return how many there were."""
    return connection.execute(delete(tables.sessions).where(tables.sessions.c.person == person)).rowcount


def _over(now: datetime) -> ColumnElement[bool]:
    table = tables.sessions.c
    return (table.seen_at <= now - IDLE) | (table.created_at <= now - LONGEST)
