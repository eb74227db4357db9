"""Correct what is held on a person: a fact with a source of its own, which goes before what systems state."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from promesa.customers.finding import one_person, record_named
from promesa.customers.person import AFTER_ALL
from promesa.customers.profile import fields_of
from promesa.customers.recorded import fact_id
from promesa.errors import InputError, UnknownName
from promesa.store import OWN_SOURCE, inspect_store, record_facts, session
from promesa.workspace import BUILT_IN_IDENTIFIERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.workspace import Workspace

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_FEWEST_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What was recorded.

    Attributes
    ----------
    person, record : int
        Whom it is about, and the record that carries it.
    fields : tuple of str
        What was corrected; the values are in the store.
    id : str
        Of the row of `profiles`: who asked and a number, so that it can be told later.
    """

    person: int
    record: int
    fields: tuple[str, ...]
    id: str
    at: datetime


def correct(
    ws: Workspace,
    who: str | int,
    *,
    changes: Mapping[str, str],
    by: str,
    recorded_at: datetime,
    at: datetime | None = None,
) -> Correction:
    """Record the right values of a person; the view and the linking of records prefer them from then on.

    Parameters
    ----------
    ws : Workspace
        The company's folder, read.
    who : str or int
        As in `find`. A record named by number or key carries the correction; else the person's first. Only one does,
        so that a link undone later takes nothing of another person's along.
    changes : mapping of str to str
        New values by field: ``name``, ``email``, ``phone``, ``document``, ``address``, ``birth_date``, a trait or an
        identifier of the model.
    by : str
        Who corrects; it begins the id of the fact.
    recorded_at, at : datetime
        Naive UTC; `at`, from which the values hold, is `recorded_at` unless given.

    Raises
    ------
    UnknownName
        If there is no such field.
    InputError
        If a value is blank or cannot be one of its field, or nobody or several persons are found; nothing is stored.

    Notes
    -----
    A value cannot be corrected to nothing: in a row of `profiles`, null says "not stated". What is no longer to be
    held is taken out in the system it comes from, or forgotten.
    """
    if not by.strip():
        raise InputError(
            what="A correction needs to say who made it.",
            got="no name",
            expected="a name or a number of the person at the keyboard",
            fix="give --by NAME",
        )
    values = _checked(ws, changes, now=recorded_at)
    with inspect_store(ws) as look:
        person = one_person(look, who, instant=AFTER_ALL)
        record = record_named(look, who) or person.number
    identity, start = fact_id(by), at or recorded_at
    with session(ws, recorded_at=recorded_at) as run:
        fact = {"id": identity, "at": start, "customer": record, **values}
        record_facts(run, "profiles", [fact], source=OWN_SOURCE)
    return Correction(person=person.number, record=record, fields=tuple(values), id=identity, at=start)


def _checked(ws: Workspace, changes: Mapping[str, str], *, now: datetime) -> dict[str, str]:
    known = fields_of(ws.model)
    if not changes:
        raise InputError(
            what="There is nothing to correct.",
            got="no field",
            expected=f"a field and its value; fields are {', '.join(known)}",
            fix="write --set phone=+57..., once a field",
        )
    values: dict[str, str] = {}
    for field, value in changes.items():
        if field not in known:
            raise UnknownName(field, kind="field of a customer", known=known)
        values[field] = value.strip()
        cure = "a value; to hold none, take it out in the system it comes from" if not values[field] else None
        cure = cure or _wrong(ws, field, values[field], now=now)
        if cure:
            raise InputError(
                what=f"The value for {field} cannot be recorded.",
                got=f"{field}: {'nothing' if not values[field] else 'a value that is none of that kind'}",
                expected=f"{field}: {cure}",
                fix=f"write --set {field}=VALUE again",
            )
    return values


def _wrong(ws: Workspace, field: str, value: str, *, now: datetime) -> str | None:
    """Return what a field expects if a value is not of its kind, else None."""
    if field == "birth_date":
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = None
        good = day is not None and day <= now.replace(tzinfo=UTC).date()
        return None if good else "a day of the past written year-month-day, such as 1984-05-31"
    identifier = ws.model.identifiers.get(field) or BUILT_IN_IDENTIFIERS.get(field)
    if identifier and identifier.kind == "email" and not _EMAIL.fullmatch(value):
        return "an address such as name@place.com"
    digits = sum(character.isdigit() for character in value)
    if identifier and identifier.kind == "phone" and digits < _FEWEST_DIGITS:
        return "a phone with its country's code, such as +57 300 123 4567"
    return None
