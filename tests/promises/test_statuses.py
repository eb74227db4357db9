"""How a commitment is judged, and that none is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from promesa import promises
from promesa.promises import STATUSES
from tests.drawn import cases
from tests.measures.companies import AS_OF, MODEL, Company, company, workspace_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

T0 = datetime(2018, 6, 1, 12)
NEVER, HOUR = None, timedelta(hours=1)
# Sao Paulo is three hours behind UTC in June, two in late November; the close of 2018-06-10 is 2018-06-11 03:00 UTC.
DUE = datetime(2018, 6, 10, 15)
CLOSE = datetime(2018, 6, 11, 3)
TICK = timedelta(microseconds=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("promises")


def statuses_of(
    folder: Path, engine: Engine, rows: list[dict[str, Any]], promise: str, *, as_of: datetime = AS_OF, **asked: Any
) -> dict[str, float]:
    small = Company(workspace=workspace_of(folder, min_group=1, min_cell=1), tables={"moments": rows}, as_of=as_of)
    found = promises.kept(small.workspace, promises=[promise], facts=small.facts(folder, engine=engine), **asked)
    return {e.measure: e.estimate for e in found.estimates if e.measure in STATUSES and e.estimate}


def delivery(**more: Any) -> dict[str, Any]:
    return {"at": T0, "customer": 1, "touchpoint": "delivery", "promised": DUE, **more}


JUDGED = [
    (delivery(delivered=DUE), "arrives", "kept"),
    (delivery(delivered=CLOSE - TICK), "arrives", "kept"),
    (delivery(delivered=CLOSE), "arrives", "broken"),
    (delivery(delivered=DUE), "in_time", "kept"),
    (delivery(delivered=DUE + TICK), "in_time", "broken"),
    (delivery(), "arrives", "broken"),
    (delivery(delivered=AS_OF + TICK), "arrives", "broken"),
    (delivery(promised=AS_OF + HOUR), "in_time", "not_yet_due"),
    (delivery(promised=AS_OF + HOUR, delivered=AS_OF + TICK), "in_time", "not_yet_due"),
    (delivery(promised=AS_OF + HOUR, delivered=AS_OF), "in_time", "kept"),
    (delivery(promised=AS_OF), "in_time", "broken"),
    (delivery(promised=AS_OF + TICK), "in_time", "not_yet_due"),
    (delivery(promised=AS_OF), "arrives", "not_yet_due"),  # the local day is not over
    (delivery(promised=None), "arrives", "unknown"),
    (delivery(promised=None, delivered=DUE), "arrives", "unknown"),
    (delivery(delivered=CLOSE, outcome="cancelled"), "arrives", "released"),
    (delivery(outcome="cancelled"), "arrives", "released"),
    (delivery(delivered=DUE, outcome="done"), "arrives", "kept"),
    (delivery(at=AS_OF + HOUR, promised_at=AS_OF, promised=AS_OF + 2 * HOUR), "in_time", "not_yet_due"),
    ({"at": T0, "customer": 1, "touchpoint": "support", "wait_minutes": 4.99}, "quick", "kept"),
    ({"at": T0, "customer": 1, "touchpoint": "payment", "wait_minutes": 5.0}, "quick", "broken"),
    ({"at": T0, "customer": 1, "touchpoint": "support"}, "quick", "unknown"),
]


@pytest.mark.parametrize("promise", ["arrives", "in_time", "quick"])
def test_each_commitment(folder: Path, duckdb: Engine, promise: str) -> None:
    cases = {str(n): (row, status) for n, (row, of, status) in enumerate(JUDGED) if of == promise}
    rows = [{**row, "product": number} for number, (row, _) in cases.items()]
    small = Company(workspace=workspace_of(folder, min_group=1, min_cell=1), tables={"moments": rows})
    facts = small.facts(folder, engine=duckdb)
    found = promises.kept(small.workspace, promises=[promise], by="product", facts=facts)
    statuses = {
        str(e.dimensions["product"]): e.measure for e in found.estimates if e.measure in STATUSES and e.estimate
    }
    assert statuses == {number: status for number, (_, status) in cases.items()}


@pytest.mark.parametrize("by", ["branch", "channel", "employee", "product", "brand"])
def test_commitments_are_split_by_every_column_that_a_moment_states(folder: Path, duckdb: Engine, by: str) -> None:
    rows = [delivery(delivered=DUE, **{by: "north"}), delivery(delivered=CLOSE, **{by: "south"})]
    small = Company(workspace=workspace_of(folder, min_group=1, min_cell=1), tables={"moments": rows})
    facts = small.facts(folder, engine=duckdb)
    found = promises.kept(small.workspace, promises=["arrives"], by=by, facts=facts)
    rates = {e.dimensions[by]: e.estimate for e in found.estimates if e.measure == "kept_rate"}
    assert rates == {"north": 1.0, "south": 0.0}


@pytest.mark.parametrize(
    "row",
    [
        delivery(at=AS_OF + TICK),
        delivery(promised_at=AS_OF + TICK),
        delivery(touchpoint="pickup"),
    ],
)
def test_what_is_no_commitment_yet_or_of_another_touchpoint(folder: Path, duckdb: Engine, row: dict[str, Any]) -> None:
    assert statuses_of(folder, duckdb, [row], "arrives") == {}


def test_the_status_follows_the_instant_looked_at(folder: Path, duckdb: Engine) -> None:
    row = delivery(delivered=CLOSE + HOUR)
    seen = [
        statuses_of(folder, duckdb, [row], "arrives", as_of=as_of)
        for as_of in (T0 - TICK, T0, CLOSE - 2 * TICK, CLOSE - TICK, CLOSE + HOUR)
    ]
    assert seen == [{}, {"not_yet_due": 1}, {"not_yet_due": 1}, {"broken": 1}, {"broken": 1}]


def test_the_window_is_of_the_due_time(folder: Path, duckdb: Engine) -> None:
    rows = [delivery(), delivery(promised=DUE + timedelta(days=1)), delivery(promised=None, at=DUE)]
    assert statuses_of(folder, duckdb, rows, "arrives", since="2018-06-10", until="2018-06-10") == {
        "broken": 1,
        "unknown": 1,
    }


@settings(max_examples=cases(2), phases=[Phase.generate])
@given(seed=st.integers(0, 10**6))
def test_no_commitment_is_lost(folder: Path, duckdb: Engine, seed: int) -> None:
    small = company(folder, seed=seed)
    workspace = workspace_of(folder, zone=small.workspace.time_zone, min_group=1, min_cell=1)
    small = replace(small, workspace=workspace)
    found = promises.kept(workspace, by="region", facts=small.facts(folder, engine=duckdb))
    for promise in workspace.model.promises.values():
        made = sum(
            row["touchpoint"] in promise.touchpoints and (row.get("promised_at") or row["at"]) <= AS_OF
            for row in small.tables["moments"]
        )
        counted = [e for e in found.estimates if e.measure in STATUSES and e.dimensions["promise"] == promise.name]
        assert sum(e.estimate or 0 for e in counted) == made
        rates = [e for e in found.estimates if e.measure == "kept_rate" and e.dimensions["promise"] == promise.name]
        judged = sum(e.estimate or 0 for e in counted if e.measure in ("kept", "broken"))
        assert sum(e.n for e in rates) == judged
        assert sum(e.n_missing for e in rates) == sum(e.estimate or 0 for e in counted if e.measure == "unknown")


def test_a_promise_nobody_was_given_has_no_row(folder: Path, duckdb: Engine) -> None:
    small = company(folder, seed=1)
    found = promises.kept(small.workspace, promises=["unmade"], facts=small.facts(folder, engine=duckdb))
    assert found.rows() == []
    assert found.chart() is None
    assert found.summary("es") != found.summary("en")


def test_only_the_promises_named_are_judged(folder: Path, duckdb: Engine) -> None:
    small = company(folder, seed=1)
    found = promises.kept(small.workspace, promises=["quick", "in_time"], facts=small.facts(folder, engine=duckdb))
    assert {e.dimensions["promise"] for e in found.estimates} == {"quick", "in_time"}


def test_without_orders_nothing_is_said_of_returns(folder: Path, duckdb: Engine) -> None:
    small = company(folder, seed=1).with_tables(orders=[])
    found = promises.kept(small.workspace, facts=small.facts(folder, engine=duckdb))
    assert not [e for e in found.estimates if "return" in e.measure or "margin" in e.measure]
    assert found.most_costly() == []


def test_a_company_without_moments_has_no_commitments(folder: Path, duckdb: Engine) -> None:
    small = company(folder, seed=1).with_tables(moments=[])
    facts = small.facts(folder, engine=duckdb)
    assert promises.kept(small.workspace, by="month", facts=facts).rows() == []
    assert promises.differences(small.workspace, facts=facts).rows() == []


GAPS = {
    "two times": ("promised", "delivered", 1.0),
    "two days": ("local_day(promised)", "local_day(delivered)", 1.0),
    "two numbers": ("2.5", "days_late", 0.5),
    "a time and a number": ("promised", "days_late", None),
}


@pytest.mark.parametrize("shape", sorted(GAPS))
def test_the_difference_is_of_days_or_of_numbers(folder: Path, duckdb: Engine, shape: str) -> None:
    promised, delivered, gap = GAPS[shape]
    model = MODEL.replace(
        "[promises.in_time]", f'[promises.in_time]\npromised = "{promised}"\ndelivered = "{delivered}"'
    )
    rows = [delivery(customer=n, delivered=CLOSE, days_late=3.0) for n in range(10)]
    small = Company(workspace=workspace_of(folder, model=model), tables={"moments": rows})
    found = promises.kept(small.workspace, promises=["in_time"], facts=small.facts(folder, engine=duckdb))
    median = found.find("difference_p50")
    assert (median.estimate if median else None) == gap


def test_the_dearest_broken_promises_come_first(folder: Path, duckdb: Engine) -> None:
    small = company(folder, seed=0)
    answer = promises.kept(small.workspace, by="region", facts=small.facts(folder, engine=duckdb))
    costs = [e.estimate for e in answer.estimates if e.measure == "cost_of_broken" and e.estimate is not None]
    assert len(costs) > 1
    assert [e.estimate for e in answer.most_costly(2)] == sorted(costs, reverse=True)[:2]


ELSEWHERE = {"Manaus": "America/Manaus", "Río Branco": "America/Rio_Branco", "O'Higgins": "Pacific/Auckland"}


def test_a_branch_in_another_zone_is_judged_by_its_own_day(folder: Path, duckdb: Engine) -> None:
    chance = Random(7)
    rows: list[dict[str, Any]] = []
    expected: dict[str, str] = {}
    for number in range(400):
        branch = chance.choice([*ELSEWHERE, "Centro", None])
        zone = ZoneInfo(ELSEWHERE.get(str(branch), "America/Sao_Paulo"))
        promised = T0 + chance.uniform(0, 160) * timedelta(days=1)  # over the changes of clocks of two hemispheres
        delivered = promised + chance.uniform(-20, 20) * HOUR
        rows.append(delivery(promised=promised, delivered=delivered, branch=branch, product=str(number)))
        day, came = (time.replace(tzinfo=UTC).astimezone(zone).date() for time in (promised, delivered))
        expected[str(number)] = "kept" if came <= day else "broken"
    workspace = replace(workspace_of(folder, min_group=1, min_cell=1), branch_time_zones=ELSEWHERE)
    small = Company(workspace=workspace, tables={"moments": rows})
    facts = small.facts(folder, engine=duckdb)
    found = promises.kept(workspace, promises=["arrives"], by="product", facts=facts)
    statuses = {
        str(e.dimensions["product"]): e.measure for e in found.estimates if e.measure in STATUSES and e.estimate
    }
    assert statuses == expected
    at_home = Company(workspace=replace(workspace, branch_time_zones={}), tables={"moments": rows})
    there = at_home.facts(folder, engine=duckdb)
    alike = promises.kept(at_home.workspace, promises=["arrives"], by="product", facts=there)
    assert found.estimates != alike.estimates


def test_the_day_of_a_branch_falls_due_at_its_own_midnight(folder: Path, duckdb: Engine) -> None:
    # Rio Branco is two hours behind Sao Paulo in June: the close of 2018-06-10 there is 05:00 UTC.
    workspace = replace(workspace_of(folder, min_group=1, min_cell=1), branch_time_zones=ELSEWHERE)
    for branch, status in (("Río Branco", "not_yet_due"), ("Centro", "broken")):
        rows = [delivery(branch=branch)]
        small = Company(workspace=workspace, tables={"moments": rows}, as_of=CLOSE + HOUR)
        found = promises.kept(workspace, promises=["arrives"], facts=small.facts(folder, engine=duckdb))
        assert [e.measure for e in found.estimates if e.measure in STATUSES and e.estimate] == [status]
