"""What customers have bought and cost as whole numbers, sorted by customer: eight a customer, no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Wholes = NDArray[np.int64]
    Columns = dict[str, NDArray[Any]]

# Days counted from 1970, money in its fourth decimal. Who has cost something and bought nothing has no days.
PURCHASES = ("first", "last", "days", "spent", "revenue", "margin", "taken_back")
SUMS = ("customer", *PURCHASES, "served")
UNITS = 10_000
_MONEY = pa.decimal128(18, 4)


def whole_numbers(column: pa.ChunkedArray) -> Wholes:
    """Return whole numbers, days from 1970 or money in its fourth decimal; null is 0."""
    parts = [_whole_numbers(chunk) for chunk in column.chunks]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def _whole_numbers(chunk: pa.Array) -> Wholes:
    if pa.types.is_decimal(chunk.type):
        # Sixteen bytes each, the low eight first: money has no more than eighteen digits, which these hold.
        buffer = chunk.buffers()[1]
        found = np.frombuffer(buffer, dtype="<i8", count=2 * (chunk.offset + len(chunk)))[2 * chunk.offset :: 2]
        return np.where(chunk.is_valid().to_numpy(zero_copy_only=False), found, 0) if chunk.null_count else found
    if pa.types.is_floating(chunk.type):
        return np.rint(chunk.fill_null(0.0).to_numpy(zero_copy_only=False) * UNITS).astype(np.int64)
    if pa.types.is_date32(chunk.type):
        chunk = chunk.cast(pa.int32())
    return np.asarray((chunk.fill_null(0) if chunk.null_count else chunk).to_numpy(), dtype=np.int64)


def as_money(units: Wholes) -> pa.Array:
    """Return money in its fourth decimal as decimals."""
    wide = np.stack([units, units >> 63], axis=1)
    return pa.Array.from_buffers(_MONEY, units.size, [None, pa.py_buffer(np.ascontiguousarray(wide))])


def places(customers: Wholes, wanted: Wholes) -> Wholes:
    """Return where in the sorted `customers` those of `wanted` stand who are there."""
    found = positions(customers, wanted)
    return found[found >= 0]


def positions(customers: Wholes, wanted: Wholes) -> Wholes:
    """Return where each of `wanted` stands in the sorted `customers`, -1 if nowhere."""
    if np.array_equal(customers, wanted):
        return np.arange(wanted.size)
    if not customers.size:
        return np.full(wanted.size, -1)
    found = np.minimum(np.searchsorted(customers, wanted), customers.size - 1)
    return np.where(customers[found] == wanted, found, -1)


def rows_of(columns: Columns, customers: Wholes) -> Columns:
    """Return the sums of these customers, sorted; nothing but 0 of whom none are known."""
    at = positions(columns["customer"], customers)
    found: Columns = {"customer": customers}
    for column in SUMS[1:]:
        values = columns[column]
        found[column] = np.where(at >= 0, values[at], 0) if values.size else np.zeros(customers.size, dtype=np.int64)
    return found


def joined(customers: Wholes, parts: dict[str, tuple[Wholes, Wholes]]) -> Columns:
    """Return sums of sorted `customers`, each column from who has it, sorted, and how much."""
    found: Columns = {"customer": customers}
    for column in SUMS[1:]:
        whose, values = parts.get(column, (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)))
        found[column] = np.zeros(customers.size, dtype=np.int64)
        at = positions(customers, whose)
        found[column][at[at >= 0]] = values[at >= 0]
    return found


def changed(columns: Columns, fresh: Columns, *, gone: Wholes) -> Columns:
    """Return columns with `fresh`, sorted too, in the place of the customers `gone`; what does not change is shared.

    Who has neither bought nor cost anything is left out.
    """
    customers = columns["customer"]
    some = (fresh["days"] > 0) | (fresh["served"] != 0) | (fresh["taken_back"] != 0)
    fresh = {column: values[some] for column, values in fresh.items()}
    at = positions(customers, fresh["customer"])
    there, new = at >= 0, np.flatnonzero(at < 0)
    left = np.setdiff1d(places(customers, gone), at[there], assume_unique=True)
    found: Columns = {}
    for column, values in columns.items():
        owned = values
        if not np.array_equal(values[at[there]], fresh[column][there]):
            owned = values.copy()
            owned[at[there]] = fresh[column][there]
        found[column] = np.delete(owned, left) if left.size else owned
    if new.size:
        before = np.searchsorted(found["customer"], fresh["customer"][new])
        found = {column: np.insert(values, before, fresh[column][new]) for column, values in found.items()}
    return found
