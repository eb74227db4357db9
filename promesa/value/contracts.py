"""Customers under contract: how long they have been there, whether they left, and what they left, from the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.engine import lit, when
from promesa.measures import PREFIX, group_of, sort_key
from promesa.value.purchases import with_costs
from promesa.value.serving import served
from promesa.value.spells import with_groups

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

    from promesa.engine import Table
    from promesa.value.spells import Spells

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contracts:
    """Spells of one group that are alike, with what their customers left.

    Attributes
    ----------
    group : dict of str to str or None
        Dimensions.
    days, customers : ndarray, shape (n,)
        Whole days since joining, and how many spells.
    over, latest : ndarray of bool, shape (n,)
        Whether they ended in a goodbye; whether they are their customers' last ones.
    revenue, margin, served, net, net_squares : ndarray, shape (n,)
        Money of the customers whose last spell it is: revenue, what is left after the goods, what serving cost, margin
        less serving, and the sum of the squares of that.
    goods, costs : int
        Orders whose goods have a known cost; known costs to serve.
    """

    group: dict[str, str | None]
    days: NDArray[np.int64]
    customers: Floats
    over: NDArray[np.bool_]
    latest: NDArray[np.bool_]
    revenue: Floats
    margin: Floats
    served: Floats
    net: Floats
    net_squares: Floats
    goods: int
    costs: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContractsHeld:
    """Contracts as they were at the end of a day, and what came after it.

    Attributes
    ----------
    cut : date
        Last day of what is known.
    days, customers : ndarray, shape (n,)
        Days since joining at the cut, and how many spells.
    over : ndarray of bool, shape (n,)
        Whether they had ended by then.
    later : ndarray, shape (n,)
        Days under contract after the cut, summed over the spells of each row.
    ends : tuple of date
        Last days of the months after the cut, the end of the observation as the last.
    there : ndarray, shape (ends,)
        How many of those there at the cut were there at each.
    """

    cut: date
    days: NDArray[np.int64]
    customers: Floats
    over: NDArray[np.bool_]
    later: Floats
    ends: tuple[date, ...]
    there: Floats


def contracts(found: Spells) -> list[Contracts]:
    """Fetch the spells of each group, groups in order."""
    question = found.bought.question
    keys = [PREFIX + name for name in question.by]
    table = with_groups(found, found.table.filter(found.table["days"] >= 0))
    newest = table["at"].max().over(group_by=table["customer"])
    table = table.mutate(newest=newest)
    table = _with_money(found, table.mutate(latest=table["at"] == table["newest"]))
    sums = {name: table[name].sum() for name in ("revenue", "margin", "served", "net", "goods", "costs")}
    sums |= {"n": table.count(), "net_squares": (table["net"] * table["net"]).sum()}
    places = [*keys, "days", "over", "latest"]
    rows = question.facts.engine.fetch(table.group_by(places).aggregate(**sums).order_by(places)).to_pylist()
    groups: dict[tuple[object, ...], list[dict[str, object]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    named = [_group(group_of(question, own[0]), own) for own in groups.values()]
    return sorted(named, key=lambda one: sort_key(one.group))


def _with_money(found: Spells, table: Table) -> Table:
    """Return the spells with what their customers left, once a customer: at their last spell."""
    bought = found.bought
    money = with_costs(bought, bought.customers, costs=served(bought.question))
    money = money.select("revenue", "margin", "served", "goods", "costs", buyer="customer")
    joined = table.left_join(money, (table["customer"] == money["buyer"]) & table["latest"]).drop("buyer")
    joined = joined.mutate(
        **{name: joined[name].coalesce(0.0).cast("float64") for name in ("revenue", "margin", "served")},
        **{name: joined[name].coalesce(0).cast("int64") for name in ("goods", "costs")},
    )
    return joined.mutate(net=joined["margin"] - joined["served"])


def _group(where: dict[str, str | None], rows: Sequence[dict[str, object]]) -> Contracts:
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    money = {name: columns[name].astype(float) for name in ("revenue", "margin", "served", "net", "net_squares")}
    return Contracts(
        group=where,
        days=columns["days"].astype(np.int64),
        customers=columns["n"].astype(float),
        over=columns["over"].astype(bool),
        latest=columns["latest"].astype(bool),
        goods=int(columns["goods"].sum()),
        costs=int(columns["costs"].sum()),
        **money,
    )


def contracts_held(found: Spells, cut: date, ends: Sequence[date]) -> ContractsHeld:
    """Fetch the contracts as they were at the end of the day `cut`, and what came after it."""
    table = found.table.filter((found.table["first"] <= lit(cut)) & (found.table["days"] >= 0))
    over = table["over"] & (table["last"] <= lit(cut))
    until = when(table["last"] <= lit(cut), table["last"], lit(cut))
    table = table.mutate(
        gone=over,
        tenure=until.delta(table["first"], unit="day"),
        stayed=when(over, 0, table["last"].delta(lit(cut), unit="day")),
    )
    fetch = found.bought.question.facts.engine.fetch
    grouped = table.group_by("tenure", "gone").aggregate(n=table.count(), later=table["stayed"].sum())
    rows = fetch(grouped.order_by("tenure", "gone")).to_pylist()
    running = table.filter(~table["gone"])
    counted = {f"m{i}": when(running["over"] & (running["last"] <= lit(day)), 0, 1).sum() for i, day in enumerate(ends)}
    there = fetch(running.aggregate(**counted)).to_pylist()[0] if ends else {}
    return ContractsHeld(
        cut=cut,
        days=np.array([row["tenure"] for row in rows], dtype=np.int64),
        customers=np.array([row["n"] for row in rows], dtype=float),
        over=np.array([row["gone"] for row in rows], dtype=bool),
        later=np.array([row["later"] for row in rows], dtype=float),
        ends=tuple(ends),
        there=np.array([there[f"m{i}"] or 0 for i in range(len(ends))], dtype=float),
    )
