"""Journeys against the declared path, and what they lead to: plain loops, a planted truth, edges."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa import journeys
from promesa.journeys import steps_of
from promesa.journeys.outcomes import endings_of
from promesa.journeys.weeks import turns
from promesa.measures import ask
from promesa.workspace import open_workspace
from tests.journeys.logs import SETTINGS, Row, log_facts
from tests.worlds import facts_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.results import Result
    from promesa.store import Facts

PLACES = {
    "browse": ("before", "shop"),
    "buy": ("during", "shop"),
    "pay": ("during", "shop"),
    "deliver": ("after", "logistics"),
    "call": ("after", "care"),
}
STAGES = ("before", "during", "after")
EXPECTED = ("buy", "pay", "deliver")
OPTIONAL = ("browse",)
PASSAGES = {"pay": ("deliver", "call"), "deliver": ("deliver",)}
BEGIN = datetime(2020, 1, 1)
AS_OF = datetime(2021, 1, 1)
MODEL = """
[functions.shop]
[functions.logistics]
[functions.care]

[touchpoints.browse]
stage = "before"
function = "shop"
[touchpoints.buy]
stage = "during"
function = "shop"
[touchpoints.pay]
stage = "during"
function = "shop"
[touchpoints.deliver]
stage = "after"
function = "logistics"
[touchpoints.call]
stage = "after"
function = "care"

[concepts.nps]
kind = "nps"
scale = [0, 10]
link = "loyalty"
[concepts.csat]
kind = "mean"
scale = [1, 5]
link = "satisfaction"

[outcomes]
return_within_days = 60
[outcomes.complains]
kind = "complaint"
touchpoints = ["call"]

[journeys]
expected = ["buy", "pay", "deliver"]
"""


def random_journeys(seed: int, *, customers: int = 25) -> list[Row]:
    """Return journeys whose touchpoints come in any order, and loose moments that no check may count."""
    random = Random(seed)
    rows: list[Row] = []
    for customer in range(customers):
        for number in range(random.randrange(1, 5)):
            start = BEGIN + timedelta(days=random.randrange(250), hours=customer)
            for place in range(random.randrange(1, 6)):
                at, name = start + timedelta(days=place), random.choice(list(PLACES))
                rows.append({"at": at, "customer": customer, "touchpoint": name, "journey": f"{customer}-{number}"})
        if random.random() < 0.3:
            rows.append({"at": BEGIN + timedelta(days=260), "customer": customer, "touchpoint": "browse"})
    return rows


def ways_of(rows: list[Row]) -> dict[str, list[Row]]:
    """Return the moments of each named journey in order."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row.get("journey"):
            found.setdefault(row["journey"], []).append(row)
    places = list(PLACES)
    return {
        name: sorted(way, key=lambda row: (row["at"], places.index(row["touchpoint"]))) for name, way in found.items()
    }


def deviations_of(way: list[str]) -> set[tuple[str, str, str | None]]:
    """Return what a way deviates in, by loops."""
    found: set[tuple[str, str, str | None]] = {
        ("unexpected", one, two)
        for one, two in itertools.pairwise(way)
        if one in PASSAGES and two not in PASSAGES[one]
    }  # fmt: skip
    stage = [STAGES.index(PLACES[name][0]) for name in way]
    for place, name in enumerate(way):
        before = range(place)
        later_stage = any(stage[k] > stage[place] for k in before)
        spots = [EXPECTED.index(way[k]) for k in before if way[k] in EXPECTED]
        later_spot = name in EXPECTED and any(spot > EXPECTED.index(name) for spot in spots)
        if later_stage or later_spot:
            found.add(("out_of_order", name, None))
        if name not in EXPECTED and name not in OPTIONAL:
            found.add(("unexpected", name, None))
    for spot, name in enumerate(EXPECTED):
        further = any(one in EXPECTED and EXPECTED.index(one) > spot for one in way)
        if name not in way and (further or max(stage) > STAGES.index(PLACES[name][0])):
            found.add(("skipped", name, None))
    return found


def estimate(result: Result, measure: str, **where: str | None) -> Any:
    found = result.find(measure, **where)
    assert found is not None, (measure, where)
    return found.estimate


def told_in(result: Result) -> set[tuple[str | None, ...]]:
    """Return the deviations that are told."""
    return {tuple(e.dimensions.values()) for e in result.estimates if e.measure == "deviating"}


