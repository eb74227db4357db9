"""Two shares of clustered observations held against each other: difference, interval, and a p-value that fits it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.stats.clusters import ClusterSums, share_interval
from promesa.stats.differences import difference_of_shares_interval

if TYPE_CHECKING:
    from promesa.stats.shares import Interval

SMALLEST = 1e-14  # p-value below which the normal quantile has no digits left
ROUNDS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareDifference:
    """A first share less a second.

    Attributes
    ----------
    difference : float
        A fraction in [-1, 1].
    interval : Interval
        Newcombe's, from the Wilson intervals at the effective n of each.
    p_value : float
        The level at which that interval just touches 0, from 1; both therefore say the same.
    """

    difference: float
    interval: Interval
    p_value: float


def compare_shares(first: ClusterSums, second: ClusterSums, *, confidence_level: float) -> ShareDifference:
    """Return the difference of two shares whose clusters (customers) are others.

    Parameters
    ----------
    first, second : ClusterSums
        Sums of zeros and ones; no cluster is in both.
    confidence_level : float
        Fraction in (0, 1).

    Notes
    -----
    Estimand: the difference of the two shares in the populations that the clusters are drawn from. Newcombe's interval
    [1]_ keeps its coverage near 0 and 1, where a minimum that nearly everybody gets lies; the p-value inverts it.

    References
    ----------
    .. [1] R. G. Newcombe (1998). Interval estimation for the difference between independent proportions.
       Statistics in Medicine 17, 873-890. Method 10.
       doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    """
    difference = first.mean - second.mean
    return ShareDifference(
        difference=difference,
        interval=_interval(first, second, confidence_level),
        p_value=_p_value(first, second, difference),
    )


def _interval(first: ClusterSums, second: ClusterSums, level: float) -> Interval:
    ends = share_interval(first, confidence_level=level), share_interval(second, confidence_level=level)
    return difference_of_shares_interval((first.mean, second.mean), ends)


def _p_value(first: ClusterSums, second: ClusterSums, difference: float) -> float:
    if difference == 0:
        return 1.0

    def holds_zero(p: float) -> bool:
        ends = _interval(first, second, 1 - p)
        return ends.lower <= 0 <= ends.upper

    if not holds_zero(SMALLEST):
        return SMALLEST
    low, high = SMALLEST, 1.0
    for _ in range(ROUNDS):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if holds_zero(middle) else (low, middle)
    return high


def without(whole: ClusterSums, part: ClusterSums) -> ClusterSums:
    """Return the sums of the rest; every cluster lies wholly in the part or outside of it."""
    return ClusterSums(
        n=whole.n - part.n,
        clusters=whole.clusters - part.clusters,
        total=whole.total - part.total,
        nn=whole.nn - part.nn,
        ns=whole.ns - part.ns,
        ss=whole.ss - part.ss,
    )


def together(parts: list[ClusterSums]) -> ClusterSums:
    """Return the sums of parts that share no cluster."""
    return ClusterSums(
        n=sum(part.n for part in parts),
        clusters=sum(part.clusters for part in parts),
        total=sum(part.total for part in parts),
        nn=sum(part.nn for part in parts),
        ns=sum(part.ns for part in parts),
        ss=sum(part.ss for part in parts),
    )
