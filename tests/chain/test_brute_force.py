"""Every link of the chain against loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promesa import chain, measures
from tests.chain import reference
from tests.measures.companies import company
from tests.measures.plain import World, assert_same

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

WINDOWS = [(None, None), ("2018-02-18", "2018-10-28"), ("2018-05-01", None), (None, "2018-06-04T00:30")]


@pytest.mark.parametrize("seed", range(4))
def test_links(tmp_path: Path, duckdb: Engine, seed: int) -> None:
    small = company(tmp_path, seed=seed)
    facts = small.facts(tmp_path, engine=duckdb)
    since, until = WINDOWS[seed]
    asked = measures.ask(small.workspace, since=since, until=until, facts=facts)
    world = World(small, since=asked.since, until=asked.until, level=0.9)
    found = chain.links(small.workspace, since=since, until=until, facts=facts, confidence_level=0.9)
    assert_same(found.rows(), reference.links(world), names=("link",))
    order = [chain.LINKS.index(row["link"]) for row in found.rows()]
    assert order == sorted(order)
    assert set(order) == set(range(len(chain.LINKS)))
