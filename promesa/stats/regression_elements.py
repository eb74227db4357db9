"""Elements of the experience as columns of a regression: usual level, worst and best tenth, presence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TENTH = 10  # the worst and the best tenth of those who met an element
MIN_SIDE, MIN_SIDE_SHARE = 30, 0.01  # rows, and share of those who met the element, that make a side observed


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """How the levels of one element lie. Levels are oriented: times -1 where less is better.

    Attributes
    ----------
    column : int
        Its column among the values.
    direction : int
        1 where more is better or neither is, -1 where less is better.
    fault : str
        Why it cannot be used, or empty: ``constant``, ``too-few``, ``same-as:<column>``, ``no-direction``.
    n_met : int
        Rows in which it has a value.
    distinct : int
        Number of its levels.
    usual, worst, best : float
        Median (mode of two levels); mean of the worst tenth and of the best tenth, cut at the usual level.
        NaN where no level is worse, or better.
    n_worse, n_better : int
        Rows worse and better than usual.
    knots : tuple of float
        Levels below and above which rows lie, at most 19: every inner level, or twentieths.
    sparsity : float
        One over the density at the usual level: how far the median moves with the share below it. 0 where
        another sample would have the same median.
    cuts : tuple of float
        Levels at which the worst and the best tenth begin; NaN where the usual level cuts them.
    """

    column: int
    direction: int
    fault: str
    n_met: int
    distinct: int
    usual: float
    worst: float
    best: float
    n_worse: int
    n_better: int
    knots: tuple[float, ...]
    sparsity: float
    cuts: tuple[float, float]

    @property
    def two_levels(self) -> bool:
        """Tell whether it has two levels."""
        return self.distinct == 2

    @property
    def worse_seen(self) -> bool:
        """Tell whether enough rows lie below the usual level."""
        return self.n_worse >= max(MIN_SIDE, MIN_SIDE_SHARE * self.n_met)

    @property
    def better_seen(self) -> bool:
        """Tell whether enough rows lie above the usual level."""
        return self.n_better >= max(MIN_SIDE, MIN_SIDE_SHARE * self.n_met)


def describe_elements(
    values: NDArray[np.float64], *, better: NDArray[np.int64], needs_direction: bool
) -> tuple[Element, ...]:
    """Return how the levels of each element lie, and why some cannot be used."""
    found = list[Element]()
    for column, direction in enumerate(better.tolist()):
        element = _describe(values[:, column], column=column, direction=direction or 1)
        if not element.fault and needs_direction and direction == 0:
            element = replace(element, fault="no-direction")
        found.append(_joined(values, element, found))
    return tuple(found)


def _describe(values: NDArray[np.float64], *, column: int, direction: int) -> Element:
    levels = np.sort(values[~np.isnan(values)] * direction)
    n, cuts = len(levels), np.flatnonzero(np.diff(levels)) + 1
    distinct = levels[np.append(0, cuts)] if n else levels
    usual = _usual(levels, distinct)
    n_worse = int(np.searchsorted(levels, usual)) if n else 0
    n_better = n - int(np.searchsorted(levels, usual, side="right")) if n else 0
    tenth = -(-n // TENTH)
    low, high = min(tenth, n_worse), min(tenth, n_better)
    element = Element(
        column=column,
        direction=direction,
        fault="constant" if n and len(distinct) == 1 else "",
        n_met=n,
        distinct=len(distinct),
        usual=usual,
        worst=float(levels[:low].mean()) if low else float("nan"),
        best=float(levels[n - high :].mean()) if high else float("nan"),
        n_worse=n_worse,
        n_better=n_better,
        knots=_knots(levels, distinct),
        sparsity=_sparsity(levels, n_worse=n_worse, n_better=n_better),
        cuts=(
            float(levels[tenth - 1]) if tenth and low == tenth else float("nan"),
            float(levels[n - tenth]) if tenth and high == tenth else float("nan"),
        ),
    )
    seen = element.fault or element.worse_seen or element.better_seen
    return element if seen else replace(element, fault="too-few")


def _usual(levels: NDArray[np.float64], distinct: NDArray[np.float64]) -> float:
    if not len(levels):
        return float("nan")
    if len(distinct) == 2:
        return float(distinct[1] if 2 * np.searchsorted(levels, distinct[1]) <= len(levels) else distinct[0])
    return float(levels[(len(levels) - 1) // 2])  # the lower median: a level that occurs


def _sparsity(levels: NDArray[np.float64], *, n_worse: int, n_better: int) -> float:
    n = len(levels)
    # The median stays where it is if neither side is within three standard errors of half the rows.
    if max(n_worse, n_better) < n / 2 - 1.5 * np.sqrt(n) or n < 2:
        return 0.0
    width = min(0.25, 0.5 * n**-0.2)
    low, high = levels[int(n * (0.5 - width))], levels[min(n - 1, int(n * (0.5 + width)))]
    return float(high - low) / (2 * width)


def _knots(levels: NDArray[np.float64], distinct: NDArray[np.float64]) -> tuple[float, ...]:
    inner = distinct[1:-1]
    if len(inner) > 19:
        twentieths = levels[(len(levels) * np.arange(1, 20)) // 20]
        inner = np.unique(twentieths[(twentieths > levels[0]) & (twentieths < levels[-1])])
    return tuple(inner.tolist())


def _joined(values: NDArray[np.float64], element: Element, earlier: Sequence[Element]) -> Element:
    """Mark an element whose levels lie as those of an earlier one do, but for their unit."""
    if element.fault:
        return element
    for other in earlier:
        alike = (other.n_met, other.distinct, other.n_worse, other.n_better) == (
            element.n_met, element.distinct, element.n_worse, element.n_better,
        )  # fmt: skip
        if other.fault or not alike:
            continue
        mine, theirs = (_standardised(values[:, e.column], e) for e in (element, other))
        if np.allclose(mine, theirs, rtol=0, atol=1e-9, equal_nan=True):
            return replace(element, fault=f"same-as:{other.column}")
    return element


def _standardised(values: NDArray[np.float64], element: Element) -> NDArray[np.float64]:
    distance = values * element.direction - element.usual
    return distance / np.sqrt(np.nanmean(distance**2))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Presence:
    """Which rows met which element, each pattern once.

    Attributes
    ----------
    pattern : tuple of int
        For each element, the column of `met` that says where it was met; -1 where every row did.
    met : ndarray of bool, shape (n, patterns)
        Patterns in the order in which they first occur.
    """

    pattern: tuple[int, ...]
    met: NDArray[np.bool_]


def find_presence(values: NDArray[np.float64], elements: Sequence[Element]) -> Presence:
    """Return the patterns of presence of some elements."""
    seen, columns, pattern = dict[bytes, int](), list["NDArray[np.bool_]"](), list[int]()
    for element in elements:
        met = ~np.isnan(values[:, element.column])
        if met.all():
            pattern.append(-1)
            continue
        key = np.packbits(met).tobytes()
        if key not in seen:
            seen[key] = len(columns)
            columns.append(met)
        pattern.append(seen[key])
    met = np.column_stack(columns) if columns else np.zeros((len(values), 0), dtype=bool)
    return Presence(pattern=tuple(pattern), met=met)


def distances(values: NDArray[np.float64], elements: Sequence[Element], index: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how far above usual (in the good direction) each element of some rows is; 0 where it was not met."""
    columns = np.array([element.column for element in elements], dtype=np.intp)
    usual, direction = np.array([[e.usual, e.direction] for e in elements]).T if elements else np.zeros((2, 0))
    return np.nan_to_num(values[np.ix_(index, columns)] * direction - usual, copy=False)
