"""The books against the costs assigned: exact to the last digit, whoever carries the difference."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from math import fsum
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promesa import value
from promesa.errors import ValueOutOfRange
from promesa.value.reconciling import Closed
from tests.measures.companies import AS_OF, Company, workspace_of
from tests.value.books import ACCOUNTS, WITH_ACCOUNTS, Books, company_with_books

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts

JUNE = datetime(2018, 6, 10, 15)
SUMS = ("ledger", "assigned", "difference", "spread", "unassigned")


@pytest.fixture(scope="module", params=[1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 12))])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, duckdb: Engine) -> Any:
    folder = tmp_path_factory.mktemp("books")
    small = company_with_books(folder, seed=request.param)
    return Books(small), small.facts(folder, engine=duckdb)


def test_every_month_is_what_loops_in_decimals_give(whole: tuple[Books, Facts]) -> None:
    books, facts = whole
    found = value.ledger(facts.workspace, by="month", facts=facts)
    told = {
        (row["account"], row["month"], row["measure"]): Decimal(str(row["exact"]))
        for row in found.rows()
        if row["exact"] is not None
    }
    expected = {
        (name, f"{month:%Y-%m}", measure): sums[measure]
        for (name, month), sums in books.months.items()
        for measure in SUMS
    }
    assert told == expected
    assert [row["note"] for row in found.rows() if row["account"] == "idle"] == ["no-data"]


def test_accounts_add_up_to_the_ledger(whole: tuple[Books, Facts]) -> None:
    _, facts = whole
    found = value.ledger(facts.workspace, facts=facts)
    for name in ACCOUNTS:
        parts = {row["measure"]: Decimal(str(row["exact"])) for row in found.rows() if row["account"] == name != "idle"}
        if parts:
            assert parts["ledger"] == parts["assigned"] + parts["spread"] + parts["unassigned"]
            assert parts["difference"] == parts["spread"] + parts["unassigned"]


def test_value_holds_what_the_books_say(whole: tuple[Books, Facts]) -> None:
    books, facts = whole
    total = fsum(amount for _, _, amount in books.served())
    found = value.margin(facts.workspace, facts=facts).find("cost_to_serve")
    assert found is not None
    assert found.estimate == pytest.approx(total, abs=0.004)
    split = value.margin(facts.workspace, by="touchpoint", facts=facts)
    assert {e.measure for e in split.estimates} == {"customers", "cost_to_serve", "cost_to_serve_per_customer"}
    for touchpoint in {place for _, place, _ in books.served()}:
        its = split.find("cost_to_serve", touchpoint=touchpoint)
        assert its is not None
        expected = fsum(amount for _, place, amount in books.served() if place == touchpoint)
        assert its.estimate == pytest.approx(expected, abs=0.004)


money = st.decimals(min_value=-(10**9), max_value=10**9, places=4)


@given(ledger=money, assigned=money, base=st.decimals(min_value=0, max_value=10**8, places=4), shared=st.booleans())
def test_parts_add_up_exactly(ledger: Decimal, assigned: Decimal, base: Decimal, shared: bool) -> None:
    one = Closed(
        account="a", month=date(2018, 1, 1), ledger=ledger, assigned=assigned, entries=1, moments=1, customers=1,
        spread="minutes" if shared else None, base=base if shared else Decimal(0),
    )  # fmt: skip
    assert one.assigned + one.difference == ledger
    assert one.shared + one.unassigned == one.difference
    if shared and base > 0:
        assert abs(one.unassigned) < base * Decimal("1E-10")
        assert abs(one.shared) <= abs(one.difference)
    else:
        assert one.shared == 0
        assert one.note is not None


def facts_with(folder: Path, engine: Engine, *, min_cell: int = 1, **tables: list[dict[str, Any]]) -> Facts:
    workspace = workspace_of(folder, min_group=1, min_cell=min_cell, model=WITH_ACCOUNTS, zone="America/Bogota")
    return Company(workspace=workspace, tables=tables, as_of=AS_OF).facts(folder, engine=engine)


def test_a_month_without_moments_stays_with_nobody_and_one_without_books_is_open(
    tmp_path: Path, duckdb: Engine
) -> None:
    moments = [
        {"at": JUNE + timedelta(days=30 * k), "customer": k, "touchpoint": "support", "cost": 2} for k in range(2)
    ]
    books = [{"at": JUNE - timedelta(days=30), "amount": 9, "account": "care_books"}]
    facts = facts_with(tmp_path, duckdb, moments=moments, costs=books)
    found = value.ledger(facts.workspace, facts=facts)
    assert [(e.measure, e.estimate) for e in found.estimates[:5]] == list(zip(SUMS, (9, 0, 9, 0, 9), strict=True))
    assert found.find("unassigned", account="care_books").note == "nothing-to-share-over"  # type: ignore[union-attr]
    total = value.margin(facts.workspace, facts=facts).find("cost_to_serve")
    assert total is not None
    assert total.estimate == 9 + 2 + 2  # June and July have no books: what was assigned stands


def test_books_may_say_less_than_was_assigned(tmp_path: Path, duckdb: Engine) -> None:
    moments = [{"at": JUNE, "customer": k, "touchpoint": "delivery", "cost": 5} for k in range(3)]
    books = [{"at": JUNE, "amount": 12, "account": "logistics_books", "customer": 99}]
    facts = facts_with(tmp_path, duckdb, moments=moments, costs=books)
    each = value.margin(facts.workspace, facts=facts).find("cost_to_serve_per_customer")
    assert each is not None
    assert (each.estimate, each.n) == (4, 3)  # the customer that a row of the books names carries nothing by it


def test_a_change_of_zone_moves_rows_near_midnight_to_another_month(tmp_path: Path, duckdb: Engine) -> None:
    books = [{"at": datetime(2018, 7, 1, 3), "amount": 1, "account": "rent"}]
    months = []
    for zone in ("America/Bogota", "Europe/Madrid"):
        workspace = workspace_of(tmp_path, min_group=1, min_cell=1, model=WITH_ACCOUNTS, zone=zone)
        facts = Company(workspace=workspace, tables={"costs": books}, as_of=AS_OF).facts(tmp_path, engine=duckdb)
        rows = value.ledger(workspace, by="month", facts=facts).rows()
        months.append(next(row["month"] for row in rows if row["account"] == "rent"))
    assert months == ["2018-06", "2018-07"]


def test_few_customers_behind_a_sum_are_not_told(tmp_path: Path, duckdb: Engine) -> None:
    moments = [{"at": JUNE, "customer": k, "touchpoint": "delivery", "cost": 5} for k in range(3)]
    books = [{"at": JUNE, "amount": 12, "account": "logistics_books"}]
    facts = facts_with(tmp_path, duckdb, min_cell=5, moments=moments, costs=books)
    found = {e.measure: e for e in value.ledger(facts.workspace, facts=facts).estimates if e.n or e.note}
    assert found["assigned"].estimate is None
    assert found["assigned"].note == "withheld-small-cell"


def test_the_sentence_says_what_of_the_margin_belongs_to_no_customer(tmp_path: Path, duckdb: Engine) -> None:
    orders = [{"at": JUNE, "customer": k, "revenue": 100, "cost": 40} for k in range(40)]
    plain = value.margin(
        facts_with(tmp_path, duckdb, orders=orders).workspace, facts=facts_with(tmp_path, duckdb, orders=orders)
    )
    rent = [{"at": JUNE, "amount": 600, "touchpoint": None}]
    facts = facts_with(tmp_path, duckdb, orders=orders, costs=rent)
    for locale, said in (
        ("es", "600 de costos no son de ningún cliente"),
        ("en", "600 of costs belong to no customer"),
    ):
        assert said in value.margin(facts.workspace, facts=facts).summary(locale)
        assert said[3:] not in plain.summary(locale)


def test_no_books_and_bad_questions(tmp_path: Path, duckdb: Engine) -> None:
    facts = facts_with(tmp_path, duckdb, moments=[{"at": JUNE, "customer": 1, "touchpoint": "support"}])
    found = value.ledger(facts.workspace, facts=facts)
    assert {row["note"] for row in found.rows()} == {"no-data"}
    assert found.summary("es") != found.summary("en")
    assert found.chart() is None
    with pytest.raises(ValueOutOfRange, match="books cannot be split"):
        value.ledger(facts.workspace, by="channel", facts=facts)


def test_a_window_takes_months_by_their_first_day(whole: tuple[Books, Facts]) -> None:
    books, facts = whole
    found = value.ledger(facts.workspace, by="month", since="2018-02-01", until="2018-04-30", facts=facts)
    months = {row["month"] for row in found.rows() if row["month"]}
    assert months <= {"2018-02", "2018-03", "2018-04"}
    assert months == {f"{month:%Y-%m}" for _, month in books.months if date(2018, 2, 1) <= month <= date(2018, 4, 1)}
