"""What must be kept apart: outcomes known at other instants, groups too small to be told, windows, earlier arms."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa.impact import Experiments, experiments
from promesa.workspace import Label, Studies, Trial
from tests.chain.small import SMALL
from tests.impact.shops import AS_OF, RETURN, REVENUE, SATISFACTION, Truth, found_in, question, shop
from tests.measures.companies import Company, workspace_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

LATE = question(promise="arrives")


def test_an_answer_before_the_parcel_leaves_it_out_of_satisfaction_and_not_of_the_return(
    tmp_path: Path, duckdb: Engine
) -> None:
    small = shop(tmp_path, outcomes=(SATISFACTION, RETURN), asked=(LATE,))
    early = small.tables["opinions"][::5]
    for row in early:  # known before anything was delivered
        row["at"] -= timedelta(days=12)
    found = found_in(small, tmp_path, duckdb)
    n = {one.dimensions["outcome"]: one.n for one in found.estimates if one.measure == "effect"}
    assert n == {"satisfaction": 600 - len(early), "comes_back": 600}
    alone = found_in(small, tmp_path, duckdb, outcome="comes_back")
    assert found.find("effect", outcome="comes_back") == replace_p(alone.find("effect"), found, "comes_back")


def replace_p(one: Any, found: Any, outcome: str) -> Any:
    """Return a figure with the p-value adjusted for as many as another answer looked at."""
    extra = {**one.extra, "p_adjusted": found.find("effect", outcome=outcome).extra["p_adjusted"]}
    return replace(one, extra=extra)


def test_an_outcome_that_never_varies_takes_no_other_with_it(tmp_path: Path, duckdb: Engine) -> None:
    small = shop(tmp_path, outcomes=(RETURN, SATISFACTION, REVENUE), asked=(LATE,), truth=Truth(again=1.0))
    found = found_in(small, tmp_path, duckdb)
    rows = {one.dimensions["outcome"]: one for one in found.estimates if one.measure == "effect"}
    assert (rows["comes_back"].estimate, rows["comes_back"].note) == (None, "all-equal")
    assert rows["satisfaction"].estimate is not None
    assert rows["revenue_after"].estimate is not None
    assert found.find("placebo") is None or found.find("placebo").dimensions["outcome"] != "comes_back"  # type: ignore[union-attr]


def test_each_outcome_has_the_confounder_that_is_strongest_for_it(tmp_path: Path, duckdb: Engine) -> None:
    small = shop(
        tmp_path, outcomes=(SATISFACTION, REVENUE), asked=(LATE,), confounders=("region", "price"), customers=400
    )
    dear = {row["journey"]: row["revenue"] for row in small.tables["orders"] if row.get("journey")}
    for k, row in enumerate(small.tables["moments"]):  # half of what is dear comes late as well
        if k % 2 and row["touchpoint"] == "delivery" and dear[row["journey"]] > 110:
            row["delivered"] = row["at"] = row["promised"] + timedelta(hours=30)
    found = found_in(small, tmp_path, duckdb)
    strong = {one.dimensions["outcome"]: one for one in found.estimates if one.measure == "as_strong_as"}
    assert {name: one.extra["confounder"] for name, one in strong.items()} == {
        "satisfaction": "region",
        "revenue_after": "price",
    }


def test_an_effect_is_told_by_a_trait_that_is_no_confounder(tmp_path: Path, duckdb: Engine) -> None:
    asked = question(promise="arrives", by="region")
    small = shop(tmp_path, customers=500, asked=(asked,), confounders=("price",), truth=Truth(late_near=0.3))
    found = found_in(small, tmp_path, duckdb)
    parts = {one.dimensions["segment"] for one in found.estimates if one.measure == "effect_in_segment"}
    assert parts == {"far", "near"}
    assert "region" in str(found.find("effect").extra["adjusted_for"])  # type: ignore[union-attr]


def test_a_side_smaller_than_the_smallest_group_is_not_told(tmp_path: Path, duckdb: Engine) -> None:
    small = shop(tmp_path, asked=(LATE,), late=lambda far, lot: lot < 0.12, min_group=100)  # noqa: ARG005
    found = found_in(small, tmp_path, duckdb)
    [one] = found.estimates
    assert (one.estimate, one.note) == (None, "too-few")


def test_a_segment_of_few_customers_who_come_often_is_withheld(tmp_path: Path, duckdb: Engine) -> None:
    asked = question(promise="arrives", by="region")
    small = shop(tmp_path, customers=400, asked=(asked,), truth=Truth(late_near=0.5))
    few = {1, 2, 3}
    for row in small.tables["profiles"]:
        row["region"] = "island" if row["customer"] in few else row["region"]
    for table in ("moments", "opinions", "orders"):  # the journeys of two hundred are those of three
        for row in small.tables[table]:
            row["customer"] = 1 + row["customer"] % 3 if row["customer"] < 200 else row["customer"]
    found = found_in(small, tmp_path, duckdb)
    part = found.find("effect_in_segment", segment="island")
    assert part is not None
    assert (part.estimate, part.lower, part.n, part.note) == (None, None, 0, "withheld-small-cell")
    assert "n_acted" not in part.extra


@pytest.mark.parametrize(("photos", "said"), [((0.0, 1.0), "where it is so"), ((0.1, 0.4, 0.8), "One unit more")])
def test_a_share_is_told_per_unit_and_a_yes_or_no_as_one(
    tmp_path: Path, duckdb: Engine, photos: tuple[float, ...], said: str
) -> None:
    shares = SMALL.replace('unit = "count"', 'unit = "fraction"')
    small = shop(tmp_path, asked=(question(element="photos"),))
    model = replace(workspace_of(tmp_path, model=shares).model, studies=small.workspace.model.studies)
    small = replace(small, workspace=replace(small.workspace, model=model))
    for k, row in enumerate(small.tables["moments"]):
        if "photos" in row:
            row["photos"] = photos[k % len(photos)]
    rising = {row["journey"]: row["photos"] for row in small.tables["moments"] if "photos" in row}
    for row in small.tables["opinions"]:
        row["score"] += 2 * rising.get(row["journey"], 0.0)
    found = found_in(small, tmp_path, duckdb)
    one = found.find("effect")
    assert one is not None
    assert one.extra["unit_of_cause"] == "fraction"
    assert (one.extra["n_acted"] is None) == (said == "One unit more")
    assert said in found.summary("en")


# Experiments

NONE, LETTER = "none", "letter"
MAILING = Trial(name="mailing", label=Label(es="Cartas", en="Letters"), arms=(LETTER,), control=NONE)
LOT = datetime(2018, 3, 1, 12)


def mailing(
    folder: Path, *, customers: int = 400, seed: int = 1, share: float = 0.5, trial: Trial = MAILING, **settings: Any
) -> Company:
    """Return a company that wrote letters by lot: half of those who got one came back, and a fifth of the others."""
    rng = np.random.default_rng(seed)
    tables: dict[str, list[dict[str, Any]]] = {"deeds": [], "orders": [], "moments": []}
    for customer in range(1, customers + 1):
        arm = LETTER if rng.random() < share else NONE
        tables["deeds"].append({"at": LOT, "customer": customer, "action": arm, "kind": "sent"})
        if rng.random() < (0.5 if arm == LETTER else 0.2):
            tables["orders"].append(
                {"at": LOT + timedelta(days=5), "customer": customer, "revenue": 10, "cost": 4, "channel": "web"}
            )
    given: dict[str, Any] = {"min_group": 20, "min_cell": 5, **settings}
    workspace = workspace_of(folder, model=SMALL, **given)
    studies = Studies(outcomes={"comes_back": RETURN}, experiments={trial.name: trial})
    workspace = replace(workspace, model=replace(workspace.model, studies=studies))
    return Company(workspace=workspace, tables=tables, as_of=AS_OF)


def told(small: Company, folder: Path, engine: Engine, **given: Any) -> Experiments:
    return experiments(small.workspace, facts=small.facts(folder, engine=engine), **given)


def test_each_window_has_its_own_customers(tmp_path: Path, duckdb: Engine) -> None:
    small = mailing(tmp_path)
    for row in small.tables["deeds"][:100]:
        row["at"] = datetime(2018, 5, 1)
    facts = small.facts(tmp_path, engine=duckdb)
    sizes = [
        experiments(small.workspace, facts=facts, **window).find("sample_ratio").n  # type: ignore[union-attr]
        for window in ({}, {"until": "2018-04-01"}, {"since": "2018-04-01"})
    ]
    assert sizes == [400, 300, 100]


def test_an_arm_of_before_the_window_counts_as_one(tmp_path: Path, duckdb: Engine) -> None:
    small = mailing(tmp_path)
    first = small.tables["deeds"][:10]
    other = [
        {**row, "at": datetime(2018, 1, 1), "action": NONE if row["action"] == LETTER else LETTER} for row in first
    ]
    small = small.with_tables(deeds=[*small.tables["deeds"], *other])
    whole = told(small, tmp_path, duckdb).find("sample_ratio")
    later = told(small, tmp_path, duckdb, since="2018-02-01").find("sample_ratio")
    assert whole is not None
    assert later is not None
    assert (whole.n, whole.extra["left_out"]) == (390, 10)
    assert later.n == 390  # those drawn before are not those of this lot, and still had another arm


def test_what_is_not_by_lot_is_not_called_an_experiment(tmp_path: Path, duckdb: Engine) -> None:
    found = told(mailing(tmp_path, share=0.3), tmp_path, duckdb)
    ratio, effect = found.find("sample_ratio"), found.find("effect")
    assert ratio is not None
    assert effect is not None
    assert ratio.extra["trustworthy"] is False
    assert (effect.evidence, effect.note) == ("associated", "not-a-lot")
    assert {one.evidence for one in found.estimates} == {"described", "associated"}
    for locale in ("en", "es"):
        assert "%" not in found.summary(locale)
        assert "pp" not in found.summary(locale)
    lot = told(mailing(tmp_path, share=0.3, trial=replace(MAILING, shares=(0.7, 0.3))), tmp_path, duckdb)
    assert lot.find("sample_ratio").extra["trustworthy"] is True  # type: ignore[union-attr]
    assert lot.find("effect").evidence == "experiment"  # type: ignore[union-attr]
    assert lot.find("effect").lower < 0.3 < lot.find("effect").upper  # type: ignore[union-attr, operator]


def test_no_row_holds_what_is_no_number(tmp_path: Path, duckdb: Engine) -> None:
    small = mailing(tmp_path, trial=replace(MAILING, by="region"))
    small = small.with_tables(
        profiles=[{"at": datetime(2017, 1, 1), "customer": k, "region": "far"} for k in range(1, 31)]
    )
    rows = [*told(small, tmp_path, duckdb).rows()]
    rows += found_in(shop(tmp_path, asked=(question(promise="arrives", by="region"),)), tmp_path, duckdb).rows()
    assert [row for row in rows for value in row.values() if value != value] == []  # noqa: PLR0124 (NaN is not itself)
    assert any(row["measure"] == "effect_in_segment" for row in rows)


@pytest.mark.parametrize("empty", ["deeds", "orders"])
def test_a_company_without_deeds_or_orders_is_told_so(tmp_path: Path, duckdb: Engine, empty: str) -> None:
    found = told(mailing(tmp_path).with_tables(**{empty: []}), tmp_path, duckdb)
    effects = [one for one in found.estimates if one.measure == "effect"]
    assert [(one.estimate, one.note) for one in effects] == [(None, "no-arm" if empty == "deeds" else "no-outcome")]
    assert found.chart("en") is None
    assert "Cartas: " in found.summary("es")


def test_an_outcome_that_only_another_arm_has_is_not_compared(tmp_path: Path, duckdb: Engine) -> None:
    three = replace(MAILING, arms=(LETTER, "call"))
    small = mailing(tmp_path, trial=three)
    called = {row["customer"] for row in small.tables["deeds"][::3]}
    for row in small.tables["deeds"]:
        row["action"] = "call" if row["customer"] in called else row["action"]
    orders = [row for row in small.tables["orders"] if row["customer"] in called]
    found = told(small.with_tables(orders=orders), tmp_path, duckdb)
    assert [(one.estimate, one.note) for one in found.estimates if one.measure == "effect"] == [(None, "all-equal")]
