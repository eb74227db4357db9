"""Which records are one person, and why: the links, what agreed, and what people decided."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from promesa.customers.person import listed
from promesa.engine import literal

if TYPE_CHECKING:
    from datetime import datetime

    from promesa.customers.person import Person
    from promesa.store import Inspection


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One customer as one system knows them."""

    customer: int
    system: str
    key: str
    known_since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two records and what says that they are one person.

    Attributes
    ----------
    low, high : int
        The records.
    kind, rule : str or None
        ``exact`` and the identifier, ``model`` and its fingerprint; None where only a person said so.
    probability : float or None
        That they are one person.
    agreed : mapping of str to str
        Level of agreement by field, no values.
    state, reason : str or None
        ``linked``, ``review`` or ``held``, and why it is not linked.
    at : datetime
        When the evidence existed, naive UTC.
    verdict, decided_by : str or None
        What a person decided and who; `decided_by` is ``promesa`` where none did.
    """

    low: int
    high: int
    kind: str | None
    rule: str | None
    probability: float | None
    agreed: dict[str, str]
    state: str | None
    reason: str | None
    at: datetime
    verdict: str | None
    decided_by: str
    decided_at: datetime | None
    note: str | None


def records_of(look: Inspection, person: Person) -> tuple[Record, ...]:
    """Return the records of a person by system and key."""
    rows = look.engine.run(
        f"SELECT customer, customer_source, key, min(recorded_at) FROM ({look.rows('identities')}) "
        f"WHERE customer IN {person.listed} GROUP BY 1, 2, 3 ORDER BY 2, 3"
    )
    return tuple(
        Record(customer=int(str(customer)), system=str(system), key=str(key), known_since=cast("datetime", at))
        for customer, system, key, at in rows
    )


def links_of(look: Inspection, person: Person, *, as_of: datetime) -> tuple[Link, ...]:
    """Return every link that touches a person's records, proposed ones too, those in force first."""
    mine, stamp = listed(person.customers), literal(as_of)
    rows = look.engine.run(
        'WITH decided AS (SELECT low, high, last(struct_pack(verdict := verdict, who := "by", note := note, '
        f"recorded_at := recorded_at) ORDER BY recorded_at, id) AS d FROM ({look.rows('decisions')}) "
        f"WHERE low IN {mine} OR high IN {mine} GROUP BY 1, 2), "
        f"links AS (SELECT * FROM ({look.rows('links')}) "
        f'WHERE (low IN {mine} OR high IN {mine}) AND "at" <= {stamp}) '
        'SELECT low, high, kind, rule, probability, agreed, state, reason, coalesce("at", d.recorded_at), '
        "nullif(d.verdict, 'withdrawn'), d.who, d.recorded_at, d.note FROM links FULL JOIN decided "
        "USING (low, high) ORDER BY state = 'linked' DESC NULLS LAST, low, high, kind, rule"
    )
    return tuple(_link(row) for row in rows)


def _link(row: tuple[object, ...]) -> Link:
    low, high, kind, rule, probability, agreed, state, reason, at, verdict, by, decided_at, note = row
    decided = verdict is not None
    return Link(
        low=int(str(low)),
        high=int(str(high)),
        kind=_text(kind),
        rule=_text(rule),
        probability=None if probability is None else float(str(probability)),
        agreed={str(field): str(level) for field, level in json.loads(str(agreed or "{}")).items()},
        state=_text(state),
        reason=_text(reason),
        at=cast("datetime", at),
        verdict=_text(verdict),
        decided_by=str(by) if decided else "promesa",
        decided_at=cast("datetime | None", decided_at) if decided else None,
        note=_text(note) if decided else None,
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
