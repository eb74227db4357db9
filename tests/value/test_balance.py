"""Attracting against retaining: planted responses found, sums by plain loops, and what cannot be told."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa import value
from promesa.stats import best_split
from promesa.value.outlays import Outlay, Window
from tests.measures.companies import Company, workspace_of
from tests.value.attracting import ELASTICITY, WITH_PURPOSES, growing, month_starts, noon

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.results import Estimate

SEED = 11


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory, duckdb: Engine) -> tuple[Company, value.Balance]:
    folder = tmp_path_factory.mktemp("grown")
    company = growing(folder, seed=SEED)
    return company, value.balance(company.workspace, facts=company.facts(folder, engine=duckdb))


def found(result: value.Balance, measure: str, **where: str | None) -> Estimate:
    row = result.find(measure, **where)
    assert row is not None, measure
    return row


def holds(row: Estimate, truth: float) -> bool:
    assert row.lower is not None
    assert row.upper is not None
    return row.lower <= truth <= row.upper


def planted(result: value.Balance) -> dict[str, float]:
    """Return the best spend of each channel were the planted curves known, each new customer being worth the same."""
    rows = [found(result, "best_spend", channel=channel) for channel in ELASTICITY]
    ends = {
        key: [float(str(row.extra[name])) for row in rows]
        for key, name in (("usual", "current"), ("lowest", "lowest"), ("highest", "highest"))
    }
    # Both channels bring as many at the same money, by the way they were made.
    level = [(usual / 1000) ** e for usual, e in zip(ends["usual"], ELASTICITY.values(), strict=True)]
    best = best_split(level, list(ELASTICITY.values()), **ends)
    return dict(zip(ELASTICITY, best.tolist(), strict=True))


def test_the_planted_responses_and_the_best_split_are_found(grown: tuple[Company, value.Balance]) -> None:
    _, result = grown
    for channel, elasticity in ELASTICITY.items():
        assert holds(found(result, "response", channel=channel), elasticity)
    for channel, spend in planted(result).items():
        assert holds(found(result, "best_spend", channel=channel), spend)
    best = {channel: found(result, "best_spend", channel=channel) for channel in ELASTICITY}
    now = {channel: float(str(row.extra["current"])) for channel, row in best.items()}
    assert sum(row.estimate or 0 for row in best.values()) == pytest.approx(sum(now.values()))
    gain = found(result, "gain")
    assert gain.estimate is not None
    assert gain.estimate >= 0
    assert gain.evidence == "associated"


@pytest.mark.slow
def test_the_planted_optimum_is_covered(tmp_path: Path, duckdb: Engine) -> None:
    hits: list[bool] = []
    for seed in range(40):
        company = growing(tmp_path, seed=seed, arrivals=25.0)
        result = value.balance(company.workspace, facts=company.facts(tmp_path, engine=duckdb))
        hits += [holds(found(result, "best_spend", channel=c), spend) for c, spend in planted(result).items()]
    assert np.mean(hits) >= 0.9


def test_costs_and_cohorts_are_those_of_plain_loops(grown: tuple[Company, value.Balance]) -> None:
    company, result = grown
    first: dict[int, dict[str, Any]] = {}
    bought: dict[int, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for row in sorted(company.tables["orders"], key=lambda r: r["at"]):
        if row["at"] <= company.as_of:
            first.setdefault(row["customer"], row)
            bought[row["customer"]][row["at"].date()] += row["revenue"] - row["cost"]
    begun = min(row["at"] for row in first.values()).date() + timedelta(days=60)
    months = [start for start in month_starts(36) if start >= begun]
    fresh = {c: row for c, row in first.items() if months[0] <= row["at"].date() < month_starts(37)[-1]}
    for channel in ("web", "shop"):
        own = [c for c, row in fresh.items() if row["channel"] == channel]
        money = sum(
            r["amount"] for r in company.tables["spend"] if r["channel"] == channel and r["at"].date() >= months[0]
        )
        assert found(result, "new_customers", channel=channel).estimate == len(own)
        assert found(result, "acquisition_cost", channel=channel).estimate == pytest.approx(money / len(own))
        for month in (0, 6, 12):
            seen = [c for c in own if (company.as_of.date() - fresh[c]["at"].date()).days >= 30 * month]
            left = [
                sum(m for day, m in bought[c].items() if (day - fresh[c]["at"].date()).days <= 30 * month) for c in seen
            ]
            row = next(
                e for e in result.estimates
                if e.measure == "cumulative_margin" and e.dimensions["channel"] == channel and e.extra["month"] == month
            )  # fmt: skip
            assert row.n == len(seen)
            assert row.estimate == pytest.approx(np.mean(left))
            half = 1.959964 * np.std(left, ddof=1) / len(left) ** 0.5
            assert row.upper == pytest.approx(np.mean(left) + half, rel=1e-5)
    whole = found(result, "new_customers", channel=None, period=None)
    assert whole.estimate == len(fresh)
    by_month = [e.estimate for e in result.estimates if e.measure == "new_customers" and e.dimensions["period"]]
    assert sum(by_month) == len(fresh)  # type: ignore[arg-type]


def test_all_money_is_shown_in_its_months(grown: tuple[Company, value.Balance]) -> None:
    company, result = grown
    rows = [e for e in result.estimates if e.measure == "spend" and e.dimensions["purpose"] == "advertising"]
    whole = sum(row["amount"] for row in company.tables["spend"])
    assert sum(e.estimate or 0 for e in rows if e.dimensions["period"]) == pytest.approx(whole)
    assert next(e.estimate for e in rows if e.dimensions["period"] is None) == pytest.approx(whole)
    assert found(result, "spend_share", kind="attract").estimate == 1.0


def test_worth_is_what_was_left_and_what_is_ahead(grown: tuple[Company, value.Balance]) -> None:
    company, result = grown
    worth, times = (found(result, m, channel="web") for m in ("customer_worth", "worth_over_cost"))
    cost = found(result, "acquisition_cost", channel="web")
    assert worth.estimate is not None
    assert times.estimate == pytest.approx(worth.estimate / (cost.estimate or 1))
    payback = found(result, "payback_months", channel="web")
    curve = {
        int(str(e.extra["month"])): e.estimate or 0.0
        for e in result.estimates
        if e.measure == "cumulative_margin" and e.dimensions["channel"] == "web" and e.estimate is not None
    }
    assert payback.estimate == next(m for m in range(25) if curve.get(m, 0.0) >= (cost.estimate or 0) or m == 24)
    del company


@pytest.mark.parametrize("locale", ["es", "en"])
def test_it_is_said_in_both_languages(grown: tuple[Company, value.Balance], locale: str) -> None:
    _, result = grown
    said = result.summary(locale)
    assert "None" not in said
    assert ("cliente nuevo" if locale == "es" else "new customer") in said
    assert result.chart(locale) is not None


# --- days and periods -----------------------------------------------------------------------------------------------


def test_a_booking_is_spread_over_its_days() -> None:
    one = Outlay(purpose="p", channel=None, first=date(2020, 1, 11), last=date(2020, 2, 9), amount=300.0, bookings=1)
    assert one.within(date(2020, 1, 1), date(2020, 1, 31)) == pytest.approx(210.0)
    assert one.within(date(2020, 2, 1), date(2020, 2, 29)) == pytest.approx(90.0)
    assert one.within(date(2020, 3, 1), date(2020, 3, 31)) == 0
    assert one.within(date(2020, 1, 11), date(2020, 1, 11)) == pytest.approx(10.0)


def test_only_whole_periods_count() -> None:
    window = Window(first=date(2020, 1, 2), last=date(2020, 3, 30))
    assert window.months() == [(date(2020, 2, 1), date(2020, 2, 29))]
    assert window.weeks()[0] == (date(2020, 1, 6), date(2020, 1, 12))
    assert window.weeks()[-1] == (date(2020, 3, 23), date(2020, 3, 29))
    assert Window(first=date(2020, 3, 1), last=date(2020, 2, 1)).months() == []
    assert Window(first=date(2020, 3, 1), last=date(2020, 2, 1)).weeks() == []


# --- edges ----------------------------------------------------------------------------------------------------------


def told(
    folder: Path, engine: Engine, *, as_of: datetime | None = None, **tables: list[dict[str, Any]]
) -> value.Balance:
    workspace = workspace_of(folder, zone="America/Bogota", min_group=3, min_cell=2, model=WITH_PURPOSES)
    company = Company(workspace=workspace, tables=tables, as_of=as_of or noon(month_starts(25)[-1]))
    return value.balance(workspace, facts=company.facts(folder, engine=engine))


def orders(count: int = 40, **more: Any) -> list[dict[str, Any]]:
    """Return one order of each customer, a day apart; the months from the third on have new customers."""
    start = month_starts(1)[0]
    return [
        {"at": noon(start + timedelta(days=10 * k)), "customer": k, "revenue": 100, "cost": 40, **more}
        for k in range(count)
    ]


def spend(amount: float = 100.0, purpose: str = "advertising", months: int = 24) -> list[dict[str, Any]]:
    return [{"at": noon(start), "purpose": purpose, "amount": amount} for start in month_starts(months)]


def test_without_money_and_without_orders(tmp_path: Path, duckdb: Engine) -> None:
    nothing = told(tmp_path, duckdb, orders=[], spend=[])
    assert {(e.measure, e.note) for e in nothing.estimates} == {
        ("spend", "no-spend-booked"), ("new_customers", "no-orders-loaded")
    }  # fmt: skip
    assert nothing.summary("es") == "No se han cargado ni inversiones ni compras, así que no hay nada que sopesar."
    put_in = told(tmp_path, duckdb, spend=spend())
    assert found(put_in, "spend_share", kind="attract").estimate == 1.0
    assert found(put_in, "new_customers").note == "no-orders-loaded"
    early = told(tmp_path, duckdb, orders=orders(5), spend=spend(), as_of=noon(date(2015, 3, 20)))
    assert found(early, "new_customers").note == "no-whole-period"


@pytest.fixture(scope="module")
def even(tmp_path_factory: pytest.TempPathFactory, duckdb: Engine) -> value.Balance:
    """Return a company whose money never varies; nobody came in June, one by phone, nobody twice."""
    bought: list[dict[str, Any]] = [{**row, "channel": "phone" if row["customer"] == 20 else "web"} for row in orders()]
    bought = [{**row, "channel": "shop" if row["customer"] % 3 == 0 else row["channel"]} for row in bought]
    bought = [row for row in bought if row["at"].month != 6 or row["at"].year != 2015]
    money = [*spend(), *spend(30.0, "loyalty"), *spend(5.0, "courier"), *spend(1.0, "voucher")]
    return told(tmp_path_factory.mktemp("even"), duckdb, orders=bought, spend=money)


def test_money_that_never_varied_tells_no_response(even: value.Balance) -> None:
    notes = {(e.dimensions["kind"], e.note) for e in even.estimates if e.measure == "response"}
    # Nobody was promised anything, so that no period counts for keeping it.
    assert notes == {(k, "spend-hardly-varied") for k in ("attract", "retain")} | {("deliver", "too-few-periods")}
    assert found(even, "gain").note == "spend-hardly-varied"
    assert found(even, "spend_share", kind="retain").estimate == pytest.approx(31 / 136)
    assert "apenas varió" in even.summary("es")
    assert "hardly varied" in even.summary("en")


def test_money_that_names_no_channel_is_spread_over_who_came(even: value.Balance) -> None:
    parts = [found(even, "attract_spend", channel=c, period=None) for c in ("web", "shop")]
    whole = found(even, "attract_spend", channel=None, period=None)
    one_by_phone = (whole.estimate or 0.0) - sum(part.estimate or 0.0 for part in parts)
    assert 0 < one_by_phone < 200
    assert all(part.extra["shared"] == pytest.approx(part.estimate) for part in parts)


def test_a_month_in_which_nobody_came_has_money_and_no_cost_of_one(even: value.Balance) -> None:
    june = found(even, "acquisition_cost", period="2015-06")
    assert (june.estimate, june.note, june.n) == (None, "nobody-new", 0)
    assert found(even, "attract_spend", period="2015-06").estimate == 100.0


def test_who_never_came_back_has_no_worth(even: value.Balance) -> None:
    assert found(even, "customer_worth", channel=None).note == "worth-not-known"


def test_small_channels_are_withheld(even: value.Balance) -> None:
    rows = [e for e in even.estimates if e.dimensions["channel"] == "phone"]
    assert rows
    assert all(e.estimate is None and e.n == 0 for e in rows)


def test_an_experiment_without_deeds_says_so(even: value.Balance) -> None:
    row = found(even, "saved_margin", purpose="voucher")
    assert (row.estimate, row.evidence) == (None, "experiment")
    assert row.note


# --- the leak -------------------------------------------------------------------------------------------------------


def leaking(count: int) -> dict[str, list[dict[str, Any]]]:
    """Return customers of whom every third is delivered late; of the late one in four comes back, of the others half.

    Each order leaves less than nothing.
    """
    tables: dict[str, list[dict[str, Any]]] = {"orders": [], "moments": [], "spend": spend()}
    for k in range(count):
        day = month_starts(1)[0] + timedelta(days=2 * k)
        late = k % 3 == 0
        trip = {"customer": k, "journey": f"J{k}"}
        money = {"revenue": 100, "cost": 140}
        tables["orders"].append({"at": noon(day), **money, **trip})
        due = noon(day + timedelta(days=2))
        came = due + timedelta(days=3 if late else 0)
        tables["moments"].append({"at": due, "touchpoint": "delivery", "promised": due, "delivered": came, **trip})
        if (k // 3) % (4 if late else 2) == 0:
            tables["orders"].append({"at": noon(day + timedelta(days=20)), "customer": k, "journey": f"K{k}", **money})
    return tables


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory, duckdb: Engine) -> tuple[dict[str, Any], value.Balance]:
    tables = leaking(300)
    return tables, told(tmp_path_factory.mktemp("leaky"), duckdb, as_of=None, **tables)


def test_the_leak_is_that_of_plain_loops(leaky: tuple[dict[str, Any], value.Balance]) -> None:
    tables, result = leaky
    end = month_starts(25)[-1]
    since = next(start for start in month_starts(24) if start >= month_starts(1)[0] + timedelta(days=60))
    lost: dict[bool, list[int]] = {True: [], False: []}
    left: dict[bool, list[int]] = {True: [], False: []}
    again = {row["customer"] for row in tables["orders"] if row["journey"].startswith("K")}
    broken = 0
    for k in range(300):
        first = month_starts(1)[0] + timedelta(days=2 * k)
        if since <= first < end:
            broken += k % 3 == 0
            if first + timedelta(days=60) <= end:
                lost[k % 3 == 0].append(k not in again)
            if first + timedelta(days=365) <= end:
                left[k % 3 == 0].append(-40 * (k in again))
    share = float(np.mean(lost[True]) - np.mean(lost[False]))
    row = found(result, "leak_share")
    assert row.n == len(lost[True]) + len(lost[False])
    assert row.estimate == pytest.approx(share)
    assert row.evidence == "associated"
    many = found(result, "leak_customers")
    assert many.estimate == pytest.approx(share * len(lost[True]))
    cost = found(result, "acquisition_cost", channel=None, period=None).estimate or 0.0
    assert found(result, "leak_spend").estimate == pytest.approx(share * len(lost[True]) * cost)
    margin = found(result, "leak_margin")
    assert margin.estimate == pytest.approx((np.mean(left[False]) - np.mean(left[True])) * broken)
    assert margin.n == len(left[True]) + len(left[False])


def test_margins_below_zero_are_never_paid_back(leaky: tuple[dict[str, Any], value.Balance]) -> None:
    _, result = leaky
    payback = found(result, "payback_months", channel=None)
    assert (payback.estimate, payback.note) == (None, "not-paid-back-yet")
    assert int(str(payback.extra["month"])) > 0
    assert found(result, "first_order_margin", period=None).estimate == -40
    assert "None" not in result.summary("en")
