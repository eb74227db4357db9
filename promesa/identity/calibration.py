"""How often a probability of the model is right, by what persons decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.floating[Any]]

# Until decisions say otherwise the model is right (intercept 0, slope 1), give or take a lot.
_CENTRE, _SPREAD = np.array([0.0, 1.0]), np.array([3.0, 1.0])
_FARTHEST = 14.0  # log odds; a probability nearer to 0 or 1 says no more
_GRID = 81  # points of each coefficient, over eight standard deviations either way
_WIDTH = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The chance that a pair is one person, as a logistic function of the model's log odds.

    Attributes
    ----------
    coefficients : array, shape (2,)
        Intercept and slope.
    covariance : array, shape (2, 2)
        Of the two.
    grid : array, shape (k, 2)
        Intercepts and slopes that are possible after the decisions.
    weights : array, shape (k,)
        How probable each is; they add up to 1.
    n : int
        Decisions used.
    """

    coefficients: Array
    covariance: Array
    grid: Array
    weights: Array
    n: int


def log_odds(probability: ArrayLike) -> Array:
    """Return the natural log odds of probabilities, cut at 14 either way."""
    given = np.asarray(probability, dtype=float)
    with np.errstate(divide="ignore"):
        odds = np.log(given) - np.log1p(-given)
    return np.clip(odds, -_FARTHEST, _FARTHEST)


def calibrate(probability: ArrayLike, same: ArrayLike) -> Calibration:
    """Fit verdicts on the model's log odds.

    Parameters
    ----------
    probability : array-like of float, shape (n,)
        As the model said, fractions.
    same : array-like of bool, shape (n,)
        Whether a person decided that the two are one.

    Notes
    -----
    Estimand: P(one person | probability) among the pairs of the company. It holds for decisions of any choice
    of pairs that depends on nothing but the probability (and the money at stake); weights are not needed.
    Platt's logistic scaling [1]_ with normal priors, intercept 0 +/- 3 and slope 1 +/- 1, and the slope never
    below 0: what the model finds more probable is so. The mode comes by Newton's method, its curvature is the
    covariance; the posterior itself is worked out on a grid around it, since decisions that are all alike leave
    it far from normal. There Jeffreys' prior takes away the bias of few decisions [2]_: without it the lower end
    lies above the truth too often where the model is too sure.

    References
    ----------
    .. [1] J. Platt (1999). Probabilistic outputs for support vector machines. In Advances in Large Margin
       Classifiers, 61-74. MIT Press.
    .. [2] D. Firth (1993). Bias reduction of maximum likelihood estimates. Biometrika 80(1), 27-38.
    """
    x = np.column_stack([np.ones(np.size(probability)), log_odds(probability)])
    y = np.asarray(same, dtype=float)
    beta = _CENTRE.copy()
    for _ in range(200):
        step = np.linalg.solve(_curvature(x, beta), x.T @ (y - _expit(x @ beta)) - (beta - _CENTRE) / _SPREAD**2)
        # Far from the mode Newton's step overshoots.
        size = 1.0
        while size > 1e-6 and _density(x, y, beta + size * step) < _density(x, y, beta):
            size /= 2
        beta = beta + size * step
        if float(np.abs(step).max()) < 1e-9:
            break
    curvature = _curvature(x, beta)
    covariance = np.linalg.inv(curvature)
    grid, weights = _posterior(x, y, beta, covariance)
    return Calibration(coefficients=beta, covariance=covariance, grid=grid, weights=weights, n=int(y.size))


def _density(x: Array, y: Array, beta: Array) -> float:
    """Return the log density of coefficients after the decisions, but for a constant."""
    odds = x @ beta
    known = -np.where(y > 0, np.logaddexp(0, -odds), np.logaddexp(0, odds)).sum()
    return float(known - 0.5 * (((beta - _CENTRE) / _SPREAD) ** 2).sum())


def _curvature(x: Array, beta: Array) -> Array:
    mean = _expit(x @ beta)
    return (x * (mean * (1 - mean))[:, None]).T @ x + np.diag(1 / _SPREAD**2)


def _posterior(x: Array, y: Array, mode: Array, covariance: Array) -> tuple[Array, Array]:
    # Along the axes of the covariance, or the ridge of the two coefficients would fall between the points.
    steps = np.linspace(-_WIDTH, _WIDTH, _GRID)
    grid = mode + np.array(np.meshgrid(steps, steps)).reshape(2, -1).T @ np.linalg.cholesky(covariance).T
    grid = grid[grid[:, 1] >= 0]
    # Decisions alike in probability are summed first, so that many cost no more than few.
    levels, place = np.unique(x[:, 1].round(1), return_inverse=True)
    yes = np.bincount(place, weights=y, minlength=levels.size)
    no = np.bincount(place, weights=1 - y, minlength=levels.size)
    odds = grid[:, :1] + grid[:, 1:] * levels
    known = -(np.logaddexp(0, -odds) @ yes + np.logaddexp(0, odds) @ no)
    likely_same = _expit(odds)
    spread = likely_same * (1 - likely_same) * (yes + no)
    about, along, across = spread.sum(axis=1), spread @ levels, spread @ levels**2
    information = np.log(np.maximum(about * across - along**2, 1e-300)) if y.size else 0.0
    density = known + 0.5 * information - 0.5 * (((grid - _CENTRE) / _SPREAD) ** 2).sum(axis=1)
    weights = np.exp(density - density.max())
    likely = weights > 1e-9
    return grid[likely], weights[likely] / weights[likely].sum()


def precision_above(
    calibration: Calibration, odds: ArrayLike, pairs: ArrayLike, *, confidence_level: float
) -> tuple[float, float, float]:
    """Return the share of pairs that are one person (the median), and the ends of its interval.

    Parameters
    ----------
    odds, pairs : array-like, shape (k,)
        Log odds of groups of pairs, and how many pairs each holds.
    """
    counts = np.asarray(pairs, dtype=float)
    grid = calibration.grid
    shares = _expit(grid[:, :1] + grid[:, 1:] * np.asarray(odds, dtype=float)) @ (counts / counts.sum())
    order = np.argsort(shares)
    reached = np.cumsum(calibration.weights[order])
    tail = (1 - confidence_level) / 2
    middle, lower, upper = np.interp([0.5, tail, 1 - tail], reached, shares[order])
    return float(middle), float(lower), float(upper)


def _expit(value: Array) -> Array:
    return 1 / (1 + np.exp(-value))
