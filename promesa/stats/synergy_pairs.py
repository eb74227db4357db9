"""All pairs in one half of the units: the coefficient of each product beside curves, with a clustered variance.

The columns of curves are projected out once; each pair then is a system of at most four columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array

from promesa.stats.regression_blocks import (
    Equations,
    UnitRows,
    independent_columns,
    normal_equations,
    small_sample_factor,
    sum_units,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from promesa.stats.regression_rows import Observed
    from promesa.stats.synergy_columns import Products

NOTHING = 1e-7  # part of a product's variance left beside curves below which it tells nothing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Projected:
    """One half with the columns of curves taken off those of pairs.

    Attributes
    ----------
    rows : UnitRows
        Rows of the half.
    equations : Equations
        Outcome on curves.
    on_curves : ndarray of float, shape (kept, columns)
        Coefficients of the columns of pairs on those of curves.
    mean : ndarray of float, shape (columns,)
        Means of the columns of pairs.
    products : ndarray of float, shape (columns, columns)
        Sums of products of what is left of them.
    squares : ndarray of float, shape (columns,)
        Their sums of squares about the mean, before.
    outcome : ndarray of float, shape (columns,)
        Sums of products with what is left of the outcome.
    """

    rows: UnitRows
    equations: Equations
    on_curves: NDArray[np.float64]
    mean: NDArray[np.float64]
    products: NDArray[np.float64]
    squares: NDArray[np.float64]
    outcome: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairSystem:
    """The regression of one pair.

    Attributes
    ----------
    columns : ndarray of int
        Columns of the pair that can be told apart, the product last.
    coefficients : ndarray of float
        Of these columns.
    inverse : ndarray of float, shape (columns, columns)
        Of the products of what is left of them.
    """

    columns: NDArray[np.intp]
    coefficients: NDArray[np.float64]
    inverse: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Combinations:
    """Linear combinations of a pair's coefficients, several for each of some pairs.

    Attributes
    ----------
    pair : ndarray of int, shape (combinations,)
        Whose residuals hold.
    on_curves : ndarray of float, shape (kept, combinations)
        How a row's columns of curves move each.
    on_pairs : ndarray of float, shape (columns, combinations)
        How its columns of pairs do.
    """

    pair: NDArray[np.intp]
    on_curves: NDArray[np.float64]
    on_pairs: NDArray[np.float64]


def project(seen: Observed, rows: UnitRows, products: Products) -> Projected:
    """Regress the outcome and the columns of pairs on curves."""
    curves = products.curves
    equations = normal_equations(
        rows, lambda index: curves.columns(seen.values[index], seen.confounders[index]), seen.outcome
    )
    width = max(columns[-1] for columns in products.used) + 1
    cross, square = np.zeros((len(equations.kept), width)), np.zeros((width, width))
    total, outcome = np.zeros(width), np.zeros(width)
    for index, _, base, table in blocks(seen, rows, products, equations):
        cross += base.T @ table
        square += table.T @ table
        total += table.sum(axis=0)
        outcome += equations.residual(base, seen.outcome[index]) @ table
    on_curves, mean = equations.inverse @ cross, total / rows.n
    centred = square - rows.n * np.outer(mean, mean)
    return Projected(
        rows=rows,
        equations=equations,
        on_curves=on_curves,
        mean=mean,
        products=centred - cross.T @ on_curves,
        squares=np.diag(centred),
        outcome=outcome,
    )


def blocks(
    seen: Observed, rows: UnitRows, products: Products, equations: Equations
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]]:
    """Yield rows, starts of units, centred columns of curves and columns of pairs, block by block."""
    for index, starts in rows.blocks():
        values = seen.values[index]
        base = products.curves.columns(values, seen.confounders[index])
        yield index, starts, equations.centred(base), products.columns(values)


def solve_pair(half: Projected, columns: Sequence[int]) -> PairSystem | None:
    """Solve the system of one pair; None where curves leave nothing of the product."""
    system = solve_columns(half, columns)
    return system if columns[-1] in system.columns else None


def solve_columns(half: Projected, columns: Sequence[int]) -> PairSystem:
    """Solve the system of some columns of pairs; those that others leave nothing of are left out."""
    own = np.array(columns, dtype=np.intp)
    own = own[np.diag(half.products)[own] > NOTHING * half.squares[own]]
    size = np.sqrt(np.diag(half.products)[own])
    kept, _ = independent_columns(half.products[np.ix_(own, own)] / np.outer(size, size))
    own = own[np.array(kept, dtype=np.intp)]
    inverse = np.asarray(np.linalg.inv(half.products[np.ix_(own, own)]), dtype=np.float64)
    return PairSystem(columns=own, coefficients=inverse @ half.outcome[own], inverse=inverse)


def combine(
    half: Projected, systems: Sequence[PairSystem], wanted: Sequence[tuple[int, NDArray[np.float64]]], *, base: int
) -> Combinations:
    """Return how each row moves some linear combinations of coefficients.

    `wanted` holds, for each, the pair and the weights of all columns: `base` columns of curves, then of pairs.
    """
    on_curves = np.zeros((len(half.equations.kept), len(wanted)))
    on_pairs = np.zeros((len(half.mean), len(wanted)))
    for k, (pair, weights) in enumerate(wanted):
        system = systems[pair]
        across = half.on_curves[:, system.columns]
        curves = weights[:base][half.equations.kept]
        own = system.inverse @ (weights[base:][system.columns] - curves @ across)
        on_curves[:, k] = half.equations.inverse @ curves - across @ own
        on_pairs[system.columns, k] = own
    return Combinations(
        pair=np.array([pair for pair, _ in wanted], dtype=np.intp), on_curves=on_curves, on_pairs=on_pairs
    )


def estimate(
    half: Projected, systems: Sequence[PairSystem], wanted: Sequence[tuple[int, NDArray[np.float64]]], *, base: int
) -> NDArray[np.float64]:
    """Return the linear combinations themselves."""
    found = np.empty(len(wanted))
    for k, (pair, weights) in enumerate(wanted):
        system = systems[pair]
        slopes = half.equations.coefficients - half.on_curves[:, system.columns] @ system.coefficients
        found[k] = weights[:base][half.equations.kept] @ slopes + weights[base:][system.columns] @ system.coefficients
    return found


def variances(
    seen: Observed, half: Projected, products: Products, systems: Sequence[PairSystem], wanted: Combinations
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the clustered variance of each combination, and how many units it rests on.

    The score of a unit is divided by what the regression leaves it free to differ (as CR2 does), counting what
    it holds of this combination alone: a rare cell rests on few units, whose residuals are too small.
    """
    taken = np.zeros((len(half.mean), len(systems)))
    for k, system in enumerate(systems):
        taken[system.columns, k] = system.coefficients
    slopes, taken = half.on_curves @ taken[:, wanted.pair], taken[:, wanted.pair]
    sparse_taken, sparse_moves = csc_array(taken), csc_array(wanted.on_pairs)
    weights, scores = np.zeros((2, len(wanted.pair))), np.zeros((3, len(wanted.pair)))
    for index, starts, base, table in blocks(seen, half.rows, products, half.equations):
        centred = table - half.mean
        left = half.equations.residual(base, seen.outcome[index])[:, None] - centred @ sparse_taken + base @ slopes
        moves = base @ wanted.on_curves + centred @ sparse_moves
        weight, score = sum_units(moves**2, starts), sum_units(moves * left, starts) ** 2
        weights += [weight.sum(axis=0), (weight**2).sum(axis=0)]
        scores += [score.sum(axis=0), (score * weight).sum(axis=0), (score * weight**2).sum(axis=0)]
    # 1 / (1 - share) of each unit, to the second order, since shares are known only at the end.
    meat = scores[0] + scores[1] / weights[0] + scores[2] / weights[0] ** 2
    factor = small_sample_factor(half.rows.n, half.rows.units, len(half.equations.kept) + 2)
    return meat * factor, weights[0] ** 2 / weights[1]
