"""`promesa new`: the workspaces it makes hold no mistake, and nothing is overwritten."""

from __future__ import annotations

import duckdb
import pytest

from promesa.errors import InputError, UnknownName
from promesa.workspace import columns_of, describe, new, open_workspace


@pytest.fixture
def shop(tmp_path):
    """Return the small shop, opened."""
    new(tmp_path / "mi-tienda")
    return open_workspace(tmp_path / "mi-tienda", environ={})


def test_the_shop_holds_no_mistake_and_no_warning(shop):
    description = describe(shop)
    assert (description.mistakes, description.warnings) == ((), ())
    assert shop.company == "Mi tienda"
    assert (shop.root / ".gitignore").read_text().endswith(".promesa/\n")
    assert {touchpoint.stage for touchpoint in shop.model.touchpoints.values()} == {"before", "during", "after"}


def test_the_selects_of_the_shop_run_and_give_rows_of_their_tables(shop):
    connection = duckdb.connect()
    for source in shop.sources.values():
        connection.execute(f"CREATE VIEW {source.name} AS FROM read_csv('{shop.root / source.path}')")
    for load in shop.loads:
        rows = connection.sql(load.sql)
        known = {column.name for column in columns_of(load.table, shop.model)} | {"customer_source"}
        required = {column.name for column in columns_of(load.table, shop.model) if column.required}
        assert set(rows.columns) <= known, load.name
        assert required - {"source", "recorded_at"} <= set(rows.columns), load.name
        total, ids, customers = rows.aggregate("count(*), count(DISTINCT id), count(customer)").fetchone()
        assert total == ids == customers > 20, load.name


def test_nothing_is_overwritten(tmp_path):
    folder = tmp_path / "a"
    new(folder)
    (folder / "model.toml").write_text("mine")
    with pytest.raises(InputError, match="already"):
        new(folder)
    assert (folder / "model.toml").read_text() == "mine"


def test_one_file_in_the_way_stops_it_before_the_first_is_written(tmp_path):
    (tmp_path / "promesa.toml").write_text("mine")
    with pytest.raises(InputError):
        new(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["promesa.toml"]


def test_a_readme_of_ones_own_stays(tmp_path):
    (tmp_path / "README.md").write_text("mine")
    written = new(tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"
    assert tmp_path / "README.md" not in written


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "a").write_text("mine")
    with pytest.raises(InputError):
        new(tmp_path / "a")
    with pytest.raises(InputError):
        new(tmp_path / "a" / "b")


def test_an_unknown_example(tmp_path):
    with pytest.raises(UnknownName) as caught:
        new(tmp_path / "a", example="olits")
    assert caught.value.fix == "did you mean 'olist'?"
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("example", ["olist", "demo"])
def test_the_examples_open(tmp_path, example):
    new(tmp_path / "a", example=example)
    ws = open_workspace(tmp_path / "a", environ={"OLIST_DATA": "data"})
    assert ws.loads
    assert ws.model.promises
    assert all(".path" in mistake.key for mistake in describe(ws).mistakes)


def test_a_company_named_with_quotation_marks_is_still_toml(tmp_path):
    new(tmp_path / 'la "tienda" \\ñ')
    assert open_workspace(tmp_path / 'la "tienda" \\ñ', environ={}).company == "La tienda ñ"
