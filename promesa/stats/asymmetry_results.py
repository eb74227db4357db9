"""What an analysis of asymmetry answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from promesa.stats.shares import Interval

Shape = Literal["must_be", "performance", "delight", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeProbabilities:
    """Probability of each shape, given the data and that slopes are normal; they add up to 1."""

    must_be: float
    performance: float
    delight: float
    none: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bend:
    """Where the slope of one element changes.

    Attributes
    ----------
    level : float
        Level at which a line with one bend fits best, in the element's unit.
    interval : Interval
        Percentiles of that level in samples of units drawn again. Read it only where there is a bend.
    p_value : float
        That a straight line would look as bent somewhere.
    bends : bool
        Whether `p_value` is below 1 - the confidence level.
    slope_below, slope_above : float
        Change of the outcome per unit of improvement, on the worse and on the better side of the level.
    """

    level: float
    interval: Interval
    p_value: float
    bends: bool
    slope_below: float
    slope_above: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementAsymmetry:
    """What failing and excelling in one element go with. NaN where a side was not observed.

    Attributes
    ----------
    element : int
        Its column.
    shape : str or None
        ``must_be``, ``performance``, ``delight`` or ``none``; None where it could not be estimated.
    probabilities : ShapeProbabilities or None
        How sure the shape is.
    penalty, reward : float
        Change of the outcome's mean from the usual level down to `worst`, and up to `best`; in its unit.
    penalty_interval, reward_interval : Interval
        Their confidence intervals.
    difference : float
        Size of the penalty less the reward; above 0 where failing costs more than excelling brings.
    difference_interval : Interval
        Its confidence interval.
    slope_low, slope_high : float
        Change of the outcome per unit of improvement, below and above the usual level.
    usual, worst, best : float
        Levels in the element's own unit: the median (mode of two levels), mean of the worst and best tenth.
    share_worse, share_better : float
        Parts of those who met it that had it worse, and better, than usual.
    n_met, n_absent : int
        Rows in which it has a value, and has none.
    notes : tuple of str
        ``constant``, ``too-few``, ``no-direction``, ``combination`` (it follows from confounders and earlier
        elements): not estimated. ``same-as:<column>``: its figures are those of the two together.
        ``penalty-not-observed``, ``reward-not-observed``: too few rows on that side. ``reversed``: what was
        called better goes with a worse outcome.
    bend : Bend or None
        For elements with five levels or more.
    """

    element: int
    shape: Shape | None
    probabilities: ShapeProbabilities | None
    penalty: float
    penalty_interval: Interval
    reward: float
    reward_interval: Interval
    difference: float
    difference_interval: Interval
    slope_low: float
    slope_high: float
    usual: float
    worst: float
    best: float
    share_worse: float
    share_better: float
    n_met: int
    n_absent: int
    notes: tuple[str, ...]
    bend: Bend | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asymmetry:
    """Penalty and reward of every element, from one regression.

    Attributes
    ----------
    elements : tuple of ElementAsymmetry
        In the order of the columns.
    r_squared : float
        Part of the outcome's variance that elements and confounders explain together.
    n, n_missing, n_units : int
        Rows used, rows left out because outcome or a confounder was missing, and units among the rows used.
    confidence_level : float
        Of every interval.
    """

    elements: tuple[ElementAsymmetry, ...]
    r_squared: float
    n: int
    n_missing: int
    n_units: int
    confidence_level: float
