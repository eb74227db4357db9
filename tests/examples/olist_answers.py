"""The example loaded over an extract, and what its answers hold."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from promesa.store import load, open_facts
from promesa.workspace import Workspace, open_workspace
from tests.examples.olist_files import write

if TYPE_CHECKING:
    from promesa.results import Result
    from tests.examples.olist_files import Tables

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "olist"
RECORDED_AT = datetime(2026, 1, 2, 3, 4, 5)  # naive UTC, as the store keeps it
PROMISE = "arrives_by_date"


def copy_of(folder: Path) -> Path:
    """Return a copy of the example without a store."""
    return shutil.copytree(EXAMPLE, folder / "olist", ignore=shutil.ignore_patterns(".promesa"))


def workspace_of(tables: Tables, folder: Path, *, gzipped: bool = False) -> Workspace:
    """Return the example over an extract, in a folder of its own, loaded."""
    data = write(tables, folder / "data", gzipped=gzipped)
    ws = open_workspace(copy_of(folder), environ={"OLIST_DATA": str(data)})
    load(ws, recorded_at=RECORDED_AT)
    return ws


def figure(result: Result, measure: str, **dimensions: str) -> float:
    found = result.find(measure, **dimensions)
    assert found is not None, f"no row {measure} {dimensions}"
    assert found.estimate is not None, f"{measure} {dimensions}: {found.note}"
    return found.estimate


def rows_in(ws: Workspace, table: str) -> int:
    facts = open_facts(ws)
    return facts.engine.fetch(facts.all_rows(table).count()).as_py()
