"""Coherence: planted differences between channels whose customers differ, quiet worlds, and what is promised where."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from promesa import journeys
from promesa.errors import ValueOutOfRange
from promesa.journeys.comparing import Observations, comparisons
from promesa.measures import ask
from tests.journeys.logs import Row, log_facts

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.results import Estimate
    from promesa.store import Facts

PLACES = {"buy": ("during", "shop"), "deliver": ("after", "van")}
MORE = """
[traits.region]
[concepts.moment]
kind = "mean"
scale = [0, 10]
link = "none"
[promises.arrives]
owner = "van"
touchpoint = "deliver"
kept = "delivered <= promised"
"""
BEGIN, AS_OF = datetime(2020, 1, 1), datetime(2021, 1, 1)
CHANNELS = ("app", "phone", "web")
EFFECTS = {"app": 0.0, "phone": -1.5, "web": 0.0}


def company(seed: int, *, customers: int) -> tuple[list[Row], dict[str, list[Row]]]:
    """Return a company in which the phone is worse, and the south, which calls more, scores lower everywhere."""
    rng = np.random.default_rng(seed)
    moments: list[Row] = []
    tables: dict[str, list[Row]] = {"opinions": [], "profiles": [], "orders": []}
    for customer in range(customers):
        south = rng.random() < 0.5
        tables["profiles"].append({"customer": customer, "at": BEGIN, "region": "south" if south else "north"})
        level = rng.normal(7, 1) - 2 * south
        for order in range(2):
            channel = str(rng.choice(CHANNELS, p=(0.2, 0.6, 0.2) if south else (0.4, 0.1, 0.5)))
            at = BEGIN + timedelta(days=int(rng.integers(0, 300)), hours=order)
            journey = f"{customer} {order}"
            moments.append(
                {"customer": customer, "journey": journey, "touchpoint": "buy", "channel": channel, "at": at}
            )
            tables["orders"].append(
                {"customer": customer, "journey": journey, "channel": channel, "at": at, "revenue": 1}
            )
            score = level + EFFECTS[channel] + rng.normal(0, 1)
            about = {"customer": customer, "journey": journey, "touchpoint": "buy", "at": at + timedelta(minutes=1)}
            tables["opinions"].append({**about, "concept": "moment", "score": float(np.clip(score, 0, 10))})
            days, needed = (3 if channel == "app" else 6), float(rng.normal(4, 1))
            moments.append({
                "customer": customer, "journey": journey, "touchpoint": "deliver", "channel": "home",
                "supplier": str(rng.choice(("fast", "slow"))), "promised_at": at, "at": at + timedelta(days=needed),
                "promised": at + timedelta(days=days), "delivered": at + timedelta(days=needed),
            })  # fmt: skip
    return moments, tables


@pytest.fixture(scope="module")
def facts(duckdb: Engine, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    moments, tables = company(1, customers=400)
    return log_facts(
        tmp_path_factory.mktemp("coherence"), duckdb, moments, touchpoints=PLACES, as_of=AS_OF, more=MORE,
        tables=tables, version="coherence",
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(facts: Facts) -> journeys.Coherence:
    return journeys.coherence(facts.workspace, facts=facts)


def of(found: journeys.Coherence, measure: str, measured: str, by: str, group: str | None = None) -> Estimate:
    return next(
        e
        for e in found.estimates
        if (e.measure, e.extra["measured"], e.dimensions["by"]) == (measure, measured, by)
        and (group is None or e.dimensions["group"] == group)
    )


def test_the_planted_difference_is_found_beside_who_calls(found: journeys.Coherence) -> None:
    widest = of(found, "widest_difference", "score", "channel")
    assert widest.extra["found"]
    assert widest.extra["against"] == "phone"
    assert widest.lower is not None
    assert widest.upper is not None
    assert widest.lower < 1.5 < widest.upper
    phone = of(found, "difference_observed", "score", "channel", "phone")
    assert phone.lower is not None
    assert phone.upper is not None
    share = phone.n / 800
    assert phone.lower < -1.5 * (1 - share) < phone.upper
    assert of(found, "difference", "score", "channel", "phone").evidence == "associated"


def test_what_is_alike_stays_quiet(found: journeys.Coherence) -> None:
    for measured, by in (("score", "quarter"), ("wait", "supplier"), ("kept", "supplier")):
        assert not of(found, "widest_difference", measured, by).extra["found"]
    assert of(found, "between_share", "score", "quarter").estimate == pytest.approx(0, abs=0.02)


def test_the_same_promise_is_stated_differently(found: journeys.Coherence) -> None:
    app, web = (of(found, "stated_median", "stated", "channel", name) for name in ("app", "web"))
    assert (app.estimate, web.estimate) == (3, 6)
    assert of(found, "stated_less", "stated", "channel", "app").estimate == 1
    assert of(found, "stated_less", "stated", "channel", "web").estimate == 0
    for locale in ("es", "en"):
        assert "app" in found.summary(locale)
        assert found.chart(locale)


@pytest.mark.parametrize(("locale", "told"), [("es", "3,0 pp"), ("en", "3.0 pp")])
def test_a_difference_between_kept_rates_is_in_percentage_points(
    found: journeys.Coherence, locale: str, told: str
) -> None:
    kept = of(found, "widest_difference", "kept", "supplier")
    surest = replace(kept, estimate=0.03, lower=0.01, upper=0.05, extra={**kept.extra, "found": True, "p_value": 0.0})
    beside = [e for e in found.estimates if e.measure == "difference" and e.extra["measured"] == "kept"]
    answer = replace(found, estimates=(surest, *beside))
    assert told in answer.summary(locale).replace("\xa0", " ")
    assert "3.0 %" not in answer.summary(locale).replace(",", ".")
    drawn = answer.chart(locale)
    assert drawn
    assert "%" not in str(drawn)


def test_other_questions(facts: Facts) -> None:
    one = journeys.coherence(facts.workspace, by="supplier", facts=facts)
    assert {e.dimensions["by"] for e in one.estimates} == {"supplier"}
    with pytest.raises(ValueOutOfRange):
        journeys.coherence(facts.workspace, by="region", facts=facts)


def test_nothing(tmp_path: Path, duckdb: Engine) -> None:
    none = log_facts(tmp_path, duckdb, [], touchpoints=PLACES, as_of=AS_OF, more=MORE, version="incoherent")
    found = journeys.coherence(none.workspace, by="supplier", facts=none)
    assert found.estimates == ()
    assert found.summary("es")
    assert found.chart() is None


def observations(seed: int, *, effect: float, customers: int = 150) -> Observations:
    """Return scores of channels of which one is worse by `effect`, among customers of two regions."""
    rng = np.random.default_rng(seed)
    owners = np.repeat(np.arange(customers), 3)
    south = (rng.random(customers) < 0.5)[owners]
    channel = np.where(south, rng.choice(CHANNELS, len(owners), p=(0.2, 0.6, 0.2)), rng.choice(CHANNELS, len(owners)))
    values = (
        rng.normal(7, 1, customers)[owners] - 2 * south + effect * (channel == "phone") + rng.normal(size=len(owners))
    )
    return Observations(
        what=np.full(len(owners), "score", dtype=object),
        values=values,
        customers=owners,
        dimensions={
            "touchpoint": np.full(len(owners), "buy", dtype=object),
            "channel": channel.astype(object),
            "region": np.where(south, "south", "north").astype(object),
        },
        share=1.0,
    )


def test_differences_are_those_of_plain_least_squares(facts: Facts) -> None:
    seen = observations(1, effect=-1.0)
    (one,) = comparisons(ask(facts.workspace, facts=facts), seen, units=("channel",), beside=("region",))
    named = seen.dimensions["channel"]
    design = np.column_stack(
        [*(named == name for name in one.units), seen.dimensions["region"] == "south"]
    ).astype(float)  # fmt: skip
    fitted = np.linalg.lstsq(design, seen.values, rcond=None)[0][:3]
    weights = np.array([(named == name).mean() for name in one.units])
    assert one.found.differences == pytest.approx(fitted - weights @ fitted)
    assert one.n == tuple(int((named == name).sum()) for name in one.units)


def test_a_unit_that_is_one_kind_of_customer_is_left_out(facts: Facts) -> None:
    seen = observations(2, effect=0.0)
    only = np.where(seen.dimensions["region"] == "south", "a carrier of the south", seen.dimensions["channel"])
    seen.dimensions["channel"] = only.astype(object)
    (one,) = comparisons(ask(facts.workspace, facts=facts), seen, units=("channel",), beside=("region",))
    assert set(one.units) == set(CHANNELS)
    assert one.n_missing == int((only == "a carrier of the south").sum())


def test_small_units_are_left_out(facts: Facts) -> None:
    workspace = replace(facts.workspace, min_group=130)
    question = ask(workspace, facts=replace(facts, workspace=workspace))
    seen = observations(3, effect=0.0)
    (one,) = comparisons(question, seen, units=("channel",), beside=("region",))
    assert all(n >= 130 for n in one.n)
    assert one.n_missing == len(seen.values) - sum(one.n)


@pytest.mark.slow
def test_coverage_over_many_seeds(facts: Facts) -> None:
    question = ask(facts.workspace, facts=facts)
    hits, widest, quiet, seeds = 0, 0, 0, range(1000)
    for seed in seeds:
        (one,) = comparisons(question, observations(seed, effect=-0.4), units=("channel",), beside=("region",))
        k = one.units.index("phone")
        truth = -0.4 * (1 - one.n[k] / sum(one.n))
        hits += one.found.lower[k] <= truth <= one.found.upper[k]
        pair = -0.4 * ((one.units[one.found.widest.high] == "phone") - (one.units[one.found.widest.low] == "phone"))
        widest += one.found.widest.lower <= pair <= one.found.widest.upper
        (none,) = comparisons(question, observations(seed, effect=0.0), units=("channel",), beside=("region",))
        quiet += none.found.p_value >= 0.05
    assert 0.93 < hits / len(seeds) < 0.97
    assert widest / len(seeds) > 0.93
    assert 0.93 < quiet / len(seeds) < 0.97


def test_branches_are_compared(tmp_path: Path, duckdb: Engine) -> None:
    moments, tables = company(3, customers=250)
    slow = timedelta(hours=12)
    for row in moments:
        row["branch"] = None
        if row["touchpoint"] == "deliver":
            row["branch"] = "south" if row["journey"].endswith("1") else "north"
            if row["branch"] == "south":
                row["at"], row["delivered"] = row["at"] + slow, row["delivered"] + slow
    facts = log_facts(
        tmp_path, duckdb, moments, touchpoints=PLACES, as_of=AS_OF, more=MORE, tables=tables, version="branches"
    )
    found = journeys.coherence(facts.workspace, by="branch", facts=facts)
    assert {e.dimensions["touchpoint"] for e in found.estimates} == {"deliver"}
    row = next(e for e in found.estimates if e.measure == "widest_difference" and e.extra["measured"] == "wait")
    assert row.dimensions["group"] == "south"
    assert row.extra["found"]
    assert row.lower is not None
    assert row.upper is not None
    assert row.lower <= slow / timedelta(hours=1) <= row.upper
    assert "sucursal" in found.summary("es")
