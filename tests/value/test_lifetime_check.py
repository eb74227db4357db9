"""The check of lifetime value foretells days that it has not seen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from promesa import value
from tests.value.shoppers import BEGIN, facts_of_shoppers, shoppers, tables_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

DAYS = 364


def foretold(folder: Path, engine: Engine, *, without_second_half: bool) -> dict[tuple[object, ...], float]:
    """Return what each row of the check foretells, where customers bought on or, by half, stopped after the cut."""
    tables = tables_of(shoppers(1500, seed=8, days=DAYS), days=DAYS)
    if without_second_half:
        cut = BEGIN + timedelta(days=DAYS * 2 // 3 + 2)
        tables["orders"] = [row for row in tables["orders"] if row["at"] < cut or row["customer"] % 2]
    facts = facts_of_shoppers(folder, engine, tables=tables, as_of=BEGIN + timedelta(days=DAYS))
    rows = value.lifetime(facts.workspace, facts=facts).rows()
    return {
        (row["model"], row["repeats"], row["period"]): float(str(row["estimate"]))
        for row in rows
        if row["measure"] == "holdout_predicted"
    }


def test_what_is_foretold_by_month_and_by_repeats_adds_up_to_the_whole(tmp_path: Path, duckdb: Engine) -> None:
    found = foretold(tmp_path, duckdb, without_second_half=False)
    model = next(model for model, _, period in found if period)
    whole = found[model, None, None]
    by_month = [amount for (name, _, period), amount in found.items() if name == model and period]
    by_repeats = [amount for (name, repeats, _), amount in found.items() if name == model and repeats]
    assert sum(by_month) == pytest.approx(whole)
    assert sum(by_repeats) == pytest.approx(whole)


def test_what_came_after_the_cut_changes_nothing_that_was_foretold(tmp_path: Path, duckdb: Engine) -> None:
    as_they_were = foretold(tmp_path, duckdb, without_second_half=False)
    fewer_later = foretold(tmp_path, duckdb, without_second_half=True)
    same = {key: amount for key, amount in as_they_were.items() if key in fewer_later}
    assert any(period for _, _, period in same)
    for key, amount in same.items():
        assert fewer_later[key] == pytest.approx(amount), key
