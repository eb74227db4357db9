"""Differences between two groups whose variances are known."""

from __future__ import annotations

from math import isfinite, sqrt

from scipy.special import stdtrit

from promesa.stats.shares import Interval


def difference_interval(
    difference: float,
    variances: tuple[float, float],
    sizes: tuple[int, int],
    *,
    confidence_level: float,
) -> Interval | None:
    """Return Welch's interval of a difference of two independent means.

    Parameters
    ----------
    difference : float
        First mean less second.
    variances : (float, float)
        Variances of the two means, clustered where observations are.
    sizes : (int, int)
        Clusters (or independent observations) behind each.
    confidence_level : float
        Fraction in (0, 1).

    Returns
    -------
    Interval or None
        None where a variance is not defined or both are zero.

    Notes
    -----
    Degrees of freedom after Welch (1947) and Satterthwaite. Customers that stand in both groups
    make it a little too wide when they carry their level from one to the other.
    """
    total = variances[0] + variances[1]
    if not isfinite(total) or total <= 0 or min(sizes) < 2:
        return None
    freedom = total**2 / sum(v**2 / (size - 1) for v, size in zip(variances, sizes, strict=True))
    half_width = float(stdtrit(freedom, (1 + confidence_level) / 2)) * sqrt(total)
    return Interval(difference - half_width, difference + half_width)


def difference_of_shares_interval(shares: tuple[float, float], intervals: tuple[Interval, Interval]) -> Interval:
    """Return Newcombe's interval of a difference of two shares, from the interval of each.

    Parameters
    ----------
    shares : (float, float)
        First and second share; the difference is first less second.
    intervals : (Interval, Interval)
        Wilson intervals of the two, at one confidence level.

    References
    ----------
    .. [1] R. G. Newcombe (1998). Interval estimation for the difference between independent proportions.
       Statistics in Medicine 17, 873-890. Method 10.
    """
    (first, second), (a, b) = shares, intervals
    difference = first - second
    below = sqrt((first - a.lower) ** 2 + (b.upper - second) ** 2)
    above = sqrt((a.upper - first) ** 2 + (second - b.lower) ** 2)
    return Interval(difference - below, difference + above)


def pooled_if_constant(variances: tuple[float, float], sizes: tuple[int, int]) -> tuple[float, float]:
    """Return the two variances; a group without any variation is given that of the other.

    A group whose observations are all equal (nobody came back) says nothing of how much its mean would
    vary; the spread seen in the other group, over this one's size, stands in.
    """
    first, second = variances
    if first == 0 < second:
        first = second * sizes[1] / sizes[0]
    elif second == 0 < first:
        second = first * sizes[0] / sizes[1]
    return first, second
