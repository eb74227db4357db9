"""What goes ahead of what: nothing between series that share nothing, a planted link at its lag."""

from __future__ import annotations

import numpy as np
import pytest

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats import benjamini_hochberg, lagged_correlations


def wandering(random: np.random.Generator, periods: int, *, year: float) -> np.ndarray:
    """Return a random walk with a trend and a season."""
    time = np.arange(periods)
    return np.cumsum(random.standard_normal(periods)) + 0.1 * time + 2 * np.sin(2 * np.pi * time / year + 0.3)


def alarms(seeds: range, *, periods: int = 60, year: float = 12.0) -> float:
    """Return the share of worlds in which two series that share nothing show a link."""
    found = 0
    for seed in seeds:
        random = np.random.default_rng(seed)
        pair = [wandering(random, periods, year=year) for _ in range(2)]
        p_values = [one.p_value for one in lagged_correlations(*pair, periods_a_year=year)]
        found += bool(benjamini_hochberg(p_values).min() < 0.05)
    return found / len(seeds)


def test_two_walks_with_trend_and_season_show_nothing() -> None:
    assert alarms(range(100)) <= 0.1


@pytest.mark.slow
@pytest.mark.parametrize(("periods", "year"), [(36, 12.0), (60, 12.0), (104, 52.18)])
def test_false_links_are_rare_over_many_seeds(periods: int, year: float) -> None:
    assert alarms(range(2000), periods=periods, year=year) <= 0.065


@pytest.mark.parametrize("lag", [0, 2, 5])
def test_a_planted_link_is_found_at_its_lag(lag: int) -> None:
    random = np.random.default_rng(3)
    first = wandering(random, 104, year=52.18)
    second = np.roll(first, lag) + 0.8 * wandering(random, 104, year=52.18)
    second[:lag] = second[lag]
    found = lagged_correlations(first, second, periods_a_year=52.18)
    p_values = benjamini_hochberg([one.p_value for one in found])
    assert int(np.argmin(p_values)) == lag
    assert p_values[lag] < 0.05
    assert found[lag].interval.lower > 0


def test_without_a_filter_it_is_the_plain_correlation_of_changes() -> None:
    # White changes: no autoregression is chosen, and numpy's correlation of what is left is the answer.
    random = np.random.default_rng(8)
    changes = random.standard_normal((2, 59))
    first, second = (np.concatenate([[0.0], np.cumsum(one)]) for one in changes)
    found = lagged_correlations(first, second, lags=0)[0]
    time = np.arange(59)
    season = np.column_stack([np.ones(59), *(f(2 * np.pi * k * time / 12) for k in (1, 2) for f in (np.sin, np.cos))])
    left = [one - season @ np.linalg.lstsq(season, one, rcond=None)[0] for one in changes]
    assert found.correlation == pytest.approx(np.corrcoef(*left)[0, 1], abs=0.06)


def test_too_few_and_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(TooFewObservations):
        lagged_correlations(range(35), range(35))
    for second in ([1.0] * 40, [float("nan")] * 40, [1.0, 2.0]):
        with pytest.raises(ValueOutOfRange):
            lagged_correlations(list(np.random.default_rng(1).standard_normal(40)), second)
