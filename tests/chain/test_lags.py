"""Why a pair of series has no figure: nobody was asked, or too few answered in a period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import chain
from tests.chain.small import SMALL, company_of
from tests.measures.companies import Company, workspace_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine


def test_answers_too_few_for_a_week_are_not_called_missing(tmp_path: Path, duckdb: Engine) -> None:
    shop = company_of(tmp_path, seed=3)
    workspace = workspace_of(tmp_path, min_group=200, min_cell=5, model=SMALL)
    asked = Company(workspace=workspace, tables=shop.tables, as_of=shop.as_of)
    found = chain.lags(workspace, facts=asked.facts(tmp_path, engine=duckdb))
    notes = {str(e.dimensions["experience"]): e.note for e in found.estimates}
    assert asked.tables["opinions"]
    assert notes["satisfaction"] == "too-thin"
    assert notes["kept_rate"] == "too-thin"
    assert notes["recommendation"] == "no-data"


def test_what_is_left_out_of_the_links_is_said(tmp_path: Path, duckdb: Engine) -> None:
    shop = company_of(tmp_path, seed=3)
    tables = {**shop.tables, "opinions": shop.tables["opinions"][::20]}
    workspace = workspace_of(tmp_path, min_group=4, min_cell=2, model=SMALL)
    asked = Company(workspace=workspace, tables=tables, as_of=shop.as_of)
    found = chain.lags(workspace, facts=asked.facts(tmp_path, engine=duckdb))
    assert any(e.estimate is not None for e in found.estimates)
    assert found.summary("en").endswith("Left out, for too few observations a period: satisfaction.")
    assert found.summary("es").endswith("Quedan fuera, por muy pocas observaciones por periodo: la satisfacción.")
