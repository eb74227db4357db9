"""Intervals: outside references, coverage of a known truth, edge cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promesa.stats import (
    QUANTILE_GRID,
    ClusterSums,
    difference_interval,
    mean_interval,
    net_share_from_clusters,
    net_share_interval,
    quantile_interval,
    ratio_variance,
    share_interval,
    wilson_interval,
)


def sums_of(values: np.ndarray, clusters: np.ndarray) -> ClusterSums:
    n_c = np.bincount(clusters)
    s_c = np.bincount(clusters, weights=values)
    return ClusterSums(
        n=len(values),
        clusters=int((n_c > 0).sum()),
        total=float(values.sum()),
        nn=float((n_c * n_c).sum()),
        ns=float((n_c * s_c).sum()),
        ss=float((s_c * s_c).sum()),
    )


@pytest.mark.parametrize("count", [0, 1, 7, 50, 99, 100])
def test_wilson_equals_statsmodels(count: int) -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    expected = proportion.proportion_confint(count, 100, alpha=0.05, method="wilson")
    assert tuple(wilson_interval(count / 100, 100, confidence_level=0.95)) == pytest.approx(expected, abs=1e-12)


def test_cluster_variance_equals_statsmodels() -> None:
    api = pytest.importorskip("statsmodels.api")
    random = np.random.default_rng(3)
    clusters = random.integers(0, 60, 500)
    values = random.normal(size=500) + random.normal(size=60)[clusters]
    fitted = api.OLS(values, np.ones((500, 1))).fit(
        cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False}
    )
    sums = sums_of(values, clusters)
    assert ratio_variance(sums) == pytest.approx(fitted.bse[0] ** 2 * sums.clusters / (sums.clusters - 1), rel=1e-9)


def test_net_share_follows_rocks() -> None:
    # Ten answers, five promoters, one detractor, worked by hand: (5 + .75 - 1 - .75) / 13 = .3077.
    lower, upper = net_share_interval(0.5, 0.1, 10, confidence_level=0.95)
    assert (lower + upper) / 2 == pytest.approx(4 / 13)
    spread = (5.75 + 1.75) / 13 - (4 / 13) ** 2
    assert upper - lower == pytest.approx(2 * 1.959964 * (spread / 13) ** 0.5, rel=1e-6)


def coverage(draw: object, truth: float, interval: object, *, seeds: int) -> float:
    inside = 0
    for seed in range(seeds):
        lower, upper = interval(draw(np.random.default_rng(seed)))  # type: ignore[operator]
        inside += lower <= truth <= upper
    return inside / seeds


def test_clustered_share_covers_where_the_plain_one_does_not() -> None:
    def draw(random: np.random.Generator) -> ClusterSums:
        level = random.beta(2, 2, 80)
        clusters = np.repeat(np.arange(80), 6)
        return sums_of((random.random(480) < level[clusters]).astype(float), clusters)

    robust = coverage(draw, 0.5, lambda s: share_interval(s, confidence_level=0.95), seeds=600)
    plain = coverage(draw, 0.5, lambda s: wilson_interval(s.mean, s.n, confidence_level=0.95), seeds=600)
    assert robust > 0.93
    assert plain < 0.9


def test_mean_covers_with_unequal_clusters() -> None:
    def draw(random: np.random.Generator) -> ClusterSums:
        sizes = random.integers(1, 9, 60)
        clusters = np.repeat(np.arange(60), sizes)
        return sums_of(random.normal(size=60)[clusters] + random.normal(size=len(clusters)), clusters)

    assert coverage(draw, 0.0, lambda s: mean_interval(s, confidence_level=0.95), seeds=600) > 0.925


def test_net_share_covers_small_samples() -> None:
    def draw(random: np.random.Generator) -> tuple[float, float]:
        answers = random.choice([-1, 0, 1], p=[0.2, 0.3, 0.5], size=10)
        return float((answers == 1).mean()), float((answers == -1).mean())

    covered = coverage(draw, 0.3, lambda s: net_share_interval(*s, 10, confidence_level=0.95), seeds=2000)
    assert 0.93 < covered < 0.985


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_quantile_covers_a_skewed_truth(level: float) -> None:
    truth = float(-np.log(1 - level))

    def draw(random: np.random.Generator) -> np.ndarray:
        return np.quantile(random.exponential(size=400), QUANTILE_GRID)

    covered = coverage(draw, truth, lambda q: quantile_interval(q, level, 400, confidence_level=0.95)[1], seeds=800)
    assert covered > 0.93


def test_single_observations_leave_the_share_interval_alone() -> None:
    values = np.array([1.0] * 30 + [0.0] * 20)
    got = share_interval(sums_of(values, np.arange(50)), confidence_level=0.95)
    assert tuple(got) == pytest.approx(tuple(wilson_interval(0.6, 50, confidence_level=0.95)))


def test_one_cluster_has_no_interval_of_the_mean() -> None:
    assert mean_interval(sums_of(np.array([1.0, 2.0]), np.array([0, 0])), confidence_level=0.95) is None


def test_all_equal_share_counts_clusters_not_rows() -> None:
    values, clusters = np.ones(100), np.repeat(np.arange(10), 10)
    clustered = share_interval(sums_of(values, clusters), confidence_level=0.95)
    assert clustered.upper == 1
    assert clustered.lower < wilson_interval(1, 11, confidence_level=0.95).lower


def test_difference_equals_scipy_welch() -> None:
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(5)
    a, b = random.normal(1, 1, 40), random.normal(0, 3, 25)
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.9)
    variances = (a.var(ddof=1) / 40, b.var(ddof=1) / 25)
    got = difference_interval(a.mean() - b.mean(), variances, (40, 25), confidence_level=0.9)
    assert got is not None
    assert tuple(got) == pytest.approx((expected.low, expected.high), rel=1e-9)


@given(
    st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=60),
    st.floats(0.5, 0.99),
)
def test_share_interval_holds_the_share_and_stays_in_range(rows: list[tuple[int, bool]], level: float) -> None:
    sums = sums_of(np.array([float(v) for _, v in rows]), np.array([c for c, _ in rows]))
    lower, upper = share_interval(sums, confidence_level=level)
    assert 0 <= lower <= sums.mean + 1e-9
    assert sums.mean - 1e-9 <= upper <= 1


def test_net_share_of_clusters_is_wider_than_of_rows() -> None:
    values, clusters = np.repeat([1.0, -1.0, 0.0, 1.0] * 5, 10), np.repeat(np.arange(20), 10)
    sums = sums_of(values, clusters)
    lower, upper = net_share_from_clusters(sums, up=0.5, down=0.25, confidence_level=0.95)
    plain = net_share_interval(0.5, 0.25, 200, confidence_level=0.95)
    assert lower < plain.lower
    assert upper > plain.upper
