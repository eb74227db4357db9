"""Every figure of value against loops over orders, moments and costs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from promesa import measures, value
from tests.measures.companies import company
from tests.measures.plain import World, assert_same
from tests.value import reference

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

SPLITS = [
    (), ("month",), ("channel",), ("product",), ("region",), ("segment", "quarter"), ("week",), ("day",), ("year",), (),
]  # fmt: skip
WINDOWS = [
    (None, None),
    ("2018-02-18", "2018-10-28"),
    (datetime(2018, 2, 18, 0, 30), None),
    (None, "2018-11-04T00:30"),
]


@pytest.mark.parametrize(("seed", "by"), list(enumerate(SPLITS)))
def test_margin_and_returning(tmp_path: Path, duckdb: Engine, seed: int, by: tuple[str, ...]) -> None:
    small = company(tmp_path, seed=seed)
    facts = small.facts(tmp_path, engine=duckdb)
    since, until = WINDOWS[seed % 4]
    asked = measures.ask(small.workspace, since=since, until=until, facts=facts)
    world = World(small, by=by, since=asked.since, until=asked.until, level=0.8)
    found = value.margin(small.workspace, by=by, since=since, until=until, facts=facts, confidence_level=0.8)
    assert_same(found.rows(), reference.margin(world), names=by)
    back = value.returning(small.workspace, by=by, since=since, until=until, facts=facts, confidence_level=0.8)
    assert_same(back.rows(), reference.returning(world), names=by)
