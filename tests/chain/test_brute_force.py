"""Every link of the chain against loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promesa import chain
from tests.chain import reference
from tests.measures.companies import company
from tests.measures.plain import World, assert_same, window_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

WINDOWS = [("2018-02-18", "2018-10-28"), (None, None), ("2018-05-01", None), (None, "2018-06-04T00:30")]
CASES = [pytest.param(seed, marks=[pytest.mark.slow] if seed > 0 else []) for seed in range(12)]


@pytest.mark.parametrize("seed", CASES)
def test_links(tmp_path: Path, duckdb: Engine, seed: int) -> None:
    small = company(tmp_path, seed=seed)
    since, until = WINDOWS[seed % 4]
    first, last = window_of(small, since, until)
    facts = small.facts(tmp_path, engine=duckdb)
    found = chain.links(small.workspace, since=since, until=until, facts=facts, confidence_level=0.9)
    world = World(small, since=first, until=last, level=0.9)
    assert_same(found.rows(), reference.links(world), names=("link",))
    for locale in ("es", "en"):
        assert "None" not in found.summary(locale)
    assert found.summary("es") != found.summary("en")
    order = [chain.LINKS.index(str(row["link"])) for row in found.rows()]
    assert order == sorted(order)
    assert set(order) == set(range(len(chain.LINKS)))
