"""What no figure may depend on, and what every figure must follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from promesa.snapshot import compute
from tests.drawn import cases
from tests.measures.companies import AS_OF, Company, company, workspace_of
from tests.measures.plain import Row, assert_same

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.results import Result

Asked = tuple[str, tuple[str, ...]]
ASKED: list[Asked] = [
    ("promises", ()),
    ("promises", ("region",)),
    ("touchpoints", ("channel",)),
    ("touchpoints", ("month",)),
    ("opinions", ("segment",)),
    ("differences", ("supplier",)),
    ("value", ("quarter",)),
    ("value", ("region",)),
    ("returning", ("segment",)),
    ("chain", ()),
]
MONEY = ("revenue", "cost", "amount")
seeds = st.integers(min_value=0, max_value=10**6)
# A company of another seed is no simpler: nothing to shrink.
few = settings(max_examples=cases(2), phases=[Phase.generate])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("invariants")


def answer(small: Company, asked: Asked, folder: Path, engine: Engine) -> Result:
    analysis, by = asked
    return compute(analysis, small.workspace, by=by, facts=small.facts(folder, engine=engine))


def assert_equal(first: Result, second: Result) -> None:
    names = [*first.dimensions, *(["from"] if first.analysis == "differences" else [])]
    assert_same(second.rows(), first.rows(), names=names)


def changed(small: Company, change: Callable[[str, Row], Row]) -> Company:
    return small.with_tables(**{name: [change(name, row) for row in rows] for name, rows in small.tables.items()})


@few
@given(seed=seeds, asked=st.sampled_from(ASKED))
def test_the_order_of_rows_does_not_matter(folder: Path, duckdb: Engine, seed: int, asked: Asked) -> None:
    small = company(folder, seed=seed)
    shuffled = small.with_tables(**{n: Random(1).sample(rows, len(rows)) for n, rows in small.tables.items()})
    first, second = (answer(one, asked, folder, duckdb) for one in (small, shuffled))
    assert_equal(first, second)
    keys = [tuple(e.dimensions.values()) for e in first.estimates]
    assert keys == [tuple(e.dimensions.values()) for e in second.estimates], "the order of the answer changed"


@few
@given(seed=seeds, asked=st.sampled_from(ASKED))
def test_what_comes_after_the_instant_changes_nothing(folder: Path, duckdb: Engine, seed: int, asked: Asked) -> None:
    small = company(folder, seed=seed)
    other = company(folder, seed=seed + 1)
    tables: dict[str, list[Row]] = {}
    for name, rows in small.tables.items():
        later = [{**row, "at": AS_OF + timedelta(microseconds=1 + n)} for n, row in enumerate(other.tables[name])]
        tables[name] = [*rows, *({**row, "promised_at": None} if name == "moments" else row for row in later)]
    not_yet = [
        {**row, "delivered": None} if row.get("delivered") and row["delivered"] > AS_OF else row
        for row in small.tables["moments"]
    ]
    tables["moments"] = [*not_yet, *tables["moments"][len(not_yet) :]]
    assert_equal(*(answer(one, asked, folder, duckdb) for one in (small, small.with_tables(**tables))))


@few
@given(seed=seeds, asked=st.sampled_from([a for a in ASKED if a[0] not in ("opinions", "differences", "returning")]))
def test_figures_of_money_scale_with_money(folder: Path, duckdb: Engine, seed: int, asked: Asked) -> None:
    small = company(folder, seed=seed)
    dear = changed(small, lambda _, row: {k: v * 4 if k in MONEY and v is not None else v for k, v in row.items()})
    touchpoints = {n: replace(t, cost=t.cost and t.cost * 4) for n, t in small.workspace.model.touchpoints.items()}
    model = replace(small.workspace.model, touchpoints=touchpoints)
    dear = replace(dear, workspace=replace(small.workspace, model=model))
    first, second = (answer(one, asked, folder, duckdb) for one in (small, dear))
    scaled = ("estimate", "lower", "upper", "recent", "previous", "change", "change_lower", "change_upper")
    expected = [
        {k: 4 * v if k in scaled and row["unit"] == "EUR" and isinstance(v, float) else v for k, v in row.items()}
        for row in first.rows()
    ]
    assume(any(row["unit"] == "EUR" and row["estimate"] for row in expected))
    assert_same(second.rows(), expected, names=first.dimensions)


COUNTS = {
    "touchpoints": {"moments", "cost"},
    "value": {"orders", "revenue", "cost_of_goods", "cost_to_serve", "margin"},
}
COUNTS["promises"] = {"kept", "broken", "not_yet_due", "unknown", "released"}
SPLITS = {"touchpoints": ["channel", "month", "region", "product"], "value": ["month", "segment", "channel"]}
SPLITS["promises"] = ["month", "region", "supplier", "touchpoint", "day"]


@few
@given(seed=seeds, data=st.data())
def test_the_parts_add_up_to_the_whole(folder: Path, duckdb: Engine, seed: int, data: st.DataObject) -> None:
    analysis = data.draw(st.sampled_from(sorted(COUNTS)))
    by = data.draw(st.sampled_from(SPLITS[analysis]))
    small = company(folder, seed=seed)
    small = replace(small, workspace=workspace_of(folder, zone=small.workspace.time_zone, min_group=1, min_cell=1))
    whole, parts = (answer(small, (analysis, split), folder, duckdb) for split in ((), (by,)))
    for measure in COUNTS[analysis]:
        assert sums(parts, measure) == pytest.approx(sums(whole, measure), rel=1e-9, abs=1e-9), measure


def sums(result: Result, measure: str) -> dict[str | None, float]:
    """Return the sum of a measure's figures for each promise or touchpoint."""
    totals: dict[str | None, float] = {}
    for estimate in result.estimates:
        if estimate.measure == measure and estimate.estimate:
            first = estimate.dimensions.get("promise") or estimate.dimensions.get("touchpoint")
            totals[first] = totals.get(first, 0.0) + estimate.estimate
    return totals


@few
@given(seed=seeds, asked=st.sampled_from([a for a in ASKED if a[0] not in ("differences", "chain")]))
def test_twice_the_customers_give_the_same_figures(folder: Path, duckdb: Engine, seed: int, asked: Asked) -> None:
    small = company(folder, seed=seed)

    def twin(_table: str, row: Row) -> Row:
        customer, journey = row.get("customer"), row.get("journey")
        return {**row, "customer": customer and customer + 1, "journey": journey and f"{journey}bis"}

    def journeyless(table: str, row: Row) -> Row:
        return row if "journey" in columns[table] else {k: v for k, v in row.items() if k != "journey"}

    columns = {name: {key for row in rows for key in row} for name, rows in small.tables.items()}
    twins = changed(changed(small, twin), journeyless)
    both = small.with_tables(**{name: [*rows, *twins.tables[name]] for name, rows in small.tables.items()})
    one, two = (answer(each, asked, folder, duckdb) for each in (small, both))
    for estimate in one.estimates:
        again = two.find(estimate.measure, **estimate.dimensions)
        assert again is not None, estimate
        # A quantile lies between two order statistics; twice as many lie closer together.
        if estimate.estimate is not None and not estimate.measure.endswith((".median", ".p90", "_p10", "_p50", "_p90")):
            factor = 2 if estimate.measure in DOUBLED else 1
            assert again.estimate == pytest.approx(factor * estimate.estimate, rel=1e-9, abs=1e-9), estimate
            assert again.n == 2 * estimate.n or estimate.unit == "count"


DOUBLED = {measure for measures in COUNTS.values() for measure in measures}.union(
    {"customers", "asked", "answers", "cost_of_broken"}
)
