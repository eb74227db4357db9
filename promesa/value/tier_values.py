"""What each customer counts for: the profit expected of them, or the margin that they left in a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from promesa.engine import stack
from promesa.errors import TooFewObservations
from promesa.measures import CUSTOMER_PARTS, ask, cost_to_serve, costs_beside_the_books, lived_moments, share_of
from promesa.stats import purchases_of_pairs, summarise
from promesa.value.choosing import fitted, spend_of
from promesa.value.kept_sums import UNITS, whole_numbers
from promesa.value.summaries import BINS, Spends
from promesa.value.tier_sums import year_before

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from promesa.stats import BuyingProcess, Spending
    from promesa.store import Facts, Run
    from promesa.value.kept_sums import Columns

    Wholes = NDArray[np.int64]
    Floats = NDArray[np.float64]

EPOCH = date(1970, 1, 1)
FIT_CUSTOMERS = 100_000  # that the process is fitted to; above it a sample, drawn by the surrogate, which is a hash
_BINS = 200 * BINS  # more than there are: the logarithms of two amounts differ by less than 200
_MOST_COUNTED = 8_000_000  # pairs of days bought and first day that are told apart without sorting


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Values:
    """What each customer counts for.

    Attributes
    ----------
    customer : ndarray of int, shape (n,)
        Everyone who has bought, or left or cost something; sorted.
    value : ndarray of int, shape (n,)
        In the fourth decimal of money.
    """

    customer: Wholes
    value: Wholes


def values_by_margin(run: Run, facts: Facts) -> Values:
    """Return the margin that each customer left in a year."""
    question = ask(facts.workspace, facts=facts)
    since = year_before(facts.as_of)
    orders, costs = (facts.table(table) for table in ("orders", "costs"))
    costs = costs_beside_the_books(question, costs)
    lived = lived_moments(question)
    left = orders["revenue"].cast("float64") - orders["cost"].cast("float64").coalesce(0.0)
    entries = stack(
        [
            table.filter(table["at"] > since).select("customer", amount=amount)
            for table, amount in (
                (orders, left),
                (lived, -cost_to_serve(question, lived)),
                (costs, -costs["amount"].cast("float64")),
            )
        ]
    )
    entries = entries.filter(entries["customer"].notnull() & entries["amount"].notnull())
    sums = entries.group_by("customer").aggregate(value=entries["amount"].sum())
    run.engine.register("~arriving", facts.engine.batches(sums))
    found = run.engine.arrow(
        'SELECT customer, CAST(round(value, 4) AS DECIMAL(18,4)) AS value FROM "~arriving" ORDER BY customer'
    )
    run.engine.unregister("~arriving")
    return Values(customer=whole_numbers(found["customer"]), value=whole_numbers(found["value"]))


def values_expected(sums: Columns, last_day: date, *, horizon_days: int) -> Values:
    """Return the profit expected of each customer, from what the sums of all say.

    Raises
    ------
    TooFewObservations
        If too little was bought to expect anything.

    Notes
    -----
    The process is evaluated once for each pair of days bought and first day, of which there are few. The last day
    decides how likely a customer still buys and nothing else, and spend is linear in own spend: both are added for
    each customer.
    """
    columns = sums
    if columns["days"].min(initial=1) == 0:
        bought = columns["days"] > 0
        columns = {column: values[bought] for column, values in sums.items()}
    days, first, recency = columns["days"], columns["first"], (columns["last"] - columns["first"]).astype(np.float64)
    seen = ((last_day - EPOCH).days - first).astype(np.float64)
    process, spending = _fit(columns, recency, seen)
    revenue, margin = (float(columns[one].sum()) / UNITS for one in ("revenue", "margin"))
    served = float(columns["served"].sum() + columns["taken_back"].sum()) / UNITS
    pair, one = _pairs(days, first)
    repeats = (days[one] - 1).astype(np.float64)
    ahead, level, shape = purchases_of_pairs(process, repeats, seen[one], horizon=float(horizon_days))
    base, weight = _spend(spending, repeats, mean=revenue / float(days.sum()))
    rate = margin / revenue
    fixed, own = ahead * (base * rate - served / float(days.sum())), ahead * weight * rate
    with np.errstate(over="ignore"):
        active = 1 / (1 + np.exp(level[pair] - shape[pair] * np.log(process.alpha + recency)))
    value = active * (fixed[pair] * UNITS + own[pair] * columns["spent"])
    return Values(customer=columns["customer"], value=np.rint(value).astype(np.int64))


def _pairs(days: Wholes, first: Wholes) -> tuple[Wholes, Wholes]:
    """Return the pair of days bought and first day of each customer, and for each pair one who has it."""
    since = first - first.min()
    code = days * (int(since.max()) + 1) + since
    size = int(code.max()) + 1
    if size > _MOST_COUNTED:
        _, one, pair = np.unique(code, return_index=True, return_inverse=True)
        return pair, one
    someone = np.full(size, -1, dtype=np.int64)
    someone[code] = np.arange(code.size)
    there = someone >= 0
    return (np.cumsum(there) - 1)[code], someone[there]


def _fit(columns: Columns, recency: Floats, seen: Floats) -> tuple[BuyingProcess, Spending | None]:
    """Return the process of greater likelihood, and how much customers spend; of a sample where they are many.

    A hold-out would ask for every day of every customer again; both processes have as many parameters.
    """
    count = columns["customer"].size
    parts = round(share_of(count, most=FIT_CUSTOMERS) * CUSTOMER_PARTS)
    drawn = columns["customer"] % CUSTOMER_PARTS < parts
    repeats = (columns["days"][drawn] - 1).astype(np.float64)
    from threadpoolctl import threadpool_limits

    # The matrices are small: threads of the algebra would wait for each other, five times as long as the fit takes.
    with threadpool_limits(1, user_api="blas"):
        processes = fitted(summarise(repeats, recency[drawn], seen[drawn])) if count else {}
    if not processes:
        raise TooFewObservations(
            what="Too little was bought to say what is expected of customers.",
            got=f"{count} customers who have bought",
            expected="30 customers or more, of whom some bought on two days",
            fix='write by = "margin" under [tiers] in model.toml',
        )
    process = max(processes.values(), key=lambda one: one.log_likelihood)
    return process, spend_of(_spends(repeats, columns["spent"][drawn] / UNITS))


def _spends(repeats: Floats, spent: Floats) -> Spends:
    """Return how much a repeat purchase is on average, means within a thousandth of each other as one."""
    again = (repeats > 0) & (spent > 0)
    bins = np.round(np.log(spent[again] / repeats[again]) * BINS)
    code, counts = np.unique(repeats[again] * _BINS + (bins + _BINS // 2), return_counts=True)
    means = np.exp((code % _BINS - _BINS // 2) / BINS)
    return Spends(repeats=code // _BINS, mean=means, customers=counts.astype(np.float64))


def _spend(spending: Spending | None, repeats: Floats, *, mean: float) -> tuple[Floats, Floats]:
    """Return what a purchase is expected to bring in: the part from everybody, and the weight of what was spent."""
    if spending is None:
        return np.full(repeats.size, mean), np.zeros(repeats.size)
    below = spending.p * repeats + spending.q - 1
    return spending.p * spending.gamma / below, spending.p / below
