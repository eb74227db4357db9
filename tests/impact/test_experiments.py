"""Experiments read from fact tables: who was in which arm, what came of it, and when it may not be believed."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.stats import ttest_ind

from promesa import words
from promesa.stats import ExperimentSettings, experiment
from tests.impact.lots import AS_OF, LOT, Row, after, company_of, deed, found_in, outcome, trial

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.impact import Experiments
    from promesa.results import Estimate

COMPLAINT = outcome("complaint", touchpoints=("support",))
RETURN, REVENUE, MARGIN = (outcome(kind, within_days=60) for kind in ("return", "revenue", "margin"))
SCORE = outcome("score", concept="csat")
ARMS = ("none", "small", "large")


def pick(found: Experiments, measure: str = "effect", **where: Any) -> Estimate:
    one = found.find(measure, **where)
    assert one is not None
    return one


# The e-mail test of Hillstrom, through fact tables

EMAILS = {"No E-Mail": "no_email", "Mens E-Mail": "mens_email", "Womens E-Mail": "womens_email"}
EMAIL_TEST = trial("mens_email", "womens_email", name="emails", control="no_email")


@pytest.fixture(scope="module")
def hillstrom(real_data: Callable[[str], Path]) -> list[dict[str, str]]:
    with (real_data("hillstrom") / "hillstrom.csv").open() as file:
        return list(csv.DictReader(file))


def as_facts(rows: list[dict[str, str]]) -> dict[str, list[Row]]:
    """Return deeds, a moment at support for each visit, and an order for each purchase."""
    moments = [
        {"customer": k, "touchpoint": "support", "at": after(3)} for k, row in enumerate(rows, 1) if row["visit"] == "1"
    ]
    orders = [
        {"customer": k, "revenue": row["spend"], "cost": 0, "at": after(4)}
        for k, row in enumerate(rows, 1)
        if float(row["spend"]) > 0
    ]
    return {
        "deeds": [deed(k, EMAILS[row["segment"]]) for k, row in enumerate(rows, 1)],
        "moments": moments,
        "orders": orders,
    }


@pytest.mark.realdata
def test_hillstrom_through_fact_tables_has_its_known_effects(
    hillstrom: list[dict[str, str]], tmp_path: Path, duckdb: Engine
) -> None:
    small = company_of(tmp_path, as_facts(hillstrom), trials=(EMAIL_TEST,), outcomes=(COMPLAINT, REVENUE))
    found = found_in(small, tmp_path, duckdb)
    known = {
        ("mens_email", "complaint"): (0.0766, 0.0034),
        ("womens_email", "complaint"): (0.0452, 0.0032),
        ("mens_email", "revenue"): (0.770, 0.145),
        ("womens_email", "revenue"): (0.424, 0.130),
    }
    for (arm, name), (estimate, error) in known.items():
        one = pick(found, arm=arm, outcome=name)
        digits = 4 if name == "complaint" else 3
        assert one.lower is not None
        assert one.upper is not None
        assert round(one.estimate or 0, digits) == estimate
        assert round((one.upper - one.lower) / 2 / 1.96, digits) == error
        assert one.evidence == "experiment"
        assert 42_600 < one.n < 42_720
        assert one.extra["p_adjusted"] < 0.01  # type: ignore[operator]
        looked = pick(found, "at_every_look", arm=arm, outcome=name)
        assert looked.lower < one.lower < one.upper < looked.upper  # type: ignore[operator]
    ratio = pick(found, "sample_ratio")
    assert (ratio.n, ratio.extra["left_out"], ratio.extra["trustworthy"]) == (64_000, 0, True)
    assert "“mens_email” raises “complaint” by 7.7 pp (7.0 pp to 8.3 pp; " in found.summary("en").replace(
        "mens email", "mens_email"
    )


@pytest.mark.realdata
def test_hillstrom_drawn_again_and_moved_is_as_brute_force_says(
    hillstrom: list[dict[str, str]], tmp_path: Path, duckdb: Engine
) -> None:
    rng = np.random.default_rng(6)
    drawn = [dict(hillstrom[int(k)]) for k in rng.integers(len(hillstrom), size=9_000)]
    for row in drawn:
        row["spend"] = f"{3 * float(row['spend']) + (rng.random() < 0.05) * 20:.2f}"
        row["visit"] = str(int(row["visit"] == "1" or rng.random() < 0.1))
    small = company_of(tmp_path, as_facts(drawn), trials=(EMAIL_TEST,), outcomes=(COMPLAINT, REVENUE, RETURN))
    found = found_in(small, tmp_path, duckdb)
    columns = {
        "complaint": [float(row["visit"]) for row in drawn],
        "revenue": [float(row["spend"]) for row in drawn],
        "return": [float(float(row["spend"]) > 0) for row in drawn],
    }
    arms = np.array([EMAILS[row["segment"]] for row in drawn])
    for name, values in columns.items():
        came = np.array(values)
        for arm in EMAIL_TEST.arms:
            acted, spared = came[arms == arm], came[arms == "no_email"]
            test = ttest_ind(acted, spared, equal_var=False)
            ends = test.confidence_interval(0.95)
            for measure in ("effect", "difference"):
                one = pick(found, measure, arm=arm, outcome=name)
                assert one.estimate == pytest.approx(acted.mean() - spared.mean(), rel=1e-9)
                assert (one.lower, one.upper) == pytest.approx((ends.low, ends.high), rel=1e-8)
                assert one.n == len(acted) + len(spared)


# A small lot, by loops


def lot_of(n: int = 240, *, seed: int = 1) -> dict[str, list[Row]]:
    """Return a lot with orders before and after, answers, calls, and what must not count."""
    rng = np.random.default_rng(seed)
    tables: dict[str, list[Row]] = {"deeds": [], "orders": [], "moments": [], "opinions": [], "profiles": []}
    for k in range(1, n + 1):
        arm = ARMS[k % 3]
        at = LOT + timedelta(days=int(rng.integers(0, 20)))
        tables["deeds"].append(deed(k, arm, at=at))
        tables["profiles"].append(
            {"customer": k, "at": datetime(2017, 1, 1), "region": "far" if rng.random() < 0.3 else "near"}
        )
        for _ in range(int(rng.integers(0, 4))):
            days = float(rng.uniform(-100, 90))
            price = float(rng.integers(20, 200))
            tables["orders"].append(
                {"customer": k, "at": at + timedelta(days=days), "revenue": price, "cost": price / 2}
            )
        if rng.random() < 0.3:
            tables["moments"].append(
                {"customer": k, "at": at + timedelta(days=float(rng.uniform(-30, 60))), "touchpoint": "support"}
            )
        if rng.random() < 0.9:
            own = {"customer": k, "at": at + timedelta(days=float(rng.uniform(-30, 60))), "concept": "csat"}
            tables["opinions"].append({**own, "score": float(rng.integers(1, 6)), "scale_min": 1, "scale_max": 5})
    tables["moments"] += [
        {"customer": 1, "at": after(30), "touchpoint": "browse"},
        {"customer": 2, "at": after(30), "touchpoint": "support", "promised": datetime(2018, 12, 24)},  # not lived yet
    ]
    tables["opinions"] += [
        {"customer": 1, "at": after(40), "concept": "csat", "score": 1.0, "brand": "another"},
        {"customer": 1, "at": after(40), "concept": "csat", "score": 1.0, "audience": "employee"},
    ]
    return tables


def by_loops(tables: dict[str, list[Row]], kind: str) -> np.ndarray:
    """Return what came of each customer of the lot."""
    found: list[float] = []
    for given in tables["deeds"]:
        who, at = given["customer"], given["at"]
        mine = [o for o in tables["orders"] if o["customer"] == who and at < o["at"] <= at + timedelta(days=60)]
        scores = [
            o["score"]
            for o in tables["opinions"]
            if o["customer"] == who and o["at"] > at and "brand" not in o and "audience" not in o
        ]
        called = any(
            m["customer"] == who and m["at"] > at and m["touchpoint"] == "support" and "promised" not in m
            for m in tables["moments"]
        )
        if kind == "score":
            found.append(float(np.mean(scores)) if scores else np.nan)
        elif kind == "complaint":
            found.append(float(called))
        elif at + timedelta(days=60) > AS_OF:
            found.append(np.nan)
        elif kind == "return":
            found.append(float(bool(mine)))
        else:
            found.append(sum(o["revenue"] - (o["cost"] if kind == "margin" else 0) for o in mine))
    return np.array(found)


OUTCOMES = (SCORE, COMPLAINT, RETURN, REVENUE, MARGIN)


def test_every_figure_is_that_of_what_loops_count(tmp_path: Path, duckdb: Engine) -> None:
    tables = lot_of()
    given = company_of(tmp_path, tables, trials=(trial("small", "large"),), outcomes=OUTCOMES)
    # Deeds lie in the window; what came of them does not.
    found = found_in(given, tmp_path, duckdb, since="2018-05-31", until="2018-06-25")
    arm = np.array([ARMS.index(row["action"]) for row in tables["deeds"]])
    before = np.array([
        [len(mine), sum(mine)]
        for mine in (
            [o["revenue"] for o in tables["orders"] if o["customer"] == row["customer"] and o["at"] < row["at"]]
            for row in tables["deeds"]
        )
    ])  # fmt: skip
    came = np.column_stack([by_loops(tables, one.kind) for one in OUTCOMES])
    expected = experiment(came, arm, baselines=before, settings=ExperimentSettings(planned_units=10_000))
    assert len(expected.arms) == 10
    for one in expected.arms:
        where = {"arm": ARMS[one.arm], "outcome": OUTCOMES[one.outcome].name}
        row = pick(found, **where)
        assert (row.estimate, row.lower, row.upper) == pytest.approx((one.effect.estimate, *one.effect.interval))
        assert (row.n, row.n_missing) == (one.n + one.control_n, one.n_missing + one.control_n_missing)
        assert row.extra["p_adjusted"] == pytest.approx(one.p_adjusted)
        assert row.extra["variance_reduction"] == pytest.approx(one.variance_reduction)
        assert (row.extra["arm_mean"], row.extra["control_mean"]) == pytest.approx((one.mean, one.control_mean))
        assert pick(found, "difference", **where).estimate == pytest.approx(one.difference.estimate)
        looked = pick(found, "at_every_look", **where)
        assert one.at_every_look is not None
        assert (looked.lower, looked.upper) == pytest.approx(tuple(one.at_every_look))
    assert pick(found, "sample_ratio").estimate == pytest.approx(expected.sample_ratio.p_value)


def test_customers_in_two_arms_are_left_out_and_counted(tmp_path: Path, duckdb: Engine) -> None:
    tables = lot_of()
    again = [deed(k, ARMS[(k + 1) % 3], at=after(30)) for k in range(1, 13)]
    same = [deed(k, ARMS[k % 3], at=after(30)) for k in range(20, 40)]
    nobody = [deed(None, "small"), deed(None, "large"), deed(50, "another"), deed(51, "large", kind="sent")]
    tables["deeds"] += [*again, *same, *nobody]
    given = company_of(tmp_path, tables, trials=(trial("small", "large", kind="assigned"),), outcomes=(RETURN,))
    ratio = pick(found_in(given, tmp_path, duckdb), "sample_ratio")
    assert (ratio.n, ratio.extra["left_out"]) == (228, 12)
    any_kind = replace(
        given, workspace=company_of(tmp_path, tables, trials=(trial("small", "large"),), outcomes=(RETURN,)).workspace
    )
    assert pick(found_in(any_kind, tmp_path, duckdb), "sample_ratio").extra["left_out"] == 13  # customer 51 was in none


def test_linked_records_are_one_customer_who_may_stand_in_two_arms(tmp_path: Path, duckdb: Engine) -> None:
    tables = lot_of()
    since, until = datetime(2010, 1, 1), datetime(2030, 1, 1)
    tables["persons"] = [{"customer": 2, "person": 1, "since": since, "until": until}]
    given = company_of(tmp_path, tables, trials=(trial("small", "large"),), outcomes=(RETURN,))
    ratio = pick(found_in(given, tmp_path, duckdb), "sample_ratio")
    assert (ratio.n, ratio.extra["left_out"]) == (238, 1)


def test_arms_of_unequal_shares_are_judged_by_the_shares_declared(tmp_path: Path, duckdb: Engine) -> None:
    tables = lot_of(600)
    tables["deeds"] = [deed(k, "none" if k % 10 < 8 else "small" if k % 10 == 8 else "large") for k in range(1, 601)]
    meant, equal = trial("small", "large", shares=(0.8, 0.1, 0.1)), trial("small", "large", name="equal")
    given = company_of(tmp_path, tables, trials=(meant, equal), outcomes=(RETURN,))
    found = found_in(given, tmp_path, duckdb)
    assert pick(found, "sample_ratio", experiment="vouchers").extra["trustworthy"] is True
    assert pick(found, "sample_ratio", experiment="equal").extra["trustworthy"] is False
    for locale in ("es", "en"):
        said = found.summary(locale)
        assert words.say("impact.experiments.not_a_lot", locale, name="equal") in said
        assert said.count("equal: ") == 1  # no effect of it is told
        assert "vouchers: " in said


def test_the_lot_is_judged_before_any_outcome_is_known(tmp_path: Path, duckdb: Engine) -> None:
    given = company_of(
        tmp_path, lot_of(), trials=(trial("small", "large"),), outcomes=(RETURN, COMPLAINT), as_of=after(25)
    )
    found = found_in(given, tmp_path, duckdb)
    assert pick(found, "sample_ratio").extra["trustworthy"] is True
    young = pick(found, outcome="return")
    assert (young.estimate, young.note, young.n) == (None, "no-outcome", 240)
    assert pick(found, outcome="complaint", arm="small").estimate is not None
    assert words.say("impact.reason.no-outcome", "es") in found.summary("es")


def test_customers_assigned_too_late_are_missing(tmp_path: Path, duckdb: Engine) -> None:
    tables = lot_of()
    for row in tables["deeds"][:60]:
        row["at"] = AS_OF - timedelta(days=59)
    given = company_of(tmp_path, tables, trials=(trial("small", "large"),), outcomes=(RETURN,))
    found = found_in(given, tmp_path, duckdb)
    for arm in ("small", "large"):
        one = pick(found, arm=arm)
        assert (one.n, one.n_missing) == (120, 40)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"deeds": []}, "no-arm"),
        ({"deeds": [deed(k, "none" if k % 2 else "small") for k in range(1, 241)]}, "no-arm"),
        ({"deeds": [deed(k, ARMS[k % 3]) for k in range(1, 46)]}, "withheld-small-group"),
        ({"deeds": [deed(k, ARMS[k % 3]) for k in range(1, 7)]}, "withheld-small-cell"),
        ({"orders": []}, "no-outcome"),
        ({"orders": [{"customer": 900, "at": after(1), "revenue": 1}]}, "all-equal"),
        ({"orders": [{"customer": 3 * k, "at": after(25), "revenue": 1} for k in range(1, 8)]}, "too-few"),
    ],
)
def test_an_experiment_that_cannot_be_told_gives_its_reason(
    tmp_path: Path, duckdb: Engine, change: dict[str, list[Row]], reason: str
) -> None:
    given = company_of(tmp_path, {**lot_of(), **change}, trials=(trial("small", "large"),), outcomes=(RETURN,))
    found = found_in(given, tmp_path, duckdb)
    one = pick(found)
    assert (one.estimate, one.lower, one.note) == (None, None, reason)
    if reason.endswith("cell"):
        assert one.n == 0
    kind = "withheld" if reason.startswith("withheld") else reason
    for locale in ("es", "en"):
        assert words.say(f"impact.reason.{kind}", locale) in found.summary(locale)
        assert found.chart(locale) is None


@pytest.mark.parametrize("table", ["orders", "opinions", "moments", "profiles"])
def test_a_table_that_is_not_loaded_leaves_the_others_read(tmp_path: Path, duckdb: Engine, table: str) -> None:
    tables = {name: rows for name, rows in lot_of().items() if name != table}
    given = company_of(tmp_path, tables, trials=(trial("small", "large"),), outcomes=OUTCOMES)
    found = found_in(given, tmp_path, duckdb)
    empty = {"orders": {"return", "revenue", "margin"}, "opinions": {"score"}, "moments": {"complaint"}}
    told = {
        one.dimensions["outcome"] for one in found.estimates if one.measure == "effect" and one.estimate is not None
    }
    assert told == {one.name for one in OUTCOMES} - empty.get(table, set())


def test_segments_are_told_and_small_ones_withheld(tmp_path: Path, duckdb: Engine) -> None:
    tables = lot_of(900, seed=3)
    for row in tables["profiles"][:30]:
        row["region"] = "island"
    given = company_of(tmp_path, tables, trials=(trial("small", "large", by="region"),), outcomes=(RETURN,))
    found = found_in(given, tmp_path, duckdb)
    parts = {
        (one.dimensions["arm"], one.dimensions["segment"]): one
        for one in found.estimates
        if one.measure == "effect_in_segment"
    }
    assert len(parts) == 6
    for (_, segment), one in parts.items():
        if segment == "island":
            assert (one.estimate, one.n, one.note) == (None, 0, "withheld-small-group")
        else:
            assert one.estimate is not None
            assert 0 <= one.extra["p_adjusted"] <= 1  # type: ignore[operator]
    for arm in ("small", "large"):
        whole = pick(found, arm=arm)
        assert sum(parts[arm, segment].n for segment in ("far", "near")) == whole.n - 20


def test_without_experiments_it_says_how_to_declare_one(tmp_path: Path, duckdb: Engine) -> None:
    found = found_in(company_of(tmp_path, lot_of(), trials=(), outcomes=(RETURN,)), tmp_path, duckdb)
    assert found.rows() == []
    for locale in ("es", "en"):
        assert found.summary(locale) == words.say("impact.experiments.empty", locale)


def test_what_an_arm_did_is_said_in_both_languages(tmp_path: Path, duckdb: Engine) -> None:
    tables = lot_of(600, seed=2)
    tables["orders"] += [
        {"customer": k, "at": after(30), "revenue": 10, "cost": 1} for k in range(1, 601) if k % 3 == 2
    ]
    given = company_of(tmp_path, tables, trials=(trial("small", "large"),), outcomes=(RETURN,))
    found = found_in(given, tmp_path, duckdb)
    assert "vouchers: “large” raises “return” by " in found.summary("en")
    assert "against “none”." in found.summary("en")
    assert "vouchers: whether “small” moves “return” against “none” cannot be told: " in found.summary("en")
    assert "vouchers: «large» hace subir «return» " in found.summary("es")
    assert "vouchers: no puede decirse si «small» cambia «return» frente a «none»: " in found.summary("es")
    assert found.chart("es") is not None
