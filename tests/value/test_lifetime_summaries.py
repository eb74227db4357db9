"""Summaries of customers from the engine against loops, on random small worlds."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from math import log
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promesa.measures import ask
from promesa.value.purchases import buying
from promesa.value.summaries import hold_out, log_gaps, order_counts, spends, summaries
from tests.drawn import cases
from tests.value.shoppers import facts_of_shoppers, local_day, plain_summaries

if TYPE_CHECKING:
    from promesa.engine import Engine

FIRST = datetime(2018, 2, 10)
ORDER = st.fixed_dictionaries(
    {
        # Half hours over some weeks, through a change of clocks in Madrid and Sao Paulo.
        "at": st.integers(0, 48 * 45).map(lambda half: FIRST + timedelta(minutes=30 * half)),
        "customer": st.integers(0, 6),
        "revenue": st.sampled_from([-20, -10, -2.5, 0, 5, 10, 10, 20, 40]),
        "cost": st.sampled_from([None, 0, 4, 30]),
        "journey": st.sampled_from([None, None, "A", "B", "C"]),
    }
)


@settings(max_examples=cases(5))
@given(
    orders=st.lists(ORDER, min_size=1, max_size=40),
    zone=st.sampled_from(["America/Sao_Paulo", "Europe/Madrid", "America/Bogota"]),
    until=st.sampled_from([None, "2018-03-11", "2018-03-25"]),
    since=st.sampled_from([None, "2018-02-18"]),
)
def test_summaries_are_those_of_plain_loops(
    tmp_path_factory: pytest.TempPathFactory, duckdb: Engine, orders: Any, zone: str, until: str, since: str
) -> None:
    folder = tmp_path_factory.mktemp("world")
    as_of = FIRST + timedelta(days=60)
    facts = facts_of_shoppers(folder, duckdb, tables={"orders": orders}, as_of=as_of, zone=zone)
    question = ask(facts.workspace, since=since, until=until, facts=facts)
    bought = buying(question)
    found = summaries(bought)
    end = min(question.until or as_of, as_of)
    plain = plain_summaries(orders, zone=zone, end=end, since=question.since)
    p = found.purchases
    got = {
        (int(x), int(last), int(seen)): int(n)
        for x, last, seen, n in zip(p.repeats, p.last, p.seen, p.customers, strict=True)
    }
    assert got == Counter(each[:3] for each in plain.values())
    assert found.totals[0].sum() == pytest.approx(sum(each[3] for each in plain.values()))
    assert found.totals[2].sum() == pytest.approx(sum(each[4] for each in plain.values()))
    assert found.squares[2, 2].sum() == pytest.approx(sum(each[4] ** 2 for each in plain.values()))
    assert found.losing == sum(each[4] <= 0 for each in plain.values())
    spent = spends(bought)
    assert spent.customers.sum() == sum(each[0] > 0 for each in plain.values())
    counted = [row for row in orders if row["at"] <= end and (question.since is None or row["at"] >= question.since)]
    assert sum(order_counts(bought).values()) == len(counted)
    _same_hold_out(bought, orders, zone=zone, end=end, since=question.since)


def _same_hold_out(bought: Any, orders: Any, *, zone: str, end: datetime, since: datetime | None) -> None:
    """Compare with the days of purchases before and after a cut, told from what stayed sold at the end."""
    cut = bought.last_day - timedelta(days=9)
    held = hold_out(bought, cut)
    whole = plain_summaries(orders, zone=zone, end=end, since=since)
    sold: dict[tuple[int, str], list[float]] = {}
    for row in orders:
        if row["at"] <= end and row.get("journey"):
            pair = sold.setdefault((row["customer"], row["journey"]), [0.0, 0.0])
            pair[row["revenue"] < 0] += abs(row["revenue"])
    days: dict[int, set[Any]] = {}
    for row in orders:
        pair = sold.get((row["customer"], row["journey"]), [1.0, 0.0])
        if row["customer"] in whole and row["at"] <= end and row["revenue"] > 0 and pair[1] < pair[0]:
            days.setdefault(row["customer"], set()).add(local_day(row["at"], zone))
    known = {customer: each for customer, each in days.items() if min(each) <= cut}
    assert held.purchases.n == len(known)
    assert held.later.sum() == sum(day > cut for each in known.values() for day in each)
    assert held.later_squares.sum() == sum(sum(day > cut for day in each) ** 2 for each in known.values())
    assert sum(n for _, n in held.months) == held.later.sum()
    gaps = [
        (later, log((later - earlier).days))
        for each in days.values()
        for earlier, later in pairwise(sorted(each))
    ]  # fmt: skip
    assert log_gaps(bought, cut)[0] == pytest.approx(sum(gap for _, gap in gaps))
    assert log_gaps(bought, cut)[1] == pytest.approx(sum(gap for day, gap in gaps if day <= cut))
