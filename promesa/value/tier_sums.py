"""What each customer has bought and cost, kept from review to review: only who has changed is summed up again.

Who has changed is told by the store: rows recorded since, replaced since, or come of age since, links and pauses made
since. Rows that left without a trace (kept no longer, or erased) show in the number of rows; then everybody is summed
up again. Nothing here is needed to read a tier.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from promesa.engine import literal, name
from promesa.measures import ask
from promesa.store import file_rows, replace_state, state_rows, table_rows
from promesa.value.kept_sums import MONEY, SUMS, KeptSums, change_sums, numbers_of, read_sums, whole_numbers, write_sums
from promesa.value.purchases import buying, with_costs
from promesa.value.serving import own_costs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.engine import Table
    from promesa.store import Facts, Run

SUMMED = ("orders", "moments", "costs")
CHANGED, TOUCHED, FRESH, PERSONS = '"~changed"', '"~touched"', '"~fresh"', '"~persons"'
MOST_TOUCHED = 0.3  # of the customers: with more, summing up everybody is quicker


@dataclass(frozen=True, slots=True, kw_only=True)
class Summed:
    """What bringing the sums up to date did.

    Attributes
    ----------
    whole : bool
        Whether everybody was summed up again.
    again : int
        Customers whose sums were fetched.
    sums : KeptSums
        Of everybody, as they are now.
    marks : dict
        What the next review needs to know who has changed; no personal data.
    """

    whole: bool
    again: int
    sums: KeptSums
    marks: dict[str, Any]


def update_sums(run: Run, facts: Facts, *, before: Mapping[str, Any], rebuild: bool) -> Summed:
    """Bring the table `tier_sums` up to date with the facts.

    Parameters
    ----------
    facts : Facts
        Of the store that `run` holds.
    before : mapping
        Marks of the last review; empty if there was none.
    rebuild : bool
        Sum everybody up again.
    """
    marks = {"settings": _settings_of(run), "as_of": facts.as_of.isoformat(), "tables": _tables_of(run)}
    stamp = literal(facts.as_of)
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {PERSONS} AS SELECT customer, person FROM ({state_rows(run, 'persons')}) "
        f"WHERE since <= {stamp} AND until > {stamp}"
    )
    whole = rebuild or not _can_follow(run, facts, before, marks)
    if not whole:
        whole = not _find_touched(run, facts, before)
    sums, again = _sum_all(run, facts) if whole else _sum_touched(run, facts)
    _keep_persons(run)
    for table in (CHANGED, TOUCHED, FRESH, PERSONS):
        run.engine.run(f"DROP TABLE IF EXISTS {table}")
    return Summed(whole=whole, again=again, sums=sums, marks=marks)


def _settings_of(run: Run) -> str:
    """Return a fingerprint of what sums depend on beside the facts."""
    model = run.ws.model
    touchpoints = sorted((t.name, str(t.cost), str(t.cost_per_minute), t.minutes) for t in model.touchpoints.values())
    decisive = [run.ws.time_zone, touchpoints, sorted(model.accounts)]
    return hashlib.sha256(json.dumps(decisive, default=str).encode()).hexdigest()[:16]


def _tables_of(run: Run) -> dict[str, Any]:
    """Return for each table how many rows it has, live and replaced, and the last instant of either."""
    found: dict[str, Any] = {}
    for table in SUMMED:
        live, gone = _told(run, table, "recorded_at"), _told(run, f"{table}_history", "superseded_at")
        found[table] = {
            "rows": live[0],
            "recorded_at": _iso(live[1]),
            "replaced": gone[0],
            "superseded_at": _iso(gone[1]),
        }
    return found


def _told(run: Run, table: str, column: str, *, where: str = "true") -> tuple[int, object]:
    """Return how many rows of a table meet a condition, and the last instant of a column of theirs."""
    files = [
        f"SELECT count(*) AS n, max({name(column)}) AS last FROM {file} WHERE {where}" for file in file_rows(run, table)
    ]
    if not files:
        return 0, None
    count, last = run.engine.run(f"SELECT sum(n), max(last) FROM ({' UNION ALL '.join(files)})")[0]
    return int(str(count)), last


def _iso(instant: object) -> str | None:
    return instant.isoformat() if isinstance(instant, datetime) else None


def _after(column: str, iso: str | None) -> str:
    return f"{name(column)} > {literal(datetime.fromisoformat(iso))}" if iso else "true"


def _can_follow(run: Run, facts: Facts, before: Mapping[str, Any], marks: Mapping[str, Any]) -> bool:
    """Tell whether all that has changed since the last review can be told."""
    if not before or before["settings"] != marks["settings"] or facts.as_of.isoformat() < before["as_of"]:
        return False
    return all(_is_told(run, table, before["tables"][table]) for table in SUMMED)


def _is_told(run: Run, table: str, before: Mapping[str, Any]) -> bool:
    """Tell whether the rows of the last review are all there still, or among the replaced."""
    past = table_rows(run, f"{table}_history")
    old = f"NOT ({_after('recorded_at', before['recorded_at'])})"
    newly = _after("superseded_at", before["superseded_at"])
    live = _told(run, table, "recorded_at", where=old)[0]
    kept = _told(run, f"{table}_history", "superseded_at", where=f"NOT ({newly})")[0]
    gone = _count(run, f"SELECT count(DISTINCT (source, id)) FROM ({past}) WHERE {newly} AND {old}") if past else 0
    return kept == before["replaced"] and live + gone == before["rows"]


def _count(run: Run, sql: str) -> int:
    return int(str(run.engine.value(sql)))


def _find_touched(run: Run, facts: Facts, before: Mapping[str, Any]) -> bool:
    """Write who has changed; return False where they are so many that everybody may as well be summed up."""
    then = datetime.fromisoformat(before["as_of"])
    parts = [part for table in SUMMED for part in _changed_rows(run, table, before["tables"][table], then, facts.as_of)]
    was, now = f"({state_rows(run, 'tier_persons')})", PERSONS
    apart = f"(SELECT * FROM {was} EXCEPT FROM {now}) UNION (FROM {now} EXCEPT SELECT * FROM {was})"
    parts += [f"SELECT unnest([customer, person]) AS customer FROM ({apart})"]
    pauses = state_rows(run, "pauses")
    since = literal(datetime.fromisoformat(before["reviewed_at"]))
    parts += [f"SELECT customer FROM ({pauses}) WHERE {name(end)} >= {since}" for end in ("at", "until")]
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {CHANGED} AS SELECT DISTINCT customer FROM ({' UNION ALL '.join(parts)}) "
        "WHERE customer IS NOT NULL"
    )
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {TOUCHED} AS SELECT DISTINCT coalesce(person, customer) AS customer "
        f"FROM {CHANGED} LEFT JOIN {PERSONS} USING (customer)"
    )
    known = _count(run, f"SELECT count(*) FROM ({state_rows(run, 'tier_sums')}) WHERE coalesce(turn, 0) = 0")
    return _count(run, f"SELECT count(*) FROM {TOUCHED}") <= max(MOST_TOUCHED * known, 1)


def _changed_rows(run: Run, table: str, before: Mapping[str, Any], then: datetime, now: datetime) -> list[str]:
    """Return SELECTs of the customers of rows that are new, replaced, or whose time has come."""
    rows, past = table_rows(run, table), table_rows(run, f"{table}_history")
    found: list[str] = []
    if rows:
        # One scan each: of rows that neither of the ends of a group meets, the engine reads nothing.
        comes = [_after("recorded_at", before["recorded_at"])]
        times = ("at", "delivered") if table == "moments" else ("at",)
        comes += [f"{name(time)} > {literal(then)} AND {name(time)} <= {literal(now)}" for time in times]
        found += [f"SELECT customer FROM ({rows}) WHERE {come}" for come in comes]
    if past:
        found.append(f"SELECT customer FROM ({past}) WHERE {_after('superseded_at', before['superseded_at'])}")
    return found


def _sum_all(run: Run, facts: Facts) -> tuple[KeptSums, int]:
    _fetch(run, facts)
    kept = write_sums(run, numbers_of(run.engine.arrow(f"SELECT * FROM {FRESH} ORDER BY customer")))
    return kept, kept.n


def _sum_touched(run: Run, facts: Facts) -> tuple[KeptSums, int]:
    kept = read_sums(run)
    touched = run.engine.arrow(f"SELECT customer FROM {TOUCHED} ORDER BY customer")
    if not touched.num_rows:
        return kept, 0
    _fetch(run, facts.only(facts.engine.local(touched), reads=_reads(run)))
    fresh = numbers_of(run.engine.arrow(f"SELECT * FROM {FRESH} ORDER BY customer"))
    gone = run.engine.arrow(f"SELECT customer FROM {TOUCHED} UNION SELECT customer FROM {CHANGED} ORDER BY customer")
    return change_sums(run, kept, fresh, gone=whole_numbers(gone["customer"])), touched.num_rows


def _reads(run: Run) -> dict[str, tuple[str, ...]]:
    """Return the columns that sums are made of."""
    minutes = {one.minutes for one in run.ws.model.touchpoints.values() if one.minutes is not None}
    moments = {"customer", "at", "touchpoint", "cost", "promised", "delivered", *minutes}
    return {
        "orders": ("customer", "at", "channel", "product", "journey", "revenue", "cost"),
        "moments": tuple(sorted(moments)),
        "costs": ("customer", "at", "amount", "account"),
    }


def _fetch(run: Run, facts: Facts) -> None:
    """Write the sums of everyone whom the facts are of to a table of the session, money to its last decimal."""
    bought = buying(ask(facts.workspace, facts=facts))
    # Of some customers alone, what all share cannot be told; and it would touch everybody each month.
    table: Table = with_costs(bought, bought.customers, costs=own_costs(bought.question))
    run.engine.register("~arriving", facts.engine.batches(table.select(*SUMS)))
    money = ", ".join(f"CAST(round({name(one)}, 4) AS DECIMAL(18,4)) AS {name(one)}" for one in MONEY)
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {FRESH} AS SELECT customer, CAST(first AS DATE) AS first, "
        f'CAST(last AS DATE) AS last, CAST(days AS BIGINT) AS days, {money} FROM "~arriving"'
    )
    run.engine.unregister("~arriving")


def _keep_persons(run: Run) -> None:
    """Keep who was one person, so that the next review sees what links have changed."""
    was = f"SELECT customer, person FROM ({state_rows(run, 'tier_persons')})"
    moved = f"SELECT count(*) FROM (({was} EXCEPT FROM {PERSONS}) UNION ALL (FROM {PERSONS} EXCEPT {was}))"
    if _count(run, moved):
        replace_state(run, "tier_persons", f"SELECT customer, person FROM {PERSONS} ORDER BY customer")


def last_day_of(facts: Facts) -> Any:
    """Return the local day of the instant looked at."""
    from promesa.engine import lit

    return facts.engine.fetch(facts.local(lit(facts.as_of, "timestamp(6)")).date()).as_py()


def year_before(instant: datetime) -> datetime:
    """Return the instant 365 days before."""
    return instant - timedelta(days=365)
