"""Normal equations and clustered covariance of a regression whose columns are made block by block.

A design of a million rows by a hundred columns is never held: a function makes the columns of some rows, and
these are summed. Rows are taken in the order of their units, so that a block holds whole units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import solve_triangular
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# A column of which this part of the variance, or less, is left beside earlier columns is their combination.
TOLERANCE = 1e-9
ROUNDING = 1e-13  # a sum of squares below this part of what was summed is what rounding leaves of equal values
BLOCK = 4_000  # rows whose columns are held at once: they fit the processor's cache
PEEKED = 4_000  # rows from which the first guess of each column's mean comes

Rows = Callable[["NDArray[np.intp]"], "NDArray[np.float64]"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitRows:
    """Rows in the order of their units.

    Attributes
    ----------
    order : ndarray of int, shape (n,)
        Row numbers, those of one unit beside each other.
    starts : ndarray of int, shape (units,)
        Where in `order` each unit starts.
    """

    order: NDArray[np.intp]
    starts: NDArray[np.intp]

    @property
    def n(self) -> int:
        """Return the number of rows."""
        return len(self.order)

    @property
    def units(self) -> int:
        """Return the number of units."""
        return len(self.starts)

    def blocks(self) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Yield row numbers of some whole units, and where among these each unit starts."""
        first = 0
        while first < self.units:
            last = int(np.searchsorted(self.starts, self.starts[first] + BLOCK, side="right"))
            last = max(first + 1, last - 1) if last < self.units else self.units
            stop = self.starts[last] if last < self.units else self.n
            start = self.starts[first]
            yield self.order[start:stop], self.starts[first:last] - start
            first = last


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Equations:
    """Centred normal equations of the columns that are no combination of earlier ones.

    Attributes
    ----------
    kept : ndarray of int, shape (kept,)
        Columns in the regression.
    constant, combination : tuple of int
        Columns left out, by reason.
    mean : ndarray of float, shape (kept,)
        Means of the columns kept.
    inverse : ndarray of float, shape (kept, kept)
        Inverse of the sums of centred products.
    coefficients : ndarray of float, shape (kept,)
        Least-squares coefficients.
    outcome_mean, outcome_squares : float
        Mean of the outcome and the sum of its squares about it.
    """

    kept: NDArray[np.intp]
    constant: tuple[int, ...]
    combination: tuple[int, ...]
    mean: NDArray[np.float64]
    inverse: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    outcome_mean: float
    outcome_squares: float

    def centred(self, columns: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the columns kept, less their means."""
        chosen = columns if len(self.kept) == columns.shape[1] else columns[:, self.kept]
        return chosen - self.mean

    def residual(self, columns: NDArray[np.float64], outcome: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the regression leaves of the outcome, given the centred columns kept."""
        return outcome - self.outcome_mean - columns @ self.coefficients


def rows_by_unit(codes: NDArray[np.int64]) -> UnitRows:
    """Return the rows in the order of their units."""
    order = np.argsort(codes, kind="stable")
    return UnitRows(order=order, starts=np.flatnonzero(np.diff(codes[order], prepend=codes[order[:1]] - 1)))


def sum_units(table: NDArray[np.float64], starts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the sums of the rows of each unit: faster than `reduceat`, which strides over wide tables."""
    n = len(table)
    if len(starts) == n:
        return table
    adder = csr_array((np.ones(n), np.arange(n), np.append(starts, n)), shape=(len(starts), n))
    return np.asarray(adder @ table)


def normal_equations(rows: UnitRows, columns: Rows, outcome: NDArray[np.float64]) -> Equations:
    """Sum the products of columns and outcome, and solve for the columns that can be told apart."""
    peeked = rows.order[:: max(1, rows.n // PEEKED)]
    guess = np.append(columns(peeked).mean(axis=0), outcome[peeked].mean())
    sums, products = np.zeros(len(guess)), np.zeros((len(guess), len(guess)))
    for index, _ in rows.blocks():
        table = np.column_stack([columns(index), outcome[index]]) - guess
        sums += table.sum(axis=0)
        products += table.T @ table
    centred = products - np.outer(sums, sums) / rows.n
    mean = guess + sums / rows.n
    squares = np.diag(centred)
    flat = squares <= np.maximum(ROUNDING * np.diag(products), 1e-28 * rows.n * mean**2)
    return _solved(centred, mean, flat=flat)


def clustered_covariance(
    rows: UnitRows, columns: Rows, outcome: NDArray[np.float64], equations: Equations
) -> tuple[NDArray[np.float64], float]:
    """Return the CR1 covariance of the coefficients kept, and the sum of squared residuals."""
    width = len(equations.kept)
    meat, squares = np.zeros((width, width)), 0.0
    for index, starts in rows.blocks():
        table = equations.centred(columns(index))
        left = equations.residual(table, outcome[index])
        squares += float(left @ left)
        scores = sum_units(table * left[:, None], starts)
        meat += scores.T @ scores
    covariance = equations.inverse @ meat @ equations.inverse
    return covariance * small_sample_factor(rows.n, rows.units, width + 1), squares


def small_sample_factor(n: int, units: int, parameters: int) -> float:
    """Return the factor of CR1: few units, and parameters that follow the data."""
    return units / (units - 1) * (n - 1) / (n - parameters)


def independent_columns(correlation: NDArray[np.float64]) -> tuple[list[int], NDArray[np.float64]]:
    """Return the columns that are no combination of earlier ones, and the Cholesky factor of these."""
    size = len(correlation)
    factor, kept = np.zeros((size, size)), list[int]()
    for column in range(size):
        count = len(kept)
        row = solve_triangular(factor[:count, :count], correlation[kept, column], lower=True) if count else np.zeros(0)
        left = correlation[column, column] - row @ row
        if left > TOLERANCE * correlation[column, column]:
            factor[count, :count], factor[count, count] = row, np.sqrt(left)
            kept.append(column)
    return kept, factor[: len(kept), : len(kept)]


def _solved(centred: NDArray[np.float64], mean: NDArray[np.float64], *, flat: NDArray[np.bool_]) -> Equations:
    varying = np.flatnonzero(~flat[:-1])
    scale = np.sqrt(np.diag(centred)[varying])
    chosen, factor = independent_columns(centred[np.ix_(varying, varying)] / np.outer(scale, scale))
    kept = varying[chosen]
    root = solve_triangular(factor, np.diag(1 / scale[chosen]), lower=True) if len(kept) else np.zeros((0, 0))
    inverse = root.T @ root
    return Equations(
        kept=kept,
        constant=tuple(int(k) for k in np.flatnonzero(flat[:-1])),
        combination=tuple(int(k) for k in np.setdiff1d(varying, kept)),
        mean=mean[kept],
        inverse=inverse,
        coefficients=root.T @ (root @ centred[kept, -1]),
        outcome_mean=float(mean[-1]),
        outcome_squares=0.0 if flat[-1] else float(centred[-1, -1]),
    )
