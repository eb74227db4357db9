"""Array types and the few functions of numbers that the simulator needs."""

from __future__ import annotations

from math import erf, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.signedinteger[Any]]
Flags = NDArray[np.bool_]
Columns = dict[str, NDArray[Any]]

_GRID = np.linspace(-6, 6, 24_001)
_CDF = np.array([0.5 * (1 + erf(x / 2**0.5)) for x in _GRID])


def expit(x: Floats) -> Floats:
    """Return the logistic function."""
    return 1 / (1 + np.exp(-x))


def normal_cdf(x: Floats) -> Floats:
    """Return the standard normal distribution function, exact to 1e-7 (interpolated on a fine grid)."""
    return np.interp(x, _GRID, _CDF)


def on_scale(latent: Floats, low: int, high: int) -> Floats:
    """Return answers: the nearest whole number, kept within the scale."""
    return np.clip(np.rint(latent), low, high)


def where_true(mask: Flags, values: Floats) -> Floats:
    """Return the values where the mask holds and NaN (does not apply) elsewhere."""
    return np.where(mask, values, np.nan)


def five_point(rng: np.random.Generator, size: int, *, five_share: float) -> Floats:
    """Draw ratings 1 to 5 with a given share of fives; the rest falls on 1 to 4 as 4, 10, 26 and 60 %."""
    shares = [*(np.array([0.04, 0.10, 0.26, 0.60]) * (1 - five_share)), five_share]
    return np.searchsorted(np.cumsum(shares[:-1]), rng.random(size), side="right") + 1.0


def lognormal_share(limit: float, *, median: float, sigma: float, step: float) -> float:
    """Return P(value <= limit) when values are rounded to the nearest `step` (rounded up when it is 0)."""
    return 0.5 * (1 + erf(log((limit + step / 2) / median) / sigma / 2**0.5))


def lognormal(rng: np.random.Generator, size: int, *, median: float, sigma: float) -> Floats:
    """Draw from the log-normal distribution with a given median."""
    return median * np.exp(sigma * rng.standard_normal(size))
