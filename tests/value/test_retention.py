"""Who stays: loops over the rows, a known truth, contracts, and the edges."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa import value
from promesa.errors import ValueOutOfRange
from promesa.workspace import open_workspace
from tests.measures.companies import Company, company, workspace_of
from tests.value.plain_retention import cohorts_of, days_of, kaplan_meier, spells_of
from tests.value.shoppers import local_day

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts
    from promesa.value import Retention

Row = dict[str, Any]
T0 = datetime(2016, 1, 1, 15)
SMALL = """
[functions.care]
[channels.web]
[channels.shop]
[touchpoints.browse]
stage = "before"
function = "care"
[touchpoints.pickup]
stage = "after"
function = "care"
[touchpoints.support]
stage = "after"
function = "care"
[promises.in_time]
statement = "Ready by the hour we gave"
owner = "care"
touchpoint = "pickup"
kept = "delivered <= promised"
due = "promised"
"""
ZONE = "America/Bogota"
SHOP = "\n[leaving]\nlapsed_after_days = {days}\n"
CONTRACT = '\n[touchpoints.goodbye]\nstage = "after"\nfunction = "care"\n[leaving]\nleaves_at = ["goodbye"]\n'
COMPLAINTS = '\n[outcomes.complains]\nkind = "complaint"\ntouchpoints = ["support"]\n'


def at(day: float, customer: int, **more: Any) -> Row:
    return {"at": T0 + timedelta(days=day), "customer": customer, "revenue": 10.0, "cost": 4.0, **more}


def facts_with(
    folder: Path,
    engine: Engine,
    *,
    end: float,
    more: str = SHOP.format(days=60),
    smallest: int = 1,
    **tables: list[Row],
) -> Facts:
    workspace = workspace_of(folder, zone=ZONE, min_group=smallest, min_cell=smallest, model=SMALL + more)
    return Company(workspace=workspace, tables=tables, as_of=T0 + timedelta(days=end)).facts(folder, engine=engine)


def of(facts: Facts, **asked: Any) -> Retention:
    return value.retention(facts.workspace, facts=facts, **asked)


def rows(found: Retention, measure: str, **known: Any) -> list[Row]:
    return [
        row
        for row in found.rows()
        if row["measure"] == measure and all(row[key] == wanted for key, wanted in known.items())
    ]


@pytest.mark.parametrize("seed", [5, pytest.param(2, marks=pytest.mark.slow)])
def test_counts_curves_and_cohorts_are_those_of_loops(tmp_path: Path, duckdb: Engine, seed: int) -> None:
    small = company(tmp_path, seed=seed, size=2)
    place = small.workspace.root / "model.toml"
    place.write_text(place.read_text(encoding="utf-8") + SHOP.format(days=45), encoding="utf-8")
    small = replace(small, workspace=replace(open_workspace(small.workspace.root), min_group=1, min_cell=1))
    zone = small.workspace.time_zone
    days = days_of(small.tables["orders"], zone=zone, end=small.as_of)
    end = local_day(small.as_of, zone)
    spells = spells_of(days, lapse=45, end=end)
    found = of(small.facts(tmp_path, engine=duckdb))
    assert rows(found, "customers")[0]["estimate"] == len(days)
    assert rows(found, "spells")[0]["estimate"] == len(spells)
    assert rows(found, "ended")[0]["estimate"] == sum(row["over"] for row in spells)
    curve = rows(found, "survival")
    assert len(curve) > 3
    for row in curve:
        assert row["estimate"] == pytest.approx(kaplan_meier(spells, row["days"])), row["days"]
        assert row["at_risk"] == sum(spell["days"] >= row["days"] for spell in spells)
    plain = cohorts_of(days, end=end)
    told = {(row["cohort"], row["since"]): row for row in rows(found, "cohort_share")}
    assert told.keys() == plain.keys()
    assert all(told[cell]["estimate"] == pytest.approx(there / n) for cell, (n, there) in plain.items())
    year = end - timedelta(days=365)
    before = [row for row in spells if row["first"] <= year <= row["until"]]
    kept = rows(found, "retention_rate", period=None)[0]
    assert (kept["n"], kept["estimate"]) == (len(before), sum(row["until"] >= end for row in before) / len(before))


def returning_shop(
    size: int, *, seed: int, ratio: float, stopping: float = 0.0, days: int = 500
) -> dict[str, list[Row]]:
    """Return a shop in which a promise broken in the last 90 days slows coming back down to `ratio` of its pace.

    Each delivery is late with probability .3, known on the day of the purchase; the pace is one purchase in 40 days,
    and after a purchase a customer may have stopped for good.
    """
    random = np.random.default_rng(seed)
    orders: list[Row] = []
    moments: list[Row] = []
    for customer in range(size):
        now, let_down = int(random.integers(120)), -1000
        while now < days:
            orders.append(at(now, customer))
            late = random.random() < 0.3
            let_down = now if late else let_down
            made, due = T0 + timedelta(days=now), T0 + timedelta(days=now, hours=6)
            delivered = due + timedelta(hours=3 if late else -3)
            moments.append({
                "at": delivered, "customer": customer, "touchpoint": "pickup", "promised_at": made, "promised": due,
                "delivered": delivered,
            })  # fmt: skip
            if random.random() < stopping:
                break
            now += 1
            while now < days and random.random() > (ratio if now - let_down <= 90 else 1.0) / 40:
                now += 1
    return {"orders": orders, "moments": moments}


def slowed(folder: Path, engine: Engine, *, seed: int, size: int, ratio: float) -> Row:
    facts = facts_with(
        folder, engine, end=500, more=SHOP.format(days=90), **returning_shop(size, seed=seed, ratio=ratio)
    )
    return rows(of(facts), "hazard_ratio", term="in_time")[0]


def test_a_planted_effect_on_coming_back_is_found(tmp_path: Path, duckdb: Engine) -> None:
    row = slowed(tmp_path, duckdb, seed=1, size=800, ratio=0.5)
    assert row["event"] == "returns"
    assert row["evidence"] == "associated"
    assert row["lower"] < 0.5 < row["upper"] < 0.6


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [1.0, 0.6])
def test_intervals_hold_the_planted_effect(tmp_path: Path, duckdb: Engine, ratio: float) -> None:
    held: list[bool] = []
    for seed in range(100):
        row = slowed(tmp_path, duckdb, seed=100 + seed, size=300, ratio=ratio)
        held.append(row["lower"] < ratio < row["upper"])
    assert np.mean(held) >= 0.89  # 100 draws of 95 %: less than 89 comes up once in 200 times


def test_what_was_foretold_is_told(tmp_path: Path, duckdb: Engine) -> None:
    facts = facts_with(
        tmp_path, duckdb, end=500, more=SHOP.format(days=90), **returning_shop(800, seed=1, ratio=0.5, stopping=0.1)
    )
    found = of(facts)
    area, foretold, came = (rows(found, name)[0] for name in ("separation", "foretold_share", "happened_share"))
    assert area["lower"] > 0.5
    assert came["lower"] - 0.1 < foretold["estimate"] < came["upper"] + 0.1
    listed = value.at_risk(facts.workspace, top=7, facts=facts)
    assert len(listed.estimates) == 7
    stakes = [float(str(e.extra["at_stake"])) for e in listed.estimates]
    assert stakes == sorted(stakes, reverse=True)
    for row in listed.rows():
        assert 0 <= row["lower"] <= row["estimate"] <= row["upper"] <= 1
        assert row["at_stake"] == pytest.approx(row["estimate"] * row["margin_last_year"])
        assert row["days_waited"] <= 90
    assert listed.summary("es") != listed.summary("en")
    with pytest.raises(ValueOutOfRange):
        value.at_risk(facts.workspace, top=0, facts=facts)


def test_what_serving_cost_is_not_at_stake(tmp_path: Path, duckdb: Engine) -> None:
    shop = returning_shop(300, seed=1, ratio=0.5, stopping=0.1)
    served = Counter[str]()
    costs: list[Row] = []
    for order in shop["orders"]:
        when = (order["at"] - T0).days
        costs.append({"at": order["at"], "customer": order["customer"], "amount": 1.5})
        served[str(order["customer"])] += when > 500 - 365
    facts = facts_with(tmp_path, duckdb, end=500, more=SHOP.format(days=90), costs=costs, **shop)
    listed = value.at_risk(facts.workspace, top=7, facts=facts)
    for row in listed.rows():
        assert row["margin_last_year"] == pytest.approx(served[str(row["customer"])] * (6 - 1.5), abs=4.5)
        assert row["margin_last_year"] % 4.5 == pytest.approx(0)


def test_customers_drawn_are_listed_in_slices_as_well(tmp_path: Path, duckdb: Engine) -> None:
    from promesa.measures import CUSTOMER_PARTS, ask
    from promesa.value.histories import history
    from promesa.value.spells import spells

    tables = returning_shop(60, seed=3, ratio=0.7)
    for row in (*tables["orders"], *tables["moments"]):
        row["customer"] = row["customer"] * 16_667  # spread over the remainders that customers are drawn by
    found = spells(ask((facts := facts_with(tmp_path, duckdb, end=400, **tables)).workspace, facts=facts))
    whole, half = history(found), history(found, first=0, parts=CUSTOMER_PARTS // 2)
    rest = history(found, first=CUSTOMER_PARTS // 2, parts=CUSTOMER_PARTS // 2)
    assert sorted([*half.customers, *rest.customers]) == list(whole.customers)
    assert half.owner.size + rest.owner.size == whole.owner.size
    assert half.broken["in_time"].keys.size + rest.broken["in_time"].keys.size == whole.broken["in_time"].keys.size


def test_under_contract_each_spell_is_its_own(tmp_path: Path, duckdb: Engine) -> None:
    # 0 stays; 1 leaves after 30 days, joins again after 50 and leaves on the same day; 2 says goodbye twice.
    orders = [at(0, 0), at(40, 0), at(0, 1), at(50, 1), at(10, 2)]
    goodbyes = [(30, 1), (50.1, 1), (20, 2), (21, 2)]
    moments = [{"at": T0 + timedelta(days=d), "customer": c, "touchpoint": "goodbye"} for d, c in goodbyes]
    found = of(facts_with(tmp_path, duckdb, end=100, more=CONTRACT, orders=orders, moments=moments))
    counted = {name: rows(found, name)[0]["estimate"] for name in ("customers", "spells", "ended")}
    assert counted == {"customers": 3, "spells": 4, "ended": 3}
    assert not rows(found, "lapse_days")
    # Of four spells one ends on day 0, one on day 10, one on day 30.
    assert [row["estimate"] for row in rows(found, "survival")] == [0.75, 0.25, 0.25, 0.25]
    assert rows(found, "hazard_ratio")[0]["event"] == "leaves"


def test_without_orders_a_contract_begins_with_a_moment(tmp_path: Path, duckdb: Engine) -> None:
    moments = [
        {"at": T0 + timedelta(days=d), "customer": 1, "touchpoint": t} for d, t in ((0, "browse"), (9, "goodbye"))
    ]
    found = of(facts_with(tmp_path, duckdb, end=100, more=CONTRACT, moments=moments))
    assert rows(found, "median_days")[0]["estimate"] == 9


def test_leaving_a_contract_goes_with_what_was_planted(tmp_path: Path, duckdb: Engine) -> None:
    random = np.random.default_rng(6)
    orders, moments = [], []
    for customer in range(500):
        angry = customer % 3 == 0
        left = random.exponential(60 if angry else 200)
        orders.append(at(0, customer))
        moments += [
            {"at": T0 + timedelta(days=day), "customer": customer, "touchpoint": "support"}
            for day in range(0, 400, 20)
            if angry and day < left
        ]
        if left < 400:
            moments.append({"at": T0 + timedelta(days=left), "customer": customer, "touchpoint": "goodbye"})
    facts = facts_with(tmp_path, duckdb, end=400, more=CONTRACT + COMPLAINTS, orders=orders, moments=moments)
    row = rows(of(facts), "hazard_ratio", term="complaint")[0]
    assert row["lower"] < 200 / 60 < row["upper"]
    assert row["lower"] > 1.5
    assert value.at_risk(facts.workspace, facts=facts).estimates


@pytest.mark.parametrize(
    ("orders", "said"),
    [
        ([], {"customers": 0}),
        ([at(0, 1)], {"customers": 1, "spells": 1, "ended": 1}),
        ([at(0, n) for n in range(40)], {"customers": 40, "spells": 40, "ended": 40}),
        ([at(299, n) for n in range(40)], {"customers": 40, "spells": 40, "ended": 0}),
        ([at(n % 300 + n / 1e5, 1) for n in range(20_000)], {"customers": 1, "spells": 1, "ended": 0}),
        ([at(d, n) for n in range(40) for d in range(0, 300, 30)], {"customers": 40, "spells": 40, "ended": 0}),
    ],
    ids=["nothing", "one", "all-on-one-day", "all-of-late", "one-with-many-orders", "nobody-leaves"],
)
def test_edges(tmp_path: Path, duckdb: Engine, orders: list[Row], said: dict[str, float]) -> None:
    facts = facts_with(tmp_path, duckdb, end=300, orders=orders)
    found = of(facts)
    assert {name: rows(found, name)[0]["estimate"] for name in said} == said
    for row in found.rows():
        assert row["estimate"] is not None or row["note"], row["measure"]
    assert found.summary("en") != found.summary("es")
    found.chart("es")
    value.at_risk(facts.workspace, facts=facts)


def test_a_lapse_that_is_not_told_yet_is_none(tmp_path: Path, duckdb: Engine) -> None:
    # Seen for 160 days with a lapse of 60: what ended after day 99 is not known to have ended.
    orders = [at(day, n) for n, day in enumerate([0, 50, 99, 100, 140])]
    found = of(facts_with(tmp_path, duckdb, end=160, orders=orders))
    assert rows(found, "ended")[0]["estimate"] == 3
    assert rows(found, "survival")[0]["n"] == 3


def test_the_lapse_is_found_in_the_purchases(tmp_path: Path, duckdb: Engine) -> None:
    orders = [at(sum(range(k)), 1) for k in range(1, 23)]  # gaps of 1, 2, ... 21 days
    found = of(facts_with(tmp_path, duckdb, end=300, more="", orders=orders))
    row = rows(found, "lapse_days")[0]
    assert (row["estimate"], row["note"]) == (20, "found-in-the-purchases")


def test_small_groups_are_withheld(tmp_path: Path, duckdb: Engine) -> None:
    orders = [at(n % 7, n, channel="web" if n else "shop") for n in range(40)]
    found = of(facts_with(tmp_path, duckdb, end=300, smallest=5, orders=orders), by="channel")
    shop = [row for row in found.rows() if row["channel"] == "shop"]
    assert shop
    assert all(row["estimate"] is None and row["n"] == 0 for row in shop)
    with pytest.raises(ValueOutOfRange):
        of(facts_with(tmp_path, duckdb, end=300, orders=orders), by="touchpoint")


def test_a_day_is_a_day_of_the_company(tmp_path: Path, duckdb: Engine) -> None:
    late = datetime(2016, 3, 2, 4, 59)  # still the first of March in Bogota
    orders = [
        at(0, 1),
        {"at": late, "customer": 1, "revenue": 5.0},
        {"at": datetime(2016, 3, 2, 5), "customer": 2, "revenue": 5.0},
    ]
    found = of(facts_with(tmp_path, duckdb, end=300, more=SHOP.format(days=59), orders=orders))
    assert rows(found, "spells")[0]["estimate"] == 3  # 60 days from the first of January to the first of March
    found = of(facts_with(tmp_path, duckdb, end=300, orders=orders))
    assert rows(found, "spells")[0]["estimate"] == 2


def test_who_began_before_the_window_is_left_out(tmp_path: Path, duckdb: Engine) -> None:
    tables = returning_shop(120, seed=4, ratio=0.6)
    facts = facts_with(tmp_path, duckdb, end=400, **tables)
    later = of(facts, since="2016-03-01")
    begun = {row["customer"]: row["at"] for row in reversed(tables["orders"])}
    kept = {customer for customer, first in begun.items() if first >= datetime(2016, 3, 1, 5)}
    assert 0 < len(kept) < 120
    assert rows(later, "hazard_ratio")[0]["n"] == sum(
        row["customer"] in kept and row["at"] < T0 + timedelta(days=400) for row in tables["orders"]
    )


def test_the_median_without_a_contract_says_what_it_counts(tmp_path: Path, duckdb: Engine) -> None:
    # Six of ten bought on one day only, four a second time ten days later.
    once = [at(0, customer) for customer in range(6)]
    twice = [at(day, customer) for customer in range(6, 10) for day in (0, 10)]
    found = of(facts_with(tmp_path, duckdb, end=200, orders=[*once, *twice]))
    assert rows(found, "median_days")[0]["estimate"] == 0
    assert "At least half of 10 bought on one day only; they count as customers for 60 days more." in found.summary(
        "en"
    )
    assert "Al menos la mitad de 10 compró un solo día; cuentan como clientes 60 días más." in found.summary("es")


def test_the_median_without_a_contract_tells_of_last_purchases(tmp_path: Path, duckdb: Engine) -> None:
    orders = [at(day, customer) for customer in range(10) for day in (0, 10)]
    found = of(facts_with(tmp_path, duckdb, end=200, orders=orders))
    assert "bought for the last time 10 days after their first purchase" in found.summary("en")
    assert "had gone" not in found.summary("en")
