"""What customers under contract are worth: loops over the days, a known truth, the check, and the edges."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa import value
from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats import contract_days
from tests.measures.companies import Company, workspace_of
from tests.value.test_retention import CONTRACT, SMALL, ZONE, Row

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts
    from promesa.value import Lifetime

T0 = datetime(2016, 1, 1, 15)
END = 900
MONTHLY, SERVING = 10.0, 1.0


def subscribers(size: int, *, seed: int, longest: int = END) -> list[tuple[int, int]]:
    """Return when each joined and how many days later they leave: many soon, those who stay ever less."""
    random = np.random.default_rng(seed)
    joined = random.integers(0, END - 60, size)
    pace = random.gamma(1.2, 1 / 500, size)
    stays = np.minimum(random.exponential(1 / pace).astype(int) + 1, 20 * longest)
    return list(zip(joined.tolist(), stays.tolist(), strict=True))


def tables_of(people: list[tuple[int, int]], *, end: int = END) -> dict[str, list[Row]]:
    """Return a payment every 30 days while under contract, the cost of serving it, and the goodbye."""
    orders, costs, moments = [], [], []
    for customer, (joined, stays) in enumerate(people):
        for day in range(joined, min(joined + stays, end + 1), 30):
            at = T0 + timedelta(days=day)
            orders.append({"at": at, "customer": customer, "revenue": MONTHLY, "cost": 4.0})
            costs.append({"at": at, "customer": customer, "amount": SERVING})
        if joined + stays <= end:
            left = T0 + timedelta(days=joined + stays, hours=1)
            moments.append({"at": left, "customer": customer, "touchpoint": "goodbye"})
    return {"orders": orders, "costs": costs, "moments": moments}


def facts_of(folder: Path, engine: Engine, tables: dict[str, list[Row]], *, smallest: int = 1) -> Facts:
    folder.mkdir(exist_ok=True)
    workspace = workspace_of(folder, zone=ZONE, min_group=smallest, min_cell=smallest, model=SMALL + CONTRACT)
    return Company(workspace=workspace, tables=tables, as_of=T0 + timedelta(days=END, hours=4)).facts(
        folder, engine=engine
    )


def figure(found: Lifetime, measure: str, **known: Any) -> Row:
    rows = [row for row in found.rows() if row["measure"] == measure]
    return next(row for row in rows if all(row[key] == wanted for key, wanted in known.items()))


def plain_share(rows: list[tuple[int, bool]], day: int) -> float:
    """Return Kaplan and Meier's share still there after a day, by loops."""
    share = 1.0
    for one in range(day + 1):
        at_risk = sum(days >= one for days, _ in rows)
        share *= 1 - sum(days == one and over for days, over in rows) / at_risk if at_risk else 1.0
    return share


def test_days_ahead_are_those_of_loops() -> None:
    random = np.random.default_rng(1)
    rows = [
        (int(day), bool(over)) for day, over in zip(random.integers(0, 60, 400), random.random(400) < 0.4, strict=True)
    ]
    days, over = np.array([d for d, _ in rows]), np.array([o for _, o in rows])
    found = contract_days(days, over, np.ones(400), horizon=15)
    longest = max(day for day in range(60) if sum(d >= day for d, _ in rows) >= 30)
    assert found.longest == longest
    for tenure in (0, 7, 30):
        plain = [plain_share(rows, tenure + h) / plain_share(rows, tenure) for h in range(1, 16)]
        assert found.ahead([tenure])[0, 0] == pytest.approx(sum(plain))
        counted = sum(share * 1.1 ** (-h / 365.25) for h, share in enumerate(plain, 1))
        assert found.ahead([tenure], discount_rate=np.log(1.1) / 365.25)[0, 0] == pytest.approx(counted)
        ends = -np.diff([1.0, *plain, 0.0])  # share that stays 0, 1 ... 15 days more
        stays = np.arange(16)
        assert found.spread([tenure])[0] == pytest.approx(ends @ stays**2 - (ends @ stays) ** 2)
        assert found.still_there([tenure], 15)[0, 0] == pytest.approx(plain[-1])
    recent = range(max(longest - 364, 0), longest + 1)
    gone = sum(o and d in recent for d, o in rows) / sum(sum(d >= day for d, _ in rows) for day in recent)
    after = found.ahead([longest], horizon=15)[0, 0]
    assert after == pytest.approx(sum((1 - gone) ** h for h in range(1, 16)))


@pytest.mark.parametrize(
    ("days", "over", "error"),
    [([-1] * 40, [True] * 40, ValueOutOfRange), ([5] * 40, [False] * 40, TooFewObservations),
     ([5] * 20, [True] * 20, TooFewObservations), ([], [], TooFewObservations)],
)  # fmt: skip
def test_what_tells_nothing_is_refused(days: Any, over: Any, error: Any) -> None:
    with pytest.raises(error):
        contract_days(days, over, np.ones(len(days)), horizon=10)


def truth(people: list[tuple[int, int]], *, ahead: int) -> tuple[float, float]:
    """Return the days, and the discounted money, that those there at the end left in the time after it."""
    there = [joined + stays - END for joined, stays in people if joined + stays > END]
    days = [min(more, ahead) for more in there]
    return float(np.mean(days)), float(np.mean([sum(1.1 ** (-h / 365.25) for h in range(1, d + 1)) for d in days]))


