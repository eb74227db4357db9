"""Companies that put money into attracting, retaining and delivering, with what it does planted; as rows of facts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.measures.companies import MODEL, Company, workspace_of

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]
PURPOSES = """
[purposes.advertising]
kind = "attract"
[purposes.loyalty]
kind = "retain"
[purposes.courier]
kind = "deliver"
promise = "arrives"
[purposes.voucher]
kind = "retain"
experiment = "offer"
[experiments.offer]
arms = ["voucher"]
control = "nothing"
"""
WITH_PURPOSES = (
    MODEL.replace("return_within_days = 60", 'return_within_days = 60\nreferral_action = "referred"') + PURPOSES
)
BEGIN = date(2015, 1, 1)
ELASTICITY = {"web": 0.6, "shop": 0.2}
USUAL = 1000.0


def noon(day: date) -> datetime:
    """Return midday of a day, which is that day in every zone used here."""
    return datetime(day.year, day.month, day.day, 15)


def month_starts(count: int) -> list[date]:
    """Return the first days of months."""
    return [date(BEGIN.year + k // 12, k % 12 + 1, 1) for k in range(count)]


def growing(folder: Path, *, seed: int, months: int = 36, arrivals: float = 30.0) -> Company:
    """Return a company whose new customers follow the money of two channels with known elasticities."""
    random = np.random.default_rng(seed)
    starts = month_starts(months + 1)
    tables: dict[str, list[Row]] = {"orders": [], "spend": []}
    customer = 0
    for k in range(months):
        days = (starts[k + 1] - starts[k]).days
        season = np.exp(0.1 * np.sin(2 * np.pi * k / 12))
        for channel, elasticity in ELASTICITY.items():
            money = USUAL * float(np.exp(0.4 * random.standard_normal()))
            last = starts[k + 1] - timedelta(days=1)
            tables["spend"].append(
                {"at": noon(starts[k]), "until": noon(last), "purpose": "advertising", "channel": channel,
                 "amount": round(money, 2)}
            )  # fmt: skip
            for _ in range(random.poisson(arrivals * season * (money / USUAL) ** elasticity)):
                first = starts[k] + timedelta(days=int(random.integers(days)))
                tables["orders"] += _purchases(random, customer, first, channel, last=starts[-1])
                customer += 1
    workspace = workspace_of(folder, zone="America/Bogota", min_group=5, min_cell=2, model=WITH_PURPOSES)
    return Company(workspace=workspace, tables=tables, as_of=noon(starts[-1]))


def _purchases(random: np.random.Generator, customer: int, first: date, channel: str, *, last: date) -> list[Row]:
    """Return purchases of one customer, each followed by another with a chance of a half, some sixty days later."""
    day, rows = first, list[Row]()
    while day < last:
        amount = round(float(random.gamma(5, 20)), 2)
        rows.append(
            {"at": noon(day), "customer": customer, "channel": channel, "revenue": amount, "cost": round(amount / 2, 2)}
        )
        if random.random() < 0.5:
            break
        day += timedelta(days=1 + int(random.exponential(60)))
    return rows
