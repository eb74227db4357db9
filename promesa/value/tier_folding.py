"""Rows that came and rows that went since a review, added to and taken from what customers have bought and cost.

What a customer bought is kept as sums and not by day, so rows are added where they cannot change what another day was:
on the first and the last day, before and after them, and between them where a day has as many purchases as it had.
The orders of everybody else are read again: who had an order taken back, or bought on an unknown day in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa.engine import literal, name, to_local_sql
from promesa.measures import ask, cost_to_serve, costs_beside_the_books
from promesa.store import columns_of, table_rows
from promesa.value.kept_sums import SUMS, rows_of, whole_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from promesa.store import Facts, Run
    from promesa.value.kept_sums import Columns

    Wholes = NDArray[np.int64]
    Amounts = tuple[Wholes, Wholes]  # whose, sorted, and how much

PERSONS, PAUSED, MOVED = '"~persons"', '"~paused"', '"~moved"'
WHOSE = "coalesce(person, customer) AS customer"
OF_PERSONS = (
    f"LEFT JOIN {PERSONS} USING (customer) "
    f"WHERE customer IS NOT NULL AND coalesce(person, customer) NOT IN (FROM {PAUSED})"
)
DECIMALS = 4
_MONEY = "DECIMAL(18,4)"
_SOME_DAY = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moved:
    """What came less what went since a review, of persons in force now.

    Attributes
    ----------
    customer, day, orders, revenue, margin : ndarray of int, shape (n,)
        One row a customer and day with purchases that came or went, sorted; money in its fourth decimal.
    unsure : ndarray of int
        Customers with orders that were taken back, or of a journey of which something was.
    taken_back, served : pair of ndarray of int
        Customers, and what they had back that belongs to no order; what they cost.
    """

    customer: Wholes
    day: Wholes
    orders: Wholes
    revenue: Wholes
    margin: Wholes
    unsure: Wholes
    taken_back: Amounts
    served: Amounts

    @property
    def customers(self) -> Wholes:
        """Return everyone of whom something moved, sorted."""
        return np.unique(np.concatenate([self.customer, self.unsure, self.taken_back[0], self.served[0]]))


def can_fold(facts: Facts) -> bool:
    """Tell whether every declared cost has the decimals that sums are kept in."""
    declared = [one.cost for one in facts.workspace.model.touchpoints.values() if one.cost is not None]
    return all(cost == round(cost, DECIMALS) for cost in declared)


def after(column: str, iso: str | None) -> str:
    """Return the condition that a time lies after an instant of the marks."""
    return f"{name(column)} > {literal(datetime.fromisoformat(iso))}" if iso else "true"


def moved_since(run: Run, facts: Facts, marks: Mapping[str, Any], *, then: datetime) -> Moved:
    """Return what came and went since a review.

    Parameters
    ----------
    marks : mapping
        Of that review, by fact table.
    then : datetime
        Its instant.
    """
    _keep_orders(run, facts, marks["orders"], then=then)
    days = run.engine.arrow(
        f"SELECT customer, day, CAST(sum(times) AS BIGINT) AS orders, {_money('revenue')} AS revenue, "
        f"{_money('revenue - coalesce(cost, 0)')} AS margin FROM {MOVED} WHERE revenue > 0 GROUP BY ALL "
        "ORDER BY customer, day"
    )
    taken = run.engine.arrow(
        f"SELECT customer, {_money('-revenue')} AS amount FROM {MOVED} WHERE revenue < 0 AND journey IS NULL "
        "GROUP BY ALL ORDER BY customer"
    )
    moved = Moved(
        **{column: whole_numbers(days[column]) for column in days.column_names},
        unsure=_unsure(run, facts),
        taken_back=(whole_numbers(taken["customer"]), whole_numbers(taken["amount"])),
        served=_served(run, facts, marks, then=then),
    )
    run.engine.run(f"DROP TABLE IF EXISTS {MOVED}")
    return moved


def _came(table: str, before: Mapping[str, Any], *, then: datetime, now: datetime) -> list[str]:
    """Return conditions of live rows that are new, or whose time has come: of each row one is met at most.

    They stand one by one, so that the engine leaves out parts of files that by their own notes have no such row.
    """
    newly = after("recorded_at", before["recorded_at"])
    at, delivered = (
        f"{name(time)} > {literal(then)} AND {name(time)} <= {literal(now)}" for time in ("at", "delivered")
    )
    found = [newly, f"NOT ({newly}) AND {at}"]
    return [*found, f"NOT ({newly}) AND NOT ({at}) AND {delivered}"] if table == "moments" else found


def _went(before: Mapping[str, Any]) -> str:
    """Return the condition of replaced rows that counted at the review."""
    return f"{after('superseded_at', before['superseded_at'])} AND NOT ({after('recorded_at', before['recorded_at'])})"


def _rows(run: Run, facts: Facts, table: str, wanted: Sequence[str]) -> tuple[str, str]:
    """Return SELECTs of the live and of the replaced rows of a fact table."""
    kinds = {column.name: column.kind for column in columns_of(table, facts.workspace.model)}
    columns = [*((one, kinds[one]) for one in wanted), ("recorded_at", "time")]
    nothing = f"SELECT {', '.join(f'NULL AS {name(one)}' for one, _ in columns)}, NULL AS superseded_at WHERE false"
    past = table_rows(run, f"{table}_history", [*columns, ("superseded_at", "time")])
    return table_rows(run, table, columns) or nothing, past or nothing


def _keep_orders(run: Run, facts: Facts, before: Mapping[str, Any], *, then: datetime) -> None:
    """Write the orders that came and went, those that went with -1 `times`, to a table of the session."""
    live, past = _rows(run, facts, "orders", ("customer", "at", "journey", "revenue", "cost"))
    parts = [(live, one, 1, facts.as_of) for one in _came("orders", before, then=then, now=facts.as_of)]
    parts.append((past, _went(before), -1, then))
    moved = " UNION ALL ".join(
        f'SELECT customer, "at", journey, revenue, cost, {times} AS times FROM ({rows}) '
        f'WHERE {condition} AND "at" <= {literal(end)}'
        for rows, condition, times, end in parts
    )
    day = f"CAST({to_local_sql(name('at'), facts.changes)} AS DATE)"
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {MOVED} AS SELECT {WHOSE}, {day} AS day, CAST(journey AS VARCHAR) AS journey, "
        f"CAST(revenue AS {_MONEY}) AS revenue, CAST(cost AS {_MONEY}) AS cost, times FROM ({moved}) {OF_PERSONS}"
    )


def _money(amount: str) -> str:
    return f"CAST(sum(CASE WHEN times > 0 THEN {amount} ELSE -({amount}) END) AS {_MONEY})"


def _unsure(run: Run, facts: Facts) -> Wholes:
    """Return whose orders have to be read again: what is taken back of a journey changes its other orders."""
    if not run.engine.value(f"SELECT count(*) FROM {MOVED} WHERE journey IS NOT NULL"):
        return np.empty(0, dtype=np.int64)
    live, _ = _rows(run, facts, "orders", ("customer", "at", "journey", "revenue"))
    off = (
        f"SELECT {WHOSE}, journey FROM (SELECT customer, journey FROM ({live}) WHERE revenue < 0 "
        f'AND journey IS NOT NULL AND "at" <= {literal(facts.as_of)}) {OF_PERSONS}'
    )
    found = run.engine.arrow(
        f"SELECT customer FROM {MOVED} WHERE revenue < 0 AND journey IS NOT NULL UNION "
        f"SELECT customer FROM {MOVED} SEMI JOIN ({off}) USING (customer, journey) ORDER BY customer"
    )
    return whole_numbers(found["customer"])


def _served(run: Run, facts: Facts, marks: Mapping[str, Any], *, then: datetime) -> Amounts:
    """Return what moments and entries of the books that came cost, less what those cost that went."""
    minutes = {one.minutes for one in facts.workspace.model.touchpoints.values() if one.minutes is not None}
    read = {
        "moments": ("customer", "at", "touchpoint", "cost", "promised", "delivered", *sorted(minutes)),
        "costs": ("customer", "at", "amount", "account"),
    }
    found = [_costs(facts, table, _entries(run, facts, table, read[table], marks, then=then)) for table in read]
    customers = np.unique(np.concatenate([whose for whose, _ in found]))
    amounts = np.zeros(customers.size, dtype=np.int64)
    for whose, amount in found:
        np.add.at(amounts, np.searchsorted(customers, whose), amount)
    return customers, amounts


def _entries(
    run: Run, facts: Facts, table: str, read: Sequence[str], marks: Mapping[str, Any], *, then: datetime
) -> pa.Table:
    """Return moments or entries of the books whose cost counts now, or counted then, and how often more it counts."""
    live, past = _rows(run, facts, table, read)
    newly, *aged = _came(table, marks[table], then=then, now=facts.as_of)
    listed = ", ".join(name(one) for one in read)
    is_now, was = (_counts(table, instant) for instant in (facts.as_of, then))
    parts = [f"SELECT {listed}, {is_now} AS times FROM ({live}) WHERE {newly}"]
    parts += [f"SELECT {listed}, {is_now} - {was} AS times FROM ({live}) WHERE {one}" for one in aged]
    parts.append(f"SELECT {listed}, -{was} AS times FROM ({past}) WHERE {_went(marks[table])}")
    return run.engine.arrow(
        f"SELECT {WHOSE}, {', '.join(name(one) for one in read if one != 'customer')}, times "
        f"FROM (SELECT * FROM ({' UNION ALL '.join(parts)}) WHERE times <> 0) {OF_PERSONS}"
    )


def _counts(table: str, instant: datetime) -> str:
    """Return 1 where a row costs something at an instant, else 0: an open commitment has not been lived."""
    end = literal(instant)
    open_still = f"promised IS NOT NULL AND (delivered IS NULL OR delivered > {end})" if table == "moments" else "false"
    return f'CAST("at" <= {end} AND NOT ({open_still}) AS INTEGER)'


def _costs(facts: Facts, table: str, entries: pa.Table) -> Amounts:
    """Return what entries cost together, by customer."""
    if not entries.num_rows:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    question, rows = ask(facts.workspace, facts=facts), facts.engine.local(entries)
    if table == "moments":
        rows = rows.mutate(each=cost_to_serve(question, rows))
    else:
        rows = costs_beside_the_books(question, rows)
        rows = rows.mutate(each=rows["amount"].cast("float64"))
    rows = rows.filter(rows["each"].notnull()).group_by("customer")
    sums = facts.engine.fetch(rows.aggregate(amount=lambda t: (t["each"] * t["times"]).sum())).sort_by("customer")
    return whole_numbers(sums["customer"]), whole_numbers(sums["amount"])


def fold(columns: Columns, moved: Moved) -> tuple[Columns, Wholes]:
    """Return the sums of everyone of whom something moved, and who of them has orders that have to be read again."""
    before = rows_of(columns, moved.customers)
    customers, whose = before["customer"], np.searchsorted(before["customer"], moved.customer)
    has = before["days"] > 0
    first = np.where(has, before["first"], _SOME_DAY)
    last = np.where(has, before["last"], -_SOME_DAY)
    outside = (moved.day < first[whose]) | (moved.day > last[whose])
    ends = (moved.day == first[whose]) | (moved.day == last[whose])
    # A day outside is there now; a first or last one may have gone with its orders; of one between, who knows.
    unknown = np.where(outside, moved.orders <= 0, np.where(ends, moved.orders < 0, moved.orders != 0))
    unsure = np.union1d(customers[whose[unknown]], moved.unsure)
    sums = {
        **before,
        "days": before["days"] + np.bincount(whose[outside], minlength=customers.size),
        "first": first.copy(),
        "last": last.copy(),
        **{one: _plus(before[one], whose, getattr(moved, one)) for one in ("revenue", "margin")},
        **{one: _plus(before[one], np.searchsorted(customers, at), amount)
           for one, (at, amount) in (("taken_back", moved.taken_back), ("served", moved.served))},
    }  # fmt: skip
    np.minimum.at(sums["first"], whose[outside], moved.day[outside])
    np.maximum.at(sums["last"], whose[outside], moved.day[outside])
    opened = np.where(before["days"] > 1, before["revenue"] - before["spent"], before["revenue"])
    on_first = moved.day == sums["first"][whose]
    opening = _plus(np.where(sums["first"] == first, opened, 0), whose[on_first], moved.revenue[on_first])
    sums["spent"] = np.where(sums["days"] > 1, sums["revenue"] - opening, 0)
    for one in ("first", "last"):
        sums[one] = np.where(sums["days"] > 0, sums[one], 0)
    return {one: sums[one] for one in SUMS}, unsure


def _plus(values: Wholes, at: Wholes, more: Wholes) -> Wholes:
    found = values.copy()
    np.add.at(found, at, more)
    return found
