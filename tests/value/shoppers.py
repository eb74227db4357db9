"""Customers who buy and stop as a known process says, as rows of the fact tables; and summaries by plain loops."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from tests.measures.companies import Company, workspace_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts

Row = dict[str, Any]
BEGIN = datetime(2016, 1, 1, 15)
TRUTH = {"r": 0.8, "alpha": 42.0, "a": 0.9, "b": 2.5}  # in days
SPEND = {"p": 5.0, "q": 4.0, "gamma": 45.0}
COST_SHARE, SERVING = 0.6, 2.0


def shoppers(
    size: int, *, seed: int, form: str = "mbg_nbd", days: int = 364, joined: int = 1, rhythm: int = 1
) -> list[list[Any]]:
    """Return for each customer the days (as floats) and amounts of all purchases, also those long after `days`.

    Customers begin on the first `joined` days. Two purchases within one day would be one; the process is drawn in
    continuous time, so that rates stay low enough for this to be rare.
    """
    random = np.random.default_rng(seed)
    rate = random.gamma(TRUTH["r"], 1 / TRUTH["alpha"], size)
    stop = random.beta(TRUTH["a"], TRUTH["b"], size)
    level = random.gamma(SPEND["q"], 1 / SPEND["gamma"], size)
    people: list[list[Any]] = []
    for k in range(size):
        now = float(random.integers(joined))
        times, active = [now], form == "bg_nbd" or random.random() > stop[k]
        while active and now < days + 365:
            now += random.gamma(rhythm, 1 / rate[k] / rhythm) if rhythm > 1 else random.exponential(1 / rate[k])
            times.append(now)
            active = random.random() > stop[k]
        people.append([times, random.gamma(SPEND["p"], 1 / level[k], len(times))])
    return people


def tables_of(people: list[list[Any]], *, days: int) -> dict[str, list[Row]]:
    """Return the orders up to `days`, and a cost to serve for each."""
    orders: list[Row] = []
    for customer, (times, amounts) in enumerate(people):
        for time, amount in zip(times, amounts, strict=True):
            if time <= days:
                at = BEGIN + timedelta(days=int(time))
                goods = round(float(amount) * COST_SHARE, 4)
                orders.append({"at": at, "customer": customer, "revenue": round(float(amount), 4), "cost": goods})
    costs = [{"at": row["at"], "customer": row["customer"], "amount": SERVING} for row in orders]
    return {"orders": orders, "costs": costs}


def facts_of_shoppers(
    folder: Path,
    engine: Engine,
    *,
    tables: dict[str, list[Row]],
    as_of: datetime,
    min_group: int = 1,
    min_cell: int = 1,
    zone: str = "America/Bogota",
) -> Facts:
    """Return the facts of rows in a workspace of their own."""
    workspace = workspace_of(folder, zone=zone, min_group=min_group, min_cell=min_cell)
    return Company(workspace=workspace, tables=tables, as_of=as_of).facts(folder, engine=engine)


def local_day(at: datetime, zone: str) -> date:
    """Return the local day of a naive UTC instant."""
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


def plain_summaries(
    orders: list[Row], *, zone: str, end: datetime, since: datetime | None = None
) -> dict[int, tuple[int, int, int, float, float]]:
    """Return (repeats, last, seen, spent, margin) of each customer, by loops over orders."""
    trips: dict[tuple[int, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    known = [row for row in orders if row["at"] <= end]
    for row in known:
        if row.get("journey") is not None:
            amount = float(row["revenue"])
            trips[row["customer"], row["journey"]][amount < 0] += abs(amount)
    bought: dict[int, dict[date, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    first: dict[int, datetime] = {}
    for row in known:
        sold, back = trips.get((row["customer"], row.get("journey") or ""), [0.0, 0.0])
        kept = max(1 - back / sold, 0.0) if sold and back else 1.0
        amount = float(row["revenue"])
        if amount <= 0 or kept <= 1e-9:
            continue
        day = bought[row["customer"]][local_day(row["at"], zone)]
        day[0] += amount * kept
        day[1] += (amount - float(row.get("cost") or 0)) * kept
        first[row["customer"]] = min(row["at"], first.get(row["customer"], row["at"]))
    last_day = local_day(end, zone)
    found: dict[int, tuple[int, int, int, float, float]] = {}
    for customer, days in bought.items():
        if since is not None and first[customer] < since:
            continue
        order = sorted(days)
        found[customer] = (
            len(order) - 1,
            (order[-1] - order[0]).days,
            (last_day - order[0]).days,
            sum(days[day][0] for day in order[1:]),
            sum(days[day][1] for day in order),
        )
    return found
