"""What a search for synergies answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from promesa.stats.shares import Interval

Status = Literal["confirmed", "proposed", "not_found", "too_few"]
Sense = Literal[
    "worse_together",
    "better_together",
    "failure_cancels_good",
    "good_covers_good",
    "good_softens_failure",
    "more_together",
    "less_together",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfFigures:
    """What one half of the units says of a pair.

    Attributes
    ----------
    extra : float
        Change of the outcome beyond the sum of the two single changes, in its unit.
    interval : Interval
        Its confidence interval.
    p_value, adjusted_p : float
        That nothing is beyond the sum; adjusted for all pairs tested in this half (Benjamini-Hochberg in the
        discovery half, Holm among the pairs proposed in the hold-out half; NaN for others there).
    n, n_units : int
        Rows that met both elements, and units with such a row.
    effective_units : float
        As many units, all telling the same, would tell as much.
    """

    extra: float
    interval: Interval
    p_value: float
    adjusted_p: float
    n: int
    n_units: int
    effective_units: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSynergy:
    """Whether two elements do more, or less, together than the sum of each.

    Attributes
    ----------
    first, second : int
        Columns of the elements, `first` below `second`.
    status : str
        ``confirmed``: found in the discovery half and again in the hold-out half. ``proposed``: found in the
        first alone. ``not_found``. ``too_few``: not tested.
    shadow : bool
        Whether a confirmed pair says nothing beside the pairs confirmed with smaller p-values: it only goes with
        them.
    sense : str or None
        What the estimate of the hold-out half says, with the moves named in `synergy`; None where not tested.
    usual, moved : tuple of float
        Levels of both elements between which they move, each in its own unit.
    discovery, holdout : HalfFigures or None
        Figures of both halves; None where not tested. What may be shown is the hold-out's: no choice was made
        with it.
    sum_of_parts, whole : float
        Changes of the outcome in the hold-out half: both single moves added, and both moves at once. The whole
        is their sum and `holdout.extra`. NaN for pairs that were not proposed.
    sum_interval, whole_interval : Interval
        Their confidence intervals.
    note : str
        Why it was not tested, or empty: ``units`` (fewer than 100 met both), ``cell`` (too few met both at the
        levels that tell), or the fault of an element, such as ``constant``.
    """

    first: int
    second: int
    status: Status
    shadow: bool
    sense: Sense | None
    usual: tuple[float, float]
    moved: tuple[float, float]
    discovery: HalfFigures | None
    holdout: HalfFigures | None
    sum_of_parts: float
    sum_interval: Interval
    whole: float
    whole_interval: Interval
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Synergies:
    """All pairs of elements.

    Attributes
    ----------
    pairs : tuple of PairSynergy
        In the order (0, 1), (0, 2), ... (1, 2), ...
    elements : int
        Number of elements.
    n, n_missing : int
        Rows used, and rows left out because outcome or a confounder was missing.
    n_units : tuple of int
        Units in the discovery half and in the hold-out half.
    tested : int
        Pairs tested.
    false_discovery : float
        Rate at which the discovery half proposes, and level at which the hold-out half confirms.
    confidence_level : float
        Of every interval.
    """

    pairs: tuple[PairSynergy, ...]
    elements: int
    n: int
    n_missing: int
    n_units: tuple[int, int]
    tested: int
    false_discovery: float
    confidence_level: float

    @property
    def confirmed(self) -> tuple[PairSynergy, ...]:
        """Return the synergies, the largest first, without shadows."""
        found = [pair for pair in self.pairs if pair.status == "confirmed" and not pair.shadow]
        return tuple(sorted(found, key=lambda pair: -abs(pair.holdout.extra) if pair.holdout else 0.0))

    def matrix(self, *, confirmed_only: bool = True) -> NDArray[np.float64]:
        """Return the hold-out's `extra` by element and element, symmetric; NaN for other pairs.

        Returns
        -------
        ndarray of float, shape (elements, elements)
            In the outcome's unit.
        """
        found = np.full((self.elements, self.elements), np.nan)
        for pair in self.confirmed if confirmed_only else self.pairs:
            if pair.holdout is not None:
                found[pair.first, pair.second] = found[pair.second, pair.first] = pair.holdout.extra
        return found
