"""The minimum standard: against plain loops, with a group that is worse off, levels of tiers, and at the edges."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa.measures import declaration_of
from promesa.value import standard, tiers
from promesa.value.tier_rows import END
from tests.measures.companies import MODEL, Company, workspace_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.results import Estimate
    from promesa.store import Facts

AS_OF = datetime(2018, 11, 20, 15, 30)
MORE = """
[tiers.gold]
share = 0.1
[tiers.silver]
share = 0.3
[tiers.basic]
[standards.answered]
touchpoints = ["support"]
kept = "wait_minutes <= 5"
target = 0.9
tiers = { silver = "wait_minutes <= 2" }
[standards.in_the_day]
touchpoints = ["delivery"]
kept = "delivered <= promised"
"""
TIERS = ("gold", "silver", "basic")
REGIONS = ("north", "south", "east", "west")
Row = dict[str, Any]


def world(seed: int, *, people: int = 400, worse: float = 0.0, low: float = 0.94) -> dict[str, list[Row]]:
    """Return customers who call some times each; in the north the minimum is kept less often by `worse`."""
    random = np.random.default_rng(seed)
    moments: list[Row] = []
    profiles: list[Row] = []
    members: list[Row] = []
    for customer in range(people):
        region = REGIONS[int(random.integers(4))]
        tier = TIERS[int(random.choice(3, p=[0.1, 0.3, 0.6]))]
        born = date(2018, 11, 20) - timedelta(days=int(random.integers(18 * 365, 80 * 365)))
        profiles.append(
            {"at": datetime(2018, 1, 1), "customer": customer, "region": region,
             "birth_date": born if random.random() < 0.9 else None}
        )  # fmt: skip
        if tier != "basic" or random.random() < 0.5:
            members.append(
                {"customer": customer, "tier": tier, "since": datetime(2018, 11, 1), "until": datetime(9999, 12, 31),
                 "reason": "value"}
            )  # fmt: skip
        share = random.beta(low * 12, (1 - low) * 12) - (worse if region == "north" else 0.0)
        for _ in range(1 + int(random.poisson(1.5))):
            waited = random.uniform(0, 5) if random.random() < share else random.uniform(5.1, 20)
            moments.append(
                {"at": datetime(2018, 3, 1) + timedelta(days=int(random.integers(200))), "customer": customer,
                 "touchpoint": "support", "wait_minutes": waited if random.random() < 0.97 else None,
                 "channel": "phone" if random.random() < 0.5 else None}
            )  # fmt: skip
    return {"moments": moments, "profiles": profiles, "tiers": members}


def facts_of_world(folder: Path, engine: Engine, tables: dict[str, list[Row]], *, least: int = 30) -> Facts:
    workspace = workspace_of(folder, min_group=least, min_cell=5, model=MODEL + MORE)
    assert workspace.model.tiers is not None
    review = {"at": datetime(2018, 11, 1), "settings": declaration_of(workspace.model.tiers), "customers": 1.0}
    rows = {**tables, "tier_reviews": [review]} if "tiers" in tables else tables
    return Company(workspace=workspace, tables=rows, as_of=AS_OF).facts(folder, engine=engine)


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory, duckdb: Engine) -> tuple[Any, dict[str, list[Row]]]:
    """Return what is said of one world, and the world."""
    tables = world(5, worse=0.12)
    facts = facts_of_world(tmp_path_factory.mktemp("standard"), duckdb, tables)
    return standard(facts.workspace, facts=facts), tables


def find(answer: Any, measure: str, by: str | None, group: str | None, name: str = "answered") -> Estimate:
    found = [
        e for e in answer.estimates
        if e.measure == measure and e.dimensions["standard"] == name
        and (e.extra["by"], e.extra["group"]) == (by, group)
    ]  # fmt: skip
    assert len(found) == 1, (measure, by, group)
    return found[0]


def age_band(born: date | None) -> str | None:
    if born is None:
        return None
    years = 2018 - born.year - ((born.month, born.day) > (11, 20))
    below = (("<25", 25), ("25-34", 35), ("35-44", 45), ("45-54", 55), ("55-64", 65))
    return next((band for band, end in below if years < end), "65+")


def test_rates_are_those_of_plain_loops(answer: tuple[Any, dict[str, list[Row]]]) -> None:
    found, tables = answer
    region = {row["customer"]: row["region"] for row in tables["profiles"]}
    age = {row["customer"]: age_band(row["birth_date"]) for row in tables["profiles"]}
    tier = {row["customer"]: row["tier"] for row in tables["tiers"]}
    got: dict[tuple[str | None, str | None], list[float]] = defaultdict(list)
    level: dict[str, list[bool]] = defaultdict(list)
    for row in tables["moments"]:
        if row["wait_minutes"] is None:
            continue
        who, kept = row["customer"], float(row["wait_minutes"] <= 5)
        groups = {
            "region": region[who],
            "age_band": age[who],
            "tier": tier.get(who, "basic"),
            "channel": row["channel"],
        }
        for key in ((None, None), *groups.items()):
            got[key].append(kept)
        level[tier.get(who, "basic")].append(row["wait_minutes"] <= 2)
    assert find(found, "kept_rate", None, None).n_missing == sum(r["wait_minutes"] is None for r in tables["moments"])
    for (by, group), values in got.items():
        figure = find(found, "kept_rate", by, group)
        assert figure.n == len(values)
        assert figure.estimate == pytest.approx(np.mean(values))
        assert figure.lower < figure.estimate < figure.upper
    for name in REGIONS:
        rest = [v for (by, group), values in got.items() if by == "region" and group != name for v in values]
        difference = find(found, "kept_difference", "region", name)
        assert difference.estimate == pytest.approx(np.mean(got["region", name]) - np.mean(rest))
    for name in ("gold", "silver"):  # gold is entitled to what silver is
        assert find(found, "level_rate", "tier", name).estimate == pytest.approx(np.mean(level[name]))
        assert find(found, "not_given", "tier", name).estimate == len(level[name]) - sum(level[name])
    assert find(found, "beyond_rate", "tier", "silver").estimate == pytest.approx(np.mean(level["basic"]))
    assert find(found, "beyond", "tier", "silver").estimate == sum(level["basic"])
    assert find(found, "beyond_cost", "tier", "silver").estimate == pytest.approx(3.25 * sum(level["basic"]))


def test_the_group_that_is_worse_off_is_found_and_said(answer: tuple[Any, dict[str, list[Row]]]) -> None:
    found, _ = answer
    assert [e.extra["group"] for e in found.estimates if e.extra["worse"]] == ["north"]
    assert "north" in found.summary("en")
    assert "north" in found.summary("es")
    chart = found.chart("es")
    assert chart is not None
    assert any("gold" in str(cell) for cell in chart["data"]["values"])  # type: ignore[index]


def test_no_group_is_compared_with_nobody(answer: tuple[Any, dict[str, list[Row]]]) -> None:
    found, _ = answer
    compared = [(e.extra["by"], e.extra["group"]) for e in found.estimates if e.measure == "kept_difference"]
    assert {by for by, _ in compared} == {"region", "age_band", "tier"}  # segment is never stated
    assert None not in {group for _, group in compared}


def test_dimensions_give_rates_alone(tmp_path: Path, duckdb: Engine) -> None:
    facts = facts_of_world(tmp_path, duckdb, world(6, people=120), least=1)
    found = standard(facts.workspace, by="tier,region", facts=facts)
    assert found.dimensions == ("standard", "tier", "region")
    assert {e.measure for e in found.estimates} == {"kept_rate"}
    assert found.summary("es") != found.summary("en")


def test_nothing_declared_loaded_or_reviewed_is_said(tmp_path: Path, duckdb: Engine) -> None:
    facts = facts_of_world(tmp_path, duckdb, {"moments": [{"customer": 1, "touchpoint": "browse"}]})
    assert standard(facts.workspace, facts=facts).rows() == []
    assert "No standard" in standard(facts.workspace, facts=facts).summary("en")
    found = tiers(facts.workspace, facts=facts)
    assert (found.rows(), found.chart()) == ([], None)
    assert "promesa tier" in found.summary("en")


def test_what_was_cancelled_is_owed_to_nobody(tmp_path: Path, duckdb: Engine) -> None:
    due = {"promised_at": AS_OF - timedelta(days=30), "promised": AS_OF - timedelta(days=20)}
    came = {**due, "at": AS_OF - timedelta(days=21), "delivered": AS_OF - timedelta(days=21), "touchpoint": "delivery"}
    open_ = {**due, "at": AS_OF - timedelta(days=30), "touchpoint": "delivery"}
    moments = [
        *({**came, "customer": n, "outcome": "done"} for n in range(60)),
        *({**open_, "customer": n, "outcome": "cancelled"} for n in range(60, 80)),
        *({**open_, "customer": n, "outcome": "lost"} for n in range(80, 90)),
    ]
    rate = {}
    for name, released in (("without", ""), ("with", "released = \"outcome = 'cancelled'\"\n")):
        workspace = workspace_of(tmp_path, min_group=30, min_cell=5, model=MODEL + MORE + released)
        folder = tmp_path / name
        folder.mkdir()
        facts = Company(workspace=workspace, tables={"moments": moments}, as_of=AS_OF).facts(folder, engine=duckdb)
        figure = find(standard(workspace, facts=facts), "kept_rate", None, None, "in_the_day")
        rate[name] = (figure.n, figure.estimate)
    assert rate == {"without": (90, pytest.approx(60 / 90)), "with": (70, pytest.approx(60 / 70))}


def test_small_groups_are_withheld_and_not_compared(tmp_path: Path, duckdb: Engine) -> None:
    tables = world(7, people=60)
    tables["profiles"] = [{**row, "region": "north" if row["customer"] == 0 else "south"} for row in tables["profiles"]]
    facts = facts_of_world(tmp_path, duckdb, tables)
    found = standard(facts.workspace, facts=facts)
    north = find(found, "kept_rate", "region", "north")
    assert (north.estimate, north.n, north.note) == (None, 0, "withheld-small-cell")
    assert not [e for e in found.estimates if e.measure == "kept_difference" and e.extra["by"] == "region"]


def test_all_kept_and_all_equal_have_no_worse_group(tmp_path: Path, duckdb: Engine) -> None:
    tables = world(8, people=100)
    tables["moments"] = [{**row, "wait_minutes": 1.0} for row in tables["moments"]]
    facts = facts_of_world(tmp_path, duckdb, tables)
    found = standard(facts.workspace, facts=facts)
    assert find(found, "kept_rate", None, None).estimate == 1
    assert not any(e.extra["worse"] for e in found.estimates)


def test_tiers_count_everybody_once(tmp_path: Path, duckdb: Engine) -> None:
    tables = world(9, people=200)
    facts = facts_of_world(tmp_path, duckdb, tables)
    found = tiers(facts.workspace, facts=facts)
    counts = {row["tier"]: row["estimate"] for row in found.rows() if row["measure"] == "customers"}
    assert sum(counts.values()) == 200
    told = {row["customer"]: row["tier"] for row in tables["tiers"]}
    assert counts == {name: sum(told.get(c, "basic") == name for c in range(200)) for name in TIERS}
    assert "9999" in END


def found_worse(folder: Path, engine: Engine, seed: int, *, worse: float) -> tuple[set[Any], Estimate]:
    tables = world(seed, worse=worse)
    place = folder / str(seed)
    place.mkdir()
    facts = facts_of_world(place, engine, tables)
    found = standard(facts.workspace, facts=facts)
    flagged = {(e.extra["by"], e.extra["group"]) for e in found.estimates if e.extra["worse"]}
    return flagged, find(found, "kept_difference", "region", "north")


@pytest.mark.slow
def test_a_worse_group_is_found_and_hardly_anything_else(tmp_path: Path, duckdb: Engine) -> None:
    worlds = [found_worse(tmp_path, duckdb, seed, worse=0.1) for seed in range(100, 300)]
    truth = -0.1
    covered = np.mean([e.lower <= truth <= e.upper for _, e in worlds])  # type: ignore[operator]
    # Of what is found, 5 % may be wrong: where one group is worse, another is now and then said to be so beside it.
    wrong = np.mean([len(flagged - {("region", "north")}) / max(1, len(flagged)) for flagged, _ in worlds])
    found = np.mean([("region", "north") in flagged for flagged, _ in worlds])
    assert covered >= 0.91
    assert wrong <= 0.07
    assert found >= 0.9


@pytest.mark.slow
def test_where_nobody_is_worse_off_nobody_is_said_to_be(tmp_path: Path, duckdb: Engine) -> None:
    worlds = [found_worse(tmp_path, duckdb, seed, worse=0.0) for seed in range(400, 600)]
    nobody = np.mean([not flagged for flagged, _ in worlds])
    assert nobody >= 0.93
