"""Write keys of the intake: which tables a sender may write; rotated with two valid for a time, revoked at once."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from promesa.access.audit import record
from promesa.access.sealing import hash_of, new_token
from promesa.database import tables
from promesa.errors import InputError, UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection

    from promesa.database import Database

PREFIX = "pwk_"
OVERLAP = timedelta(days=7)
CACHED = timedelta(seconds=3)
_MOST_CACHED = 10_000
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteKey:
    """What a key may write.

    Attributes
    ----------
    tables : tuple of str
        Fact tables that may be written directly; empty: none.
    source : str or None
        Source of the workspace that events go to; None: no events.
    rate : int or None
        Most events a second; None: the service's limit.
    hints : tuple of str
        First characters of the secrets that work now.
    """

    name: str
    tables: tuple[str, ...]
    source: str | None
    rate: int | None
    created_at: datetime
    revoked_at: datetime | None = None
    hints: tuple[str, ...] = ()


def make_key(
    connection: Connection,
    name: str,
    *,
    by: str,
    now: datetime,
    tables_: Iterable[str] = (),
    source: str | None = None,
    rate: int | None = None,
) -> str:
    """Return the secret of a new key; it is shown once.

    The caller checks that the tables and the source are those of the workspace.
    """
    granted = sorted(set(tables_))
    if not _NAME.fullmatch(name):
        raise InputError(
            what="This is not the name of a key.",
            got=f"{len(name)} characters",
            expected="a-z, 0-9 and _, a letter first",
            fix="write it like web_shop",
        )
    if (not granted and source is None) or (rate is not None and rate < 1):
        raise InputError(
            what="This key could write nothing.",
            got="no table and no source" if rate is None or rate >= 1 else f"{rate} events a second",
            expected="a source of the workspace or one fact table or more, and a rate of 1 or more",
            fix="choose what the key may write",
        )
    taken = connection.execute(select(tables.write_keys.c.id).where(tables.write_keys.c.name == name)).one_or_none()
    if taken is not None:
        raise InputError(
            what=f"There is a key called {name!r} already.",
            got=name,
            expected="a new name",
            fix="rotate that key, or choose another name",
        )
    number = connection.execute(
        insert(tables.write_keys)
        .values(name=name, tables=granted, source=source, rate=rate, created_at=now)
        .returning(tables.write_keys.c.id)
    ).scalar_one()
    after = {"tables": granted, "source": source, "rate": rate}
    record(connection, by=by, action="key.made", about=f"key:{name}", after=after, now=now)
    return _new_secret(connection, number, now=now)


def _new_secret(connection: Connection, number: int, *, now: datetime) -> str:
    secret = new_token(PREFIX)
    connection.execute(
        insert(tables.write_secrets).values(hash=hash_of(secret), key=number, hint=secret[:8], created_at=now)
    )
    return secret


def rotate_key(connection: Connection, name: str, *, by: str, now: datetime, overlap: timedelta = OVERLAP) -> str:
    """Return a new secret of a key; the ones before it work until `overlap` has passed."""
    number = _number(connection, name)
    table = tables.write_secrets
    end = now + overlap
    connection.execute(
        update(table)
        .where(table.c.key == number, (table.c.expires_at.is_(None)) | (table.c.expires_at > end))
        .values(expires_at=end)
    )
    record(connection, by=by, action="key.rotated", about=f"key:{name}", after={"earlier_until": end}, now=now)
    return _new_secret(connection, number, now=now)


def revoke_key(connection: Connection, name: str, *, by: str, now: datetime) -> None:
    """Make a key worthless, all its secrets with it."""
    number = _number(connection, name)
    connection.execute(update(tables.write_keys).where(tables.write_keys.c.id == number).values(revoked_at=now))
    record(connection, by=by, action="key.revoked", about=f"key:{name}", now=now)


def _number(connection: Connection, name: str) -> int:
    table = tables.write_keys.c
    row = connection.execute(select(table.id).where(table.name == name, table.revoked_at.is_(None))).one_or_none()
    if row is None:
        raise UnknownName(name, kind="write key", known=())
    return int(row.id)


def list_keys(connection: Connection, *, now: datetime) -> list[WriteKey]:
    """Return every key by name, with the hints of the secrets that work."""
    secrets = tables.write_secrets.c
    hints: dict[int, list[str]] = {}
    alive = (secrets.expires_at.is_(None)) | (secrets.expires_at > now)
    for row in connection.execute(select(secrets.key, secrets.hint).where(alive).order_by(secrets.created_at)):
        hints.setdefault(row.key, []).append(row.hint)
    rows = connection.execute(select(tables.write_keys).order_by(tables.write_keys.c.name)).all()
    return [
        WriteKey(
            name=row.name,
            tables=tuple(row.tables),
            source=row.source,
            rate=row.rate,
            created_at=row.created_at,
            revoked_at=row.revoked_at,
            hints=tuple(hints.get(row.id, ())) if row.revoked_at is None else (),
        )
        for row in rows
    ]


def key_of(connection: Connection, secret: str, *, now: datetime) -> WriteKey | None:
    """Return the key of a secret, or None when it is unknown, over or revoked."""
    keys, secrets = tables.write_keys.c, tables.write_secrets.c
    row = connection.execute(
        select(tables.write_keys)
        .join(tables.write_secrets, secrets.key == keys.id)
        .where(
            secrets.hash == hash_of(secret),
            (secrets.expires_at.is_(None)) | (secrets.expires_at > now),
            keys.revoked_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    return WriteKey(
        name=row.name, tables=tuple(row.tables), source=row.source, rate=row.rate, created_at=row.created_at
    )


class KeyReader:
    """Finds the key of a secret for the intake, which asks with every request: answers are kept for three seconds.

    Parameters
    ----------
    database : Database
    clock : callable
        Returns now, naive UTC.
    """

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._database, self._clock = database, clock
        self._kept: dict[bytes, tuple[datetime, WriteKey | None]] = {}
        self._lock = threading.Lock()

    def __call__(self, secret: str) -> WriteKey | None:
        """Return the key of a secret, or None."""
        now, mark = self._clock(), hash_of(secret)
        with self._lock:
            kept = self._kept.get(mark)
        if kept is not None and timedelta(0) <= now - kept[0] < CACHED:
            return kept[1]
        with self._database.begin() as connection:
            key = key_of(connection, secret, now=now)
        with self._lock:
            if len(self._kept) >= _MOST_CACHED:
                self._kept.clear()
            self._kept[mark] = (now, key)
        return key
