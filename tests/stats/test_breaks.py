"""The place of a break: published dates, false alarms in noise that hangs together, coverage, edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from promesa.errors import ValueOutOfRange
from promesa.stats import level_break
from promesa.stats.breaks import SHORTEST, _yao_quantile  # pyright: ignore[reportPrivateUsage]

Floats = np.ndarray


def follow(random: np.random.Generator, n: int, phi: float) -> Floats:
    """Return noise of variance 1 in which each value carries over some of the one before."""
    noise = random.standard_normal(n + 50)
    for t in range(1, n + 50):
        noise[t] = phi * noise[t - 1] + np.sqrt(1 - phi * phi) * noise[t]
    return noise[50:]


def counted_weeks(random: np.random.Generator, weeks: int) -> Floats:
    """Return weekly sums of daily counts whose mean has a weekly pattern and wanders."""
    days = np.array([1.0, 0.9, 0.9, 1.0, 1.4, 1.8, 0.4])
    level = 20 * np.exp(0.15 * follow(random, 7 * weeks, 0.9))
    return random.poisson(level * np.tile(days, weeks)).reshape(weeks, 7).sum(axis=1).astype(float)


def test_the_nile_fell_after_1898() -> None:
    from statsmodels.datasets import nile

    years: Any = nile.load_pandas().data
    found = level_break(years["volume"])
    assert found is not None
    # strucchange (Zeileis and others 2003): after 1898, 95 % from 1895 to 1902; 1097.75 before, 849.97 after.
    assert years["year"][found.place] == 1899
    assert found.before == pytest.approx(1097.75)
    assert found.after == pytest.approx(849.97, abs=0.01)
    # Wider here: what is left hangs together from year to year, which strucchange leaves out.
    assert 1893 <= years["year"][found.lower] <= 1895
    assert 1902 <= years["year"][found.upper] <= 1905
    assert found.p_value < 0.001
    assert found.kind == "step"


def test_quantiles_of_the_place_are_bais() -> None:
    assert _yao_quantile(0.95) == pytest.approx(7.0, abs=0.8)  # 7 and 11 in Bai (1997), whole numbers
    assert _yao_quantile(0.975) == pytest.approx(11.0, abs=0.1)


@pytest.mark.parametrize(
    ("worlds", "slack"), [(120, 0.06), pytest.param(2000, 0.02, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_false_alarms_are_as_many_as_said(worlds: int, slack: float) -> None:
    random = np.random.default_rng(5)
    makers = {
        "independent": lambda: follow(random, 60, 0.0),
        "following": lambda: follow(random, 91, 0.5),
        "counts": lambda: counted_weeks(random, 80),
    }
    for name, make in makers.items():
        found = [level_break(make()) for _ in range(worlds)]
        alarms = sum(one is not None and one.p_value <= 0.05 for one in found) / worlds
        assert alarms < 0.05 + slack, name


@pytest.mark.parametrize(
    ("worlds", "slack"), [(80, 0.08), pytest.param(1000, 0.03, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_the_place_and_the_change_are_covered(worlds: int, slack: float) -> None:
    random = np.random.default_rng(8)
    for phi in (0.0, 0.4):
        found = placed = sized = 0
        for _ in range(worlds):
            series = follow(random, 104, phi) + 2.0 * (np.arange(104) >= 70)
            one = level_break(series)
            if one is not None and one.p_value <= 0.01:
                found += 1
                placed += one.lower <= 70 <= one.upper
                sized += one.interval.lower <= 2.0 <= one.interval.upper
        assert found / worlds > 0.9
        assert placed / found > 0.95 - slack
        assert sized / found > 0.95 - slack


def test_a_break_in_the_last_weeks_is_not_put_at_the_edge_of_the_search() -> None:
    random = np.random.default_rng(3)
    for place in (97, 5):
        series = random.normal(0.0, 0.3, 104)
        series[place:] += 4.0
        found = level_break(series)
        assert found is not None
        assert found.place == place
        assert found.lower <= place <= found.upper
        assert found.change == pytest.approx(4.0, abs=0.5)
        assert found.p_value < 0.01


def test_a_drift_is_told_from_a_step() -> None:
    random = np.random.default_rng(2)
    drifting = level_break(np.arange(80) / 20 + random.normal(size=80))
    stepping = level_break(2.0 * (np.arange(80) >= 40) + random.normal(size=80))
    assert drifting is not None
    assert stepping is not None
    assert (drifting.kind, stepping.kind) == ("drift", "step")


def test_edges() -> None:
    assert level_break([]) is None
    assert level_break([1.0] * (SHORTEST - 1)) is None
    assert level_break([3.0] * 50) is None
    exact = level_break([0.0] * 30 + [1.0] * 30)
    assert exact is not None
    assert exact.place == 30
    assert exact.p_value < 0.001
    with pytest.raises(ValueOutOfRange):
        level_break([1.0, float("nan")] * 20)
