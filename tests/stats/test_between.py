"""What lies between units: published figures, a known truth, and the edges."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats import between_units

# Thirteen trials of a vaccine (Colditz and others 1994): cases and others, vaccinated and not.
TRIALS = np.array(
    [
        (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761),
        (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232),
        (17, 1699, 65, 1600), (186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825),
    ],
    dtype=float,
)  # fmt: skip


def trials() -> tuple[np.ndarray, np.ndarray]:
    a, b, c, d = TRIALS.T
    return np.log(a / (a + b) / (c / (c + d))), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def test_variance_between_trials_is_the_published_one() -> None:
    """The R package metafor gives 0.3181 (Paule and Mandel) and 0.1197 to 1.1115 (Q profile) for these trials."""
    means, variances = trials()
    found = between_units(means, np.diag(variances))
    assert found.variance is not None
    assert found.variance_interval is not None
    assert found.variance == pytest.approx(0.3181, abs=5e-5)
    assert found.variance_interval.lower == pytest.approx(0.1197, abs=5e-5)
    assert found.variance_interval.upper == pytest.approx(1.1115, abs=5e-5)
    other = combine_effects(means, variances, method_re="iterated")
    assert found.variance == pytest.approx(other.tau2, rel=1e-6)


def test_only_differences_count() -> None:
    means, variances = trials()
    found = between_units(means, np.diag(variances))
    # The same, told as differences from the first trial.
    contrast = np.vstack([np.zeros(len(means) - 1), np.eye(len(means) - 1)]) @ np.column_stack(
        [-np.ones(len(means) - 1), np.eye(len(means) - 1)]
    )
    same = between_units(contrast @ means, contrast @ np.diag(variances) @ contrast.T)
    assert same.variance == pytest.approx(found.variance)
    assert same.shrunk == pytest.approx(found.shrunk)
    assert same.differences == pytest.approx(found.differences)
    assert same.widest.lower == pytest.approx(found.widest.lower)


def test_small_units_are_drawn_to_the_mean_and_do_not_come_first() -> None:
    means = np.array([0.0, 0.1, -0.1, 0.05, 1.5])
    found = between_units(means, np.diag([0.01, 0.01, 0.01, 0.01, 2.0]), weights=[100, 100, 100, 100, 1])
    assert abs(found.shrunk[4]) < abs(found.differences[4]) / 4
    assert {found.widest.high, found.widest.low} == {1, 2}


def world(rng: np.random.Generator, units: int, spread: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    truth = spread * rng.standard_normal(units)
    variances = 0.05 * rng.uniform(0.2, 2, units)
    weights = rng.uniform(0.5, 2, units)
    return truth, truth + np.sqrt(variances) * rng.standard_normal(units), np.diag(variances), weights


def covered(seeds: range, units: int, spread: float) -> dict[str, float]:
    hits = {"variance": 0.0, "shrunk": 0.0, "observed": 0.0, "widest": 0.0, "quiet": 0.0}
    for seed in seeds:
        truth, means, covariance, weights = world(np.random.default_rng(seed), units, spread)
        found = between_units(means, covariance, weights=weights)
        apart = truth - weights @ truth / weights.sum()
        if found.variance_interval is not None:
            hits["variance"] += found.variance_interval.lower <= spread**2 <= found.variance_interval.upper
        hits["shrunk"] += np.mean((found.shrunk_lower <= apart) & (apart <= found.shrunk_upper))
        hits["observed"] += np.mean((found.lower <= apart) & (apart <= found.upper))
        pair = truth[found.widest.high] - truth[found.widest.low]
        hits["widest"] += found.widest.lower <= pair <= found.widest.upper
        hits["quiet"] += found.p_value >= 0.05
    return {name: hit / len(seeds) for name, hit in hits.items()}


def test_intervals_hold_the_truth() -> None:
    found = covered(range(40), 5, 0.3)
    assert min(found[name] for name in ("variance", "shrunk", "observed", "widest")) > 0.85


@pytest.mark.slow
@pytest.mark.parametrize(("units", "spread"), [(2, 0.2), (3, 0.3), (5, 0.1), (5, 0.3), (12, 0.2), (4, 0.0)])
def test_coverage_over_many_seeds(units: int, spread: float) -> None:
    found = covered(range(1000), units, spread)
    if units > 2:
        assert 0.93 < found["variance"] <= 1
    assert 0.935 < found["observed"] < 0.965
    assert found["shrunk"] > 0.915  # on average over units
    assert found["widest"] > 0.93
    if spread == 0:
        assert 0.93 < found["quiet"] < 0.97


def test_edges() -> None:
    two = between_units([1.0, 2.0], np.diag([0.1, 0.1]))
    assert two.variance is None
    assert two.share_of(1.0) is None
    assert two.differences == pytest.approx([-0.5, 0.5])
    equal = between_units([1.0, 1.0, 1.0], np.diag([0.1, 0.1, 0.1]))
    assert equal.variance == 0
    assert equal.shrunk == pytest.approx([0, 0, 0])
    assert equal.p_value == 1
    share = equal.share_of(1.0)
    assert share is not None
    assert share[0] == 0
    with pytest.raises(TooFewObservations):
        between_units([1.0], [[0.1]])
    with pytest.raises(ValueOutOfRange):
        between_units([1.0, float("nan")], np.diag([0.1, 0.1]))
    with pytest.raises(ValueOutOfRange):
        between_units([1.0, 2.0], np.zeros((2, 2)))
    with pytest.raises(ValueOutOfRange):
        between_units([1.0, 2.0], np.diag([0.1, 0.1, 0.1]))
    with pytest.raises(ValueOutOfRange):
        between_units([1.0, 2.0], np.diag([0.1, 0.1]), weights=[1, 0])
