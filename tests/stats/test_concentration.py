"""Concentration curves against sorting, a known curve, and the coverage of their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import lognorm

from promesa.stats import Concentration, concentration

SHARES = (0.1, 0.3, 0.6, 0.9)


def curve(values: np.ndarray, shares: tuple[float | None, ...] = SHARES, level: float = 0.95) -> Concentration:
    """Return the curve of values, cut as the engine would cut them."""
    cuts = [0.0 if share is None else float(np.quantile(values, 1 - share)) for share in shares]
    place = (values[:, None] <= np.array(cuts)).sum(axis=1)
    sums = [np.bincount(place, weights=values**power, minlength=len(cuts) + 1) for power in (0, 1, 2)]
    return concentration(shares, cuts=cuts, counts=sums[0], totals=sums[1], squares=sums[2], confidence_level=level)


def test_points_are_sums_of_the_largest() -> None:
    values = np.random.default_rng(1).normal(2, 3, 1_000)
    ordered = np.sort(values)[::-1]
    found = curve(values)
    for point, share in zip(found.points, SHARES, strict=True):
        assert point.total == pytest.approx(ordered[: round(share * 1_000)].sum())
        assert point.part == pytest.approx(point.total / values.sum())


def test_ties_at_the_cut_are_shared_out() -> None:
    found = curve(np.array([3.0] * 6 + [1.0] * 4), (0.3,))
    assert found.points[0].total == pytest.approx(9)


def test_equal_values_have_no_interval() -> None:
    found = curve(np.full(50, 2.0))
    assert [point.part for point in found.points] == pytest.approx(SHARES)
    assert [point.part_interval for point in found.points] == [None] * 4
    assert found.total_interval is None


@pytest.mark.parametrize("values", [[-1.0, -2.0, -3.0], [-1.0, 1.0], [0.0, 0.0]])
def test_no_profit_has_no_parts(values: list[float]) -> None:
    found = curve(np.array(values))
    assert {point.part for point in found.points} == {None}


def test_a_total_that_may_be_nothing_has_parts_and_no_interval() -> None:
    found = curve(np.array([-5.0, 6.0, -4.0, 4.0] * 10))
    assert found.points[0].part is not None
    assert {point.part_interval for point in found.points} == {None}


def test_nobody_and_one() -> None:
    assert concentration([], cuts=[], counts=[0], totals=[0], squares=[0], confidence_level=0.9).points == ()
    assert curve(np.array([4.0])).total_interval is None


def test_variance_is_that_of_the_jackknife() -> None:
    values = np.random.default_rng(5).normal(1, 2, 400)
    found = curve(values, (0.2, None)).points
    left = [curve(np.delete(values, k), (0.2, None)).points for k in range(400)]
    for place, point in enumerate(found):
        parts = np.array([points[place].part for points in left])
        error = np.sqrt(399 / 400 * ((parts - parts.mean()) ** 2).sum())
        assert point.part_interval is not None
        half = (point.part_interval.upper - point.part_interval.lower) / 2
        assert half / 1.959964 == pytest.approx(error, rel=0.03)


def covered(size: int, runs: int, seed: int) -> np.ndarray:
    """Return how often intervals hold the curve of a lognormal less one, and its peak."""
    sigma, shift = 0.8, 1.0
    mean = np.exp(sigma**2 / 2) - shift
    law = lognorm(sigma)
    above = lambda q: law.expect(lambda x: x, lb=q)  # noqa: E731 (mean of what lies above, unshifted)
    truth = [(above(law.ppf(1 - p)) - shift * p) / mean for p in SHARES]
    truth.append((above(shift) - shift * law.sf(shift)) / mean)
    random = np.random.default_rng(seed)
    hits = np.zeros(len(truth))
    for _ in range(runs):
        values = random.lognormal(0, sigma, size) - shift
        shares = (*SHARES[:2], None, *SHARES[2:]) if np.mean(values > 0) < 0.6 else (*SHARES[:3], None, SHARES[3])
        points = curve(values, shares).points
        ordered = [*(point for point, share in zip(points, shares, strict=True) if share is not None)]
        ordered.append(next(point for point, share in zip(points, shares, strict=True) if share is None))
        for place, (point, true) in enumerate(zip(ordered, truth, strict=True)):
            ends = point.part_interval
            hits[place] += ends is not None and ends.lower <= true <= ends.upper
    return hits / runs


def test_intervals_cover_roughly() -> None:
    assert (covered(2_000, 150, seed=2) >= 0.89).all()


@pytest.mark.slow
def test_intervals_cover() -> None:
    shares = covered(3_000, 2_000, seed=3)
    assert (np.abs(shares - 0.95) <= 0.02).all(), shares
