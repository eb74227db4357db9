"""Least squares with a covariance that knows that the rows of one customer belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import stdtrit

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats.product_sums import unit_codes
from promesa.stats.regression_blocks import (
    Equations,
    Rows,
    UnitRows,
    clustered_covariance,
    normal_equations,
    rows_by_unit,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MIN_CLUSTERS = 20  # with fewer, the clustered covariance is itself too uncertain


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedColumn:
    """A column that the regression could not hold.

    Attributes
    ----------
    column : int
        Its place in the design.
    reason : str
        ``constant``: it never varies. ``combination``: it follows from earlier columns.
    """

    column: int
    reason: Literal["constant", "combination"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusteredRegression:
    """Coefficients of a linear regression with intercept, and how sure they are.

    Attributes
    ----------
    coefficients : ndarray of float, shape (columns,)
        Change of the outcome per unit of each column, the others held; NaN for columns dropped.
    intercept : float
        Outcome where every column is 0.
    covariance : ndarray of float, shape (columns, columns)
        Cluster-robust (CR1) covariance of the coefficients; NaN for columns dropped.
    standard_errors, lower, upper : ndarray of float, shape (columns,)
        Roots of its diagonal, and the ends of the t interval with clusters - 1 degrees of freedom.
    r_squared : float
        Part of the outcome's variance that the columns explain.
    dropped : tuple of DroppedColumn
        In the order of the columns.
    n, n_missing, clusters : int
        Rows used, rows left out because a number was missing, and units among the rows used.
    confidence_level : float
        Of the intervals.
    """

    coefficients: NDArray[np.float64]
    intercept: float
    covariance: NDArray[np.float64]
    standard_errors: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    r_squared: float
    dropped: tuple[DroppedColumn, ...]
    n: int
    n_missing: int
    clusters: int
    confidence_level: float


def clustered_regression(
    outcome: ArrayLike, design: ArrayLike, *, units: ArrayLike | None = None, confidence_level: float = 0.95
) -> ClusteredRegression:
    """Regress an outcome on columns by least squares, with a covariance clustered by unit.

    Parameters
    ----------
    outcome : array-like of float, shape (n,)
        NaN means missing: the row is left out and counted.
    design : array-like of float, shape (n, columns)
        Without a column of ones; an intercept is always there. A row with any NaN is left out and counted.
    units : array-like, shape (n,), optional
        Whom each row belongs to, such as its customer. Without it each row is its own unit.
    confidence_level : float, default 0.95
        Fraction in (0, 1).

    Returns
    -------
    ClusteredRegression
        Coefficients in units of the outcome per unit of the column.

    Raises
    ------
    TooFewObservations
        If fewer than 20 units, or not more rows than columns kept and 2, are complete.
    ValueOutOfRange
        If the outcome does not vary, a number is infinite, shapes do not fit, or the level is no fraction.

    Notes
    -----
    Estimand: the coefficients of the best linear prediction of the outcome in the population from which the
    units come. The covariance holds under any dependence within a unit and any variance; it needs many units,
    none of which carries most of what is known of a coefficient.

    A column is dropped as constant, or as a combination where at most 1e-9 of its variance is left beside the
    columns before it. The covariance is CR1: G/(G-1) (n-1)/(n-p) times the sandwich of sums of scores by unit.

    References
    ----------
    .. [1] A. C. Cameron, D. L. Miller (2015). A practitioner's guide to cluster-robust inference. Journal of
       Human Resources 50(2), 317-372. doi:10.3368/jhr.50.2.317

    Examples
    --------
    >>> waited = [[k % 5] for k in range(40)]
    >>> found = clustered_regression([9 - 0.5 * w[0] for w in waited], waited, units=range(40))
    >>> round(float(found.coefficients[0]), 9), round(found.intercept, 9), found.n
    (-0.5, 9.0, 40)
    """
    scores, table = np.asarray(outcome, dtype=float), np.asarray(design, dtype=float)
    _check_shapes(scores, table, confidence_level)
    complete = ~(np.isnan(scores) | np.isnan(table).any(axis=1))
    used = np.flatnonzero(complete)
    codes = unit_codes(units, len(scores))[used]
    check_units(codes)
    rows = rows_by_unit(codes)
    rows = UnitRows(order=used[rows.order], starts=rows.starts)
    equations = solve(rows, table.__getitem__, scores)
    covariance, squares = clustered_covariance(rows, table.__getitem__, scores, equations)
    return _result(
        equations, covariance, squares, columns=table.shape[1], rows=rows, n=len(scores), level=confidence_level
    )


def check_units(codes: NDArray[np.int64]) -> None:
    """Refuse rows of too few units."""
    count = len(np.unique(codes))
    if count < MIN_CLUSTERS:
        raise TooFewObservations(
            what="There are too few units for a regression with a clustered covariance.",
            got=f"{count} units in {len(codes)} complete rows",
            expected=f"at least {MIN_CLUSTERS} units",
            fix="take a longer period or a wider slice",
        )


def solve(rows: UnitRows, columns: Rows, outcome: NDArray[np.float64]) -> Equations:
    """Return the normal equations; refuse an outcome that does not vary, or too few rows."""
    equations = normal_equations(rows, columns, outcome)
    check_equations(rows, equations)
    return equations


def check_equations(rows: UnitRows, equations: Equations) -> None:
    """Refuse an outcome that does not vary, or too few rows."""
    if rows.n <= len(equations.kept) + 2:
        raise TooFewObservations(
            what="There are too few rows for a regression on these columns.",
            got=f"{rows.n} complete rows for {len(equations.kept)} columns",
            expected=f"more than {len(equations.kept) + 2} rows",
            fix="take a longer period, or fewer columns",
        )
    if equations.outcome_squares <= 0:
        raise ValueOutOfRange(
            what="The outcome is the same in every row, so nothing can go with it.",
            got=f"{rows.n} rows, all {equations.outcome_mean:g}",
            expected="an outcome that varies",
            fix="check the outcome, or take a longer period",
        )


def t_quantile(units: int, confidence_level: float) -> float:
    """Return how many standard errors the interval reaches to each side."""
    return float(stdtrit(units - 1, (1 + confidence_level) / 2))


def _result(
    equations: Equations,
    covariance: NDArray[np.float64],
    squares: float,
    *,
    columns: int,
    rows: UnitRows,
    n: int,
    level: float,
) -> ClusteredRegression:
    coefficients, full = np.full(columns, np.nan), np.full((columns, columns), np.nan)
    coefficients[equations.kept] = equations.coefficients
    full[np.ix_(equations.kept, equations.kept)] = covariance
    errors = np.sqrt(np.maximum(np.diag(full), 0.0))
    reach = t_quantile(rows.units, level) * errors
    dropped = [DroppedColumn(column=k, reason="constant") for k in equations.constant]
    dropped += [DroppedColumn(column=k, reason="combination") for k in equations.combination]
    return ClusteredRegression(
        coefficients=coefficients,
        intercept=equations.outcome_mean - float(equations.mean @ equations.coefficients),
        covariance=full,
        standard_errors=errors,
        lower=coefficients - reach,
        upper=coefficients + reach,
        r_squared=1 - squares / equations.outcome_squares,
        dropped=tuple(sorted(dropped, key=lambda column: column.column)),
        n=rows.n,
        n_missing=n - rows.n,
        clusters=rows.units,
        confidence_level=level,
    )


def check_level(confidence_level: float) -> None:
    """Refuse a confidence level that is no fraction."""
    if not 0 < confidence_level < 1:
        raise ValueOutOfRange(
            what="`confidence_level` is not a confidence level.",
            got=f"{confidence_level!r}",
            expected="a fraction greater than 0 and less than 1",
            fix="write 95 % as confidence_level=0.95",
        )


def _check_shapes(scores: NDArray[np.float64], table: NDArray[np.float64], confidence_level: float) -> None:
    check_level(confidence_level)
    if scores.ndim != 1 or table.ndim != 2 or len(scores) != len(table):
        raise ValueOutOfRange(
            what="`outcome` and `design` do not hold the same rows.",
            got=f"shapes {scores.shape} and {table.shape}",
            expected="shapes (n,) and (n, columns)",
            fix="pass one row of columns for each value of the outcome",
        )
    if np.isinf(scores).any() or np.isinf(table).any():
        raise ValueOutOfRange(
            what="The data hold infinite values.",
            got=f"{int(np.isinf(scores).sum() + np.isinf(table).sum())} of them",
            expected="finite numbers, NaN for a missing one",
            fix="clean the source of these columns",
        )
