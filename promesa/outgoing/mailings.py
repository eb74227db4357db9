"""Who wants Home by mail and when: kept, claimed by one process at a time, and moved on once it is sent.

A process that dies between handing a mail over and writing it down makes it go twice; both carry the same Message-ID,
by which a mailbox keeps one.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from promesa.database import tables
from promesa.errors import UnknownName
from promesa.outgoing.timing import OFTEN, Often, checked_hour, checked_zone, next_due

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

WAITS = (60, 300, 900, 3600, 10_800)
"""Seconds before each further attempt; after the last the mail of that day is given up."""
LEASE = timedelta(minutes=15)
"""How long a process that died while sending keeps a mailing from the others."""
AT_ONCE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """Home by mail for one person.

    Attributes
    ----------
    often : {"daily", "weekdays", "weekly"}
        Weekly is on Mondays.
    hour, zone : int, str
        Of the reader's clock, and where that clock is.
    mark : bytes
        Random; what a link that ends the mailing is signed over, so that it ends this one and no later one.
    due_at, next_at : datetime
        When the next mail is due, and when it is tried next; naive UTC.
    error : str or None
        Code of what went wrong last.
    """

    person: int
    often: Often
    hour: int
    zone: str
    locale: str
    mark: bytes
    due_at: datetime
    next_at: datetime
    attempts: int
    error: str | None
    sent_at: datetime | None


def choose_mailing(
    connection: Connection, person: int, *, often: str, hour: int, zone: str, locale: str, now: datetime
) -> Mailing:
    """Keep what a person chose, in place of what they chose before.

    Raises
    ------
    InputError
        If there is no such hour, time zone or frequency.
    """
    if often not in OFTEN:
        raise UnknownName(often[:60], kind="frequency", known=OFTEN)
    due = next_due(often, hour=checked_hour(hour), zone=checked_zone(zone), after=now)
    values: dict[str, Any] = {"often": often, "hour": hour, "zone": zone, "locale": locale, "due_at": due}
    values |= {"next_at": due, "attempts": 0, "error": None, "mark": secrets.token_bytes(16)}
    kept = insert(tables.mailings).values(person=person, **values)
    connection.execute(kept.on_conflict_do_update(index_elements=["person"], set_=values))
    found = mailing_of(connection, person)
    assert found is not None  # noqa: S101 (written above)
    return found


def mailing_of(connection: Connection, person: int) -> Mailing | None:
    """Return what a person chose; None for no mail."""
    row = connection.execute(select(tables.mailings).where(tables.mailings.c.person == person)).one_or_none()
    return _mailing(row) if row else None


def end_mailing(connection: Connection, person: int) -> bool:
    """Send a person no more mails; tell whether there was one to end."""
    return connection.execute(delete(tables.mailings).where(tables.mailings.c.person == person)).rowcount > 0


def claim_mailings(connection: Connection, *, now: datetime) -> list[Mailing]:
    """Return mailings that are due, each kept from other processes for a while."""
    table = tables.mailings
    due = select(table).where(table.c.next_at <= now).order_by(table.c.next_at).limit(AT_ONCE)
    found = [_mailing(row) for row in connection.execute(due.with_for_update(skip_locked=True))]
    people = [one.person for one in found]
    connection.execute(update(table).where(table.c.person.in_(people)).values(next_at=now + LEASE))
    return found


def note_sent(connection: Connection, mailing: Mailing, *, now: datetime) -> None:
    """Move a mailing on to its next day: its mail is sent."""
    _move_on(connection, mailing, now=now, error=None, sent_at=now)


def note_left_out(connection: Connection, mailing: Mailing, *, reason: str, now: datetime) -> None:
    """Move a mailing on to its next day without a mail: there is nothing to send, or nobody to send it to."""
    _move_on(connection, mailing, now=now, error=reason)


def note_failed(connection: Connection, mailing: Mailing, *, error: str, now: datetime) -> None:
    """Try again later; after the last attempt, or when the next mail is due before that, give this one up."""
    attempts = mailing.attempts + 1
    again = now + timedelta(seconds=WAITS[attempts - 1]) if attempts <= len(WAITS) else None
    if again is None or again >= _next(mailing, now):
        _move_on(connection, mailing, now=now, error=error)
    else:
        _write(connection, mailing, next_at=again, attempts=attempts, error=error)


def _next(mailing: Mailing, now: datetime) -> datetime:
    return next_due(mailing.often, hour=mailing.hour, zone=mailing.zone, after=max(now, mailing.due_at))


def _move_on(connection: Connection, mailing: Mailing, *, now: datetime, error: str | None, **more: Any) -> None:
    due = _next(mailing, now)
    _write(connection, mailing, due_at=due, next_at=due, attempts=0, error=error, **more)


def _write(connection: Connection, mailing: Mailing, **values: Any) -> None:
    """Write what came of a mail, unless the person has chosen anew or ended it meanwhile."""
    table = tables.mailings
    same = (table.c.person == mailing.person) & (table.c.mark == mailing.mark)
    connection.execute(update(table).where(same).values(**values))


def _mailing(row: Row[Any]) -> Mailing:
    return Mailing(
        person=row.person,
        often=cast("Often", row.often),
        hour=row.hour,
        zone=row.zone,
        locale=row.locale,
        mark=row.mark,
        due_at=row.due_at,
        next_at=row.next_at,
        attempts=row.attempts,
        error=row.error,
        sent_at=row.sent_at,
    )
