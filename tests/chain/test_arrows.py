"""The arrows of the chain against regressions by hand, against a known truth, and where they cannot be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from promesa import chain, words
from promesa.chain.arrows import satisfaction_outcome
from promesa.experience import lived
from promesa.measures import ask
from tests.chain.small import SMALL, company_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.chain import Arrows
    from promesa.engine import Engine
    from promesa.store import Facts


@pytest.fixture(scope="module")
def small_facts(tmp_path_factory: pytest.TempPathFactory, duckdb: Engine) -> Facts:
    folder = tmp_path_factory.mktemp("arrows")
    return company_of(folder, seed=5, customers=500).facts(folder, engine=duckdb)


@pytest.fixture(scope="module")
def found(small_facts: Facts) -> Arrows:
    return chain.arrows(small_facts.workspace, facts=small_facts)


def test_every_arrow_has_its_evidence(found: Arrows) -> None:
    drawn = {(e.dimensions["from"], e.dimensions["to"], e.measure): e.evidence for e in found.estimates}
    assert drawn == {
        ("experience", "satisfaction", "effect"): "adjusted",
        ("experience", "retention", "effect"): "adjusted",
        ("experience", "profit", "effect"): "adjusted",
        ("satisfaction", "retention", "effect"): "adjusted",
        ("experience", "retention", "effect_through_satisfaction"): "adjusted",
        ("satisfaction", "profit", "effect"): "adjusted",
        ("experience", "profit", "effect_through_satisfaction"): "adjusted",
        ("retention", "profit", "effect"): "described",
    }
    assert all(e.lower is not None and e.upper is not None for e in found.estimates)
    adjusted = [e for e in found.estimates if e.evidence == "adjusted"]
    assert all("region" in str(e.extra["confounders"]) for e in adjusted)


def test_a_broken_promise_costs_satisfaction_what_the_shop_says(found: Arrows) -> None:
    # 1.1 by itself and 0.08 a minute for the 5 minutes of the calls it leads to (35 % more), on a score cut at 5.
    row = found.find("effect", **{"from": "experience", "to": "satisfaction"})
    assert row is not None
    assert row.estimate == pytest.approx(-1.1 - 0.35 * 0.08 * 5, abs=0.1)


def test_the_effect_of_satisfaction_is_a_regression_with_everything_lived_held(
    small_facts: Facts, found: Arrows
) -> None:
    question = ask(small_facts.workspace, facts=small_facts)
    outcomes = small_facts.workspace.model.studies.outcomes
    said, came = lived(question, outcomes["satisfaction"]), lived(question, outcomes["comes_back"])
    returned = dict(zip(came.units, came.came, strict=True))
    both = np.array([unit in returned for unit in said.units])
    columns = [np.ones((int(both.sum()), 1)), said.behind[both]]
    for k in range(len(said.features)):
        values = said.values[both, k]
        columns += [np.nan_to_num(values)[:, None], np.isnan(values).astype(float)[:, None]]
    design = np.column_stack([*columns, said.came[both]])
    by_hand = np.linalg.lstsq(design, [returned[unit] for unit in said.units[both]], rcond=None)[0][-1]
    row = found.find("effect", **{"from": "satisfaction", "to": "retention"})
    assert row is not None
    assert row.estimate == pytest.approx(by_hand, rel=1e-6)
    assert row.n == int(both.sum())
    assert row.n_missing == said.n - row.n


def test_what_goes_through_satisfaction_is_the_product_of_both_effects(found: Arrows) -> None:
    total = found.find("effect", **{"from": "experience", "to": "retention"})
    through = found.find("effect_through_satisfaction", **{"from": "experience", "to": "retention"})
    assert total is not None
    assert through is not None
    assert (through.estimate or 0) < 0
    assert (through.upper or 0) > (total.lower or 0)  # all of it goes through the score in this shop


def test_those_who_came_back_are_compared_with_those_who_did_not(small_facts: Facts, found: Arrows) -> None:
    question = ask(small_facts.workspace, facts=small_facts)
    outcomes = small_facts.workspace.model.studies.outcomes
    came, gain = (lived(question, outcomes[name]).came for name in ("comes_back", "margin_after"))
    row = found.find("effect", **{"from": "retention", "to": "profit"})
    assert row is not None
    assert row.estimate == pytest.approx(gain[came == 1].mean() - gain[came == 0].mean())


def test_both_languages_say_it(found: Arrows) -> None:
    for locale in ("es", "en"):
        assert "{" not in found.summary(locale)
        assert words.NOT_STATED not in found.summary(locale)
        assert found.chart(locale) is not None
        assert words.say("chain.link.retention", locale) in found.summary(locale)


def test_what_cannot_be_drawn_says_why(tmp_path: Path, duckdb: Engine) -> None:
    small = company_of(tmp_path, seed=6)

    def notes(**tables: list[dict[str, object]]) -> dict[tuple[str | None, str | None], str | None]:
        one = small.with_tables(**tables)
        answer = chain.arrows(one.workspace, facts=one.facts(tmp_path, engine=duckdb))
        for locale in ("es", "en"):
            assert answer.summary(locale)
        return {(e.dimensions["from"], e.dimensions["to"]): e.note for e in answer.estimates if e.estimate is None}

    without_orders = notes(orders=[])
    assert without_orders["satisfaction", "retention"] == "no-orders-loaded"
    assert without_orders["experience", "profit"] == "no-orders-loaded"
    assert without_orders["retention", "profit"] == "no-orders-loaded"
    assert ("experience", "satisfaction") not in without_orders
    without_answers = notes(opinions=[])
    assert without_answers["experience", "satisfaction"] == "no-satisfaction-asked"
    few = notes(**{name: rows[:6] for name, rows in small.tables.items() if name != "profiles"})
    for note in {*without_orders.values(), *without_answers.values(), *few.values()}:
        assert words.knows(f"chain.reason.{note}") or words.knows(f"chain.whatif.reason.{note}"), note


def test_a_model_without_promises_has_no_arrow_from_experience(tmp_path: Path, duckdb: Engine) -> None:
    model = SMALL[: SMALL.index("[promises")] + SMALL[SMALL.index("[concepts") :]
    small = company_of(tmp_path, seed=7, model=model)
    answer = chain.arrows(small.workspace, facts=small.facts(tmp_path, engine=duckdb))
    notes = {e.note for e in answer.estimates if e.dimensions["from"] == "experience"}
    assert notes == {"no-promise-declared"}
    assert satisfaction_outcome(small.workspace) is small.workspace.model.studies.outcomes["satisfaction"]
