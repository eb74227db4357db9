"""One effect with its standard error, interval and p-value, from the influence of each row on it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc, stdtr, stdtrit

from promesa.stats.shares import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectEstimate:
    """An effect and how sure it is.

    Attributes
    ----------
    estimate : float
        In units of the outcome (per unit of the treatment where that is an amount).
    standard_error : float
        Clustered by unit; NaN if it is not defined.
    interval : Interval
        t interval, in units of the estimate; NaN at both ends if it is not defined.
    p_value : float
        Two-sided, of no effect; NaN if it is not defined.
    """

    estimate: float
    standard_error: float
    interval: Interval
    p_value: float


def effect_estimate(
    estimate: float, variance: float, *, freedom: float, confidence_level: float, null: float = 0.0
) -> EffectEstimate:
    """Return an estimate with the t interval that its variance and degrees of freedom give.

    Examples
    --------
    >>> found = effect_estimate(2.0, 1.0, freedom=1e9, confidence_level=0.95)
    >>> round(found.interval.lower, 2), round(found.p_value, 4)
    (0.04, 0.0455)
    """
    if not isfinite(variance) or variance < 0 or freedom < 1:
        nan = float("nan")
        return EffectEstimate(estimate=estimate, standard_error=nan, interval=Interval(nan, nan), p_value=nan)
    error = sqrt(variance)
    reach = float(stdtrit(freedom, (1 + confidence_level) / 2)) * error
    distance = abs(estimate - null)
    p_value = 2 * float(stdtr(freedom, -distance / error)) if error > 0 else float(distance == 0)
    return EffectEstimate(
        estimate=estimate,
        standard_error=error,
        interval=Interval(estimate - reach, estimate + reach),
        p_value=p_value,
    )


def clustered_influence(influence: NDArray[np.float64], codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the covariance of means whose rows have these influences, whole units drawn.

    Parameters
    ----------
    influence : ndarray of float, shape (n, figures)
        How far each row moves each figure from its estimate, times n; the columns have mean 0.
    codes : ndarray of int, shape (n,)
        Unit of each row, from 0.

    Returns
    -------
    ndarray of float, shape (figures, figures)
        With the factor G / (G - 1); NaN below two units.
    """
    n, figures = influence.shape
    counts = np.bincount(codes)
    units = int((counts > 0).sum())
    if units < 2:
        return np.full((figures, figures), np.nan)
    if units == n:
        sums = influence
    else:
        sums = np.column_stack([np.bincount(codes, weights=influence[:, k]) for k in range(figures)])
    return sums.T @ sums * (units / (units - 1) / n**2)


def equality_p_value(estimates: NDArray[np.float64], covariance: NDArray[np.float64]) -> float:
    """Return the p-value of the Wald test that all estimates are one number; NaN if it cannot be tested.

    Examples
    --------
    >>> round(equality_p_value(np.array([1.0, 3.0]), np.eye(2)), 4)
    0.1573
    """
    if len(estimates) < 2 or not np.isfinite(covariance).all():
        return float("nan")
    contrast = np.diff(np.eye(len(estimates)), axis=0)
    differences, spread = contrast @ estimates, contrast @ covariance @ contrast.T
    if np.linalg.matrix_rank(spread) < len(differences):
        return float("nan")
    return float(chdtrc(len(differences), differences @ np.linalg.solve(spread, differences)))
