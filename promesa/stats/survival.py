"""Survival: what share is still there after a time, when not everybody has been seen to the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import chi2, norm

from promesa.errors import TooFewObservations, ValueOutOfRange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Survival:
    """A Kaplan-Meier curve.

    Attributes
    ----------
    times : ndarray of float, shape (t,)
        Times at which somebody ended, in order.
    at_risk, ended : ndarray of float, shape (t,)
        How many were there until then, and how many of them ended.
    share : ndarray of float, shape (t,)
        Share still there just after each time.
    lower, upper : ndarray of float, shape (t,)
        Ends of the interval of it.
    median, median_lower, median_upper : float or None
        First time from which at most half are there; None where that lies past what was seen.
    longest : float
        Longest time that anybody was seen.
    n, n_ended : int
        Everybody, and those who ended.
    """

    times: Floats
    at_risk: Floats
    ended: Floats
    share: Floats
    lower: Floats
    upper: Floats
    median: float | None
    median_lower: float | None
    median_upper: float | None
    longest: float
    n: int
    n_ended: int

    def at(self, time: float) -> tuple[float, float, float]:
        """Return the share there after a time, with its interval; 1 before anybody ended."""
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        if place < 0:
            return 1.0, 1.0, 1.0
        return float(self.share[place]), float(self.lower[place]), float(self.upper[place])


def survival(
    times: ArrayLike, ended: ArrayLike, *, count: ArrayLike | None = None, confidence_level: float = 0.95
) -> Survival:
    """Estimate the share still there after each time, by Kaplan and Meier.

    Parameters
    ----------
    times : array-like of float, shape (n,)
        How long each was seen, 0 or more.
    ended : array-like of bool, shape (n,)
        Whether it ended then; else it was still there when it was last seen.
    count : array-like of float, shape (n,), optional
        How many each row stands for; one where it is not given.
    confidence_level : float, default 0.95
        Fraction in (0, 1).

    Returns
    -------
    Survival
        Shares are fractions; times in the unit given.

    Raises
    ------
    TooFewObservations
        If nobody was seen.
    ValueOutOfRange
        If a time is negative or missing, or a count negative.

    Notes
    -----
    Estimand: the share of a population that is still there after a time. It holds if those seen for a shorter time
    would have gone on like those seen longer: who began later must not differ.

    The interval is Greenwood's on the scale of log(-log), so that it stays within 0 and 1 [1]_. Where nobody has
    ended, or everybody has, that has no width; there the exact bound of a share of none stands.

    References
    ----------
    .. [1] J. D. Kalbfleisch, R. L. Prentice (2002). The Statistical Analysis of Failure Time Data. 2nd ed., Wiley.
       doi:10.1002/9781118032985

    Examples
    --------
    >>> curve = survival([1, 2, 2, 3, 5], [True, True, False, True, False])
    >>> [round(share, 3) for share in curve.share.tolist()], curve.median
    ([0.8, 0.6, 0.3], 3.0)
    """
    seen, gone, each = _checked(times, ended, count)
    points, ends, at_risk = _life_table(seen, gone, each)
    left = at_risk - ends
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.cumprod(left / at_risk).astype(np.float64)
        spread = np.cumsum(np.where(left > 0, ends / (at_risk * left), np.inf))
    lower, upper = _interval(share, spread, at_risk, confidence_level=confidence_level)
    return Survival(
        times=points,
        at_risk=at_risk,
        ended=ends,
        share=share,
        lower=lower,
        upper=upper,
        median=_first(points, share),
        median_lower=_first(points, lower),
        median_upper=_first(points, upper),
        longest=float(seen.max()),
        n=round(float(each.sum())),
        n_ended=round(float(ends.sum())),
    )


def _life_table(seen: Floats, gone: NDArray[np.bool_], each: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the times at which somebody ended, how many did, and how many were there until then."""
    points, place = np.unique(seen, return_inverse=True)
    ends = np.bincount(place, weights=each * gone, minlength=points.size)
    there = np.cumsum(np.bincount(place, weights=each, minlength=points.size)[::-1])[::-1]
    some = ends > 0
    return points[some], ends[some].astype(np.float64), there[some].astype(np.float64)


