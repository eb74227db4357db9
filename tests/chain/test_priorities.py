"""What is at stake where: against what-if, in a known order, and where there is little to go by."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from promesa import chain, words
from promesa.chain.fits import fits
from promesa.experience import lived
from promesa.measures import ask
from tests.chain.small import company_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.chain import Priorities
    from promesa.engine import Engine
    from promesa.store import Facts


@pytest.fixture(scope="module")
def small_facts(tmp_path_factory: pytest.TempPathFactory, duckdb: Engine) -> Facts:
    folder = tmp_path_factory.mktemp("priorities")
    return company_of(folder, seed=8, customers=400).facts(folder, engine=duckdb)


@pytest.fixture(scope="module")
def found(small_facts: Facts) -> Priorities:
    return chain.priorities(small_facts.workspace, facts=small_facts)


def test_the_stake_of_one_promise_is_what_keeping_it_would_bring(small_facts: Facts, found: Priorities) -> None:
    answer = chain.what_if(chain.system(small_facts.workspace, facts=small_facts), {"arrives": 0})
    for measure, its, outcome in (
        ("money_at_stake", "money_per_year", "margin_after"),
        ("return_at_stake", "customers_kept", "comes_back"),
        ("satisfaction_at_stake", "change", "satisfaction"),
    ):
        stake = found.find(measure, level="touchpoint", name="delivery")
        expected = answer.find(its, outcome=outcome, feature="arrives")
        assert stake is not None
        assert expected is not None
        assert stake.estimate == pytest.approx(expected.estimate, rel=1e-4)
        assert (stake.lower, stake.upper) == pytest.approx((expected.lower, expected.upper), rel=1e-3)


def test_an_element_moves_to_where_its_better_quarter_is(small_facts: Facts, found: Priorities) -> None:
    outcomes = small_facts.workspace.model.studies.outcomes
    table = lived(ask(small_facts.workspace, facts=small_facts), outcomes["comes_back"])
    waits = table.column("wait_minutes")
    quarter = float(np.nanquantile(waits, 0.25))
    answer = chain.what_if(chain.system(small_facts.workspace, facts=small_facts), {"wait_minutes": quarter})
    stake = found.find("satisfaction_at_stake", level="touchpoint", name="support")
    change = answer.find("change", outcome="satisfaction", feature="wait_minutes")
    assert stake is not None
    assert change is not None
    assert stake.estimate == pytest.approx(change.estimate, rel=1e-4)


def test_the_late_parcel_comes_first_and_says_how_surely(found: Priorities) -> None:
    first, *others = found.ranking()
    assert first.dimensions["name"] == "delivery"
    assert (first.extra["rank"], first.extra["function"], first.extra["owner"]) == (1, "logistics", "Ana")
    assert first.extra["probability_top_three"] == 1.0
    assert [row.extra["rank"] for row in others] == [2, 3]
    for row in (first, *others):
        low, rank, high = (row.extra[key] for key in ("rank_lower", "rank", "rank_upper"))
        assert low <= rank <= high  # type: ignore[operator]
    assert {row.dimensions["name"] for row in found.ranking("function")} == {"catalogue", "logistics", "care"}
    estimates = [row.estimate or 0.0 for row in found.ranking()]
    assert estimates == sorted(estimates, reverse=True)


def test_size_broken_share_and_importance_stand_beside_the_stake(small_facts: Facts, found: Priorities) -> None:
    outcomes = small_facts.workspace.model.studies.outcomes
    table = lived(ask(small_facts.workspace, facts=small_facts), outcomes["comes_back"])
    broken = found.find("broken_share", level="touchpoint", name="delivery")
    journeys = [found.find("journeys", level="touchpoint", name=name) for name in ("delivery", "support")]
    importance = [found.find("importance", level="touchpoint", name=name) for name in ("delivery", "support")]
    assert broken is not None
    assert broken.estimate == pytest.approx(np.nanmean(table.column("arrives")))
    sizes = [row.estimate for row in journeys if row and row.estimate]
    assert sizes[1] / sizes[0] == pytest.approx(table.column("support").mean())
    shares = [row.estimate for row in importance if row and row.estimate is not None]
    assert 0 <= shares[1] < shares[0] < 1


def test_what_the_outcome_known_of_most_journeys_cannot_tell_of_is_ranked_too(
    small_facts: Facts, found: Priorities, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = fits(ask(small_facts.workspace, facts=small_facts))
    back = known["comes_back"]
    arrives = [feature.name == "arrives" for feature in back.features]
    blind = replace(back, n=2 * back.n, total=np.where(arrives, np.nan, back.total))
    key = next(key for key, one in small_facts.kept.items() if one is back)
    monkeypatch.setitem(small_facts.kept, key, blind)
    answer = chain.priorities(small_facts.workspace, facts=small_facts)
    assert answer.ranking() == found.ranking()


def test_without_orders_the_ranks_are_of_satisfaction(tmp_path: Path, duckdb: Engine) -> None:
    small = company_of(tmp_path, seed=9).with_tables(orders=[])
    answer = chain.priorities(small.workspace, facts=small.facts(tmp_path, engine=duckdb))
    assert answer.ranked_by == "satisfaction_at_stake"
    assert answer.ranking()[0].dimensions["name"] == "delivery"
    assert answer.find("money_at_stake") is None


def test_with_hardly_anything_nothing_is_ranked(tmp_path: Path, duckdb: Engine) -> None:
    small = company_of(tmp_path, seed=10, customers=3)
    answer = chain.priorities(small.workspace, facts=small.facts(tmp_path, engine=duckdb))
    assert answer.ranking() == []
    assert answer.chart() is None
    notes = {e.note for e in answer.estimates}
    assert None not in notes
    for locale in ("es", "en"):
        assert answer.summary(locale) == words.say("chain.priorities.empty", locale)
        for note in notes:
            assert words.knows(f"chain.priorities.reason.{note}", locale), note


def test_both_languages_say_it_and_a_document_holds_it(found: Priorities) -> None:
    json.dumps(found.to_document())
    for locale in ("es", "en"):
        text = found.summary(locale)
        assert "{" not in text
        assert words.NOT_STATED not in text
        assert found.chart(locale) is not None
    for measure in {e.measure for e in found.estimates}:
        assert words.knows(f"chain.priorities.measure.{measure}"), measure


def test_what_would_bring_nothing_is_no_place_to_begin(found: Priorities) -> None:
    turned = tuple(replace(e, estimate=-abs(e.estimate)) if e.estimate else e for e in found.estimates)
    answer = replace(found, estimates=turned)
    for locale in ("es", "en"):
        n = words.number(len(answer.ranking()), locale)
        assert answer.summary(locale) == words.say("chain.priorities.nothing", locale, n=n)
