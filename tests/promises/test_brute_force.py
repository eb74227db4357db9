"""Every figure of the promises against loops over the commitments."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from promesa import measures, promises
from tests.measures.companies import company
from tests.measures.plain import World, assert_same
from tests.promises import reference

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

SPLITS = [
    (), ("month",), ("touchpoint",), ("function", "supplier"), ("region",), ("stage", "quarter"), ("week",),
    ("channel", "segment"), ("product", "year"), ("day",), (), ("employee",),
]  # fmt: skip
WINDOWS = [
    (None, None),
    ("2018-02-18", "2018-10-28"),
    (datetime(2018, 2, 18, 0, 30), None),
    (None, "2018-11-04T00:30"),
]


def world_of(small, facts, *, by, window, level=0.95):
    since, until = WINDOWS[window]
    asked = measures.ask(small.workspace, since=since, until=until, facts=facts)
    return World(small, by=by, since=asked.since, until=asked.until, level=level)


@pytest.mark.parametrize(("seed", "by"), list(enumerate(SPLITS)))
def test_kept(tmp_path: Path, duckdb: Engine, seed: int, by: tuple[str, ...]) -> None:
    small = company(tmp_path, seed=seed)
    facts = small.facts(tmp_path, engine=duckdb)
    since, until = WINDOWS[seed % 4]
    found = promises.kept(small.workspace, by=by, since=since, until=until, facts=facts, confidence_level=0.9)
    world = world_of(small, facts, by=by, window=seed % 4, level=0.9)
    assert_same(found.rows(), reference.kept(world), names=("promise", *by))


@pytest.mark.parametrize(("seed", "by"), list(enumerate(SPLITS)))
def test_differences(tmp_path: Path, duckdb: Engine, seed: int, by: tuple[str, ...]) -> None:
    small = company(tmp_path, seed=100 + seed)
    facts = small.facts(tmp_path, engine=duckdb)
    since, until = WINDOWS[seed % 4]
    found = promises.differences(small.workspace, by=by, since=since, until=until, facts=facts)
    world = world_of(small, facts, by=by, window=seed % 4)
    assert_same(found.rows(), reference.differences(world), names=("promise", *by, "from"))
