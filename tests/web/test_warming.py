"""The pages of a new analysis are drawn before somebody asks, and a stop is heeded."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from litestar.testing import TestClient

from promesa import report
from promesa.snapshot import latest
from promesa.web import application
from promesa.web.sections import HOME
from promesa.web.site import Site
from promesa.web.warming import Warming
from promesa.words import LANGUAGES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw without rest, and few of what takes long."""
    monkeypatch.setattr("promesa.web.warming.PAUSE_SECONDS", 0)
    monkeypatch.setattr("promesa.web.warming.MOST_PAPERS", 1)


def test_every_section_is_drawn_once_in_each_language(analysed_shop: Path, few: None) -> None:
    site = Site(analysed_shop)
    snapshot = latest(site.workspace)
    count = Warming(site).draw(snapshot)
    held = [key for key in site._held.values if isinstance(key, tuple) and len(key) == 4]
    _promises_touchpoints_and_owners_are_drawn(site)
    assert count > len(LANGUAGES) * len(HOME)
    assert {key[1][:2] for key in held} == set(LANGUAGES)
    assert {key[2] for key in held} > set(HOME)
    drawn = list(site._held.values)
    Warming(site).draw(snapshot)
    assert list(site._held.values) == drawn


def _promises_touchpoints_and_owners_are_drawn(site: Site) -> None:
    model = site.workspace.model
    keys: list[Any] = [key[1:] for key in site._held.values if isinstance(key, tuple)]
    for locale in {key[0] for key in keys}:
        for kind, names in (("promise", model.promises), ("touchpoint", model.touchpoints)):
            assert {key[2] for key in keys if key[:2] == (locale, kind)} == set(names)
        owners = {one.function for one in model.touchpoints.values()} | {one.owner for one in model.promises.values()}
        assert {key[2] for key in keys if key[:2] == (locale, "owned")} == {(one,) for one in owners}
    assert {key[0] for key in keys if key[1] == "paper"} == {site.workspace.locale}


def test_a_newer_snapshot_ends_the_drawing_of_the_one_before(analysed_shop: Path, few: None) -> None:
    site = Site(analysed_shop)
    old, newer = latest(site.workspace), replace(latest(site.workspace), folder=analysed_shop / "newer")
    site.snapshot = lambda: newer  # type: ignore[method-assign]
    assert Warming(site).draw(old) == 0


def test_what_costs_most_is_drawn_first() -> None:
    rows = {
        "promises": [("a", "broken", 900), ("b", "cost_of_broken", 5), ("b", "broken", 1), ("c", "cost_of_broken", -4)],
        "priorities": [("y", "money_at_stake", 2), ("z", "money_at_stake", 1), ("z", "satisfaction_at_stake", 9)],
    }
    promises = [{"promise": name, "measure": measure, "estimate": n} for name, measure, n in rows["promises"]]
    touchpoints = [
        {"level": "touchpoint", "name": name, "measure": measure, "rank": n} for name, measure, n in rows["priorities"]
    ]
    documents = {"promises": {"rows": promises}, "priorities": {"rows": touchpoints}}
    model = {"promises": {name: {} for name in "abc"}, "touchpoints": {name: {} for name in "xyz"}}
    content = report.read({"documents": documents, "model": model}, locale="en")
    order = "".join(name for _, name in report.by_stake(content))
    assert order == "baczyx"


def test_a_service_is_ready_while_it_draws_and_stops_at_once(analysed_shop: Path) -> None:
    with TestClient(application(analysed_shop, guarded=False, warmed=True)) as client:
        assert client.get("/readyz").status_code == 200
        site = client.app.state.site
        for _ in range(600):
            if site._held.values:
                break
            time.sleep(0.05)
    drawn = len(site._held.values)
    assert drawn
    time.sleep(0.2)
    assert len(site._held.values) == drawn


def test_a_folder_without_an_analysis_waits_for_one(tmp_path: Path) -> None:
    from promesa.workspace import new

    new(tmp_path / "w")
    warming = Warming(Site(tmp_path / "w"))
    warming.open()
    time.sleep(0.1)
    warming.close()
    assert not warming._thread.is_alive()
