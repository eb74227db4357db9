"""The simulated company, whose truth is known: what is first, what is essential, what delights, what goes together."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

import promesa as pr
from promesa import charts, drivers
from promesa.simulate import simulate
from tests.drivers.company import lived_by_everybody
from tests.worlds import facts_of

if TYPE_CHECKING:
    from promesa.engine import Engine
    from promesa.store import Facts
    from promesa.workspace import Workspace

OUTCOME = "satisfaction"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, duckdb: Engine) -> tuple[Workspace, Facts]:
    folder = tmp_path_factory.mktemp("company")
    simulate(folder / "casa", customers=10, seed=1)
    ws = pr.open(folder / "casa")
    at = datetime(2025, 12, 31)
    moment = {"at": at, "customer": 1, "journey": "1", "touchpoint": "delivery"}
    return ws, facts_of(ws, {"moments": [moment]}, folder=folder, as_of=at, engine=duckdb)


@pytest.fixture(autouse=True)
def everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("importances", "groupings", "asymmetries", "synergies"):
        monkeypatch.setattr(f"promesa.drivers.{module}.lived", lived_by_everybody)


def test_the_late_delivery_is_first_of_what_comes_after_the_purchase(company: tuple[Workspace, Facts]) -> None:
    ws, facts = company
    found = drivers.importance(ws, outcome=OUTCOME, facts=facts)
    rows = [e for e in found.estimates if e.measure == "share" and e.estimate is not None]
    after = [e for e in rows if e.extra["stage"] == "after"]
    assert max(after, key=lambda e: e.estimate or 0).dimensions["feature"] == "arrives_by_date"
    assert found.find("share", feature="arrives_by_date").extra["direction"] == "worse"
    essentials = {e.dimensions["feature"] for e in rows if e.extra["essential"]}
    assert {"arrives_by_date", "in_stock", "bill_right", "refund_in_10_days", "pickup_in_2_hours"} <= essentials
    said = found.summary("en")
    assert "seldom fail" in said
    top = drivers.roles(ws, outcome=OUTCOME, facts=facts)
    assert top.find("share", by="stage", group="after") is not None


def test_essentials_and_delights_are_told_apart(company: tuple[Workspace, Facts]) -> None:
    ws, facts = company
    found = drivers.asymmetry(ws, outcome=OUTCOME, facts=facts)
    classes = {e.dimensions["feature"]: e.extra["class"] for e in found.estimates if e.measure == "penalty"}
    for feature in ("arrives_by_date", "in_stock", "bill_right", "refund_in_10_days", "pickup_in_2_hours"):
        assert classes[feature] == "must_be", feature
    for feature in ("kindness", "packaging", "driver_kindness"):
        assert classes[feature] == "delight", feature
    bill = found.find("penalty", feature="bill_right")
    assert bill.lower < -1.2 < bill.upper
    packaging = found.find("reward", feature="packaging")
    assert packaging.lower < 0.45 < packaging.upper


def test_the_planted_synergies_are_found(company: tuple[Workspace, Facts]) -> None:
    ws, facts = company
    found = drivers.synergy(ws, outcome=OUTCOME, facts=facts)
    status = {frozenset((e.dimensions["first"], e.dimensions["second"])): e for e in found.estimates}
    good = status[frozenset(("kindness", "in_stock"))]
    assert good.extra["status"] in {"confirmed", "proposed"}
    bad = [status[frozenset(("arrives_by_date", other))] for other in ("resolved_first", "wait_minutes")]
    assert any(e.extra["status"] in {"confirmed", "proposed"} for e in bad)
    assert not any(pair >= {"pickup_hours", "pickup_in_2_hours"} for pair in status)
    confirmed = [e for e in found.estimates if e.extra["status"] == "confirmed"]
    assert confirmed
    assert "than the two apart add up to, in" in found.summary("en")
    assert "que la suma de lo que va con cada uno" in found.summary("es")


@pytest.mark.parametrize("locale", ["es", "en"])
def test_every_chart_can_be_drawn(company: tuple[Workspace, Facts], locale: str) -> None:
    ws, facts = company
    for analysis in (drivers.importance, drivers.roles, drivers.asymmetry, drivers.synergy):
        spec = analysis(ws, outcome=OUTCOME, facts=facts).chart(locale)
        assert spec is not None
        svg = charts.to_svg(spec, locale=locale)
        assert "undefined" not in svg
        assert "NaN" not in svg
