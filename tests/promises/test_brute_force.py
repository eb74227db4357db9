"""Every figure of the promises against loops over the commitments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promesa import promises
from tests.measures.companies import company
from tests.measures.plain import WINDOWS, World, assert_same, window_of
from tests.promises import reference

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

SPLITS: list[tuple[str, ...]] = [
    (), ("month",), ("touchpoint",), ("function", "supplier"), ("region",), ("stage", "quarter"), ("week",),
    ("channel", "segment"), ("product", "year"), ("day",), ("employee",), ("outcome",),
]  # fmt: skip
CASES = [pytest.param(seed, by, marks=[pytest.mark.slow] if seed > 3 else []) for seed, by in enumerate(SPLITS * 3)]


@pytest.mark.parametrize(("seed", "by"), CASES)
def test_kept(tmp_path: Path, duckdb: Engine, seed: int, by: tuple[str, ...]) -> None:
    small = company(tmp_path, seed=seed)
    since, until = WINDOWS[seed % 4]
    first, last = window_of(small, since, until)
    found = promises.kept(
        small.workspace,
        by=by,
        since=since,
        until=until,
        facts=small.facts(tmp_path, engine=duckdb),
        confidence_level=0.9,
    )
    world = World(small, by=by, since=first, until=last, level=0.9)
    assert_same(found.rows(), reference.kept(world), names=("promise", *by))


@pytest.mark.parametrize(("seed", "by"), CASES)
def test_differences(tmp_path: Path, duckdb: Engine, seed: int, by: tuple[str, ...]) -> None:
    small = company(tmp_path, seed=100 + seed)
    since, until = WINDOWS[seed % 4]
    first, last = window_of(small, since, until)
    found = promises.differences(
        small.workspace, by=by, since=since, until=until, facts=small.facts(tmp_path, engine=duckdb)
    )
    world = World(small, by=by, since=first, until=last)
    assert_same(found.rows(), reference.differences(world), names=("promise", *by, "from"))


def test_the_small_companies_show_every_measure_and_every_reason(tmp_path: Path, duckdb: Engine) -> None:
    shown: set[str] = set()
    notes: set[str | None] = set()
    for seed in (0, 2):
        small = company(tmp_path, seed=seed)
        found = promises.kept(small.workspace, by="region", facts=small.facts(tmp_path, engine=duckdb))
        shown |= {e.measure for e in found.estimates if e.estimate is not None}
        notes |= {e.note for e in found.estimates}
    ends = ("after_kept", "after_broken", "difference")
    compared = {f"{what}_{end}" for what in ("return", "margin") for end in ends}
    said = {f"score_{end}" for end in (*ends, "after_late", "after_never")}
    rates = {"kept_rate", "kept_rate_of_delivered", "cost_of_broken", "difference_p10", "difference_p50"}
    assert shown >= {*compared, *said, *rates, *promises.STATUSES}
    assert notes >= {None, "withheld-small-group", "withheld-small-cell", "no-data"}
