"""What each customer leaves and why some leave less than nothing, in the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.engine import case, greatest, lit, null_of, stack, when
from promesa.measures import withheld
from promesa.stats import concentration
from promesa.value.reconciling import books_key
from promesa.value.serving import served

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.engine import Expression, Table
    from promesa.measures import Question
    from promesa.stats import Concentration

NOTHING_BOUGHT, GOODS, RETURNED, SERVING = "nothing_bought", "goods", "returned", "serving"
OTHER = "other"
STEPS = (1, 2, 5, 10, 20, 25, 50)  # percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Losers:
    """Customers served at a loss for one main reason.

    Attributes
    ----------
    reason : str
        ``nothing_bought``, ``goods``, ``returned``, ``serving``, or ``other`` where several are pooled.
    touchpoint : str or None
        Of ``serving``: where most of it was spent; None for costs of no touchpoint.
    customers : int
        How many they are.
    total, squares : float
        Sum of what they leave (below nothing), and of its square.
    """

    reason: str
    touchpoint: str | None
    customers: int
    total: float
    squares: float


def customers_left(question: Question) -> Table:
    """Return (customer, margin, reason, touchpoint) of all with an order, a moment or a cost, held by the engine."""
    facts = question.facts
    touchpoints = tuple(question.workspace.model.touchpoints)
    each = _sums(question, touchpoints)
    # To the fourth decimal, as money is kept: a sum of parts that cancel is nothing, not the last bit of a number.
    each = each.mutate(margin=(each["sold"] - each["back"] - each["goods"] - each["serving"]).round(4))
    reason, touchpoint = _reason(each, touchpoints)
    rows = each.select("customer", "margin", reason=reason, touchpoint=touchpoint)
    key = f"customers left {facts.version} {facts.as_of} {question.since} {question.until} {books_key(question)}"
    return facts.engine.hold(key, rows)


def _sums(question: Question, touchpoints: Sequence[str]) -> Table:
    orders = question.within(question.facts.table("orders"))
    revenue = orders["revenue"].cast("float64")
    bought = orders.select(
        "customer",
        sold=when(revenue > 0, revenue, 0.0),
        back=when(revenue < 0, -revenue, 0.0),
        goods=orders["cost"].cast("float64").coalesce(0.0),
        serving=lit(0.0),
        touchpoint=null_of("string"),
    )
    costs = served(question)
    spent = costs.select(
        "customer", sold=lit(0.0), back=lit(0.0), goods=lit(0.0), serving=costs["amount"].coalesce(0.0),
        touchpoint="touchpoint",
    )  # fmt: skip
    entries = stack([bought, spent])
    entries = entries.filter(entries["customer"].notnull())
    sums = {name: entries[name].sum() for name in ("sold", "back", "goods", "serving")}
    sums["nowhere"] = when(entries["touchpoint"].isnull(), entries["serving"], 0.0).sum()
    for place, touchpoint in enumerate(touchpoints):
        sums[f"at{place}"] = when(entries["touchpoint"] == touchpoint, entries["serving"], 0.0).sum()
    return entries.group_by("customer").aggregate(**sums)


def _reason(each: Table, touchpoints: Sequence[str]) -> tuple[Expression, Expression]:
    """Return why a customer leaves less than nothing, and at which touchpoint serving cost most.

    In this order: nothing was bought; the goods cost more than they brought in; what was sent back took it; what is
    left is that serving took it.
    """
    loses = each["margin"] < 0
    reason = case(
        (~loses, null_of("string")),
        (each["sold"] <= 0, NOTHING_BOUGHT),
        (each["sold"] < each["goods"], GOODS),
        (each["sold"] - each["back"] < each["goods"], RETURNED),
        otherwise=SERVING,
    )
    spent = [each[f"at{place}"] for place in range(len(touchpoints))]
    where = null_of("string")
    if touchpoints:
        most = greatest([*spent, each["nowhere"]])
        pairs = zip(spent, touchpoints, strict=True)
        where = case((each["nowhere"] >= most, null_of("string")), *((one >= most, name) for one, name in pairs))
    return reason, when(reason.isin([SERVING, NOTHING_BOUGHT]), where, null_of("string"))


def curve_of(question: Question, customers: Table) -> tuple[Concentration, int]:
    """Return the curve over as many steps as the customers bear, and which of its points is the peak.

    The peak parts off those who leave more than nothing, however many they are.
    """
    n = int(question.facts.engine.fetch(customers.count()).as_py())
    step = next((one for one in STEPS if n * one >= 100 * question.workspace.min_group), None)
    orders = [] if step is None or withheld(question, n, n) else [one / 100 for one in range(step, 100, step)]
    quantiles = _quantiles(question, customers, orders)
    points = sorted([(cut, share) for share, cut in zip(orders, quantiles, strict=True)], key=lambda one: -one[0])
    shares: list[float | None] = [share for _, share in points]
    cuts = [cut for cut, _ in points]
    place = sum(cut > 0 for cut in cuts)
    shares.insert(place, None)
    cuts.insert(place, 0.0)
    counts, totals, squares = _between(question, customers, cuts)
    found = concentration(
        shares,
        cuts=cuts,
        counts=counts,
        totals=totals,
        squares=squares,
        confidence_level=question.confidence_level,
    )
    return found, place


def _quantiles(question: Question, customers: Table, orders: Sequence[float]) -> list[float]:
    if not orders:
        return []
    cuts = customers["margin"].quantile([1 - share for share in orders])
    return [float(one) for one in question.facts.engine.fetch(cuts).as_py()]


def _between(question: Question, customers: Table, cuts: Sequence[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return number, sum and sum of squares of the margins between neighbouring cuts."""
    margin = customers["margin"]
    place = case(*((margin > cut, number) for number, cut in enumerate(cuts)), otherwise=len(cuts))
    table = customers.mutate(place=place)
    sums = table.group_by("place").aggregate(
        n=table.count(), s=table["margin"].sum(), ss=(table["margin"] * table["margin"]).sum()
    )
    found = np.zeros((3, len(cuts) + 1))
    for row in question.facts.engine.fetch(sums).to_pylist():
        found[:, row["place"]] = row["n"], row["s"], row["ss"]
    return found[0], found[1], found[2]


