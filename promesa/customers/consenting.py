"""A yes or a no recorded as what it is: a fact with its source, from one instant on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promesa.customers.consent import purpose_of
from promesa.customers.finding import one_person, record_named
from promesa.customers.person import AFTER_ALL
from promesa.customers.recorded import fact_id
from promesa.errors import InputError
from promesa.store import OWN_SOURCE, inspect_store, record_facts, session

if TYPE_CHECKING:
    from datetime import datetime

    from promesa.workspace import Workspace


def give(
    ws: Workspace,
    who: str | int,
    purpose: str,
    *,
    recorded_at: datetime,
    notice: str | None = None,
    channel: str | None = None,
    until: datetime | None = None,
    by: str | None = None,
) -> int:
    """Record that a person said yes; return the person's number.

    Parameters
    ----------
    who : str or int
        As in `find`. A record that is named by number or key carries the yes; else the first of the person's.
    recorded_at, until : datetime
        Naive UTC; the yes holds from the one until the other. `until` None means no end.
    notice : str or None
        Version or address of the notice shown; None takes the one that the purpose declares.
    by : str or None
        Who recorded it; it begins the id of the fact.

    Raises
    ------
    InputError
        If nobody or several persons are found, or the yes would end before it begins.
    UnknownName
        If the purpose is not declared.
    """
    declared = purpose_of(ws, purpose)
    if until is not None and until <= recorded_at:
        raise InputError(
            what="The consent would end before it begins.",
            got=f"from {recorded_at:%Y-%m-%d %H:%M} until {until:%Y-%m-%d %H:%M} UTC",
            expected="an end after the beginning",
            fix="give a later --until, or none",
        )
    notice = notice or (declared.notice if declared else None)
    fact = {"at": recorded_at, "purpose": purpose, "granted": True, "notice": notice, "channel": channel}
    fact["until"] = until
    return _record(ws, who, fact, by=by, recorded_at=recorded_at)


def withdraw(
    ws: Workspace,
    who: str | int,
    purpose: str,
    *,
    recorded_at: datetime,
    channel: str | None = None,
    by: str | None = None,
) -> int:
    """Record that a person said no, from `recorded_at` on; return the person's number.

    The no is written to every record that is the person's now: were a link undone later, no yes would come back.

    Raises
    ------
    InputError
        If nobody or several persons are found.
    UnknownName
        If the purpose is not declared.
    """
    purpose_of(ws, purpose)
    fact = {"at": recorded_at, "purpose": purpose, "granted": False, "channel": channel}
    return _record(ws, who, fact, by=by, recorded_at=recorded_at)


def _record(ws: Workspace, who: str | int, fact: dict[str, Any], *, by: str | None, recorded_at: datetime) -> int:
    with inspect_store(ws) as look:
        person = one_person(look, who, instant=AFTER_ALL)
        named = record_named(look, who) or person.number
    customers = (named,) if fact["granted"] else person.customers
    rows = [{**fact, "id": fact_id(by), "customer": customer} for customer in customers]
    with session(ws, recorded_at=recorded_at) as run:
        record_facts(run, "consents", rows, source=OWN_SOURCE)
    return person.number
