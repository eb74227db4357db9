"""Value where there is little to count."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from promesa import value
from tests.measures.companies import AS_OF, Company, workspace_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts

T0 = datetime(2018, 6, 1, 12)
DAYS = timedelta(days=60)
TICK = timedelta(microseconds=1)


def facts_with(folder: Path, engine: Engine, *, min_group: int = 1, **tables: list[dict[str, Any]]) -> Facts:
    small = Company(workspace=workspace_of(folder, min_group=min_group, min_cell=1), tables=tables)
    return small.facts(folder, engine=engine)


def rate(facts: Facts, **asked: Any) -> tuple[float | None, int]:
    found = value.returning(facts.workspace, facts=facts, **asked).find("return_rate")
    assert found is not None
    return found.estimate, found.n


def test_nothing_loaded_but_moments_without_cost(tmp_path: Path, duckdb: Engine) -> None:
    moments = [{"at": T0, "customer": n, "touchpoint": "browse"} for n in range(9)]
    found = value.margin((facts := facts_with(tmp_path, duckdb, moments=moments)).workspace, facts=facts)
    cost = found.find("cost_to_serve")
    assert cost is not None
    assert (cost.estimate, cost.note) == (None, "no-cost-given")
    assert found.find("orders") is None
    assert found.summary("es")


def test_a_margin_without_any_cost_of_goods_says_so(tmp_path: Path, duckdb: Engine) -> None:
    orders = [{"at": T0, "customer": n, "revenue": 10} for n in range(5)]
    found = value.margin((facts := facts_with(tmp_path, duckdb, orders=orders)).workspace, facts=facts)
    figures = {e.measure: (e.estimate, e.note) for e in found.estimates}
    assert figures["cost_of_goods"] == (None, "no-cost-of-goods-given")
    assert figures["margin"] == (50, "without-cost-of-goods")
    assert figures["margin_per_customer"] == (10, "without-cost-of-goods")
    assert found.summary("es").endswith("No se dio el costo de lo vendido: el margen no lo descuenta.")


@pytest.mark.parametrize(("locale", "spanish"), [("es_MX", "12,345"), ("es_ES", "12.345"), ("en", "12.345")])
def test_a_document_writes_numbers_as_the_companys_country_does(
    tmp_path: Path, duckdb: Engine, locale: str, spanish: str
) -> None:
    facts = facts_with(tmp_path, duckdb, orders=[{"at": T0, "customer": 1, "revenue": 12345, "cost": 0}])
    facts = replace(facts, workspace=replace(facts.workspace, locale=locale))
    document = value.margin(facts.workspace, facts=facts).to_document()
    summary: Any = document["summary"]
    assert spanish in summary["es"]
    assert "12,345" in summary["en"]


def test_orders_that_do_not_say_what_their_goods_cost_are_counted(tmp_path: Path, duckdb: Engine) -> None:
    orders = [{"at": T0, "customer": n, "revenue": 10, "cost": 4 if n else None} for n in range(5)]
    found = value.margin((facts := facts_with(tmp_path, duckdb, orders=orders)).workspace, facts=facts)
    figures = {e.measure: (e.estimate, e.n_missing, e.note) for e in found.estimates}
    assert figures["cost_of_goods"] == (16, 1, None)
    assert figures["margin"] == (34, 1, None)
    assert figures["revenue"] == (50, 0, None)


def test_the_purchase_of_one_among_many_who_only_waited_is_not_shown(tmp_path: Path, duckdb: Engine) -> None:
    moments = [{"at": T0, "customer": n, "touchpoint": "browse"} for n in range(60)]
    orders = [{"at": T0, "customer": n, "revenue": 7 + n, "cost": 3} for n in range(4)]
    tables: dict[str, list[dict[str, Any]]] = {"moments": moments, "orders": orders}
    facts = Company(workspace=workspace_of(tmp_path, min_group=30, min_cell=5), tables=tables).facts(
        tmp_path, engine=duckdb
    )
    for by in ((), "month"):
        found = {e.measure: e for e in value.margin(facts.workspace, by=by, facts=facts).estimates}
        assert found["customers"].estimate == 60
        for name in ("orders", "revenue", "cost_of_goods", "margin", "margin_per_customer", "revenue_per_order"):
            assert (found[name].estimate, found[name].n, found[name].note) == (None, 0, "withheld-small-cell"), name


def test_costs_of_nobody_are_booked_and_in_no_mean(tmp_path: Path, duckdb: Engine) -> None:
    orders = [{"at": T0, "customer": n, "revenue": 10, "cost": 4} for n in range(5)]
    costs: list[dict[str, Any]] = [{"at": T0, "customer": None, "amount": 3}, {"at": T0, "customer": 0, "amount": 2}]
    facts = facts_with(tmp_path, duckdb, orders=orders, costs=costs)
    found = value.margin(facts.workspace, facts=facts)
    figures = {e.measure: e.estimate for e in found.estimates}
    assert figures["cost_to_serve"] == 5
    assert figures["margin"] == 25
    assert figures["margin_per_customer"] == (50 - 20 - 2) / 5
    assert figures["cost_to_serve_per_customer"] == 2 / 5


def test_costs_of_nobody_alone_are_a_group_without_customers(tmp_path: Path, duckdb: Engine) -> None:
    costs: list[dict[str, Any]] = [{"at": T0, "customer": None, "amount": 3}]
    facts = facts_with(tmp_path, duckdb, costs=costs)
    found = value.margin(facts.workspace, by="month", facts=facts)
    assert [(e.measure, e.estimate, e.n) for e in found.estimates] == [("cost_to_serve", 3, 0), ("margin", None, 0)]
    assert found.find("margin").note == "no-data", "no order was ever loaded: what is left is unknown"  # type: ignore[union-attr]


def test_an_order_after_the_days_or_at_the_same_instant_is_no_return(tmp_path: Path, duckdb: Engine) -> None:
    orders = [
        {"at": at, "customer": customer, "revenue": 10}
        for customer, times in enumerate([(T0, T0), (T0, T0 + DAYS + TICK), (T0, T0 + DAYS), (T0, T0 + TICK)])
        for at in times
    ]
    # The four first orders, the second of the first customer, and the three later ones that nothing follows.
    assert rate(facts_with(tmp_path, duckdb, orders=orders)) == (2 / 8, 8)


def test_an_order_that_had_not_its_time_is_left_out(tmp_path: Path, duckdb: Engine) -> None:
    orders = [
        {"at": AS_OF - DAYS + wait, "customer": n, "revenue": 10} for n, wait in enumerate([-TICK, 0 * TICK, TICK])
    ]
    assert rate(facts_with(tmp_path, duckdb, orders=orders)) == (0.0, 2)


def test_a_return_after_the_window_counts(tmp_path: Path, duckdb: Engine) -> None:
    orders = [{"at": T0 + wait, "customer": 1, "revenue": 10} for wait in (0 * TICK, timedelta(days=30))]
    assert rate(facts_with(tmp_path, duckdb, orders=orders), until="2018-06-02") == (1.0, 1)


def test_no_order_gives_no_rate(tmp_path: Path, duckdb: Engine) -> None:
    facts = facts_with(tmp_path, duckdb, moments=[{"at": T0, "customer": 1, "touchpoint": "browse"}])
    found = value.returning(facts.workspace, facts=facts)
    assert found.rows() == []
    assert found.summary("es") != found.summary("en")


def test_a_cost_before_the_first_moment_falls_in_its_local_month(tmp_path: Path, duckdb: Engine) -> None:
    # Sao Paulo was two hours behind UTC in February 2017 and three in June: local month, not that of June's clocks.
    moments = [{"at": datetime(2017, 6, 1, 12), "customer": 1, "touchpoint": "browse"}]
    costs = [{"at": datetime(2017, 2, 1, 2, 30), "customer": 1, "amount": 3}]
    facts = facts_with(tmp_path, duckdb, moments=moments, costs=costs)
    found = value.margin(facts.workspace, by="month", facts=facts)
    assert {e.dimensions["month"] for e in found.estimates if e.estimate == 3} == {"2017-02"}