def losers_of(question: Question, customers: Table) -> list[Losers]:
    """Return those served at a loss by main reason, the most money first; too small groups are pooled."""
    lost = customers.filter(customers["margin"] < 0)
    sums = lost.group_by("reason", "touchpoint").aggregate(
        n=lost.count(), s=lost["margin"].sum(), ss=(lost["margin"] * lost["margin"]).sum()
    )
    found = [
        Losers(
            reason=row["reason"],
            touchpoint=row["touchpoint"],
            customers=int(row["n"]),
            total=float(row["s"]),
            squares=float(row["ss"]),
        )
        for row in question.facts.engine.fetch(sums).to_pylist()
    ]
    return _pooled(sorted(found, key=lambda one: (one.total, one.reason, one.touchpoint or "")), question)


def _pooled(found: list[Losers], question: Question) -> list[Losers]:
    """Pool the groups in which one person could be told; with the smallest of the others if they still are too few."""
    least = question.workspace.min_cell
    small = [one for one in found if one.customers < least]
    shown = [one for one in found if one.customers >= least]
    if not small:
        return shown
    while shown and sum(one.customers for one in small) < least:
        next_one = min(shown, key=lambda one: one.customers)
        shown.remove(next_one)
        small.append(next_one)
    pooled = Losers(
        reason=OTHER,
        touchpoint=None,
        customers=sum(one.customers for one in small),
        total=sum(one.total for one in small),
        squares=sum(one.squares for one in small),
    )
    return [*shown, pooled]
