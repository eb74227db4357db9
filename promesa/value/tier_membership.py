"""Who is of which tier from an instant on: thresholds, the grace that members have, and flags; as SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.engine import case, literal, name, null_of
from promesa.measures import ask, with_dimensions
from promesa.store import STATE, change_state, state_rows
from promesa.value.tier_sums import PERSONS
from promesa.value.tier_values import VALUES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from promesa.store import Facts, Run
    from promesa.workspace import Tiers

END = "TIMESTAMP '9999-12-31'"
COLUMNS = ", ".join(name(column) for column, _ in STATE["tiers"])
_FLAGS, _OPEN, _NOW, _LATE, _GONE, _COME = ('"~flags"', '"~open"', '"~now"', '"~late"', '"~gone"', '"~come"')


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


def decide_members(run: Run, facts: Facts, tiers: Tiers) -> Decided:
    """Write who is of which tier from `as_of` on; who stays keeps the row that says since when.

    Reviews at or after `as_of` count as not made: the grace of a member rests on what came strictly before.
    """
    at = literal(facts.as_of)
    _gather_flags(run, facts, tiers)
    rows = f"SELECT {COLUMNS} FROM ({state_rows(run, 'tiers')})"
    run.engine.run(f"CREATE OR REPLACE TEMP TABLE {_OPEN} AS {rows} WHERE since < {at} AND until >= {at}")
    run.engine.run(f"CREATE OR REPLACE TEMP TABLE {_LATE} AS {rows} WHERE since >= {at}")
    run.engine.run(f"CREATE OR REPLACE TEMP TABLE {_NOW} AS {_judged(tiers, at=facts.as_of, run=run)}")
    written = _write(run, at)
    customers = int(str(run.engine.value(f"SELECT count(*) FROM {_NOW}")))
    for table in (_FLAGS, _OPEN, _NOW, _LATE, _GONE, _COME, VALUES):
        run.engine.run(f"DROP TABLE IF EXISTS {table}")
    return Decided(customers=customers, written=written)


def _gather_flags(run: Run, facts: Facts, tiers: Tiers) -> None:
    """Write the customers whom a trait puts into a tier at least, with the place of the tier."""
    run.engine.run(f"CREATE OR REPLACE TEMP TABLE {_FLAGS} (customer BIGINT, flag BIGINT)")
    traits = tuple(dict.fromkeys(trait for band in tiers.bands.values() for trait in band.flags))
    if not traits or facts.is_empty("profiles"):
        return
    question = ask(facts.workspace, by=traits, facts=facts)
    profiles = with_dimensions(question, facts.table("profiles").select("customer").distinct())
    places = [
        (profiles[f"by_{trait}"].isin(list(values)), place)
        for place, band in enumerate(tiers.bands.values())
        for trait, values in band.flags.items()
    ]
    flagged = profiles.select("customer", flag=case(*places, otherwise=null_of("int64")))
    flagged = flagged.filter(flagged["flag"].notnull())
    run.engine.register("~arriving", facts.engine.batches(flagged))
    run.engine.run(f'INSERT INTO {_FLAGS} SELECT customer, flag FROM "~arriving"')
    run.engine.unregister("~arriving")


def _judged(tiers: Tiers, *, run: Run, at: datetime) -> str:
    """Return the SELECT of (customer, tier, reason, expected).

    Places count from 0, the highest. `enters` is where the value alone puts a customer, `stays` how high a member may
    stay with it: never above where they were, never below where a newcomer would come in.
    """
    total = int(str(run.engine.value(f"SELECT count(*) FROM {VALUES}")))
    bands = list(tiers.bands.values())[:-1]
    enters = _place([band.enter or 0.0 for band in bands], tiers, total)
    stays = _place([band.keep or 0.0 for band in bands], tiers, total)
    names = ", ".join(f"({place}, {literal(tier)})" for place, tier in enumerate(tiers.names))
    persons = (
        f"SELECT customer, person FROM ({state_rows(run, 'persons')}) "
        f"WHERE since <= {literal(at)} AND until > {literal(at)}"
    )
    was = (
        f"SELECT coalesce(p.person, o.customer) AS customer, min(n.place) AS was FROM {_OPEN} o "
        f"JOIN (VALUES {names}) n(place, tier) USING (tier) LEFT JOIN ({persons}) p ON p.customer = o.customer "
        "GROUP BY 1"
    )
    ranked = f"SELECT *, row_number() OVER (ORDER BY value DESC, customer) AS rank FROM {VALUES}"
    lowest = len(tiers.names) - 1
    known = (
        f"SELECT customer, value, coalesce(flag, {lowest}) AS flag, coalesce(was, {lowest}) AS was, "
        f"CASE WHEN value IS NULL THEN {lowest} ELSE {enters} END AS enters, "
        f"CASE WHEN value IS NULL THEN {lowest} ELSE {stays} END AS stays "
        f"FROM ({ranked if tiers.measured == 'share' else f'FROM {VALUES}'}) FULL JOIN {_FLAGS} USING (customer) "
        f"LEFT JOIN ({was}) USING (customer)"
    )
    earned = f"SELECT *, least(enters, greatest(was, stays)) AS earned FROM ({known})"
    return (
        "SELECT customer, n.tier AS tier, CASE WHEN flag < earned THEN 'flag' WHEN earned < enters THEN 'kept' "
        f"ELSE 'value' END AS reason, value AS expected FROM ({earned}) j "
        f"JOIN (VALUES {names}) n(place, tier) ON n.place = least(j.earned, j.flag)"
    )


def _place(edges: Sequence[float], tiers: Tiers, total: int) -> str:
    """Return the SQL of the first tier whose edge a customer reaches."""
    reached = (
        [f"rank <= {int(edge * total + 1e-9)}" for edge in edges]
        if tiers.measured == "share"
        else [f"value >= {edge!r}::DECIMAL(18,4)" for edge in edges]
    )
    cases = " ".join(f"WHEN {condition} THEN {place}" for place, condition in enumerate(reached))
    return f"CASE {cases} ELSE {len(edges)} END"


def _write(run: Run, at: str) -> int:
    """Bring the table from what it says to what was decided, by the rows that differ."""
    same, engine = "customer, tier, reason", run.engine
    stay = f"SELECT {COLUMNS} FROM {_OPEN} SEMI JOIN {_NOW} USING ({same})"
    leave = f"SELECT {COLUMNS} FROM {_OPEN} ANTI JOIN {_NOW} USING ({same})"
    come = (
        f"SELECT customer, tier, {at} AS since, {END} AS until, expected, reason "
        f"FROM {_NOW} ANTI JOIN {_OPEN} USING ({same})"
    )
    late = f"SELECT {COLUMNS} FROM {_LATE}"
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_COME} AS SELECT * REPLACE ({END} AS until) FROM ({stay}) WHERE until <> {END} "
        f"UNION ALL SELECT * REPLACE ({at} AS until) FROM ({leave}) WHERE until <> {at} "
        f"UNION ALL (({come}) EXCEPT ({late}))"
    )
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_GONE} AS SELECT customer, since FROM ({stay}) WHERE until <> {END} "
        f"UNION ALL SELECT customer, since FROM ({leave}) WHERE until <> {at} "
        f"UNION ALL SELECT customer, since FROM (({late}) EXCEPT ({come}))"
    )
    gone, coming = (int(str(engine.value(f"SELECT count(*) FROM {table}"))) for table in (_GONE, _COME))
    if gone or coming:
        select = f"SELECT {COLUMNS} FROM {_COME} ORDER BY customer, since"
        change_state(run, "tiers", gone=f"(customer, since) IN (SELECT (customer, since) FROM {_GONE})", select=select)
    return gone + coming


__all__ = ["PERSONS", "Decided", "decide_members"]
