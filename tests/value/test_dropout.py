"""Who stops after the first purchase: what was planted is found, and who is counted where."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa import value
from promesa.cli.terms import Terms
from promesa.cli.value_tables import dropout as dropout_table
from tests.value.test_contracts import facts_of as under_contract
from tests.value.test_contracts import subscribers, tables_of
from tests.value.test_retention import T0, at, facts_with

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

Row = dict[str, Any]


def delivered(customer: int, journey: str, day: float, *, late: bool) -> Row:
    due = T0 + timedelta(days=day + 2)
    arrived = due + timedelta(hours=5 if late else -5)
    return {
        "at": arrived, "customer": customer, "touchpoint": "pickup", "journey": journey,
        "promised_at": T0 + timedelta(days=day), "promised": due, "delivered": arrived,
    }  # fmt: skip


def test_stopping_after_a_broken_first_promise_is_found(tmp_path: Path, duckdb: Engine) -> None:
    random = np.random.default_rng(9)
    orders: list[Row] = []
    moments: list[Row] = []
    for customer in range(1200):
        late = customer % 3 == 0
        stop = random.beta(4 * (0.4 if late else 0.15), 4 * (0.6 if late else 0.85))
        rate, day = random.gamma(0.8, 0.03 / 0.8), float(random.integers(60))
        journey = f"J{customer}"
        orders.append(at(day, customer, journey=journey))
        moments.append(delivered(customer, journey, day, late=late))
        while day < 400 and random.random() > stop:
            day += random.exponential(1 / rate)
            # Later promises are broken for everybody: they must not count.
            if day < 400:
                orders.append(at(day, customer, journey=f"{journey}-{day}"))
                moments.append(delivered(customer, f"{journey}-{day}", day, late=True))
    facts = facts_with(tmp_path, duckdb, end=400, orders=orders, moments=moments)
    found = value.dropout(facts.workspace, facts=facts)
    rows = {row["measure"]: row for row in found.rows() if row["term"] == "in_time"}
    assert rows["stop_with"]["n"] == 400
    assert rows["stop_without"]["n"] == 800
    assert rows["stop_difference"]["lower"] < 0.25 < rows["stop_difference"]["upper"]
    assert rows["stop_difference"]["lower"] > 0.05
    assert rows["rate_ratio"]["lower"] < 1 < rows["rate_ratio"]["upper"]
    assert rows["stop_difference"]["evidence"] == "associated"
    assert found.summary("es") != found.summary("en")
    assert found.chart("es")


@pytest.mark.parametrize("locale", ["es", "en"])
def test_under_contract_retention_answers(tmp_path: Path, duckdb: Engine, locale: str) -> None:
    people = subscribers(40, seed=3)
    facts = under_contract(tmp_path, duckdb, tables_of(people))
    found = value.dropout(facts.workspace, facts=facts)
    assert [(row["estimate"], row["note"], row["term"]) for row in found.rows()] == [(None, "under-contract", None)]
    assert "promesa show retention" in found.summary(locale)
    assert found.chart(locale) is None
    assert not any(block.rows for block in dropout_table(found.rows(), Terms(labels={}, locale=locale)))


def test_nothing_to_compare_is_said(tmp_path: Path, duckdb: Engine) -> None:
    facts = facts_with(tmp_path, duckdb, end=100, orders=[at(0, 1), at(9, 1)])
    found = value.dropout(facts.workspace, facts=facts)
    assert [(row["estimate"], row["note"]) for row in found.rows()] == [(None, "no-data")]
    assert found.summary("es") != found.summary("en")
