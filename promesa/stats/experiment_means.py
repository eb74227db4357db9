"""Means of two arms, plain or adjusted for what was known before, and the influence of each row on them."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from promesa.stats.effect_estimates import EffectEstimate, effect_estimate
from promesa.stats.shares import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS_PER_BASELINE = 10  # in the smaller arm; with fewer, the regression costs more than it saves


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwoArms:
    """Rows of one arm and of control.

    Attributes
    ----------
    outcome : ndarray of float, shape (n,)
        Complete.
    acted : ndarray of bool, shape (n,)
        True in the arm, False in control.
    codes : ndarray of int, shape (n,)
        Unit of each row; no unit stands in both.
    baselines : ndarray of float, shape (n, baselines)
        Complete; no columns where there are none.
    """

    outcome: NDArray[np.float64]
    acted: NDArray[np.bool_]
    codes: NDArray[np.int64]
    baselines: NDArray[np.float64]

    def where(self, rows: NDArray[np.bool_]) -> TwoArms:
        """Return some of the rows."""
        return TwoArms(
            outcome=self.outcome[rows],
            acted=self.acted[rows],
            codes=self.codes[rows],
            baselines=self.baselines[rows],
        )

    def units(self) -> tuple[int, int]:
        """Return the units of the arm and of control."""
        return len(np.unique(self.codes[self.acted])), len(np.unique(self.codes[~self.acted]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArmMeans:
    """Two means with their joint covariance.

    Attributes
    ----------
    means : ndarray of float, shape (2,)
        Of the arm and of control.
    influence : ndarray of float, shape (n, 2)
        Of each row on them, times n; small-sample factors included.
    covariance : ndarray of float, shape (2, 2)
        Clustered by unit.
    units : (int, int)
        Of the arm and of control.
    """

    means: NDArray[np.float64]
    influence: NDArray[np.float64]
    covariance: NDArray[np.float64]
    units: tuple[int, int]

    @property
    def difference(self) -> float:
        """Return arm less control."""
        return float(self.means[0] - self.means[1])

    @property
    def variance(self) -> float:
        """Return the variance of the difference."""
        return float(self.covariance[0, 0] + self.covariance[1, 1] - 2 * self.covariance[0, 1])

    @property
    def freedom(self) -> float:
        """Return Welch's degrees of freedom."""
        parts = sum(float(self.covariance[k, k]) ** 2 / (self.units[k] - 1) for k in (0, 1))
        total = float(np.trace(self.covariance)) ** 2
        return total / parts if parts > 0 else float(sum(self.units) - 2)

    def estimate(self, *, confidence_level: float) -> EffectEstimate:
        """Return the difference with Welch's interval."""
        return effect_estimate(self.difference, self.variance, freedom=self.freedom, confidence_level=confidence_level)

    def lift_interval(self, *, confidence_level: float) -> Interval | None:
        """Return Fieller's interval of the difference over the mean of control; None where it has no bounds."""
        square = float(stdtrit(self.freedom, (1 + confidence_level) / 2)) ** 2
        (a, b), spread = self.means, square * self.covariance
        lead, middle, last = b * b - spread[1, 1], a * b - spread[0, 1], a * a - spread[0, 0]
        if lead <= 0:
            return None
        root = sqrt(max(0.0, middle * middle - lead * last))
        return Interval(float((middle - root) / lead) - 1, float((middle + root) / lead) - 1)


def plain_means(rows: TwoArms) -> ArmMeans:
    """Return the means of the two arms; their variance is Welch's, of whole units."""
    return _means(rows, np.zeros((len(rows.outcome), 0)))


def adjusted_means(rows: TwoArms) -> ArmMeans:
    """Return the means that the two arms would have had with the same baselines [1]_.

    Each arm has a regression of its own on the baselines, read at the mean of both arms; that is least squares
    with every baseline crossed with the arm. It is never less sharp than the plain means in large samples,
    whether the outcome is linear in the baselines or not. One baseline that is the outcome of before gives
    the adjustment known as CUPED.

    References
    ----------
    .. [1] W. Lin (2013). Agnostic notes on regression adjustments to experimental data. Annals of Applied
       Statistics 7(1), 295-318. doi:10.1214/12-AOAS583
    """
    smaller = min(int(rows.acted.sum()), int((~rows.acted).sum()))
    varying = np.ptp(rows.baselines, axis=0) > 0 if len(rows.baselines) else np.zeros(0, dtype=bool)
    table = rows.baselines[:, varying]
    if smaller < ROWS_PER_BASELINE * (table.shape[1] + 1):
        return plain_means(rows)
    table = table - table.mean(axis=0)
    return _means(rows, table / table.std(axis=0))


def _means(rows: TwoArms, table: NDArray[np.float64]) -> ArmMeans:
    n, units = len(rows.outcome), rows.units()
    means, influence = np.empty(2), np.zeros((n, 2))
    for k, inside in enumerate((rows.acted, ~rows.acted)):
        size = int(inside.sum())
        design = np.column_stack([np.ones(size), table[inside]])
        beta, _, rank, _ = np.linalg.lstsq(design, rows.outcome[inside], rcond=None)
        residual = rows.outcome[inside] - design @ beta
        factor = sqrt(units[k] / (units[k] - 1) * (size - 1) / (size - rank)) if units[k] > 1 else np.nan
        weight = _weights_of_mean(design)
        influence[inside, k] = weight * residual * factor * n
        influence[:, k] += table @ beta[1:]
        means[k] = beta[0]
    sums = np.column_stack([np.bincount(rows.codes, weights=influence[:, k]) for k in (0, 1)])
    return ArmMeans(means=means, influence=influence, covariance=sums.T @ sums / n**2, units=units)


def _weights_of_mean(design: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weight that each row has in the intercept."""
    return np.linalg.pinv(design.T @ design)[0] @ design.T
