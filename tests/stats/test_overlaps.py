"""Two groups that share clusters: other packages, plain loops, coverage, edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from promesa.stats import ClusterSums, OverlapSums, overlapping_means, overlapping_shares


def sums_of(first: list[list[float]], second: list[list[float]]) -> OverlapSums:
    """Return the sums of the observations of each cluster in each group."""
    n1, n2 = (np.array([len(one) for one in side], dtype=float) for side in (first, second))
    s1, s2 = (np.array([sum(one) for one in side], dtype=float) for side in (first, second))

    def group(n: np.ndarray, s: np.ndarray) -> ClusterSums:
        return ClusterSums(
            n=int(n.sum()),
            clusters=int((n > 0).sum()),
            total=s.sum(),
            nn=float(n @ n),
            ns=float(n @ s),
            ss=float(s @ s),
        )

    return OverlapSums(
        first=group(n1, s1),
        second=group(n2, s2),
        nn=float(n1 @ n2),
        ns=float(n1 @ s2),
        sn=float(s1 @ n2),
        ss=float(s1 @ s2),
    )


def apart(ones: int, others: int, n: int) -> OverlapSums:
    """Return two groups of `n` clusters of one observation, of which so many are ones."""
    first = [[1.0]] * ones + [[0.0]] * (n - ones) + [[]] * n
    second = [[]] * n + [[1.0]] * others + [[0.0]] * (n - others)
    return sums_of(first, second)


def test_without_overlap_it_is_pearsons_test_with_yates() -> None:
    found = overlapping_shares(apart(60, 40, 500), confidence_level=0.95)
    reference = chi2_contingency([[60, 440], [40, 460]], correction=True)
    assert found.p_value == pytest.approx(reference.pvalue, rel=0.01)


def test_means_are_those_of_a_clustered_regression() -> None:
    from statsmodels.regression.linear_model import OLS

    random = np.random.default_rng(3)
    own = random.normal(size=80)
    first = [list(level + random.normal(size=random.integers(0, 4))) for level in own]
    second = [list(0.3 + level + random.normal(size=random.integers(0, 4))) for level in own]
    rows = [(v, g, c) for g, side in enumerate((second, first)) for c, one in enumerate(side) for v in one]
    y, group, cluster = (np.array(column) for column in zip(*rows, strict=True))
    fit = OLS(y, np.column_stack([np.ones(y.size), group])).fit(
        cov_type="cluster", cov_kwds={"groups": cluster}, use_t=True
    )
    found = overlapping_means(sums_of(first, second), confidence_level=0.95)
    assert found.difference == pytest.approx(fit.params[1])
    assert found.interval is not None
    assert found.interval.upper - found.interval.lower == pytest.approx(np.diff(fit.conf_int()[1])[0], rel=0.03)


def test_a_customer_in_both_makes_the_difference_surer() -> None:
    ones = [[1.0]] * 40 + [[0.0]] * 60
    same = overlapping_shares(sums_of(ones, ones[5:] + ones[:5]), confidence_level=0.95)
    alone = overlapping_shares(apart(40, 40, 100), confidence_level=0.95)
    assert same.interval is not None
    assert alone.interval is not None
    assert same.interval.upper - same.interval.lower < alone.interval.upper - alone.interval.lower


def world(random: np.random.Generator, change: float) -> OverlapSums:
    """Return customers who stand in one period or in both, whose habits differ."""
    habit = random.beta(1, 6, 300)
    there = random.random((2, 300)) < 0.6
    shares = habit, np.clip(habit + change, 0, 1)
    met = [random.random(300) < share for share in shares]
    first, second = (
        [[float(m)] if t else [] for m, t in zip(*pair, strict=True)] for pair in zip(met, there, strict=True)
    )
    return sums_of(first, second)


@pytest.mark.parametrize(("worlds", "slack"), [(150, 0.05), pytest.param(3000, 0.012, marks=pytest.mark.slow)])
def test_intervals_cover_and_quiet_worlds_stay_quiet(worlds: int, slack: float) -> None:
    random = np.random.default_rng(11)
    covered = false = 0
    for _ in range(worlds):
        found = overlapping_shares(world(random, 0.1), confidence_level=0.95)
        # Few habits are near 1, where the change is cut off.
        covered += found.interval is not None and found.interval.lower <= -0.1 <= found.interval.upper
        false += overlapping_shares(world(random, 0.0), confidence_level=0.95).p_value <= 0.05
    assert covered / worlds > 0.95 - slack
    assert false / worlds < 0.05 + slack


def test_edges() -> None:
    nobody = overlapping_shares(apart(0, 0, 20), confidence_level=0.95)
    assert (nobody.difference, nobody.p_value) == (0.0, 1.0)
    assert nobody.interval is not None
    assert nobody.interval.lower < 0 < nobody.interval.upper
    one = overlapping_shares(sums_of([[1.0], []], [[], [0.0]]), confidence_level=0.95)
    assert one.interval is None
    assert math.isnan(one.p_value)
    equal = overlapping_means(sums_of([[2.0], [2.0]], [[2.0], [2.0]]), confidence_level=0.95)
    assert equal.interval is None
    rare = overlapping_shares(apart(5, 0, 5000), confidence_level=0.95)
    assert 0.05 < rare.p_value < 0.1
    large_beside_small = overlapping_shares(
        OverlapSums(first=ones_of(1000, 5), second=ones_of(10, 0), nn=0, ns=0, sn=0, ss=0), confidence_level=0.95
    )
    assert large_beside_small.p_value == 1.0


def ones_of(n: int, ones: int) -> ClusterSums:
    """Return zeros and ones of clusters of one observation."""
    return ClusterSums(n=n, clusters=n, total=ones, nn=n, ns=ones, ss=ones)
