"""Sums of products per sampling unit: all that a covariance and its bootstrap need to know of the rows.

An engine brings one row per unit (a customer, or a bucket of customers by hash); nothing here sees more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import TooFewObservations, ValueOutOfRange

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# A variance below this part of the mean square is what rounding leaves of equal values.
ROUNDING = 1e-12
BLOCK = 4_000_000  # numbers held at once while units are drawn again


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrossProducts:
    """Weighted sums and products of the columns of a table, by sampling unit.

    The columns may be shifted by any constant first: covariances do not move, and sums of values far from
    zero lose their digits. Only rows in which no column is missing may be counted.

    Attributes
    ----------
    n : ndarray of int, shape (units,)
        Rows of each unit.
    weight : ndarray of float, shape (units,)
        Sum of the rows' weights; `n` where no row weighs more than another.
    sums : ndarray of float, shape (units, columns)
        Weighted sums of the columns.
    products : ndarray of float, shape (units, columns * (columns + 1) / 2)
        Weighted sums of products of two columns, in the order of `product_pairs`.
    n_missing : int
        Rows left out because a column was missing.
    """

    n: NDArray[np.int64]
    weight: NDArray[np.float64]
    sums: NDArray[np.float64]
    products: NDArray[np.float64]
    n_missing: int = 0

    @property
    def columns(self) -> int:
        """Return the number of columns."""
        return int(self.sums.shape[1])

    @property
    def units(self) -> int:
        """Return the number of units that hold a row."""
        return int((self.n > 0).sum())

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return int(self.n.sum())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """Means and covariances, of one sample or of several drawn again from it.

    Attributes
    ----------
    mean : ndarray of float, shape (samples, columns)
        Weighted means, on the scale of the sums.
    covariance : ndarray of float, shape (samples, columns, columns)
        Weighted covariances, divided by the sum of weights.
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


def product_pairs(columns: int) -> list[tuple[int, int]]:
    """Return the pairs of columns in the order in which `CrossProducts.products` holds them."""
    return [(i, j) for i in range(columns) for j in range(i, columns)]


def cross_products(
    rows: ArrayLike, *, units: ArrayLike | None = None, weights: ArrayLike | None = None
) -> CrossProducts:
    """Sum the products of rows held in memory, by unit.

    Parameters
    ----------
    rows : array-like of float, shape (n, columns)
        NaN means missing: a row with any NaN is left out and counted.
    units : array-like, shape (n,), optional
        Whom each row belongs to. Without it each row is its own unit.
    weights : array-like of float, shape (n,), optional
        Weight of each row, 0 or more. Without it all weigh 1.

    Returns
    -------
    CrossProducts
        Columns are centred on their mean before they are summed.

    Raises
    ------
    ValueOutOfRange
        If a weight is negative or missing, or the lengths differ.
    TooFewObservations
        If no row is complete.
    """
    table = np.asarray(rows, dtype=float)
    weight = row_weights(weights, len(table))
    complete = ~np.isnan(table).any(axis=1) & (weight > 0)
    n_missing = int(np.isnan(table).any(axis=1).sum())
    if not complete.any():
        raise TooFewObservations(
            what="No row holds a value in every column, so nothing can be estimated.",
            got=f"{len(table)} rows, none complete",
            expected="at least 1 complete row with a weight above 0",
            fix="leave out the column that is missing most",
        )
    table, weight = table[complete], weight[complete]
    codes = unit_codes(units, len(complete))[complete]
    centred = table - np.average(table, axis=0, weights=weight)
    return sum_by_unit(centred, codes=codes, weight=weight, n_missing=n_missing)


