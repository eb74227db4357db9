"""What-if against a company whose truth is known, and at its edges."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa import chain, words
from promesa.chain.fits import design, events_of, fit
from promesa.chain.system import System, kept_outcome
from promesa.errors import NothingAnalysed, UnknownName, ValueOutOfRange
from promesa.experience import lived
from promesa.measures import ask
from promesa.results import Estimate, Result
from promesa.simulate.journeys import DELIVERY
from tests.chain.simulated import after, feature, journeys, lived_of
from tests.chain.small import SMALL, company_of
from tests.examples.olist_answers import workspace_of as olist_of
from tests.examples.olist_files import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promesa.chain.fits import Fit
    from promesa.engine import Engine
    from promesa.simulate.journeys import Journeys


@pytest.fixture(scope="module")
def world() -> Journeys:
    return after(journeys(customers=5000, seed=3))


@pytest.fixture(scope="module")
def fitted(world: Journeys) -> Fit:
    return fit(lived_of(world, world.satisfaction), min_group=30, min_cell=5, seed=1)


def place(one: Fit, name: str, kind: str) -> int:
    return next(k for k, f in enumerate(one.features) if (f.name, f.kind) == (name, kind))


def document(one: Fit, *, synergies: list[dict[str, Any]] | None = None, per_year: int = 1000) -> dict[str, Any]:
    """Return the document of one outcome, as a system keeps it."""
    outcome = lived_of(journeys(customers=20, seed=1), np.zeros(1)).outcome
    return {
        "as_of": "2026-06-30T00:00:00",
        "store_version": "1",
        "confidence_level": 0.95,
        "system": {
            "currency": "EUR",
            "journeys_per_year": per_year,
            "confounders": list(one.confounders),
            "labels": {},
            "synergies": synergies or [],
            "outcomes": [kept_outcome(outcome, one, unit="score", samples=200)],
        },
    }


# Against the truth of the simulated company


def test_the_total_effect_of_lateness_has_what_goes_through_the_call_and_not_what_stands_behind(
    world: Journeys, fitted: Fit
) -> None:
    delivered = world.fulfilment == DELIVERY
    truth = float((after(world, late=True).satisfaction - after(world, late=False).satisfaction)[delivered].mean())
    k = place(fitted, "arrives_by_date", "promise")
    estimate, error = float(fitted.total[0, k]), float(fitted.total[1:, k].std())
    score = world.satisfaction
    naive = float(score[delivered & world.late].mean() - score[delivered & ~world.late].mean())
    assert abs(estimate - truth) < 2.5 * error
    assert abs(naive - truth) > 4 * error
    assert abs(estimate - truth) < abs(naive - truth) / 3


def test_lateness_leads_to_calls(world: Journeys, fitted: Fit) -> None:
    delivered = world.fulfilment == DELIVERY
    truth = (after(world, late=True).contacted.mean() - after(world, late=False).contacted.mean()) / delivered.mean()
    found = fitted.onward[:, place(fitted, "arrives_by_date", "promise"), place(fitted, "support", "met")]
    assert abs(found[0] - truth) < 3 * found[1:].std()


def test_what_if_of_two_at_once_is_what_intervening_on_both_does(world: Journeys, fitted: Fit) -> None:
    table = lived_of(world, world.satisfaction)
    late, resolved = table.column("arrives_by_date"), table.column("resolved")
    both = ~np.isnan(late) & ~np.isnan(resolved)
    synergy = {
        "outcome": "satisfaction",
        "first": "arrives_by_date",
        "first_kind": "promise",
        "second": "resolved",
        "second_kind": "element",
        "coefficient": 0.85,  # late and a bad call: -1 on the phone, 85 % of the contacts
        "lower": 0.75,
        "upper": 0.95,
        "n": int(both.sum()),
        "both": float(both.mean()),
        "mean_first": float(np.where(both, late, 0).mean()),
        "mean_second": float(np.where(both, resolved, 0).mean()),
        "mean_product": float(np.where(both, late * resolved, 0).mean()),
    }
    now = world.satisfaction.mean()
    of_late = float(after(world, late=False).satisfaction.mean() - now)
    of_call = float(after(world, resolved=True).satisfaction.mean() - now)
    truth = float(after(world, late=False, resolved=True).satisfaction.mean() - now)
    found = chain.what_if(document(fitted, synergies=[synergy]), {"arrives_by_date": 0, "resolved": 1})
    alone = [found.find("change", feature=name) for name in ("arrives_by_date", "resolved", "together")]
    assert [row.estimate for row in alone if row] == pytest.approx([of_late, of_call, truth], abs=0.012)
    extra = found.find("synergy")
    assert extra is not None
    assert extra.estimate is not None
    assert extra.estimate < 0  # once none is late, a bad call does less harm
    parts = [row.estimate for row in found.estimates if row.measure in ("part", "synergy")]
    assert sum(value or 0.0 for value in parts) == pytest.approx(alone[2].estimate if alone[2] else None)
    plain = chain.what_if(document(fitted), {"arrives_by_date": 0, "resolved": 1}).find("change", feature="together")
    assert plain is not None
    assert abs((plain.estimate or 0) - truth) > abs((alone[2].estimate if alone[2] else 0) - truth)  # type: ignore[operator]


def test_one_that_acts_through_another_is_not_counted_twice(fitted: Fit) -> None:
    found = chain.what_if(document(fitted), ["arrives_by_date=0", "support=10%"])
    alone, part = (found.find(m, feature="arrives_by_date") for m in ("change", "part"))
    assert alone is not None
    assert part is not None
    assert alone.estimate != pytest.approx(part.estimate)


@pytest.mark.slow
def test_intervals_of_a_total_effect_cover_the_truth() -> None:
    inside: list[bool] = []
    truths: list[float] = []
    fits: list[tuple[float, float]] = []
    for seed in range(200):
        world = after(journeys(customers=1500, seed=100 + seed), seed=seed)
        delivered = world.fulfilment == DELIVERY
        changed = after(world, late=True).satisfaction - after(world, late=False).satisfaction
        truths.append(float(changed[delivered].mean()))
        one = fit(lived_of(world, world.satisfaction), min_group=30, min_cell=5, seed=seed)
        k = place(one, "arrives_by_date", "promise")
        fits.append((float(one.total[0, k]), float(one.total[1:, k].std(ddof=1))))
    truth = float(np.mean(truths))
    inside = [abs(estimate - truth) < 1.966 * error for estimate, error in fits]
    assert 0.92 <= np.mean(inside) <= 0.98, np.mean(inside)


# The order in which things are lived


def test_touchpoints_of_one_stage_that_share_an_element_are_one_event() -> None:
    features = [
        feature("till", "met", "till"),
        feature("stock", "element", "till"),
        feature("web", "met", "web"),
        feature("delivery", "met", "delivery"),
    ]
    assert events_of(features) == [0, 0, 1, 2]
    shared = [features[0], replace_touchpoints(features[1], "till", "web"), *features[2:]]
    assert events_of(shared) == [0, 0, 0, 2]


def replace_touchpoints(one: Any, *names: str) -> Any:
    from dataclasses import replace

    return replace(one, touchpoints=names)


def test_whether_a_touchpoint_was_met_comes_before_what_was_lived_there(world: Journeys) -> None:
    found = design(lived_of(world, world.satisfaction), least=30)
    order = [(f.kind, f.name) for f in found.features]
    assert order.index(("met", "support")) < order.index(("element", "wait_minutes"))
    assert (np.diff(found.groups) >= 0).all()
    assert (np.diff(found.of_columns) >= 0).all()


def test_a_parcel_that_never_came_is_a_broken_promise_and_not_another_kind_of_journey(world: Journeys) -> None:
    rng = np.random.default_rng(6)
    table = lived_of(world, world.satisfaction)
    lost = (table.column("arrives_by_date") == 1) & (rng.random(table.n) < 0.5)
    table.values[lost, table.place("delivery")] = 0.0  # they waited for it, and did not meet it
    table.came[lost] -= 2.0
    found = design(table, least=30)
    groups = {(f.kind, f.name): group for f, group in zip(found.features, found.groups, strict=True)}
    assert groups["met", "delivery"] == groups["promise", "arrives_by_date"]
    one = fit(table, min_group=30, min_cell=5, seed=1, replicates=30)
    delivered = world.fulfilment == DELIVERY
    truth = float((after(world, late=True).satisfaction - after(world, late=False).satisfaction)[delivered].mean())
    estimate = float(one.total[0, place(one, "arrives_by_date", "promise")])
    assert estimate == pytest.approx(truth - 2.0 * lost.sum() / np.nansum(table.column("arrives_by_date")), abs=0.12)


# What is asked


def test_levels_steps_and_percents_say_the_same(fitted: Fit) -> None:
    kept = document(fitted)
    now = fitted.seen[place(fitted, "wait_minutes", "element")].mean
    level = chain.what_if(kept, {"wait_minutes": float(f"{now:.6g}") - 0.5})
    for text in ("wait_minutes-=0.5", "wait_minutes += -0.5", " wait_minutes-=0,5 "):
        found = chain.what_if(kept, text)
        assert [e.estimate for e in found.estimates] == pytest.approx([e.estimate for e in level.estimates])
    assert chain.what_if(kept, "arrives_by_date=3%").rows() == chain.what_if(kept, {"arrives_by_date": 0.03}).rows()


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ("arrives_by_date=1.2", ValueOutOfRange, "from 0 to 1"),
        ("arrives_by_date=-5%", ValueOutOfRange, "from 0 to 1"),
        ("wait_minutes=300", ValueOutOfRange, "98 %"),
        ("wait_minutes=10%", ValueOutOfRange, "leave the percent sign out"),
        ("arrives_by_date", ValueOutOfRange, "NAME=LEVEL"),
        ("arrives_by_date=few", ValueOutOfRange, "NAME=LEVEL"),
        (["arrives_by_date=0", "arrives_by_date=0.1"], ValueOutOfRange, "each name once"),
        ([], ValueOutOfRange, "no change"),
        ("arrives_by_dat=0", UnknownName, "did you mean 'arrives_by_date'?"),
    ],
)
def test_what_cannot_be_answered_says_why(fitted: Fit, changes: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error) as raised:
        chain.what_if(document(fitted), changes)
    assert said in str(raised.value)


def test_a_feature_that_never_varied_is_told_apart_from_an_unknown_one(world: Journeys) -> None:
    table = lived_of(world, world.satisfaction)
    table.values[:, 0] = 1.0
    one = fit(table, min_group=30, min_cell=5, seed=1, replicates=30)
    with pytest.raises(ValueOutOfRange, match="never varied"):
        chain.what_if(document(one), "in_stock=0.9")


def test_a_document_without_a_system_is_refused() -> None:
    with pytest.raises(NothingAnalysed):
        chain.what_if({"analysis": "chain"}, "a=1")


# From the facts


def test_a_system_from_facts_is_json_and_answers_the_same_when_read_again(tmp_path: Path, duckdb: Engine) -> None:
    small = company_of(tmp_path, seed=1)
    found = chain.system(small.workspace, facts=small.facts(tmp_path, engine=duckdb))
    kept = json.loads(json.dumps(found.to_document()))
    fresh, again = (chain.what_if(one, ["arrives=5%", "wait_minutes-=1"]) for one in (found, kept))
    assert fresh.rows() == again.rows()
    assert {e.measure for e in fresh.estimates} >= {"change", "part", "customers_kept", "money_per_year"}
    assert {e.evidence for e in found.estimates} == {"adjusted"}
    effect = found.find("total_effect", outcome="satisfaction", feature="arrives")
    assert effect is not None
    assert effect.upper is not None
    assert effect.upper < 0
    assert kept["system"]["journeys_per_year"] == journeys_of_the_year(small.tables["moments"], small.as_of)
    for locale in ("es", "en"):
        for result in (found, fresh):
            text = result.summary(locale)
            assert "{" not in text
            assert words.NOT_STATED not in text
        assert fresh.chart(locale) is not None
        assert found.chart(locale) is not None


def journeys_of_the_year(moments: list[dict[str, Any]], as_of: datetime) -> int:
    began: dict[str, datetime] = {}
    for moment in moments:
        began[moment["journey"]] = min(moment["at"], began.get(moment["journey"], moment["at"]))
    return sum(as_of - timedelta(days=365) < at <= as_of for at in began.values())


def test_the_effect_of_a_small_company_is_that_of_a_regression_by_hand(tmp_path: Path, duckdb: Engine) -> None:
    small = company_of(tmp_path, seed=2)
    facts = small.facts(tmp_path, engine=duckdb)
    found = chain.system(small.workspace, facts=facts).find("total_effect", outcome="comes_back", feature="arrives")
    table = lived(ask(small.workspace, facts=facts), small.workspace.model.studies.outcomes["comes_back"])
    late, photos = table.column("arrives"), table.column("photos")
    columns = [np.ones(table.n), table.behind, np.nan_to_num(photos - np.nanmean(photos)), ~np.isnan(photos)]
    columns += [~np.isnan(late), np.nan_to_num(late - np.nanmean(late))]
    columns[3:3] = [table.column("browse")]
    by_hand = np.linalg.lstsq(np.column_stack(columns), table.came, rcond=None)[0][-1]
    assert found is not None
    assert found.estimate == pytest.approx(by_hand)


def test_a_confirmed_synergy_is_kept_with_what_it_takes_to_apply_it(tmp_path: Path, duckdb: Engine) -> None:
    small = company_of(tmp_path, seed=1)
    facts = small.facts(tmp_path, engine=duckdb)
    sides = {"first_kind": "element", "second_kind": "promise"}
    levels = {"first_usual": 3.0, "first_moved": 1.0, "second_usual": 0.0, "second_moved": 1.0}
    rows = [
        Estimate(
            dimensions={"outcome": "satisfaction", "first": "photos", "second": "arrives"},
            measure="joint_extra",
            estimate=-0.6,
            lower=-0.8,
            upper=-0.4,
            n=100,
            unit="score",
            evidence="associated",
            extra={"status": status, **sides, **levels},
        )
        for status in ("confirmed", "proposed")
    ]
    heading: dict[str, Any] = ask(small.workspace, facts=facts).heading("synergy")
    found = chain.system(small.workspace, facts=facts, synergies=Result(**heading, estimates=tuple(rows)))
    (pair,) = found.system["synergies"]
    assert (pair["coefficient"], pair["lower"], pair["upper"]) == pytest.approx((0.3, 0.2, 0.4))
    outcome = small.workspace.model.studies.outcomes["satisfaction"]
    table = lived(ask(small.workspace, facts=facts), outcome)
    product = table.column("photos") * table.column("arrives")
    assert pair["mean_product"] == pytest.approx(np.nansum(product) / table.n)
    answer = chain.what_if(found, ["photos+=0.5", "arrives=0"])
    extra = answer.find("synergy", outcome="satisfaction")
    late = np.where(np.isnan(product), 0.0, np.nan_to_num(table.column("arrives"))).mean()
    assert extra is not None
    assert extra.estimate == pytest.approx(0.3 * 0.5 * -late)
    assert extra.evidence == "associated"
    whole = answer.find("change", outcome="satisfaction", feature="together")
    assert whole is not None
    assert whole.evidence == "associated"  # no better than its weakest part
    for locale in ("es", "en"):
        assert words.say("unit.score", locale) == ""
        assert "{" not in answer.summary(locale)


def test_without_orders_only_satisfaction_is_answered(tmp_path: Path, duckdb: Engine) -> None:
    small = company_of(tmp_path, seed=3).with_tables(orders=[])
    found = chain.system(small.workspace, facts=small.facts(tmp_path, engine=duckdb))
    answer = chain.what_if(found, "arrives=0")
    assert {e.dimensions["outcome"] for e in answer.estimates if e.estimate is not None} == {"satisfaction"}
    notes = {e.note for e in answer.estimates if e.estimate is None}
    assert notes
    for note in notes:
        assert words.knows(f"chain.whatif.reason.{note}") or words.knows(f"chain.reason.{note}"), note


def test_a_company_with_hardly_anything_says_so(tmp_path: Path, duckdb: Engine) -> None:
    small = company_of(tmp_path, seed=4, customers=3)
    found = chain.system(small.workspace, facts=small.facts(tmp_path, engine=duckdb))
    assert all(e.estimate is None and e.note for e in found.estimates)
    assert found.chart() is None
    for locale in ("es", "en"):
        assert found.summary(locale) == words.say("chain.whatif.no_system", locale)
    json.dumps(found.to_document())
    with pytest.raises(ValueOutOfRange):
        chain.what_if(found, "arrives=0")


@pytest.mark.parametrize(("came_back", "note"), [(0.002, "too-few-for-so-many"), (0.3, None)])
def test_what_hardly_ever_happens_is_not_told_from_its_few(came_back: float, note: str | None) -> None:
    """Where ten of thousands came back, a group in which nobody did would look sure to keep customers away."""
    world = after(journeys(customers=1500, seed=4))
    random = np.random.default_rng(2)
    came = (random.random(world.satisfaction.size) < came_back).astype(float)
    assert fit(lived_of(world, came), min_group=30, min_cell=5, seed=1, replicates=20).note == note


def test_every_note_of_a_system_has_words() -> None:
    from promesa.chain import fits

    notes = [fits.NEVER_VARIED, fits.TOLD_BEFORE, fits.TOO_MANY, fits.ALL_EQUAL, fits.NO_DATA, fits.SMALL_GROUP]
    for note in (*notes, fits.SMALL_CELL):
        assert words.knows(f"chain.whatif.reason.{note}") or words.knows(f"chain.reason.{note}"), note


def test_a_system_is_a_result_like_any_other(tmp_path: Path, duckdb: Engine) -> None:
    small = company_of(tmp_path, seed=1)
    found = chain.system(small.workspace, facts=small.facts(tmp_path, engine=duckdb))
    assert isinstance(found, System)
    assert found.dimensions == ("outcome", "feature")
    assert set(found.to_document()) >= {"analysis", "rows", "summary", "chart", "system"}
    assert SMALL.startswith("\n[functions")


@pytest.mark.slow
@pytest.mark.realdata
def test_olist_answers_what_if(tmp_path: Path, real_data: Callable[[str], Path]) -> None:
    tables = read(real_data("olist"))
    kept = set(tables["orders"]["order_id"].iloc[::3])
    tables = {
        name: table[table["order_id"].isin(kept)] if "order_id" in table.columns else table
        for name, table in tables.items()
    }
    found = chain.system(olist_of(tables, tmp_path))
    effect = found.find("total_effect", outcome="satisfaction", feature="arrives_by_date")
    assert effect is not None
    assert -2.6 < (effect.estimate or 0) < -1.2  # stars; 2.3 between kept and broken as a plain comparison shows
    answer = chain.what_if(found, "arrives_by_date=1%")
    change = answer.find("change", outcome="satisfaction", feature="together")
    assert change is not None
    assert change.lower is not None
    assert change.lower > 0
    assert "{" not in answer.summary("es") + answer.summary("en")
