"""Open cases one by one, in the order that somebody works them off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from promesa.actions.opened import open_only, recent_cases, with_standing
from promesa.engine import when
from promesa.errors import UnknownName
from promesa.measures import ask

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from promesa.engine import Expression, Table
    from promesa.store import Facts


Standing = Literal["overdue", "below", "in_time"]
Order = Literal["due", "stake", "opened"]
STANDINGS: tuple[Standing, ...] = ("overdue", "below", "in_time")
"""Past its limit; past that of a minimum standard; neither."""
ORDERS: tuple[Order, ...] = ("due", "stake", "opened")
"""The longest past its limit first; the customers who bought most first; the oldest first."""
YEAR_DAYS = 365


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
    customer_revenue : float or None
        Money: what all orders of the customer brought in in the last 365 days; None where there are none.
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
    customer_revenue: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseList:
    """Some of the open cases; each is of one customer, so nothing of it is kept.

    Attributes
    ----------
    open_now, overdue : int
        At the touchpoints asked about, of all pages.
    listed : int
        How many there are of the standing asked for, of all pages.
    more : bool
        Whether there are others behind these.
    """

    as_of: datetime
    open_now: int
    overdue: int
    listed: int
    cases: tuple[Case, ...]
    more: bool


def list_cases(
    facts: Facts,
    *,
    touchpoints: Collection[str] | None = None,
    standing: Standing | None = None,
    order: Order = "due",
    skip: int = 0,
    most: int = 50,
) -> CaseList:
    """Return open cases, those to begin with first.

    Parameters
    ----------
    facts : Facts
        Of an engine of their own (`own_facts`), since what it holds names customers.
    touchpoints : collection of str or None
        Only these; None means every one.
    standing : {"overdue", "below", "in_time"} or None
        Only those past their limit, past that of a minimum standard, or neither; None means all.
    order : {"due", "stake", "opened"}
        What comes first: the earliest limit, the customer who bought for most in a year, the oldest.
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
    chosen = _of_standing(table, standing)
    late, listed = (when(one, 1, 0).sum() for one in (table["overdue"], chosen))
    counts = facts.engine.fetch(table.aggregate(n=table.count(), late=late, listed=listed)).to_pylist()[0]
    ordered = _ordered(_with_money(facts, table.filter(chosen)), order)
    rows = facts.engine.fetch(ordered.limit(most + 1, offset=skip)).to_pylist()
    return CaseList(
        as_of=facts.as_of,
        open_now=int(counts["n"] or 0),
        overdue=int(counts["late"] or 0),
        listed=int(counts["listed"] or 0),
        cases=tuple(_case(row) for row in rows[:most]),
        more=len(rows) > most,
    )


def _of_standing(table: Table, standing: Standing | None) -> Expression:
    overdue, below = table["overdue"].coalesce(False), table["below"].coalesce(False)
    any_of_them = table["due"].notnull() | table["due"].isnull()
    return {"overdue": overdue, "below": below, "in_time": ~(overdue | below), None: any_of_them}[standing]


def _ordered(table: Table, order: Order) -> Table:
    ties = [table["due"], table["source"], table["id"]]
    if order == "stake":
        return table.order_by([table["customer_revenue"].coalesce(-1.0).desc(), *ties])
    return table.order_by([table["opened"], *ties] if order == "opened" else ties)


def _with_money(facts: Facts, table: Table) -> Table:
    """Return cases with ``at_stake`` and ``customer_revenue``; orders are summed only where there is a case."""
    everything = facts.table("orders")
    everything = everything.filter(everything["at"] > facts.as_of - timedelta(days=YEAR_DAYS))
    bought = everything.select(whose_="customer", spent_="revenue")
    bought = bought.semi_join(table, bought["whose_"] == table["customer"])
    years = bought.group_by("whose_").aggregate(customer_revenue=bought["spent_"].sum().cast("float64"))
    table = table.left_join(years, table["customer"] == years["whose_"]).drop("whose_")
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
        customer_revenue=row["customer_revenue"],
    )
