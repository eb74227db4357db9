"""Response curves against statsmodels and against planted truths; the best split against a search over a grid."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats import best_split, fit_response, response_obstacle
from promesa.stats.responses import trend_and_season
from tests.drawn import cases

ELASTICITY = 0.4


def world(seed: int, *, periods: int = 24, hang: float = 0.5, noise: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    """Return (counts, spend) of periods with trend, season and errors that hang together."""
    random = np.random.default_rng(seed)
    time = np.arange(periods)
    spend = 100 * np.exp(0.35 * random.standard_normal(periods))
    error = np.zeros(periods)
    for t in range(1, periods):
        error[t] = hang * error[t - 1] + noise * random.standard_normal()
    mean = 80 * np.exp(0.1 * time / 12 + 0.15 * np.sin(2 * np.pi * time / 12) + error) * (spend / 100) ** ELASTICITY
    return random.poisson(mean).astype(float), spend


def covered(seeds: range, **made: float) -> float:
    hits = 0
    for seed in seeds:
        found = fit_response(*world(seed, **made))  # type: ignore[arg-type]
        hits += found.interval.lower <= ELASTICITY <= found.interval.upper
    return hits / len(seeds)


def test_the_elasticity_is_that_of_statsmodels() -> None:
    counts, spend = world(3, periods=40)
    exposure = np.linspace(50, 90, 40)
    found = fit_response(counts, spend, exposure=exposure)
    design = np.column_stack([trend_and_season(40, 12.0), np.log(spend)])
    other = sm.GLM(counts, design, family=sm.families.Poisson(), exposure=exposure).fit(scale="X2")
    assert found.elasticity == pytest.approx(other.params[-1], rel=1e-7)
    assert found.dispersion == pytest.approx(other.scale, rel=1e-7)
    lags = int(4 * (40 / 100) ** (2 / 9))
    robust = sm.GLM(counts, design, family=sm.families.Poisson(), exposure=exposure).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False}
    )
    larger = max(other.bse[-1] ** 2, robust.bse[-1] ** 2 * 40 / (40 - design.shape[1]))
    assert found.covariance[1, 1] == pytest.approx(larger, rel=1e-6)


def test_the_planted_elasticity_is_covered() -> None:
    assert covered(range(40)) >= 0.85


@pytest.mark.slow
@pytest.mark.parametrize("made", [{}, {"hang": 0.0}, {"hang": 0.8}, {"periods": 60}, {"noise": 0.2}])
def test_intervals_cover_over_many_seeds(made: dict[str, float]) -> None:
    assert covered(range(1000), **made) >= 0.92


def test_the_level_is_what_a_period_of_the_last_year_brings() -> None:
    counts, spend = world(5, hang=0.0, noise=0.0)
    found = fit_response(counts, spend)
    assert found.usual == pytest.approx(spend[-12:].mean())
    assert float(found.at(found.usual)) == pytest.approx(found.level)
    interval = found.interval_at(found.usual, confidence_level=0.95)
    assert interval.lower < found.level < interval.upper
    # Spend that is higher brings more, each unit of it less.
    more = np.diff(found.at([100.0, 110.0, 120.0]))
    assert more[0] > more[1] > 0


def test_money_that_does_nothing_has_no_elasticity() -> None:
    random = np.random.default_rng(1)
    found = fit_response(random.poisson(50, 36), 100 * np.exp(0.4 * random.standard_normal(36)))
    assert found.interval.lower < 0 < found.interval.upper


@pytest.mark.parametrize(
    ("counts", "spend", "obstacle"),
    [
        ([5.0] * 11, list(range(1, 12)), "too-few-periods"),
        ([], [], "too-few-periods"),
        ([5.0] * 24, [100.0] * 24, "spend-hardly-varied"),
        ([5.0] * 24, list(np.exp(np.arange(24) / 10)), "spend-hardly-varied"),  # a trend and nothing beside it
        ([5.0] * 24, [0.0] * 13 + [50.0, 100.0] * 5 + [70.0], "too-few-periods"),
        ([0.0] * 24, [50.0, 150.0] * 12, "no-response"),
        ([5.0] * 24, [50.0, 150.0] * 12, None),
    ],
)
def test_what_stands_in_the_way_is_said(counts: list[float], spend: list[float], obstacle: str | None) -> None:
    assert response_obstacle(counts, spend, periods_a_year=12) == obstacle
    if obstacle:
        with pytest.raises(TooFewObservations) as caught:
            fit_response(counts, spend)
        assert caught.value.got == obstacle


def test_periods_without_spend_are_left_out_and_counted() -> None:
    counts, spend = world(2, periods=30)
    spend[[3, 17]] = 0
    found = fit_response(counts, spend)
    assert (found.n, found.n_missing) == (28, 2)
    assert found.lowest > 0


@pytest.mark.parametrize("spend", [[-1.0] * 24, [float("nan")] * 24, [1.0] * 23])
def test_numbers_that_are_none_are_refused(spend: list[float]) -> None:
    with pytest.raises(ValueOutOfRange):
        fit_response([1.0] * 24, spend)


# --- the split ------------------------------------------------------------------------------------------------------


def brings(split: np.ndarray, worth: list[float], elasticity: list[float], usual: list[float]) -> float:
    return float(sum(w * (s / u) ** e for s, w, e, u in zip(split, worth, elasticity, usual, strict=True)))


positive = st.floats(0.5, 50)
curves = st.lists(st.tuples(st.floats(-20, 200), st.floats(-0.2, 1.2), positive, st.floats(0, 0.9), st.floats(0, 3)),
                  min_size=2, max_size=3)  # fmt: skip


@given(curves)
@settings(max_examples=cases(10), deadline=None)
def test_no_split_of_a_grid_brings_more(drawn: list[tuple[float, float, float, float, float]]) -> None:
    worth, elasticity, usual = ([one[k] for one in drawn] for k in range(3))
    low = [u * (1 - one[3]) for u, one in zip(usual, drawn, strict=True)]
    high = [u * (1 + one[4]) for u, one in zip(usual, drawn, strict=True)]
    found = best_split(worth, elasticity, usual=usual, lowest=low, highest=high)
    assert found.sum() == pytest.approx(sum(usual), rel=1e-6)
    assert (found >= np.array(low) * (1 - 1e-9)).all()
    assert (found <= np.array(high) * (1 + 1e-9)).all()
    held, power = [max(w, 0.0) for w in worth], [min(max(e, 0.0), 0.999) for e in elasticity]
    best = brings(found, held, power, usual)
    steps = [np.linspace(a, b, 15) for a, b in zip(low[:-1], high[:-1], strict=True)]
    for place in product(*steps):
        rest = sum(usual) - sum(place)
        if low[-1] <= rest <= high[-1]:
            assert best >= brings(np.array([*place, rest]), held, power, usual) - 1e-6 * max(best, 1.0)


def test_between_their_ends_marginal_returns_are_equal() -> None:
    worth, elasticity, usual = [100.0, 80.0, 50.0], [0.6, 0.3, 0.5], [10.0, 10.0, 5.0]
    found = best_split(worth, elasticity, usual=usual, lowest=[1, 1, 1], highest=[24, 24, 24])
    marginal = [w * e / s * (s / u) ** e for s, w, e, u in zip(found, worth, elasticity, usual, strict=True)]
    assert marginal == pytest.approx([marginal[0]] * 3)


def test_many_draws_are_split_as_each_alone() -> None:
    random = np.random.default_rng(4)
    worth, elasticity = random.uniform(10, 100, (20, 3)), random.uniform(0.1, 0.9, (20, 3))
    ends = {"usual": [10.0, 5.0, 8.0], "lowest": [5.0, 4.0, 2.0], "highest": [20.0, 9.0, 30.0]}
    several = best_split(worth, elasticity, **ends)
    alone = [best_split(w, e, **ends) for w, e in zip(worth, elasticity, strict=True)]
    assert several == pytest.approx(np.array(alone))


def test_a_usual_spend_outside_its_ends_is_refused() -> None:
    with pytest.raises(ValueOutOfRange):
        best_split([1.0], [0.5], usual=[10], lowest=[11], highest=[20])
