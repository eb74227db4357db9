"""Touchpoints that sources name and the model does not: the rows wait in the quarantine, and say who uses them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.store.inspection import inspect_store
from promesa.store.quarantine import TABLE

if TYPE_CHECKING:
    from promesa.workspace import Workspace

RULE = "unknown-touchpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownTouchpoint:
    """A name that rows of moments give for their touchpoint.

    Attributes
    ----------
    name : str
        As the source writes it.
    rows, customers : int
        Rows in the quarantine, and different keys of customers in them.
    recent : int
        Of the customers, those with a row after the day asked for.
    first, last : date or None
        Days of the first and last row, as the source writes them; None where it writes no day.
    """

    name: str
    rows: int
    customers: int
    recent: int
    first: date | None
    last: date | None


def unknown_touchpoints(ws: Workspace, *, since: date, until: date) -> tuple[UnknownTouchpoint, ...]:
    """Return the unknown touchpoints that enough customers met, the most used first.

    Parameters
    ----------
    since : date
        `recent` counts the customers of later days.
    until : date
        Rows of later days are not looked at.

    Notes
    -----
    What fewer customers than `min_cell` have met is left out: a name in the wrong column could be that of a person.
    A row without a day that can be read counts among the rows and customers and not among the recent ones.
    """
    day = "try_cast(substr(json_extract_string(record, '$.at'), 1, 10) AS DATE)"
    parts = ", ".join(
        f"coalesce(json_extract_string(record, '$.{key}'), '')" for key in ("customer_source", "customer")
    )
    with inspect_store(ws) as store:
        if store.is_empty(TABLE):
            return ()
        rows = (
            f"SELECT value, {day} AS day, concat_ws(chr(31), load, {parts}) AS customer FROM ({store.rows(TABLE)}) "
            f"WHERE {name('table')} = 'moments' AND rule = {literal(RULE)} AND state = 'open' AND value IS NOT NULL"
        )
        recent = f"count(DISTINCT customer) FILTER (WHERE day > DATE {literal(since.isoformat())})"
        found = store.engine.run(
            f"SELECT value, count(*), count(DISTINCT customer), {recent}, min(day), max(day) FROM ({rows}) "
            f"WHERE day IS NULL OR day <= DATE {literal(until.isoformat())} GROUP BY value "
            f"HAVING count(DISTINCT customer) >= {int(ws.min_cell)} ORDER BY 3 DESC, 1"
        )
    return tuple(_unknown(*row) for row in found)


def _unknown(*row: object) -> UnknownTouchpoint:
    value, n, customers, recent, *days = row
    first, last = (day if isinstance(day, date) else None for day in days)
    return UnknownTouchpoint(
        name=str(value),
        rows=int(str(n)),
        customers=int(str(customers)),
        recent=int(str(recent)),
        first=first,
        last=last,
    )
