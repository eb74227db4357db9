"""Means and shares of observations that come in clusters (several of one customer).

A query brings, for each group, sums over clusters c of the cluster's count n_c and total s_c. From
these six numbers come the mean, its cluster-robust variance and the intervals.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt

from scipy.special import ndtri, stdtrit

from promesa.stats.shares import Interval, net_share_interval, wilson_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSums:
    """What one group's observations add up to.

    Attributes
    ----------
    n : int
        Observations.
    clusters : int
        Clusters with at least one observation.
    total : float
        Sum of the observations.
    nn, ns, ss : float
        Sums over clusters of n_c * n_c, n_c * s_c, s_c * s_c.
    """

    n: int
    clusters: int
    total: float
    nn: float
    ns: float
    ss: float

    @property
    def mean(self) -> float:
        """Return the mean of the observations."""
        return self.total / self.n


def ratio_variance(sums: ClusterSums) -> float:
    """Return the cluster-robust variance of the mean (linearised, with the factor G / (G - 1)).

    Notes
    -----
    Estimand: the variance of total / n when whole clusters are drawn independently. It is NaN with
    fewer than two clusters: one customer says nothing of how customers differ.
    """
    if sums.clusters < 2:
        return float("nan")
    mean = sums.mean
    spread = max(0.0, sums.ss - 2 * mean * sums.ns + mean * mean * sums.nn)
    # Below this the sum of squares is what rounding leaves of equal values.
    if spread <= 1e-12 * max(sums.ss, 1e-300):
        spread = 0.0
    return spread * sums.clusters / (sums.clusters - 1) / sums.n**2


def mean_interval(sums: ClusterSums, *, confidence_level: float) -> Interval | None:
    """Return the t interval of the mean with clusters - 1 degrees of freedom; None below two clusters."""
    variance = ratio_variance(sums)
    if not isfinite(variance):
        return None
    half_width = float(stdtrit(sums.clusters - 1, (1 + confidence_level) / 2)) * sqrt(variance)
    return Interval(sums.mean - half_width, sums.mean + half_width)


def effective_n(sums: ClusterSums, *, simple_variance: float, confidence_level: float) -> float:
    """Return how many independent observations would tell as much as these clustered ones.

    Parameters
    ----------
    sums : ClusterSums
        Sums of the observations.
    simple_variance : float
        Variance of one observation, as if all were independent.
    confidence_level : float
        The level of the interval that it is for: the degrees of freedom are paid for in it.

    Notes
    -----
    n * (simple variance of the mean) / (clustered variance), at most n, times the squared ratio of the
    normal to the t quantile [1]_. Where all observations are equal the clustered variance is 0 and says
    nothing; then the clusters count, weighted by size: n squared / sum of n_c squared.

    References
    ----------
    .. [1] E. L. Korn, B. I. Graubard (1998). Confidence intervals for proportions with small expected
       number of positive counts estimated from survey data. Survey Methodology 24, 193-201.
    """
    variance = ratio_variance(sums)
    if not isfinite(variance):
        return 1.0
    if sums.nn == sums.n:  # every cluster is one observation: nothing to correct
        return float(sums.n)
    if variance > 0 and simple_variance > 0:
        size = min(float(sums.n), simple_variance / variance)
    else:
        size = sums.n**2 / sums.nn
    level = (1 + confidence_level) / 2
    return max(1.0, size * (float(ndtri(level)) / float(stdtrit(sums.clusters - 1, level))) ** 2)


def share_interval(sums: ClusterSums, *, confidence_level: float) -> Interval:
    """Return the Wilson interval of the share of ones among zeros and ones, at the effective n."""
    share = min(1.0, max(0.0, sums.mean))
    n = effective_n(sums, simple_variance=share * (1 - share), confidence_level=confidence_level)
    return wilson_interval(share, n, confidence_level=confidence_level)


def net_share_from_clusters(sums: ClusterSums, *, up: float, down: float, confidence_level: float) -> Interval:
    """Return the interval of a net share (values -1, 0, 1) with shares `up` and `down`, at the effective n."""
    simple = up + down - (up - down) ** 2
    n = effective_n(sums, simple_variance=simple, confidence_level=confidence_level)
    return net_share_interval(up, down, n, confidence_level=confidence_level)
