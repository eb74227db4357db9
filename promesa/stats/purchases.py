"""Summaries of customers' purchases: how many, when the last, how long seen; what a buying process is fitted to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import ValueOutOfRange

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

WIDEST = 2**62  # rows that one whole number can tell apart


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
    x, t_x, end = (np.asarray(column, dtype=float) for column in (repeats, last, seen))
    count = None if customers is None else np.asarray(customers, dtype=float)
    # What is no number fails each comparison, and so does what is below another than it must be.
    right = (x >= 0) & (t_x >= 0) & (t_x <= end) & (end < np.inf) & (x == np.floor(x)) & ((x > 0) | (t_x == 0))
    if count is not None:
        right &= count >= 0
    if not right.all() or (x == np.inf).any():
        raise ValueOutOfRange(
            what="Some summaries of purchases cannot be true.",
            got=f"{int((~right | (x == np.inf)).sum())} of {len(x)}",
            expected="whole repeats of 0 or more, and 0 <= last <= seen, with last = 0 where there is no repeat",
            fix="count purchases by day, from each customer's first one, up to one common end",
        )
    return _joined((x, t_x, end), count)


def _joined(columns: tuple[Floats, Floats, Floats], count: Floats | None) -> Purchases:
    """Return the different rows in their order, each with how many customers it is of.

    There are few different values of each column: a row is told by one whole number made of their places, which is
    sorted in a fraction of the time that three columns take.
    """
    levels = [np.unique(column) for column in columns]
    code = np.zeros(len(columns[0]), dtype=np.int64)
    if np.prod([float(len(level)) for level in levels]) >= WIDEST:
        code = np.unique(np.column_stack(columns), axis=0, return_inverse=True)[1].astype(np.int64).ravel()
        _, one = np.unique(code, return_index=True)
        kept = [column[one] for column in columns]
        joined = np.bincount(code, weights=count, minlength=len(one)).astype(float)
        return Purchases(repeats=kept[0], last=kept[1], seen=kept[2], customers=joined)
    for column, level in zip(columns, levels, strict=True):
        code = code * len(level) + np.searchsorted(level, column)
    if count is None:
        found, times = np.unique(code, return_counts=True)
        joined = times.astype(float)
    else:
        found, place = np.unique(code, return_inverse=True)
        joined = np.bincount(place, weights=count, minlength=len(found)).astype(float)
    kept = []
    for level in reversed(levels):
        found, place = np.divmod(found, max(len(level), 1))
        kept.append(level[place])
    return Purchases(repeats=kept[2], last=kept[1], seen=kept[0], customers=joined)
