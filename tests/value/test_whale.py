"""The whale curve against sorting and loops, and where there is no profit to share."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa import value
from tests.measures.companies import AS_OF, Company, workspace_of
from tests.value.books import Books, company_with_books

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts

T0 = datetime(2018, 6, 1, 12)


def plain_customers(books: Books) -> dict[int, dict[str, float]]:
    """Return what each customer brought, sent back, cost and took at each touchpoint."""
    people: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in books.world.rows("orders"):
        theirs, revenue = people[row["customer"]], float(row["revenue"])
        theirs["sold" if revenue > 0 else "back"] += abs(revenue)
        theirs["goods"] += float(row.get("cost") or 0)
    for customer, touchpoint, amount in books.served():
        if customer is not None:
            people[customer]["serving"] += amount
            people[customer][f"at {touchpoint}"] += amount
    for theirs in people.values():
        theirs["margin"] = round(theirs["sold"] - theirs["back"] - theirs["goods"] - theirs["serving"], 4)
    return people


def plain_reason(theirs: dict[str, float]) -> tuple[str, str | None]:
    """Return why a customer leaves less than nothing."""
    places = {key.removeprefix("at "): amount for key, amount in theirs.items() if key.startswith("at ")}
    place = max(places, key=lambda name: places[name], default="None")
    place = place if places.get(place, 0) > 0 else "None"
    where = None if place == "None" else place
    if theirs["sold"] <= 0:
        return "nothing_bought", where
    if theirs["sold"] < theirs["goods"]:
        return "goods", None
    if theirs["sold"] - theirs["back"] < theirs["goods"]:
        return "returned", None
    return "serving", where


@pytest.mark.parametrize("seed", [3, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(4, 12))])
def test_curve_and_reasons_are_those_of_loops(tmp_path: Path, duckdb: Engine, seed: int) -> None:
    small = company_with_books(tmp_path, seed=seed)
    facts = small.facts(tmp_path, engine=duckdb)
    found = value.whale(small.workspace, facts=facts)
    people = plain_customers(Books(small))
    margins = np.sort([theirs["margin"] for theirs in people.values()])[::-1]
    n = len(margins)
    for row in found.rows():
        if row["measure"] == "cumulative_profit":
            k = float(str(row["customers_share"])) * n
            if abs(k - round(k)) < 1e-9:
                assert row["estimate"] == pytest.approx(margins[: round(k)].sum(), abs=0.01)
    expected: dict[tuple[str, str | None], list[float]] = defaultdict(list)
    for theirs in people.values():
        if theirs["margin"] < 0:
            expected[plain_reason(theirs)].append(theirs["margin"])
    lost = {
        (row["reason"], row["touchpoint"]): row["estimate"]
        for row in found.rows()
        if row["measure"] == "lost" and row["reason"]
    }
    assert lost.keys() == expected.keys()
    for key, amounts in expected.items():
        assert lost[key] == pytest.approx(sum(amounts), abs=0.01)


def facts_with(folder: Path, engine: Engine, *, min_cell: int = 1, min_group: int = 1, **tables: Any) -> Facts:
    workspace = workspace_of(folder, min_group=min_group, min_cell=min_cell)
    return Company(workspace=workspace, tables=tables, as_of=AS_OF).facts(folder, engine=engine)


def bought(*revenues: float, cost: float = 0.0) -> list[dict[str, Any]]:
    return [{"at": T0, "customer": n, "revenue": revenue, "cost": cost} for n, revenue in enumerate(revenues)]


def figures(facts: Facts) -> tuple[value.Whale, dict[str, Any]]:
    found = value.whale(facts.workspace, facts=facts)
    return found, {str(r["measure"]): r for r in reversed(found.rows()) if r["reason"] is None}


def test_no_profit_shows_money_alone(tmp_path: Path, duckdb: Engine) -> None:
    found, told = figures(facts_with(tmp_path, duckdb, orders=bought(10, 20, 30, cost=40)))
    assert told["profit_share"]["note"] == "no-profit-to-share"
    assert told["peak_share"]["estimate"] is None
    assert told["lost"]["estimate"] == -60
    assert told["profit"]["estimate"] == -60
    assert "no profit" in found.summary("en")
    chart = found.chart("en")
    assert chart is not None
    assert "leave together" in str(chart["title"])


def test_all_equal_margins_make_a_straight_line(tmp_path: Path, duckdb: Engine) -> None:
    found, told = figures(facts_with(tmp_path, duckdb, orders=bought(*[5.0] * 100)))
    line = [row for row in found.rows() if row["measure"] == "profit_share"]
    assert [row["estimate"] for row in line] == pytest.approx([row["customers_share"] for row in line])
    assert {row["lower"] for row in line} == {None}
    assert told["lost"]["estimate"] == 0
    assert "not one of" in found.summary("en")


def test_a_profit_that_nobody_takes_from_is_not_called_doubtful(tmp_path: Path, duckdb: Engine) -> None:
    _, told = figures(facts_with(tmp_path, duckdb, orders=bought(*range(50, 150))))
    assert told["profit"]["lower"] > 0
    peak = told["peak_share"]
    assert (peak["estimate"], peak["lower"], peak["note"]) == (1.0, None, None)


def test_a_return_larger_than_the_purchase_is_a_loss_by_return(tmp_path: Path, duckdb: Engine) -> None:
    orders = [*bought(10, 10, 10), {"at": T0, "customer": 0, "revenue": -25}]
    found, _ = figures(facts_with(tmp_path, duckdb, orders=orders))
    reasons = {row["reason"]: row["estimate"] for row in found.rows() if row["measure"] == "lost" and row["reason"]}
    assert reasons == {"returned": -15}


def test_one_customer_with_very_many_orders_is_one_customer(tmp_path: Path, duckdb: Engine) -> None:
    orders = [*bought(*[10.0] * 99), *({"at": T0, "customer": 500, "revenue": 1} for _ in range(20_000))]
    _, told = figures(facts_with(tmp_path, duckdb, orders=orders))
    assert told["customers"]["estimate"] == 100
    best = told["profit_share"]
    assert best["customers_share"] == 0.01
    assert best["estimate"] == pytest.approx(20_000 / 20_990)
    # Without that one customer little is left: the profit is not known well enough for shares to have bounds.
    assert (best["lower"], best["note"]) == (None, "profit-may-be-nothing")


def test_few_customers_are_withheld_and_few_of_a_reason_pooled(tmp_path: Path, duckdb: Engine) -> None:
    _, few = figures(facts_with(tmp_path, duckdb, min_cell=5, orders=bought(1, 2, 3)))
    assert {row["estimate"] for name, row in few.items() if name != "losing_customers"} == {None}
    orders = [*bought(*[10.0] * 40), *[{"at": T0, "customer": n, "revenue": -25} for n in range(8)]]
    moments = [{"at": T0, "customer": 100 + n, "touchpoint": "support"} for n in range(2)]
    found, _ = figures(facts_with(tmp_path, duckdb, min_cell=5, min_group=30, orders=orders, moments=moments))
    reasons = {row["reason"]: row["estimate"] for row in found.rows() if row["measure"] == "losing_customers"}
    assert reasons == {None: 10, "other": 10}  # two who bought nothing could be told from the eight: all are one group


def test_nobody_at_all(tmp_path: Path, duckdb: Engine) -> None:
    found, told = figures(facts_with(tmp_path, duckdb, costs=[{"at": T0, "amount": 4}]))
    assert told["customers"]["note"] == "no-data"
    assert found.summary("es") != found.summary("en")
