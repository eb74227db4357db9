"""Two shares held against each other: a published interval, a p-value that fits it, sums taken apart and together."""

from __future__ import annotations

import numpy as np
import pytest

from promesa.stats import ClusterSums, compare_shares, together, without


def plain(total: int, n: int) -> ClusterSums:
    return ClusterSums(n=n, clusters=n, total=total, nn=float(n), ns=float(total), ss=float(total))


@pytest.mark.parametrize(
    ("first", "second", "lower", "upper"),
    [
        # Newcombe (1998), table II, method 10.
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
    ],
)
def test_intervals_are_the_published_ones(first, second, lower, upper):
    found = compare_shares(plain(*first), plain(*second), confidence_level=0.95)
    assert found.interval.lower == pytest.approx(lower, abs=6e-5)
    assert found.interval.upper == pytest.approx(upper, abs=6e-5)


@pytest.mark.parametrize(("first", "second"), [((56, 70), (48, 80)), ((30, 40), (35, 40)), ((480, 500), (490, 500))])
def test_the_p_value_is_the_level_at_which_the_interval_touches_zero(first, second):
    a, b = plain(*first), plain(*second)
    p = compare_shares(a, b, confidence_level=0.95).p_value
    ends = compare_shares(a, b, confidence_level=1 - p).interval
    assert min(abs(ends.lower), abs(ends.upper)) < 1e-6
    assert compare_shares(b, a, confidence_level=0.95).p_value == pytest.approx(p)


def test_equal_shares_are_no_difference():
    assert compare_shares(plain(7, 10), plain(14, 20), confidence_level=0.95).p_value == 1
    assert compare_shares(plain(10, 10), plain(20, 20), confidence_level=0.9).difference == 0


def test_a_certain_difference_has_a_p_value_that_is_no_zero():
    assert 0 < compare_shares(plain(0, 9_000), plain(9_000, 9_000), confidence_level=0.95).p_value <= 1e-12


def test_parts_and_the_rest_add_up_again():
    random = np.random.default_rng(1)
    a, b = (plain(int(t), 50) for t in random.integers(0, 50, 2))
    assert without(together([a, b]), b) == a


def test_chance_is_called_a_difference_as_often_as_the_level_says():
    random = np.random.default_rng(2)
    shares = random.binomial(200, 0.97, (2, 1500))
    found = [compare_shares(plain(int(x), 200), plain(int(y), 200), confidence_level=0.95).p_value for x, y in shares.T]
    assert np.mean(np.array(found) <= 0.05) < 0.065
