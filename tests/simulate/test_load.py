"""The simulated company through promesa itself: the quarantine holds the dirt, the figures are those of truth.json."""

import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from promesa import measures, promises
from promesa.actions import list_cases
from promesa.store import LoadReport, load, own_facts
from promesa.workspace import Workspace, open_workspace

RECORDED = datetime(2026, 7, 15)
RULES = {
    "unknown_touchpoint.turnos": "unknown-touchpoint",
    "missing_customer.contactos": "missing-customer",
    "future_date.sesiones": "future-date",
    "off_scale.respuestas": "score-off-scale",
    "negative_amount.inversion": "negative",
    "text_in_number.turnos": "not-a-number",
    "impossible_date.facturas": "not-a-day",
}


@pytest.fixture(scope="module")
def copy(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy whose corrections have not arrived yet."""
    folder = tmp_path_factory.mktemp("loaded") / "empresa"
    shutil.copytree(company, folder)
    for path in folder.rglob("*_correcciones.csv"):
        path.rename(folder / path.name)
    return folder


@pytest.fixture(scope="module")
def first(copy: Path) -> LoadReport:
    return load(open_workspace(copy), recorded_at=RECORDED)


@pytest.fixture(scope="module")
def second(first: LoadReport, copy: Path) -> LoadReport:
    homes = {"pedidos": "tienda", "facturas": "facturacion"}
    for path in copy.glob("*_correcciones.csv"):
        path.rename(copy / "data" / homes[path.name.split("_")[0]] / path.name)
    return load(open_workspace(copy), recorded_at=RECORDED)


@pytest.fixture(scope="module")
def workspace(second: LoadReport, copy: Path) -> Workspace:
    return open_workspace(copy)


def test_the_quarantine_holds_exactly_the_dirt(first: LoadReport, truth: dict[str, Any]) -> None:
    found: Counter[str] = Counter()
    for count in first.counts:
        found.update(count.quarantined)
    expected = {rule: truth["dirt"][name.split(".")[0]][name.split(".")[1]] for name, rule in RULES.items()}
    assert dict(found) == expected


def test_repeated_rows_count_once(first: LoadReport, truth: dict[str, Any]) -> None:
    repeated = {count.load: count.repeated for count in first.counts}
    for name, source in (("moments.callcenter.contactos", "contactos"), ("moments.web.sesiones", "sesiones")):
        assert repeated[name] == truth["dirt"]["duplicates"][source]


def test_late_corrections_correct(second: LoadReport, truth: dict[str, Any]) -> None:
    corrected = {count.load: count.corrected for count in second.counts}
    accepted = sum(count.accepted for count in second.counts if count.table != "source")
    wrong = truth["dirt"]["corrections"]
    assert corrected["orders.tienda"] == wrong["pedidos_colombia"] + wrong["pedidos_espana"]
    assert corrected["moments.facturacion.facturas"] == wrong["facturas"]
    assert accepted == 0


def test_kept_rates_are_the_true_counts(workspace: Workspace, truth: dict[str, Any]) -> None:
    kept = promises.kept(workspace)
    for name, expected in truth["promises"].items():
        for measure in ("kept", "broken", "not_yet_due", "released"):
            found = kept.find(measure, promise=name)
            assert found is not None
            assert found.estimate == expected[measure], (name, measure)


def test_touchpoints_are_the_true_counts_and_means(workspace: Workspace, truth: dict[str, Any]) -> None:
    found = measures.touchpoints(workspace)
    for touchpoint, count in truth["moments"].items():
        estimate = found.find("moments", touchpoint=touchpoint)
        assert estimate is not None
        assert estimate.estimate == count, touchpoint
    for element, expected in truth["elements"].items():
        touchpoints = workspace.model.elements[element].touchpoints
        if len(touchpoints) == 1:
            estimate = found.find(f"{element}.mean", touchpoint=touchpoints[0])
            assert estimate is not None
            assert estimate.estimate == pytest.approx(expected["mean"], rel=1e-6), element


def test_traits_are_known_before_records_are_linked(workspace: Workspace, truth: dict[str, Any]) -> None:
    """The shop knows the region of each account, so that a figure by region needs no linking."""
    found = measures.touchpoints(workspace, by="region")
    regions = {row["region"] for row in found.rows()}
    for touchpoint in ("delivery", "store_checkout", "reception", "online_visit"):
        estimates = [found.find("moments", touchpoint=touchpoint, region=region) for region in regions if region]
        counted = sum(estimate.estimate for estimate in estimates if estimate and estimate.estimate)
        assert counted == truth["moments"][touchpoint], touchpoint


def test_cases_are_the_complaints_that_nobody_closed(workspace: Workspace, truth: dict[str, Any]) -> None:
    with own_facts(workspace) as facts:
        listed = list_cases(facts, touchpoints=["complaint"], most=500)
    assert (listed.open_now, listed.overdue) == (truth["complaints"]["open"], truth["complaints"]["overdue"])
    assert any(one.at_stake for one in listed.cases)
    assert truth["complaints"]["open"] + truth["complaints"]["closed"] == truth["files"]["reclamos"]
