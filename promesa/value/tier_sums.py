"""What each customer has bought and cost, kept from review to review: only what came and went is added.

What that is the store tells: rows recorded since, replaced since, or come of age since. Of whom that does not say
enough (`tier_folding`), or whose links or pauses changed, the rows are read again. Rows that left without a trace (kept
no longer) show in the number of rows; then everybody is summed up again, as after an erasure.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from promesa.engine import literal, name
from promesa.measures import ask
from promesa.store import file_rows, keep_columns, kept_columns, replace_state, state_rows, table_rows
from promesa.value.kept_sums import PURCHASES, changed, joined, positions, rows_of, whole_numbers
from promesa.value.purchases import buying
from promesa.value.serving import own_costs
from promesa.value.tier_folding import PAUSED, PERSONS, after, can_fold, fold, moved_since

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from promesa.engine import Table
    from promesa.store import Facts, Run
    from promesa.value.kept_sums import Columns

    Wholes = NDArray[np.int64]
    Amounts = tuple[Wholes, Wholes]  # whose, sorted, and how much

SUMMED = ("orders", "moments", "costs")
TOUCHED = '"~touched"'
MOST_TOUCHED = 0.3  # of the customers: to read the rows of more than these, reading all is quicker
FORMAT = 2
_NOBODY = np.empty(0, dtype=np.int64)
_NOW = f"(FROM {PERSONS} UNION ALL SELECT customer, NULL FROM {PAUSED})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summed:
    """What bringing the sums up to date did.

    Attributes
    ----------
    whole : bool
        Whether everybody was summed up again.
    again : int
        Customers of whom something came or went, or whose rows were read again.
    columns : dict of str to ndarray of int
        By `SUMS`, sorted by customer, of everybody, as they are now; not to be written to.
    marks : dict
        What the next review needs to know what has changed; no personal data.
    """

    whole: bool
    again: int
    columns: Columns
    marks: dict[str, Any]


def update_sums(run: Run, facts: Facts, *, before: Mapping[str, Any], rebuild: bool) -> Summed:
    """Bring the sums of all customers up to date with the facts, and keep them.

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
    _keep_session(run, facts)
    kept = None if rebuild or not _can_follow(run, facts, before, marks) else kept_columns(run, before["file"])
    some = None if kept is None else _sum_some(run, facts, kept, before)
    columns, again = some or _sum_all(facts)
    same = columns is kept
    marks["file"] = before["file"] if same else keep_columns(run, "tier_sums", columns)
    _keep_persons(run)
    for table in (TOUCHED, PERSONS, PAUSED):
        run.engine.run(f"DROP TABLE IF EXISTS {table}")
    return Summed(whole=some is None, again=again, columns=columns, marks=marks)


def _keep_session(run: Run, facts: Facts) -> None:
    """Write who is whose record and who is paused at the instant looked at to tables of the session."""
    stamp = literal(facts.as_of)
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {PERSONS} AS SELECT customer, person FROM ({state_rows(run, 'persons')}) "
        f"WHERE since <= {stamp} AND until > {stamp}"
    )
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {PAUSED} AS SELECT DISTINCT coalesce(person, customer) AS customer "
        f"FROM (SELECT customer FROM ({state_rows(run, 'pauses')}) WHERE until IS NULL AND customer IS NOT NULL) "
        f"LEFT JOIN {PERSONS} USING (customer)"
    )


def _settings_of(run: Run) -> str:
    """Return a fingerprint of what sums depend on beside the facts."""
    model = run.ws.model
    touchpoints = sorted((t.name, str(t.cost), str(t.cost_per_minute), t.minutes) for t in model.touchpoints.values())
    decisive = [FORMAT, run.ws.time_zone, touchpoints, sorted(model.accounts)]
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


def _can_follow(run: Run, facts: Facts, before: Mapping[str, Any], marks: Mapping[str, Any]) -> bool:
    """Tell whether all that has changed since the last review can be told."""
    if not before or before["settings"] != marks["settings"] or facts.as_of.isoformat() < before["as_of"]:
        return False
    return all(_is_told(run, table, before["tables"][table]) for table in SUMMED)


def _is_told(run: Run, table: str, before: Mapping[str, Any]) -> bool:
    """Tell whether the rows of the last review are all there still, or among the replaced."""
    past = table_rows(run, f"{table}_history")
    old = f"NOT ({after('recorded_at', before['recorded_at'])})"
    newly = after("superseded_at", before["superseded_at"])
    live = _told(run, table, "recorded_at", where=old)[0]
    kept = _told(run, f"{table}_history", "superseded_at", where=f"NOT ({newly})")[0]
    gone = _count(run, f"SELECT count(DISTINCT (source, id)) FROM ({past}) WHERE {newly} AND {old}") if past else 0
    return kept == before["replaced"] and live + gone == before["rows"]


def _count(run: Run, sql: str) -> int:
    return int(str(run.engine.value(sql)))


