"""From which level to which two elements move, what that weighs in a regression, and what the result is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from promesa.stats.regression_elements import Element
    from promesa.stats.synergy_columns import Products
    from promesa.stats.synergy_results import Sense


def moves_down(element: Element) -> bool:
    """Tell whether an element moves to what is worse than usual: it does unless hardly anything is."""
    return element.worst < element.usual if element.two_levels else element.worse_seen


def moved_level(element: Element) -> float:
    """Return the oriented level that an element moves to."""
    return element.worst if moves_down(element) else element.best


def move_weights(products: Products, pair: int, *, values: int, confounders: int) -> NDArray[np.float64]:
    """Return how extra, sum of parts and whole depend on all columns; shape (3, columns).

    Four imagined journeys differ in the two elements alone: usual, one moved, the other moved, both moved.
    """
    curves = products.curves
    table = np.full((4, values), np.nan)
    for element in curves.elements:
        table[:, element.column] = element.usual * element.direction
    for rows, place in zip(([1, 3], [2, 3]), products.pairs[pair], strict=True):
        element = curves.elements[place]
        table[rows, element.column] = moved_level(element) * element.direction
    columns = np.concatenate([curves.columns(table, np.zeros((4, confounders))), products.columns(table)], axis=1)
    usual, first, second, both = columns
    return np.array([both - first - second + usual, first + second - 2 * usual, both - usual])


def sense_of(extra: float, first: Element, second: Element, *, oriented: bool) -> Sense:
    """Return what the extra change is called, by the directions of both moves."""
    if not oriented:
        return "more_together" if extra > 0 else "less_together"
    down = moves_down(first) + moves_down(second)
    if down == 2:
        return "worse_together" if extra < 0 else "failure_cancels_good"
    if down == 0:
        return "better_together" if extra > 0 else "good_covers_good"
    return "failure_cancels_good" if extra < 0 else "good_softens_failure"
