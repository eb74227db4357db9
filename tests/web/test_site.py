"""The site reads the workspace as it is written now, and draws each section once."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from promesa.errors import WorkspaceInvalid
from promesa.snapshot import latest
from promesa.store import open_facts
from promesa.web.narrowing import Narrowed
from promesa.web.serving import listening
from promesa.web.site import Site

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def site(analysed_shop: Path, tmp_path: Path) -> Site:
    shutil.copytree(analysed_shop, tmp_path / "shop")
    return Site(tmp_path / "shop")


def test_a_changed_file_is_read_again_and_what_the_engine_held_is_let_go(site: Site) -> None:
    before = site.workspace
    engine = open_facts(before).engine
    assert site.workspace is before
    file = site.root / "promesa.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('name = "', 'name = "Nueva ', 1), encoding="utf-8")
    after = site.workspace
    assert after.company != before.company
    assert open_facts(after).engine is not engine


def test_a_mistake_in_a_file_does_not_take_the_pages_away(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    file = site.root / "promesa.toml"
    good, before = file.read_text(encoding="utf-8"), site.workspace
    file.write_text("[company", encoding="utf-8")
    assert site.workspace is before
    assert "promesa check" in caplog.text
    file.write_text(good.replace('name = "', 'name = "Nueva ', 1), encoding="utf-8")
    assert site.workspace.company != before.company
    with pytest.raises(WorkspaceInvalid):
        _ = Site(site.root.parent).workspace


def test_links_name_where_the_service_listens_until_the_company_says_where(site: Site) -> None:
    told = Site(site.root, address=listening("0.0.0.0", 9001))
    assert told.workspace.service.address == "http://127.0.0.1:9001"
    assert site.workspace.service.address == "http://127.0.0.1:8000"
    file = site.root / "promesa.toml"
    said = '\n[service]\naddress = "https://promesa.example.com"\n'
    file.write_text(file.read_text(encoding="utf-8") + said, encoding="utf-8")
    assert told.workspace.service.address == "https://promesa.example.com"
    assert listening("::1", 8000) == "http://[::1]:8000"


def test_a_section_is_drawn_once_a_snapshot_and_language(site: Site) -> None:
    snapshot = latest(site.workspace)
    seen = Narrowed(content=site.content(snapshot, "es"))
    first = site.section("method", seen, snapshot)
    assert site.section("method", seen, snapshot) is first
    english = Narrowed(content=site.content(snapshot, "en"))
    assert site.section("method", english, snapshot).html != first.html
    waiting = Narrowed(content=seen.content, waiting=True)
    once, again = (site.section("method", waiting, snapshot, query="x") for _ in range(2))
    assert once is not again
