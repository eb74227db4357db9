"""A process fitted to the first part of the time, held against what customers did in the rest: numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.stats import expected_purchases, fit_shifts
from promesa.value.outlook import slopes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from promesa.stats import BuyingProcess
    from promesa.value.summaries import HoldOut

    Floats = NDArray[np.float64]

CLASSES: tuple[tuple[str, float, float], ...] = (
    ("0", 0, 0), ("1", 1, 1), ("2", 2, 2), ("3", 3, 3), ("4-6", 4, 6), ("7+", 7, np.inf),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Purchases predicted and made after the cut.

    Attributes
    ----------
    name : str
        Number of repeats before the cut; empty for all.
    customers : int
        How many they are.
    predicted, error : float
        Sum over them, and the standard error of it as a prediction: of the fit, and of what purchases vary anyway.
    actual : float
        What they bought.
    """

    name: str
    customers: int
    predicted: float
    error: float
    actual: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """A process against the hold-out.

    Attributes
    ----------
    process : BuyingProcess or None
        Fitted to the time before the cut; None for the rule that everybody goes on as before.
    score : float or None
        Mean over customers of the logarithmic score of a Poisson count with the predicted mean, more is better.
    spread : float
        Squared errors over predicted purchases: 1 were they as even as chance.
    classes : tuple of Compared
        All, then by number of repeats.
    """

    process: BuyingProcess | None
    score: float | None
    spread: float
    classes: tuple[Compared, ...]

    @property
    def all(self) -> Compared:
        """Return the comparison over all customers."""
        return self.classes[0]


def judge(process: BuyingProcess | None, held: HoldOut) -> Judged:
    """Hold a process, or the rule that everybody goes on as before, against what came."""
    purchases = held.purchases
    if process is None:
        seen = np.maximum(purchases.seen, 1.0)
        each = purchases.repeats / seen * held.days
        slopes = np.zeros((4, each.size))
        shifts = np.zeros((4, each.size))
    else:
        each = _ahead(process, held, held.days)
        slopes = slopes_of(process, lambda one: _ahead(one, held, held.days))
        shifts = fit_shifts(process, purchases)
    count = purchases.customers
    residual = held.later_squares - 2 * each * held.later + count * each**2
    spread = float(residual.sum() / max(float(each @ count), 1e-300))
    classes = [_compared("", np.ones(each.size, bool), held, each=each, slopes=slopes, shifts=shifts, spread=spread)]
    for name, low, high in CLASSES:
        inside = (purchases.repeats >= low) & (purchases.repeats <= high)
        if inside.any():
            classes.append(_compared(name, inside, held, each=each, slopes=slopes, shifts=shifts, spread=spread))
    score = None
    if process is not None:
        score = float((held.later @ np.log(np.maximum(each, 1e-300)) - each @ count) / count.sum())
    return Judged(process=process, score=score, spread=spread, classes=tuple(classes))


def _ahead(process: BuyingProcess, held: HoldOut, days: float) -> Floats:
    return expected_purchases(process, held.purchases, horizon=float(days))


def _compared(
    name: str, inside: NDArray[np.bool_], held: HoldOut, *, each: Floats, slopes: Floats, shifts: Floats, spread: float
) -> Compared:
    count = np.where(inside, held.purchases.customers, 0.0)
    predicted = float(count @ each)
    return Compared(
        name=name,
        customers=round(float(count.sum())),
        predicted=predicted,
        error=_error(predicted, slopes @ count, shifts, held, spread=spread),
        actual=float(held.later[inside].sum()),
    )


def _error(predicted: float, slope: Floats, shifts: Floats, held: HoldOut, *, spread: float) -> float:
    return float(np.sqrt(held.purchases.customers @ (slope @ shifts) ** 2 + spread * predicted))


def over_time(
    process: BuyingProcess, held: HoldOut, *, ends: Sequence[float], spread: float
) -> list[tuple[float, float]]:
    """Return what was predicted for each stretch that ends so many days after the cut, with its standard error."""
    count = held.purchases.customers
    times = np.array([0.0, *ends])

    def totals(one: BuyingProcess) -> Floats:
        return np.diff(count @ expected_purchases(one, held.purchases, horizon=times))

    predicted, slopes = totals(process), slopes_of(process, totals)
    shifts = fit_shifts(process, held.purchases)
    return [
        (float(value), _error(float(value), slopes[:, k], shifts, held, spread=spread))
        for k, value in enumerate(predicted)
    ]
