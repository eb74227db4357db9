"""Must-be, performance or delight: the shape that two slopes tell, and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from promesa.stats.asymmetry_results import Shape, ShapeProbabilities

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from promesa.stats.regression_elements import Element

RATIO = 2.0  # one side weighs more than twice the other
MOSTLY = 0.8  # part of the rows at the usual level or beyond it that leaves one side only
DRAWS = 4_000
SHAPES: tuple[Shape, ...] = ("must_be", "performance", "delight", "none")


def shape_of(slopes: NDArray[np.float64], *, clear: NDArray[np.bool_], element: Element) -> Shape:
    """Return the shape of the estimate; `clear` tells which sides differ from 0."""
    if not (clear & (slopes > 0)).any():
        return "none"
    return SHAPES[int(_classify(slopes[None, :], element)[0])]


def shape_probabilities(
    slopes: NDArray[np.float64], covariance: NDArray[np.float64], *, element: Element, random: np.random.Generator
) -> ShapeProbabilities:
    """Return how often each shape comes out when slopes are drawn from their joint normal distribution.

    A slope of the wrong sign counts as 0, and so does a side that was not observed.
    """
    values, vectors = np.linalg.eigh(np.nan_to_num(covariance))
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    drawn = slopes + random.standard_normal((DRAWS, 2)) @ root.T
    share = np.bincount(_classify(drawn, element), minlength=4) / DRAWS
    return ShapeProbabilities(
        must_be=float(share[0]), performance=float(share[1]), delight=float(share[2]), none=float(share[3])
    )


def _classify(slopes: NDArray[np.float64], element: Element) -> NDArray[np.int64]:
    """Return the place in `SHAPES` of each pair of slopes; NaN is a side that was not observed."""
    low, high = np.maximum(np.nan_to_num(slopes), 0.0).T
    some = (low > 0) | (high > 0)
    unseen = np.any(np.isnan(slopes), axis=0).tolist()
    only = _only_shape(element, low_unseen=unseen[0], high_unseen=unseen[1])
    if only is not None:
        return np.where(some, SHAPES.index(only), 3)
    compared = np.where(low > RATIO * high, 0, np.where(high > RATIO * low, 2, 1))
    return np.where(some, compared, 3)


def _only_shape(element: Element, *, low_unseen: bool, high_unseen: bool) -> Shape | None:
    if high_unseen:
        return "must_be" if element.n_met - element.n_worse >= MOSTLY * element.n_met else "performance"
    if not low_unseen:
        return None
    return "delight" if element.n_met - element.n_better >= MOSTLY * element.n_met else "performance"
