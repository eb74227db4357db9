"""How a count follows the money put in: a concave curve over periods that hang together."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats.shares import Interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

LEAST_PERIODS = 12
LEAST_SPREAD = 0.10  # of the logarithm of spend, beside trend and season: below, its effect cannot be told from chance
LEAST_FREEDOM = 6
SEASON_FROM = 0.75  # years that periods must span before a yearly season can be told from a trend
SECOND_HARMONIC_FROM = 3.0
STEPS, ENOUGH = 60, 1e-11


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResponseCurve:
    """What a period is expected to bring: ``level * (spend / usual) ** elasticity``.

    Attributes
    ----------
    level : float
        Expected count of a period of the last year at its usual spend.
    elasticity : float
        Per cent more of the count with one per cent more spend, as fitted: it may lie outside 0 to 1.
    interval : Interval
        Of the elasticity.
    covariance : ndarray, shape (2, 2)
        Of the logarithm of the level and the elasticity.
    freedom : int
        Degrees of freedom.
    usual, lowest, highest : float
        Mean spend of a period of the last year; ends of what was observed.
    spread : float
        Standard deviation of the logarithm of spend that neither trend nor season explains.
    dispersion : float
        Pearson's: 1 where counts vary as Poisson's do.
    n, n_missing : int
        Periods used; periods without spend, of which the curve says nothing.
    """

    level: float
    elasticity: float
    interval: Interval
    covariance: Floats
    freedom: int
    usual: float
    lowest: float
    highest: float
    spread: float
    dispersion: float
    n: int
    n_missing: int

    def at(self, spend: ArrayLike) -> Floats:
        """Return the expected count of a period at some spend."""
        return self.level * (np.asarray(spend, dtype=float) / self.usual) ** self.elasticity

    def interval_at(self, spend: float, *, confidence_level: float) -> Interval:
        """Return the interval of the expected count at some spend."""
        slopes = np.array([1.0, np.log(spend / self.usual)])
        half = float(stdtrit(self.freedom, (1 + confidence_level) / 2)) * float(
            np.sqrt(max(slopes @ self.covariance @ slopes, 0.0))
        )
        middle = float(self.at(spend))
        return Interval(middle * np.exp(-half), middle * np.exp(half))

    def draws(self, count: int, *, random: np.random.Generator) -> tuple[Floats, Floats]:
        """Return draws of (level, elasticity) from the t distribution that their estimates have, (count,) each."""
        root = np.linalg.cholesky(self.covariance + 1e-14 * np.eye(2))
        normal = random.standard_normal((count, 2)) @ root.T
        normal *= np.sqrt(self.freedom / random.chisquare(self.freedom, count))[:, None]
        return self.level * np.exp(normal[:, 0]), self.elasticity + normal[:, 1]


def response_obstacle(responses: ArrayLike, spend: ArrayLike, *, periods_a_year: float) -> str | None:
    """Return why no curve can be told, or None: ``too-few-periods``, ``spend-hardly-varied``, ``no-response``."""
    counts, money = np.asarray(responses, dtype=float), np.asarray(spend, dtype=float)
    used = money > 0
    if int(used.sum()) < LEAST_PERIODS:
        return "too-few-periods"
    behind = trend_and_season(counts.size, periods_a_year)[used]
    if int(used.sum()) - behind.shape[1] - 1 < LEAST_FREEDOM:
        return "too-few-periods"
    if _spread(np.log(money[used]), behind) < LEAST_SPREAD:
        return "spend-hardly-varied"
    return None if counts[used].sum() > 0 else "no-response"


def fit_response(
    responses: ArrayLike,
    spend: ArrayLike,
    *,
    exposure: ArrayLike | None = None,
    periods_a_year: float = 12.0,
    confidence_level: float = 0.95,
) -> ResponseCurve:
    """Fit a curve of constant elasticity to the counts of periods and the money put in.

    Parameters
    ----------
    responses : array-like of float, shape (n,)
        Counts of consecutive periods: new customers, purchases, promises kept.
    spend : array-like of float, shape (n,)
        Money of the same periods, 0 or more. Periods without any are left out.
    exposure : array-like of float, shape (n,), optional
        How many could have responded; the curve is then of the share of them.
    periods_a_year : float, default 12
        For the season.
    confidence_level : float, default 0.95
        Fraction in (0, 1).

    Raises
    ------
    TooFewObservations
        If `response_obstacle` finds something in the way.
    ValueOutOfRange
        If a number is negative, or missing.

    Notes
    -----
    Estimand: the elasticity in ``E[count] = exposure * exp(trend + season) * spend ** elasticity``. Between 0 and 1
    each further unit of money brings less than the one before. It is an association over time: it is what money does
    only if nothing else that moves the count, beside a steady trend and a yearly season, moved with it. Spend that
    follows demand makes it too large. What money brings in later periods is credited to them.

    Quasi-Poisson maximum likelihood. The covariance is the larger, for the elasticity, of Newey and West's [1]_ (with
    n / (n - columns)) and of the model's with Pearson's dispersion: the first knows that periods hang together, and
    is too small where there are few. Intervals are of Student's t with n less columns degrees of freedom.

    References
    ----------
    .. [1] W. K. Newey, K. D. West (1987). A simple, positive semi-definite, heteroskedasticity and autocorrelation
       consistent covariance matrix. Econometrica 55, 703-708. doi:10.2307/1913610
    .. [2] R. Sethuraman, G. J. Tellis, R. A. Briesch (2011). How well does advertising work? Generalizations from
       meta-analysis of brand advertising elasticities. Journal of Marketing Research 48, 457-471.
       doi:10.1509/jmkr.48.3.457
    """
    counts, money = np.asarray(responses, dtype=float), np.asarray(spend, dtype=float)
    could = np.ones_like(counts) if exposure is None else np.asarray(exposure, dtype=float)
    _check(counts, money, could)
    obstacle = response_obstacle(counts, money, periods_a_year=periods_a_year)
    if obstacle is not None:
        raise TooFewObservations(
            what="No response curve can be told from these periods.",
            got=obstacle,
            expected=f"{LEAST_PERIODS} periods with spend that varies beside trend and season",
            fix="look at a longer time, or vary the spend on purpose",
        )
    used = (money > 0) & (could > 0)
    recent = np.flatnonzero(used)[-round(periods_a_year) :]
    usual = float(money[recent].mean())
    behind = trend_and_season(counts.size, periods_a_year)
    behind = behind - behind[recent].mean(axis=0)
    behind[:, 0] = 1.0
    design = np.column_stack([behind, np.log(np.where(used, money, usual) / usual)])[used]
    known, size = counts[used], np.log(could[used] / could[recent].mean())
    fitted = _fitted(known, design, size)
    mean = np.exp(design @ fitted + size)
    freedom = known.size - design.shape[1]
    dispersion = float(((known - mean) ** 2 / mean).sum() / freedom)
    covariance = _covariance(known, design, mean, dispersion)
    half = float(stdtrit(freedom, (1 + confidence_level) / 2)) * float(np.sqrt(covariance[1, 1]))
    # The mean of the year's expected counts lies above the count of its mean month.
    year = float(np.exp((behind @ fitted[:-1])[recent]).mean())
    return ResponseCurve(
        level=year,
        elasticity=float(fitted[-1]),
        interval=Interval(float(fitted[-1]) - half, float(fitted[-1]) + half),
        covariance=covariance,
        freedom=freedom,
        usual=usual,
        lowest=float(money[used].min()),
        highest=float(money[used].max()),
        spread=_spread(np.log(money[used]), trend_and_season(counts.size, periods_a_year)[used]),
        dispersion=dispersion,
        n=int(known.size),
        n_missing=int(counts.size - known.size),
    )


def _check(counts: Floats, money: Floats, could: Floats) -> None:
    numbers = np.concatenate([counts, money, could])
    if (
        counts.shape != money.shape
        or counts.shape != could.shape
        or not np.isfinite(numbers).all()
        or (numbers < 0).any()
    ):
        raise ValueOutOfRange(
            what="Counts, spend and exposure of a response curve must be numbers of the same periods, 0 or more.",
            got=f"{counts.size} counts, {money.size} amounts, the least {numbers.min():g}"
            if numbers.size
            else "nothing",
            expected="three columns of one length without negative or missing numbers",
            fix="fill periods without any with 0",
        )


def trend_and_season(n: int, periods_a_year: float) -> Floats:
    """Return intercept, trend and, where periods span enough of a year, its season."""
    time = np.arange(n, dtype=float)
    columns = [np.ones(n), (time - time.mean()) / max(periods_a_year, 1.0)]
    years = n / periods_a_year
    for k in (1, 2):
        if years >= (SEASON_FROM, SECOND_HARMONIC_FROM)[k - 1]:
            angle = 2 * pi * k * time / periods_a_year
            columns += [np.sin(angle), np.cos(angle)]
    return np.column_stack(columns)


def _spread(logarithms: Floats, behind: Floats) -> float:
    left = logarithms - behind @ np.linalg.lstsq(behind, logarithms, rcond=None)[0]
    return float(np.sqrt((left**2).sum() / max(logarithms.size - behind.shape[1], 1)))


def _fitted(counts: Floats, design: Floats, size: Floats) -> Floats:
    """Return the maximum of the Poisson likelihood by Newton's steps, halved where one goes too far."""
    coefficients = np.zeros(design.shape[1])
    coefficients[0] = np.log(counts.sum() / np.exp(size).sum())
    best = _likelihood(counts, design, size, coefficients)
    for _ in range(STEPS):
        mean = np.exp(design @ coefficients + size)
        step = np.linalg.solve(design.T @ (design * mean[:, None]), design.T @ (counts - mean))
        while True:
            reached = _likelihood(counts, design, size, coefficients + step)
            if reached >= best - 1e-12 * abs(best) or np.abs(step).max() < ENOUGH:
                break
            step = step / 2
        coefficients, best = coefficients + step, reached
        if np.abs(step).max() < ENOUGH:
            break
    return coefficients


def _likelihood(counts: Floats, design: Floats, size: Floats, coefficients: Floats) -> float:
    inside = design @ coefficients + size
    return float(counts @ inside - np.exp(np.minimum(inside, 700.0)).sum())


def _covariance(counts: Floats, design: Floats, mean: Floats, dispersion: float) -> Floats:
    """Return the covariance of (log level, elasticity): the larger of Newey and West's and the model's."""
    n, columns = design.shape
    bread = np.linalg.inv(design.T @ (design * mean[:, None]))
    scores = design * (counts - mean)[:, None]
    meat, lags = scores.T @ scores, int(4 * (n / 100) ** (2 / 9))
    for lag in range(1, lags + 1):
        part = scores[lag:].T @ scores[:-lag]
        meat += (1 - lag / (lags + 1)) * (part + part.T)
    robust, plain = bread @ meat @ bread * n / (n - columns), bread * dispersion
    larger = robust if robust[-1, -1] >= plain[-1, -1] else plain
    return np.asarray(larger[np.ix_([0, columns - 1], [0, columns - 1])], dtype=np.float64)
