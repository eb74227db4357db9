"""How well a foretold probability parts those to whom something happened from the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm, rankdata

from promesa.errors import TooFewObservations
from promesa.stats.shares import wilson_interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from promesa.stats.shares import Interval

    Floats = NDArray[np.float64]

TOP = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """Foretold probabilities against what happened.

    Attributes
    ----------
    area, lower, upper : float
        Probability that of two, one to whom it happened and one to whom it did not, the first was foretold the
        greater probability: 0.5 is chance, 1 is perfect.
    lift, lift_lower, lift_upper : float
        How many times as often it happened in the tenth with the greatest probabilities as among all.
    foretold, happened : float
        Mean probability, and the share to whom it happened.
    happened_lower, happened_upper : float
        Interval of that share.
    n, n_happened : int
        Everybody, and those to whom it happened.
    """

    area: float
    lower: float
    upper: float
    lift: float
    lift_lower: float
    lift_upper: float
    foretold: float
    happened: float
    happened_lower: float
    happened_upper: float
    n: int
    n_happened: int


def separation(foretold: ArrayLike, happened: ArrayLike, *, confidence_level: float = 0.95) -> Separation:
    """Hold foretold probabilities against what happened.

    Parameters
    ----------
    foretold : array-like of float, shape (n,)
        Probabilities, of units that have nothing to do with each other.
    happened : array-like of bool, shape (n,)
        Whether it came.
    confidence_level : float, default 0.95
        Fraction in (0, 1).

    Raises
    ------
    TooFewObservations
        If it happened to fewer than two, or to all but one.

    Notes
    -----
    The interval of the area is DeLong's [1]_ on the scale of log-odds. That of the lift is the Wilson interval of
    the share in the top tenth, over the share of all taken as it is.

    References
    ----------
    .. [1] E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson (1988). Comparing the areas under two or more correlated
       receiver operating characteristic curves. Biometrics 44, 837-845. doi:10.2307/2531595

    Examples
    --------
    >>> separation([0.9, 0.7, 0.4, 0.2], [True, False, True, False]).area
    0.75
    """
    each, came = np.asarray(foretold, dtype=float), np.asarray(happened, dtype=bool)
    yes, no = each[came], each[~came]
    if min(yes.size, no.size) < 2:
        raise TooFewObservations(
            what="It happened to too few, or to nearly all, to tell how well it was foretold.",
            got=f"{yes.size} of {came.size}",
            expected="at least 2 on either side",
            fix="take a longer period",
        )
    ranks = np.asarray(rankdata(each), dtype=float)
    above = (ranks[came] - np.asarray(rankdata(yes), dtype=float)) / no.size
    below = (ranks[~came] - np.asarray(rankdata(no), dtype=float)) / yes.size
    area = float(above.mean())
    error = float(np.sqrt(above.var(ddof=1) / yes.size + below.var(ddof=1) / no.size))
    ends = _on_log_odds(area, error, z=float(norm.ppf((1 + confidence_level) / 2)))
    first = np.argsort(-each, kind="stable")[: max(1, round(TOP * each.size))]
    rate, top = (
        float(came.mean()),
        wilson_interval(float(came[first].mean()), first.size, confidence_level=confidence_level),
    )
    share: Interval = wilson_interval(rate, came.size, confidence_level=confidence_level)
    return Separation(
        area=area,
        lower=ends[0],
        upper=ends[1],
        lift=float(came[first].mean()) / rate,
        lift_lower=top.lower / rate,
        lift_upper=top.upper / rate,
        foretold=float(each.mean()),
        happened=rate,
        happened_lower=share.lower,
        happened_upper=share.upper,
        n=int(came.size),
        n_happened=int(yes.size),
    )


def _on_log_odds(area: float, error: float, *, z: float) -> tuple[float, float]:
    if not 0 < area < 1:
        return max(area - z * error, 0.0), min(area + z * error, 1.0)
    reach = z * error / (area * (1 - area))
    middle = np.log(area / (1 - area))
    low, high = (float(1 / (1 + np.exp(-(middle + sign * reach)))) for sign in (-1, 1))
    return low, high
