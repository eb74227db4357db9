"""Hand-overs: each figure beside that of a plain loop, and what must stay hidden."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from statistics import mean, median
from typing import TYPE_CHECKING, Any

import pytest

from promesa import journeys
from promesa.errors import ValueOutOfRange
from tests.journeys.logs import Row, log_facts, ways

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.results import Estimate
    from promesa.store import Facts

PLACES = {
    "browse": ("before", "shop"), "buy": ("during", "shop"), "pay": ("during", "billing"),
    "deliver": ("after", "logistics"), "call": ("after", "care"),
}  # fmt: skip
MORE = """
[functions.care]
owner = "Jefatura de servicio"
[elements.repeats]
touchpoints = ["call", "deliver"]
unit = "count"
better = "less"
[promises.arrives]
owner = "logistics"
touchpoint = "deliver"
kept = "delivered <= promised"
[concepts.moment]
kind = "mean"
scale = [1, 5]
link = "none"
[concepts.effort]
kind = "mean"
scale = [1, 7]
better = "less"
link = "none"
[concepts.recuerdo]
kind = "mean"
scale = [1, 5]
link = "memory"
"""
BEGIN, AS_OF = datetime(2020, 1, 1), datetime(2021, 1, 1)


def company(seed: int) -> tuple[list[Row], list[Row]]:
    """Return moments and what was said of some of them, with and without the journey named."""
    random = Random(seed)
    moments: list[Row] = []
    opinions: list[Row] = []
    for customer, order in itertools.product(range(40), range(3)):
        at = BEGIN + timedelta(days=90 * order)
        for _ in range(random.randrange(2, 9)):
            at += timedelta(minutes=random.randrange(1, 4000))
            place = random.choice(list(PLACES))
            row: Row = {
                "source": "s", "id": f"{len(moments):05d}", "at": at, "customer": customer, "touchpoint": place,
                "journey": f"{customer} {order}", "channel": "web",
            }  # fmt: skip
            if place in {"call", "deliver"} and random.random() < 0.7:
                row["repeats"] = float(random.randrange(3))
            moments.append(row)
            for concept, top in (("moment", 5), ("effort", 7)):
                if random.random() < 0.5:
                    opinions.append({
                        "concept": concept, "score": float(random.randrange(1, top + 1)), "customer": customer,
                        "touchpoint": place, "journey": row["journey"] if random.random() < 0.7 else None,
                        "at": at + timedelta(seconds=30), "asked_at": at + timedelta(seconds=random.randrange(20)),
                    })  # fmt: skip
    random.shuffle(moments)
    return moments, opinions


def said_of(moments: list[Row], opinions: list[Row]) -> dict[str, float]:
    """Return the mean score from 0 to 10 of each moment asked about, by loops."""
    scores: dict[str, list[float]] = defaultdict(list)
    for one in opinions:
        before = [
            row
            for row in moments
            if row["touchpoint"] == one["touchpoint"] and row["customer"] == one["customer"]
            and (one["journey"] is None or row["journey"] == one["journey"]) and row["at"] <= one["asked_at"]
        ]  # fmt: skip
        last = max(before, key=lambda row: (row["at"], row["id"]))
        if one["journey"] is None and one["asked_at"] > last["at"] + timedelta(days=30):
            continue
        share = (one["score"] - 1) / (4 if one["concept"] == "moment" else 6)
        scores[last["id"]].append(10 * (share if one["concept"] == "moment" else 1 - share))
    return {key: mean(found) for key, found in scores.items()}


@pytest.fixture(scope="module")
def world() -> tuple[list[Row], list[Row]]:
    return company(3)


@pytest.fixture(scope="module")
def facts(world: tuple[list[Row], list[Row]], duckdb: Engine, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    moments, opinions = world
    return log_facts(
        tmp_path_factory.mktemp("handovers"), duckdb, moments, touchpoints=PLACES, as_of=AS_OF, more=MORE,
        settings='asked_again = "repeats"', tables={"opinions": opinions}, version="handovers",
    )  # fmt: skip


def plain(moments: list[Row], scores: dict[str, float]) -> dict[tuple[str, str], dict[str, list[Any]]]:
    found: dict[tuple[str, str], dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for journey, way in ways(moments, list(PLACES)).items():
        for k, (one, two) in enumerate(itertools.pairwise(way)):
            giver, taker = PLACES[one["touchpoint"]][1], PLACES[two["touchpoint"]][1]
            if giver == taker:
                continue
            part, rest = found[giver, taker], way[k + 1 :]
            part["wait"].append((two["at"] - one["at"]).total_seconds() / 3600)
            part["journey"].append(journey)
            part["returned"].append(any(PLACES[row["touchpoint"]][1] == giver for row in rest))
            part["visited_again"].append(any(row["touchpoint"] == one["touchpoint"] for row in rest))
            part["unowned"].append("deliver" not in {one["touchpoint"], two["touchpoint"]})
            if two.get("repeats") is not None:
                part["asked_again"].append(two["repeats"] > 0)
            if one["id"] in scores and two["id"] in scores:
                part["score_before"].append(scores[one["id"]])
                part["score_after"].append(scores[two["id"]])
                part["score_difference"].append(scores[two["id"]] - scores[one["id"]])
    return found


def test_figures_are_those_of_a_plain_loop(world: tuple[list[Row], list[Row]], facts: Facts) -> None:
    wanted = plain(world[0], said_of(*world))
    result = journeys.handovers(facts.workspace, facts=facts)
    found: dict[tuple[Any, ...], Estimate] = {(e.measure, *e.dimensions.values()): e for e in result.estimates}
    assert {key[1:] for key in found} == set(wanted)
    for pair, part in wanted.items():
        assert found["handovers", *pair].estimate == len(part["wait"])
        assert found["share_of_journeys", *pair].estimate == pytest.approx(len(set(part["journey"])) / 120)
        assert found["wait_median", *pair].estimate == pytest.approx(median(part["wait"]), abs=1e-6)
        for measure in ("returned", "visited_again", "unowned", "asked_again"):
            if part[measure] or measure != "asked_again":
                assert found[measure, *pair].estimate == pytest.approx(mean(part[measure])), measure
            else:
                assert (measure, *pair) not in found
        for measure in ("score_before", "score_after", "score_difference"):
            figure = found[measure, *pair]
            assert figure.estimate == pytest.approx(mean(part[measure])), (measure, pair)
            assert figure.n == len(part[measure])
            assert figure.n_missing == len(part["wait"]) - figure.n
    assert found["handovers", "shop", "care"].extra == {"from_owner": None, "to_owner": "Jefatura de servicio"}


def test_it_can_be_said_and_drawn(facts: Facts) -> None:
    result = journeys.handovers(facts.workspace, facts=facts)
    for locale in ("es", "en"):
        assert "%" in result.summary(locale)
        assert result.chart(locale)
    split = journeys.handovers(facts.workspace, by="quarter", facts=facts)
    assert split.dimensions == ("from", "to", "quarter")
    parts = [e.estimate or 0 for e in split.estimates if e.measure == "handovers"]
    whole = [e.estimate or 0 for e in result.estimates if e.measure == "handovers"]
    assert sum(parts) == sum(whole)
    with pytest.raises(ValueOutOfRange):
        journeys.handovers(facts.workspace, by="channel", facts=facts)


def test_small_groups_are_hidden(facts: Facts) -> None:
    workspace = replace(facts.workspace, min_cell=30, min_group=30)
    result = journeys.handovers(workspace, facts=replace(facts, workspace=workspace))
    hidden = [e for e in result.estimates if e.note == "withheld-small-cell"]
    assert hidden
    assert all(e.estimate is None and e.n == 0 for e in hidden)


def test_nothing_and_one_function(tmp_path: Path, duckdb: Engine) -> None:
    none = log_facts(tmp_path / "0", duckdb, [], touchpoints=PLACES, as_of=AS_OF, version="no handovers")
    empty = journeys.handovers(none.workspace, facts=none)
    assert empty.estimates == ()
    assert empty.summary("es")
    assert empty.chart() is None
    rows = [{"at": BEGIN + timedelta(hours=k), "customer": 1, "touchpoint": "call", "journey": "a"} for k in range(3)]
    alone = log_facts(tmp_path / "1", duckdb, rows, touchpoints=PLACES, as_of=AS_OF, version="one function")
    assert journeys.handovers(alone.workspace, facts=alone).estimates == ()
