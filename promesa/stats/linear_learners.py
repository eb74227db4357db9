"""Ridge and logistic regression on an expanded basis: the fast learner of conditional means.

Columns are standardised; those of more than two values get hinges at their quartiles; the products of two
columns that the residuals ask for most are added. Penalties are chosen by generalised cross-validation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Predict = Callable[[NDArray[np.intp]], NDArray[np.float64]]

KNOTS = (0.25, 0.5, 0.75)
MOST_PRODUCTS = 15
ROWS_PER_COLUMN = 10  # with fewer, hinges and products would be fitted to noise
PENALTIES = 10.0 ** np.arange(-6, 1.5, 0.5)  # per row, of standardised columns
STEPS = 50


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Basis:
    """The confounders as the linear learners see them.

    Attributes
    ----------
    plain : ndarray of float, shape (n, varying columns)
        Standardised columns.
    hinges : ndarray of float, shape (n, hinges)
        max(0, x - knot) of the columns with more than two values, standardised.
    """

    plain: NDArray[np.float64]
    hinges: NDArray[np.float64]

    def matrix(self, rows: NDArray[np.intp], *, hinged: bool) -> NDArray[np.float64]:
        """Return the columns of some rows, with the hinges or without."""
        return np.concatenate([self.plain[rows], self.hinges[rows]], axis=1) if hinged else self.plain[rows]


def expand(confounders: NDArray[np.float64]) -> Basis:
    """Return the basis of a table of confounders without NaN; columns that never vary are left out."""
    low, high = (confounders.min(axis=0), confounders.max(axis=0)) if len(confounders) else (0.0, 0.0)
    table = confounders[:, np.flatnonzero(high > low)]
    plain = standardised(table)
    graded = [x for x in plain.T if not ((x == x.min()) | (x == x.max())).all()]
    hinges = [np.maximum(x - knot, 0) for x in graded for knot in np.unique(np.quantile(x, KNOTS))[:3]]
    hinges = [h for h in hinges if 0 < np.count_nonzero(h) < len(h)]
    columns = np.column_stack(hinges) if hinges else np.zeros((len(table), 0))
    return Basis(plain=plain, hinges=standardised(columns))


def standardised(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the columns with mean 0 and standard deviation 1 (0 where they do not vary)."""
    centred = table - table.mean(axis=0)
    spread = centred.std(axis=0)
    return centred / np.where(spread > 0, spread, 1.0)


def fit_mean(basis: Basis, target: NDArray[np.float64], rows: NDArray[np.intp]) -> Predict:
    """Fit a conditional mean by ridge regression on some rows; return what predicts any rows.

    Predictions are kept within the values seen, so that no far-off row is given an impossible mean.
    """
    seen = target[rows]
    hinged = _hinged(basis, len(rows))
    table = basis.matrix(rows, hinged=hinged)
    first = _ridge(table, seen)
    pairs = _asked_for(basis, rows, seen - first[0] - table @ first[1:])
    beta = _ridge(_with_products(basis, rows, pairs, table), seen) if pairs else first
    low, high = float(seen.min()), float(seen.max())

    def predict(other: NDArray[np.intp]) -> NDArray[np.float64]:
        columns = _with_products(basis, other, pairs, basis.matrix(other, hinged=hinged))
        return np.clip(beta[0] + columns @ beta[1:], low, high)

    return predict


def fit_probability(basis: Basis, target: NDArray[np.float64], rows: NDArray[np.intp]) -> Predict:
    """Fit the probability of a yes by penalised logistic regression on some rows."""
    seen = target[rows]
    hinged = _hinged(basis, int(2 * min(seen.sum(), len(seen) - seen.sum())))
    table = basis.matrix(rows, hinged=hinged)
    first = _ridge(table, seen)
    pairs = _asked_for(basis, rows, seen - first[0] - table @ first[1:]) if hinged else []
    beta = _logistic(_with_products(basis, rows, pairs, table), seen)

    def predict(other: NDArray[np.intp]) -> NDArray[np.float64]:
        columns = _with_products(basis, other, pairs, basis.matrix(other, hinged=hinged))
        return expit(beta[0] + columns @ beta[1:])

    return predict


def _hinged(basis: Basis, rows: int) -> bool:
    return rows >= ROWS_PER_COLUMN * (basis.plain.shape[1] + basis.hinges.shape[1])


