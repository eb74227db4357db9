"""Forgetting one person: everything counted first, everything gone afterwards, the company's results kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from promesa.customers import forget
from promesa.errors import InputError
from promesa.store import add_state, open_facts, session
from tests.store.companies import NOON, Company
from tests.store.test_erasure import ANA, everything, found
from tests.store.two_systems import link_ana, link_row, shop, surrogates

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def made(tmp_path: Path) -> Company:
    company = shop(tmp_path)
    link_ana(company)
    return company


def propose(made: Company, first: str, second: str) -> int:
    numbers = surrogates(made)
    with session(made.ws, recorded_at=NOON) as run:
        add_state(run, "links", link_row(numbers[first], numbers[second], state="review"))
    return numbers[second]


def test_a_dry_run_counts_and_changes_nothing(made: Company) -> None:
    proposed = propose(made, "k1", "k3")
    before = everything(made)
    held = forget(made.ws, "crm:k1", recorded_at=NOON)
    assert held.dry_run
    numbers = surrogates(made)
    assert held.customers == tuple(sorted((numbers["k1"], numbers["w1"])))
    assert held.not_included == (proposed,)
    counts = {str(row["table"]): row["rows"] for row in held.rows()}
    assert counts == {
        "moments": 4,
        "moments_history": 1,
        "opinions": 2,
        "orders": 2,
        "costs": 1,
        "profiles": 2,
        "consents": 1,
        "identities": 2,
        "links": 2,
        "persons": 2,
        "quarantine": 2,
    }
    assert {"system": "crm", "source": "people", "path": "data/people.csv"} in held.sources
    assert everything(made) == before
    assert not (made.root / ".promesa" / "erasing.json").exists()


def test_the_whole_person_goes_and_no_one_else(made: Company) -> None:
    proposed = propose(made, "k1", "k3")
    numbers = surrogates(made)
    gone = [numbers["k1"], numbers["w1"]]
    held = forget(made.ws, numbers["w1"], recorded_at=NOON)
    done = forget(made.ws, numbers["w1"], recorded_at=NOON, by="Marta", dry_run=False)
    assert done.rows() == held.rows()
    assert done.certificate is not None
    assert json.loads(done.certificate.read_text())["by"] == "Marta"
    assert found(made, [*ANA, *map(str, gone)]) == []
    assert proposed in surrogates(made).values()
    facts = open_facts(made.ws)
    left = facts.engine.fetch(facts.table("moments").select("customer"))["customer"].to_pylist()
    assert left == [numbers["k2"]]
    assert everything(made)["links"] == []
    with pytest.raises(InputError):
        forget(made.ws, numbers["w1"], recorded_at=NOON)


def test_an_undone_link_does_not_take_the_other_along(made: Company) -> None:
    numbers = surrogates(made)
    low, high = sorted((numbers["k1"], numbers["w1"]))
    with session(made.ws, recorded_at=NOON) as run:
        at = f"TIMESTAMP '{NOON}'"
        add_state(
            run,
            "decisions",
            f"SELECT 'd1' AS id, {low} AS low, {high} AS high, 'different' AS verdict, 'x' AS by, NULL AS note, "
            f"NULL AS probability, NULL AS stratum, NULL AS weight, {at} AS at, {at} AS recorded_at",
        )
        from promesa.store import change_state

        change_state(run, "persons", gone="true")
    held = forget(made.ws, "crm:k1", recorded_at=NOON)
    assert held.customers == (numbers["k1"],)


def test_nobody_is_an_error(made: Company) -> None:
    with pytest.raises(InputError) as error:
        forget(made.ws, "crm:nobody", recorded_at=NOON)
    assert "nobody" not in error.value.got


def test_small_figures_of_kept_answers_are_withheld_and_large_ones_stay(made: Company) -> None:
    folder = made.root / ".promesa" / "snapshots" / "one"
    folder.mkdir(parents=True)
    keys = {"unit": "fraction", "lower": 0.1, "upper": 0.9, "n_missing": 0, "note": None}
    rows = [{"estimate": 0.5, "n": 7, **keys}, {"estimate": 0.6, "n": 300, **keys}]
    rows += [{**keys, "estimate": 4.0, "n": 400, "unit": "count"}]
    answer = folder / "promises.json"
    answer.write_text(json.dumps({"rows": rows, "chart": {"es": {"data": 1}, "en": {"data": 1}}}))
    (folder / "about.json").write_text("{}")
    held = forget(made.ws, "crm:k1", recorded_at=NOON)
    assert held.notes["figures_withheld"] == 2
    assert json.loads(answer.read_text())["rows"] == rows
    done = forget(made.ws, "crm:k1", recorded_at=NOON, by="Marta", dry_run=False)
    assert done.notes["figures_withheld"] == 2
    after = json.loads(answer.read_text())
    assert [row["estimate"] for row in after["rows"]] == [None, 0.6, None]
    assert after["rows"][0]["n"] == 0
    assert after["chart"] == {"es": None, "en": None}


def test_an_unfinished_erasure_is_completed_by_the_same_words(made: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def die(text: str, _: float | None) -> None:
        if text.startswith("Looking into"):
            raise Killed

    with pytest.raises(Killed):
        forget(made.ws, "crm:k1", recorded_at=NOON, by="Marta", dry_run=False, progress=die)
    done = forget(made.ws, "crm:k1", recorded_at=NOON, by="Marta", dry_run=False)
    assert done.certificate is not None
    assert done.certificate.exists()
    assert done.total > 0
    assert found(made, ANA) == []
