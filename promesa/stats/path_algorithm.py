"""The algorithm of partial least squares path modelling, on a stack of correlation matrices at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from promesa.stats.path_diagram import Diagram

TOLERANCE = 1e-7  # largest change of a weight at which SmartPLS and others stop
MAX_ITERATIONS = 300


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PathFit:
    """Solutions for a stack of correlation matrices.

    Attributes
    ----------
    weights : ndarray of float, shape (samples, items)
        Outer weights on standardised items; each construct's score has variance 1.
    cross_loadings : ndarray of float, shape (samples, items, constructs)
        Correlations of items with scores.
    correlations : ndarray of float, shape (samples, constructs, constructs)
        Correlations of scores.
    coefficients : ndarray of float, shape (samples, constructs, constructs)
        Path coefficients, from the row's construct to the column's; 0 where there is no path.
    r_squared : ndarray of float, shape (samples, constructs)
        NaN for a construct at which nothing points.
    iterations : ndarray of int, shape (samples,)
        Rounds until the weights settled.
    converged : ndarray of bool, shape (samples,)
        False where they did not settle or could not be computed: the sample's figures mean nothing.
    """

    weights: NDArray[np.float64]
    cross_loadings: NDArray[np.float64]
    correlations: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    r_squared: NDArray[np.float64]
    iterations: NDArray[np.int64]
    converged: NDArray[np.bool_]


def fit_paths(
    correlations: NDArray[np.float64], diagram: Diagram, *, like: NDArray[np.float64] | None = None
) -> PathFit:
    """Fit the model to each correlation matrix of the items.

    Parameters
    ----------
    correlations : ndarray of float, shape (samples, items, items)
        In the order of the diagram's items.
    diagram : Diagram
        The model.
    like : ndarray of float, shape (items,), optional
        Loadings that tell which way up each score is to stand. Without it a score stands so that the sum of its
        loadings is positive.
    """
    weights, iterations, converged = _settle(correlations, diagram)
    member = _membership(diagram)
    with np.errstate(invalid="ignore"):
        loadings = ((correlations @ (weights[:, :, None] * member)) * member).sum(axis=2)
        agreement = (loadings * (1.0 if like is None else like)) @ member
        weights = weights * np.where(agreement < 0, -1.0, 1.0)[:, diagram.block]
        cross_loadings = correlations @ (weights[:, :, None] * member)
        between = np.swapaxes(weights[:, :, None] * member, 1, 2) @ cross_loadings
    converged &= np.isfinite(between).all(axis=(1, 2))
    coefficients = np.full_like(between, np.nan)
    coefficients[converged] = _regressions(between[converged], diagram)
    r_squared = np.einsum("bij,bij->bj", coefficients, between)
    r_squared[:, ~diagram.arrows.any(axis=0)] = np.nan
    return PathFit(
        weights=weights,
        cross_loadings=cross_loadings,
        correlations=between,
        coefficients=coefficients,
        r_squared=r_squared,
        iterations=iterations,
        converged=converged,
    )


def total_effects(coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return direct plus indirect effects, (samples, constructs, constructs), from path coefficients."""
    one = np.eye(coefficients.shape[-1])
    return np.linalg.inv(one - coefficients) - one


def _settle(
    correlations: NDArray[np.float64], diagram: Diagram
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
    member = _membership(diagram)
    inverses = _formative_inverses(correlations, diagram)
    samples = len(correlations)
    weights = _standardised(np.ones(correlations.shape[:2]), correlations, member)
    iterations, converged = np.zeros(samples, dtype=np.int64), np.zeros(samples, dtype=bool)
    active = np.flatnonzero(np.isfinite(weights).all(axis=1))
    for _ in range(MAX_ITERATIONS):
        if not active.size:
            break
        old = weights[active]
        new = _next_weights(old, correlations[active], diagram, member)
        for construct, inverse in inverses.items():
            items = diagram.items_of(construct)
            new[:, items] = np.einsum("bij,bj->bi", inverse[active], new[:, items])
        new = _standardised(new, correlations[active], member)
        weights[active] = new
        iterations[active] += 1
        usable = np.isfinite(new).all(axis=1)
        settled = usable & (np.abs(new - old).max(axis=1) < TOLERANCE)
        converged[active[settled]] = True
        active = active[usable & ~settled]
    return weights, iterations, converged


def _next_weights(
    weights: NDArray[np.float64], correlations: NDArray[np.float64], diagram: Diagram, member: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the covariance of each item with what its construct's neighbours say of the construct."""
    spread = weights[:, :, None] * member
    loadings = correlations @ spread
    between = np.swapaxes(spread, 1, 2) @ loadings
    return ((loadings @ _inner_weights(between, diagram)) * member).sum(axis=2)


def _inner_weights(between: NDArray[np.float64], diagram: Diagram) -> NDArray[np.float64]:
    """Return the weight of each construct (row) in the neighbourhood of each other one (column)."""
    linked = diagram.arrows | diagram.arrows.T
    if diagram.scheme == "centroid":
        return np.sign(between) * linked
    if diagram.scheme == "factorial":
        return between * linked
    return between * diagram.arrows.T + _regressions(between, diagram)


def _regressions(between: NDArray[np.float64], diagram: Diagram) -> NDArray[np.float64]:
    """Return the coefficients of each construct on those that point at it."""
    coefficients = np.zeros_like(between)
    for target in np.flatnonzero(diagram.arrows.any(axis=0)):
        sources = diagram.predecessors(int(target))
        matrix = between[:, sources[:, None], sources[None, :]]
        cross = between[:, sources, target]
        coefficients[:, sources, target] = _solve(matrix, cross)
    return coefficients


def _solve(matrix: NDArray[np.float64], cross: NDArray[np.float64]) -> NDArray[np.float64]:
    try:
        solved = np.linalg.solve(matrix, cross[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        # One sample whose predecessors coincide must not spoil the stack.
        solved = np.einsum("bij,bj->bi", np.linalg.pinv(matrix, hermitian=True), cross)
    return np.asarray(solved, dtype=np.float64)


def _formative_inverses(correlations: NDArray[np.float64], diagram: Diagram) -> dict[int, NDArray[np.float64]]:
    inverses = dict[int, "NDArray[np.float64]"]()
    for construct in np.flatnonzero(diagram.formative):
        items = diagram.items_of(int(construct))
        within = correlations[:, items[:, None], items[None, :]]
        inverses[int(construct)] = np.asarray(np.linalg.pinv(within, hermitian=True, rcond=1e-10), dtype=np.float64)
    return inverses


def _standardised(
    weights: NDArray[np.float64], correlations: NDArray[np.float64], member: NDArray[np.float64]
) -> NDArray[np.float64]:
    spread = weights[:, :, None] * member
    variance = (spread * (correlations @ spread)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.where(variance > 1e-12, 1 / np.sqrt(variance), np.nan)
    return weights * (scale @ member.T)


def _membership(diagram: Diagram) -> NDArray[np.float64]:
    return np.eye(len(diagram.names))[diagram.block]
