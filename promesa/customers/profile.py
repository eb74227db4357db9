"""What is known about a person, each value with its origin, and the values that contradict it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.store import OWN_SOURCE, columns_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.customers.person import Person
    from promesa.store import Inspection
    from promesa.workspace import Model

_NOT_FIELDS = {"source", "id", "at", "customer", "recorded_at"}
_SHORTEST_PHONE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """One value as one source states it of one record.

    Attributes
    ----------
    source : str
        System that states it; ``promesa`` for a correction.
    record : int
        Customer it is stated of.
    since, at : datetime
        First and last time the source stated it, naive UTC.
    """

    value: str
    source: str
    record: int
    since: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One property of a person.

    Attributes
    ----------
    stated : Stated
        What holds: a correction if there is one, else what was stated last.
    conflicts : tuple of Stated
        What other records or sources state now and does not agree with it, newest first.
    """

    name: str
    stated: Stated
    conflicts: tuple[Stated, ...] = ()


def fields_of(model: Model) -> tuple[str, ...]:
    """Return the names of the properties of a customer, in the order of the table."""
    return tuple(column.name for column in columns_of("profiles", model) if column.name not in _NOT_FIELDS)


def profile_of(look: Inspection, person: Person, *, as_of: datetime) -> tuple[Field, ...]:
    """Return what is known about a person at one instant, field by field."""
    rows = look.rows("profiles")
    mine = f'SELECT * FROM ({rows}) WHERE customer IN {person.listed} AND "at" <= {literal(as_of)}'
    look.engine.run(f'CREATE OR REPLACE TEMP TABLE "~profile" AS {mine}')
    fields: list[Field] = []
    for field in fields_of(look.ws.model):
        found = look.engine.run(
            f'SELECT CAST({name(field)} AS VARCHAR), source, customer, min("at"), max("at") FROM "~profile" '
            f"WHERE {name(field)} IS NOT NULL AND trim(CAST({name(field)} AS VARCHAR)) <> '' GROUP BY 1, 2, 3"
        )
        stated = [
            Stated(value=str(value), source=str(source), record=int(str(record)), since=_time(since), at=_time(at))
            for value, source, record, since, at in found
        ]
        if stated:
            fields.append(chosen(field, stated))
    return tuple(fields)


def chosen(field: str, stated: Sequence[Stated]) -> Field:
    """Return which of several values of a field holds, and which contradict it.

    A correction goes before all; of the others, the one stated last. Each source's newest value of each record
    speaks for it: what the same source said of the same record before is no contradiction.
    """
    newest: dict[tuple[str, int], Stated] = {}
    for value in sorted(stated, key=_rank):
        newest.setdefault((value.source, value.record), value)
    first, *others = sorted(newest.values(), key=_rank)
    same = comparable(field, first.value)
    return Field(
        name=field,
        stated=first,
        conflicts=tuple(other for other in others if not _agree(field, comparable(field, other.value), same)),
    )


def _rank(value: Stated) -> tuple[object, ...]:
    return (value.source != OWN_SOURCE, -value.at.timestamp(), value.source, value.record, value.value)


def comparable(field: str, value: str) -> str:
    """Return a value so that two ways of writing one thing are equal: no accents, case, signs, order of names."""
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().casefold()
    if field == "email":
        return plain.strip()
    if field == "phone":
        return re.sub(r"\D", "", plain)
    words = re.findall(r"[a-z0-9]+", plain)
    return "".join(words) if field == "document" else " ".join(sorted(words) if field == "name" else words)


def _agree(field: str, one: str, other: str) -> bool:
    if field != "phone":
        return one == other
    # A number with the country's code and the same one without it.
    short, long = sorted((one, other), key=len)
    return short == long or (len(short) >= _SHORTEST_PHONE and long.endswith(short.lstrip("0")))


def _time(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError(type(value).__name__)
    return value
