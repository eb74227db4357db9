"""How unsure the levels themselves are: the median moves from sample to sample, and so do the means of tenths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.stats.regression_blocks import sum_units
from promesa.stats.regression_elements import TENTH, Element, distances

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from promesa.stats.asymmetry_sides import HingeDesign
    from promesa.stats.regression_blocks import Equations, UnitRows
    from promesa.stats.regression_rows import Observed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LevelSums:
    """What the uncertainty of levels adds to that of slopes.

    Attributes
    ----------
    covariance : ndarray of float, shape (3 * elements, 3 * elements)
        Clustered covariance of usual, worst and best levels, in three runs of all elements.
    steps : ndarray of float, shape (kept, elements)
        Coefficients of "below usual" on the columns of the regression: how slopes move with a usual level.
    """

    covariance: NDArray[np.float64]
    steps: NDArray[np.float64]


def level_sums(seen: Observed, rows: UnitRows, *, design: HingeDesign, equations: Equations) -> LevelSums:
    """Sum what each unit moves the levels by, and what the steps at the usual levels share with the columns."""
    elements = [place.element for place in design.places.values()]
    covariance = np.zeros((3 * len(elements),) * 2)
    cross = np.zeros((len(equations.kept), len(elements)))
    columns = np.array([element.column for element in elements], dtype=np.intp)
    for index, starts in rows.blocks():
        far = distances(seen.values, elements, index)
        met = ~np.isnan(seen.values[np.ix_(index, columns)])
        moved = sum_units(_influences(far, met, elements), starts)
        covariance += moved.T @ moved
        cross += equations.centred(design.columns(index)).T @ (far < 0).astype(float)
    return LevelSums(covariance=covariance * rows.units / (rows.units - 1), steps=equations.inverse @ cross)


def with_levels(
    covariance: NDArray[np.float64], levels: LevelSums, *, bends: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the covariance of slopes and levels together; `bends` is slope below less slope above, by element.

    Notes
    -----
    Where the level at which a line may bend moves by d, the line fitted moves by d times the bend times a step.
    What moves the levels (which experiences were drawn) and what moves the slopes at given levels (the
    outcome's noise) do not go together.
    """
    moves = np.zeros((len(covariance), len(levels.covariance)))
    moves[:, : len(bends)] = levels.steps * bends
    across = moves @ levels.covariance
    return np.block([[covariance + across @ moves.T, across], [across.T, levels.covariance]])


def _influences(far: NDArray[np.float64], met: NDArray[np.bool_], elements: Sequence[Element]) -> NDArray[np.float64]:
    """Return what each row moves usual, worst and best level by, all relative to the usual level."""
    count = len(elements)
    found = np.empty((len(far), 3 * count))
    for k, element in enumerate(elements):
        line = far[:, k]
        usual, (low, high) = element.usual, element.cuts
        found[:, k] = element.sparsity * (0.5 - (line < 0) - 0.5 * (line == 0)) / element.n_met
        worst = _tail(-line, mean=usual - element.worst, cut=usual - low, n=element.n_met, beyond=element.n_worse)
        found[:, count + k] = -worst
        found[:, 2 * count + k] = _tail(
            line, mean=element.best - usual, cut=high - usual, n=element.n_met, beyond=element.n_better
        )
        found[~met[:, k], k::count] = 0.0
    return found


def _tail(line: NDArray[np.float64], *, mean: float, cut: float, n: int, beyond: int) -> NDArray[np.float64]:
    """Return what each row moves the mean of a tail by: of a tenth from `cut` on, or of all above 0 where it is NaN."""
    if not beyond:
        return np.zeros(len(line))
    if np.isnan(cut):
        return np.where(line > 0, line - mean, 0.0) / beyond
    return (TENTH * np.maximum(line - cut, 0.0) - (mean - cut)) / n
