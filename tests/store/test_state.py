"""State tables change in whole commits; facts are read by person, without those whose data is paused."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from promesa.engine import literal
from promesa.store import (
    add_state,
    change_state,
    open_facts,
    open_store,
    replace_state,
    session,
    state_files,
    state_rows,
)
from tests.store.companies import NOON, Company, company

if TYPE_CHECKING:
    from pathlib import Path

FIRST, EARLY, LAST = datetime(1, 1, 1), datetime(2026, 3, 1), datetime(9999, 12, 31)
MOMENTS = "SELECT id, \"at\" AS at, who AS customer, 'call' AS touchpoint FROM facts"


@pytest.fixture
def shop(tmp_path: Path) -> Company:
    made = company(tmp_path, loads={"moments.shop": MOMENTS}, time_zone="UTC")
    made.write(
        "facts.csv",
        [{"id": f"m{n}", "at": f"2026-0{1 + n}-01 10:00:00", "who": who} for n, who in enumerate("abcaab")],
    )
    made.load()
    return made


def surrogates(shop: Company) -> dict[str, int]:
    with session(shop.ws, recorded_at=NOON) as run:
        files = ", ".join(literal(file) for file in open_store(shop.ws).files("identities"))
        rows = run.engine.run(f"SELECT key, customer FROM read_parquet([{files}])")
    return {str(key): int(str(customer)) for key, customer in rows}


def customers(shop: Company, as_of: datetime | None = None) -> list[int]:
    facts = open_facts(shop.ws, as_of=as_of)
    return sorted(facts.engine.fetch(facts.table("moments").select("customer"))["customer"].to_pylist())


def join(shop: Company, first: int, second: int, since: datetime) -> None:
    person = min(first, second)
    rows = [(person, person, FIRST, LAST)]
    rows += [(max(first, second), max(first, second), FIRST, since), (max(first, second), person, since, LAST)]
    listed = ", ".join(f"({c}, {p}, TIMESTAMP '{s:%Y-%m-%d}', TIMESTAMP '{u:%Y-%m-%d}')" for c, p, s, u in rows)
    with session(shop.ws, recorded_at=NOON) as run:
        replace_state(run, "persons", f"SELECT * FROM (VALUES {listed}) t(customer, person, since, until)")


def test_facts_are_read_by_person_from_the_day_of_the_link_on(shop: Company) -> None:
    who, version = surrogates(shop), open_store(shop.ws).version
    apart = customers(shop)
    join(shop, who["a"], who["b"], EARLY)
    assert open_store(shop.ws).version != version
    assert customers(shop) == sorted([min(who["a"], who["b"])] * 5 + [who["c"]])
    assert customers(shop, datetime(2026, 2, 20)) == sorted([who["a"], who["b"]])
    assert len(shop.live("moments")) == 6
    with session(shop.ws, recorded_at=NOON) as run:
        replace_state(
            run,
            "persons",
            "SELECT * FROM (SELECT 1 AS customer, 1 AS person, NULL AS since, NULL AS until) WHERE false",
        )
    assert customers(shop) == apart
    assert open_store(shop.ws).version == version


def test_paused_persons_are_kept_and_not_used(shop: Company) -> None:
    who = surrogates(shop)
    join(shop, who["a"], who["b"], EARLY)
    with session(shop.ws, recorded_at=NOON) as run:
        now = f"TIMESTAMP '{NOON}'"
        add_state(
            run, "pauses", f"SELECT {who['b']} AS customer, {now} AS at, NULL AS until, 'x' AS by, {now} AS recorded_at"
        )
    assert customers(shop) == [who["c"]]
    assert len(shop.live("moments")) == 6
    with session(shop.ws, recorded_at=NOON) as run:
        pauses = state_rows(run, "pauses")
        change_state(
            run, "pauses", gone="true", select=f"SELECT * REPLACE (TIMESTAMP '{NOON}' AS until) FROM ({pauses})"
        )
    assert len(customers(shop)) == 6


def test_rows_are_taken_out_and_put_in_at_once(shop: Company) -> None:
    columns = (("customer", "whole"), ("recorded_at", "time"), ("name", "text"))
    with session(shop.ws, recorded_at=NOON) as run:

        def rows() -> list[tuple[object, ...]]:
            return run.engine.run(f"SELECT customer, name FROM ({state_rows(run, 'records', columns)}) ORDER BY 1")

        assert rows() == []
        given = "SELECT i AS customer, TIMESTAMP '2026-01-01' AS recorded_at, 'n' || i AS name FROM range({}) t(i)"
        assert add_state(run, "records", given.format("0, 4"), columns=columns) == 4
        assert add_state(run, "records", given.format("4, 6"), columns=columns) == 2
        changed = change_state(
            run, "records", gone="customer IN (1, 5)", select=given.format("10, 11"), columns=columns
        )
        assert changed == 1
        assert rows() == [(n, f"n{n}") for n in (0, 2, 3, 4, 10)]
        assert change_state(run, "records", gone="name = 'nobody'", columns=columns) == 0
        assert len(rows()) == 5


def test_a_change_writes_only_the_parts_anew_that_it_touches(shop: Company) -> None:
    columns = (("customer", "whole"), ("recorded_at", "time"))
    given = "SELECT i AS customer, TIMESTAMP '2026-01-01' AS recorded_at FROM range({}) t(i)"
    with session(shop.ws, recorded_at=NOON) as run:
        parts = [f"customer % 3 = {part}" for part in range(3)]
        assert replace_state(run, "records", given.format("0, 9"), columns=columns, parts=parts) == 9
        before = set(state_files(run, "records"))
        assert len(before) == 3
        change_state(run, "records", gone="customer = 4", select=given.format("20, 21"), columns=columns)
        after = set(state_files(run, "records"))
        assert len(before & after) == 2
        assert len(after) == 4
        rows = run.engine.run(f"SELECT customer FROM ({state_rows(run, 'records', columns)}) ORDER BY 1")
        assert [customer for (customer,) in rows] == [0, 1, 2, 3, 5, 6, 7, 8, 20]
        assert replace_state(run, "records", given.format("0, 1"), columns=columns, parts=parts) == 1
        assert len(state_files(run, "records")) == 1


def test_a_column_that_is_null_in_every_row_keeps_the_type_of_its_table(shop: Company) -> None:
    row = "SELECT 1 AS low, 2 AS high, 'exact' AS kind, 'phone' AS rule, NULL AS probability, NULL AS agreed"
    rest = "'linked' AS state, NULL AS reason, NULL AS \"at\", NULL AS recorded_at, NULL AS decided_by"
    with session(shop.ws, recorded_at=NOON) as run:
        replace_state(run, "links", f"{row}, {rest}")
        assert [kind for _, kind in run.engine.columns(state_rows(run, "links"))].count("INTEGER") == 0
        assert run.engine.run(f"SELECT low FROM ({state_rows(run, 'links')}) WHERE coalesce(reason = 'names', true)")


@pytest.mark.parametrize("most", [10_000, 1])
def test_rows_are_taken_out_of_many_files_at_once(shop, monkeypatch, most):
    """By where they stand or by what they say, even what a temporary table tells; the other files stay as they are."""
    monkeypatch.setattr("promesa.store.state._MOST_PLACES", most)
    rows = "SELECT n AS customer, n AS person, TIMESTAMP '0001-01-01' AS since, TIMESTAMP '9999-12-31' AS until"
    with session(shop.ws, recorded_at=NOON) as run:
        parts = [f"customer % 5 = {part}" for part in range(5)]
        replace_state(run, "persons", f"{rows} FROM range(100) t(n)", parts=parts)
        before = state_files(run, "persons")
        run.engine.run("CREATE TEMP TABLE leaving AS SELECT n AS customer FROM range(0, 100, 10) t(n) UNION SELECT 7")
        arriving = f"{rows} FROM range(200, 202) t(n)"
        assert change_state(run, "persons", gone="customer IN (FROM leaving)", select=arriving) == 2
        after = state_files(run, "persons")
        found = [
            number for (number,) in run.engine.run(f"SELECT customer FROM ({state_rows(run, 'persons')}) ORDER BY 1")
        ]
    assert found == [n for n in range(100) if n % 10 and n != 7] + [200, 201]
    assert len(set(before) & set(after)) == 3
    assert len(after) == 6
