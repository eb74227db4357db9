"""Effects in the simulated company, whose truth is known: lateness with and without what stands behind it."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa.experience import Confounder
from promesa.impact import Effects, effects
from promesa.simulate import causal
from promesa.simulate.journeys import DELIVERY
from tests.chain.simulated import after, journeys, lived_of
from tests.impact.shops import RETURN, SATISFACTION, question
from tests.measures.companies import workspace_of
from tests.worlds import facts_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.experience import Lived
    from promesa.results import Estimate
    from promesa.simulate.journeys import Journeys

MODEL = """
[functions.logistics]
[touchpoints.checkout]
stage = "during"
function = "logistics"
[touchpoints.delivery]
stage = "after"
function = "logistics"
[touchpoints.support]
stage = "after"
function = "logistics"
[elements.in_stock]
touchpoint = "checkout"
unit = "fraction"
better = "more"
[elements.wait_minutes]
touchpoint = "support"
unit = "minutes"
better = "less"
[promises.arrives_by_date]
statement = { es = "Llega el día dicho", en = "Arrives by the date" }
touchpoint = "delivery"
kept = "delivered <= promised"
due = "promised"
owner = "logistics"
[concepts.csat]
kind = "mean"
scale = [1, 5]
"""
SCORES = np.arange(1.0, 6.0)


def company_in_which_the_remote_are_sour(customers: int, seed: int) -> Journeys:
    """Return journeys in which being remote makes late, and on its own takes two points of satisfaction."""
    j = journeys(customers=customers, seed=seed)
    rng = np.random.default_rng(500 + seed)
    late = (j.fulfilment == DELIVERY) & (rng.random(j.size) < np.where(j.remote, 0.45, 0.1))
    return after(replace(j, late=late, residual=j.residual - 2.0 * j.remote), seed=seed)


def heard(j: Journeys, rng: np.random.Generator) -> np.ndarray:
    """Return an answer of 1 to 5 for each journey."""
    return 1.0 + (rng.random(j.size)[:, None] > causal.csat_shares(j.satisfaction).cumsum(axis=1)).sum(axis=1)


def truth(j: Journeys, seed: int) -> tuple[float, float]:
    """Return what being late did to those that were, on the answers given and on buying again."""
    late, punctual = after(j, late=True, seed=seed), after(j, late=False, seed=seed)
    score = (causal.csat_shares(late.satisfaction) - causal.csat_shares(punctual.satisfaction)) @ SCORES
    back = late.return_probability - punctual.return_probability
    return float(score[j.late].mean()), float(back[j.late].mean())


def asked_of(
    tables: dict[str, Lived], folder: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch, **asked: Any
) -> Effects:
    """Return the effects of tables held in memory."""
    workspace = workspace_of(folder, model=MODEL)
    one = question(name="late", **(asked or {"promise": "arrives_by_date"}))
    outcomes = {name: table.outcome for name, table in tables.items()}
    studies = replace(workspace.model.studies, outcomes=outcomes, effects={"late": one})
    workspace = replace(workspace, model=replace(workspace.model, studies=studies))
    room = sys.modules["promesa.impact.effects"]  # the function of that name hides the module
    monkeypatch.setattr(room, "lived", lambda _, outcome: tables[outcome.name])
    facts = facts_of(workspace, {}, folder=folder, as_of=datetime(2026, 6, 30), engine=engine)
    return effects(workspace, facts=facts)


def tables_of(j: Journeys, seed: int, *, adjusted: bool = True) -> dict[str, Lived]:
    rng = np.random.default_rng(1000 + seed)
    came = {SATISFACTION: heard(j, rng), RETURN: (rng.random(j.size) < j.return_probability).astype(float)}
    return {one.name: lived_of(j, values, outcome=one, adjusted=adjusted) for one, values in came.items()}


def pick(found: Effects, measure: str, outcome: str) -> Estimate:
    one = found.find(measure, outcome=outcome)
    assert one is not None
    return one


def holds(one: Estimate, value: float) -> bool:
    assert one.lower is not None
    assert one.upper is not None
    return one.lower <= value <= one.upper


def test_the_adjusted_effect_covers_the_truth_and_the_plain_difference_does_not(
    tmp_path: Path, duckdb: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    j = company_in_which_the_remote_are_sour(2000, 4)
    found = asked_of(tables_of(j, 4), tmp_path, duckdb, monkeypatch)
    for outcome, true in zip(("satisfaction", "comes_back"), truth(j, 4), strict=True):
        one, plain = pick(found, "effect", outcome), pick(found, "unadjusted", outcome)
        assert (one.evidence, plain.evidence) == ("adjusted", "associated")
        assert holds(one, true)
        assert not holds(plain, true)
        assert plain.estimate < true < 0  # type: ignore[operator]
    assert "remote" in str(pick(found, "effect", "satisfaction").extra["adjusted_for"])
    assert pick(found, "as_strong_as", "satisfaction").extra["confounder"] == "remote"


def test_without_the_confounder_the_effect_is_wrong_and_says_only_what_it_is_adjusted_for(
    tmp_path: Path, duckdb: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    j = company_in_which_the_remote_are_sour(2000, 4)
    found = asked_of(tables_of(j, 4, adjusted=False), tmp_path, duckdb, monkeypatch)
    one = pick(found, "effect", "satisfaction")
    assert not holds(one, truth(j, 4)[0])
    assert set(str(one.extra["adjusted_for"]).split(", ")) == {"in_stock", "freight_share"}


def test_the_effect_of_lateness_holds_what_goes_through_the_call(
    tmp_path: Path, duckdb: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(causal, "SATISFACTION", replace(causal.SATISFACTION, contact=-2.5))
    j = company_in_which_the_remote_are_sour(3000, 7)
    tables = tables_of(j, 7)
    total = pick(asked_of(tables, tmp_path, duckdb, monkeypatch), "effect", "satisfaction")
    call = ("resolved", "wait_minutes", "support")
    direct = pick(
        asked_of(tables, tmp_path, duckdb, monkeypatch, promise="arrives_by_date", adjust_for=call),
        "effect",
        "satisfaction",
    )
    assert holds(total, truth(j, 7)[0])
    assert direct.estimate > total.estimate + 0.05  # type: ignore[operator]


def with_earlier(table: Lived, orders: np.ndarray) -> Lived:
    return replace(
        table,
        confounders=(*table.confounders, Confounder(name="earlier_orders")),
        behind=np.column_stack([table.behind, np.log1p(orders)]),
    )


@pytest.mark.parametrize("violated", [False, True])
def test_the_placebo_holds_nothing_unless_something_unseen_moved_the_past_too(
    tmp_path: Path, duckdb: Engine, monkeypatch: pytest.MonkeyPatch, violated: bool
) -> None:
    """Unseen: hurried customers, who buy less, and whose parcels come late."""
    rng = np.random.default_rng(77)
    j = company_in_which_the_remote_are_sour(2000, 8)
    hurried = rng.random(j.size) < np.where(j.late & violated, 0.6, 0.3)
    orders = rng.poisson(np.where(hurried, 1.0, 2.0) + j.remote).astype(float)
    found = asked_of(
        {"satisfaction": with_earlier(tables_of(j, 8)["satisfaction"], orders)}, tmp_path, duckdb, monkeypatch
    )
    placebo = pick(found, "placebo", "satisfaction")
    assert (placebo.unit, placebo.evidence) == ("count", "adjusted")
    assert holds(placebo, 0.0) != violated
    assert ("made before it" in found.summary("en")) == violated
    assert ("compras anteriores" in found.summary("es")) == violated


@pytest.mark.slow
def test_intervals_cover_the_truth_over_many_companies(
    tmp_path: Path, duckdb: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    covered, plain = {"satisfaction": 0, "comes_back": 0}, {"satisfaction": 0, "comes_back": 0}
    seeds = 100
    for seed in range(seeds):
        j = company_in_which_the_remote_are_sour(800, seed)
        found = asked_of(tables_of(j, seed), tmp_path, duckdb, monkeypatch)
        for outcome, true in zip(covered, truth(j, seed), strict=True):
            covered[outcome] += holds(pick(found, "effect", outcome), true)
            plain[outcome] += holds(pick(found, "unadjusted", outcome), true)
    assert min(covered.values()) >= 0.88 * seeds, covered
    assert max(plain.values()) <= 0.6 * seeds, plain
