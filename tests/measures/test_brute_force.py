"""Every figure of the measures against loops over the rows."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from promesa import measures
from tests.measures import reference
from tests.measures.companies import company
from tests.measures.plain import World, assert_same

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

SPLITS = [
    (), ("channel",), ("month",), ("stage", "quarter"), ("function", "region"), ("supplier",), ("segment", "channel"),
    ("week",), ("day",), ("year", "product"), ("employee", "outcome"), ("brand",), ("concept",), ("audience", "survey"),
]  # fmt: skip
WINDOWS = [
    (None, None),
    ("2018-02-18", "2018-10-28"),
    (datetime(2018, 2, 18, 0, 30), None),
    (None, "2018-11-04T00:30"),
]


def cases() -> list[tuple[int, tuple[str, ...], int]]:
    return [(seed, by, seed % len(WINDOWS)) for seed, by in enumerate(SPLITS)]


@pytest.mark.parametrize(("seed", "by", "window"), cases())
def test_opinions(tmp_path: Path, duckdb: Engine, seed: int, by: tuple[str, ...], window: int) -> None:
    small = company(tmp_path, seed=seed)
    facts = small.facts(tmp_path, engine=duckdb)
    since, until = WINDOWS[window]
    asked = measures.ask(small.workspace, since=since, until=until, facts=facts)
    world = World(small, by=by, since=asked.since, until=asked.until, level=0.9)
    found = measures.opinions(small.workspace, by=by, since=since, until=until, facts=facts, confidence_level=0.9)
    assert_same(found.rows(), reference.opinions(world), names=by)


@pytest.mark.parametrize(("seed", "by", "window"), cases())
def test_touchpoints(tmp_path: Path, duckdb: Engine, seed: int, by: tuple[str, ...], window: int) -> None:
    small = company(tmp_path, seed=seed)
    facts = small.facts(tmp_path, engine=duckdb)
    since, until = WINDOWS[window]
    asked = measures.ask(small.workspace, since=since, until=until, facts=facts)
    by = by if by and by[0] in ("stage", "function", "supplier") else ("touchpoint", *by)
    world = World(small, by=by, since=asked.since, until=asked.until)
    found = measures.touchpoints(
        small.workspace, by=[name for name in by if name != "touchpoint"], since=since, until=until, facts=facts
    )
    assert found.dimensions == by
    assert_same(found.rows(), reference.touchpoints(world), names=by)
