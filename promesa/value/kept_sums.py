"""The sums of each customer in memory, sorted by customer, and in the store: eight numbers a customer, no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from promesa.engine import name
from promesa.store import STATE, add_state, replace_state, state_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from promesa.store import Run

    Wholes = NDArray[np.int64]

SUMS = tuple(column for column, _ in STATE["tier_sums"] if column != "turn")
CUSTOMER, FIRST, LAST, DAYS, SPENT, REVENUE, MARGIN, SERVED = range(len(SUMS))
MOST_ADDED = 0.2  # rows added since all were written, a customer: with more, all are written again
_MONEY = pa.decimal128(18, 4)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeptSums:
    """Sums of customers who have bought.

    Attributes
    ----------
    columns : ndarray of int, shape (8, n)
        By `SUMS`, sorted by customer; days counted from 1970, money in its fourth decimal.
    turn : int
        Of the newest row; 0 where all were written at once.
    rows : int
        Of the store's table, those that no longer count among them.
    """

    columns: Wholes
    turn: int
    rows: int


def read_sums(run: Run) -> KeptSums:
    """Return the sums that the store keeps."""
    listed, rows = ", ".join(name(column) for column in SUMS), state_rows(run, "tier_sums")
    base = numbers_of(run.engine.arrow(f"SELECT {listed} FROM ({rows}) WHERE coalesce(turn, 0) = 0"))
    added = run.engine.arrow(f"SELECT {listed}, turn FROM ({rows}) WHERE turn > 0 ORDER BY turn")
    if not added.num_rows:
        return KeptSums(columns=base, turn=0, rows=base.shape[1])
    turn = int(whole_numbers(added["turn"]).max())
    over = numbers_of(added.drop_columns("turn"))
    newest = over[:, np.r_[over[CUSTOMER, 1:] != over[CUSTOMER, :-1], True]]
    columns = changed(base, newest[:, newest[DAYS] > 0], gone=newest[CUSTOMER])
    return KeptSums(columns=columns, turn=turn, rows=base.shape[1] + over.shape[1])


def numbers_of(table: pa.Table) -> Wholes:
    """Return a table with the columns `SUMS` as numbers, sorted by customer; of one customer the order stays."""
    found = np.stack([whole_numbers(table[column]) for column in SUMS])
    customers = found[CUSTOMER]
    if (customers[1:] >= customers[:-1]).all():
        return found
    return found[:, np.argsort(customers, kind="stable")]


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


def changed(columns: Wholes, fresh: Wholes, *, gone: Wholes) -> Wholes:
    """Return columns sorted by customer with `fresh`, sorted too, in the place of the customers `gone`."""
    stay = np.ones(columns.shape[1], dtype=bool)
    stay[places(columns[CUSTOMER], gone)] = False
    kept = columns[:, stay]
    return np.insert(kept, np.searchsorted(kept[CUSTOMER], fresh[CUSTOMER]), fresh, axis=1)


def write_sums(run: Run, columns: Wholes) -> KeptSums:
    """Make these sums all that the store keeps."""
    _put(run, columns, turn=0)
    return KeptSums(columns=columns, turn=0, rows=columns.shape[1])


def change_sums(run: Run, kept: KeptSums, fresh: Wholes, *, gone: Wholes) -> KeptSums:
    """Put `fresh` into the place of the customers `gone`, and keep that by the rows that differ."""
    was = kept.columns[:, places(kept.columns[CUSTOMER], gone)]
    differs = np.ones(fresh.shape[1], dtype=bool)
    both = np.isin(fresh[CUSTOMER], was[CUSTOMER], assume_unique=True)
    differs[both] = (fresh[:, both] != was[:, places(was[CUSTOMER], fresh[CUSTOMER, both])]).any(axis=0)
    left = np.setdiff1d(was[CUSTOMER], fresh[CUSTOMER], assume_unique=True)
    added = int(differs.sum()) + left.size
    if not added:
        return kept
    columns = changed(kept.columns, fresh, gone=gone)
    rows = kept.rows + added
    if rows > (1 + MOST_ADDED) * columns.shape[1]:
        return write_sums(run, columns)
    ends = np.zeros((len(SUMS), left.size), dtype=np.int64)
    ends[CUSTOMER] = left
    _put(run, np.concatenate([fresh[:, differs], ends], axis=1), turn=kept.turn + 1)
    return KeptSums(columns=columns, turn=kept.turn + 1, rows=rows)


def _put(run: Run, columns: Wholes, *, turn: int) -> None:
    arrays = {"customer": pa.array(columns[CUSTOMER]), "days": pa.array(columns[DAYS])}
    arrays |= {SUMS[row]: pa.array(columns[row].astype(np.int32)).cast(pa.date32()) for row in (FIRST, LAST)}
    arrays |= {SUMS[row]: as_money(columns[row]) for row in (SPENT, REVENUE, MARGIN, SERVED)}
    run.engine.register("~sums", pa.table(arrays))
    select = f'SELECT *, {turn} AS turn FROM "~sums" ORDER BY customer'
    if turn:
        add_state(run, "tier_sums", select)
    else:
        replace_state(run, "tier_sums", select)
    run.engine.unregister("~sums")
