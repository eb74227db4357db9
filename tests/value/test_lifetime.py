"""What customers are worth: published data, a known truth, and the edges."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa import value
from promesa.errors import UnknownName, ValueOutOfRange
from tests.value.shoppers import BEGIN, COST_SHARE, SERVING, facts_of_shoppers, shoppers, tables_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts
    from promesa.value import Lifetime

DAYS, AHEAD = 364, 365


def simulated(folder: Path, engine: Engine, *, size: int, seed: int, form: str = "mbg_nbd") -> Facts:
    tables = tables_of(shoppers(size, seed=seed, form=form, days=DAYS), days=DAYS)
    return facts_of_shoppers(folder, engine, tables=tables, as_of=BEGIN + timedelta(days=DAYS))


@cache
def truth(form: str, *, size: int = 60_000) -> dict[str, float]:
    """Return what a very large company shows: days with a purchase in the year after, discounted too."""
    ahead = discounted = money = 0.0
    orders = revenue = days_before = 0.0
    for times, amounts in shoppers(size, seed=999, form=form, days=DAYS):
        later = {int(t) for t in times if DAYS < int(t) <= DAYS + AHEAD}
        ahead += len(later)
        discounted += sum(1.1 ** -((day - DAYS - 0.5) / 365.25) for day in later)
        orders += sum(t <= DAYS for t in times)
        days_before += len({int(t) for t in times if t <= DAYS})
        revenue += sum(amount for t, amount in zip(times, amounts, strict=True) if t <= DAYS)
        money += sum(
            ((1 - COST_SHARE) * amount - SERVING) * 1.1 ** -((int(t) - DAYS - 0.5) / 365.25)
            for t, amount in zip(times, amounts, strict=True)
            if DAYS < int(t) <= DAYS + AHEAD
        )
    return {"purchases_ahead": ahead / size, "lifetime_value": money / size}


def figure(found: Lifetime, measure: str, **extra: Any) -> Any:
    rows = [row for row in found.rows() if row["measure"] == measure]
    return next(row for row in rows if all(row[key] == wanted for key, wanted in extra.items()))


@pytest.mark.parametrize("form", ["bg_nbd", "mbg_nbd"])
def test_a_known_truth_is_found(tmp_path: Path, duckdb: Engine, form: str) -> None:
    facts = simulated(tmp_path, duckdb, size=3000, seed=5, form=form)
    found = value.lifetime(facts.workspace, facts=facts, confidence_level=0.999)
    for measure, true in truth(form, size=20_000).items():
        row = figure(found, measure)
        assert row["lower"] < true < row["upper"], measure
        assert row["upper"] - row["lower"] < true, measure
    assert figure(found, "margin_rate")["estimate"] == pytest.approx(1 - COST_SHARE, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["bg_nbd", "mbg_nbd"])
def test_intervals_hold_the_truth(tmp_path: Path, duckdb: Engine, form: str) -> None:
    held: dict[str, list[bool]] = defaultdict(list)
    for seed in range(100):
        facts = simulated(tmp_path, duckdb, size=800, seed=seed, form=form)
        found = value.lifetime(facts.workspace, facts=facts, confidence_level=0.9)
        for measure, true in truth(form).items():
            row = figure(found, measure)
            held[measure].append(row["lower"] < true < row["upper"])
    shares = {measure: np.mean(each) for measure, each in held.items()}
    assert min(shares.values()) > 0.82, shares  # 100 draws of 90 %: less than 82 comes up once in 150 times
