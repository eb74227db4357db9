"""Effects as a model asks for them: which rows and columns stand behind each, what is refused, and how it is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa import words
from promesa.errors import UnknownName
from promesa.impact import Effects, designs, effects
from promesa.stats import AdjustmentSettings, adjusted_effects
from promesa.workspace import DriverSettings, Studies
from tests.experience import reference
from tests.impact.shops import COMPLAINT, RETURN, SATISFACTION, Truth, found_in, question, shop
from tests.measures.companies import company
from tests.measures.plain import World

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.results import Estimate
    from promesa.workspace import EffectQuestion

SETTINGS = AdjustmentSettings(seed=1, learners=("linear",))


def effect_of(found: Effects, measure: str = "effect", **where: Any) -> Estimate:
    one = found.find(measure, **where)
    assert one is not None
    return one


# The rows and columns against plain loops

CONFOUNDERS = ("price", "earlier_orders", "region", "segment")
ASKED: list[tuple[EffectQuestion, str, list[str]]] = [
    # Of touchpoints strictly before delivery: `wait_minutes` and `quick` are also lived at support, which is after.
    (question(promise="arrives"), "p_arrives", ["e_photos", "m_browse", "m_payment"]),
    (question(promise="arrives", adjust_for=("wait_minutes",)), "p_arrives", ["e_wait_minutes"]),
    (question(element="wait_minutes"), "e_wait_minutes", ["e_photos", "m_browse"]),
    (question(element="days_late"), "e_days_late", ["e_photos", "m_browse", "m_payment"]),
]


def columns_of(rows: list[dict[str, Any]], before: list[str]) -> np.ndarray:
    """Return what is adjusted for, by loops: numbers, marks of values, and what was lived before with its presence."""
    columns: list[list[float]] = []
    for name in ("price", "earlier_orders"):
        columns += reference.scaled([row[name] for row in rows])
    for name in ("region", "segment"):
        counts = Counter(row[name] for row in rows)
        usual = sorted(counts, key=lambda value: (-counts[value], value or ""))
        columns += [[float(row[name] == value) for row in rows] for value in usual[1:]]
    return np.array(columns).T


def before_of(rows: list[dict[str, Any]], names: list[str]) -> list[list[float]]:
    columns: list[list[float]] = []
    for name in names:
        there = [row[name] for row in rows if row[name] is not None]
        if not there:
            continue
        mean = float(np.mean(there))
        columns.append([0.0 if row[name] is None else row[name] - mean for row in rows])
        if len(there) < len(rows):
            columns.append([float(row[name] is not None) for row in rows])
    return columns


@pytest.mark.parametrize(
    ("asked", "column", "before"),
    [*ASKED[1:3], *(pytest.param(*one, marks=pytest.mark.slow) for one in (ASKED[0], ASKED[3]))],
)
def test_an_effect_is_that_of_the_rows_and_columns_that_loops_select(
    tmp_path: Path, duckdb: Engine, asked: EffectQuestion, column: str, before: list[str]
) -> None:
    small = company(tmp_path, seed=3, size=10)
    studies = Studies(
        outcomes={"comes_back": RETURN}, effects={"asked": asked}, drivers=DriverSettings(confounders=CONFOUNDERS)
    )
    workspace = replace(small.workspace, model=replace(small.workspace.model, studies=studies))
    small = replace(small, workspace=workspace)
    found = found_in(small, tmp_path, duckdb)
    table, unknown = reference.table(World(small), RETURN)
    every = [row for _, row in sorted(table.items())]
    lived = [k for k, row in enumerate(every) if row[column] is not None]
    mine = [every[k] for k in lived]
    behind = np.column_stack([columns_of(every, before)[lived], *before_of(mine, before)])
    behind = behind[:, behind.std(axis=0) > 1e-9]
    [expected] = adjusted_effects(
        [row["came"] for row in mine],
        [row[column] for row in mine],
        confounders=behind,
        settings=SETTINGS,
        units=[row["customer"] for row in mine],
    )
    one = effect_of(found)
    assert (one.n, one.n_missing, one.extra["n_lived"]) == (len(mine), unknown, len(mine))
    assert one.estimate == pytest.approx(expected.effect.estimate, rel=1e-6)
    assert (one.lower, one.upper) == pytest.approx(tuple(expected.effect.interval), rel=1e-6)
    plain = effect_of(found, "unadjusted")
    assert plain.estimate == pytest.approx(expected.unadjusted.estimate, rel=1e-9)
    assert (one.evidence, plain.evidence) == ("adjusted", "associated")
    assert effect_of(found, "robustness").estimate == pytest.approx(expected.robustness.value, rel=1e-6)
    assert effect_of(found, "overlap").estimate == pytest.approx(expected.overlap.outside)
    told = set(str(one.extra["adjusted_for"]).split(", "))
    assert told <= {*CONFOUNDERS, *(name[2:] for name in before)}
    assert {name[2:] for name in before} <= told
    assert found.find("effect_on_all") is None or asked.promise


# What can and cannot be told


def reason_in(found: Effects, **where: Any) -> str | None:
    one = effect_of(found, **where)
    assert one.estimate is None
    assert one.lower is None
    return one.note


BROKEN = question(promise="arrives")


def never(far: bool, lot: float) -> bool:
    return False


def always(far: bool, lot: float) -> bool:
    return True


def seldom(far: bool, lot: float) -> bool:
    return lot < 0.02


def far_away(far: bool, lot: float) -> bool:
    return far


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"late": never}, "never-varied"),
        ({"late": always}, "never-varied"),
        ({"late": seldom}, "too-few"),
        ({"late": far_away}, "no-comparison"),
        ({"customers": 6}, "withheld-small-group"),
        ({"customers": 3}, "withheld-small-cell"),
        ({"truth": Truth(again=0.0), "outcomes": (RETURN,)}, "all-equal"),
        ({"truth": Truth(again=0.01), "outcomes": (RETURN,)}, "too-few"),
        ({"orders": False, "outcomes": (RETURN,)}, "no-data"),
        ({"answers": 0.0}, "no-data"),
    ],
)
def test_an_effect_that_cannot_be_told_gives_its_reason(
    tmp_path: Path, duckdb: Engine, given: dict[str, Any], reason: str
) -> None:
    found = found_in(shop(tmp_path, asked=(BROKEN,), **given), tmp_path, duckdb)
    assert reason_in(found) == reason
    assert len(found.estimates) == 1
    if reason.endswith("cell"):
        assert found.estimates[0].n == 0
    for locale in ("es", "en"):
        kind = "withheld" if reason.startswith("withheld") else reason
        assert words.say(f"impact.reason.{kind}", locale) in found.summary(locale)
        assert found.chart(locale) is None


def test_an_unknown_outcome_is_named(tmp_path: Path, duckdb: Engine) -> None:
    small = shop(tmp_path, customers=40)
    with pytest.raises(UnknownName):
        effects(small.workspace, outcome="satisfacion", facts=small.facts(tmp_path, engine=duckdb))


def test_what_the_leak_guard_refused_has_its_reason(tmp_path: Path, duckdb: Engine) -> None:
    asked = (question(name="waits", element="wait_minutes"), question(name="late", promise="arrives"))
    found = found_in(shop(tmp_path, outcomes=(COMPLAINT, SATISFACTION), asked=asked), tmp_path, duckdb)
    assert reason_in(found, effect="waits", outcome="complains") == "is-the-outcome"
    assert effect_of(found, effect="waits", outcome="satisfaction").estimate is not None
    assert effect_of(found, effect="late", outcome="complains").estimate is not None
    assert words.say("impact.reason.is-the-outcome", "en") not in found.summary("en")  # another outcome has a figure


def test_what_is_left_out_of_the_model_is_said(tmp_path: Path, duckdb: Engine) -> None:
    small = shop(tmp_path, asked=(BROKEN,))
    studies = replace(small.workspace.model.studies, drivers=DriverSettings(leave_out=("arrives",)))
    model = replace(small.workspace.model, studies=studies)
    small = replace(small, workspace=replace(small.workspace, model=model))
    assert reason_in(found_in(small, tmp_path, duckdb)) == "left-out"


def test_without_effects_asked_each_promise_is(tmp_path: Path, duckdb: Engine) -> None:
    found = found_in(shop(tmp_path), tmp_path, duckdb)
    assert {row["effect"] for row in found.rows()} == {"arrives"}
    nothing = found_in(shop(tmp_path, outcomes=()), tmp_path, duckdb)
    assert nothing.rows() == []
    assert nothing.summary("en") == words.say("impact.effects.empty", "en")


# What is told


def test_the_effect_of_a_broken_promise_is_found_and_the_plain_difference_is_not_it(
    tmp_path: Path, duckdb: Engine
) -> None:
    found = found_in(shop(tmp_path, customers=600, asked=(BROKEN,), truth=Truth(effect=-1, far=-1)), tmp_path, duckdb)
    one, plain = effect_of(found), effect_of(found, "unadjusted")
    assert one.lower is not None
    assert one.upper is not None
    assert one.lower < -1 < one.upper
    assert plain.upper is not None
    assert plain.upper < -1.1
    assert (one.extra["kind"], one.extra["estimand"], one.extra["sampled"]) == ("promise", "on_treated", False)
    assert effect_of(found, "imbalance").estimate is not None
    strong = effect_of(found, "as_strong_as")
    assert strong.extra["confounder"] == "region"
    en, es = found.summary("en"), found.summary("es")
    assert en.startswith("Breaking the promise “Arrives on the day given” lowers “Satisfaction” by ")
    assert "as strong as “region”" in en
    assert es.startswith("Romper la promesa «Llega el día dicho» hace bajar «Satisfacción» ")
    assert found.chart("es") is not None


def test_two_effects_of_one_promise_are_told_once(tmp_path: Path, duckdb: Engine) -> None:
    asked = (question("lateness", promise="arrives"), question("lateness_by_region", promise="arrives", by="region"))
    found = found_in(shop(tmp_path, customers=300, asked=asked), tmp_path, duckdb)
    assert effect_of(found, effect="lateness_by_region").estimate == effect_of(found, effect="lateness").estimate
    for locale in ("es", "en"):
        assert found.summary(locale).count("Arrives on the day given" if locale == "en" else "Llega el día dicho") == 1


def test_an_element_is_told_per_unit_among_those_that_lived_it(tmp_path: Path, duckdb: Engine) -> None:
    asked = question(element="wait_minutes")
    found = found_in(
        shop(tmp_path, customers=500, asked=(asked,), truth=Truth(minute=-0.1, effect=-0.5)), tmp_path, duckdb
    )
    one = effect_of(found)
    assert 350 < one.n < 450  # four in ten of a thousand
    assert one.extra["estimand"] == "per_unit"
    assert one.lower is not None
    assert one.upper is not None
    assert one.lower < -0.1 < one.upper < 0
    assert found.find("effect_on_all") is None
    assert found.summary("en").startswith("One unit more of “wait minutes” lowers “Satisfaction” by 0.")
    assert found.summary("es").startswith("Cada unidad más de «wait minutes» hace bajar «Satisfacción» 0,")


def test_a_change_of_a_share_is_told_in_percentage_points(tmp_path: Path, duckdb: Engine) -> None:
    truth = Truth(again=0.6, again_late=-0.4)
    small = shop(tmp_path, customers=400, outcomes=(RETURN,), asked=(BROKEN,), truth=truth)
    found = found_in(small, tmp_path, duckdb)
    one = effect_of(found)
    assert one.estimate is not None
    shown = words.number(-100 * one.estimate, "en", decimals=1)
    assert f"lowers “Buys again” by {shown} pp (" in found.summary("en")
    assert f"hace bajar «Vuelve a comprar» {shown.replace('.', ',')} pp (" in found.summary("es")


def test_an_effect_that_may_be_none_is_not_told_as_one(tmp_path: Path, duckdb: Engine) -> None:
    found = found_in(shop(tmp_path, asked=(BROKEN,), truth=Truth(effect=0.0)), tmp_path, duckdb)
    assert effect_of(found, "unadjusted").upper < 0  # type: ignore[operator]
    for locale, start in (("en", "Whether breaking the promise"), ("es", "No puede decirse si romper la promesa")):
        assert found.summary(locale).startswith(start)


def test_segments_are_told_apart_and_small_ones_withheld(tmp_path: Path, duckdb: Engine) -> None:
    asked = question(promise="arrives", by="region")
    small = shop(tmp_path, customers=500, asked=(asked,), truth=Truth(late_near=0.3))
    for row in small.tables["profiles"][:12]:
        row["region"] = "island"
    small.tables["profiles"][20]["region"] = "moon"
    found = found_in(small, tmp_path, duckdb)
    parts = {one.dimensions["segment"]: one for one in found.estimates if one.measure == "effect_in_segment"}
    assert set(parts) == {"far", "near", "island", "moon"}
    for name in ("far", "near"):
        one = parts[name]
        assert one.lower < -1 < one.upper  # type: ignore[operator]
        assert 0 <= one.extra["p_adjusted"] <= 1  # type: ignore[operator]
    assert [(parts[k].estimate, parts[k].note, parts[k].n) for k in ("island", "moon")] == [
        (None, "withheld-small-group", 24),
        (None, "withheld-small-cell", 0),
    ]
    assert sum(parts[k].n for k in ("far", "near")) + 26 == effect_of(found).n


def test_p_values_are_adjusted_for_all_that_is_asked(tmp_path: Path, duckdb: Engine) -> None:
    asked = (question(name="late", promise="arrives"), question(name="waits", element="wait_minutes"))
    found = found_in(shop(tmp_path, outcomes=(SATISFACTION, RETURN), asked=asked), tmp_path, duckdb)
    rows = [row for row in found.rows() if row["measure"] == "effect"]
    assert len(rows) == 4
    p = sorted((float(str(row["p_value"])), float(str(row["p_adjusted"]))) for row in rows)
    expected = np.minimum.accumulate([p[k][0] * 4 / (k + 1) for k in reversed(range(4))])[::-1]
    assert [one for _, one in p] == pytest.approx(np.minimum(expected, 1).tolist())


def test_the_placebo_stands_once_an_effect_beside_the_outcome_known_most(tmp_path: Path, duckdb: Engine) -> None:
    small = shop(
        tmp_path, answers=0.5, outcomes=(SATISFACTION, RETURN), asked=(BROKEN,),
        confounders=("region", "earlier_orders", "tenure"),
    )  # fmt: skip
    found = found_in(small, tmp_path, duckdb)
    placebos = [one for one in found.estimates if one.measure == "placebo"]
    assert [one.dimensions["outcome"] for one in placebos] == ["comes_back"]
    assert placebos[0].unit == "count"


def test_the_order_of_rows_makes_no_difference(tmp_path: Path, duckdb: Engine) -> None:
    small = shop(
        tmp_path, customers=200, outcomes=(SATISFACTION, RETURN), asked=(question(promise="arrives", by="region"),)
    )
    turned = small.with_tables(**{name: rows[::-1] for name, rows in small.tables.items()})
    first, second = (found_in(one, tmp_path, duckdb).rows() for one in (small, turned))
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        assert one.keys() == other.keys()
        for key, value in one.items():
            same = other[key]
            assert (pytest.approx(value, rel=1e-8, abs=1e-12) if isinstance(value, float) else value) == same, key


def test_the_rows_of_one_customer_are_one_cluster_also_where_records_were_linked(
    tmp_path: Path, duckdb: Engine
) -> None:
    apart = shop(tmp_path, customers=300, journeys=1, asked=(BROKEN,), confounders=("channel",))
    since, until = datetime(2010, 1, 1), datetime(2030, 1, 1)
    persons = [
        {"customer": one, "person": one - (one % 2 == 0), "since": since, "until": until} for one in range(1, 301)
    ]
    whose = {row["customer"]: row["person"] for row in persons}
    merged = {
        name: [{**row, "customer": whose[row["customer"]]} for row in rows] for name, rows in apart.tables.items()
    }
    linked, same = apart.with_tables(persons=persons), apart.with_tables(**merged)
    one, two, other = (effect_of(found_in(small, tmp_path, duckdb)) for small in (linked, same, apart))
    assert one.n == other.n == 300
    assert (one.estimate, one.lower) == (two.estimate, two.lower)
    assert one.lower != other.lower


def test_above_the_most_rows_whole_customers_are_drawn_and_said(
    tmp_path: Path, duckdb: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = shop(tmp_path, customers=500, asked=(BROKEN,))
    whole = effect_of(found_in(small, tmp_path, duckdb))
    monkeypatch.setattr(designs, "MOST_ROWS", 500)
    found = found_in(small, tmp_path, duckdb)
    one = effect_of(found)
    assert (whole.n, whole.extra["sampled"]) == (1000, False)
    assert (one.extra["n_lived"], one.extra["sampled"]) == (1000, True)
    assert 400 < one.n < 600
    assert one.n % 2 == 0  # both journeys of each customer
    assert one.lower < -1 < one.upper  # type: ignore[operator]
    assert "out of 1,000" in found.summary("en")
    assert "de 1.000 en total" in found.summary("es")
    assert "out of" not in found_in(shop(tmp_path, customers=100, asked=(BROKEN,)), tmp_path, duckdb).summary("en")