def test_deviations_are_those_of_plain_loops(tmp_path: Path, duckdb: Engine) -> None:
    rows = random_journeys(4)
    listed = ", ".join(f"{start} = {list(ends)}" for start, ends in PASSAGES.items())
    settings = f"expected = {list(EXPECTED)}\noptional = {list(OPTIONAL)}\npassages = {{ {listed} }}".replace("'", '"')
    facts = log_facts(tmp_path, duckdb, rows, touchpoints=PLACES, as_of=AS_OF, settings=settings, version="deviant")
    result = journeys.conformance(facts.workspace, facts=facts)
    plain = [deviations_of([row["touchpoint"] for row in way]) for way in ways_of(rows).values()]
    assert estimate(result, "conforming", deviation=None) == pytest.approx(sum(not one for one in plain) / len(plain))
    for deviation, name, after in set.union(*plain):
        share = sum((deviation, name, after) in one for one in plain) / len(plain)
        assert estimate(result, "deviating", deviation=deviation, touchpoint=name, next=after) == pytest.approx(share)
    assert told_in(result) == set.union(*plain)
    assert {kind for kind, *_ in told_in(result)} == {"skipped", "out_of_order", "unexpected"}
    monthly = journeys.conformance(facts.workspace, facts=facts, by="month")
    assert {e.measure for e in monthly.estimates} == {"conforming", "deviating"}


def test_without_a_list_only_stages_are_checked(tmp_path: Path, duckdb: Engine) -> None:
    rows = [
        {"at": BEGIN + timedelta(days=day), "customer": 1, "touchpoint": name, "journey": "a"}
        for day, name in enumerate(("pay", "buy", "deliver", "browse"))
    ]
    facts = log_facts(tmp_path, duckdb, rows, touchpoints=PLACES, as_of=AS_OF, version="stages")
    result = journeys.conformance(facts.workspace, facts=facts)
    found = {
        (e.dimensions["deviation"], e.dimensions["touchpoint"]) for e in result.estimates if e.measure == "deviating"
    }
    assert found == {("out_of_order", "browse")}


def company(folder: Path, engine: Engine, seed: int, *, customers: int = 150, hurt: float = 0.4) -> Facts:
    """Return a company in which a call makes leaving likelier by `hurt`; a skipped payment lowers the score by 1."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "promesa.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "model.toml").write_text(MODEL, encoding="utf-8")
    random = np.random.default_rng(seed)
    moments: list[Row] = []
    orders: list[Row] = []
    opinions: list[Row] = []
    for customer in range(customers):
        day, number = random.uniform(0, 60), 0
        while day < 290:
            journey = f"{customer}-{number}"
            skips, calls = random.random() < 0.3, random.random() < 0.3
            way = ["browse", "buy", *([] if skips else ["pay"]), "deliver", *(["call"] if calls else [])]
            for place, name in enumerate(way):
                at = BEGIN + timedelta(days=day + place)
                moments.append({"at": at, "customer": customer, "touchpoint": name, "journey": journey})
            orders.append({
                "at": BEGIN + timedelta(days=day + 1), "customer": customer, "journey": journey, "revenue": 10,
            })  # fmt: skip
            said = {"customer": customer, "journey": journey, "at": BEGIN + timedelta(days=day + 8)}
            opinions.append({**said, "concept": "csat", "score": 4.0 - skips + random.normal(0, 0.3)})
            opinions.append({**said, "concept": "nps", "score": 10.0 if random.random() < 0.5 else 5.0})
            opinions.append({**said, "concept": "of nobody's model", "score": 3.0})
            if random.random() < 0.2 + hurt * calls:
                break
            day, number = day + random.uniform(20, 50), number + 1
    tables = {"moments": moments, "orders": orders, "opinions": opinions}
    return facts_of(
        open_workspace(folder), tables, folder=folder, as_of=AS_OF, engine=engine, version=f"ends {seed} {hurt}"
    )


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, duckdb: Engine) -> Facts:
    return company(tmp_path_factory.mktemp("ends"), duckdb, 5)


@pytest.fixture(scope="module")
def ended(planted: Facts) -> Result:
    """Return what is said of the planted company's endings."""
    return journeys.endings(planted.workspace, facts=planted)


