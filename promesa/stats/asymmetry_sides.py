"""The two sides of each element in one regression: their columns, slopes, penalty and reward."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from promesa.stats.asymmetry_results import Bend, ElementAsymmetry
from promesa.stats.asymmetry_shapes import shape_of, shape_probabilities
from promesa.stats.regression_elements import distances, find_presence
from promesa.stats.shares import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from promesa.stats.regression_blocks import Equations, Rows
    from promesa.stats.regression_elements import Element
    from promesa.stats.regression_rows import Observed

NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Columns of one element in the regression: below and above usual, or one for two levels."""

    element: Element
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HingeDesign:
    """How the columns of a regression on confounders, presence and both sides of elements are made.

    Attributes
    ----------
    columns : callable
        Makes the columns of some rows.
    width : int
        Number of columns.
    places : dict of int to Places
        By column of the values, for elements that can be used.
    """

    columns: Rows
    width: int
    places: dict[int, Places]

    def source(self, element: Element) -> Element | None:
        """Return the element whose columns stand for this one, or None."""
        if element.fault.startswith("same-as:"):
            return self.places[int(element.fault.removeprefix("same-as:"))].element
        return None if element.fault else element


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sides:
    """Both slopes of one element and its levels, in the order low, high, usual, worst, best.

    Attributes
    ----------
    slopes : ndarray of float, shape (2,)
        Below and above the usual level; NaN where not observed or dropped.
    covariance : ndarray of float, shape (5, 5)
        Of slopes and levels.
    reach : float
        Standard errors to each side of an interval.
    """

    slopes: NDArray[np.float64]
    covariance: NDArray[np.float64]
    reach: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """The solved regression with the covariance of columns kept and of the levels of all elements after these."""

    equations: Equations
    covariance: NDArray[np.float64]
    reach: float

    def sides(self, design: HingeDesign, element: Element) -> Sides:
        """Return slopes and levels of one element."""
        order, kept = list(design.places), self.equations.kept
        first = len(kept) + order.index(element.column)
        both = design.places[element.column].columns
        slopes, places = np.full(2, NAN), np.array([-1, -1, first, first + len(order), first + 2 * len(order)])
        for side, column in enumerate((both[0], both[-1])):
            found = np.flatnonzero(kept == column)
            if len(found):
                slopes[side], places[side] = self.equations.coefficients[found[0]], found[0]
        slopes[[not element.worse_seen, not element.better_seen]] = NAN
        covariance = self.covariance[np.ix_(places, places)]
        covariance[places < 0], covariance[:, places < 0] = 0.0, 0.0
        return Sides(slopes=slopes, covariance=covariance, reach=self.reach)


def slope_bends(equations: Equations, design: HingeDesign) -> NDArray[np.float64]:
    """Return, for each element, its slope below the usual level less that above; 0 where it has but one."""
    full = np.zeros(design.width)
    full[equations.kept] = equations.coefficients
    return np.array([full[place.columns[0]] - full[place.columns[-1]] for place in design.places.values()])


def hinge_design(seen: Observed, elements: Sequence[Element]) -> HingeDesign:
    """Return the columns: confounders, presence, and for each usable element what lies below and above usual.

    Confounders come first: an element that follows from them is what is dropped.
    """
    sound = [element for element in elements if not element.fault]
    presence = find_presence(seen.values, sound)
    start = seen.confounders.shape[1] + presence.met.shape[1]
    places = dict[int, Places]()
    low, high = list[int](), list[int]()
    for k, element in enumerate(sound):
        width = 1 if element.two_levels else 2
        places[element.column] = Places(element=element, columns=tuple(range(start, start + width)))
        low.append(k)
        if width == 2:
            high.append(k)
        start += width
    single = np.array([element.two_levels for element in sound], dtype=bool)
    firsts = np.array([places[element.column].columns[0] for element in sound], dtype=int)

    def columns(index: NDArray[np.intp]) -> NDArray[np.float64]:
        far = distances(seen.values, sound, index)
        table = np.empty((len(index), start))
        table[:, : seen.confounders.shape[1]] = seen.confounders[index]
        table[:, seen.confounders.shape[1] : start - len(low) - len(high)] = presence.met[index]
        table[:, firsts] = np.where(single, far, np.minimum(far, 0.0))
        table[:, firsts[~single] + 1] = np.maximum(far[:, ~single], 0.0)
        return table

    return HingeDesign(columns=columns, width=start, places=places)


