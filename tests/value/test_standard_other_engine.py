"""The minimum standard and the tiers are the same on Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promesa.value import standard, tiers
from tests.value.test_standard import facts_of_world, world

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.results import Result

pytestmark = pytest.mark.spark


def test_answers_are_equal(tmp_path: Path, duckdb: Engine, spark: Engine) -> None:
    tables = world(3, people=90)
    answers: list[tuple[Result, Result]] = []
    for engine in (duckdb, spark):
        facts = facts_of_world(tmp_path, engine, tables, least=5)
        answers.append((standard(facts.workspace, facts=facts), tiers(facts.workspace, facts=facts)))
    for here, there in zip(*answers, strict=True):
        assert here.rows()
        for one, other in zip(here.rows(), there.rows(), strict=True):
            assert one.keys() == other.keys()
            for key, value in one.items():
                assert other[key] == (pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value)
