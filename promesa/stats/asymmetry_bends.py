"""Where the slope of an element changes: one bend, its place, its interval, and whether there is any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.stats.asymmetry_results import Bend
from promesa.stats.product_sums import CrossProducts, moments, resampled_moments
from promesa.stats.regression_blocks import Equations, Rows, UnitRows, rows_by_unit
from promesa.stats.regression_elements import distances
from promesa.stats.shares import Interval
from promesa.stats.unit_hashes import unit_hashes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from promesa.stats.asymmetry_sides import Places
    from promesa.stats.regression_elements import Element
    from promesa.stats.regression_rows import Observed

MIN_LEVELS = 5
BUCKETS = 200  # enough for a percentile interval and for a covariance of 19 scores
DRAWS = 4_000  # of the largest score under a straight line
NOTHING = 1e-9  # part of a hinge's variance left beside the line below which the knot tells nothing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Regression:
    """A solved regression of the outcome on all columns of all elements, and how its columns are made."""

    columns: Rows
    outcome: NDArray[np.float64]
    equations: Equations


@dataclass(frozen=True, slots=True, kw_only=True)
class BendSettings:
    """Samples drawn for the interval; its level (1 less it is that of the test); seed of all chance."""

    bootstraps: int
    confidence_level: float
    seed: int


def find_bends(
    regression: Regression, seen: Observed, *, places: dict[int, Places], settings: BendSettings
) -> dict[int, Bend]:
    """Return the bend of each element with five levels or more, by column.

    `places` holds, by column of the values, an element and its columns in the regression.

    Notes
    -----
    For each knot the outcome is regressed on the element, on what it exceeds the knot by, and on the columns of
    all other elements; the bend is the knot that leaves the smallest sum of squares. What other columns take
    off is estimated once and not again in each sample: the slopes do not react to it to first order.

    The test compares the largest squared score of the hinge over the knots, each over its clustered variance,
    with the largest of normal numbers that correlate as the scores do [1]_.

    References
    ----------
    .. [1] B. E. Hansen (1996). Inference when a nuisance parameter is not identified under the null hypothesis.
       Econometrica 64(2), 413-430. doi:10.2307/2171789
    """
    bent = [place for place in places.values() if place.element.distinct >= MIN_LEVELS]
    sums = _bucket_sums(regression, seen, bent, seed=settings.seed)
    found = dict[int, Bend]()
    for place, products in zip(bent, sums, strict=True):
        bend = _bend(place.element, products, settings)
        if bend is not None:
            found[place.element.column] = bend
    return found


def _bucket_sums(regression: Regression, seen: Observed, bent: Sequence[Places], *, seed: int) -> list[CrossProducts]:
    """Sum by bucket the products of line, hinges and outcome, less what all other columns tell of them."""
    elements = [place.element for place in bent]
    ends = np.cumsum([0] + [len(e.knots) + 2 for e in elements])
    rows = rows_by_unit((unit_hashes(seen.keys, seed=seed) % BUCKETS).astype(np.int64))
    taken, mean = _others_tell(regression, seen, bent, rows, ends)
    triangles = [np.triu_indices(ends[k + 1] - ends[k]) for k in range(len(elements))]
    found: list[list[NDArray[np.float64]]] = [[] for _ in elements]
    for index, starts in rows.blocks():
        left = _candidates(seen, elements, index) - mean - _centred(regression, index) @ taken
        for one in np.split(left, starts[1:]):
            for k, triangle in enumerate(triangles):
                table = one[:, ends[k] : ends[k + 1]]
                found[k].append(np.append(table.sum(axis=0), (table.T @ table)[triangle]))
    n = np.diff(rows.starts, append=rows.n)
    return [_cross_products(np.array(table), n, width=int(ends[k + 1] - ends[k])) for k, table in enumerate(found)]


def _others_tell(
    regression: Regression, seen: Observed, bent: Sequence[Places], rows: UnitRows, ends: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the coefficients of each candidate on the columns of all other elements, and its mean."""
    elements = [place.element for place in bent]
    cross, total = np.zeros((len(regression.equations.kept), ends[-1])), np.zeros(ends[-1])
    for index, _ in rows.blocks():
        table = _candidates(seen, elements, index)
        cross += _centred(regression, index).T @ table
        total += table.sum(axis=0)
    for k, place in enumerate(bent):
        part = slice(ends[k], ends[k + 1])
        cross[:, part] = _inverse_without(regression.equations, place.columns) @ cross[:, part]
    return cross, total / rows.n


