"""Who is of which tier: against plain loops, over reviews, from whatever was loaded in between, and at the edges."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa.errors import NothingTiered, TooFewObservations, ValueOutOfRange
from promesa.measures import touchpoints
from promesa.stats import expected_purchases, expected_spend, fit_buying, fit_spending, summarise
from promesa.store import erase, open_facts, session
from promesa.value import margin, tier
from promesa.workspace import Account
from tests.store.companies import NOON, Company, label
from tests.value.shoppers import plain_summaries
from tests.value.traders import (
    BEGIN,
    DAY,
    SHARES,
    bands,
    fill,
    keys,
    members,
    purchases,
    review,
    sale,
    sums,
    table,
    trader,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Return a shop of 150 customers, reviewed once by what is expected of them; tests do not change it."""
    made = trader(tmp_path_factory.mktemp("shop"), bands(0.1, 0.3, **SHARES), sales=purchases(150, seed=3))
    review(made, 300)
    return made


def test_what_is_expected_is_what_the_process_says_of_each_customer(shop: Company) -> None:
    rows = purchases(150, seed=3)
    orders = [
        {"customer": row["customer"], "at": datetime.fromisoformat(row["at"]), "revenue": float(row["revenue"]),
         "cost": float(row["cost"])} for row in rows
    ]  # fmt: skip
    end = BEGIN + 301 * DAY
    found = plain_summaries([{**o, "at": o["at"] + DAY * 5 / 24} for o in orders], zone="America/Bogota", end=end)
    people = sorted(found)
    x, last, seen, spent, left = (np.array([float(found[p][k]) for p in people]) for k in range(5))
    seen = np.array([300 - (datetime.fromisoformat(_first(rows, p)) - BEGIN).days for p in people], dtype=float)
    process = max((fit_buying(summarise(x, last, seen), form=f) for f in ("bg_nbd", "mbg_nbd")), key=_likelihood)
    again = x > 0
    bins = np.exp(np.round(np.log(spent[again] / x[again]) * 1000) / 1000)
    spending = fit_spending(x[again], bins)
    revenue = sum(o["revenue"] for o in orders)
    mean = np.divide(spent, x, out=np.zeros(x.size), where=again)
    distinct = summarise(x, last, seen)
    place = {k: n for n, k in enumerate(zip(distinct.repeats, distinct.last, distinct.seen, strict=True))}
    ahead = expected_purchases(process, distinct, horizon=365.0)
    each = np.array([ahead[place[k]] for k in zip(x, last, seen, strict=True)])
    value = each * expected_spend(spending, x, mean) * left.sum() / revenue
    known = keys(shop)
    kept = {known[int(c)]: float(e) for c, e in table(shop, "tiers", "customer, expected")}
    assert kept == pytest.approx(dict(zip(people, value, strict=True)), rel=1e-4)
    ranked = sorted(people, key=lambda p: -kept[p])
    by_rank = {p: "a" if n < 15 else "b" if n < 45 else "c" for n, p in enumerate(ranked)}
    assert {p: t for p, (t, _) in members(shop).items()} == by_rank


def _first(rows: list[dict[str, Any]], customer: str) -> str:
    return min(row["at"] for row in rows if row["customer"] == customer)


def _likelihood(process: Any) -> float:
    return float(process.log_likelihood)


def test_a_review_of_the_same_state_changes_nothing(shop: Company) -> None:
    before = table(shop, "tiers"), sums(shop), table(shop, "tier_reviews")
    version = open_facts(shop.ws).version
    again, whole = review(shop, 300), review(shop, 300, rebuild=True)
    assert (again.whole, again.again, again.changed) == (False, 0, 0)
    assert (whole.whole, whole.again, whole.changed) == (True, 150, 0)
    assert (table(shop, "tiers"), sums(shop), table(shop, "tier_reviews")) == before
    assert open_facts(shop.ws).version == version
    assert again.summary("es") != again.summary("en")
    assert again.to_document()["changed"] == 0


