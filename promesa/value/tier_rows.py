"""The rows that say who was of which tier, from when to when: read as they stand, and said anew where they differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from promesa.engine import literal, name
from promesa.store import STATE, add_turn, state_rows
from promesa.value.kept_sums import UNITS, as_money, positions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from promesa.store import Run
    from promesa.value.kept_sums import Columns

    Wholes = NDArray[np.int64]
    Places = NDArray[np.int8]

END = "TIMESTAMP '9999-12-31'"
COLUMNS = ", ".join(name(column) for column, _ in STATE["tiers"] if column != "turn")
NOBODY = -1  # in the place of a tier: none was kept, or nothing is known of the customer
# Of each customer the row that says of which tier they are: tier and reason by their place, times in microseconds.
MEMBERS = ("customer", "place", "why", "since", "expected")
_TURNED, _LATE, _GONE, _COME = '"~turned"', '"~late"', '"~gone"', '"~come"'
_REASONS = ("value", "kept", "flag")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (naive UTC, as every time of the store)
_END = 253_402_214_400_000_000
_NOTHING = np.iinfo(np.int64).min  # in the place of a value
_NONE = {"place": np.int8(NOBODY), "why": np.int8(NOBODY), "since": 0, "until": 0, "expected": _NOTHING}  # no row


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decision:
    """Who is of which tier: sorted customers, their value and whether there is one, tier and reason by their place."""

    customer: Wholes
    value: Wholes
    valued: NDArray[np.bool_]
    place: Places
    why: Places


def rows_before(run: Run, tiers: Sequence[str], *, as_of: datetime) -> tuple[Columns, tuple[str, ...]]:
    """Return the rows that began before `as_of` and do not end before it, one a customer, and the tiers they name.

    First among these are `tiers`, and after them those that the model declares no longer.
    """
    at = literal(as_of)
    rows = f"({state_rows(run, 'tiers')}) WHERE since < {at} AND until >= {at}"
    others = (str(row[0]) for row in run.engine.run(f"SELECT DISTINCT tier FROM {rows} ORDER BY tier"))
    names = tuple(dict.fromkeys([*tiers, *others]))
    found = run.engine.arrow(
        f"SELECT customer, {_placed('tier', names)} AS place, {_placed('reason', _REASONS)} AS why, "
        f"epoch_us(since) AS since, epoch_us(until) AS until, "
        f"coalesce(CAST(expected * {UNITS} AS BIGINT), {_NOTHING}) AS expected FROM {rows}"
    )
    before: Columns = {column: np.asarray(found[column].to_numpy()) for column in (*MEMBERS, "until")}
    if (before["customer"][1:] >= before["customer"][:-1]).all():
        return before, names
    order = np.argsort(before["customer"], kind="stable")
    return {column: values[order] for column, values in before.items()}, names


def _placed(column: str, values: Sequence[str]) -> str:
    cases = " ".join(f"WHEN {literal(value)} THEN {place}" for place, value in enumerate(values))
    return f"CAST(CASE {name(column)} {cases} ELSE {NOBODY} END AS TINYINT)"


def write_rows(
    run: Run, decision: Decision, was: Columns, *, names: Sequence[str], as_of: datetime, last: bool
) -> tuple[Columns, int]:
    """Bring the table from what it says to what was decided, by adding rows that count instead of those that differ.

    Parameters
    ----------
    was : dict of str to ndarray of int
        From `rows_before`, or what this function returned of the review before: rows without an end.
    names : sequence of str
        Of the tiers, by place.
    last : bool
        Whether no row begins at `as_of` or later.

    Returns
    -------
    members : dict of str to ndarray of int
        The rows that say of which tier customers are from now on.
    written : int
        Rows added.
    """
    at = literal(as_of)
    turned, members = _turned(decision, was, names, as_of=as_of)
    run.engine.register("~arriving", turned)
    run.engine.run(f'CREATE OR REPLACE TEMP TABLE {_TURNED} AS SELECT * FROM "~arriving"')
    run.engine.unregister("~arriving")
    late = f"SELECT {COLUMNS} FROM ({state_rows(run, 'tiers')}) WHERE {'false' if last else f'since >= {at}'}"
    run.engine.run(f"CREATE OR REPLACE TEMP TABLE {_LATE} AS {late}")
    written = _write(run, at)
    for table in (_TURNED, _LATE, _GONE, _COME):
        run.engine.run(f"DROP TABLE IF EXISTS {table}")
    return members, written


def _turned(decision: Decision, was: Columns, names: Sequence[str], *, as_of: datetime) -> tuple[pa.Table, Columns]:
    """Return who does not stay as they were, with what they were; and everybody as they are now."""
    was = {"until": np.full(was["customer"].size, _END), **was}
    before = _aligned(was, decision.customer)
    stays = (decision.place == before["place"]) & (decision.why == before["why"])
    turned = np.flatnonzero(~stays | (before["until"] != _END))
    gone = np.flatnonzero(positions(decision.customer, was["customer"]) < 0)
    old = {column: np.r_[before[column][turned], was[column][gone]] for column in _NONE}
    nobody = np.full(gone.size, NOBODY, dtype=np.int8)
    table = {
        "customer": pa.array(np.r_[decision.customer[turned], was["customer"][gone]]),
        "value": _money(np.r_[_worth(decision, turned), np.full(gone.size, _NOTHING)]),
        "tier": _named(np.r_[decision.place[turned], nobody], names),
        "reason": _named(np.r_[decision.why[turned], nobody], _REASONS),
        "was_tier": _named(old["place"], names),
        "was_reason": _named(old["why"], _REASONS),
        "expected": _money(old["expected"]),
        **{time: pa.array(old[time]).cast(pa.timestamp("us")) for time in ("since", "until")},
    }
    return pa.table(table), _members(decision, before, np.flatnonzero(~stays), as_of=as_of)


def _members(decision: Decision, before: Columns, left: Wholes, *, as_of: datetime) -> Columns:
    """Return the rows of everybody now: new ones of those who `left` where they were."""
    now = {"since": (as_of - _EPOCH) // timedelta(microseconds=1), "expected": _worth(decision, left)}
    members: Columns = {"customer": decision.customer, "place": decision.place, "why": decision.why}
    for column, values in now.items():
        members[column] = before[column].copy()
        members[column][left] = values
    return members


def _worth(decision: Decision, rows: Wholes) -> Wholes:
    return np.where(decision.valued[rows], decision.value[rows], _NOTHING)


def _aligned(was: Columns, customers: Wholes) -> Columns:
    """Return the row of each of `customers`; `_NONE` of whom there is none."""
    if np.array_equal(was["customer"], customers):
        return was
    at = positions(was["customer"], customers)
    return {column: np.r_[was[column], none][at] for column, none in _NONE.items()}


def _named(place: Places, names: Sequence[str]) -> pa.Array:
    return pa.array(np.array([*names, None], dtype=object)[place], pa.string())


def _money(units: Wholes) -> pa.Array:
    some = units != _NOTHING
    return pc.if_else(pa.array(some), as_money(np.where(some, units, 0)), pa.scalar(None, pa.decimal128(18, 4)))


def _write(run: Run, at: str) -> int:
    engine = run.engine
    stays = "tier IS NOT DISTINCT FROM was_tier AND reason IS NOT DISTINCT FROM was_reason"
    leaves = f"was_tier IS NOT NULL AND NOT ({stays}) AND until <> {at}"
    was = "customer, was_tier AS tier, since, {until} AS until, expected, was_reason AS reason"
    come = (
        f"SELECT customer, tier, {at} AS since, {END} AS until, value AS expected, reason FROM {_TURNED} "
        f"WHERE tier IS NOT NULL AND NOT ({stays})"
    )
    late = f"SELECT {COLUMNS} FROM {_LATE}"
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_COME} AS SELECT {was.format(until=END)} FROM {_TURNED} WHERE {stays} "
        f"UNION ALL SELECT {was.format(until=at)} FROM {_TURNED} WHERE {leaves} UNION ALL (({come}) EXCEPT ({late}))"
    )
    engine.run(f"CREATE OR REPLACE TEMP TABLE {_GONE} AS SELECT customer, since FROM (({late}) EXCEPT ({come}))")
    taken_back = (
        "SELECT customer, NULL AS tier, since, NULL AS until, NULL AS expected, NULL AS reason "
        f"FROM {_GONE} ANTI JOIN {_COME} USING (customer, since)"
    )
    select = f"SELECT {COLUMNS} FROM {_COME} UNION ALL {taken_back}"
    written = int(str(engine.value(f"SELECT count(*) FROM ({select})")))
    return add_turn(run, "tiers", f"SELECT * FROM ({select}) ORDER BY customer, since") if written else 0
