"""The sums of each customer in memory, sorted by customer, and in the store: eight numbers a customer, no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from promesa.engine import name
from promesa.store import STATE, add_state, replace_state, state_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from promesa.store import Run

    Wholes = NDArray[np.int64]
    Columns = dict[str, Wholes]

SUMS = tuple(column for column, _ in STATE["tier_sums"] if column != "turn")
MONEY = SUMS[4:]
MOST_ADDED = 0.2  # rows added since all were written, a customer: with more, all are written again
_MONEY = pa.decimal128(18, 4)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeptSums:
    """Sums of customers who have bought.

    Attributes
    ----------
    columns : dict of str to ndarray of int, shape (n,) each
        By `SUMS`, sorted by customer; days counted from 1970, money in its fourth decimal.
    turn : int
        Of the newest row; 0 where all were written at once.
    rows : int
        Of the store's table, those that no longer count among them.
    """

    columns: Columns
    turn: int
    rows: int

    @property
    def n(self) -> int:
        """Return the number of customers."""
        return self.columns["customer"].size


def read_sums(run: Run) -> KeptSums:
    """Return the sums that the store keeps."""
    listed, rows = ", ".join(name(column) for column in SUMS), state_rows(run, "tier_sums")
    base = numbers_of(run.engine.arrow(f"SELECT {listed} FROM ({rows}) WHERE coalesce(turn, 0) = 0"))
    added = run.engine.arrow(f"SELECT {listed}, turn FROM ({rows}) WHERE turn > 0 ORDER BY turn")
    if not added.num_rows:
        return KeptSums(columns=base, turn=0, rows=base["customer"].size)
    over, turn = numbers_of(added), int(whole_numbers(added["turn"]).max())
    newest = _at(over, np.r_[over["customer"][1:] != over["customer"][:-1], True])
    rows_ = base["customer"].size + over["customer"].size
    columns = _changed(base, _at(newest, newest["days"] > 0), gone=newest["customer"])
    return KeptSums(columns=columns, turn=turn, rows=rows_)


def numbers_of(table: pa.Table) -> Columns:
    """Return a table with the columns `SUMS` as numbers, sorted by customer; of one customer the order stays."""
    found = {column: whole_numbers(table[column]) for column in SUMS}
    customers = found["customer"]
    if (customers[1:] >= customers[:-1]).all():
        return found
    return _at(found, np.argsort(customers, kind="stable"))


def _at(columns: Columns, rows: NDArray[Any]) -> Columns:
    return {column: values[rows] for column, values in columns.items()}


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
    if pa.types.is_date32(chunk.type):
        chunk = chunk.cast(pa.int32())
    return np.asarray((chunk.fill_null(0) if chunk.null_count else chunk).to_numpy(), dtype=np.int64)


def as_money(units: Wholes) -> pa.Array:
    """Return money in its fourth decimal as decimals."""
    wide = np.stack([units, units >> 63], axis=1)
    return pa.Array.from_buffers(_MONEY, units.size, [None, pa.py_buffer(np.ascontiguousarray(wide))])


def places(customers: Wholes, wanted: Wholes) -> Wholes:
    """Return where in the sorted `customers` those of `wanted` stand who are there."""
    found = np.searchsorted(customers, wanted)
    inside = found < customers.size
    found, wanted = found[inside], wanted[inside]
    return found[customers[found] == wanted]


def _changed(columns: Columns, fresh: Columns, *, gone: Wholes) -> Columns:
    """Return columns with `fresh`, sorted too, in the place of the customers `gone`; the arrays are taken over."""
    customers = columns["customer"]
    known = np.zeros(fresh["customer"].size, dtype=bool)
    known[places(fresh["customer"], customers[places(customers, fresh["customer"])])] = True
    at = places(customers, fresh["customer"])
    left = np.setdiff1d(places(customers, gone), at, assume_unique=True)
    new = np.flatnonzero(~known)
    found: Columns = {}
    for column, values in columns.items():
        owned = values if values.flags.writeable else values.copy()
        owned[at] = fresh[column][known]
        found[column] = np.delete(owned, left) if left.size else owned
    if new.size:
        before = np.searchsorted(found["customer"], fresh["customer"][new])
        found = {column: np.insert(values, before, fresh[column][new]) for column, values in found.items()}
    return found


def write_sums(run: Run, columns: Columns) -> KeptSums:
    """Make these sums all that the store keeps."""
    _put(run, columns, turn=0)
    return KeptSums(columns=columns, turn=0, rows=columns["customer"].size)


def change_sums(run: Run, kept: KeptSums, fresh: Columns, *, gone: Wholes) -> KeptSums:
    """Put `fresh` into the place of the customers `gone`, and keep that by the rows that differ."""
    was = _at(kept.columns, places(kept.columns["customer"], gone))
    differs = np.ones(fresh["customer"].size, dtype=bool)
    both = np.isin(fresh["customer"], was["customer"], assume_unique=True)
    there = places(was["customer"], fresh["customer"])
    differs[both] = np.any([fresh[one][both] != was[one][there] for one in SUMS], axis=0)
    left = np.setdiff1d(was["customer"], fresh["customer"], assume_unique=True)
    added = int(differs.sum()) + left.size
    if not added:
        return kept
    columns, rows = _changed(kept.columns, fresh, gone=gone), kept.rows + added
    if rows > (1 + MOST_ADDED) * columns["customer"].size:
        return write_sums(run, columns)
    moved, nothing = _at(fresh, differs), np.zeros(left.size, dtype=np.int64)
    rows_of = {one: np.r_[moved[one], left if one == "customer" else nothing] for one in SUMS}
    _put(run, rows_of, turn=kept.turn + 1)
    return KeptSums(columns=columns, turn=kept.turn + 1, rows=rows)


def _put(run: Run, columns: Columns, *, turn: int) -> None:
    arrays = {one: pa.array(columns[one]) for one in ("customer", "days")}
    arrays |= {one: pa.array(columns[one].astype(np.int32)).cast(pa.date32()) for one in ("first", "last")}
    arrays |= {one: as_money(columns[one]) for one in MONEY}
    run.engine.register("~sums", pa.table(arrays))
    select = f'SELECT *, {turn} AS turn FROM "~sums" ORDER BY customer'
    if turn:
        add_state(run, "tier_sums", select)
    else:
        replace_state(run, "tier_sums", select)
    run.engine.unregister("~sums")
