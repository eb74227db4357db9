"""Who is of which tier from an instant on: thresholds, the grace that members have, and flags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from promesa.engine import case, literal, name, null_of
from promesa.measures import ask, with_dimensions
from promesa.store import STATE, change_state, state_rows
from promesa.value.kept_sums import as_money, places, whole_numbers
from promesa.value.tier_values import UNITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from promesa.store import Facts, Run
    from promesa.value.tier_values import Values
    from promesa.workspace import Tiers

    Wholes = NDArray[np.int64]
    Places = NDArray[np.int8]

END = "TIMESTAMP '9999-12-31'"
COLUMNS = ", ".join(name(column) for column, _ in STATE["tiers"])
_TURNED, _LATE, _GONE, _COME = '"~turned"', '"~late"', '"~gone"', '"~come"'
_REASONS = ("value", "kept", "flag")
_NOBODY = -1  # in the place of a tier: none was kept, or nothing is known of the customer


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What deciding memberships changed.

    Attributes
    ----------
    customers : int
        Of whom a tier is kept; everybody else is of the lowest.
    written : int
        Rows taken out and put in.
    """

    customers: int
    written: int


def decide_members(run: Run, facts: Facts, tiers: Tiers, values: Values) -> Decided:
    """Write who is of which tier from `as_of` on; who stays keeps the row that says since when.

    Reviews at or after `as_of` count as not made: the grace of a member rests on what came strictly before.
    """
    at = literal(facts.as_of)
    known = _known(values, _flags(facts, tiers), lowest=len(tiers.names) - 1)
    was = _was(run, tiers, at)
    turned = _turned(known, was, tiers, moved=_moved(run, at), total=values.customer.size)
    run.engine.register("~arriving", turned)
    run.engine.run(f'CREATE OR REPLACE TEMP TABLE {_TURNED} AS SELECT * FROM "~arriving"')
    run.engine.unregister("~arriving")
    rows = f"SELECT {COLUMNS} FROM ({state_rows(run, 'tiers')})"
    run.engine.run(f"CREATE OR REPLACE TEMP TABLE {_LATE} AS {rows} WHERE since >= {at}")
    written = _write(run, at)
    for table in (_TURNED, _LATE, _GONE, _COME):
        run.engine.run(f"DROP TABLE IF EXISTS {table}")
    return Decided(customers=known.customer.size, written=written)


def _flags(facts: Facts, tiers: Tiers) -> tuple[Wholes, Wholes]:
    """Return the customers whom a trait puts into a tier at least, sorted, and the place of the tier."""
    traits = tuple(dict.fromkeys(trait for band in tiers.bands.values() for trait in band.flags))
    if not traits or facts.is_empty("profiles"):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    question = ask(facts.workspace, by=traits, facts=facts)
    profiles = with_dimensions(question, facts.table("profiles").select("customer").distinct())
    places_ = [
        (profiles[f"by_{trait}"].isin(list(values)), place)
        for place, band in enumerate(tiers.bands.values())
        for trait, values in band.flags.items()
    ]
    flagged = profiles.select("customer", flag=case(*places_, otherwise=null_of("int64")))
    flagged = flagged.filter(flagged["flag"].notnull() & flagged["customer"].notnull())
    found = facts.engine.batches(flagged).read_all().sort_by("customer")
    return whole_numbers(found["customer"]), whole_numbers(found["flag"])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Known:
    """Everyone of whom something is known: sorted customers, their value and whether there is one, their flag."""

    customer: Wholes
    value: Wholes
    valued: NDArray[np.bool_]
    flag: Places


def _known(values: Values, flags: tuple[Wholes, Wholes], *, lowest: int) -> _Known:
    flagged, flag = flags
    customer = np.union1d(values.customer, flagged) if flagged.size else values.customer
    has = np.zeros(customer.size, dtype=bool)
    worth, lifted = np.zeros(customer.size, dtype=np.int64), np.full(customer.size, lowest, dtype=np.int8)
    here = places(customer, values.customer)
    has[here], worth[here] = True, values.value
    lifted[places(customer, flagged)] = flag
    return _Known(customer=customer, value=worth, valued=has, flag=lifted)