def _asked_for(basis: Basis, rows: NDArray[np.intp], residual: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the pairs of columns whose product goes most with what is left, if there are rows enough."""
    plain = basis.plain[rows]
    width = plain.shape[1]
    count = min(MOST_PRODUCTS, width * (width - 1) // 2, len(rows) // (20 * ROWS_PER_COLUMN))
    if count == 0:
        return []
    score = plain.T @ (plain * residual[:, None])
    squares = plain**2
    strength = np.abs(score) / np.sqrt(np.maximum(squares.T @ squares, 1.0))
    upper = np.triu_indices(width, 1)
    best = np.argsort(-strength[upper], kind="stable")[:count]
    return [(int(upper[0][k]), int(upper[1][k])) for k in best]


def _with_products(
    basis: Basis, rows: NDArray[np.intp], pairs: list[tuple[int, int]], table: NDArray[np.float64]
) -> NDArray[np.float64]:
    if not pairs:
        return table
    left, right = (list(side) for side in zip(*pairs, strict=True))
    plain = basis.plain[rows]
    return np.concatenate([table, plain[:, left] * plain[:, right]], axis=1)


def _ridge(table: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return intercept and coefficients of least squares with the penalty that cross-validates best."""
    mean, level = table.mean(axis=0), float(target.mean())
    n = len(table)
    gram = table.T @ table - n * np.outer(mean, mean)
    left = target - level
    cross = table.T @ left
    beta, _ = _penalised(gram, cross, float(left @ left), n)
    return np.r_[level - mean @ beta, beta]


def _penalised(
    gram: NDArray[np.float64], cross: NDArray[np.float64], squares: float | None, n: int
) -> tuple[NDArray[np.float64], float]:
    """Return the coefficients and the penalty (per row) that should predict best.

    By generalised cross-validation, or by Mallows' Cp where the residual variance is known to be 1 (no
    `squares`), as in the working response of a logistic regression.
    """
    values, vectors = np.linalg.eigh(gram)
    values = np.maximum(values, 0.0)
    rotated = vectors.T @ cross
    penalty = n * PENALTIES[:, None]
    explained = (rotated**2 * (values + 2 * penalty) / (values + penalty) ** 2).sum(axis=1)
    freedom = 1 + (values / (values + penalty)).sum(axis=1)
    if squares is None:
        error = 2 * freedom - explained
    else:
        error = np.maximum(squares - explained, 0) / np.maximum(1 - freedom / n, 1e-3) ** 2
    best = int(np.argmin(error))
    return vectors @ (rotated / (values + penalty[best])), float(PENALTIES[best])


def _logistic(table: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return intercept and coefficients; the penalty is that of the weighted least squares near the solution."""
    share = float(target.mean())
    start = np.zeros(table.shape[1] + 1)
    start[0] = np.log(share / (1 - share))
    rough = _newton(table, target, start, penalty=1e-2 * share * (1 - share), tolerance=1e-2)
    fitted = expit(rough[0] + table @ rough[1:])
    weight = fitted * (1 - fitted)
    mean = weight @ table / weight.sum()
    gram = table.T @ (table * weight[:, None]) - weight.sum() * np.outer(mean, mean)
    left = target - fitted
    cross = table.T @ left - mean * left.sum() + gram @ rough[1:]
    _, penalty = _penalised(gram, cross, None, len(table))
    return _newton(table, target, rough, penalty=penalty, tolerance=1e-5)


def _newton(
    table: NDArray[np.float64],
    target: NDArray[np.float64],
    start: NDArray[np.float64],
    *,
    penalty: float,
    tolerance: float,
) -> NDArray[np.float64]:
    """Minimise the penalised logistic loss; the curvature is taken anew only when steps stop paying."""
    n, beta, ridge = len(table), start, np.r_[0.0, np.full(table.shape[1], penalty * len(table))]

    def state(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
        score = at[0] + table @ at[1:]
        fitted = expit(score)
        left = fitted - target
        value = float(np.logaddexp(0, score).sum() - target @ score + ridge @ at**2 / 2)
        return value, np.r_[left.sum(), left @ table] + ridge * at, fitted

    value, slope, fitted = state(beta)
    factor, last = None, np.inf
    for _ in range(STEPS):
        size = float(np.abs(slope).max()) / n
        if size < tolerance * 1e-2:
            break
        if factor is None or size > 0.3 * last:
            factor = _curvature(table, fitted, ridge)
        last, step = size, cho_solve(factor, slope)
        moved = state(beta - step)
        while moved[0] > value + 1e-9 * abs(value) and np.abs(step).max() > 1e-9:
            step = step / 2
            moved = state(beta - step)
        beta, (value, slope, fitted) = beta - step, moved
    return beta


def _curvature(
    table: NDArray[np.float64], fitted: NDArray[np.float64], ridge: NDArray[np.float64]
) -> tuple[NDArray[np.float64], bool]:
    weight = fitted * (1 - fitted)
    width = table.shape[1] + 1
    hessian = np.empty((width, width))
    weighted = table * weight[:, None]
    hessian[0, 0], hessian[0, 1:] = weight.sum(), weighted.sum(axis=0)
    hessian[1:, 0] = hessian[0, 1:]
    hessian[1:, 1:] = table.T @ weighted
    hessian[np.diag_indices(width)] += ridge + 1e-9 * len(table)
    return cho_factor(hessian)
