"""Whatever is linked, unlinked, reviewed, loaded or corrected: no event, money or consent comes or goes."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promesa.identity import decide
from promesa.store import open_facts, open_store
from tests.drawn import cases
from tests.identity.linked import Linked, facts, linked
from tests.identity.test_linking import some

if TYPE_CHECKING:
    from collections.abc import Iterable

CUSTOMERS = tuple((system, f"k{number}") for system in ("shop", "crm") for number in range(3))
PLACES = st.integers(0, len(CUSTOMERS) - 1)
FIELDS = st.sets(st.sampled_from(["email", "phone", "document", "birth_date"]), max_size=3)
PROFILE = st.tuples(st.just("profile"), PLACES, st.integers(0, 2), FIELDS)
FACT = st.tuples(st.just("fact"), st.integers(0, 2), st.integers(0, 4), st.integers(1, 9))
DECISION = st.tuples(
    st.just("decide"), PLACES, PLACES, st.sampled_from(["same", "different", "never", "withdrawn"])
).filter(lambda step: step[1] != step[2])
STEPS = st.lists(st.one_of(PROFILE, FACT, DECISION, st.just(("load",)), st.just(("link",))), max_size=8)
LATER = datetime(2026, 6, 30)


class Expected:
    """The facts that were given, one row after another."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, object]] = {}

    def add(self, who: int, number: int, amount: int) -> None:
        """Add a call, an order and a consent of one customer of the shop, or correct them."""
        base = {"at": f"2026-02-0{number + 1} 10:00:00", "who": f"k{who}"}
        for table in ("moments", "orders", "consents"):
            row = {**base, "table": table, "id": f"{table}{number}", "given": amount % 2 == 0}
            self.rows[str(row["id"])] = {**row, "revenue": amount, "cost": amount / 2}

    def of(self, table: str) -> list[dict[str, object]]:
        return [row for row in self.rows.values() if row["table"] == table]


def by_person(made: Linked, table: str, column: str | None) -> Counter[int]:
    found = open_facts(made.ws, as_of=LATER)
    rows = found.engine.fetch(found.table(table)).to_pylist()
    total: Counter[int] = Counter()
    for row in rows:
        total[row["customer"]] += 1 if column is None else row[column]
    return total


def check(made: Linked, expected: Expected) -> None:
    """Check sums over all and by person against the facts as they were given."""
    persons = {
        customer: person
        for customer, person, until in made.rows("persons", "customer, person, until")
        if until.year == 9999
    }
    who = made.who()
    for table, column, given_as in (
        ("moments", None, None),
        ("orders", "revenue", "revenue"),
        ("orders", "cost", "cost"),
        ("consents", None, None),
        ("consents", "granted", "given"),
    ):
        wanted: Counter[int] = Counter()
        for row in expected.of(table):
            customer = who[f"shop:{row['who']}"]
            wanted[persons.get(customer, customer)] += 1 if given_as is None else row[given_as]  # type: ignore[operator]
        assert by_person(made, table, column) == wanted


def fact_files(made: Linked) -> dict[str, Any]:
    store = open_store(made.ws)
    return {table: store.files(table) for table in ("moments", "orders", "consents", "profiles")}


def run(made: Linked, expected: Expected, steps: Iterable[tuple[Any, ...]]) -> None:
    for step in steps:
        before = fact_files(made)
        if step[0] == "profile":
            system, who = CUSTOMERS[step[1]]
            values = dict.fromkeys(("email", "phone", "document", "birth_date"), "")
            made.add(system, who, **{**values, **some(step[2], "name", *step[3])})
        elif step[0] == "fact":
            expected.add(*step[1:])
        elif step[0] == "load":
            load(made, expected)
            continue
        elif step[0] == "link":
            made.link()
        else:
            known = made.who()
            one, two = (known[":".join(CUSTOMERS[place])] for place in step[1:3])
            decide(made.ws, one, two, step[3], by="ana", recorded_at=made.now())
            made.check_counts()
        assert fact_files(made) == before, "a link rewrites no fact"


def load(made: Linked, expected: Expected) -> None:
    facts(made.company, list(expected.rows.values()))
    made.load()


@settings(max_examples=cases(2))
@given(STEPS)
def test_any_sequence_conserves_events_money_and_consents(steps: list[tuple[Any, ...]]) -> None:
    conserves(steps)


@pytest.mark.slow
@settings(max_examples=cases(15))
@given(STEPS)
def test_many_sequences_conserve_events_money_and_consents(steps: list[tuple[Any, ...]]) -> None:
    conserves(steps)


def conserves(steps: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made, expected = linked(Path(folder)), Expected()
        for system, who in CUSTOMERS:
            made.add(system, who, **some(int(who[1]), "name", "email"))
        expected.add(0, 0, 4)
        expected.add(1, 1, 5)
        load(made, expected)
        made.link()
        run(made, expected, steps)
        load(made, expected)
        check(made, expected)
        made.link()
        check(made, expected)


@settings(max_examples=cases(2))
@given(st.lists(DECISION, min_size=1, max_size=4))
def test_decisions_withdrawn_leave_no_trace_in_persons(decisions: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made, expected = linked(Path(folder)), Expected()
        for system, who in CUSTOMERS:
            made.add(system, who, **some(int(who[1]), "name", "email"))
        expected.add(2, 2, 7)
        load(made, expected)
        made.link()
        before = made.rows("persons"), made.rows("links")
        run(made, expected, decisions)
        check(made, expected)
        run(made, expected, [(*step[:3], "withdrawn") for step in decisions])
        assert (made.rows("persons"), made.rows("links")) == before
