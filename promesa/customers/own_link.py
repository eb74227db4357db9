"""The link to the customer's own page: signed, for one person as they are known now, and for some days only."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from promesa.access import access_key
from promesa.customers.finding import one_person, record_named
from promesa.customers.person import AFTER_ALL, person_at
from promesa.engine import literal
from promesa.errors import InputError, LinkExpired
from promesa.store import add_state, inspect_store, session, timestamp

if TYPE_CHECKING:
    from promesa.customers.person import Person
    from promesa.store import Inspection
    from promesa.workspace import Workspace

MOST_DAYS = 90
_PURPOSE = "the customer's own page 2"
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLink:
    """A link that was made.

    Attributes
    ----------
    person : int
        Whom it opens the page of.
    token : str
        The last part of its address. Whoever has it is taken for the person: it is written to no log.
    until : datetime
        Naive UTC; from then on it opens nothing.
    """

    person: int
    token: str
    until: datetime

    @property
    def path(self) -> str:
        """Return its address within the service."""
        return f"/me/{self.token}"


def make_own_link(ws: Workspace, who: str | int, *, days: int, now: datetime) -> OwnLink:
    """Return a link that opens the own page of one person.

    Parameters
    ----------
    who : str or int
        As in `find`; it must mean one person.
    days : int
        1 to 90.
    now : datetime
        Naive UTC.

    Raises
    ------
    InputError
        If nobody or several persons are found, or the days are out of range.

    Notes
    -----
    The token holds a surrogate, the instants at which it was made and ends and a mark of the person's records, sealed
    by a keyed hash; nothing of it is stored. It ends early when it is taken back (`take_back_own_links`), when the
    person is forgotten, and when records are joined to the person or taken from them: a link never opens what was
    not the person's when it was handed out.
    """
    if not 1 <= days <= MOST_DAYS:
        raise InputError(
            what="The link would be good for too short or too long.",
            got=f"{days} days",
            expected=f"1 to {MOST_DAYS} days",
            fix="write --days 7",
        )
    with inspect_store(ws) as look:
        person = one_person(look, who, instant=AFTER_ALL)
    until = (now + timedelta(days=days)).replace(microsecond=0)
    told = f"{person.number:x}.{_instant(now):x}.{_instant(until):x}.{_mark(person)}"
    return OwnLink(person=person.number, token=f"{told}.{_seal(ws, told)}", until=until)


def open_own_link(ws: Workspace, token: str, *, now: datetime) -> int:
    """Return the number of the person whose page a link opens.

    Raises
    ------
    LinkExpired
        If it is not one of ours, is too old or taken back, or the person is forgotten or no longer made of the same
        records.
    """
    told, _, seal = token.rpartition(".")
    if len(token) > _LONGEST or not hmac.compare_digest(seal.encode(), _seal(ws, told).encode()):
        raise _expired()
    number, made, ends, mark = told.split(".")
    if _instant(now) >= int(ends, 16):
        raise _expired()
    with inspect_store(ws) as look:
        if record_named(look, int(number, 16)) is None:
            raise _expired()
        person = person_at(look, int(number, 16), AFTER_ALL)
        taken_back = _taken_back(look, person)
    if _mark(person) != mark or (taken_back is not None and int(made, 16) <= taken_back):
        raise _expired()
    return person.number


def take_back_own_links(ws: Workspace, who: str | int, *, by: str, now: datetime) -> int:
    """Make every link to a person's own page that was handed out so far open nothing; return whose.

    Parameters
    ----------
    who : str or int
        As in `find`; it must mean one person.
    by : str
        Who takes them back.
    now : datetime
        Naive UTC; links made later work.

    Raises
    ------
    InputError
        If nobody or several persons are found.
    StoreBusy
        If a load is running.
    """
    with inspect_store(ws) as look:
        person = one_person(look, who, instant=AFTER_ALL)
    rows = ", ".join(f"({customer})" for customer in person.customers)
    with session(ws, recorded_at=now) as run:
        at = timestamp(run)
        said = f"SELECT customer, {at} AS at, {literal(by)} AS by, {at} AS recorded_at FROM (VALUES {rows}) t(customer)"
        add_state(run, "own_links", said)
    return person.number


def _taken_back(look: Inspection, person: Person) -> int | None:
    """Return when the links of a person were last taken back, as a token counts instants."""
    last = look.engine.value(f'SELECT max("at") FROM ({look.rows("own_links")}) WHERE customer IN {person.listed}')
    return _instant(last) if isinstance(last, datetime) else None


def _instant(at: datetime) -> int:
    """Return an instant as whole microseconds, so that a link made right after others were taken back works."""
    return round(at.replace(tzinfo=UTC).timestamp() * 1_000_000)


def _mark(person: Person) -> str:
    return hashlib.sha256(",".join(map(str, person.customers)).encode()).hexdigest()[:16]


def _seal(ws: Workspace, told: str) -> str:
    return urlsafe_b64encode(access_key(ws).mark(_PURPOSE, told)).decode().rstrip("=")


def _expired() -> LinkExpired:
    return LinkExpired(
        what="This link no longer works.",
        got="a link that is too old or not complete, or records that have changed since",
        expected="a link in time, for the person as they are known now",
        fix="ask the company for a new one",
    )
