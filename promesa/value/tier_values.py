"""What each customer counts for: the profit expected of them, or the margin that they left in a year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from promesa.engine import stack
from promesa.errors import TooFewObservations
from promesa.measures import ask, cost_to_serve, costs_beside_the_books, lived_moments
from promesa.stats import purchases_of_pairs, summarise
from promesa.store import state_rows
from promesa.value.choosing import fitted, spend_of
from promesa.value.summaries import BINS, Spends
from promesa.value.tier_sums import last_day_of, year_before

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from promesa.stats import BuyingProcess, Purchases, Spending
    from promesa.store import Facts, Run
    from promesa.workspace import Tiers

    Floats = NDArray[np.float64]

VALUES = '"~values"'
FIT_CUSTOMERS = 100_000  # that the process is fitted to; above it a sample, drawn by the surrogate, which is a hash
PARTS = 1_000_000
_MONEY = "DECIMAL(18,4)"


def write_values(run: Run, facts: Facts, tiers: Tiers) -> None:
    """Write the table `~values` (customer, value) of the session: everyone who has bought, or left or cost something.

    Raises
    ------
    TooFewObservations
        If too little was bought to expect anything.
    """
    if tiers.by == "margin":
        _write_margins(run, facts)
    else:
        _write_expected(run, last_day_of(facts), horizon_days=tiers.horizon_days)


def _write_margins(run: Run, facts: Facts) -> None:
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
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {VALUES} AS SELECT customer, CAST(round(value, 4) AS {_MONEY}) AS value "
        'FROM "~arriving"'
    )
    run.engine.unregister("~arriving")


def _write_expected(run: Run, last_day: date, *, horizon_days: int) -> None:
    """Evaluate the process once for each pair of days bought and first day: the engine adds each one's last and spend.

    Spend is linear in own spend, and the last purchase decides how likely a customer still buys and nothing else.
    """
    sums = state_rows(run, "tier_sums")
    day = f"DATE '{last_day.isoformat()}'"
    process, spending = _fit(run, sums, f"days - 1 AS repeats, last - first AS recency, {day} - first AS seen")
    pairs = run.engine.arrow(
        f"SELECT days, first, {day} - first AS seen, count(*) AS n, sum(revenue) AS revenue, sum(margin) AS margin, "
        f"sum(served) AS served FROM ({sums}) GROUP BY days, first ORDER BY days, first"
    )
    revenue, margin, served = (float(sum(pairs.column(one).to_pylist())) for one in ("revenue", "margin", "served"))
    repeats = _floats(pairs, "days") - 1
    days = float(_floats(pairs, "n") @ (repeats + 1))
    ahead, level, shape = purchases_of_pairs(process, repeats, _floats(pairs, "seen"), horizon=float(horizon_days))
    base, weight = _spend(spending, repeats, mean=revenue / days)
    rate = margin / revenue
    gains = {
        "level": level, "shape": shape, "fixed": ahead * (base * rate - served / days), "own": ahead * weight * rate,
    }  # fmt: skip
    run.engine.register("~ahead", pa.table({"days": pairs["days"], "first": pairs["first"], **gains}))
    active = f"1 / (1 + exp(level - shape * ln({process.alpha!r}::DOUBLE + (last - first))))"
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {VALUES} AS SELECT customer, CAST(round({active} * "
        f'(fixed + own * CAST(spent AS DOUBLE)), 4) AS {_MONEY}) AS value FROM ({sums}) JOIN "~ahead" USING (days, first)'
    )
    run.engine.unregister("~ahead")


def _fit(run: Run, sums: str, summary: str) -> tuple[BuyingProcess, Spending | None]:
    """Return the process of greater likelihood, and how much customers spend; of a sample where they are many.

    A hold-out would ask for every day of every customer again; both processes have as many parameters.
    """
    count = int(str(run.engine.value(f"SELECT count(*) FROM ({sums})")))
    parts = PARTS if count <= FIT_CUSTOMERS else max(1, PARTS * FIT_CUSTOMERS // count)
    drawn = f"SELECT *, {summary} FROM ({sums}) WHERE customer % {PARTS} < {parts}"
    found = run.engine.arrow(
        f"SELECT repeats, recency, seen, count(*) AS n FROM ({drawn}) GROUP BY ALL ORDER BY repeats, recency, seen"
    )
    processes = fitted(_purchases(found)) if found.num_rows else {}
    if not processes:
        raise TooFewObservations(
            what="Too little was bought to say what is expected of customers.",
            got=f"{count} customers who have bought",
            expected="30 customers or more, of whom some bought on two days",
            fix='write by = "margin" under [tiers] in model.toml',
        )
    process = max(processes.values(), key=lambda one: one.log_likelihood)
    mean = "CAST(spent AS DOUBLE) / repeats"
    bins = run.engine.arrow(
        f"SELECT repeats, CAST(round(ln({mean}) * {BINS}) AS BIGINT) AS bin, count(*) AS n FROM ({drawn}) "
        "WHERE repeats > 0 AND spent > 0 GROUP BY ALL ORDER BY repeats, bin"
    )
    spends = Spends(
        repeats=_floats(bins, "repeats"), mean=np.exp(_floats(bins, "bin") / BINS), customers=_floats(bins, "n")
    )
    return process, spend_of(spends)


def _spend(spending: Spending | None, repeats: Floats, *, mean: float) -> tuple[Floats, Floats]:
    """Return what a purchase is expected to bring in: the part from everybody, and the weight of what was spent."""
    if spending is None:
        return np.full(repeats.size, mean), np.zeros(repeats.size)
    below = spending.p * repeats + spending.q - 1
    return spending.p * spending.gamma / below, spending.p / below


def _purchases(table: pa.Table) -> Purchases:
    columns: Any = [_floats(table, column) for column in ("repeats", "recency", "seen")]
    return summarise(*columns, customers=_floats(table, "n"))


def _floats(table: pa.Table, column: str) -> Floats:
    return np.asarray(table.column(column).to_numpy(zero_copy_only=False), dtype=np.float64)
