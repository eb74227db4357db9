"""What a person brought in and cost so far, added up in the engine by the rules of every analysis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa.customers.events import amount, moments_known, summed
from promesa.engine import when
from promesa.measures import Question, costs_beside_the_books

if TYPE_CHECKING:
    from datetime import datetime

    from promesa.customers.person import PersonFacts
    from promesa.engine import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """A person's sums up to one instant.

    Attributes
    ----------
    moments, open_commitments, opinions, orders : int
        Moments lived; commitments that have not been lived; answers with a score or a text; purchases.
    revenue : float
        The company's currency.
    cost_of_goods : float or None
        None where no purchase of the person says what its goods cost.
    cost_to_serve : float or None
        Of moments lived and of costs; None where no cost of the person is given at all.
    margin : float
        Revenue less both costs; an unknown cost counts as nothing.
    first_seen, last_seen : datetime or None
        Naive UTC, of moments lived, opinions and purchases.
    """

    moments: int = 0
    open_commitments: int = 0
    opinions: int = 0
    orders: int = 0
    revenue: float = 0.0
    cost_of_goods: float | None = 0.0
    cost_to_serve: float | None = None
    margin: float = 0.0
    first_seen: datetime | None = None
    last_seen: datetime | None = None


def totals_of(facts: PersonFacts) -> Totals:
    """Return a person's sums at the instant of the facts."""
    orders, moments, costs = _orders(facts), _moments(facts), _costs(facts)
    answered = facts.table("opinions")
    answered = answered.filter(answered["score"].notnull() | answered["text"].notnull())
    opinions = _one(facts, "opinions", answered, n=answered.count(), **_seen(answered))
    given = [cost for cost in (moments.get("cost"), costs.get("cost")) if cost is not None]
    serving = sum(given) if given else None
    revenue, goods = orders.get("revenue") or 0.0, orders.get("goods") if orders.get("n") else 0.0
    found = (moments, opinions, orders)
    return Totals(
        moments=int(moments.get("lived") or 0),
        open_commitments=int(moments.get("open") or 0),
        opinions=int(opinions.get("n") or 0),
        orders=int(orders.get("n") or 0),
        revenue=revenue,
        cost_of_goods=goods,
        cost_to_serve=serving,
        margin=revenue - (goods or 0.0) - (serving or 0.0),
        first_seen=min((each["first"] for each in found if each.get("first")), default=None),
        last_seen=max((each["last"] for each in found if each.get("last")), default=None),
    )


def _orders(facts: PersonFacts) -> dict[str, Any]:
    orders = facts.table("orders")
    sums = {"n": orders.count(), "revenue": summed(orders["revenue"]), "goods": summed(orders["cost"])}
    return _one(facts, "orders", orders, **sums, **_seen(orders))


def _costs(facts: PersonFacts) -> dict[str, Any]:
    costs = costs_beside_the_books(Question(facts=facts), facts.table("costs"))
    return _one(facts, "costs", costs, cost=summed(costs["amount"]))


def _moments(facts: PersonFacts) -> dict[str, Any]:
    if facts.is_empty("moments"):
        return {}
    moments = moments_known(facts)
    been = when(moments["lived"], moments["at"], None)
    return _one(
        facts,
        "moments",
        moments,
        lived=when(moments["lived"], 1, 0).sum(),
        open=when(moments["lived"], 0, 1).sum(),
        cost=moments["serving"].sum(),
        first=been.min(),
        last=been.max(),
    )


def _seen(table: Table) -> dict[str, Any]:
    return {"first": table["at"].min(), "last": table["at"].max()}


def _one(facts: PersonFacts, name: str, table: Table, **sums: Any) -> dict[str, Any]:
    if facts.is_empty(name):
        return {}
    row = facts.engine.fetch(table.aggregate(**sums)).to_pylist()[0]
    return {key: value if key in {"first", "last"} else amount(value) for key, value in row.items()}
