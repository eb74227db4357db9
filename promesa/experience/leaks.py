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
MOST_AFTER = 0.5  # of the units that met a touchpoint: more that met it only after, and it belongs to what came after
RESTATES = 0.81  # of the outcome's variance that one feature alone tells: a correlation of .9
LEAST_ROWS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A feature that is not looked at, and why.

    Attributes
    ----------
    feature : Feature
        What is left out.
    reason : str
        ``after-the-outcome``: most units met its touchpoint only when the outcome was known. ``is-the-outcome``: the
        outcome is made of it. ``restates-the-outcome``: it tells nearly all of the outcome by itself.
        ``only-with-one-outcome``: where it was lived, the outcome is always the same.
    share : float or None
        Share of units that met it only after; or of the outcome's variance that it tells.
    rows : int
        Units it was judged on.
    """

    feature: Feature
    reason: Reason
    share: float | None
    rows: int


def by_time(features: Sequence[Feature], outcome: Outcome, timing: Mapping[str, tuple[int, int]]) -> list[Refusal]:
    """Return the features that the outcome is made of, or that were mostly lived after it was known."""
    refused: list[Refusal] = []
    for feature in features:
        before = sum(timing.get(name, (0, 0))[0] for name in feature.touchpoints)
        after = sum(timing.get(name, (0, 0))[1] for name in feature.touchpoints)
        rows = before + after
        if set(feature.touchpoints) & set(outcome.touchpoints):
            refused.append(Refusal(feature=feature, reason="is-the-outcome", share=None, rows=rows))
        elif rows and after > MOST_AFTER * rows:
            refused.append(Refusal(feature=feature, reason="after-the-outcome", share=after / rows, rows=rows))
    return refused


def by_value(features: Sequence[Feature], values: NDArray[np.float64], outcome: NDArray[np.float64]) -> list[Refusal]:
    """Return the features that say the outcome in other words.

    Parameters
    ----------
    values : ndarray of float, shape (n, features)
        NaN where a feature was not lived.
    outcome : ndarray of float, shape (n,)
        Without NaN.
    """
    refused: list[Refusal] = []
    binary = bool(np.isin(outcome, (0.0, 1.0)).all())
    for k, feature in enumerate(features):
        lived = ~np.isnan(values[:, k])
        told = max(_told(values[lived, k], outcome[lived]), _told(lived.astype(float), outcome))
        marked = lived & (values[:, k] == 1) if feature.kind != "element" else lived
        alone = binary and _always_one(marked, outcome)
        if told >= RESTATES:
            refused.append(Refusal(feature=feature, reason="restates-the-outcome", share=told, rows=int(lived.sum())))
        elif alone:
            refused.append(Refusal(feature=feature, reason="only-with-one-outcome", share=1.0, rows=int(marked.sum())))
    return refused


def _told(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return the share of y's variance that x tells on a straight line; 0 where there is nothing to tell."""
    if x.size < LEAST_ROWS or x.std() == 0 or y.std() == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1] ** 2)


def _always_one(marked: NDArray[np.bool_], outcome: NDArray[np.float64]) -> bool:
    """Tell whether the outcome never varies where a feature was lived, more than chance would bring about."""
    n = int(marked.sum())
    if n < LEAST_ROWS or n == outcome.size or outcome[marked].min() != outcome[marked].max():
        return False
    other = float((outcome != outcome[marked][0]).mean())
    return n * np.log1p(-min(other, 1 - 1e-12)) < np.log(1e-6)
