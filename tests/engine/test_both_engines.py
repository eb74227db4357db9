"""Every analysis on Spark gives what it gives on DuckDB: values, not counts of rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from promesa import measures
from promesa.snapshot import compute
from tests.measures.companies import company
from tests.measures.plain import assert_same
from tests.measures.test_persons import joined

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts

pytestmark = pytest.mark.spark
# Beside the dimensions, what tells the rows of an analysis apart.
MORE_NAMES = {
    "differences": ["from"],
    "balance": ["month"],
    "retention": ["cohort", "since", "period", "days", "term", "kind", "level"],
}
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("promises", {"by": ("month", "region"), "promises": ("arrives",)}),
    ("touchpoints", {"by": ("function", "quarter")}),
    ("value", {"by": ("week",)}),
    ("opinions", {"by": ("segment", "quarter")}),
    ("differences", {"by": ("channel",)}),
    ("returning", {"by": ("region", "month")}),
    ("retention", {}),
    ("journeys", {}),
    ("handovers", {}),
    ("changes", {}),
    ("endings", {}),
]
# Each asks in another way for what one of the above asks for; Spark takes its time.
FURTHER: list[tuple[str, dict[str, Any]]] = [
    ("promises", {}),
    ("promises", {"by": ("supplier",), "since": "2018-02-18", "until": "2018-10-28", "promises": ("quick",)}),
    ("touchpoints", {}),
    ("opinions", {"by": ("day",)}),
    ("value", {"by": ("product", "year")}),
    ("value", {"since": "2018-02-18"}),
    ("chain", {}),
    ("balance", {}),
    ("retention", {"by": ("channel",), "since": "2018-02-18"}),
    ("transitions", {"by": ("region",)}),
    ("memory", {}),
    ("coherence", {}),
    ("conformance", {"by": ("region",)}),
]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory, duckdb: Engine, spark: Engine) -> list[tuple[Facts, Facts]]:
    """Return two small companies, of two zones, each on both engines."""
    folder: Path = tmp_path_factory.mktemp("worlds")
    companies = [company(folder, seed=seed) for seed in (0, 3)]
    return [(one.facts(folder, engine=duckdb), one.facts(folder, engine=spark)) for one in companies]


@pytest.mark.parametrize(
    ("analysis", "asked"),
    [*QUESTIONS, *(pytest.param(*one, marks=pytest.mark.slow) for one in FURTHER)],
    ids=lambda part: str(part),
)
def test_rows_are_equal(worlds: list[tuple[Facts, Facts]], analysis: str, asked: dict[str, Any]) -> None:
    here, there = worlds[len(analysis) % 2]
    first = compute(analysis, here.workspace, facts=here, **asked)
    second = compute(analysis, there.workspace, facts=there, **asked)
    assert any(estimate.estimate is not None for estimate in first.estimates)
    assert [list(row) for row in first.rows()] == [list(row) for row in second.rows()]
    names = [*first.dimensions, *MORE_NAMES.get(analysis, [])]
    assert_same(second.rows(), first.rows(), names=names)


def test_an_empty_store_of_tables_is_empty_on_both(worlds: list[tuple[Facts, Facts]], tmp_path: Path) -> None:
    for facts in worlds[0]:
        bare = company(tmp_path, seed=0).with_tables(moments=[], orders=[], costs=[], profiles=[])
        found = measures.touchpoints(bare.workspace, by="region", facts=bare.facts(tmp_path, engine=facts.engine))
        assert {estimate.measure for estimate in found.estimates} >= {"asked", "answers"}
        assert not any(estimate.measure == "moments" for estimate in found.estimates)


def test_linked_and_paused_customers_are_equal_on_both(duckdb: Engine, spark: Engine, tmp_path: Path) -> None:
    small, _ = joined(company(tmp_path, seed=5))
    for analysis in ("value", "promises"):
        first, second = (
            compute(analysis, small.workspace, facts=small.facts(tmp_path, engine=engine), by=("region",))
            for engine in (duckdb, spark)
        )
        assert_same(second.rows(), first.rows(), names=[*first.dimensions])


def test_promoters_are_equal_on_both(duckdb: Engine, spark: Engine, tmp_path: Path) -> None:
    # Larger and later than the others: of those too few answered, and too few a year ago, to show anything.
    many = replace(company(tmp_path, seed=0, size=3), as_of=datetime(2019, 6, 1))
    for by in ((), ("segment",)):
        first, second = (
            compute("promoters", many.workspace, facts=many.facts(tmp_path, engine=engine), by=by)
            for engine in (duckdb, spark)
        )
        assert any(estimate.estimate is not None for estimate in first.estimates)
        assert_same(second.rows(), first.rows(), names=[*first.dimensions])
