"""Small units drawn towards the others: what is noise in a figure goes, what is known of it stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STEPS = 101  # of the share of noise, at the middles of equal parts of 0 to 1
HALVINGS = 50


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shrunk:
    """Figures drawn towards each other; arrays of shape (figures,)."""

    estimates: Floats
    lower: Floats
    upper: Floats


def shrink(d: Floats, c: Floats, of: Floats, *, confidence_level: float) -> Shrunk:
    """Return figures of units that are a sample of alike ones, by what all of them say together.

    Parameters
    ----------
    d : ndarray, shape (units - 1,)
        Differences of the other units from the first, as observed.
    c : ndarray, shape (units - 1, units - 1)
        Covariance of their errors, positive definite.
    of : ndarray, shape (figures, units - 1)
        The figures wanted, as sums of the differences.
    confidence_level : float
        Fraction in (0, 1).

    Notes
    -----
    Units are taken as normal around one mean. How much of the spread is noise, v0 / (v0 + variance between units) with
    v0 half the harmonic mean of the variances of the differences, is uniform between 0 and 1 before the data (the
    uniform shrinkage prior [1]_), so that two units suffice and the uncertainty of the variance is in the interval,
    which an estimate put in its place would leave out. The intervals hold on average over units, not for the one
    unit that is unlike all others.

    References
    ----------
    .. [1] M. J. Daniels (1999). A prior for the variance in hierarchical models. Canadian Journal of Statistics
       27(3), 567-578. doi:10.2307/3316112
    """
    noise = (np.arange(STEPS) + 0.5) / STEPS
    variances = _typical(c) * (1 - noise) / noise
    centres, spreads, weights = [], [], []
    alike = np.eye(len(d)) + 1.0
    for variance in variances:
        between = variance * alike
        total = between + c
        held = np.linalg.solve(total, between).T
        posterior = between - held @ between
        centres.append(of @ (held @ d))
        spreads.append(np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", of, posterior, of), 0.0)))
        weights.append(-0.5 * (np.linalg.slogdet(total)[1] + d @ np.linalg.solve(total, d)))
    weight = np.exp(np.array(weights) - max(weights))
    weight /= weight.sum()
    centre, spread = np.array(centres), np.array(spreads)
    tail = (1 - confidence_level) / 2
    return Shrunk(
        estimates=weight @ centre,
        lower=_quantile(tail, centre, spread, weight),
        upper=_quantile(1 - tail, centre, spread, weight),
    )


def _typical(c: Floats) -> float:
    """Return half the harmonic mean of the variances of all differences of two units."""
    own = np.diag(c)
    among = own[:, None] + own - 2 * c
    every = np.concatenate([own, among[np.triu_indices(len(own), 1)]])
    return float(0.5 / np.mean(1 / every))


def _quantile(level: float, centre: Floats, spread: Floats, weight: Floats) -> Floats:
    """Return a quantile of mixtures of normal distributions, by halving."""
    wide = np.maximum(spread, 1e-300)
    reach = abs(float(ndtri(min(level, 1 - level)))) + 1
    low, high = (centre - reach * wide).min(axis=0), (centre + reach * wide).max(axis=0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = weight @ ndtr((middle - centre) / wide) < level
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2