def test_a_known_truth_is_found_and_foreseen(tmp_path: Path, duckdb: Engine) -> None:
    people = subscribers(1500, seed=8)
    found = value.lifetime((facts := facts_of(tmp_path, duckdb, tables_of(people))).workspace, facts=facts,
                           horizon_days=180, confidence_level=0.99)  # fmt: skip
    large = subscribers(40_000, seed=77)
    days, discounted = truth(large, ahead=180)
    row = figure(found, "days_ahead")
    assert row["lower"] < days < row["upper"]
    assert row["upper"] - row["lower"] < 12
    assert row["n"] == figure(found, "customers")["estimate"] == sum(j + s > END for j, s in people)
    share = figure(found, "staying_share")
    assert share["estimate"] == pytest.approx(row["n"] / 1500)
    # A payment of 10 less 4 less 1 for every 30 days begun: a little more a day than a thirtieth.
    paid = sum(5.0 * -(-min(stays, END + 1 - joined) // 30) for joined, stays in people)
    lived = sum(min(stays, END - joined) for joined, stays in people)
    worth = figure(found, "lifetime_value")
    assert worth["estimate"] / row["estimate"] == pytest.approx(paid / lived * discounted / days, rel=2e-3)
    assert worth["lower"] < discounted * paid / lived < worth["upper"]
    assert figure(found, "margin_rate")["estimate"] == pytest.approx(0.6)
    error = figure(found, "holdout_error", model="survival")
    assert error["chosen"]
    assert error["lower"] < 0 < error["upper"]
    assert abs(error["estimate"]) < abs(figure(found, "holdout_error", model="as_before")["estimate"])
    months = [row for row in found.rows() if row["measure"] == "holdout_predicted" and row["period"]]
    actual = {row["period"]: row["estimate"] for row in found.rows() if row["measure"] == "holdout_actual"}
    assert len(months) > 5
    assert sum(row["lower"] <= actual[row["period"]] <= row["upper"] for row in months) >= len(months) - 1
    assert found.summary("es") != found.summary("en")
    assert "under contract" in found.summary("en")
    assert found.chart("es") is not None


def test_the_hold_out_is_that_of_loops(tmp_path: Path, duckdb: Engine) -> None:
    people = subscribers(200, seed=3)
    facts = facts_of(tmp_path, duckdb, tables_of(people))
    found = value.lifetime(facts.workspace, facts=facts, calibration_days=500)
    length = END - min(joined for joined, _ in people)
    cut = END - (length - 500)
    rows = [(min(stays, cut - joined), joined + stays <= cut) for joined, stays in people if joined <= cut]
    running = [(joined, stays) for joined, stays in people if joined <= cut < joined + stays]
    later = sum(min(joined + stays, END) - cut for joined, stays in running)
    assert figure(found, "holdout_actual", period=None)["estimate"] == later
    fitted = contract_days([d for d, _ in rows], [o for _, o in rows], np.ones(len(rows)), horizon=END - cut)
    predicted = fitted.ahead([cut - joined for joined, _ in running]).sum()
    assert figure(found, "holdout_predicted", model="survival", period=None)["estimate"] == pytest.approx(predicted)


def test_edges(tmp_path: Path, duckdb: Engine) -> None:
    nobody = facts_of(tmp_path / "a", duckdb, {"orders": [], "moments": [
        {"at": T0, "customer": 1, "touchpoint": "goodbye"}]})  # fmt: skip
    assert value.lifetime(nobody.workspace, facts=nobody).summary("en").startswith("Too little")
    few = facts_of(tmp_path / "b", duckdb, tables_of([(0, 50), (10, 2000), (30, 2000)]))
    found = value.lifetime(few.workspace, facts=few)
    assert figure(found, "days_ahead")["note"] == "too-little-bought"
    assert figure(found, "holdout_error")["note"] == "too-little-bought"
    staying = facts_of(tmp_path / "c", duckdb, tables_of([(day, 5000) for day in range(60)]))
    found = value.lifetime(staying.workspace, facts=staying)
    assert figure(found, "days_ahead")["note"] == "too-little-bought"
    assert figure(found, "customers")["estimate"] == 60
    hidden = facts_of(tmp_path / "d", duckdb, tables_of(subscribers(3, seed=1)), smallest=10)
    found = value.lifetime(hidden.workspace, facts=hidden)
    assert figure(found, "days_ahead")["estimate"] is None


def test_who_joins_again_counts_once_in_money(tmp_path: Path, duckdb: Engine) -> None:
    people = subscribers(60, seed=5)
    tables = tables_of(people)
    back = T0 + timedelta(days=END - 20)
    gone = [k for k, (joined, stays) in enumerate(people) if joined + stays < END - 30][:5]
    assert gone
    tables["orders"] += [{"at": back, "customer": k, "revenue": MONTHLY, "cost": 4.0} for k in gone]
    facts = facts_of(tmp_path, duckdb, tables)
    found = value.lifetime(facts.workspace, facts=facts, horizon_days=30)
    assert figure(found, "customers")["estimate"] == sum(j + s > END for j, s in people) + len(gone)
    assert figure(found, "staying_share")["n"] == 60
    row = figure(found, "margin_rate")
    assert row["estimate"] == pytest.approx(0.6)


@pytest.mark.slow
def test_intervals_hold_the_truth(tmp_path: Path, duckdb: Engine) -> None:
    days, _ = truth(subscribers(60_000, seed=77), ahead=180)
    held = []
    for seed in range(100):
        facts = facts_of(tmp_path / str(seed), duckdb, tables_of(subscribers(500, seed=seed)))
        row = figure(value.lifetime(facts.workspace, facts=facts, horizon_days=180, confidence_level=0.9), "days_ahead")
        held.append(row["lower"] < days < row["upper"])
    assert np.mean(held) > 0.82  # 100 draws of 90 %: less than 82 comes up once in 150 times