def _was(run: Run, tiers: Tiers, at: str) -> pa.Table:
    """Return the rows that began before `at` and do not end before it, one a customer, sorted; tiers by their place."""
    placed = " ".join(f"WHEN {literal(tier)} THEN {place}" for place, tier in enumerate(tiers.names))
    why = " ".join(f"WHEN {literal(reason)} THEN {place}" for place, reason in enumerate(_REASONS))
    found = run.engine.arrow(
        f"SELECT customer, CAST(CASE tier {placed} ELSE {_NOBODY} END AS TINYINT) AS place, "
        f"CAST(CASE reason {why} ELSE {_NOBODY} END AS TINYINT) AS why, until <> {END} AS ended "
        f"FROM ({state_rows(run, 'tiers')}) WHERE since < {at} AND until >= {at}"
    )
    customer = whole_numbers(found["customer"])
    if (customer[1:] >= customer[:-1]).all():
        return found
    return found.take(pa.array(np.argsort(customer, kind="stable")))


def _moved(run: Run, at: str) -> tuple[Wholes, Wholes]:
    """Return who is another's record at that instant, and whose."""
    found = run.engine.arrow(
        f"SELECT customer, person FROM ({state_rows(run, 'persons')}) "
        f"WHERE since <= {at} AND until > {at} AND customer <> person ORDER BY customer"
    )
    return whole_numbers(found["customer"]), whole_numbers(found["person"])


def _turned(known: _Known, was: pa.Table, tiers: Tiers, *, moved: tuple[Wholes, Wholes], total: int) -> pa.Table:
    """Return who does not stay as they were: customer, value, tier and reason of now; no tier if nothing is known.

    Places count from 0, the highest. `enters` is where the value alone puts a customer, `stays` how high a member may
    stay with it: never above where they were, never below where a newcomer would come in.
    """
    lowest, members = len(tiers.names) - 1, whole_numbers(was["customer"])
    at = _positions(members, known.customer)  # of each of the known among the members; -1, the one added, if not there
    place, why = (np.r_[was[one].to_numpy(), np.int8(_NOBODY)] for one in ("place", "why"))
    ended = np.r_[was["ended"].to_numpy(), True]
    bands = list(tiers.bands.values())[:-1]
    enters = _entered(known, tiers, [band.enter or 0.0 for band in bands], total=total)
    stays = _entered(known, tiers, [band.keep or 0.0 for band in bands], total=total)
    kept = _kept(known, members, np.where(place < 0, np.int8(lowest), place), at=at, moved=moved)
    earned = np.minimum(enters, np.maximum(kept, stays))
    now = np.minimum(earned, known.flag)
    because = np.where(known.flag < earned, np.int8(2), (earned < enters).astype(np.int8))
    same = (now == place[at]) & (because == why[at]) & ~ended[at]
    turned = np.flatnonzero(~same)
    gone = np.setdiff1d(members, known.customer, assume_unique=True)
    nothing = pa.nulls(gone.size)
    names, reasons = np.array(tiers.names, dtype=object), np.array(_REASONS, dtype=object)
    return pa.table(
        {
            "customer": np.r_[known.customer[turned], gone],
            "value": pa.concat_arrays(
                [_money(known.value[turned], known.valued[turned]), nothing.cast(pa.decimal128(18, 4))]
            ),
            "tier": pa.array([*names[now[turned]], *nothing.to_pylist()], pa.string()),
            "reason": pa.array([*reasons[because[turned]], *nothing.to_pylist()], pa.string()),
        }
    )


def _money(units: Wholes, valued: NDArray[np.bool_]) -> pa.Array:
    return pc.if_else(pa.array(valued), as_money(units), pa.scalar(None, pa.decimal128(18, 4)))


