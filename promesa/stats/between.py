"""How much units differ: what lies between them beside what chance makes of each, and which two differ most."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, chdtri, ndtri
from scipy.stats import studentized_range

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats.regressions import check_level
from promesa.stats.shares import Interval
from promesa.stats.shrinking import Shrunk, shrink

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

FEWEST_UNITS = 3  # with two, one difference says nothing of how units differ in general


@dataclass(frozen=True, slots=True, kw_only=True)
class WidestPair:
    """The two units that differ most.

    Attributes
    ----------
    high, low : int
        Places of the two units.
    difference : float
        The one less the other, in the unit of the means.
    lower, upper : float
        Interval that holds for all pairs at once.
    """

    high: int
    low: int
    difference: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Between:
    """What differs between units.

    Attributes
    ----------
    differences, lower, upper : ndarray of float, shape (units,)
        Of each unit's mean from the weighted mean of all, with its own interval, as observed.
    shrunk, shrunk_lower, shrunk_upper : ndarray of float, shape (units,)
        The same, drawn towards no difference the more, the less is known of the unit.
    variance : float or None
        Variance between units, in the squared unit of the means; None with fewer than three units.
    variance_interval : Interval or None
        Of the variance.
    p_value : float
        Of the hypothesis that no two units differ.
    widest : WidestPair
        The two units that differ most.
    """

    differences: Floats
    lower: Floats
    upper: Floats
    shrunk: Floats
    shrunk_lower: Floats
    shrunk_upper: Floats
    variance: float | None
    variance_interval: Interval | None
    p_value: float
    widest: WidestPair

    def share_of(self, within: float) -> tuple[float, Interval] | None:
        """Return the share of the variance of one observation that lies between units, with its interval.

        Parameters
        ----------
        within : float
            Variance of an observation around the mean of its unit; positive.
        """
        if self.variance is None or self.variance_interval is None:
            return None
        ends = (self.variance_interval.lower, self.variance_interval.upper)
        lower, upper = (end / (end + within) for end in ends)
        return self.variance / (self.variance + within), Interval(lower, upper)


def between_units(
    means: ArrayLike, covariance: ArrayLike, *, weights: ArrayLike | None = None, confidence_level: float = 0.95
) -> Between:
    """Tell what lies between units from what was measured in each.

    Parameters
    ----------
    means : array-like of float, shape (units,)
        A figure of each unit, adjusted or not. Only differences count: all may be relative to one of them.
    covariance : array-like of float, shape (units, units)
        Of the errors of the means.
    weights : array-like of float, shape (units,), optional
        How much of the whole each unit is; equal when left out.
    confidence_level : float, default 0.95
        Fraction in (0, 1).

    Returns
    -------
    Between
        Differences in the unit of the means.

    Raises
    ------
    TooFewObservations
        If there are fewer than two units.
    ValueOutOfRange
        If a number is missing or infinite, shapes do not fit, or a difference has no error.

    Notes
    -----
    Estimands: the differences of these units from their weighted mean; and the variance of the means of the
    units from which these are a sample. The errors of the means are taken as normal with a known covariance,
    which needs some dozens of observations a unit.

    The variance is that at which the generalised Q of the means is what is expected of it (Paule and Mandel
    [1]_), its interval that of all variances at which Q is no surprise (Viechtbauer [2]_): exact where means
    are normal, whatever the number of units, and wide with few. Shrunk differences: see `shrink`. The interval
    of the widest pair is Tukey's and Kramer's, which holds for all pairs.

    References
    ----------
    .. [1] R. C. Paule, J. Mandel (1982). Consensus values and weighting factors. Journal of Research of the
       National Bureau of Standards 87(5), 377-385. doi:10.6028/jres.087.022
    .. [2] W. Viechtbauer (2007). Confidence intervals for the amount of heterogeneity in meta-analysis.
       Statistics in Medicine 26, 37-52. doi:10.1002/sim.2514

    Examples
    --------
    >>> found = between_units([7.0, 7.1, 8.9, 9.0], [[0.01 if a == b else 0.0 for a in range(4)] for b in range(4)])
    >>> round(found.variance, 2), found.widest.high, found.widest.low
    (1.2, 3, 0)
    """
    check_level(confidence_level)
    values, errors = np.asarray(means, dtype=float), np.asarray(covariance, dtype=float)
    share = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=float)
    _check(values, errors, share)
    share = share / share.sum()
    contrasts = np.column_stack([-np.ones(len(values) - 1), np.eye(len(values) - 1)])
    d, c = contrasts @ values, contrasts @ errors @ contrasts.T
    to_mean = _to_mean(share)
    differences, spread = to_mean @ d, to_mean @ c @ to_mean.T
    reach = float(ndtri((1 + confidence_level) / 2)) * np.sqrt(np.diag(spread))
    drawn: Shrunk = shrink(d, c, to_mean, confidence_level=confidence_level)
    variance, interval = _variance(d, c, confidence_level)
    return Between(
        differences=differences,
        lower=differences - reach,
        upper=differences + reach,
        shrunk=drawn.estimates,
        shrunk_lower=drawn.lower,
        shrunk_upper=drawn.upper,
        variance=variance,
        variance_interval=interval,
        p_value=float(chdtrc(len(d), _q(0.0, d, c))),
        widest=_widest(values, errors, confidence_level),
    )


def _to_mean(share: Floats) -> Floats:
    """Return the matrix that makes differences from the weighted mean of those from the first unit."""
    from_first = np.vstack([np.zeros(len(share) - 1), np.eye(len(share) - 1)])
    return from_first - share @ from_first


def _q(variance: float, d: Floats, c: Floats) -> float:
    """Return how surprising the differences are where units vary so much: chi-squared with as many degrees as d."""
    total = c + variance * (np.eye(len(d)) + 1.0)
    return float(d @ np.linalg.solve(total, d))


def _variance(d: Floats, c: Floats, confidence_level: float) -> tuple[float | None, Interval | None]:
    freedom = len(d)
    if freedom + 1 < FEWEST_UNITS:
        return None, None
    tail = (1 - confidence_level) / 2
    upper, lower = (_variance_at(float(chdtri(freedom, p)), d, c) for p in (1 - tail, tail))
    return _variance_at(float(freedom), d, c), Interval(lower, upper)


def _variance_at(wanted: float, d: Floats, c: Floats) -> float:
    """Return the variance at which Q is as wanted; 0 where it is less even without any."""
    if _q(0.0, d, c) <= wanted:
        return 0.0
    high = float(d @ d) / wanted + float(np.trace(c))
    while _q(high, d, c) > wanted:
        high *= 2
    found: float = brentq(lambda v: _q(v, d, c) - wanted, 0.0, high, xtol=1e-12 * high, rtol=1e-10)
    return found


def _widest(values: Floats, errors: Floats, confidence_level: float) -> WidestPair:
    """Return the pair that lies furthest apart among those that are no less sure than any other to differ."""
    reach = float(studentized_range.ppf(confidence_level, len(values), np.inf)) / sqrt(2)
    best: tuple[float, WidestPair] | None = None
    for a, b in combinations(range(len(values)), 2):
        high, low = (a, b) if values[a] >= values[b] else (b, a)
        difference = float(values[high] - values[low])
        half = reach * sqrt(errors[a, a] + errors[b, b] - 2 * errors[a, b])
        # What is sure of a pair ranks it, so that two small units far apart by chance do not come first.
        sure = difference - half
        if best is None or sure > best[0]:
            pair = WidestPair(high=high, low=low, difference=difference, lower=sure, upper=difference + half)
            best = sure, pair
    assert best is not None  # noqa: S101 (two units or more: checked at the door)
    return best[1]


def _check(values: Floats, errors: Floats, share: Floats) -> None:
    if values.ndim != 1 or len(values) < 2:
        raise TooFewObservations(
            what="There are too few units to compare.",
            got=f"{values.size} units",
            expected="at least 2 units",
            fix="compare what has several values",
        )
    if errors.shape != (len(values), len(values)) or share.shape != values.shape:
        raise ValueOutOfRange(
            what="Means, covariance and weights are not of the same units.",
            got=f"shapes {values.shape}, {errors.shape} and {share.shape}",
            expected="shapes (units,), (units, units) and (units,)",
            fix="pass one mean, one weight and one row of the covariance for each unit",
        )
    whole = np.isfinite(values).all() and np.isfinite(errors).all() and np.isfinite(share).all()
    if not whole or (share <= 0).any():
        raise ValueOutOfRange(
            what="Means, covariance or weights hold what is no number, or a weight that is not positive.",
            got="a missing or infinite value, or a weight of 0 or less",
            expected="finite numbers, positive weights",
            fix="leave out units of which nothing was measured",
        )
    spread = np.diag(errors)[:, None] + np.diag(errors) - 2 * errors
    if (spread[~np.eye(len(values), dtype=bool)] <= 0).any():
        raise ValueOutOfRange(
            what="Two units have means whose difference has no error.",
            got="a variance of a difference of 0 or less",
            expected="a positive variance of each difference",
            fix="leave out units whose observations are all equal",
        )
