"""Intervals against the population: of 100 companies, at least 93 in 100 intervals hold the true figure."""

import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from promesa import measures, promises
from promesa.simulate import END, simulate
from promesa.simulate.population import known_population
from promesa.store import load
from promesa.workspace import open_workspace

SEEDS, CUSTOMERS = 100, 1_500
OPINIONS = {  # concept: population figure and what its unit is multiplied by
    "csat": ("surveys.purchase.top_box", 1),
    "nps": ("surveys.purchase.nps", 1),
    "ces": ("surveys.ease.mean", 1),
    "emotion": ("surveys.emotion.mean", 1),
}


def intervals(folder: Path) -> dict[str, tuple[float, float]]:
    """Load a company and return its intervals, under the names of population.json."""
    workspace = open_workspace(folder)
    load(workspace, recorded_at=datetime(2026, 7, 15))
    found: dict[str, tuple[float, float]] = {}
    kept = promises.kept(workspace)
    for name in workspace.model.promises:
        found[f"promises.{name}.kept_rate"] = _ends(kept.find("kept_rate", promise=name))
    touchpoints = measures.touchpoints(workspace)
    for name, element in workspace.model.elements.items():
        if len(element.touchpoints) == 1:
            mean = touchpoints.find(f"{name}.mean", touchpoint=element.touchpoints[0])
            found[f"elements.{name}.mean"] = _ends(mean)
    opinions = measures.opinions(workspace)
    for concept, (figure, times) in OPINIONS.items():
        lower, upper = _ends(opinions.find(concept))
        found[figure] = (lower * times, upper * times)
    return found


def _ends(estimate: object) -> tuple[float, float]:
    lower, upper = getattr(estimate, "lower", None), getattr(estimate, "upper", None)
    assert isinstance(lower, float)
    assert isinstance(upper, float)
    return lower, upper


@pytest.mark.slow
def test_intervals_hold_the_population_figure(tmp_path: Path) -> None:
    population = known_population(years=2, end=END)
    assert population is not None
    hits: Counter[str] = Counter()
    names: set[str] = set()
    for seed in range(SEEDS):
        folder = tmp_path / str(seed)
        simulate(folder, customers=CUSTOMERS, seed=seed)
        for name, (lower, upper) in intervals(folder).items():
            names.add(name)
            hits[name] += lower <= population[name] <= upper
        shutil.rmtree(folder)
    rates = {name: hits[name] / SEEDS for name in sorted(names)}
    assert sum(rates.values()) / len(rates) >= 0.93, rates
    # One figure alone: 95 % less what 100 seeds leave to chance.
    assert min(rates.values()) >= 0.88, rates
