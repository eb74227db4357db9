"""The books, what they share and the whale curve are the same on Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promesa.snapshot import compute
from tests.measures.plain import assert_same
from tests.value.books import company_with_books

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, duckdb: Engine, spark: Engine) -> tuple[Facts, Facts]:
    """Return one small company with books on both engines."""
    folder: Path = tmp_path_factory.mktemp("books")
    small = company_with_books(folder, seed=4)
    return small.facts(folder, engine=duckdb), small.facts(folder, engine=spark)


@pytest.mark.parametrize(("analysis", "by"), [("ledger", ("month",)), ("value", ("touchpoint",)), ("whale", ())])
def test_rows_are_equal(both: tuple[Facts, Facts], analysis: str, by: tuple[str, ...]) -> None:
    here, there = both
    first = compute(analysis, here.workspace, by=by, facts=here)
    second = compute(analysis, there.workspace, by=by, facts=there)
    names = ("customers_share", "reason", "touchpoint") if analysis == "whale" else first.dimensions
    assert any(estimate.estimate is not None for estimate in first.estimates)
    assert_same(second.rows(), first.rows(), names=names)
