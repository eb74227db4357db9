"""What customers say matters stands beside what their outcomes go with."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from promesa import drivers
from promesa.errors import WorkspaceInvalid
from tests.drivers.small import MODEL, facts_in, tables, workspace_in

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

STATES = """
[concepts.matters_kindness]
kind = "mean"
scale = [1, 5]
link = "none"
states = "kindness"
[concepts.matters_wait]
kind = "top_box"
scale = [0, 10]
top_from = 9
link = "none"
states = "wait_minutes"
"""


def answers(concept: str, scores: list[float]) -> list[dict[str, object]]:
    at = datetime(2025, 3, 1)
    return [{"concept": concept, "score": score, "customer": 1 + k, "at": at} for k, score in enumerate(scores)]


def test_stated_importance_is_the_mean_answer_as_a_fraction_of_the_scale(tmp_path: Path, duckdb: Engine) -> None:
    ws = workspace_in(tmp_path / "stated", model=MODEL + STATES)
    rows = tables(journeys=200)
    rows["opinions"] += answers("matters_kindness", [5.0] * 30 + [3.0] * 30)
    rows["opinions"] += answers("matters_wait", [4.0] * 10)  # fewer than min_group
    found = drivers.importance(
        ws, outcome="satisfaction", facts=facts_in(ws, rows, folder=tmp_path / "facts", engine=duckdb)
    )
    stated = {row["feature"]: (row["stated"], row["stated_n"]) for row in found.rows() if row["measure"] == "share"}
    assert stated["kindness"] == (pytest.approx(0.75), 60)
    assert stated["wait_minutes"] == (None, None)
    assert stated["fixed"] == (None, None)  # a row without a figure has the keys too


def test_what_states_the_importance_of_nothing_declared_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceInvalid) as told:
        workspace_in(tmp_path, model=MODEL + STATES.replace('states = "kindness"', 'states = "kindnes"'))
    [mistake] = told.value.mistakes
    assert mistake.key == "concepts.matters_kindness.states"
    assert "kindness" in mistake.fix