def _centred(regression: Regression, index: NDArray[np.intp]) -> NDArray[np.float64]:
    return regression.equations.centred(regression.columns(index))


def _cross_products(table: NDArray[np.float64], n: NDArray[np.intp], *, width: int) -> CrossProducts:
    return CrossProducts(n=n.astype(np.int64), weight=n.astype(float), sums=table[:, :width], products=table[:, width:])


def _candidates(seen: Observed, elements: Sequence[Element], index: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return, for each element, its line, its hinges and the outcome."""
    parts = list["NDArray[np.float64]"]()
    for k, line in enumerate(distances(seen.values, elements, index).T):
        element = elements[k]
        met = ~np.isnan(seen.values[index, element.column])
        hinges = np.maximum(line[:, None] - (np.array(element.knots) - element.usual), 0.0) * met[:, None]
        parts.append(np.column_stack([line, hinges, seen.outcome[index]]))
    return np.concatenate(parts, axis=1) if parts else np.zeros((len(index), 0))


def _inverse_without(equations: Equations, own: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the inverse of the products of all columns but some, which get rows and columns of 0."""
    mine = np.flatnonzero(np.isin(equations.kept, own))
    across = equations.inverse[:, mine]
    return equations.inverse - across @ np.linalg.solve(equations.inverse[np.ix_(mine, mine)], across.T)


def _bend(element: Element, sums: CrossProducts, settings: BendSettings) -> Bend | None:
    whole = moments(sums).covariance
    gain = _gains(whole)[0]
    best = int(np.argmax(gain))
    if gain[best] < 0:
        return None
    seed = settings.seed + element.column
    knots = np.array(element.knots) * element.direction
    drawn = resampled_moments(sums, replicates=settings.bootstraps, seed=seed).covariance
    places = knots[np.argmax(_gains(drawn), axis=1)]
    tail = (1 - settings.confidence_level) / 2
    p_value = _straight_p_value(sums, whole[0], seed=seed)
    line, hinge = np.linalg.solve(whole[0][np.ix_([0, best + 1], [0, best + 1])], whole[0][[0, best + 1], -1])
    lower, upper = np.quantile(places, [tail, 1 - tail], method="inverted_cdf")
    return Bend(
        level=float(knots[best]),
        interval=Interval(float(lower), float(upper)),
        p_value=p_value,
        bends=p_value < 1 - settings.confidence_level,
        slope_below=float(line),
        slope_above=float(line + hinge),
    )


def _gains(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each knot takes off the mean square beside the straight line; shape (samples, knots)."""
    line = covariance[:, 0, 0][:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = covariance[:, 0, 1:-1] / line
        own = np.einsum("skk->sk", covariance[:, 1:-1, 1:-1]) - slope * covariance[:, 0, 1:-1]
        score = covariance[:, 1:-1, -1] - slope * covariance[:, 0, -1][:, None]
        gain = score**2 / own
    usable = own > NOTHING * np.einsum("skk->sk", covariance[:, 1:-1, 1:-1])
    return np.where(usable, gain, -1.0)


def _straight_p_value(sums: CrossProducts, covariance: NDArray[np.float64], *, seed: int) -> float:
    width = sums.columns
    upper = np.triu_indices(width)
    square = np.empty((len(sums.n), width, width))
    square[:, upper[0], upper[1]] = square[:, upper[1], upper[0]] = sums.products
    usable = _gains(covariance[None])[0] >= 0
    slope = covariance[0, 1:-1][usable] / covariance[0, 0]
    slope_outcome = covariance[0, -1] / covariance[0, 0]
    hinges = square[:, 1:-1][:, usable]
    scores = (
        hinges[:, :, -1]
        - slope * square[:, 0, -1][:, None]
        - slope_outcome * (hinges[:, :, 0] - slope * square[:, 0, 0][:, None])
    )
    variance = np.cov(scores.T).reshape(usable.sum(), -1) * len(scores)
    size = np.sqrt(np.maximum(np.diag(variance), 1e-300))
    largest = float(np.max((scores.sum(axis=0) / size) ** 2))
    values, vectors = np.linalg.eigh(variance / np.outer(size, size))
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    drawn = np.random.default_rng(seed).standard_normal((DRAWS, len(size))) @ root.T
    return float((1 + np.sum(np.max(drawn**2, axis=1) >= largest)) / (DRAWS + 1))