def test_what_was_planted_is_found_and_nothing_else(planted: Facts, ended: Result) -> None:
    result = ended
    left = result.find("rate_difference", ending="left", touchpoint="call", next=None)
    assert left is not None
    assert left.extra["found"]
    assert left.lower is not None
    assert left.upper is not None
    assert left.lower <= 0.4 <= left.upper
    assert left.evidence == "associated"
    to_call = estimate(result, "rate_with", ending="complained", touchpoint="deliver", next=None)
    assert 0.2 < to_call < 0.4
    for one in result.estimates:
        if one.measure == "rate_difference" and one.dimensions["ending"] == "promotes":
            assert not one.extra["found"], one
    score = journeys.conformance(planted.workspace, facts=planted).find("score_difference", deviation="skipped")
    assert score is not None
    assert score.lower is not None
    assert score.upper is not None
    assert score.lower <= -1.0 <= score.upper < -0.8


def test_who_only_looked_does_not_count_for_having_complained(tmp_path: Path, duckdb: Engine) -> None:
    """A question without a purchase came to nothing but the complaint; who looked and did not call would not count."""
    (tmp_path / "promesa.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "model.toml").write_text(MODEL, encoding="utf-8")
    ways = [(("browse", "buy", "deliver"), 80), (("browse", "buy", "deliver", "call"), 20)]
    ways += [(("browse", "call"), 40), (("browse",), 200)]
    each = [way for way, times in ways for _ in range(times)]
    moments = [
        {"at": BEGIN + timedelta(days=day), "customer": number, "touchpoint": name, "journey": f"j{number}"}
        for number, way in enumerate(each)
        for day, name in enumerate(way)
    ]
    facts = facts_of(
        open_workspace(tmp_path), {"moments": moments}, folder=tmp_path, as_of=AS_OF, engine=duckdb, version="looked"
    )
    result = journeys.endings(facts.workspace, facts=facts)
    assert estimate(result, "rate", ending="complained") == pytest.approx(20 / 100)
    assert estimate(result, "rate_with", ending="complained", touchpoint="browse", next=None) == 0


def test_scores_of_concepts_that_nobody_declared_are_no_series(planted: Facts) -> None:
    found = turns(steps_of(ask(planted.workspace, facts=planted)))
    kinds = {(one.series.kind, one.series.other) for one in found}
    assert {("score", "csat"), ("score", "nps"), ("volume", None)} <= kinds
    assert {concept for _, concept in kinds} == {None, "csat", "nps"}


def plain_rates(facts: Facts, name: str) -> dict[tuple[str, str | None], tuple[float, float]]:
    """Return the share with and without of each thing held, from the units one by one."""
    ending = next(one for one in endings_of(steps_of(ask(facts.workspace, facts=facts))) if one.name == name)
    values = {row["unit_"]: row["value"] for row in facts.engine.fetch(ending.units).to_pylist()}
    holders: dict[tuple[str, str | None], set[str]] = {}
    for row in facts.engine.fetch(ending.held).to_pylist():
        if row["unit_"] in values:
            holders.setdefault((row["touchpoint"], row["next"]), set()).add(row["unit_"])
    rest = {thing: values.keys() - held for thing, held in holders.items()}
    return {
        thing: tuple(float(np.mean([values[unit] for unit in side])) for side in (held, rest[thing]))  # type: ignore[misc]
        for thing, held in holders.items()
        if rest[thing]
    }


@pytest.mark.parametrize("name", ["left", "complained", "promotes"])
def test_rates_are_those_of_plain_loops(planted: Facts, ended: Result, name: str) -> None:
    result = ended
    plain = plain_rates(planted, name)
    told = [e for e in result.estimates if e.measure == "rate_difference" and e.dimensions["ending"] == name]
    assert told
    for one in told:
        held = plain[str(one.dimensions["touchpoint"]), one.dimensions["next"]]
        assert estimate(result, "rate_with", **one.dimensions) == pytest.approx(held[0])
        assert estimate(result, "rate_without", **one.dimensions) == pytest.approx(held[1])


def test_who_left_and_who_called_next_by_loops(planted: Facts, ended: Result) -> None:
    engine = planted.engine
    moments = engine.fetch(planted.table("moments")).to_pylist()
    orders = engine.fetch(planted.table("orders")).to_pylist()
    left: list[float] = []
    steps: list[tuple[str, float]] = []
    for way in ways_of(moments).values():
        end, customer = way[-1]["at"], way[-1]["customer"]
        if end + timedelta(days=60) <= AS_OF:
            left.append(
                not any(o["customer"] == customer and end < o["at"] <= end + timedelta(days=60) for o in orders)
            )
        names = [row["touchpoint"] for row in way]
        for one, two in itertools.zip_longest(names, names[1:]):
            if one == "call" or (two is None and end > AS_OF - timedelta(days=30)):
                break
            steps.append((one, two == "call"))
    result = ended
    assert estimate(result, "rate", ending="left") == pytest.approx(np.mean(left))
    after_delivery = np.mean([value for name, value in steps if name == "deliver"])
    assert estimate(result, "rate_with", ending="complained", touchpoint="deliver", next=None) == pytest.approx(
        after_delivery
    )


@pytest.mark.slow
def test_differences_are_covered_and_quiet_worlds_stay_quiet(tmp_path: Path, duckdb: Engine) -> None:
    worlds, covered, loud = 80, 0, 0
    for seed in range(worlds):
        facts = company(tmp_path / f"a{seed}", duckdb, 100 + seed, customers=120)
        one = journeys.endings(facts.workspace, facts=facts).find("rate_difference", ending="left", touchpoint="call")
        assert one is not None
        assert one.lower is not None
        assert one.upper is not None
        covered += one.lower <= 0.4 <= one.upper
        quiet = company(tmp_path / f"b{seed}", duckdb, 300 + seed, customers=120, hurt=0.0)
        result = journeys.endings(quiet.workspace, facts=quiet)
        loud += any(
            e.extra["found"]
            for e in result.estimates
            if e.measure == "rate_difference" and e.dimensions["ending"] in {"left", "promotes"}
        )
    assert covered >= 0.95 * worlds - 2 * (0.05 * 0.95 * worlds) ** 0.5
    assert loud <= 0.05 * worlds + 2 * (0.05 * 0.95 * worlds) ** 0.5


def test_the_funnel_counts_what_goes_on(tmp_path: Path, duckdb: Engine) -> None:
    ways = [["browse"], ["browse", "buy"], ["browse", "pay", "deliver"], ["buy", "deliver"]]
    rows = [
        {"at": BEGIN + timedelta(days=day), "customer": number, "touchpoint": name, "journey": f"{number}"}
        for number, way in enumerate(ways)
        for day, name in enumerate(way)
    ]
    facts = log_facts(tmp_path, duckdb, rows, touchpoints=PLACES, as_of=AS_OF, version="funnel")
    result = journeys.journeys(facts.workspace, facts=facts)
    assert estimate(result, "goes_on", stage="during") == pytest.approx(2 / 3)
    assert estimate(result, "goes_on", stage="after") == pytest.approx(1 / 3)
    monthly = journeys.journeys(facts.workspace, facts=facts, by="month")
    assert estimate(monthly, "goes_on", stage="after", month="2020-01") == pytest.approx(1 / 3)


def test_nothing_and_one_journey(tmp_path: Path, duckdb: Engine) -> None:
    for number, rows in enumerate(([], [{"at": BEGIN, "customer": 1, "touchpoint": "buy", "journey": "a"}])):
        facts = log_facts(
            tmp_path / f"{number}", duckdb, rows, touchpoints=PLACES, as_of=AS_OF, version=f"few {number}"
        )
        for analysis in (journeys.conformance, journeys.endings):
            result = analysis(facts.workspace, facts=facts)
            assert result.summary("es") != result.summary("en")
            assert all(e.measure in {"conforming", "rate"} for e in result.estimates)


def test_contracts_end_at_a_touchpoint(tmp_path: Path, duckdb: Engine) -> None:
    rows = [
        {"at": BEGIN + timedelta(days=day), "customer": number, "touchpoint": name, "journey": f"{number}"}
        for number in range(10)
        for day, name in enumerate(["buy", "pay", *(["call"] if number < 4 else [])])
    ]
    facts = log_facts(
        tmp_path,
        duckdb,
        rows,
        touchpoints=PLACES,
        as_of=AS_OF,
        settings='\n[leaving]\nleaves_at = ["call"]',
        version="c",
    )
    result = journeys.endings(facts.workspace, facts=facts)
    assert estimate(result, "rate", ending="left") == pytest.approx(0.4)
    assert estimate(result, "rate_with", ending="left", touchpoint="pay", next=None) == pytest.approx(0.4)
    assert estimate(result, "rate_without", ending="left", touchpoint="pay", next=None) == 0.0