def test_reviews_go_forward(shop: Company) -> None:
    with pytest.raises(ValueOutOfRange, match="forward in time"):
        review(shop, 200)


def test_figures_are_split_by_tier_and_everybody_else_is_of_the_lowest(shop: Company) -> None:
    found = margin(shop.ws, by="tier", as_of=(BEGIN + 300 * DAY).date())
    assert {e.dimensions["tier"]: e.estimate for e in found.estimates if e.measure == "customers"} == {
        "a": 15, "b": 30, "c": 105,
    }  # fmt: skip
    with pytest.raises(NothingTiered, match="No customer has been given a tier"):
        margin(shop.ws, by="tier", as_of=(BEGIN + 200 * DAY).date())


def moves(random: Random, count: int) -> list[list[tuple[int, float]]]:
    """Return for each review (customer, money that comes or goes) of some of eight customers."""
    return [
        [(random.randrange(8), random.choice([-60.0, -25.0, -10.0, 8.0, 15.0, 30.0, 90.0])) for _ in range(6)]
        for _ in range(count)
    ]


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_members_have_the_grace_that_plain_loops_give_them(tmp_path: Path, seed: int) -> None:
    edges = [100.0, 50.0]
    made = trader(tmp_path, bands(*edges))
    worth: dict[str, float] = {}
    was: dict[str, int] = {}
    sales: list[dict[str, Any]] = []
    for step, moved in enumerate(moves(Random(seed), 3 if seed == 1 else 8)):
        for customer, money in moved:
            sales.append(sale(len(sales), customer, step * 10, money))
            worth[f"k{customer}"] = worth.get(f"k{customer}", 0.0) + money
        fill(made, sales=sales)
        review(made, step * 10 + 1)
        told: dict[str, tuple[str, str]] = {}
        for customer, value in worth.items():
            enters = next((n for n, edge in enumerate(edges) if value >= edge), 2)
            stays = next((n for n, edge in enumerate(edges) if value >= 0.8 * edge), 2)
            place = min(enters, max(was.get(customer, 2), stays))
            told[customer] = ("abc"[place], "kept" if place < enters else "value")
            was[customer] = place
        assert members(made) == told
    check_intervals(made)


def check_intervals(made: Company) -> None:
    """Every customer is of one tier at each instant from the first row on: rows follow each other without a gap."""
    rows = table(made, "tiers", "customer, since, until, tier, reason")
    assert rows
    for before, after in pairwise(rows):
        if before[0] == after[0]:
            assert before[1] < before[2] == after[1]
            assert before[3:] != after[3:]
        else:
            assert before[2] == datetime(9999, 12, 31)
    assert rows[-1][2] == datetime(9999, 12, 31)


def test_who_moves_within_the_band_never_changes_tier(tmp_path: Path) -> None:
    made = trader(tmp_path, bands(100.0))
    sales = [sale(0, 1, 0, 100.0)]
    for step, money in enumerate([0.0, -15.0, 14.0, -18.0]):  # never below 80, seldom at 100
        sales.append(sale(step + 1, 1, step * 5 + 1, money))
        fill(made, sales=sales)
        review(made, step * 5 + 2)
        assert members(made)["k1"][0] == "a"
    sales.append(sale(20, 1, 40, -12.0))
    fill(made, sales=sales)
    review(made, 41)
    assert members(made)["k1"] == ("b", "value")


