"""Who is of which tier from an instant on: thresholds, the grace that members have, and flags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.engine import case, literal, null_of
from promesa.measures import ask, with_dimensions
from promesa.store import state_rows
from promesa.value.kept_sums import UNITS, places, positions, whole_numbers
from promesa.value.tier_rows import Decision, rows_before, write_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from promesa.store import Facts, Run
    from promesa.value.kept_sums import Columns
    from promesa.value.tier_values import Values
    from promesa.workspace import Tiers

    Wholes = NDArray[np.int64]
    Places = NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decided:
    """What deciding memberships changed.

    Attributes
    ----------
    members : dict of str to ndarray of int
        By `tier_rows.MEMBERS`, of whom a tier is kept, sorted; everybody else is of the lowest.
    written : int
        Rows that say anew who was of which tier, and from when to when.
    """

    members: Columns
    written: int


def decide_members(run: Run, facts: Facts, tiers: Tiers, values: Values, *, was: Columns | None) -> Decided:
    """Write who is of which tier from `as_of` on; who stays keeps the row that says since when.

    Reviews at or after `as_of` count as not made: the grace of a member rests on what came strictly before.

    Parameters
    ----------
    was : dict of str to ndarray of int, or None
        What the last review, which lies before `as_of`, decided of these tiers; None reads it from the table.
    """
    known = _known(values, _flags(facts, tiers), lowest=len(tiers.names) - 1)
    before, names = (was, tiers.names) if was is not None else rows_before(run, tiers.names, as_of=facts.as_of)
    now, why = _decided(known, before, tiers, moved=_moved(run, literal(facts.as_of)), total=values.customer.size)
    decision = Decision(customer=known.customer, value=known.value, valued=known.valued, place=now, why=why)
    members, written = write_rows(run, decision, before, names=names, as_of=facts.as_of, last=was is not None)
    return Decided(members=members, written=written)


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


def _moved(run: Run, at: str) -> tuple[Wholes, Wholes]:
    """Return who is another's record at that instant, and whose."""
    found = run.engine.arrow(
        f"SELECT customer, person FROM ({state_rows(run, 'persons')}) "
        f"WHERE since <= {at} AND until > {at} AND customer <> person ORDER BY customer"
    )
    return whole_numbers(found["customer"]), whole_numbers(found["person"])


def _decided(
    known: _Known, was: Columns, tiers: Tiers, *, moved: tuple[Wholes, Wholes], total: int
) -> tuple[Places, Places]:
    """Return the tier of each of the known and the reason, by their places, which count from 0, the highest.

    `enters` is where the value alone puts a customer, `stays` how high a member may stay with it: never above where
    they were, never below where a newcomer would come in.
    """
    lowest, at = len(tiers.names) - 1, positions(was["customer"], known.customer)
    before = np.where((was["place"] < 0) | (was["place"] > lowest), np.int8(lowest), was["place"])
    place = np.r_[before, np.int8(lowest)]  # the position -1 of one who was not there picks the last
    bands = list(tiers.bands.values())[:-1]
    enters = _entered(known, tiers, [band.enter or 0.0 for band in bands], total=total)
    stays = _entered(known, tiers, [band.keep or 0.0 for band in bands], total=total)
    earned = np.minimum(enters, np.maximum(_kept(known, was["customer"], place, at=at, moved=moved), stays))
    why = np.where(known.flag < earned, np.int8(2), (earned < enters).astype(np.int8))
    return np.minimum(earned, known.flag), why


def _kept(known: _Known, members: Wholes, place: Places, *, at: Wholes, moved: tuple[Wholes, Wholes]) -> Places:
    """Return the place that each of the known had; of a person whose records had several, the highest."""
    records, persons = moved
    if not records.size:
        return place[at]
    there = positions(members, records)
    whose, had = persons[there >= 0], place[there[there >= 0]]
    place = place.copy()
    place[there[there >= 0]] = place[-1]
    kept, lifted = place[at], positions(known.customer, whose)
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
