"""The pages of a new analysis are drawn before somebody asks, and a stop is heeded."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from litestar.testing import TestClient

from promesa.snapshot import latest
from promesa.web import application
from promesa.web.sections import HOME
from promesa.web.site import Site
from promesa.web.warming import Warming
from promesa.words import LANGUAGES

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_every_section_is_drawn_once_in_each_language(analysed_shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promesa.web.warming.PAUSE_SECONDS", 0)
    site = Site(analysed_shop)
    snapshot = latest(site.workspace)
    count = Warming(site).draw(snapshot)
    held = [key for key in site._held.values if isinstance(key, tuple) and len(key) == 4]
    assert count > len(LANGUAGES) * len(HOME)
    assert {key[1][:2] for key in held} == set(LANGUAGES)
    assert {key[2] for key in held} > set(HOME)
    drawn = list(site._held.values)
    Warming(site).draw(snapshot)
    assert list(site._held.values) == drawn


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
