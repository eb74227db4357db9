"""The Olist workspace, end to end: what it answers is what the files say, by another road."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from promesa import measures, promises, value
from promesa.store import load, open_facts, open_store
from tests.examples import brute_force
from tests.examples.olist_answers import PROMISE, figure, rows_in, workspace_of
from tests.examples.olist_files import Tables, invent, perturb, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promesa.workspace import Workspace


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Tables]:
    tables = invent(seed=11)
    return workspace_of(tables, tmp_path_factory.mktemp("invented"), gzipped=True), tables


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, real_data: Callable[[str], Path]) -> tuple[Workspace, Tables]:
    tables = read(real_data("olist"))
    return workspace_of(tables, tmp_path_factory.mktemp("real")), tables


@pytest.fixture(scope="module")
def perturbed(tmp_path_factory: pytest.TempPathFactory, real_data: Callable[[str], Path]) -> tuple[Workspace, Tables]:
    tables = perturb(read(real_data("olist")), seed=20_240)
    return workspace_of(tables, tmp_path_factory.mktemp("perturbed"), gzipped=True), tables


EXTRACTS = [
    "invented",
    pytest.param("real", marks=[pytest.mark.realdata, pytest.mark.slow]),
    pytest.param("perturbed", marks=[pytest.mark.realdata, pytest.mark.slow]),
]


@pytest.fixture(params=EXTRACTS)
def extract(request: pytest.FixtureRequest) -> tuple[Workspace, Tables]:
    return request.getfixturevalue(request.param)


def test_every_row_of_the_files_arrives_once(extract):
    ws, tables = extract
    expected = brute_force.totals(tables)
    assert rows_in(ws, "orders") == rows_in(ws, "profiles") == expected["orders"]
    assert rows_in(ws, "opinions") == expected["answers"]
    moments = measures.touchpoints(ws)
    assert figure(moments, "moments", touchpoint="checkout") == expected["orders"]
    assert figure(moments, "moments", touchpoint="payment") == expected["payments"]
    assert figure(moments, "moments", touchpoint="product_page") == expected["pages"]
    assert figure(moments, "moments", touchpoint="review") == expected["answers"]
    assert figure(moments, "customers", touchpoint="checkout") == expected["customers"]


def test_the_promise_of_the_date_is_judged_by_local_day(extract):
    ws, tables = extract
    expected = brute_force.commitments(tables)
    counts = expected["state"].value_counts()
    result = promises.kept(ws)
    for state in ("kept", "broken", "not_yet_due", "released", "unknown"):
        assert figure(result, state, promise=PROMISE) == counts.get(state, 0)
    due = counts["kept"] + counts["broken"]
    came = expected["came"] & expected["state"].isin(["kept", "broken"])
    assert figure(result, "kept_rate", promise=PROMISE) == pytest.approx(counts["kept"] / due, abs=1e-12)
    assert figure(result, "kept_rate_of_delivered", promise=PROMISE) == pytest.approx(
        counts["kept"] / came.sum(), abs=1e-12
    )


@pytest.mark.parametrize("day", ["2018-03-31", "2017-12-24"])
def test_as_of_an_earlier_day_only_what_had_happened_counts(extract, day):
    ws, tables = extract
    counts = brute_force.commitments(tables, as_of=pd.Timestamp(day))["state"].value_counts()
    result = promises.kept(ws, as_of=day)
    assert counts["not_yet_due"] > 0
    for state in ("kept", "broken", "not_yet_due", "released", "unknown"):
        assert figure(result, state, promise=PROMISE) == counts.get(state, 0)


def test_the_promise_splits_by_region(extract):
    ws, tables = extract
    expected = brute_force.commitments(tables)
    judged = expected[expected["state"].isin(["kept", "broken"])]
    result = promises.kept(ws, by="region")
    for region, rows in judged.groupby("region"):
        found = result.find("kept_rate", promise=PROMISE, region=str(region))
        assert found is not None
        if found.estimate is not None:
            assert found.n == len(rows)
            assert found.estimate == pytest.approx((rows["state"] == "kept").mean(), abs=1e-12)


def test_stars_after_kept_late_and_broken(extract):
    ws, tables = extract
    result = promises.kept(ws)
    for name, (mean, count) in brute_force.stars_after(tables).items():
        found = result.find(f"score_after_{name}", promise=PROMISE)
        assert found is not None
        assert found.n == count
        assert found.estimate == pytest.approx(mean, abs=1e-9)


def test_sellers_limit_and_approval(extract):
    ws, tables = extract
    result = promises.kept(ws)
    approvals, hours = brute_force.approvals(tables)
    for promise, states in (
        ("dispatched_by_limit", brute_force.dispatches(tables)["state"]),
        ("approved_in_a_day", approvals),
    ):
        counts = states.value_counts()
        for state in ("kept", "broken", "not_yet_due", "released", "unknown"):
            assert figure(result, state, promise=promise) == counts.get(state, 0), (promise, state)
    mean = figure(measures.touchpoints(ws), "approval_hours.mean", touchpoint="approval")
    assert mean == pytest.approx(hours.mean(), abs=1e-9)


def test_elements_are_worked_out_of_the_right_files(extract):
    ws, tables = extract
    table = measures.touchpoints(ws)
    for element, mean in brute_force.element_means(tables).items():
        assert figure(table, f"{element}.mean") == pytest.approx(mean, abs=1e-9), element
    assert figure(table, "stars", touchpoint="review") == pytest.approx(brute_force.totals(tables)["stars"], abs=1e-9)


def test_money_is_counted_once(extract):
    ws, tables = extract
    expected = brute_force.totals(tables)
    result = value.margin(ws)
    assert figure(result, "orders") == expected["orders"]
    assert figure(result, "revenue") == pytest.approx(expected["revenue"], abs=1e-4)
    assert figure(result, "margin") == pytest.approx(expected["revenue"] - expected["cost"], abs=1e-4)


@pytest.mark.realdata
@pytest.mark.slow
def test_known_figures_of_the_real_extract(real):
    ws, _ = real
    assert (rows_in(ws, "orders"), rows_in(ws, "opinions")) == (15_000, 14_944)
    result = promises.kept(ws)
    assert figure(result, "kept", promise=PROMISE) == 13_595
    headline, delivered = (result.find(m, promise=PROMISE) for m in ("kept_rate", "kept_rate_of_delivered"))
    assert headline is not None
    assert delivered is not None
    assert (headline.n, round(headline.estimate or 0, 4)) == (14_887, 0.9132)
    assert (delivered.n, round(delivered.estimate or 0, 4)) == (14_552, 0.9342)
    assert round(figure(result, "score_after_kept", promise=PROMISE), 2) == 4.28
    assert round(figure(result, "score_after_late", promise=PROMISE), 2) == 2.27
    assert round(figure(measures.touchpoints(ws), "stars", touchpoint="review"), 3) == 4.084
    money = value.margin(ws)
    assert figure(money, "revenue") == pytest.approx(2_030_270.94 + 340_292.67, abs=1e-4)
    assert figure(money, "margin") == pytest.approx(2_030_270.94, abs=1e-4)


@pytest.mark.realdata
@pytest.mark.slow
def test_days_begin_and_end_in_sao_paulo(real):
    """Eight reviews were asked for on a day that began at 01:00, for its midnight never was."""
    ws, _ = real
    facts = open_facts(ws)
    opinions = facts.table("opinions")
    night = datetime(2017, 10, 15, 3, tzinfo=UTC).replace(tzinfo=None)
    assert facts.engine.fetch((opinions["asked_at"] == night).sum()).as_py() == 8


def test_loading_again_changes_nothing(invented):
    ws, _ = invented
    before = open_store(ws).version
    report = load(ws, recorded_at=datetime(2026, 2, 1), full=True)
    assert open_store(ws).version == before
    counts = [row for row in report.rows() if row["table"] != "source"]
    assert len(counts) == 11
    assert all(row["unchanged"] + row["repeated"] == row["read"] for row in counts)


def test_customers_keys_and_addresses_stay_out_of_the_fact_tables(invented):
    ws, tables = invented
    facts = open_facts(ws)
    people = set(tables["customers"]["customer_unique_id"]) | set(tables["customers"]["customer_id"])
    for table in ("moments", "opinions", "orders"):
        columns = [name for name, kind in facts.all_rows(table).schema().items() if kind.is_string()]
        for row in facts.engine.fetch(facts.all_rows(table).select(columns)).to_pylist():
            assert not people & set(row.values())
