"""Whether those with and without a treatment can be compared, and how alike the weights make them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PROPENSITY_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
COMMON = (0.05, 0.95)  # outside it a comparison leans on few rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Whether every treated row has rows like it that were not treated.

    Attributes
    ----------
    treated, untreated : tuple of float
        Quantiles of 5, 25, 50, 75 and 95 % of the probability of treatment in each arm. Empty for an amount.
    outside : float
        Share of rows whose probability of treatment is below 0.05 or above 0.95.
    trimmed : float
        Share of rows whose probability was moved to the bound `trim`.
    treated_without_comparison : float
        Share of treated rows with a probability above 1 - `trim`: hardly anyone like them was spared.
    effective_treated, effective_untreated : float
        Rows that count, by weights (Kish), for the effect on the treated.
    treatment_left : float
        Part of the treatment's variance that the confounders do not explain; it is what an effect rests on.
    """

    treated: tuple[float, ...]
    untreated: tuple[float, ...]
    outside: float
    trimmed: float
    treated_without_comparison: float
    effective_treated: float
    effective_untreated: float
    treatment_left: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Balance:
    """How each confounder differs with the treatment, as found and as weighted.

    Attributes
    ----------
    before, after : ndarray of float, shape (confounders,)
        Standardised mean difference, treated less untreated, in pooled standard deviations; the untreated
        weighted to be like the treated in `after`. For an amount: correlation with the amount, and with what
        the confounders leave of it. 0 for a column that does not vary.
    worst_before, worst_after : int or None
        Column of the largest absolute value; None without confounders.
    """

    before: NDArray[np.float64]
    after: NDArray[np.float64]
    worst_before: int | None
    worst_after: int | None


def find_overlap(treated: NDArray[np.float64], propensity: NDArray[np.float64], *, trim: float) -> Overlap:
    """Return the overlap of two arms from the probability of treatment of each row, before trimming."""
    yes = treated > 0
    clipped = np.clip(propensity, trim, 1 - trim)
    odds = (clipped / (1 - clipped))[~yes]
    return Overlap(
        treated=_quantiles(propensity[yes]),
        untreated=_quantiles(propensity[~yes]),
        outside=float(((propensity < COMMON[0]) | (propensity > COMMON[1])).mean()),
        trimmed=float((clipped != propensity).mean()),
        treated_without_comparison=float((propensity[yes] > 1 - trim).mean()),
        effective_treated=float(yes.sum()),
        effective_untreated=float(odds.sum() ** 2 / (odds**2).sum()),
        treatment_left=_left(treated, propensity),
    )


def find_overlap_of_amount(amount: NDArray[np.float64], expected: NDArray[np.float64]) -> Overlap:
    """Return how much of an amount the confounders leave, and how many rows carry it."""
    squares = (amount - expected) ** 2
    carried = float(squares.sum() ** 2 / (squares**2).sum())
    return Overlap(
        treated=(),
        untreated=(),
        outside=0.0,
        trimmed=0.0,
        treated_without_comparison=0.0,
        effective_treated=carried,
        effective_untreated=carried,
        treatment_left=_left(amount, expected),
    )


def find_balance(
    confounders: NDArray[np.float64], treated: NDArray[np.float64], propensity: NDArray[np.float64]
) -> Balance:
    """Return standardised mean differences, before and after the untreated are weighted by their odds."""
    yes = treated > 0
    spread = np.sqrt((confounders[yes].var(axis=0) + confounders[~yes].var(axis=0)) / 2)
    odds = (propensity / (1 - propensity))[~yes]
    centre = confounders[yes].mean(axis=0)
    before = centre - confounders[~yes].mean(axis=0)
    after = centre - odds @ confounders[~yes] / odds.sum()
    flat = confounders.std(axis=0) <= 1e-12 * np.abs(confounders).max(axis=0, initial=1e-300)
    scale = np.where((spread > 0) & ~flat, spread, np.inf)
    return _balance(before / scale, after / scale)


def find_balance_of_amount(
    confounders: NDArray[np.float64], amount: NDArray[np.float64], expected: NDArray[np.float64]
) -> Balance:
    """Return correlations of the confounders with an amount, and with what they leave of it."""
    return _balance(_correlations(confounders, amount), _correlations(confounders, amount - expected))


def _balance(before: NDArray[np.float64], after: NDArray[np.float64]) -> Balance:
    worst_before, worst_after = (int(np.argmax(np.abs(v))) if v.size else None for v in (before, after))
    return Balance(before=before, after=after, worst_before=worst_before, worst_after=worst_after)


def _correlations(table: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = table - table.mean(axis=0)
    left = values - values.mean()
    scale = np.sqrt((centred**2).sum(axis=0) * float(left @ left))
    return left @ centred / np.where(scale > 0, scale, np.inf)


def _quantiles(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(np.quantile(values, PROPENSITY_QUANTILES).tolist())


def _left(treatment: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    variance = float(treatment.var())
    return float(((treatment - expected) ** 2).mean()) / variance if variance > 0 else 0.0
