"""Proportional hazards: what goes with ending sooner, when what is lived changes over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats.hazard_sums import HazardSums, Spans

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

ROUNDS = 40
CLOSE = 1e-10  # gain of the log-likelihood, as a share of it, at which the climb ends
NOTHING_LEFT = 1e-9  # of a column's variance beside the columns before it
FARTHEST = 12.0  # coefficient of a column with spread 1: past it, the column parts those who end from the others
UNSURE = 50.0  # its standard error, were nothing else in the fit: past it the likelihood is flat


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProportionalHazards:
    """A fitted Cox regression.

    Attributes
    ----------
    coefficients : ndarray of float, shape (columns,)
        Logarithm of how many times the hazard is, per unit of each column; NaN for columns left out.
    covariance : ndarray of float, shape (columns, columns)
        Robust, clustered by unit where units are given; NaN for columns left out.
    standard_errors, lower, upper : ndarray of float, shape (columns,)
        Roots of its diagonal, and ends of the interval.
    log_likelihood, log_likelihood_null : float
        Partial, at the coefficients and at none.
    times, cumulative : ndarray of float, shape (t,)
        Times of the ends, and the cumulative hazard up to each where every column is at `means`.
    means : ndarray of float, shape (columns,)
        Weighted means of the columns.
    left_out : tuple of int
        Columns that never vary, follow from earlier ones, or part those who end from the others.
    n, ended, units : int
        Rows, ends, and units.
    """

    coefficients: Floats
    covariance: Floats
    standard_errors: Floats
    lower: Floats
    upper: Floats
    log_likelihood: float
    log_likelihood_null: float
    times: Floats
    cumulative: Floats
    means: Floats
    left_out: tuple[int, ...]
    n: int
    ended: int
    units: int

    def score(self, columns: ArrayLike) -> Floats:
        """Return the logarithm of how many times the hazard of each row is that of the mean, (n,)."""
        used = np.nan_to_num(self.coefficients)
        return (np.asarray(columns, dtype=float) - self.means) @ used

    def ended_between(self, score: ArrayLike, first: ArrayLike, last: ArrayLike) -> Floats:
        """Return the probability of each row, there at `first`, to end by `last` at a `score` held, (n,)."""
        steps = np.r_[0.0, self.cumulative]
        low, high = (steps[np.searchsorted(self.times, np.asarray(t), side="right")] for t in (first, last))
        return -np.expm1(-np.exp(np.asarray(score, dtype=float)) * np.maximum(high - low, 0.0))


def proportional_hazards(
    stop: ArrayLike,
    ended: ArrayLike,
    columns: ArrayLike,
    *,
    start: ArrayLike | None = None,
    count: ArrayLike | None = None,
    units: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> ProportionalHazards:
    """Fit a Cox regression by partial likelihood, ties by Efron's rule, with a covariance clustered by unit.

    Parameters
    ----------
    stop : array-like of float, shape (n,)
        Time at which each row ends.
    ended : array-like of bool, shape (n,)
        Whether what is looked at happened then.
    columns : array-like of float, shape (n, columns)
        What held during the row. Without NaN.
    start : array-like of float, shape (n,), optional
        Time from which the row counts, itself not in it; 0 where it is not given. A unit whose columns change has a
        row for each stretch.
    count : array-like of float, shape (n,), optional
        How many equal rows each stands for.
    units : array-like, shape (n,), optional
        Whom each row belongs to, such as its customer. Without it each row is its own unit.
    confidence_level : float, default 0.95
        Fraction in (0, 1).

    Returns
    -------
    ProportionalHazards
        Coefficients are logarithms of hazard ratios per unit of the column.

    Raises
    ------
    TooFewObservations
        If there are no more ends than columns and two.
    ValueOutOfRange
        If shapes do not fit, a number is missing, or a row ends before it starts.

    Notes
    -----
    Estimand: by what factor the hazard of ending differs with a column, the others held, in the population of the
    units. It assumes that this factor is the same at every time; where it is not, it is an average over the times at
    which people ended. A column of a stretch may only hold what was known at its start.

    Ties are taken by Efron's rule [1]_. The covariance is the sandwich of sums of scores by unit [2]_, with G/(G-1):
    it holds where rows of one unit depend on each other, and where the hazards are not quite proportional.

    References
    ----------
    .. [1] B. Efron (1977). The efficiency of Cox's likelihood function for censored data. Journal of the American
       Statistical Association 72, 557-565. doi:10.1080/01621459.1977.10480613
    .. [2] D. Y. Lin, L. J. Wei (1989). The robust inference for the Cox proportional hazards model. Journal of the
       American Statistical Association 84, 1074-1078. doi:10.1080/01621459.1989.10478874

    Examples
    --------
    >>> waited = [[k % 2] for k in range(40)]
    >>> found = proportional_hazards([1 + k // 2 - 5 * (k % 2) % 7 for k in range(40)], [True] * 40, waited)
    >>> found.n, found.ended, bool(found.coefficients[0] > 0)
    (40, 40, True)
    """
    spans, table = _checked(stop, ended, columns, start=start, count=count)
    if not spans.events:
        raise TooFewObservations(
            what="Nobody ended, so that nothing can go with it.",
            got=f"{len(table)} rows without an end",
            expected="rows of which some ended",
            fix="take a longer period",
        )
    means = np.average(table, axis=0, weights=spans.count)
    spread = np.sqrt(np.average((table - means) ** 2, axis=0, weights=spans.count))
    kept = _independent((table - means), spread, spans.count)
    if spans.events <= len(kept) + 2:
        raise TooFewObservations(
            what="Too few ended for a regression on these columns.",
            got=f"{spans.events:.0f} ends for {len(kept)} columns",
            expected=f"more than {len(kept) + 2} ends",
            fix="take a longer period, or fewer columns",
        )
    while True:
        scaled = (table[:, kept] - means[kept]) / spread[kept]
        beta, sums = _climb(spans, scaled)
        flat = np.diag(sums.information) < UNSURE**-2
        far = [k for k, b, f in zip(kept, beta, flat, strict=True) if f or abs(b) > FARTHEST]
        if not far:
            break
        kept = [k for k in kept if k not in far]
    codes = np.arange(len(table)) if units is None else np.unique(np.asarray(units), return_inverse=True)[1]
    return _result(spans, beta, sums, kept=kept, means=means, spread=spread, codes=codes, level=confidence_level)


def _climb(spans: Spans, scaled: Floats) -> tuple[Floats, HazardSums]:
    """Return the maximum, by Newton's steps, halved where they overshoot."""
    beta = np.zeros(scaled.shape[1])
    sums = HazardSums(spans, scaled, beta)
    for _ in range(ROUNDS):
        step = np.linalg.pinv(sums.information) @ sums.slope
        step *= min(1.0, 3.0 / max(float(np.abs(step).max(initial=0.0)), 1e-300))
        trial = HazardSums(spans, scaled, beta + step)
        while not trial.value >= sums.value - 1e-9 * abs(sums.value) and np.abs(step).max(initial=0.0) > 1e-9:
            step /= 2
            trial = HazardSums(spans, scaled, beta + step)
        gain = trial.value - sums.value
        beta, sums = beta + step, trial
        if gain <= CLOSE * abs(sums.value) or np.abs(beta).max(initial=0.0) > 2 * FARTHEST:
            break
    return beta, sums


def _result(
    spans: Spans,
    beta: Floats,
    sums: HazardSums,
    *,
    kept: list[int],
    means: Floats,
    spread: Floats,
    codes: NDArray[np.intp],
    level: float,
) -> ProportionalHazards:
    scaled = sums.columns
    scores = sums.scores() * spans.count[:, None]
    groups = int(codes.max()) + 1
    by_unit = np.zeros((groups, len(kept)))
    for k, column in enumerate(scores.T):
        by_unit[:, k] = np.bincount(codes, weights=column, minlength=groups)
    bread = np.linalg.pinv(sums.information)
    robust = bread @ by_unit.T @ by_unit @ bread * (groups / max(groups - 1, 1))
    width = len(means)
    coefficients, covariance = np.full(width, np.nan), np.full((width, width), np.nan)
    coefficients[kept] = beta / spread[kept]
    covariance[np.ix_(kept, kept)] = robust / np.outer(spread[kept], spread[kept])
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    reach = float(norm.ppf((1 + level) / 2)) * errors
    return ProportionalHazards(
        coefficients=coefficients,
        covariance=covariance,
        standard_errors=errors,
        lower=coefficients - reach,
        upper=coefficients + reach,
        log_likelihood=sums.value,
        log_likelihood_null=HazardSums(spans, scaled, np.zeros(len(kept))).value,
        times=spans.times,
        cumulative=sums.cumulative,
        means=means,
        left_out=tuple(k for k in range(width) if k not in kept),
        n=len(scaled),
        ended=round(spans.events),
        units=groups,
    )


def _independent(centred: Floats, spread: Floats, count: Floats) -> list[int]:
    """Return the columns that vary and do not follow from those before them."""
    kept: list[int] = []
    squares = (centred * count[:, None]).T @ centred / count.sum()
    for k in np.flatnonzero(spread > NOTHING_LEFT):
        own = squares[k, k]
        among, cross = squares[np.ix_(kept, kept)], squares[kept, k]
        rest = own - (cross @ np.linalg.solve(among, cross) if kept else 0.0)
        if rest > NOTHING_LEFT * own:
            kept.append(int(k))
    return kept


def _checked(
    stop: ArrayLike, ended: ArrayLike, columns: ArrayLike, *, start: ArrayLike | None, count: ArrayLike | None
) -> tuple[Spans, Floats]:
    last, gone, table = np.asarray(stop, dtype=float), np.asarray(ended, dtype=bool), np.asarray(columns, dtype=float)
    first = np.full(last.shape, -np.inf) if start is None else np.asarray(start, dtype=float)
    each = np.ones(last.shape) if count is None else np.asarray(count, dtype=float)
    shapes = {last.shape, gone.shape, first.shape, each.shape, table.shape[:1]}
    if len(shapes) > 1 or table.ndim != 2:
        raise ValueOutOfRange(
            what="`stop`, `ended`, `columns`, `start` and `count` do not hold the same rows.",
            got=f"shapes {last.shape}, {gone.shape}, {table.shape}, {first.shape} and {each.shape}",
            expected="shapes (n,), and (n, columns) for the columns",
            fix="pass one row of columns for each stretch of time",
        )
    wrong = ~np.isfinite(last) | ~np.isfinite(table).all(axis=1) | ~(first < last) | ~(each >= 0)
    if wrong.any():
        raise ValueOutOfRange(
            what="Some stretches of time cannot be true.",
            got=f"{int(wrong.sum())} of {last.size}",
            expected="start before stop, finite numbers in every column, counts of 0 or more",
            fix="leave out what was not seen at all, and give a missing value a column of its own",
        )
    return Spans(first, last, gone, each), table
