"""What leaks: new customers whose first journey held a broken promise, and who did not come back."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING

from promesa.engine import lit, null_of, stack, when
from promesa.measures import clustered, withheld
from promesa.promises import commitments
from promesa.stats import (
    difference_interval,
    difference_of_shares_interval,
    pooled_if_constant,
    ratio_variance,
    share_interval,
)
from promesa.value.balance_rows import figure
from promesa.value.newcomers import came_back, is_over, left_by_day

if TYPE_CHECKING:
    from promesa.engine import Table
    from promesa.measures import Group, Question
    from promesa.results import Estimate
    from promesa.stats import Interval
    from promesa.value.purchases import Buying

YEAR_DAYS = 365
NO_PROMISE, NO_JOURNEY = "no-promise-declared", "no-journey-due"
MEASURES = {"leak_customers": "count", "leak_share": "fraction", "leak_spend": None, "leak_margin": None}


def leak_rows(bought: Buying, *, cost: float | None) -> list[Estimate]:
    """Return how many new customers leave after a first broken promise, beyond those who leave anyway, and what went.

    Parameters
    ----------
    cost : float or None
        What attracting one new customer cost.

    Notes
    -----
    Estimand: of the new customers whose first journey held a broken promise, the share that did not come back within
    ``return_within_days``, less that of those whose first journey was kept: an association, for those whose promise
    was broken may be other people. Times how many they are, it is the customers that leaked; times what each cost,
    the money spent on attracting them. The margin lost is the difference of what the two leave in the 365 days after
    their first day, of those whose year is over, times how many had a promise broken.
    """
    question = replace(bought.question, by=())
    if not question.workspace.model.promises:
        return [_nothing(question, measure, NO_PROMISE) for measure in MEASURES]
    groups = clustered(question, *_rows(bought, question))
    if not groups:
        return [_nothing(question, measure, NO_JOURNEY) for measure in MEASURES]
    return _figures(question, groups[0], cost)


def _nothing(question: Question, measure: str, note: str, *, n: int = 0) -> Estimate:
    unit = MEASURES[measure] or question.workspace.currency
    return figure(measure, None, n=n, unit=unit, where={"kind": "deliver"}, note=note, evidence="associated")


def _rows(bought: Buying, question: Question) -> tuple[Table, dict[str, object]]:
    """Return new customers with a judged first journey, and what is summed over them."""
    days = question.workspace.model.return_within_days
    customers = _with_first_journey(bought, question)
    back = came_back(bought)
    customers = customers.left_join(back, customers["customer"] == back["comer"]).drop("comer")
    later = _left_in_a_year(bought)
    customers = customers.left_join(later, customers["customer"] == later["payer"]).drop("payer")
    over, year = is_over(bought, customers["first"], days), is_over(bought, customers["first"], YEAR_DAYS)
    gap = customers["second"].delta(customers["first"], unit="day")
    lost = when(over, when(customers["second"].notnull() & (gap <= days), 0.0, 1.0), null_of("float64"))
    margin = when(year, customers["later"].coalesce(0.0), null_of("float64"))
    broken = customers["broken"] == 1
    nothing = null_of("float64")
    values: dict[str, object] = {}
    for name, value in (("lost", lost), ("margin", margin)):
        values[f"{name}.broken"] = when(broken, value, nothing)
        values[f"{name}.kept"] = when(broken, nothing, value)
    values["broken"] = when(broken, 1.0, nothing)
    return customers, values


def _with_first_journey(bought: Buying, question: Question) -> Table:
    """Return customers with ``broken`` (1 or 0): whether a promise of their first purchase's journey was broken."""
    always = replace(question, since=None, until=None)
    judged = []
    for promise in question.workspace.model.promises.values():
        table = commitments(always, promise)
        table = table.filter(table["status"].isin(["kept", "broken"]) & table["journey"].notnull())
        judged.append(table.select(owner="customer", trip="journey", bad=when(table["status"] == "broken", 1, 0)))
    every = stack(judged)
    journeys = every.group_by("owner", "trip").aggregate(broken=every["bad"].max())
    orders, customers = bought.orders.filter(bought.orders["bought"]), bought.customers
    firsts = customers.select(buyer="customer", began="first")
    opening = orders.inner_join(firsts, [orders["customer"] == firsts["buyer"], orders["day"] == firsts["began"]])
    opening = opening.filter(opening["journey"].notnull()).select("customer", "journey").distinct()
    met = opening.inner_join(
        journeys, [opening["customer"] == journeys["owner"], opening["journey"] == journeys["trip"]]
    )
    told = met.group_by(who="customer").aggregate(broken=met["broken"].max())
    return customers.inner_join(told, customers["customer"] == told["who"]).drop("who")


def _left_in_a_year(bought: Buying) -> Table:
    entries = left_by_day(bought)
    firsts = bought.customers.select(buyer="customer", began="first")
    pairs = entries.inner_join(firsts, entries["payer"] == firsts["buyer"])
    age = pairs["when"].delta(pairs["began"], unit="day")
    inside = pairs.filter((age > 0) & (age <= lit(YEAR_DAYS)))
    return inside.group_by("payer").aggregate(later=inside["left"].sum())


def _figures(question: Question, group: Group, cost: float | None) -> list[Estimate]:
    broken, kept = group.values["lost.broken"], group.values["lost.kept"]
    reason = next((r for r in (withheld(question, s.n, s.clusters) for s in (broken, kept)) if r), None)
    if reason or not broken.n or not kept.n:
        return [_nothing(question, measure, reason or "no-data") for measure in MEASURES]
    level = question.confidence_level
    ends = (share_interval(broken, confidence_level=level), share_interval(kept, confidence_level=level))
    share = broken.mean - kept.mean
    interval = difference_of_shares_interval((broken.mean, kept.mean), ends)
    n, many, money = broken.n + kept.n, broken.n, question.workspace.currency
    found = [
        _row("leak_share", share, interval, n=n, unit="fraction"),
        _row("leak_customers", share * many, interval.scaled(many), n=many, unit="count"),
    ]
    if cost is None:
        found.append(_nothing(question, "leak_spend", "no-spend-to-attract", n=n))
    else:
        found.append(_row("leak_spend", share * many * cost, interval.scaled(many * cost), n=many, unit=money))
    return [*found, _margin(question, group)]


def _margin(question: Question, group: Group) -> Estimate:
    broken, kept = group.values["margin.broken"], group.values["margin.kept"]
    reason = next((r for r in (withheld(question, s.n, s.clusters) for s in (broken, kept)) if r), None)
    if reason or not broken.n or not kept.n:
        return _nothing(question, "leak_margin", reason or "year-not-over")
    many = group.values["broken"].n
    sizes = (kept.clusters, broken.clusters)
    variances = pooled_if_constant((ratio_variance(kept), ratio_variance(broken)), sizes)
    difference = kept.mean - broken.mean
    interval = None
    if all(isfinite(v) for v in variances):
        interval = difference_interval(difference, variances, sizes, confidence_level=question.confidence_level)
    return _row(
        "leak_margin", difference * many, interval.scaled(many) if interval else None, n=kept.n + broken.n,
        unit=question.workspace.currency,
    )  # fmt: skip


def _row(measure: str, value: float, interval: Interval | None, *, n: int, unit: str) -> Estimate:
    ends = (interval.lower, interval.upper) if interval else (None, None)
    return figure(measure, value, ends=ends, n=n, unit=unit, where={"kind": "deliver"}, evidence="associated")
