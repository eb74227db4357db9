"""Who is of which tier from an instant on: thresholds, the grace that members have, and flags; as SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa.engine import case, literal, name, null_of
from promesa.measures import ask, with_dimensions
from promesa.store import STATE, change_state, state_rows
from promesa.value.tier_sums import PERSONS
from promesa.value.tier_values import VALUES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.store import Facts, Run
    from promesa.workspace import Tiers

END = "TIMESTAMP '9999-12-31'"
COLUMNS = ", ".join(name(column) for column, _ in STATE["tiers"])
_FLAGS, _KNOWN, _MOVED, _TURNED = '"~flags"', '"~known"', '"~moved"', '"~turned"'
_LATE, _GONE, _COME = '"~late"', '"~gone"', '"~come"'


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
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_MOVED} AS SELECT customer, person FROM ({state_rows(run, 'persons')}) "
        f"WHERE since <= {at} AND until > {at} AND customer <> person"
    )
    run.engine.run(f"CREATE OR REPLACE TEMP TABLE {_LATE} AS {rows} WHERE since >= {at}")
    run.engine.run(f"CREATE OR REPLACE TEMP TABLE {_TURNED} AS {_turned(run, tiers, at)}")
    written = _write(run, at)
    customers = _count(run, f"SELECT count(*) FROM {_KNOWN}")
    run.engine.run(f"DROP VIEW {_KNOWN}")
    for table in (_FLAGS, _MOVED, _TURNED, _LATE, _GONE, _COME, VALUES):
        run.engine.run(f"DROP TABLE IF EXISTS {table}")
    return Decided(customers=customers, written=written)


def _count(run: Run, sql: str) -> int:
    return int(str(run.engine.value(sql)))


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


def _turned(run: Run, tiers: Tiers, at: str) -> str:
    """Return the SELECT of who does not stay as they were: what they were beside what they are now.

    Everybody is joined once with what is kept of them; only those who turned leave the join.
    """
    flagged = _count(run, f"SELECT count(*) FROM {_FLAGS}")
    known = f"SELECT customer, value, flag FROM {VALUES} FULL JOIN {_FLAGS} USING (customer)"
    alone = f"SELECT customer, value, CAST(NULL AS BIGINT) AS flag FROM {VALUES}"
    run.engine.run(f"CREATE OR REPLACE TEMP VIEW {_KNOWN} AS {known if flagged else alone}")
    places = " ".join(f"WHEN {literal(tier)} THEN {place}" for place, tier in enumerate(tiers.names))
    was = (
        f"SELECT customer, tier, reason, since, until, expected, CASE tier {places} END AS place "
        f"FROM ({state_rows(run, 'tiers')}) WHERE since < {at} AND until >= {at}"
    )
    sides = (
        "SELECT coalesce(k.customer, o.customer) AS customer, k.customer IS NOT NULL AS here, k.value, k.flag, "
        "o.tier AS was_tier, o.reason AS was_reason, o.since, o.until, o.expected, o.place AS was "
        f"FROM ({was}) o FULL JOIN {_KNOWN} k ON k.customer = o.customer"
    )
    if _count(run, f"SELECT count(*) FROM {_MOVED}"):
        lifted = f"SELECT person, min(place) AS lifted FROM ({was}) JOIN {_MOVED} USING (customer) GROUP BY person"
        sides = (
            "SELECT s.* REPLACE (least(CASE WHEN m.customer IS NULL THEN s.was END, g.lifted) AS was) "
            f"FROM ({sides}) s LEFT JOIN {_MOVED} m ON m.customer = s.customer "
            f"LEFT JOIN ({lifted}) g ON g.person = s.customer"
        )
    return (
        f"SELECT * FROM ({_judged(run, tiers, sides)}) WHERE tier IS DISTINCT FROM was_tier "
        f"OR reason IS DISTINCT FROM was_reason OR until <> {END}"
    )


def _judged(run: Run, tiers: Tiers, sides: str) -> str:
    """Return the SELECT of `sides` with `tier` and `reason` of today, null for whom nothing is known of.

    Places count from 0, the highest. `enters` is where the value alone puts a customer, `stays` how high a member may
    stay with it: never above where they were, never below where a newcomer would come in.
    """
    bands, lowest = list(tiers.bands.values())[:-1], len(tiers.names) - 1
    reached = _reached(run, tiers, [band.enter or 0.0 for band in bands] + [band.keep or 0.0 for band in bands])
    enters, stays = (_place(part) for part in (reached[: len(bands)], reached[len(bands) :]))
    placed = (
        f"SELECT * REPLACE (coalesce(flag, {lowest}) AS flag, coalesce(was, {lowest}) AS was), "
        f"CASE WHEN value IS NULL THEN {lowest} ELSE {enters} END AS enters, "
        f"CASE WHEN value IS NULL THEN {lowest} ELSE {stays} END AS stays FROM ({sides})"
    )
    earned = f"SELECT *, least(enters, greatest(was, stays)) AS earned FROM ({placed})"
    names = " ".join(f"WHEN {place} THEN {literal(tier)}" for place, tier in enumerate(tiers.names))
    return (
        f"SELECT customer, value, was_tier, was_reason, since, until, expected, "
        f"CASE WHEN here THEN CASE least(earned, flag) {names} END END AS tier, CASE WHEN here THEN "
        f"CASE WHEN flag < earned THEN 'flag' WHEN earned < enters THEN 'kept' ELSE 'value' END END AS reason "
        f"FROM ({earned})"
    )


def _place(reached: Sequence[str]) -> str:
    """Return the SQL of the first tier whose edge a customer reaches."""
    cases = " ".join(f"WHEN {condition} THEN {place}" for place, condition in enumerate(reached))
    return f"CASE {cases} ELSE {len(reached)} END"


def _reached(run: Run, tiers: Tiers, edges: Sequence[float]) -> list[str]:
    """Return for each edge the condition to reach it; of a share, to stand no lower than the last who is in it.

    Nobody is ranked for that: the value of the last is a quantile, and only those who have that very value are counted
    off by customer.
    """
    if tiers.measured != "share":
        return [f"value >= {edge!r}::DECIMAL(18,4)" for edge in edges]
    total = _count(run, f"SELECT count(*) FROM {VALUES}")
    ranks = [int(edge * total + 1e-9) for edge in edges]
    inside = sorted({rank for rank in ranks if 0 < rank < total})
    found = dict.fromkeys(ranks, "true") | {rank: "false" for rank in ranks if rank <= 0}
    if inside:
        shares = ", ".join(repr((total - rank + 0.5) / total) for rank in inside)
        lasts: Any = run.engine.value(f"SELECT quantile_disc(value, [{shares}]) FROM {VALUES}")
        for rank, last in zip(inside, lasts, strict=True):
            equal = f"value = {last}::DECIMAL(18,4)"
            above = _count(run, f"SELECT count(*) FROM {VALUES} WHERE value > {last}::DECIMAL(18,4)")
            customer = run.engine.value(
                f"SELECT customer FROM {VALUES} WHERE {equal} ORDER BY customer LIMIT 1 OFFSET {rank - above - 1}"
            )
            found[rank] = f"(value > {last}::DECIMAL(18,4) OR ({equal} AND customer <= {customer}))"
    return [found[rank] for rank in ranks]


def _write(run: Run, at: str) -> int:
    """Bring the table from what it says to what was decided, by the rows that differ."""
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


__all__ = ["PERSONS", "Decided", "decide_members"]
