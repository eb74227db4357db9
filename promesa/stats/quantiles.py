"""Intervals for quantiles, from quantiles: a fixed grid in, the ends out."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from promesa.stats.shares import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35)
QUANTILE_GRID: tuple[float, ...] = tuple(
    sorted(
        {
            round(level, 4)
            for centre in (0.1, 0.5, 0.9)
            for level in (centre, *(centre - s for s in _STEPS), *(centre + s for s in _STEPS))
            if 0 < level < 1
        }
        | {0.0, 1.0}
    )
)


def quantile_interval(
    values: Sequence[float], level: float, n: float, *, confidence_level: float
) -> tuple[float, Interval]:
    """Return a quantile and its distribution-free interval.

    Parameters
    ----------
    values : sequence of float, shape (len(QUANTILE_GRID),)
        The sample's quantiles at `QUANTILE_GRID`.
    level : float
        Wanted quantile, a fraction that is on the grid.
    n : float
        Observations, or their effective number.
    confidence_level : float
        Fraction in (0, 1).

    Notes
    -----
    The ends are the sample quantiles at level +/- z sqrt(level (1 - level) / n), the normal form of the
    order-statistic interval, read off the grid by straight lines between its points.
    """
    grid = np.asarray(QUANTILE_GRID)
    known = np.asarray(values, dtype=float)
    half = float(ndtri((1 + confidence_level) / 2)) * sqrt(level * (1 - level) / n)
    lower, middle, upper = np.interp([level - half, level, level + half], grid, known)
    return float(middle), Interval(float(lower), float(upper))