def test_what_accounts_share_does_not_fall_on_those_who_have_changed(tmp_path: Path) -> None:
    made = trader(tmp_path, bands(0.1, 0.3, **SHARES), sales=(sales := purchases(60, seed=9, days=200)))
    account = Account(name="rent", label=label("rent"), spread="orders")
    bill = "'rent' AS id, TIMESTAMP '2024-01-31 12:00:00' AS at, NULL AS customer, 90000 AS amount, 'rent' AS account"
    loads = [
        replace(load, sql=f"SELECT {bill} FROM bills UNION ALL SELECT {bill}") if load.table == "costs" else load
        for load in made.ws.loads
    ]
    made.ws = replace(made.ws, model=replace(made.ws.model, accounts={"rent": account}), loads=tuple(loads))
    made.load()
    review(made, 200)
    fill(made, sales=[*sales, sale(len(sales), 3, 20, 30)])
    review(made, 201)
    found = sums(made)
    assert review(made, 201, rebuild=True).changed == 0
    assert sums(made) == found


def test_who_leaves_without_a_trace_makes_the_next_review_whole(tmp_path: Path) -> None:
    made = trader(tmp_path, bands(0.1, 0.3, **SHARES), sales=purchases(60, seed=9, days=200))
    review(made, 200)
    gone = min(keys(made))
    with session(made.ws, recorded_at=NOON) as run:
        erase(run, [gone], by="a request")
    assert gone not in {row[0] for row in table(made, "tiers", "customer")}
    assert not (made.root / ".promesa" / "remembered").exists()
    found = review(made, 200)
    assert found.whole
    assert found.customers == 59


def test_flags_lift_and_never_lower(tmp_path: Path) -> None:
    people = [
        {"id": f"p{n}", "at": "2024-01-01 09:00", "customer": f"k{n}", "region": "north" if n < 3 else "south"}
        for n in range(6)
    ]
    sales = [sale(0, 0, 1, 500.0), sale(1, 1, 1, 10.0), sale(2, 3, 1, 60.0), sale(3, 4, 1, -40.0)]
    made = trader(tmp_path, bands(100.0, 50.0, flags={"region": ("north",)}), sales=sales, people=people)
    review(made, 3)
    assert members(made) == {
        "k0": ("a", "value"), "k1": ("b", "flag"), "k2": ("b", "flag"), "k3": ("b", "value"), "k4": ("c", "value"),
    }  # fmt: skip
    assert {c for c, _ in keys(made).items()} >= {row[0] for row in table(made, "tiers", "customer")}


def test_equal_values_at_the_edge_of_a_share_are_taken_in_the_order_of_customers(tmp_path: Path) -> None:
    made = trader(tmp_path, bands(0.25, measured="share"), sales=[sale(n, n, 1, 10.0) for n in range(10)])
    review(made, 2)
    numbers = {key: customer for customer, key in keys(made).items()}
    first = sorted(numbers, key=lambda key: numbers[key])[:2]
    assert {key for key, (tier_, _) in members(made).items() if tier_ == "a"} == set(first)


def test_what_cannot_be_reviewed_says_why(tmp_path: Path) -> None:
    none = trader(tmp_path / "none", None, sales=[sale(0, 1, 1, 5.0)])
    with pytest.raises(NothingTiered, match="declares no tiers"):
        review(none, 2)
    with pytest.raises(NothingTiered, match="declares no tiers"):
        touchpoints(none.ws, by="tier")
    few = trader(tmp_path / "few", bands(100.0, by="expected_profit"), sales=[sale(0, 1, 1, 5.0)])
    with pytest.raises(TooFewObservations, match="Too little was bought") as caught:
        review(few, 2)
    assert 'by = "margin"' in caught.value.fix
    with pytest.raises(NothingTiered, match="No customer"):
        touchpoints(few.ws, by="tier")


def test_other_tiers_than_those_reviewed_are_no_tiers(tmp_path: Path) -> None:
    from dataclasses import replace

    made = trader(tmp_path, bands(100.0), sales=[sale(0, 1, 1, 500.0)])
    tier(made.ws, recorded_at=NOON)
    other = replace(made.ws, model=replace(made.ws.model, tiers=bands(200.0)))
    with pytest.raises(NothingTiered, match="have changed"):
        margin(other, by="tier")
    assert margin(made.ws, by="tier").find("customers", tier="a") is not None
