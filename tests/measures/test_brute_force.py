"""Every figure of the measures against loops over the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promesa import measures
from tests.measures import reference
from tests.measures.companies import company
from tests.measures.plain import WINDOWS, World, assert_same, window_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

SPLITS: list[tuple[str, ...]] = [
    ("month",), ("stage", "quarter"), ("function", "region"), ("segment", "channel"), (), ("supplier",), ("channel",),
    ("week",), ("day",), ("year", "product"), ("employee", "outcome"), ("brand",), ("concept",), ("audience", "survey"),
]  # fmt: skip
CASES = [pytest.param(seed, by, marks=[pytest.mark.slow] if seed > 3 else []) for seed, by in enumerate(SPLITS * 3)]


@pytest.mark.parametrize(("seed", "by"), CASES)
def test_opinions(tmp_path: Path, duckdb: Engine, seed: int, by: tuple[str, ...]) -> None:
    small = company(tmp_path, seed=seed)
    since, until = WINDOWS[seed % 4]
    first, last = window_of(small, since, until)
    found = measures.opinions(
        small.workspace,
        by=by,
        since=since,
        until=until,
        facts=small.facts(tmp_path, engine=duckdb),
        confidence_level=0.9,
    )
    world = World(small, by=by, since=first, until=last, level=0.9)
    assert_same(found.rows(), reference.opinions(world), names=by)


@pytest.mark.parametrize(("seed", "by"), CASES)
def test_touchpoints(tmp_path: Path, duckdb: Engine, seed: int, by: tuple[str, ...]) -> None:
    small = company(tmp_path, seed=seed)
    since, until = WINDOWS[seed % 4]
    first, last = window_of(small, since, until)
    found = measures.touchpoints(
        small.workspace, by=by, since=since, until=until, facts=small.facts(tmp_path, engine=duckdb)
    )
    split = by if by and by[0] in ("stage", "function", "supplier") else ("touchpoint", *by)
    assert found.dimensions == split
    world = World(small, by=split, since=first, until=last)
    assert_same(found.rows(), reference.touchpoints(world), names=split)
