"""Every figure of value against loops over orders, moments and costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promesa import value
from tests.measures.companies import company
from tests.measures.plain import WINDOWS, World, assert_same, window_of
from tests.value import reference

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

SPLITS: list[tuple[str, ...]] = [
    (), ("month",), ("channel",), ("region",), ("segment", "quarter"), ("product",), ("week",), ("day",), ("year",),
]  # fmt: skip
CASES = [pytest.param(seed, by, marks=[pytest.mark.slow] if seed > 3 else []) for seed, by in enumerate(SPLITS * 3)]


@pytest.mark.parametrize(("seed", "by"), CASES)
def test_margin_and_returning(tmp_path: Path, duckdb: Engine, seed: int, by: tuple[str, ...]) -> None:
    small = company(tmp_path, seed=seed)
    facts = small.facts(tmp_path, engine=duckdb)
    since, until = WINDOWS[seed % 4]
    first, last = window_of(small, since, until)
    world = World(small, by=by, since=first, until=last, level=0.8)
    found = value.margin(small.workspace, by=by, since=since, until=until, facts=facts, confidence_level=0.8)
    assert_same(found.rows(), reference.margin(world), names=by)
    back = value.returning(small.workspace, by=by, since=since, until=until, facts=facts, confidence_level=0.8)
    assert_same(back.rows(), reference.returning(world), names=by)
