"""The day a series changed its level: one break, tested, dated, and told from chance and from a drift."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, exp, sqrt
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import ndtr, ndtri

from promesa.errors import ValueOutOfRange
from promesa.stats.shares import Interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

SHORTEST = 24  # observations below which no break is looked for
TRIMMED = 0.1  # share of the series at each end where none is looked for
SIMULATED = 9_999
PERSISTENT = 0.9  # highest autocorrelation reckoned with
STEP = 0.1  # of the grid of autocorrelations that p-values are simulated on
LENGTHS = (24, 28, 32, 36, 40, 46, 52, 64, 78, 90, 104, 130, 156, 208, 260)  # and of that of lengths


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """One change of level in a series.

    Attributes
    ----------
    kind : {"step", "drift"}
        ``drift``: a straight line fits better than two levels, so that the day means little.
    place, lower, upper : int
        First observation of the new level, and the ends of the interval of that place.
    before, after : float
        The two levels, in the unit of the series.
    change : float
        After less before.
    interval : Interval
        Of the change, given that there is one.
    p_value : float
        Of a series without any break.
    autocorrelation : float
        Of what is left beside the break, from one observation to the next.
    """

    kind: Literal["step", "drift"]
    place: int
    lower: int
    upper: int
    before: float
    after: float
    change: float
    interval: Interval
    p_value: float
    autocorrelation: float


def level_break(values: ArrayLike, *, confidence_level: float = 0.95) -> Break | None:
    """Find the place at which the level of a series changed most, and test it.

    Parameters
    ----------
    values : array-like of float, shape (n,)
        One observation a week (or day), in order, without NaN.
    confidence_level : float, default 0.95
        Fraction in (0, 1).

    Returns
    -------
    Break or None
        None below 24 observations, or where all are equal.

    Raises
    ------
    ValueOutOfRange
        If a value is not finite.

    Notes
    -----
    Estimand: the place where the mean of the series changes, and by how much. The place is that of the largest Wald
    statistic of a shift in mean, a tenth of the series at each end left out: Andrews' sup-Wald test [1]_. Where it lies
    at the edge of what was searched, the change itself lies beyond, and the place is looked for there. Its variance
    is the long-run one of errors that follow each other with one autocorrelation, taken beside the break so that a
    large break does not hide itself, and corrected for its bias. The p-value is the share of 9,999 series of about
    the same length and autocorrelation, without a break, in which the same procedure finds as much: asymptotic tables
    call far too many breaks in a year or two of weeks.

    The interval of the place is Bai's [2]_, by Yao's distribution. That of the change takes the place as known: of
    breaks that are hardly found it says too much, because the largest one was picked.

    A season that comes once a year is a break in a series shorter than two years, and so is a drift; the latter is
    told by ``kind``. Several breaks of opposite sign may hide each other.

    References
    ----------
    .. [1] D. W. K. Andrews (1993). Tests for parameter instability and structural change with unknown change point.
       Econometrica 61, 821-856. doi:10.2307/2951764
    .. [2] J. Bai (1997). Estimation of a change point in multiple regression models. Review of Economics and
       Statistics 79, 551-563. doi:10.1162/003465397557132

    Examples
    --------
    >>> found = level_break([5, 6, 5, 4] * 5 + [9, 8, 9, 10] * 5)
    >>> found.place, found.kind, found.p_value < 0.01
    (20, 'step', True)
    """
    series = np.asarray(values, dtype=float)
    if not np.isfinite(series).all():
        raise ValueOutOfRange(
            what="`values` holds what is no number.",
            got=f"{int((~np.isfinite(series)).sum())} of {series.size} not finite",
            expected="finite numbers",
            fix="leave out the weeks without data",
        )
    if series.size < SHORTEST or np.ptp(series) <= 1e-12 * np.abs(series).max():
        return None
    statistics, places, phis, variances = _largest(series[None, :])
    place, phi, variance = _beyond_edge(series, int(places[0]), phi=float(phis[0]), variance=float(variances[0]))
    before, after = float(series[:place].mean()), float(series[place:].mean())
    length = max(length for length in LENGTHS if length <= series.size)
    simulated = _without_break(length, min(PERSISTENT, ceil(max(0.0, phi) / STEP - 1e-9) * STEP))
    beyond = simulated.size - int(np.searchsorted(simulated, statistics[0], side="left"))
    lower, upper = _place_interval(place, series.size, (after - before) ** 2 / variance, confidence_level)
    width = float(ndtri((1 + confidence_level) / 2)) * sqrt(variance * (1 / place + 1 / (series.size - place)))
    return Break(
        kind=_kind(series, place),
        place=place,
        lower=lower,
        upper=upper,
        before=before,
        after=after,
        change=after - before,
        interval=Interval(after - before - width, after - before + width),
        p_value=(1 + beyond) / (1 + simulated.size),
        autocorrelation=phi,
    )


def _largest(series: Floats) -> tuple[Floats, NDArray[np.int64], Floats, Floats]:
    """Return, for each series (rows), the largest statistic, its place, the autocorrelation and long-run variance."""
    m, n = series.shape
    edge = max(2, round(TRIMMED * n))
    places = np.arange(edge, n - edge + 1)
    sums = np.cumsum(series, axis=1)
    bridge = sums[:, places - 1] - places / n * sums[:, -1:]
    # Explained sum of squares of a shift at each place.
    gains = bridge**2 * n / (places * (n - places))
    best = np.argmax(gains, axis=1)
    place, rows = places[best], np.arange(m)
    first = sums[rows, place - 1] / place
    second = (sums[:, -1] - sums[rows, place - 1]) / (n - place)
    errors = series - np.where(np.arange(n) < place[:, None], first[:, None], second[:, None])
    phi, variance = _long_run(errors)
    return gains[rows, best] / variance, place, phi, variance


def _beyond_edge(series: Floats, place: int, *, phi: float, variance: float) -> tuple[int, float, float]:
    """Return place, autocorrelation and variance; of a place at the edge of the search, those of the best beyond it."""
    n = series.size
    edge = max(2, round(TRIMMED * n))
    if edge < place < n - edge:
        return place, phi, variance
    beyond = np.arange(2, edge + 1) if place == edge else np.arange(n - edge, n - 1)
    sums = np.cumsum(series)
    bridge = sums[beyond - 1] - beyond / n * sums[-1]
    found = int(beyond[np.argmax(bridge**2 * n / (beyond * (n - beyond)))])
    if found == place:
        return place, phi, variance
    errors = np.concatenate([series[:found] - series[:found].mean(), series[found:] - series[found:].mean()])
    phis, variances = _long_run(errors[None, :])
    return found, float(phis[0]), float(variances[0])


def _long_run(errors: Floats) -> tuple[Floats, Floats]:
    """Return the first autocorrelation, corrected for its bias, and the long-run variance that it implies."""
    n = errors.shape[1]
    squares = (errors**2).sum(axis=1)
    plain = (errors[:, 1:] * errors[:, :-1]).sum(axis=1) / np.maximum(squares, 1e-300)
    # Kendall's bias of two means instead of one: each takes (1 + 3 phi) / n.
    phi = np.clip(plain + 2 * (1 + 3 * plain) / n, -PERSISTENT, PERSISTENT)
    own = squares / (n - 2)
    return phi, np.maximum(own * (1 + phi) / (1 - phi), 1e-300)


@lru_cache(maxsize=64)
def _without_break(n: int, phi: float) -> Floats:
    """Return the statistics of series without a break, sorted."""
    noise = np.random.default_rng(20_260).standard_normal((SIMULATED, n))
    for t in range(1, n):
        noise[:, t] = phi * noise[:, t - 1] + sqrt(1 - phi * phi) * noise[:, t]
    statistics, *_ = _largest(noise)
    return np.sort(statistics)


def _kind(series: Floats, place: int) -> Literal["step", "drift"]:
    """Tell two levels from a straight line by what each leaves unexplained."""
    stepped = sum(float(((part - part.mean()) ** 2).sum()) for part in (series[:place], series[place:]))
    time = np.arange(series.size)
    slope, start = np.polyfit(time, series, 1)
    return "step" if stepped <= float(((series - start - slope * time) ** 2).sum()) else "drift"


def _place_interval(place: int, n: int, signal: float, level: float) -> tuple[int, int]:
    """Return the first and last place that the break may have, `signal` the squared change over the variance."""
    half = ceil(_yao_quantile((1 + level) / 2) / signal)
    return max(1, place - half), min(n - 1, place + half)


@lru_cache(maxsize=16)
def _yao_quantile(level: float) -> float:
    """Return the quantile of the place, scaled, at which a two-sided Brownian motion with drift is largest."""
    low, high = 0.0, 200.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _yao(middle) < level else (low, middle)
    return high


def _yao(x: float) -> float:
    root = sqrt(x)
    tail = 1.5 * exp(x) * float(ndtr(-1.5 * root)) if x < 500 else 0.0
    return 1 + sqrt(x / (2 * np.pi)) * exp(-x / 8) - (x + 5) / 2 * float(ndtr(-root / 2)) + tail
