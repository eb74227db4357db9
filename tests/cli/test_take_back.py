"""take-back as a person meets it at the terminal."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from promesa.cli.load_commands import print_taken_back
from promesa.store import LeftBehind, TakenBack, inspect_store
from promesa.workspace import open_workspace
from tests.cli.test_rights_commands import document, run


@pytest.fixture
def renamed(loaded: Path, tmp_path: Path) -> tuple[Path, int]:
    """Return a company whose order's ids are made in another way now, and how many orders it has."""
    folder = Path(shutil.copytree(loaded, tmp_path / "tienda"))
    (file,) = (folder / "load").glob("orders.*.sql")
    sql = file.read_text(encoding="utf-8")
    file.write_text(f"SELECT * REPLACE ('p-' || id AS id) FROM (\n{sql.strip().rstrip(';')}\n)\n", encoding="utf-8")
    before = orders(folder)
    told = run("load", "-w", folder)
    assert "promesa take-back orders" in told.output
    assert orders(folder) == 2 * before
    return folder, before


def orders(folder: Path) -> int:
    with inspect_store(open_workspace(folder)) as look:
        return int(str(look.engine.value(f"SELECT count(*) FROM ({look.rows('orders')})")))


def test_it_counts_first_then_takes_back_and_says_what_follows(renamed: tuple[Path, int]) -> None:
    folder, before = renamed
    counted = run("take-back", "orders", "-w", folder, "--locale", "es")
    assert counted.exit_code == 0, counted.output
    assert "--apply" in counted.output
    assert orders(folder) == 2 * before
    found = document("take-back", "orders", "-w", folder, "--apply", "--yes")
    assert (found["done"], sum(row["rows"] for row in found["rows"])) == (True, before)
    assert orders(folder) == before
    again = run("take-back", "orders", "-w", folder, "--apply", "--yes", "--locale", "es")
    assert "Nada que retirar" in again.output


def test_it_is_not_done_unless_somebody_says_so(renamed: tuple[Path, int]) -> None:
    folder, before = renamed
    unattended = run("take-back", "orders", "-w", folder, "--apply")
    assert unattended.exit_code == 2
    assert "--yes" in unattended.output
    assert orders(folder) == 2 * before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("order",), "orders"),
        (("orders", "--since", "20 nov"), "2026-11-20"),
        (("orders", "--system", "nobody"), "shop"),
    ],
)
def test_what_cannot_be_meant_is_refused(loaded: Path, words: tuple[str, ...], told: str) -> None:
    refused = run("take-back", *words, "-w", loaded)
    assert refused.exit_code == 2
    assert told in refused.output


def test_days_are_those_of_the_company(capsys: pytest.CaptureFixture[str]) -> None:
    instant = datetime(2026, 1, 2, 3)
    left = LeftBehind(source="shop", rows=1, of=2, first=instant, last=instant)
    print_taken_back(
        TakenBack(table="orders", done=False, store_version="", systems=(left,)), "es", zone="America/Bogota"
    )
    assert capsys.readouterr().out.count("1 ene 2026") == 2
