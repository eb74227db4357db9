"""Keeps out what cannot have led to an outcome: what came after it, and what says the same in other words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from promesa.experience.features import Feature
    from promesa.workspace import Outcome

Reason = Literal["after-the-outcome", "is-the-outcome", "restates-the-outcome", "only-with-one-outcome"]
# Where only those who complained have an instant, what they had still to live is missing for them alone.
MOST_AFTER_COMPLAINT = 0.1
MOST_AFTER = 0.5  # of the units that lived a feature: more that did only after, and it belongs to what came after
RESTATES = 0.81  # of the outcome's variance that one feature alone tells: a correlation of .9
PARTS_PAIRS = 0.98  # of the pairs of a yes and a no, more in one order than in the other
LEAST_ROWS = 30
LEAST_OF_EACH = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A feature that is not looked at, and why.

    Attributes
    ----------
    feature : Feature
        What is left out.
    reason : str
        ``after-the-outcome``: most units lived it only when the outcome was known. ``is-the-outcome``: the outcome
        is made of it. ``restates-the-outcome``: it tells nearly all of the outcome by itself, or parts yes from no.
        ``only-with-one-outcome``: where it was lived (a promise: broken), the outcome is always the same, and chance
        alone would not bring that about.
    share : float or None
        Share of units that lived it only after; or of the outcome's variance that it tells on a straight line.
    rows : int
        Units it was judged on; for ``after-the-outcome``, units with an instant of the outcome that lived it.
    """

    feature: Feature
    reason: Reason
    share: float | None
    rows: int


def by_time(features: Sequence[Feature], outcome: Outcome, timing: Mapping[str, tuple[int, int]]) -> list[Refusal]:
    """Return the features that the outcome is made of, or that were mostly lived after it was known.

    Parameters
    ----------
    timing : mapping of str to (int, int)
        By column: in how many units with an instant of the outcome the feature was lived before, and only after.
    """
    refused: list[Refusal] = []
    most = MOST_AFTER_COMPLAINT if outcome.kind == "complaint" else MOST_AFTER
    for feature in features:
        before, after = timing.get(feature.column, (0, 0))
        rows = before + after
        if set(feature.touchpoints) & set(outcome.touchpoints):
            refused.append(Refusal(feature=feature, reason="is-the-outcome", share=None, rows=rows))
        elif rows and after > most * rows:
            refused.append(Refusal(feature=feature, reason="after-the-outcome", share=after / rows, rows=rows))
    return refused


def by_value(
    features: Sequence[Feature],
    values: NDArray[np.float64],
    outcome: NDArray[np.float64],
    *,
    customers: NDArray[np.int64] | None = None,
) -> list[Refusal]:
    """Return the features that say the outcome in other words.

    Parameters
    ----------
    values : ndarray of float, shape (n, features)
        NaN where a feature was not lived.
    outcome : ndarray of float, shape (n,)
        Without NaN.
    customers : ndarray of int, shape (n,), optional
        Whose each row is: what is always so for one customer is one observation.
    """
    refused: list[Refusal] = []
    binary = bool(np.isin(outcome, (0.0, 1.0)).all())
    for k, feature in enumerate(features):
        lived = ~np.isnan(values[:, k])
        told = max(_told(values[lived, k], outcome[lived]), _told(lived.astype(float), outcome))
        marked = lived & (values[:, k] == 1) if feature.kind != "element" else lived
        if told >= RESTATES or (binary and _parts(values[lived, k], outcome[lived])):
            refused.append(Refusal(feature=feature, reason="restates-the-outcome", share=told, rows=int(lived.sum())))
        elif binary and _always_one(marked, outcome, customers):
            refused.append(Refusal(feature=feature, reason="only-with-one-outcome", share=1.0, rows=int(marked.sum())))
    return refused


def _told(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return the share of y's variance that x tells on a straight line; 0 where there is nothing to tell.

    The outermost values count as the fifth from either end, so that one huge order alone, or a single yes, makes
    no leak.
    """
    if x.size < LEAST_ROWS:
        return 0.0
    x, y = _without_ends(x), _without_ends(y)
    if x.std() == 0 or y.std() == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1] ** 2)


def _without_ends(x: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = np.partition(x, (LEAST_OF_EACH - 1, x.size - LEAST_OF_EACH))[[LEAST_OF_EACH - 1, -LEAST_OF_EACH]]
    return np.clip(x, low, high)


def _parts(x: NDArray[np.float64], y: NDArray[np.float64]) -> bool:
    """Tell whether x puts nearly every pair of a yes and a no in one order: a perfect separator."""
    yes = int(y.sum())
    if min(yes, y.size - yes) < LEAST_OF_EACH:
        return False
    _, place, counts = np.unique(x, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    area = (ranks[place][y == 1].sum() - yes * (yes + 1) / 2) / (yes * (y.size - yes))
    return bool(abs(2 * area - 1) >= PARTS_PAIRS)


def _always_one(marked: NDArray[np.bool_], outcome: NDArray[np.float64], customers: NDArray[np.int64] | None) -> bool:
    """Tell whether the outcome never varies where a feature was lived, more than chance would bring about."""
    n = int(marked.sum()) if customers is None else np.unique(customers[marked]).size
    if n < LEAST_ROWS or marked.all() or outcome[marked].min() != outcome[marked].max():
        return False
    other = float((outcome != outcome[marked][0]).mean())
    return bool(n * np.log1p(-min(other, 1 - 1e-12)) < np.log(1e-6))