def _interval(share: Floats, spread: Floats, at_risk: Floats, *, confidence_level: float) -> tuple[Floats, Floats]:
    z = float(norm.ppf((1 + confidence_level) / 2))
    none = 1 - ((1 - confidence_level) / 2) ** (1 / np.maximum(at_risk, 1.0))  # most that a share of none may be
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = z * np.sqrt(spread) / np.log(share)
        lower, upper = share ** np.exp(-reach), share ** np.exp(reach)
    inside = (share > 0) & (share < 1)
    before = np.r_[1.0, upper[:-1]] if share.size else upper
    return np.where(inside, lower, 0.0), np.where(inside, upper, np.minimum(before, none))


def _first(times: Floats, share: Floats) -> float | None:
    """Return the first time from which at most half are there."""
    below = np.flatnonzero(share <= 0.5)
    return float(times[below[0]]) if below.size else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvesCompared:
    """The log-rank test: whether curves differ by more than chance.

    Attributes
    ----------
    statistic : float
        Chi-squared.
    degrees : int
        Groups less one.
    p : float
        Probability of a statistic as large or larger if all groups end alike.
    """

    statistic: float
    degrees: int
    p: float


def compare_curves(groups: Sequence[tuple[ArrayLike, ArrayLike, ArrayLike | None]]) -> CurvesCompared:
    """Test whether groups end at the same rates, by the log-rank test.

    Parameters
    ----------
    groups : sequence of (times, ended, count)
        As in `survival`, two groups or more.

    Raises
    ------
    TooFewObservations
        With fewer than two groups, or if nobody ended.

    Notes
    -----
    At each time, those who ended are held against what each group's share of those at risk would bring; the
    variances are hypergeometric [1]_. It sees differences that keep one direction; curves that cross can hide from it.

    References
    ----------
    .. [1] N. Mantel (1966). Evaluation of survival data and two new rank order statistics arising in its
       consideration. Cancer Chemotherapy Reports 50, 163-170.
    """
    checked = [_checked(*group) for group in groups]
    points = np.unique(np.concatenate([seen[gone] for seen, gone, _ in checked])) if checked else np.array([])
    if len(checked) < 2 or points.size == 0:
        raise TooFewObservations(
            what="There are no curves to compare.",
            got=f"{len(checked)} groups, {points.size} times at which somebody ended",
            expected="two groups or more, in which somebody ended",
            fix="take a split with larger groups, or a longer period",
        )
    ends = np.zeros((len(checked), points.size))
    there = np.zeros_like(ends)
    for k, (seen, gone, each) in enumerate(checked):
        own, own_ends, _ = _life_table(seen, gone, each)
        ends[k, np.searchsorted(points, own)] = own_ends
        order = np.argsort(seen)
        total = np.r_[0.0, np.cumsum(each[order])]
        there[k] = total[-1] - total[np.searchsorted(seen[order], points, side="left")]
    n, d = there.sum(axis=0), ends.sum(axis=0)
    surplus = (ends - there * d / n).sum(axis=1)
    scale = np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1.0), 0.0) / n
    variance = np.diag((there * scale).sum(axis=1)) - (there * scale / n) @ there.T
    statistic = float(surplus[:-1] @ np.linalg.pinv(variance[:-1, :-1]) @ surplus[:-1])
    degrees = len(checked) - 1
    return CurvesCompared(statistic=statistic, degrees=degrees, p=float(chi2.sf(statistic, degrees)))


def _checked(
    times: ArrayLike, ended: ArrayLike, count: ArrayLike | None = None
) -> tuple[Floats, NDArray[np.bool_], Floats]:
    seen, gone = np.asarray(times, dtype=float), np.asarray(ended, dtype=bool)
    each = np.ones(seen.size) if count is None else np.asarray(count, dtype=float)
    if seen.size == 0 or each.sum() == 0:
        raise TooFewObservations(
            what="There is nobody whose survival could be told.",
            got="no times",
            expected="at least one",
            fix="take a longer period or a wider slice",
        )
    if not (np.isfinite(seen).all() and (seen >= 0).all() and (each >= 0).all()):
        raise ValueOutOfRange(
            what="Some times cannot be how long somebody was seen.",
            got=f"{int((~(seen >= 0)).sum())} negative or missing times",
            expected="times of 0 or more, and counts of 0 or more",
            fix="count from each beginning to its end, or to the last day seen",
        )
    return seen, gone, each