def answer(
    element: Element, sides: Sides, *, n: int, random: np.random.Generator, bend: Bend | None
) -> ElementAsymmetry:
    """Return penalty, reward and shape of one element."""
    slopes, reach = sides.slopes, sides.reach
    seen = np.array([element.worse_seen, element.better_seen])
    if np.isnan(slopes[seen]).any():
        return unanswered(element, n=n, note="combination")
    errors = np.sqrt(np.maximum(np.diag(sides.covariance)[:2], 0.0))
    clear = np.abs(slopes) > reach * errors
    down, up = element.worst - element.usual, element.best - element.usual
    # How each figure moves with low slope, high slope, usual, worst and best level.
    falls = np.array([down, 0.0, -slopes[0], slopes[0], 0.0])
    rises = np.array([0.0, up, -slopes[1], 0.0, slopes[1]])
    penalty, reward, difference = slopes[0] * down, slopes[1] * up, -slopes[0] * down - slopes[1] * up
    return replace(
        unanswered(element, n=n, note=""),
        shape=shape_of(slopes, clear=clear, element=element),
        probabilities=shape_probabilities(slopes, sides.covariance[:2, :2], element=element, random=random),
        penalty=float(penalty),
        penalty_interval=_interval(penalty, reach * _error(sides, falls)),
        reward=float(reward),
        reward_interval=_interval(reward, reach * _error(sides, rises)),
        difference=float(difference),
        difference_interval=_interval(difference, reach * _error(sides, falls + rises)),
        slope_low=float(slopes[0]),
        slope_high=float(slopes[1]),
        notes=_side_notes(slopes, clear),
        bend=bend,
    )


def twin(element: Element, found: ElementAsymmetry, *, source: Element) -> ElementAsymmetry:
    """Return the figures of an element whose levels lie as those of another do, in its own unit."""
    scale = (source.worst - source.usual) / (element.worst - element.usual)
    if np.isnan(scale):
        scale = (source.best - source.usual) / (element.best - element.usual)
    sign = element.direction
    return replace(
        found,
        element=element.column,
        slope_low=found.slope_low * scale,
        slope_high=found.slope_high * scale,
        usual=sign * element.usual,
        worst=sign * element.worst,
        best=sign * element.best,
        notes=(element.fault, *found.notes),
        bend=None,
    )


def unanswered(element: Element, *, n: int, note: str) -> ElementAsymmetry:
    """Return an element without figures, and why."""
    nothing, met = Interval(NAN, NAN), element.n_met
    return ElementAsymmetry(
        element=element.column,
        shape=None,
        probabilities=None,
        penalty=NAN,
        penalty_interval=nothing,
        reward=NAN,
        reward_interval=nothing,
        difference=NAN,
        difference_interval=nothing,
        slope_low=NAN,
        slope_high=NAN,
        usual=element.direction * element.usual,
        worst=element.direction * element.worst,
        best=element.direction * element.best,
        share_worse=element.n_worse / met if met else NAN,
        share_better=element.n_better / met if met else NAN,
        n_met=met,
        n_absent=n - met,
        notes=(note,),
        bend=None,
    )


def _side_notes(slopes: NDArray[np.float64], clear: NDArray[np.bool_]) -> tuple[str, ...]:
    notes = [name for name, slope in zip(("penalty", "reward"), slopes, strict=True) if np.isnan(slope)]
    against = ("reversed",) if (clear & (slopes < 0)).any() else ()
    return (*(f"{name}-not-observed" for name in notes), *against)


def _error(sides: Sides, gradient: NDArray[np.float64]) -> float:
    return float(np.sqrt(max(gradient @ sides.covariance @ gradient, 0.0)))


def _interval(estimate: float, half_width: float) -> Interval:
    if np.isnan(estimate):
        return Interval(NAN, NAN)
    return Interval(float(estimate - half_width), float(estimate + half_width))
