"""The simulated company, whose truth is known: what is first, what is essential, what delights, what goes together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest

import promesa as pr
from promesa import charts, drivers
from promesa.simulate import simulate
from tests.drivers.company import lived_by_everybody
from tests.worlds import facts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promesa.engine import Engine
    from promesa.results import Estimate, Result
    from promesa.store import Facts
    from promesa.workspace import Workspace

    Company = tuple[Workspace, Facts]

OUTCOME = "satisfaction"
MODULES = ("importances", "groupings", "asymmetries", "synergies")
FOUND = {"confirmed", "proposed"}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, duckdb: Engine) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("company")
    simulate(folder / "casa", customers=10, seed=1)
    ws = pr.open(folder / "casa")
    at = datetime(2025, 12, 31)
    moment = {"at": at, "customer": 1, "journey": "1", "touchpoint": "delivery"}
    with pytest.MonkeyPatch.context() as patch:
        for module in MODULES:
            patch.setattr(f"promesa.drivers.{module}.lived", lived_by_everybody)
        yield ws, facts_of(ws, {"moments": [moment]}, folder=folder, as_of=at, engine=duckdb)


@pytest.fixture(scope="module")
def answers(company: Company) -> dict[str, Result]:
    ws, facts = company
    analyses = (drivers.importance, drivers.roles, drivers.asymmetry, drivers.synergy)
    return {analysis.__name__: analysis(ws, outcome=OUTCOME, facts=facts) for analysis in analyses}


def test_the_late_delivery_is_first_of_what_comes_after_the_purchase(answers: dict[str, Result]) -> None:
    found = answers["importance"]
    rows = [e for e in found.estimates if e.measure == "share" and e.estimate is not None]
    after = [e for e in rows if e.extra["stage"] == "after"]
    assert max(after, key=lambda e: e.estimate or 0).dimensions["feature"] == "arrives_by_date"
    assert found.find("share", feature="arrives_by_date").extra["direction"] == "worse"
    essentials = {e.dimensions["feature"] for e in rows if e.extra["essential"]}
    assert {"arrives_by_date", "in_stock", "bill_right", "refund_in_10_days", "pickup_in_2_hours"} <= essentials
    assert "seldom fail" in found.summary("en")
    stages = [e for e in answers["roles"].estimates if e.measure == "share" and e.dimensions["by"] == "stage"]
    assert stages[0].dimensions["group"] == "after"


def test_essentials_and_delights_are_told_apart(answers: dict[str, Result]) -> None:
    found = answers["asymmetry"]
    classes = {e.dimensions["feature"]: e.extra["class"] for e in found.estimates if e.measure == "penalty"}
    for feature in ("arrives_by_date", "in_stock", "bill_right", "refund_in_10_days", "pickup_in_2_hours"):
        assert classes[feature] == "must_be", feature
    for feature in ("kindness", "packaging", "driver_kindness"):
        assert classes[feature] == "delight", feature
    bill = found.find("penalty", feature="bill_right")
    assert bill.lower < -1.2 < bill.upper
    packaging = found.find("reward", feature="packaging")
    assert packaging.lower < 0.45 < packaging.upper


def by_pair(found: Result) -> dict[frozenset[str | None], Estimate]:
    return {frozenset((e.dimensions["first"], e.dimensions["second"])): e for e in found.estimates}


def test_the_late_delivery_and_the_bad_call_go_together(answers: dict[str, Result]) -> None:
    found = answers["synergy"]
    pairs = by_pair(found)
    bad = pairs[frozenset(("arrives_by_date", "resolved_first"))]
    assert bad.extra["status"] == "confirmed"
    assert bad.extra["sense"] == "worse_together"
    assert pairs[frozenset(("kindness", "in_stock"))].lower > 0
    assert not any(pair >= {"pickup_hours", "pickup_in_2_hours"} for pair in pairs)
    assert "than the two apart add up to, in" in found.summary("en")
    assert "que la suma de lo que va con cada uno" in found.summary("es")


@pytest.mark.slow
def test_kindness_and_stock_are_found_among_more_customers(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    ws, facts = company
    monkeypatch.setattr("promesa.drivers.synergies.lived", partial(lived_by_everybody, customers=60_000))
    # What was worked out of these facts before is of fewer customers.
    pairs = by_pair(drivers.synergy(ws, outcome=OUTCOME, facts=replace(facts, kept={})))
    assert pairs[frozenset(("kindness", "in_stock"))].extra["status"] in FOUND
    assert pairs[frozenset(("arrives_by_date", "resolved_first"))].extra["status"] in FOUND


@pytest.mark.parametrize("locale", ["es", "en"])
def test_every_chart_can_be_drawn(answers: dict[str, Result], locale: str) -> None:
    for found in answers.values():
        spec = found.chart(locale)
        assert spec is not None
        svg = charts.to_svg(spec, locale=locale)
        assert "undefined" not in svg
        assert "NaN" not in svg
