"""Open cases one by one, the longest past their limit first: what somebody must finish today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa.actions.opened import open_only, recent_cases, with_standing
from promesa.engine import when
from promesa.errors import UnknownName
from promesa.measures import ask

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from promesa.engine import Table
    from promesa.store import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Something that one customer began and nobody has finished.

    Attributes
    ----------
    source, id : str
        Of the moment.
    customer : int or None
        The person, by number.
    opened, due : datetime
        Naive UTC.
    overdue : bool
        Whether `due` has passed.
    below_minimum : bool or None
        Whether the limit of a minimum standard has passed; None where the touchpoint has none.
    hours_open, hours_beyond : float
        Since it was opened, and since it was due (below 0: still to go).
    at_stake : float or None
        Money: what the orders of its journey brought in; None where it has none.
    """

    source: str
    id: str
    customer: int | None
    touchpoint: str
    channel: str | None
    opened: datetime
    due: datetime
    overdue: bool
    below_minimum: bool | None
    hours_open: float
    hours_beyond: float
    at_stake: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseList:
    """Some of the open cases; each is of one customer, so nothing of it is kept.

    Attributes
    ----------
    open_now, overdue : int
        At the touchpoints asked about, of all pages.
    more : bool
        Whether there are others behind these.
    """

    as_of: datetime
    open_now: int
    overdue: int
    cases: tuple[Case, ...]
    more: bool


def list_cases(
    facts: Facts,
    *,
    touchpoints: Collection[str] | None = None,
    overdue: bool = False,
    skip: int = 0,
    most: int = 50,
) -> CaseList:
    """Return open cases, the longest past their limit first.

    Parameters
    ----------
    facts : Facts
        Of an engine of their own (`own_facts`), since what it holds names customers.
    touchpoints : collection of str or None
        Only these; None means every one.
    overdue : bool
        Whether only those past their limit.
    skip, most : int
        How many to leave out, and how many to return then.

    Raises
    ------
    UnknownName
        If the model declares no such touchpoint.
    """
    known = facts.workspace.model.touchpoints
    for name in touchpoints or ():
        if name not in known:
            raise UnknownName(name, kind="touchpoint", known=known)
    question = ask(facts.workspace, facts=facts)
    table = with_standing(question, open_only(recent_cases(question)))
    if touchpoints is not None:
        table = table.filter(table["touchpoint"].isin(sorted(touchpoints)))
    late = when(table["overdue"], 1, 0).sum()
    counts = facts.engine.fetch(table.aggregate(n=table.count(), late=late)).to_pylist()[0]
    some = _with_money(facts, table.filter(table["overdue"]) if overdue else table)
    ordered = some.order_by([some["due"], some["source"], some["id"]])
    rows = facts.engine.fetch(ordered.limit(most + 1, offset=skip)).to_pylist()
    return CaseList(
        as_of=facts.as_of,
        open_now=int(counts["n"] or 0),
        overdue=int(counts["late"] or 0),
        cases=tuple(_case(row) for row in rows[:most]),
        more=len(rows) > most,
    )


def _with_money(facts: Facts, table: Table) -> Table:
    """Return cases with ``at_stake``; orders are summed only of the journeys that have one."""
    orders = facts.table("orders")
    orders = orders.filter(orders["journey"].notnull()).select(of_="journey", revenue_="revenue")
    orders = orders.semi_join(table, orders["of_"] == table["journey"])
    sums = orders.group_by("of_").aggregate(at_stake=orders["revenue_"].sum().cast("float64"))
    return table.left_join(sums, table["journey"] == sums["of_"]).drop("of_")


def _case(row: Mapping[str, Any]) -> Case:
    return Case(
        source=str(row["source"]),
        id=str(row["id"]),
        customer=None if row["customer"] is None else int(row["customer"]),
        touchpoint=str(row["touchpoint"]),
        channel=row["channel"],
        opened=row["opened"],
        due=row["due"],
        overdue=bool(row["overdue"]),
        below_minimum=row["below"],
        hours_open=float(row["hours"]),
        hours_beyond=float(row["hours_beyond"]),
        at_stake=row["at_stake"],
    )
