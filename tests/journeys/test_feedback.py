"""What later stages say of earlier ones: beside a plain loop, a planted truth, quiet worlds, edges."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from promesa import journeys
from tests.journeys.logs import Row, log_facts

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts

PLACES = {
    "browse": ("before", "shop"),
    "advise": ("before", "shop"),
    "buy": ("during", "shop"),
    "deliver": ("after", "van"),
    "call": ("after", "care"),
}
MORE = """
[elements.days]
touchpoints = ["deliver"]
unit = "days"
better = "less"
[promises.on_time]
statement = "On time"
owner = "van"
touchpoints = ["deliver"]
kept = "days <= 0"
due = "at"
[concepts.moment]
kind = "mean"
scale = [0, 10]
link = "none"
[concepts.hoped]
kind = "mean"
scale = [1, 5]
link = "expectation"
[concepts.csat]
kind = "mean"
scale = [0, 10]
link = "satisfaction"
"""
BEGIN, AS_OF = datetime(2020, 1, 1), datetime(2022, 1, 1)
World = tuple[list[Row], list[Row]]


def company(seed: int, *, customers: int, effect: float) -> World:
    """Return moments and opinions; who was advised is served worse later, by `effect` points and late more often."""
    rng = np.random.default_rng(seed)
    moments: list[Row] = []
    opinions: list[Row] = []
    for customer in range(customers):
        kindly = rng.normal(0, 1)
        for order in range(int(rng.integers(1, 4))):
            at, journey = BEGIN + timedelta(days=150 * order), f"{customer} {order}"
            first = "advise" if rng.random() < 0.4 else "browse"
            channel = "web" if rng.random() < 0.5 else "app"
            advised = first == "advise"
            way = [first, "buy", "deliver", *(["call"] if rng.random() < 0.3 else [])]
            for place in way:
                at += timedelta(hours=2)
                row = {"customer": customer, "journey": journey, "touchpoint": place, "at": at}
                late = float(rng.random() < 0.2 + 0.1 * effect * advised) if place == "deliver" else None
                where = channel if place == "buy" else "other"
                moments.append({**row, "channel": where, "days": late, "source": "s", "id": f"{len(moments):06d}"})
                if rng.random() < 0.6:
                    score = 6 + kindly + rng.normal(0, 1) - (effect * advised if place in {"deliver", "call"} else 0)
                    opinions.append({**row, "concept": "moment", "score": float(np.clip(np.round(score, 2), 0, 10))})
            about = {"customer": customer, "journey": journey, "at": at}
            if rng.random() < 0.3:
                opinions.append({**about, "concept": "hoped", "score": float(rng.integers(3, 6))})
            if rng.random() < 0.5:
                opinions.append(
                    {**about, "concept": "csat", "score": float(np.clip(np.round(rng.normal(6, 2)), 0, 10))}
                )
    return moments, opinions


def facts_of(folder: Path, engine: Engine, world: World, *, version: str) -> Facts:
    moments, opinions = world
    return log_facts(
        folder, engine, moments, touchpoints=PLACES, as_of=AS_OF, more=MORE, version=version,
        tables={"opinions": opinions},
    )  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    return company(1, customers=350, effect=1.0)


@pytest.fixture(scope="module")
def facts(world: World, duckdb: Engine, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return facts_of(tmp_path_factory.mktemp("feedback"), duckdb, world, version="feedback")


@pytest.fixture(scope="module")
def found(facts: Facts) -> journeys.Feedback:
    return journeys.feedback(facts.workspace, facts=facts)


def of(result: journeys.Feedback, measure: str, *place: str | None) -> float:
    row = result.find(measure, **dict(zip(("stage", "later", "touchpoint", "channel"), place, strict=True)))
    assert row is not None, (measure, place)
    assert row.estimate is not None
    return row.estimate


def test_figures_are_those_of_a_plain_loop(world: World, found: journeys.Feedback) -> None:
    moments, opinions = world
    met: dict[str, set[tuple[str, str | None]]] = {}
    late: dict[str, bool] = {}
    for row in moments:
        met.setdefault(row["journey"], set()).update({(row["touchpoint"], None), (row["touchpoint"], row["channel"])})
        if row["touchpoint"] == "deliver":
            late[row["journey"]] = row["days"] > 0
    scores: dict[tuple[str, str], list[float]] = {}
    whole: dict[str, dict[str, float]] = {"hoped": {}, "csat": {}}
    for one in opinions:
        if one["concept"] == "moment":
            scores.setdefault((one["journey"], PLACES[one["touchpoint"]][0]), []).append(one["score"])
        else:
            whole[one["concept"]][one["journey"]] = one["score"]
    for stage, later, name, channel in (
        ("before", "after", "advise", None), ("before", "during", "browse", None), ("during", "after", "buy", "web"),
    ):  # fmt: skip
        through = {j for j, places in met.items() if any(PLACES[place][0] == stage for place, _ in places)}
        own = {j for j in through if (name, channel) in met[j]}
        means = {j: float(np.mean(s)) for (j, at), s in scores.items() if at == later and j in through}
        sides = [np.mean([v for j, v in means.items() if (j in own) == side]) for side in (True, False)]
        assert of(found, "later_score", stage, later, name, channel) == pytest.approx(sides[0])
        assert of(found, "later_score_difference", stage, later, name, channel) == pytest.approx(sides[0] - sides[1])
        if later == "after":
            shares = [np.mean([late[j] for j in through if (j in own) == side]) for side in (True, False)]
            assert of(found, "later_broken", stage, later, name, channel) == pytest.approx(shares[0])
            less = of(found, "later_broken_difference", stage, later, name, channel)
            assert less == pytest.approx(shares[0] - shares[1])
    own = {j for j in met if ("advise", None) in met[j]}
    hoped = np.mean([(s - 1) / 4 * 10 for j, s in whole["hoped"].items() if j in own])
    lived = np.mean([s for j, s in whole["csat"].items() if j in own])
    assert of(found, "expected", "before", None, "advise", None) == pytest.approx(hoped)
    assert of(found, "experienced", "before", None, "advise", None) == pytest.approx(lived)
    assert of(found, "expectation_gap", "before", None, "advise", None) == pytest.approx(lived - hoped)


def test_the_planted_difference_is_found(found: journeys.Feedback) -> None:
    for measure, truth in (("later_score_difference", -1.0), ("later_broken_difference", 0.1)):
        row = found.find(measure, stage="before", later="after", touchpoint="advise", channel=None)
        assert row is not None
        assert row.lower is not None
        assert row.upper is not None
        assert row.lower < truth < row.upper
        assert row.evidence == "associated"
    score = found.find("later_score_difference", stage="before", later="after", touchpoint="advise", channel=None)
    assert score is not None
    assert score.extra["found"]
    for locale, name in (("es", "puntúan peor"), ("en", "lower than")):
        assert name in found.summary(locale)
        assert found.chart(locale)


def test_all_that_a_stage_holds_is_not_compared(found: journeys.Feedback) -> None:
    every = {(e.dimensions["touchpoint"], e.dimensions["channel"]) for e in found.estimates if e.dimensions["later"]}
    assert ("buy", None) not in every  # every journey came through it
    assert ("advise", "other") not in every  # its only channel
    assert ("buy", "web") in every


@pytest.mark.slow
def test_quiet_worlds_stay_quiet_and_intervals_hold(tmp_path: Path, duckdb: Engine) -> None:
    seeds, loud, held = 60, 0, {"later_score_difference": 0, "later_broken_difference": 0}
    for seed in range(seeds):
        quiet = facts_of(tmp_path / f"q{seed}", duckdb, company(seed, customers=200, effect=0.0), version=f"q{seed}")
        rows = journeys.feedback(quiet.workspace, facts=quiet).estimates
        loud += any(e.extra.get("found") for e in rows)
        for measure in held:
            row = next(e for e in rows if e.measure == measure and e.dimensions["touchpoint"] == "advise"
                       and e.dimensions["later"] == "after" and e.dimensions["channel"] is None)  # fmt: skip
            held[measure] += (row.lower or 0.0) <= 0 <= (row.upper or 0.0)
    assert loud <= 0.05 * seeds + 3 * (0.05 * 0.95 * seeds) ** 0.5
    assert min(held.values()) >= 0.95 * seeds - 3 * (0.05 * 0.95 * seeds) ** 0.5


def test_nothing_and_little(world: World, tmp_path: Path, duckdb: Engine) -> None:
    moments, opinions = world
    for number, few in enumerate((([], []), (moments[:3], []), (moments[:3], opinions[:1]))):
        small = facts_of(tmp_path / f"{number}", duckdb, few, version=f"little feedback {number}")
        result = journeys.feedback(small.workspace, facts=small)
        assert result.estimates == ()
        assert result.summary("es") != result.summary("en")
        assert result.chart() is None
