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
    if not isfinite(total) or total <= 0 or min(sizes) < 2:  # noqa: PLR2004
        return None
    freedom = total**2 / sum(v**2 / (size - 1) for v, size in zip(variances, sizes, strict=True))
    half_width = float(stdtrit(freedom, (1 + confidence_level) / 2)) * sqrt(total)
    return Interval(difference - half_width, difference + half_width)
