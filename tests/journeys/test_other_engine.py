"""Journeys on Spark are what they are on DuckDB: their order where instants tie, and whole answers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from promesa import journeys
from promesa.journeys import steps_of
from promesa.measures import ask
from tests.journeys import test_feedback, test_needs
from tests.journeys.logs import log_facts, tied_rows
from tests.measures.plain import same

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

pytestmark = pytest.mark.spark
COLUMNS = ("journey_", "place_", "source", "id", "channel", "next_", "next_channel_")


def test_moments_at_one_instant_stand_in_the_same_order(tmp_path: Path, duckdb: Engine, spark: Engine) -> None:
    found: list[list[tuple[Any, ...]]] = []
    for engine in (duckdb, spark):
        facts = log_facts(
            tmp_path,
            engine,
            tied_rows(3, touchpoints=["buy", "phone"], begin=test_needs.BEGIN),
            touchpoints=test_needs.PLACES,
            as_of=test_needs.AS_OF,
            version="ties",
        )
        table = steps_of(ask(facts.workspace, facts=facts)).table.select(*COLUMNS)
        rows = facts.engine.fetch(table).to_pylist()
        found.append(sorted(tuple(row[name] for name in COLUMNS) for row in rows))
    assert found[0] == found[1]


def test_passages_and_journeys_are_the_same(tmp_path: Path, duckdb: Engine, spark: Engine) -> None:
    """Also where numbers stand for journeys and channels, which each engine makes in its own way."""
    rows = tied_rows(4, touchpoints=["buy", "phone"], begin=test_needs.BEGIN)
    apart = [{**row, "at": row["at"] + timedelta(seconds=place)} for place, row in enumerate(rows)]
    both = []
    for engine in (duckdb, spark):
        facts = log_facts(
            tmp_path, engine, apart, touchpoints=test_needs.PLACES, as_of=test_needs.AS_OF, version="passages"
        )
        assert "id" not in steps_of(ask(facts.workspace, facts=facts), lean=True).table.columns
        both.append([asked(facts.workspace, facts=facts) for asked in (journeys.transitions, journeys.journeys)])
    for here, there in zip(*both, strict=True):
        assert_equal(here, there)


@pytest.mark.slow
def test_feedback_is_the_same(tmp_path: Path, duckdb: Engine, spark: Engine) -> None:
    world = test_feedback.company(1, customers=350, effect=1.0)
    here, there = (test_feedback.facts_of(tmp_path, one, world, version="both") for one in (duckdb, spark))
    assert_equal(*(journeys.feedback(facts.workspace, facts=facts) for facts in (here, there)))


@pytest.mark.slow
def test_needs_are_the_same(tmp_path: Path, duckdb: Engine, spark: Engine) -> None:
    rows, settings, more = test_needs.random_needs(1), test_needs.SETTINGS, test_needs.MORE
    both = (
        log_facts(
            tmp_path, engine, rows, touchpoints=test_needs.PLACES, as_of=test_needs.AS_OF, settings=settings, more=more,
            version="needs_of_both",
        )
        for engine in (duckdb, spark)
    )  # fmt: skip
    assert_equal(*(journeys.needs(facts.workspace, facts=facts) for facts in both))


def assert_equal(first: Any, second: Any) -> None:
    """Compare all rows of two answers, in their order."""
    assert any(estimate.estimate is not None for estimate in first.estimates)
    assert len(first.estimates) == len(second.estimates)
    for one, other in zip(first.rows(), second.rows(), strict=True):
        assert list(one) == list(other)
        assert all(same(value, other[key]) for key, value in one.items()), (one, other)
