"""Summaries of customers brought from the engine: equal ones once, with the sums of their money."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa.engine import case, lit, when
from promesa.measures import group_of
from promesa.stats import Purchases
from promesa.value.purchases import keys_of, with_costs, with_groups
from promesa.value.serving import served

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

    from promesa.engine import Expression, Table
    from promesa.value.purchases import Buying

    Floats = NDArray[np.float64]

MONEY = ("spent", "revenue", "margin", "served")
BINS = 1000  # of the logarithm of mean spend: means within a thousandth of each other stand as one


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Summaries:
    """Customers with equal summaries in one group.

    Attributes
    ----------
    purchases : Purchases
        Repeats, last and seen in days, and how many customers, (n,).
    totals : ndarray, shape (4, n)
        Sums of `MONEY` over the customers of each row.
    squares : ndarray, shape (4, 4, n)
        Sums of their products.
    group : ndarray of int, shape (n,)
        Place of each row's group in `groups`.
    groups : tuple of dict
        Dimensions of each group.
    goods, costs : int
        Orders whose goods have a known cost; known costs to serve.
    losing : int
        Customers whose purchases together left nothing or less.
    """

    purchases: Purchases
    totals: Floats
    squares: Floats
    group: NDArray[np.int64]
    groups: tuple[dict[str, str | None], ...]
    goods: int
    costs: int
    losing: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spends:
    """Customers with repeat purchases by how many and how much: (n,) each."""

    repeats: Floats
    mean: Floats
    customers: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HoldOut:
    """Customers known by a day, as they were then, and what they bought after it.

    Attributes
    ----------
    cut : date
        Last day of what is known.
    purchases : Purchases
        Summaries as of the cut.
    later, later_squares : ndarray, shape (n,)
        Sum over the customers of each row of the purchases after the cut, and of their squares.
    days : int
        From the cut to the end.
    months : tuple of (date, float)
        First day of each month after the cut, and the purchases in it.
    """

    cut: date
    purchases: Purchases
    later: Floats
    later_squares: Floats
    days: int
    months: tuple[tuple[date, float], ...]


def summaries(bought: Buying) -> Summaries:
    """Fetch the summaries at the end of the observation."""
    keys = keys_of(bought.question)
    table = with_groups(bought, with_costs(bought, bought.customers, costs=served(bought.question)))
    table = table.mutate(
        repeats=table["days"] - 1,
        recency=table["last"].delta(table["first"], unit="day"),
        seen=lit(bought.last_day).delta(table["first"], unit="day"),
    )
    sums: dict[str, Expression] = {
        "n": table.count(),
        "goods": table["goods"].sum(),
        "costs": table["costs"].sum(),
        "losing": when(table["margin"] <= 0, 1, 0).sum(),
    }
    for i, one in enumerate(MONEY):
        sums[f"s{i}"] = table[one].sum()
        for j, other in enumerate(MONEY[: i + 1]):
            sums[f"p{i}{j}"] = (table[one] * table[other]).sum()
    found = _columns(bought, table.group_by([*keys, "repeats", "recency", "seen"]).aggregate(**sums))
    group, groups = _groups(bought, found)
    squares = np.empty((len(MONEY), len(MONEY), len(group)))
    for i in range(len(MONEY)):
        for j in range(i + 1):
            squares[i, j] = squares[j, i] = _floats(found[f"p{i}{j}"])
    return Summaries(
        purchases=_purchases(found, seen=_floats(found["seen"])),
        totals=np.stack([_floats(found[f"s{i}"]) for i in range(len(MONEY))]),
        squares=squares,
        group=group,
        groups=groups,
        goods=int(_floats(found["goods"]).sum()),
        costs=int(_floats(found["costs"]).sum()),
        losing=int(_floats(found["losing"]).sum()),
    )


def spends(bought: Buying) -> Spends:
    """Fetch how much a repeat purchase is on average, means within a thousandth of each other as one.

    They stand at the middle of their bin, so that the last digit of a sum, which differs from run to run where
    several threads add, cannot move a fit whose likelihood is flat.
    """
    table = bought.customers.filter(bought.customers["days"] > 1)
    table = table.mutate(repeats=table["days"] - 1, mean=table["spent"] / (table["days"] - 1))
    table = table.filter(table["mean"] > 0)
    table = table.mutate(bin=(table["mean"].ln() * BINS).round().cast("int64"))
    found = _columns(
        bought,
        table.group_by(["repeats", "bin"]).aggregate(n=table.count()),
    )
    return Spends(
        repeats=_floats(found["repeats"]), mean=np.exp(_floats(found["bin"]) / BINS), customers=_floats(found["n"])
    )


def hold_out(bought: Buying, cut: date) -> HoldOut:
    """Fetch the summaries of customers as they were at the end of the day `cut`, and what they bought after it."""
    days = bought.days
    known = bought.customers.filter(bought.customers["first"] <= cut).select(buyer="customer", began="first")
    joined = days.inner_join(known, days["customer"] == known["buyer"])
    before = joined["day"] <= cut
    each = joined.group_by("customer", "began").aggregate(
        days=when(before, 1, 0).sum(),
        last=when(before, joined["day"], None).max(),
        later=when(before, 0, 1).sum(),
    )
    each = each.mutate(
        repeats=each["days"] - 1,
        recency=each["last"].delta(each["began"], unit="day"),
        seen=lit(cut).delta(each["began"], unit="day"),
        later=each["later"].cast("float64"),
    )
    found = _columns(
        bought,
        each.group_by(["repeats", "recency", "seen"]).aggregate(
            n=each.count(), later=each["later"].sum(), squares=(each["later"] * each["later"]).sum()
        ),
    )
    after = joined.filter(~before)
    after = after.mutate(month=after["day"].truncate("M"))
    months = bought.question.facts.engine.fetch(after.group_by("month").aggregate(n=after.count())).to_pylist()
    return HoldOut(
        cut=cut,
        purchases=_purchases(found, seen=_floats(found["seen"])),
        later=_floats(found["later"]),
        later_squares=_floats(found["squares"]),
        days=(bought.last_day - cut).days,
        months=tuple(sorted((row["month"], float(row["n"])) for row in months)),
    )


def log_gaps(bought: Buying, cut: date) -> tuple[float, float]:
    """Return the sum of the logarithms of the days between purchases: all of them, and those up to the day `cut`."""
    engine, days = bought.question.facts.engine, bought.days
    known = bought.customers.filter(bought.customers["days"] > 1).select(buyer="customer")
    days = days.inner_join(known, days["customer"] == known["buyer"]).select("customer", "day")
    before = days["day"].lag().over(group_by=days["customer"], order_by=days["day"])
    gaps = days.mutate(gap=days["day"].delta(before, unit="day"), early=days["day"] <= lit(cut))
    gaps = gaps.filter(gaps["gap"].notnull())
    counted = engine.fetch(gaps.group_by("gap", "early").aggregate(n=gaps.count())).to_pylist()
    early = sum(row["n"] * log(row["gap"]) for row in counted if row["early"])
    return early + sum(row["n"] * log(row["gap"]) for row in counted if not row["early"]), early


def order_counts(bought: Buying) -> dict[str, int]:
    """Return how many orders of the window are purchases, were taken back, brought nothing in, shared a day."""
    orders, question = bought.orders, bought.question
    if question.since is not None:
        orders = orders.filter(orders["at"] >= question.since)
    kind = case(
        (orders["bought"], "orders"), (orders["amount"] > 0, "orders_returned"), otherwise="orders_without_revenue"
    )
    table = orders.mutate(kind=kind)
    found = question.facts.engine.fetch(table.group_by("kind").aggregate(n=table.count())).to_pylist()
    counts = dict.fromkeys(("orders", "orders_returned", "orders_without_revenue"), 0)
    return counts | {row["kind"]: int(row["n"]) for row in found}


def _purchases(found: dict[str, Any], *, seen: Floats) -> Purchases:
    return Purchases(
        repeats=_floats(found["repeats"]), last=_floats(found["recency"]), seen=seen, customers=_floats(found["n"])
    )


def _columns(bought: Buying, table: Table) -> dict[str, Any]:
    """Fetch a table with its rows in one order on every engine."""
    names = [name for name in table.columns if name in {"repeats", "recency", "seen", "bin"} or name.startswith("by_")]
    answer = bought.question.facts.engine.fetch(table.order_by(names))
    return {name: answer.column(name) for name in answer.column_names}


def _floats(column: Any) -> Floats:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def _groups(bought: Buying, found: dict[str, Any]) -> tuple[NDArray[np.int64], tuple[dict[str, str | None], ...]]:
    """Return the group of each row, and the dimensions of each group."""
    keys, n = keys_of(bought.question), len(found["n"])
    if not keys:
        return np.zeros(n, dtype=np.int64), ({},) if n else ()
    rows: Sequence[tuple[object, ...]] = list(zip(*(found[key].to_pylist() for key in keys), strict=True))
    places = {row: place for place, row in enumerate(dict.fromkeys(rows))}
    named = tuple(group_of(bought.question, dict(zip(keys, row, strict=True))) for row in places)
    return np.array([places[row] for row in rows], dtype=np.int64), named
