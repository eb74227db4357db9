"""Whether one series moves ahead of another, once what each does of itself is taken out: cross-correlations."""

from __future__ import annotations

from dataclasses import dataclass
from math import atanh, pi, sqrt, tanh
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats.shares import Interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

LEAST = 36
MOST_ORDERS = 6
SEASON_FROM = 0.75  # years that a series must span before a season can be told from a trend


@dataclass(frozen=True, slots=True, kw_only=True)
class LaggedCorrelation:
    """How the change of one series goes with that of another some periods later.

    Attributes
    ----------
    lag : int
        Periods by which the first is ahead.
    correlation : float
        Of what neither trend, season nor the first series' own past explains.
    interval : Interval
        Fisher's, with Bartlett's variance.
    p_value : float
        Of no correlation at this lag.
    n : int
        Pairs of periods.
    """

    lag: int
    correlation: float
    interval: Interval
    p_value: float
    n: int


def lagged_correlations(
    leading: ArrayLike,
    following: ArrayLike,
    *,
    lags: int = 6,
    periods_a_year: float = 12.0,
    confidence_level: float = 0.95,
) -> list[LaggedCorrelation]:
    """Correlate a series with what another does in the same and in each of the next periods.

    Parameters
    ----------
    leading, following : array-like of float, shape (n,)
        Values of consecutive periods, none missing.
    lags : int, default 6
        Largest lag.
    periods_a_year : float, default 12
        For the season.

    Raises
    ------
    TooFewObservations
        If there are fewer than 36 periods.
    ValueOutOfRange
        If a value is missing, the lengths differ, or a series never varies.

    Notes
    -----
    Estimand: the cross-correlations of the innovations of the first series with the second one, filtered alike, after
    both are differenced (which takes out trends and random walks) and cleared of a yearly season. Two series that
    share nothing but a trend or a season show nothing. The filter is the autoregression of the first series, of the
    order that Akaike's criterion picks; so, with white innovations on one side, the variance of a correlation is
    1/n whatever the other side does [1]_. What little is left of the first series' own past widens it by Bartlett's
    formula. A link that holds over the levels alone is weakened by differencing; several lags are looked at, so
    that p-values must be adjusted together.

    References
    ----------
    .. [1] G. E. P. Box, G. M. Jenkins, G. C. Reinsel, G. M. Ljung (2015). Time Series Analysis, 5th ed., chapter 12.
       Wiley. doi:10.1002/9781118619193
    .. [2] L. D. Haugh (1976). Checking the independence of two covariance-stationary time series: a univariate
       residual cross-correlation approach. Journal of the American Statistical Association 71, 378-385.
       doi:10.1080/01621459.1976.10480353
    """
    first, second = np.asarray(leading, dtype=float), np.asarray(following, dtype=float)
    _check(first, second)
    a, b = (_cleared(np.diff(series), periods_a_year) for series in (first, second))
    weights = _autoregression(a)
    white, other = (_filtered(series, weights) for series in (a, b))
    if min(white.std(), other.std()) <= 1e-12:
        raise _never_varies()
    lost = weights.size + _season(first.size, periods_a_year).shape[1]
    widened = _bartlett(white, other)
    return [
        _one(white, other, lag, lost=lost, widened=widened, confidence_level=confidence_level)
        for lag in range(lags + 1)
    ]


def _check(first: Floats, second: Floats) -> None:
    if first.shape != second.shape or not np.isfinite(np.concatenate([first, second])).all():
        raise ValueOutOfRange(
            what="Two series to be held against each other must be of the same periods without gaps.",
            got=f"{first.size} and {second.size} values, {int((~np.isfinite(first)).sum())} and "
            f"{int((~np.isfinite(second)).sum())} of them missing",
            expected="as many numbers in each",
            fix="take the periods in which both are known",
        )
    if first.size < LEAST:
        raise TooFewObservations(
            what="There are too few periods to tell a link from chance.",
            got=f"{first.size} periods",
            expected=f"at least {LEAST}",
            fix="take shorter periods, or wait",
        )
    if first.std() == 0 or second.std() == 0:
        raise _never_varies()


def _never_varies() -> ValueOutOfRange:
    return ValueOutOfRange(
        what="A series that never varies goes with nothing.",
        got="the same value in every period",
        expected="values that differ beside trend and season",
        fix="leave it out",
    )


def _season(n: int, periods_a_year: float) -> Floats:
    columns, time = [np.ones(n)], np.arange(n, dtype=float)
    for k in (1, 2):
        if n / periods_a_year >= SEASON_FROM * k:
            angle = 2 * pi * k * time / periods_a_year
            columns += [np.sin(angle), np.cos(angle)]
    return np.column_stack(columns)


def _cleared(series: Floats, periods_a_year: float) -> Floats:
    behind = _season(series.size, periods_a_year)
    left: Floats = series - behind @ np.linalg.lstsq(behind, series, rcond=None)[0]
    return left


def _autoregression(series: Floats) -> Floats:
    """Return the weights of the last values, of the order with the least Akaike's criterion."""
    most = min(MOST_ORDERS, series.size // 8)
    best, chosen = np.inf, np.zeros(0, dtype=np.float64)
    target = series[most:]
    for order in range(most + 1):
        past = np.column_stack([series[most - k : series.size - k] for k in range(1, order + 1)]) if order else None
        weights = (
            np.zeros(0) if past is None else np.asarray(np.linalg.lstsq(past, target, rcond=None)[0], dtype=np.float64)
        )
        left = target if past is None else target - past @ weights
        criterion = target.size * float(np.log(max((left**2).mean(), 1e-300))) + 2 * order
        if criterion < best:
            best, chosen = criterion, weights
    return chosen


def _filtered(series: Floats, weights: Floats) -> Floats:
    order = weights.size
    left = series[order:].copy()
    for k, weight in enumerate(weights, start=1):
        left -= weight * series[order - k : series.size - k]
    return np.asarray(left - left.mean(), dtype=np.float64)


def _bartlett(first: Floats, second: Floats) -> float:
    most = int(sqrt(first.size))
    total = 1.0
    for k in range(1, most + 1):
        own = [float(s[k:] @ s[:-k]) / float(s @ s) for s in (first, second)]
        total += 2 * own[0] * own[1] * (1 - k / (most + 1))
    return max(total, 1.0)


def _one(
    first: Floats, second: Floats, lag: int, *, lost: int, widened: float, confidence_level: float
) -> LaggedCorrelation:
    before, after = (first, second) if lag == 0 else (first[:-lag], second[lag:])
    scale = sqrt(float(first @ first) * float(second @ second))
    correlation = float(np.clip(float(before @ after) / scale, -0.999999, 0.999999))
    error = sqrt(widened / max(before.size - lost - 3, 1))
    middle = atanh(correlation)
    half = float(ndtri((1 + confidence_level) / 2)) * error
    return LaggedCorrelation(
        lag=lag,
        correlation=correlation,
        interval=Interval(tanh(middle - half), tanh(middle + half)),
        p_value=float(2 * ndtr(-abs(middle) / error)),
        n=before.size,
    )
