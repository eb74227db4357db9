"""What a page says when there is nothing to show yet, and when what it needs is not there."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from litestar.testing import TestClient

from promesa.errors import DatabaseUnreachable, StoreBusy, StoreDamaged
from promesa.web import application
from promesa.web.faults import unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.mark.parametrize("address", ["/", "/value", "/data", "/drivers/what-if"])
def test_a_company_that_is_declared_and_no_more_says_what_to_run(new_company: TestClient, address: str) -> None:
    assert "No data have been loaded yet" in new_company.get(f"{address}?lang=en").text
    told = new_company.get(f"{address}?lang=es").text
    assert "Todavía no se ha cargado ningún dato" in told
    assert "promesa load" in told
    assert "promesa analyse" in told


@pytest.fixture(scope="module")
def shop(analysed_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(analysed_shop, tmp_path_factory.mktemp("standing") / "shop")


@pytest.fixture
def client(shop: Path) -> Iterator[TestClient]:
    with TestClient(application(shop, guarded=False), raise_server_exceptions=False) as one:
        yield one


def test_a_company_that_is_loaded_and_not_analysed_is_told_apart(client: TestClient, shop: Path) -> None:
    snapshots = shop / ".promesa" / "snapshots"
    snapshots.rename(shop / "away")
    told = client.get("/data?lang=es").text
    (shop / "away").rename(snapshots)
    assert "Los datos están cargados" in told
    assert "promesa load" not in told
    assert 'href="/data/quarantine"' in told


def test_a_file_of_the_store_that_is_gone_is_a_page_with_the_next_step(client: TestClient, shop: Path) -> None:
    files = list((shop / ".promesa" / "store" / "moments").glob("*.parquet"))
    for file in files:
        file.rename(file.with_suffix(".away"))
    spanish, english = (client.get(f"/cases?lang={language}") for language in ("es", "en"))
    home = client.get("/?lang=es")
    for file in files:
        file.with_suffix(".away").rename(file)
    assert [spanish.status_code, english.status_code, home.status_code] == [503, 503, 200]
    assert "Los datos no se pueden leer" in spanish.text
    assert "<code>promesa load</code>" in spanish.text
    assert "The data cannot be read" in english.text
    assert "parquet" not in spanish.text + english.text


def test_what_cannot_be_reached_is_told_apart_from_a_fault_of_ours() -> None:
    facts = dict.fromkeys(("what", "got", "expected", "fix"), "")
    assert unreachable(DatabaseUnreachable(**facts)) == "database"
    assert unreachable(StoreBusy(**facts)) == "busy"
    assert unreachable(StoreDamaged(**facts)) == "store"
    assert unreachable(ValueError()) == ""
