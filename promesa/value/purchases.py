"""Purchases of customers by local day, and what came of them: what a buying process is fitted to, in the engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promesa.engine import lit, stack, when
from promesa.measures import PERIODS, PREFIX, with_dimensions

if TYPE_CHECKING:
    from datetime import date, datetime

    from promesa.engine import Expression, Table
    from promesa.measures import Question

NOTHING_KEPT = 1e-9  # share of an order that stays sold: below, it was sent back whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Buying:
    """What customers bought, as tables of the engine.

    Attributes
    ----------
    question : Question
        What is asked; its `until` is the end of the observation.
    end : datetime
        End of the observation, naive UTC.
    last_day : date
        The local day of it.
    orders : Table
        Every order up to the end with ``day``, ``kept`` (share that was not taken back), ``bought`` (whether it is a
        purchase) and ``loose`` (money taken back that belongs to no order).
    days : Table
        One row a customer and day with a purchase: ``customer, day, at, orders, revenue, margin, goods``.
    customers : Table
        One row a customer whose first purchase lies in the window: ``customer, at`` (the first purchase),
        ``first, last`` (days), ``days`` (with a purchase), ``orders, revenue, margin, goods, spent`` (after the
        first day).
    """

    question: Question
    end: datetime
    last_day: date
    orders: Table
    days: Table
    customers: Table


def buying(question: Question) -> Buying:
    """Return the purchases that a question is about; the engine keeps the days, which several queries read."""
    facts = question.facts
    end = min(question.until, facts.as_of) if question.until is not None else facts.as_of
    question = replace(question, until=end)

    def orders() -> Table:
        return _judged(question, facts.table("orders"), end)

    # Many queries are made of these: by a name each of them is short.
    name = f"{facts.scope} {end}"
    judged = facts.engine.named(f"purchases {name}", orders)
    days = facts.engine.hold(f"purchase days {name}", lambda: _days(question, judged))
    customers = facts.engine.named(f"buyers {name} {question.since}", lambda: _customers(question, days))
    last_day = facts.engine.fetch(facts.local(lit(end, "timestamp(6)")).date()).as_py()
    return Buying(
        question=question,
        end=end,
        last_day=last_day,
        orders=judged,
        days=days,
        customers=customers,
    )


def _judged(question: Question, orders: Table, end: datetime) -> Table:
    """Tell of each order whether it is a purchase: money came in, and was not all taken back.

    A negative amount that names the journey of an order takes from it; one that names none belongs to its customer.
    """
    orders = orders.filter(orders["at"] <= end)
    amount = orders["revenue"].cast("float64")
    orders = orders.select(
        "customer", "at", "channel", "product", "journey", day=question.facts.local(orders["at"]).date(),
        amount=amount, goods=orders["cost"].cast("float64"),
    )  # fmt: skip
    named = orders.filter(orders["journey"].notnull())
    journeys = named.group_by(buyer="customer", trip="journey").aggregate(
        sold=when(named["amount"] > 0, named["amount"], 0.0).sum(),
        back=when(named["amount"] < 0, -named["amount"], 0.0).sum(),
    )
    journeys = journeys.filter((journeys["back"] > 0) & (journeys["sold"] > 0))
    orders = orders.left_join(
        journeys, [orders["customer"] == journeys["buyer"], orders["journey"] == journeys["trip"]]
    )
    share = 1.0 - orders["back"] / orders["sold"]
    kept = when(orders["back"].isnull(), 1.0, when(share > 0, share, 0.0))
    loose = when((orders["amount"] < 0) & orders["back"].isnull(), -orders["amount"], 0.0)
    orders = orders.mutate(kept=kept, loose=loose).drop("buyer", "trip", "sold", "back")
    return orders.mutate(bought=(orders["amount"] > 0) & (orders["kept"] > NOTHING_KEPT))


def _days(question: Question, orders: Table) -> Table:
    del question
    bought = orders.filter(orders["bought"])
    return bought.group_by("customer", "day").aggregate(
        at=bought["at"].min(),
        orders=bought.count(),
        revenue=(bought["amount"] * bought["kept"]).sum(),
        margin=((bought["amount"] - bought["goods"].coalesce(0.0)) * bought["kept"]).sum(),
        goods=bought["goods"].count(),
    )


def _customers(question: Question, days: Table) -> Table:
    ever = days.group_by("customer").aggregate(
        at=days["at"].min(),
        first=days["day"].min(),
        last=days["day"].max(),
        days=days.count(),
        orders=days["orders"].sum(),
        revenue=days["revenue"].sum(),
        margin=days["margin"].sum(),
        goods=days["goods"].sum(),
    )
    firsts = ever.select(buyer="customer", began="first")
    joined = days.inner_join(firsts, [days["customer"] == firsts["buyer"], days["day"] == firsts["began"]])
    opening = joined.select(buyer="customer", opening="revenue")
    ever = ever.inner_join(opening, ever["customer"] == opening["buyer"]).drop("buyer")
    spent = when(ever["days"] > 1, ever["revenue"] - ever["opening"], 0.0)
    ever = ever.mutate(spent=spent).drop("opening")
    return ever if question.since is None else ever.filter(ever["at"] >= question.since)


def with_groups(bought: Buying, customers: Table) -> Table:
    """Return customers with the dimensions asked: traits, and of the first purchase its period, channel and product."""
    question = bought.question
    columns = [name for name in question.by if name in ("channel", "product")]
    if columns:
        orders = bought.orders.filter(bought.orders["bought"])
        begun = customers.select(buyer="customer", began="at")
        first = orders.inner_join(begun, [orders["customer"] == begun["buyer"], orders["at"] == begun["began"]])
        # Of two orders at one instant the first by name, so that it is the same on every engine.
        first = first.group_by(buyer="customer").aggregate(**{name: first[name].min() for name in columns})
        customers = customers.left_join(first, customers["customer"] == first["buyer"]).drop("buyer")
    return with_dimensions(question, customers)


def with_costs(bought: Buying, customers: Table, *, costs: Table) -> Table:
    """Return customers with ``served`` (what serving each cost in the window) and ``costs`` (how many were known).

    Parameters
    ----------
    costs : Table
        From `served`, or `own_costs` where only some of the customers are looked at.
    """
    question = bought.question
    loose = question.within(bought.orders.filter(bought.orders["loose"] > 0))
    entries = stack(
        [
            _entries(costs, costs["amount"]),
            _entries(loose, loose["loose"]),
        ]
    )
    entries = entries.filter(entries["amount"].notnull() & entries["payer"].notnull())
    sums = entries.group_by("payer").aggregate(served=entries["amount"].sum(), costs=entries.count())
    joined = customers.left_join(sums, customers["customer"] == sums["payer"]).drop("payer")
    return joined.mutate(served=joined["served"].coalesce(0.0), costs=joined["costs"].coalesce(0))


def _entries(table: Table, amount: Expression) -> Table:
    return table.select(payer="customer", amount=amount.cast("float64"))


def refused_dimensions(question: Question) -> list[str]:
    """Return the dimensions that are not a customer's own."""
    own = {"channel", "product", "tier", *PERIODS, *question.workspace.model.traits}
    return sorted(set(question.by) - own)


def keys_of(question: Question) -> list[str]:
    """Return the columns that hold the dimensions."""
    return [PREFIX + name for name in question.by]
