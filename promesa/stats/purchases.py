"""Summaries of customers' purchases: how many, when the last, how long seen; what a buying process is fitted to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import ValueOutOfRange

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Purchases:
    """Summaries of customers' purchases; equal ones stand once, with how many customers they are of.

    Attributes
    ----------
    repeats : ndarray of float, shape (n,)
        Purchases after the first.
    last : ndarray of float, shape (n,)
        Time from the first purchase to the last; 0 without repeats.
    seen : ndarray of float, shape (n,)
        Time from the first purchase to the end of the observation, in the same unit.
    customers : ndarray of float, shape (n,)
        Customers with this summary.
    """

    repeats: Floats
    last: Floats
    seen: Floats
    customers: Floats

    @property
    def n(self) -> int:
        """Return the number of customers."""
        return int(self.customers.sum())


def summarise(repeats: ArrayLike, last: ArrayLike, seen: ArrayLike, *, customers: ArrayLike | None = None) -> Purchases:
    """Return checked summaries, equal ones joined.

    Parameters
    ----------
    repeats, last, seen : array-like of float, shape (n,)
        As in `Purchases`.
    customers : array-like of float, shape (n,), optional
        Customers of each row; one each where it is not given.

    Raises
    ------
    ValueOutOfRange
        If a summary cannot be one: last after the end, repeats without a time, a negative or missing number.
    """
    rows = np.column_stack([np.asarray(column, dtype=float) for column in (repeats, last, seen)])
    count = np.ones(len(rows)) if customers is None else np.asarray(customers, dtype=float)
    x, t_x, end = rows.T
    wrong = ~np.isfinite(rows).all(axis=1) | (rows < 0).any(axis=1) | (t_x > end) | ((x == 0) & (t_x != 0))
    wrong |= (x != np.floor(x)) | (count < 0)
    if wrong.any():
        raise ValueOutOfRange(
            what="Some summaries of purchases cannot be true.",
            got=f"{int(wrong.sum())} of {len(rows)}",
            expected="whole repeats of 0 or more, and 0 <= last <= seen, with last = 0 where there is no repeat",
            fix="count purchases by day, from each customer's first one, up to one common end",
        )
    order = np.lexsort((end, t_x, x))
    rows, count = rows[order], count[order]
    first = np.flatnonzero(np.r_[True, (np.diff(rows, axis=0) != 0).any(axis=1)]) if len(rows) else np.array([], int)
    joined = np.add.reduceat(count, first) if len(rows) else count
    x, t_x, end = rows[first].T if len(rows) else rows.T
    return Purchases(repeats=x, last=t_x, seen=end, customers=joined)
