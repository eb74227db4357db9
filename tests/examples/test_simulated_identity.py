"""The simulated company from its files to persons: the links against the truth, and what depends on them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

import promesa as pr
from promesa.customers import allowed
from promesa.identity import evaluate, link
from promesa.simulate import simulate
from promesa.store import load, open_facts

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.workspace import Workspace

LOADED, CUSTOMERS = datetime(2026, 7, 1, 12), 1_500


def linked(folder: Path, *, seed: int) -> Workspace:
    simulate(folder, customers=CUSTOMERS, seed=seed)
    ws = pr.open(folder)
    load(ws, recorded_at=LOADED)
    link(ws, recorded_at=LOADED)
    return ws


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return linked(tmp_path_factory.mktemp("linked") / "company", seed=5)


def truth(ws: Workspace) -> dict[str, Any]:
    return json.loads((ws.root / "truth.json").read_text(encoding="utf-8"))


def check_links(ws: Workspace) -> None:
    found = evaluate(ws, ws.root / "truth" / "true_persons.parquet")
    precision, recall = (found.find(f"pair_{figure}") for figure in ("precision", "recall"))
    assert precision is not None
    assert recall is not None
    assert precision.estimate >= 0.99
    assert recall.estimate >= 0.95


def test_links_are_right_and_few_are_missed(company: Workspace) -> None:
    check_links(company)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [21, 22, 23, 24])
def test_links_are_right_in_other_companies(tmp_path: Path, seed: int) -> None:
    check_links(linked(tmp_path / "company", seed=seed))


def test_the_test_customers_are_not_made_one_with_anybody(company: Workspace) -> None:
    persons = pr.identity.quality(company).find("all_persons")
    known = truth(company)["persons"]
    assert persons is not None
    assert persons.estimate >= 0.95 * (known["persons"] + known["test_accounts"])


def test_persons_who_may_be_written_to_are_those_of_the_truth(company: Workspace) -> None:
    """A person is allowed a purpose by the last word said under any record: joined wrongly, the counts would be off."""
    facts = open_facts(company)
    for purpose, known in truth(company)["consents"].items():
        persons = facts.engine.fetch(allowed(facts, purpose).aggregate(n=lambda table: table.count()))
        found = persons["n"][0].as_py()
        assert found == pytest.approx(known["allowed"], rel=0.02), purpose


def test_money_and_events_are_the_same_by_person_and_by_record(company: Workspace) -> None:
    facts = open_facts(company)
    for table in ("moments", "opinions", "orders", "costs", "consents"):
        by_record, by_person = facts.recorded_rows(table), facts.all_rows(table)
        amounts = [c for c in ("revenue", "cost", "amount") if c in by_record.columns]
        sums = [
            facts.engine.fetch(
                rows.aggregate(n=rows.count(), known=rows["customer"].count(), **{c: rows[c].sum() for c in amounts})
            ).to_pylist()
            for rows in (by_record, by_person)
        ]
        assert sums[0] == sums[1]
        assert sums[0][0]["n"] > 0
    customers = pr.value.margin(company, facts=facts).find("customers")
    assert customers is not None
    # One in twenty persons buys under two accounts.
    assert customers.estimate == pytest.approx(CUSTOMERS, rel=0.01)
