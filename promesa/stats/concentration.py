"""What share of a total the largest units hold, from sums between cuts; units may hold less than nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from promesa.stats.shares import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """What the units above a cut hold.

    Attributes
    ----------
    share : float
        Share of the units that this is of, the largest first.
    total : float
        What they hold together.
    total_interval : Interval or None
        Of it; None where units do not differ.
    part : float or None
        It over what all hold; None where all together hold nothing or less.
    part_interval : Interval or None
        Of that; None also where the interval of what all hold reaches nothing: the ratio then has no bounds to trust.
    """

    share: float
    total: float
    total_interval: Interval | None
    part: float | None
    part_interval: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Concentration:
    """The concentration curve of a quantity.

    Attributes
    ----------
    n : int
        Units.
    total : float
        What all hold.
    total_interval : Interval or None
        Of it.
    points : tuple of CurvePoint
        One a cut, in the order of the cuts.
    """

    n: int
    total: float
    total_interval: Interval | None
    points: tuple[CurvePoint, ...]


def concentration(
    shares: Sequence[float | None],
    *,
    cuts: ArrayLike,
    counts: ArrayLike,
    totals: ArrayLike,
    squares: ArrayLike,
    confidence_level: float,
) -> Concentration:
    r"""Return what the largest units hold at each cut, with intervals.

    Parameters
    ----------
    shares : sequence of float or None, length k
        Share of the units that each cut is to part off; None for all above the cut, however many they are.
    cuts : array-like of float, shape (k,)
        Values, largest first: the quantile of order 1 - share, or any value where the share is None.
    counts, totals, squares : array-like of float, shape (k + 1,)
        Number of units, their sum and sum of squares: those above the first cut, those at or below it and above the
        second, ... and those at or below the last.

    Returns
    -------
    Concentration
        The points in the order of the cuts.

    Notes
    -----
    Estimand: :math:`T(p) = E[(x - q_p)^+] + p\,q_p`, a unit's mean part in what the largest share p of the population
    holds, and :math:`L(p) = T(p) / E[x]`. Written so, ties at the cut are shared out, and the slope in the cut is
    nothing: the error of the quantile does not count at first order [1]_. The influence of a unit is
    :math:`(x - q)^+ - E(x - q)^+` on T, and that less :math:`L(x - \mu)`, over the mean, on L [2]_; intervals are
    normal. Units are taken as independent draws: where one of them holds much of the total, intervals are too narrow.

    References
    ----------
    .. [1] R. T. Rockafellar, S. Uryasev (2000). Optimization of conditional value-at-risk. Journal of Risk 2(3),
       21-41. doi:10.21314/JOR.2000.038.
    .. [2] M. Langel, Y. Tille (2013). Variance estimation of the Gini index: revisiting a result several times
       published. JRSS A 176(2), 521-540. doi:10.1111/j.1467-985X.2012.01048.x.
    """
    count, total, square = (np.asarray(one, dtype=float) for one in (counts, totals, squares))
    n, whole = float(count.sum()), float(total.sum())
    if n == 0:
        return Concentration(n=0, total=0.0, total_interval=None, points=())
    mean, spread = whole / n, max(float(square.sum()) / n - (whole / n) ** 2, 0.0)
    width = float(norm.ppf((1 + confidence_level) / 2)) / np.sqrt(max(n - 1.0, 1.0))
    sure = whole > 0 and mean - width * np.sqrt(spread) > 0
    above = [np.cumsum(one)[:-1] / n for one in (count, total, square)]
    points: list[CurvePoint] = []
    for place, (share, cut) in enumerate(zip(shares, np.asarray(cuts, dtype=float).tolist(), strict=True)):
        p, first, second = (float(one[place]) for one in above)
        excess = first - cut * p
        held = excess + (p if share is None else share) * cut
        variance = max(second - 2 * cut * first + cut**2 * p - excess**2, 0.0)
        covariance = second - cut * first - excess * mean
        part = held / mean if whole > 0 else None
        ends = None
        if part is not None and sure:
            ratio = max(variance - 2 * part * covariance + part**2 * spread, 0.0) / mean**2
            ends = _around(part, width * np.sqrt(ratio))
        points.append(
            CurvePoint(
                share=p if share is None else share,
                total=held * n,
                total_interval=_around(held * n, n * width * np.sqrt(variance)),
                part=part,
                part_interval=ends,
            )
        )
    return Concentration(
        n=int(n), total=whole, total_interval=_around(whole, n * width * np.sqrt(spread)), points=tuple(points)
    )


def _around(value: float, half: float) -> Interval | None:
    """Return the interval, or None where it has no width to speak of: equal units say nothing of others."""
    if half <= 1e-9 * max(abs(value), 1e-300):
        return None
    return Interval(lower=float(value - half), upper=float(value + half))
