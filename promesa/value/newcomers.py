"""New customers by the period and channel of their first purchase, and what they left since: sums from the engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from promesa.engine import interval_days, lit, stack, when
from promesa.measures import PREFIX
from promesa.value.purchases import with_groups
from promesa.value.serving import served

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from promesa.engine import Expression, Table
    from promesa.measures import Question
    from promesa.value.purchases import Buying

    Floats = NDArray[np.float64]

MONTH_DAYS = 30
HORIZONS = 25  # the first day, and 24 months of 30 days


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """New customers of one period and channel.

    Attributes
    ----------
    period : date
        First day.
    channel : str or None
        Of the first purchase.
    customers : int
        How many.
    seen, total, square : ndarray, shape (HORIZONS,)
        Customers seen for so many months of 30 days, the sum of what they left until then, and of its squares.
    left, left_square : float
        The same up to the end of the observation, of all.
    """

    period: date
    channel: str | None
    customers: int
    seen: Floats
    total: Floats
    square: Floats
    left: float
    left_square: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """Several cohorts together: `customers`, and sums as those of a cohort."""

    customers: int
    seen: Floats
    total: Floats
    square: Floats
    left: float
    left_square: float

    def mean(self, month: int) -> tuple[float, float, int]:
        """Return (mean, variance of the mean, customers) of what was left until a month."""
        return _mean(self.total[month], self.square[month], self.seen[month])

    @property
    def so_far(self) -> tuple[float, float, int]:
        """Return the same up to the end of the observation."""
        return _mean(self.left, self.left_square, self.customers)


def _mean(total: float, square: float, count: float) -> tuple[float, float, int]:
    if count < 1:
        return float("nan"), float("nan"), 0
    mean = total / count
    variance = max(square / count - mean**2, 0.0) * count / max(count - 1, 1)
    return float(mean), float(variance / count) if count > 1 else float("nan"), round(float(count))


def together(cohorts: Iterable[Cohort]) -> Many:
    """Return the sums of several cohorts."""
    many = list(cohorts)
    none = np.zeros(HORIZONS)
    return Many(
        customers=sum(one.customers for one in many),
        seen=sum((one.seen for one in many), none),
        total=sum((one.total for one in many), none),
        square=sum((one.square for one in many), none),
        left=sum(one.left for one in many),
        left_square=sum(one.left_square for one in many),
    )


def first_day_of_new(question: Question) -> date | None:
    """Return the day from which on a first purchase is one of a new customer, or None without orders.

    Before it, who buys for the first time in the data may have bought before them: a customer who comes back does so
    within `return_within_days`.
    """
    facts = question.facts
    if facts.is_empty("orders"):
        return None
    orders = facts.table("orders")
    first = facts.engine.fetch(facts.local(orders["at"].min()).date()).as_py()
    return None if first is None else first + timedelta(days=question.workspace.model.return_within_days)


def cohorts(bought: Buying, period: str) -> list[Cohort]:
    """Fetch the cohorts of each period (``month`` or ``week``) and channel."""
    question = replace(bought.question, by=(period, "channel"))
    customers = with_groups(replace(bought, question=question), bought.customers)
    customers = customers.mutate(seen_days=lit(bought.last_day).delta(customers["first"], unit="day"))
    entries = left_by_day(bought)
    pairs = customers.inner_join(entries, customers["customer"] == entries["payer"])
    age = pairs["when"].delta(pairs["first"], unit="day")
    keys = [PREFIX + period, PREFIX + "channel"]
    sums: dict[str, Expression] = {"all": pairs["left"].sum()}
    sums |= {f"c{k}": when(age <= k * MONTH_DAYS, pairs["left"], 0.0).sum() for k in range(HORIZONS)}
    each = pairs.group_by([*keys, "customer", "seen_days"]).aggregate(**sums)
    totals: dict[str, Expression] = {
        "n": each.count(), "all": each["all"].sum(), "all2": (each["all"] * each["all"]).sum()
    }  # fmt: skip
    for k in range(HORIZONS):
        seen = each["seen_days"] >= k * MONTH_DAYS
        value = when(seen, each[f"c{k}"], 0.0)
        totals |= {f"n{k}": when(seen, 1, 0).sum(), f"s{k}": value.sum(), f"q{k}": (value * value).sum()}
    rows = question.facts.engine.fetch(each.group_by(keys).aggregate(**totals)).to_pylist()
    found = [
        Cohort(
            period=row[keys[0]],
            channel=row[keys[1]],
            customers=int(row["n"]),
            seen=np.array([row[f"n{k}"] for k in range(HORIZONS)], dtype=float),
            total=np.array([row[f"s{k}"] for k in range(HORIZONS)], dtype=float),
            square=np.array([row[f"q{k}"] for k in range(HORIZONS)], dtype=float),
            left=float(row["all"]),
            left_square=float(row["all2"]),
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.period, one.channel is None, one.channel or ""))


def left_by_day(bought: Buying) -> Table:
    """Return what customers left: margin of their purchases, less what serving them cost; ``payer, when, left``."""
    question = replace(bought.question, since=None)
    costs = served(question)
    loose = bought.orders.filter(bought.orders["loose"] > 0)
    days = bought.days.select(payer="customer", when="day", left="margin")
    return stack(
        [
            days,
            _costs(question, costs),
            loose.select(payer="customer", when="day", left=-loose["loose"]),
        ]
    )


def _costs(question: Question, costs: Table) -> Table:
    costs = costs.filter(costs["amount"].notnull() & costs["customer"].notnull())
    return costs.select(payer="customer", when=question.facts.local(costs["at"]).date(), left=-costs["amount"])


def came_back(bought: Buying) -> Table:
    """Return ``customer`` and ``second``, the day of the second purchase, of those who have one."""
    days, customers = bought.days, bought.customers
    firsts = customers.select(buyer="customer", began="first")
    later = days.inner_join(firsts, days["customer"] == firsts["buyer"])
    later = later.filter(later["day"] > later["began"])
    return later.group_by(comer="customer").aggregate(second=later["day"].min())


def is_over(bought: Buying, day: Expression, days: int) -> Expression:
    """Tell whether so many days after a day have passed at the end of the observation."""
    return (day.cast("timestamp(6)") + interval_days(days)).date() <= lit(bought.last_day)
