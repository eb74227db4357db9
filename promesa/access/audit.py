"""The audit log: who did what to what, before and after; each entry holds the hash of the one before it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, text

from promesa.database import tables
from promesa.errors import AuditBroken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Row

_LOCK = 0x70726F6D02  # entries are written one after the other, whatever process writes them
_FIRST = bytes(32)
_CHUNK = 5000
TERMINAL = "terminal"
SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One entry.

    Attributes
    ----------
    number : int
        1, 2, 3... without a gap.
    actor : str
        ``person:7``, ``token:3``, ``terminal`` or ``service``.
    action, object : str
        What was done and to what: ``person.role``, ``person:12``.
    before, after : dict or None
        What changed. No secrets; customers by their surrogate.
    hash : str
        SHA-256 over the entry and the hash of the one before it, in hex.
    """

    number: int
    at: datetime
    actor: str
    action: str
    object: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerified:
    """An unbroken log: keep `last` elsewhere, and a log cut short or written anew is seen as well."""

    entries: int
    last: str


def record(
    connection: Connection,
    *,
    by: str,
    action: str,
    about: str,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write an entry in the transaction of the change it tells of: both are kept, or neither."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    last = connection.execute(
        select(tables.audit.c.number, tables.audit.c.hash).order_by(tables.audit.c.number.desc()).limit(1)
    ).one_or_none()
    number, previous = (last.number + 1, last.hash) if last else (1, _FIRST)
    entry = {
        "number": number,
        "at": now,
        "actor": by,
        "action": action,
        "object": about,
        "before": _canonical(before),
        "after": _canonical(after),
    }
    connection.execute(insert(tables.audit).values(**entry, previous=previous, hash=_hash(entry, previous)))


def _canonical(value: Any) -> str | None:
    if value is None:
        return None
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=str)


def _hash(entry: Mapping[str, Any], previous: bytes) -> bytes:
    told = {**entry, "at": entry["at"].isoformat(timespec="microseconds")}
    return hashlib.sha256(previous + str(_canonical(told)).encode()).digest()


def verify_audit(connection: Connection) -> AuditVerified:
    """Recompute every hash.

    Raises
    ------
    AuditBroken
        With the number of the first entry that is not what was written, or that is missing.
    """
    previous, expected = _FIRST, 1
    for row in _rows(connection):
        entry = {key: getattr(row, key) for key in ("number", "at", "actor", "action", "object", "before", "after")}
        if row.number != expected:
            raise _broken(expected, got=f"entry {row.number} follows entry {expected - 1}")
        if row.previous != previous or row.hash != _hash(entry, previous):
            raise _broken(expected, got="its content does not give its hash")
        previous, expected = row.hash, expected + 1
    return AuditVerified(entries=expected - 1, last=previous.hex() if expected > 1 else "")


def _broken(number: int, *, got: str) -> AuditBroken:
    return AuditBroken(
        what=f"The audit log is broken at entry {number}.",
        got=got,
        expected="each entry as it was written, none missing",
        fix="compare with the last export or backup: entries before this one are sound",
    )


def _rows(connection: Connection) -> Iterator[Row[Any]]:
    done = -1
    while True:
        batch = connection.execute(
            select(tables.audit).where(tables.audit.c.number > done).order_by(tables.audit.c.number).limit(_CHUNK)
        ).all()
        if not batch:
            return
        yield from batch
        done = batch[-1].number


def audit_entries(connection: Connection) -> Iterator[AuditEntry]:
    """Yield every entry, oldest first."""
    for row in _rows(connection):
        yield _entry(row)


def find_entries(
    connection: Connection,
    *,
    actor: str | None = None,
    action: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before_number: int | None = None,
    limit: int = 100,
) -> list[AuditEntry]:
    """Return the entries that fit, newest first; `before_number` continues a list."""
    audit = tables.audit.c
    wanted = [
        *([audit.actor == actor] if actor else []),
        *([audit.action.startswith(action, autoescape=True)] if action else []),
        *([audit.at >= since] if since else []),
        *([audit.at < until] if until else []),
        *([audit.number < before_number] if before_number is not None else []),
    ]
    query = select(tables.audit).where(*wanted).order_by(audit.number.desc()).limit(limit)
    return [_entry(row) for row in connection.execute(query)]


def count_entries(connection: Connection) -> int:
    """Return how many entries there are."""
    return int(connection.execute(select(func.count()).select_from(tables.audit)).scalar_one())


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        number=row.number,
        at=row.at,
        actor=row.actor,
        action=row.action,
        object=row.object,
        before=json.loads(row.before) if row.before else None,
        after=json.loads(row.after) if row.after else None,
        hash=row.hash.hex(),
    )
