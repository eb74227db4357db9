"""Memory of journeys: what stands behind it beside a plain loop, a planted truth, and where there is no answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa import journeys
from promesa.journeys import steps_of, supposing
from promesa.journeys.assembling import JOURNEY
from promesa.journeys.recalling import recalled
from promesa.measures import ask, of_share
from promesa.stats import WEIGHED, score_summaries
from tests.journeys.logs import Row, log_facts

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts

PLACES = {
    "browse": ("before", "shop"),
    "buy": ("during", "shop"),
    "deliver": ("after", "van"),
    "call": ("after", "care"),
}
MORE = """
[concepts.moment]
kind = "mean"
scale = [0, 10]
link = "none"
[concepts.recuerdo]
kind = "mean"
scale = [0, 10]
link = "memory"
"""
BEGIN, AS_OF = datetime(2020, 1, 1), datetime(2022, 1, 1)
WEIGHTS = np.array([0.40, 0.05, 0.35, 0.10])  # of worst, best, end, mean


def company(seed: int, *, customers: int) -> tuple[list[Row], list[Row], list[Row]]:
    """Return moments, opinions and orders of customers who remember the worst and the end, and return by it."""
    rng = np.random.default_rng(seed)
    moments: list[Row] = []
    opinions: list[Row] = []
    orders: list[Row] = []
    for customer in range(customers):
        for order in range(2):
            at, journey = BEGIN + timedelta(days=250 * order), f"{customer} {order}"
            orders.append({"customer": customer, "at": at, "journey": journey, "revenue": 10})
            scores: list[float] = []
            for place in rng.permutation(list(PLACES))[: rng.integers(1, 5)]:
                at += timedelta(hours=1)
                row = {"customer": customer, "journey": journey, "touchpoint": str(place), "at": at}
                moments.append({**row, "channel": "web", "source": "s", "id": f"{len(moments):06d}"})
                score = float(np.clip(np.round(rng.normal(6.5, 2.2) - (place == "call")), 0, 10))
                scores.append(score)
                opinions.append({**row, "concept": "moment", "score": score})
            summed = score_summaries(scores, [0])
            told = 0.5 + sum(w * float(summed[name][0]) for w, name in zip(WEIGHTS, WEIGHED, strict=True))
            told = float(np.clip(told + rng.normal(0, 0.8), 0, 10))
            about = {"customer": customer, "journey": journey, "concept": "recuerdo", "at": at + timedelta(days=45)}
            opinions.append({**about, "score": told if rng.random() < 0.8 else None})
            if rng.random() < 1 / (1 + np.exp(5 - told)):
                orders.append({"customer": customer, "at": at + timedelta(days=30), "journey": f"{journey} again",
                               "revenue": 10})  # fmt: skip
    return moments, opinions, orders


def facts_of(folder: Path, engine: Engine, rows: tuple[list[Row], list[Row], list[Row]], *, version: str) -> Facts:
    moments, opinions, orders = rows
    return log_facts(
        folder, engine, moments, touchpoints=PLACES, as_of=AS_OF, more=MORE, version=version,
        tables={"opinions": opinions, "orders": orders},
    )  # fmt: skip


@pytest.fixture(scope="module")
def rows() -> tuple[list[Row], list[Row], list[Row]]:
    return company(1, customers=600)


@pytest.fixture(scope="module")
def facts(rows: Any, duckdb: Engine, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return facts_of(tmp_path_factory.mktemp("memory"), duckdb, rows, version="memory")


def test_what_stands_behind_it_is_what_a_plain_loop_finds(rows: Any, facts: Facts) -> None:
    moments, opinions, orders = rows
    told, returned = recalled(steps_of(ask(facts.workspace, facts=facts)))
    scores: dict[str, list[float]] = {}
    remembered: dict[str, float] = {}
    for one in opinions:
        if one["concept"] == "moment":
            scores.setdefault(one["journey"], []).append(one["score"])
        elif one["score"] is not None:
            remembered[one["journey"]] = one["score"]
    several = sorted(journey for journey, found in scores.items() if len(found) > 1)
    wanted = [journey for journey in several if journey in remembered]
    assert told.outcome == pytest.approx([remembered[journey] for journey in wanted])
    assert told.scores == pytest.approx([score for journey in wanted for score in scores[journey]])
    assert told.n_missing == sum(len(scores[journey]) == 1 for journey in remembered)
    ends = {row["journey"]: row["at"] for row in moments}
    again = [
        float(
            any(
                order["customer"] == int(journey.split()[0])
                and order["journey"] != journey
                and ends[journey] < order["at"] <= ends[journey] + timedelta(days=90)
                for order in orders
            )
        )
        for journey in several
    ]
    assert returned.outcome.tolist() == again


@pytest.fixture(scope="module")
def found(facts: Facts) -> journeys.Memory:
    return journeys.memory(facts.workspace, facts=facts)


def test_the_planted_weights_are_found(found: journeys.Memory) -> None:
    for weight, name in zip(WEIGHTS, WEIGHED, strict=True):
        row = found.find("weight", outcome="remembered", summary=name)
        assert row is not None
        assert row.lower is not None
        assert row.upper is not None
        assert row.lower <= weight <= row.upper
        assert row.evidence == "associated"
    more = found.find("foretold_more", outcome="remembered", summary="worst_and_end")
    assert more is not None
    assert more.lower is not None
    assert more.lower > 0
    worst = [e for e in found.estimates if e.measure == "worst_share" and e.dimensions["outcome"] == "remembered"]
    assert max(worst, key=lambda e: e.estimate or 0).dimensions["touchpoint"] == "call"
    change = found.find("change_by_point", outcome="remembered", touchpoint="call")
    assert change is not None
    assert 0 < (change.estimate or 0) < 0.5
    for locale in ("es", "en"):
        assert "90" not in found.summary(locale)[:3]
        first = found.summary(locale).split(". ")[0]
        assert "\u00a0pp" in first or " pp" in first, "a difference of shares is in percentage points"
        assert "%" not in first
        assert found.chart(locale)


def test_who_returns_is_told(found: journeys.Memory) -> None:
    both = found.find("foretold", outcome="return", summary="worst_and_end")
    assert both is not None
    assert both.lower is not None
    assert both.lower > 0.5
    assert both.extra == {"concept": None, "within_days": 90}


def test_few_journeys_give_no_answer(tmp_path: Path, duckdb: Engine) -> None:
    few = facts_of(tmp_path, duckdb, company(2, customers=20), version="memory of few")
    found = journeys.memory(few.workspace, facts=few)
    assert {e.measure for e in found.estimates} == {"journeys_asked"}
    assert found.summary("es")
    assert found.chart() is None


def test_nothing_asked_and_nothing_remembered(rows: Any, tmp_path: Path, duckdb: Engine) -> None:
    moments, opinions, orders = rows
    del opinions, orders
    none = log_facts(
        tmp_path, duckdb, moments[:40], touchpoints=PLACES, as_of=AS_OF, version="unremembered",
        more=MORE[: MORE.index("[concepts.recuerdo]")],
    )  # fmt: skip
    found = journeys.memory(none.workspace, facts=none)
    asked = found.find("journeys_asked", outcome="remembered")
    assert asked is not None
    assert asked.estimate == 0


def test_where_every_moment_was_asked_about_nothing_is_supposed(found: journeys.Memory) -> None:
    assert not [e for e in found.estimates if "supposed" in e.measure or e.measure == "score_explained"]


def test_of_drawn_customers_the_same_is_known_as_among_all(tmp_path: Path, duckdb: Engine) -> None:
    """An answer about a journey that two share stays with the moment of the one who is not drawn."""
    moments, opinions, orders = company(2, customers=30)
    for who, customer in enumerate((3, 25)):
        row = {"customer": customer, "journey": "shared", "touchpoint": "call", "channel": "web", "source": "s"}
        moments.append({**row, "at": BEGIN + timedelta(days=600, hours=who), "id": f"shared {who}"})
    about = {"journey": "shared", "touchpoint": "call", "concept": "moment", "score": 1.0}
    opinions.append({**about, "customer": 3, "at": BEGIN + timedelta(days=601)})
    facts = facts_of(tmp_path, duckdb, (moments, opinions, orders), version="drawn")
    steps, share = steps_of(ask(facts.workspace, facts=facts)), 1e-5  # the customers below 10
    order = [JOURNEY, "place_"]
    whole = duckdb.fetch(of_share(supposing._with_scores(steps, steps.table, 1.0), share)).sort_by(
        [(name, "ascending") for name in order]
    )
    drawn = duckdb.fetch(supposing._with_scores(steps, of_share(steps.table, share), share)).sort_by(
        [(name, "ascending") for name in order]
    )
    assert set(drawn["customer"].to_pylist()) == set(range(10))
    assert drawn.equals(whole)
    [mine] = [row for row in drawn.to_pylist() if row[JOURNEY] == "shared"]
    assert mine["score_"] is None


def test_moments_nobody_was_asked_about_are_supposed(rows: Any, tmp_path: Path, duckdb: Engine) -> None:
    """Half the answers are taken away: the worst of the rest is too good, that of all moments is found again."""
    moments, opinions, orders = rows
    random = np.random.default_rng(4)
    some = [one for one in opinions if one["concept"] != "moment" or random.random() < 0.5]
    facts = facts_of(tmp_path, duckdb, (moments, some, orders), version="asked by halves")
    found = journeys.memory(facts.workspace, facts=facts)
    scores: dict[str, list[float]] = {}
    for one in opinions:
        if one["concept"] == "moment":
            scores.setdefault(one["journey"], []).append(one["score"])
    told = {one["journey"] for one in opinions if one["concept"] == "recuerdo" and one["score"] is not None}
    several = {journey for journey in told if len(scores[journey]) > 1}
    truth = np.mean([min(scores[journey]) for journey in several])
    asked, supposed = (
        found.find(measure, outcome="remembered", summary="worst")
        for measure in ("journey_score", "journey_score_supposed")
    )
    assert asked is not None
    assert supposed is not None
    assert supposed.n == len(several)
    assert asked.lower is not None
    assert asked.lower > truth
    assert supposed.estimate == pytest.approx(truth, abs=0.15)
    share = found.find("supposed_share", outcome="remembered")
    assert share is not None
    assert share.estimate == pytest.approx(0.5, abs=0.05)
    assert share.n_missing == len(told) - len(several)
    more = found.find("foretold_more_supposed", outcome="remembered", summary="worst_and_end")
    assert more is not None
    assert more.lower is not None
    assert more.lower > 0
    explained = [e for e in found.estimates if e.measure == "score_explained"]
    assert {e.dimensions["touchpoint"] for e in explained} == set(PLACES)
    assert all(abs(e.estimate or 0) < 0.03 for e in explained)  # touchpoint and place in the journey say nothing here
