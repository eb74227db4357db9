"""Means, deviations and correlations of questionnaire items, with the mean in place of a missing answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats.product_sums import (
    CrossProducts,
    Moments,
    moments,
    resampled_moments,
    row_weights,
    sum_by_unit,
    unit_codes,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MIN_ANSWERED = 0.5  # an item that most people did not answer is mostly its own mean
MIN_ROWS = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ItemSums:
    """Sums of items by unit.

    Attributes
    ----------
    sums : CrossProducts
        Of the items, less `centre`, 0 where missing; and then, if any is missing, of the ones that mark an answer.
    centre : ndarray of float, shape (items,)
        What was taken off each item.
    n_missing : ndarray of int, shape (items,)
        Missing answers of each item, among the rows used.
    n_empty : int
        Rows without any answer, or of weight 0, left out.
    """

    sums: CrossProducts
    centre: NDArray[np.float64]
    n_missing: NDArray[np.int64]
    n_empty: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ItemMoments:
    """Of one sample or several: `mean` and `deviation` (samples, items), `correlation` (samples, items, items)."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    correlation: NDArray[np.float64]


def sum_items(
    answers: NDArray[np.float64], *, columns: tuple[int, ...], weights: ArrayLike | None, units: ArrayLike | None
) -> ItemSums:
    """Sum items by unit, or say why they cannot be used.

    Raises
    ------
    TooFewObservations
        If fewer than 20 rows hold an answer, or most rows lack one item.
    ValueOutOfRange
        If an item is the same in every row, or weights or units do not fit the rows.
    """
    weight = row_weights(weights, len(answers))
    codes = unit_codes(units, len(answers))
    items = answers[:, list(columns)]
    used = (weight > 0) & ~np.isnan(items).all(axis=1)
    items, weight = items[used], weight[used]
    answered = ~np.isnan(items)
    _check_items(items, answered, columns)
    centre = np.nanmean(items, axis=0)
    table = np.where(answered, items - centre, 0.0)
    if not answered.all():
        table = np.column_stack([table, answered])
    return ItemSums(
        sums=sum_by_unit(table, codes=codes[used], weight=weight, n_missing=0),
        centre=centre,
        n_missing=(~answered).sum(axis=0),
        n_empty=int((~used).sum()),
    )


def item_moments(items: ItemSums) -> ItemMoments:
    """Return the moments of the whole sample, as a stack of one."""
    return _mean_replaced(moments(items.sums), items.centre)


def resampled_item_moments(items: ItemSums, *, replicates: int, seed: int) -> ItemMoments:
    """Return the moments of samples of units drawn with replacement.

    A missing answer takes the mean of the sample drawn, so that the interval knows that the mean was estimated.
    """
    return _mean_replaced(resampled_moments(items.sums, replicates=replicates, seed=seed), items.centre)


def _mean_replaced(drawn: Moments, centre: NDArray[np.float64]) -> ItemMoments:
    count = len(centre)
    if drawn.mean.shape[1] == count:
        mean, covariance = drawn.mean, drawn.covariance
    else:
        product = drawn.covariance + drawn.mean[:, :, None] * drawn.mean[:, None, :]
        share = drawn.mean[:, count:]
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = drawn.mean[:, :count] / share
        # An item less its mean where answered, 0 where not: products of (u - mean m), m marking the answer.
        crossed = mean[:, :, None] * product[:, count:, :count]
        covariance = (
            product[:, :count, :count]
            - crossed
            - np.swapaxes(crossed, 1, 2)
            + mean[:, :, None] * mean[:, None, :] * product[:, count:, count:]
        )
    deviation = np.sqrt(np.maximum(np.einsum("bii->bi", covariance), 0.0))
    inverse = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > 0)
    correlation = covariance * inverse[:, :, None] * inverse[:, None, :]
    return ItemMoments(mean=mean + centre, deviation=deviation, correlation=correlation)


def _check_items(items: NDArray[np.float64], answered: NDArray[np.bool_], columns: tuple[int, ...]) -> None:
    if len(items) < MIN_ROWS:
        raise TooFewObservations(
            what="Too few people answered to fit a path model.",
            got=f"{len(items)} rows with an answer",
            expected=f"at least {MIN_ROWS} rows, and better ten for each item",
            fix="take a longer period or a wider slice",
        )
    share = answered.mean(axis=0)
    if (share < MIN_ANSWERED).any():
        worst = int(np.argmin(share))
        raise TooFewObservations(
            what=f"Most people did not answer the item in column {columns[worst]}.",
            got=f"{share[worst]:.0%} answered",
            expected=f"at least {MIN_ANSWERED:.0%} answered",
            fix="leave the item out, or keep only the people who were asked it",
        )
    if np.isinf(items).any():
        raise ValueOutOfRange(
            what="The data hold infinite values.",
            got=f"{int(np.isinf(items).sum())} of them",
            expected="finite numbers, NaN for no answer",
            fix="clean the source of these items",
        )
    flat = np.nanmax(items, axis=0) == np.nanmin(items, axis=0)
    if flat.any():
        raise ValueOutOfRange(
            what=f"Everybody gave the same answer to the item in column {columns[int(np.argmax(flat))]}.",
            got=f"{int(flat.sum())} items without variation",
            expected="items that vary",
            fix="leave the item out",
        )