def sum_by_unit(
    table: NDArray[np.float64], *, codes: NDArray[np.int64], weight: NDArray[np.float64], n_missing: int
) -> CrossProducts:
    """Sum checked rows without NaN, as they stand: `codes` and `weight` hold one number per row."""
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(codes[order]) != 0])
    table, weight = table[order], weight[order]
    upper = np.triu_indices(table.shape[1])
    scaled = table * weight[:, None]
    products = np.empty((len(starts), len(upper[0])))
    for k, (i, j) in enumerate(zip(*upper, strict=True)):
        products[:, k] = np.add.reduceat(scaled[:, i] * table[:, j], starts)
    return CrossProducts(
        n=np.diff(np.r_[starts, len(table)]),
        weight=np.add.reduceat(weight, starts),
        sums=np.add.reduceat(scaled, starts, axis=0),
        products=products,
        n_missing=n_missing,
    )


def moments(sums: CrossProducts) -> Moments:
    """Return the means and the covariance of the whole sample, as a stack of one."""
    return _moments_of(
        sums.weight.sum(keepdims=True), sums.sums.sum(axis=0)[None, :], sums.products.sum(axis=0)[None, :]
    )


def resampled_moments(sums: CrossProducts, *, replicates: int, seed: int) -> Moments:
    """Return means and covariances of samples of units drawn with replacement.

    Notes
    -----
    Whole units are drawn, so that rows of one unit stay together (cluster bootstrap). Where units are
    buckets of customers by hash, each customer stands in one bucket; the bootstrap of buckets then has the
    variance of the bootstrap of customers with units - 1 degrees of freedom.
    """
    filled = sums.n > 0
    table = np.column_stack([sums.weight, sums.sums, sums.products])[filled]
    units = len(table)
    random = np.random.default_rng(seed)
    totals = np.empty((replicates, table.shape[1]))
    step = max(1, BLOCK // units)
    for start in range(0, replicates, step):
        stop = min(start + step, replicates)
        counts = np.empty((stop - start, units))
        for row in counts:
            row[:] = np.bincount(random.integers(units, size=units), minlength=units)
        totals[start:stop] = counts @ table
    columns = sums.columns
    return _moments_of(totals[:, 0], totals[:, 1 : 1 + columns], totals[:, 1 + columns :])


def row_weights(weights: ArrayLike | None, n: int) -> NDArray[np.float64]:
    """Return one weight per row, checked; ones where none are given."""
    if weights is None:
        return np.ones(n)
    weight = np.asarray(weights, dtype=float)
    if weight.shape != (n,) or not np.isfinite(weight).all() or (weight < 0).any():
        raise ValueOutOfRange(
            what="`weights` does not hold one usable weight per row.",
            got=f"{weight.size} weights for {n} rows, {int((~(weight >= 0)).sum())} negative or missing",
            expected="one finite number of 0 or more for each row",
            fix="give a weight of 0 to a row that must not count",
        )
    return weight


def unit_codes(units: ArrayLike | None, n: int) -> NDArray[np.int64]:
    """Return one whole number per row, equal for rows of one unit."""
    if units is None:
        return np.arange(n)
    given = np.asarray(units)
    if given.shape != (n,):
        raise ValueOutOfRange(
            what="`units` does not name one unit per row.",
            got=f"{given.size} units for {n} rows",
            expected="as many units as rows",
            fix="pass the customer of each row",
        )
    return np.unique(given, return_inverse=True)[1].astype(np.int64)


def _moments_of(weight: NDArray[np.float64], sums: NDArray[np.float64], products: NDArray[np.float64]) -> Moments:
    columns = sums.shape[1]
    mean = sums / weight[:, None]
    upper = np.triu_indices(columns)
    square = np.empty((len(weight), columns, columns))
    square[:, upper[0], upper[1]] = square[:, upper[1], upper[0]] = products / weight[:, None]
    covariance = square - mean[:, :, None] * mean[:, None, :]
    spread = np.einsum("bii->bi", covariance)
    flat = spread <= ROUNDING * np.einsum("bii->bi", square)
    covariance[np.broadcast_to(flat[:, :, None], covariance.shape)] = 0.0
    covariance[np.broadcast_to(flat[:, None, :], covariance.shape)] = 0.0
    return Moments(mean=mean, covariance=covariance)
