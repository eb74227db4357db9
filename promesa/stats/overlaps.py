"""Two groups of observations held against each other where some clusters (customers) stand in both."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt
from typing import TYPE_CHECKING

from scipy.special import stdtr, stdtrit

from promesa.stats.clusters import ratio_variance, share_interval
from promesa.stats.shares import Interval

if TYPE_CHECKING:
    from promesa.stats.clusters import ClusterSums


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapSums:
    """What the observations of two groups add up to, and what they share.

    Attributes
    ----------
    first, second : ClusterSums
        Of each group; a cluster may be in both.
    nn, ns, sn, ss : float
        Sums over clusters of n1 * n2, n1 * s2, s1 * n2, s1 * s2: count and total in the first group, in the second.
    """

    first: ClusterSums
    second: ClusterSums
    nn: float
    ns: float
    sn: float
    ss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapDifference:
    """The mean of a first group less that of a second.

    Attributes
    ----------
    difference : float
        In the unit of the observations.
    interval : Interval or None
        None where one group has no two clusters, or nothing varies.
    p_value : float
        Of no difference, two-sided; NaN where there is no interval.
    """

    difference: float
    interval: Interval | None
    p_value: float


def overlapping_shares(sums: OverlapSums, *, confidence_level: float) -> OverlapDifference:
    """Return the difference of two shares (observations of zeros and ones).

    Notes
    -----
    Estimand: the difference of the shares in the populations that whole clusters are drawn from. The p-value is that
    of a score test: both shares equal, their variance the clustered one and no less than that of independent
    observations, their covariance from the clusters in both, with Yates's correction, so that what a handful of
    customers did is not called a change. Where every cluster is one observation in one of two groups of equal size it
    is Pearson's test, and in large samples the G-test.

    The interval is Newcombe's for correlated shares [1]_, from the Wilson intervals at the effective n of each.
    The two may disagree where a figure is at the edge of being told from chance.

    References
    ----------
    .. [1] R. G. Newcombe (1998). Improved confidence intervals for the difference between binomial proportions based
       on paired data. Statistics in Medicine 17, 2635-2650. Method 10.
       doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C
    """
    first, second = sums.first, sums.second
    difference = first.mean - second.mean
    if min(first.clusters, second.clusters) < 2:
        return OverlapDifference(difference=difference, interval=None, p_value=float("nan"))
    ends = [share_interval(group, confidence_level=confidence_level) for group in (first, second)]
    rho = _correlation(sums)
    down = (first.mean - ends[0].lower, ends[1].upper - second.mean)
    up = (ends[0].upper - first.mean, second.mean - ends[1].lower)
    return OverlapDifference(
        difference=difference,
        interval=Interval(difference - _joined(*down, rho), difference + _joined(*up, rho)),
        p_value=_score_test(sums, difference),
    )


def overlapping_means(sums: OverlapSums, *, confidence_level: float) -> OverlapDifference:
    """Return the difference of two means with the t interval of its clustered variance.

    Notes
    -----
    Degrees of freedom are those of the smaller group: its clusters less one.
    """
    first, second = sums.first, sums.second
    difference = first.mean - second.mean
    size = min(first.clusters, second.clusters)
    variance = ratio_variance(first) + ratio_variance(second) - 2 * _covariance(sums, first.mean, second.mean)
    if size < 2 or not isfinite(variance) or variance <= 0:
        return OverlapDifference(difference=difference, interval=None, p_value=float("nan"))
    error = sqrt(variance)
    half_width = float(stdtrit(size - 1, (1 + confidence_level) / 2)) * error
    return OverlapDifference(
        difference=difference,
        interval=Interval(difference - half_width, difference + half_width),
        p_value=2 * float(stdtr(size - 1, -abs(difference) / error)),
    )


def _joined(one: float, other: float, rho: float) -> float:
    return sqrt(max(0.0, one * one - 2 * rho * one * other + other * other))


def _covariance(sums: OverlapSums, first: float, second: float) -> float:
    """Return the covariance of the two means, were they `first` and `second`."""
    products = sums.ss - second * sums.sn - first * sums.ns + first * second * sums.nn
    return products / (sums.first.n * sums.second.n)


def _correlation(sums: OverlapSums) -> float:
    variances = [ratio_variance(group) for group in (sums.first, sums.second)]
    if not all(isfinite(v) and v > 0 for v in variances):
        return 0.0
    rho = _covariance(sums, sums.first.mean, sums.second.mean) / sqrt(variances[0] * variances[1])
    return min(1.0, max(-1.0, rho))


def _score_test(sums: OverlapSums, difference: float) -> float:
    first, second = sums.first, sums.second
    share = (first.total + second.total) / (first.n + second.n)
    groups = (first, second)
    clustered = sum((group.ss - 2 * share * group.ns + share * share * group.nn) / group.n**2 for group in groups)
    independent = sum(share * (1 - share) / group.n for group in groups)
    variance = max(clustered, independent) - 2 * _covariance(sums, share, share)
    correction = (1 / first.clusters + 1 / second.clusters) / 2
    beyond = abs(difference) - correction
    if beyond <= 0 or variance <= 0:
        return 1.0
    return 2 * float(stdtr(first.clusters + second.clusters - 2, -beyond / sqrt(variance)))