def _positions(customers: Wholes, wanted: Wholes) -> Wholes:
    """Return where each of `wanted` stands in the sorted `customers`, -1 if nowhere."""
    if np.array_equal(customers, wanted):
        return np.arange(wanted.size)
    if not customers.size:
        return np.full(wanted.size, -1)
    found = np.minimum(np.searchsorted(customers, wanted), customers.size - 1)
    return np.where(customers[found] == wanted, found, -1)


def _kept(known: _Known, members: Wholes, place: Places, *, at: Wholes, moved: tuple[Wholes, Wholes]) -> Places:
    """Return the place that each of the known had; of a person whose records had several, the highest."""
    records, persons = moved
    if not records.size:
        return place[at]
    there = _positions(members, records)
    whose, had = persons[there >= 0], place[there[there >= 0]]
    place = place.copy()
    place[there[there >= 0]] = place[-1]
    kept, lifted = place[at], _positions(known.customer, whose)
    np.minimum.at(kept, lifted[lifted >= 0], had[lifted >= 0])
    return kept


def _entered(known: _Known, tiers: Tiers, edges: Sequence[float], *, total: int) -> Places:
    """Return the first tier whose edge the value of each reaches; of a share, by rank, equal values by customer."""
    found = np.full(known.customer.size, len(edges), dtype=np.int8)
    for place in reversed(range(len(edges))):
        if tiers.measured == "share":
            reached = _among(known, int(edges[place] * total + 1e-9))
        else:
            reached = known.value >= round(edges[place] * UNITS)
        found[reached & known.valued] = place
    return found


def _among(known: _Known, rank: int) -> NDArray[np.bool_]:
    """Tell who is among so many of greatest value.

    Nobody is sorted for that: the value of the last is a partition, and only those who have that very value are
    counted off, in the order of customers.
    """
    values = known.value[known.valued]
    if rank <= 0 or not values.size:
        return np.zeros(known.customer.size, dtype=bool)
    if rank >= values.size:
        return known.valued
    last = np.partition(values, values.size - rank)[values.size - rank]
    above = known.valued & (known.value > last)
    equal = np.flatnonzero(known.valued & (known.value == last))
    above[equal[: rank - int(above.sum())]] = True
    return above


def _count(run: Run, sql: str) -> int:
    return int(str(run.engine.value(sql)))


def _write(run: Run, at: str) -> int:
    """Bring the table from what it says to what was decided, by the rows that differ."""
    engine = run.engine
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_TURNED} AS SELECT t.*, o.tier AS was_tier, o.reason AS was_reason, o.since, "
        f"o.until, o.expected FROM {_TURNED} t LEFT JOIN (SELECT {COLUMNS} FROM ({state_rows(run, 'tiers')}) "
        f"WHERE since < {at} AND until >= {at}) o USING (customer)"
    )
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
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_GONE} AS SELECT customer, since FROM {_TURNED} WHERE {stays} OR {leaves} "
        f"UNION ALL SELECT customer, since FROM (({late}) EXCEPT ({come}))"
    )
    gone, coming = (_count(run, f"SELECT count(*) FROM {table}") for table in (_GONE, _COME))
    if gone or coming:
        select = f"SELECT {COLUMNS} FROM {_COME} ORDER BY customer, since"
        change_state(run, "tiers", gone=_gone(run, at), select=select)
    return gone + coming


def _gone(run: Run, at: str) -> str:
    """Return the condition of the rows to take out: of each customer one row began before and ends not before `at`."""
    parts = {
        f"since < {at} AND until >= {at}": f"since < {at}",
        f"since = {at}": f"since = {at}",
        f"since > {at}": f"since > {at}",
    }
    return (
        " OR ".join(
            f"({rows} AND customer IN (SELECT customer FROM {_GONE} g WHERE g.{one}))"
            for rows, one in parts.items()
            if _count(run, f"SELECT count(*) FROM {_GONE} WHERE {one}")
        )
        or "false"
    )
