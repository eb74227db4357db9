"""Which elements of a regression cannot be told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CORRELATION_BOUND = 0.9  # two elements that share four fifths of their variance
CONDITION_BOUND = 10.0  # of centred elements; two that correlate .98 reach it
INVOLVED = 0.5  # part of an element's inflation that must come from the near-dependencies (Belsley)
NOTHING = 1e-10  # an eigenvalue below this is a dependency without remainder


@dataclass(frozen=True, slots=True, kw_only=True)
class Collinearity:
    """How far elements overlap.

    Attributes
    ----------
    variance_inflation : tuple of float
        Variance inflation factor of each element: 1 without overlap, infinite for an exact combination of
        others, NaN for an element without variation.
    condition_index : float
        Largest condition index of the correlation matrix; infinite with an exact dependency.
    inseparable : tuple of tuple of int
        Elements (rows of the matrix) that the data cannot tell apart, by group: read their shares together.
    constant : tuple of int
        Elements that do not vary, and so explain nothing.
    """

    variance_inflation: tuple[float, ...]
    condition_index: float
    inseparable: tuple[tuple[int, ...], ...]
    constant: tuple[int, ...]


def find_collinearity(
    covariance: NDArray[np.float64],
    *,
    elements: tuple[int, ...],
    correlation_bound: float = CORRELATION_BOUND,
    condition_bound: float = CONDITION_BOUND,
) -> Collinearity:
    """Find the elements that cannot be told apart.

    Parameters
    ----------
    covariance : ndarray of float, shape (columns, columns)
        Covariance or correlation matrix.
    elements : tuple of int
        Rows of the elements.
    correlation_bound : float, default 0.9
        Two elements whose correlation reaches it, up or down, are not told apart.
    condition_bound : float, default 10
        A direction of the correlation matrix whose condition index reaches it is a near-dependency.

    Returns
    -------
    Collinearity
        `variance_inflation` in the order of `elements`; rows of the matrix in the rest.

    Notes
    -----
    Two elements are joined if they correlate beyond the bound, or if both take part in the near-dependencies:
    at least half of each one's inflation comes from these directions, and there their coefficients correlate
    by one half or more [1]_. The second finds what no pair shows, such as a total beside its parts.

    References
    ----------
    .. [1] D. A. Belsley, E. Kuh, R. E. Welsch (1980). Regression Diagnostics. doi:10.1002/0471725153
    """
    rows = np.array(elements)
    spread = np.sqrt(np.diag(covariance)[rows])
    varying = rows[spread > 0]
    constant = tuple(int(row) for row in rows[spread <= 0])
    inflation = np.full(len(rows), np.nan)
    if not len(varying):
        return Collinearity(
            variance_inflation=tuple(inflation.tolist()), condition_index=1.0, inseparable=(), constant=constant
        )
    scale = np.sqrt(np.diag(covariance)[varying])
    correlation = covariance[np.ix_(varying, varying)] / np.outer(scale, scale)
    values, vectors = np.linalg.eigh(correlation)
    null = values < NOTHING
    parts = vectors**2 / np.maximum(values, NOTHING)
    exact = (vectors[:, null] ** 2).sum(axis=1) > 1e-6
    inflation[spread > 0] = np.where(exact, np.inf, parts.sum(axis=1))
    near = np.sqrt(values[-1] / np.maximum(values, NOTHING)) >= condition_bound
    joined = (np.abs(correlation) >= correlation_bound) | _joined_by_dependency(values, vectors, near)
    return Collinearity(
        variance_inflation=tuple(inflation.tolist()),
        condition_index=float("inf") if null.any() else float(np.sqrt(values[-1] / values[0])),
        inseparable=tuple(tuple(int(varying[k]) for k in group) for group in _components(joined) if len(group) > 1),
        constant=constant,
    )


def _joined_by_dependency(
    values: NDArray[np.float64], vectors: NDArray[np.float64], near: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    # Sums over all near directions do not depend on how equal eigenvalues happen to be split among vectors.
    weighted = vectors / np.sqrt(np.maximum(values, NOTHING))
    shared = weighted[:, near] @ weighted[:, near].T
    own = np.diag(shared)
    involved = own >= INVOLVED * (weighted**2).sum(axis=1)
    size = np.sqrt(np.where(involved, own, np.inf))
    return np.abs(shared) / np.outer(size, size) >= INVOLVED


def _components(joined: NDArray[np.bool_]) -> list[list[int]]:
    """Return the sets of indices that chains of joined pairs hold together, in order of their first."""
    left, groups = set(range(len(joined))), list[list[int]]()
    while left:
        group, fresh = set[int](), {min(left)}
        while fresh:
            group |= fresh
            fresh = {int(k) for row in fresh for k in np.flatnonzero(joined[row])} - group
        left -= group
        groups.append(sorted(group))
    return groups