def _sum_some(run: Run, facts: Facts, kept: Columns, before: Mapping[str, Any]) -> tuple[Columns, int] | None:
    """Return the sums with what has changed; None where so many have to be read that all may as well be."""
    moved = moved_since(run, facts, before["tables"], then=datetime.fromisoformat(before["as_of"]))
    again, gone = _changed_persons(run)
    if not can_fold(facts):
        again, gone = np.union1d(again, moved.customers), np.union1d(gone, moved.customers)
    fresh, unsure = fold(kept, moved)
    read = np.union1d(np.setdiff1d(unsure, gone), again)
    if read.size > max(MOST_TOUCHED * kept["customer"].size, 1):
        return None
    touched = np.union1d(np.setdiff1d(moved.customers, gone), again)
    if not touched.size and not gone.size:
        return kept, 0
    fresh = rows_of(fresh, touched)
    fresh["served"][positions(touched, again)] = 0
    for column in PURCHASES:
        fresh[column][positions(touched, read)] = 0
    orders = purchases_of(_only(run, facts, read)) if read.size else {}
    costs = {"served": costs_of(_only(run, facts, again))} if again.size else {}
    for column, (whose, amounts) in (orders | costs).items():
        fresh[column][positions(touched, whose)] = amounts
    return changed(kept, fresh, gone=np.union1d(touched, gone)), touched.size


def _changed_persons(run: Run) -> tuple[Wholes, Wholes]:
    """Return who is another person than at the last review, or paused since: persons now, and all ids of theirs."""
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {TOUCHED} AS SELECT DISTINCT customer, coalesce(p.person, customer) AS person "
        f"FROM (SELECT unnest([customer, person]) AS customer FROM ({_apart(run)})) LEFT JOIN {PERSONS} p "
        "USING (customer) WHERE customer IS NOT NULL"
    )
    again = run.engine.arrow(f"SELECT DISTINCT person FROM {TOUCHED} ORDER BY 1")
    gone = run.engine.arrow(f"SELECT unnest([customer, person]) AS customer FROM {TOUCHED}")
    return whole_numbers(again["person"]), np.unique(whole_numbers(gone["customer"]))


def _only(run: Run, facts: Facts, customers: Wholes) -> Facts:
    """Return the facts of some customers, with the columns that sums are made of."""
    minutes = {one.minutes for one in run.ws.model.touchpoints.values() if one.minutes is not None}
    moments = {"customer", "at", "touchpoint", "cost", "promised", "delivered", *minutes}
    reads = {
        "orders": ("customer", "at", "channel", "product", "journey", "revenue", "cost"),
        "moments": tuple(sorted(moments)),
        "costs": ("customer", "at", "amount", "account"),
    }
    return facts.only(facts.engine.local(pa.table({"customer": customers})), reads=reads)


def _sum_all(facts: Facts) -> tuple[Columns, int]:
    parts = {**purchases_of(facts), "served": costs_of(facts)}
    customers = np.unique(np.concatenate([whose for whose, _ in parts.values()]))
    columns = changed(joined(_NOBODY, {}), joined(customers, parts), gone=_NOBODY)
    return columns, columns["customer"].size


def purchases_of(facts: Facts) -> dict[str, Amounts]:
    """Return what customers bought and had back, for each of `PURCHASES` whose and how much."""
    bought = buying(ask(facts.workspace, facts=facts))
    listed = [column for column in PURCHASES if column != "taken_back"]
    found = _sorted(facts, bought.customers.select("customer", *listed))
    loose = bought.orders.filter(bought.orders["loose"] > 0)
    back = _sorted(facts, loose.group_by("customer").aggregate(amount=loose["loose"].sum()))
    return {**{column: (found["customer"], found[column]) for column in listed},
            "taken_back": (back["customer"], back["amount"])}  # fmt: skip


def costs_of(facts: Facts) -> Amounts:
    """Return who cost something and how much.

    What accounts share is left out: of some customers alone it cannot be told, and it would touch all each month.
    """
    costs = own_costs(ask(facts.workspace, facts=facts))
    costs = costs.filter(costs["amount"].notnull())
    found = _sorted(facts, costs.group_by("customer").aggregate(amount=costs["amount"].sum()))
    return found["customer"], found["amount"]


def _sorted(facts: Facts, table: Table) -> dict[str, Wholes]:
    rows = facts.engine.batches(table.filter(table["customer"].notnull())).read_all()
    found = {column: whole_numbers(rows[column]) for column in rows.column_names}
    order = np.argsort(found["customer"], kind="stable")
    return {column: values[order] for column, values in found.items()}


def _apart(run: Run) -> str:
    """Return the SELECT of who is whose record, or paused (of no person), now or at the last review and not both."""
    was, now = f"(SELECT customer, person FROM ({state_rows(run, 'tier_persons')}))", _NOW
    return f"(FROM {was} EXCEPT FROM {now}) UNION ALL (FROM {now} EXCEPT FROM {was})"


def _keep_persons(run: Run) -> None:
    """Keep who is one person and who is paused, so that the next review sees what has changed."""
    if run.engine.value(f"SELECT count(*) FROM ({_apart(run)})"):
        replace_state(run, "tier_persons", f"SELECT customer, person FROM {_NOW} ORDER BY customer, person")


def last_day_of(facts: Facts) -> Any:
    """Return the local day of the instant looked at."""
    from promesa.engine import lit

    return facts.engine.fetch(facts.local(lit(facts.as_of, "timestamp(6)")).date()).as_py()


def year_before(instant: datetime) -> datetime:
    """Return the instant 365 days before."""
    return instant - timedelta(days=365)
