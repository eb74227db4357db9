"""Rows said again by later turns: what counts is what a dict that was changed as often holds, on either engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from promesa.engine import literal
from promesa.store import add_turn, inspect_store, open_facts, session, state_rows
from promesa.store import state as tables
from tests.store.companies import NOON, Company, company

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

DAY = datetime(2026, 1, 1)
COLUMNS = "customer, since, tier, reason"
MOMENTS = "SELECT id, \"at\" AS at, who AS customer, 'call' AS touchpoint FROM facts"
Told = dict[tuple[int, int], str]


@pytest.fixture
def shop(tmp_path: Path) -> Company:
    made = company(tmp_path, loads={"moments.shop": MOMENTS}, time_zone="UTC")
    made.write("facts.csv", [{"id": "m1", "at": "2026-01-01 10:00:00", "who": "a"}])
    made.load()
    return made


def select(rows: dict[tuple[int, int], str | None]) -> str:
    """Return the SELECT of rows that say of which tier a customer was from a day on; None takes the row back."""
    values = ", ".join(
        f"({customer}::BIGINT, {literal(tier)}::VARCHAR, {literal(DAY + timedelta(days=day))}, "
        "TIMESTAMP '9999-12-31', 1.5::DECIMAL(18,4), 'value')"
        for (customer, day), tier in rows.items()
    )
    return f"SELECT * FROM (VALUES {values}) t(customer, tier, since, until, expected, reason)"


def told_rows(told: Told) -> list[tuple[Any, ...]]:
    return sorted((customer, DAY + timedelta(days=day), tier, "value") for (customer, day), tier in told.items())


def change(random: Random, told: Told, run: Any) -> None:
    """Say some rows anew, some of them for the first time, and take some back."""
    keys = random.sample([(customer, day) for customer in range(6) for day in range(3)], random.randrange(1, 5))
    rows = {key: random.choice(["a", "b", None]) if key in told else random.choice("ab") for key in keys}
    assert add_turn(run, "tiers", select(rows)) == len(rows)
    for key, tier in rows.items():
        told.pop(key, None)
        if tier:
            told[key] = tier


@pytest.mark.parametrize("seed", [1, 2])
def test_the_last_turn_counts(shop: Company, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_TURNS", 4)
    random, told = Random(seed), {}
    with session(shop.ws, recorded_at=NOON) as run:
        for _ in range(8):
            change(random, told, run)
            assert run.engine.run(f"SELECT {COLUMNS} FROM ({state_rows(run, 'tiers')}) ORDER BY ALL") == told_rows(told)
    with inspect_store(shop.ws) as look:
        assert look.engine.run(f"SELECT {COLUMNS} FROM ({look.rows('tiers')}) ORDER BY ALL") == told_rows(told)
        assert "turn" not in dict(look.columns("tiers"))
        assert len(look.files("tiers")) < 5  # with many turns the table is written anew


def read(rows: Any, engine: Any) -> list[tuple[Any, ...]]:
    found = engine.fetch(rows.select("customer", "since", "tier", "reason")).to_pylist()
    return sorted(tuple(row.values()) for row in found)


def written(shop: Company) -> Told:
    random, told = Random(3), {}
    with session(shop.ws, recorded_at=NOON) as run:
        for _ in range(4):
            change(random, told, run)
    return told


def test_analyses_read_what_counts(shop: Company) -> None:
    told = written(shop)
    facts = open_facts(shop.ws)
    assert read(facts.state("tiers"), facts.engine) == told_rows(told)


@pytest.mark.spark
def test_spark_reads_what_counts(shop: Company, spark: Engine) -> None:
    told = written(shop)
    facts = replace(open_facts(shop.ws), engine=spark)
    assert read(facts.state("tiers"), spark) == told_rows(told)
