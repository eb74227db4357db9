"""What is older than it is kept: counted, removed for good, left out by later loads, and never everything."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from promesa.customers import retain
from promesa.errors import NothingLoaded, ValueOutOfRange
from promesa.store import open_facts
from tests.store.companies import NOON, Company
from tests.store.test_erasure import everything, found
from tests.store.two_systems import TABLES, shop

if TYPE_CHECKING:
    from pathlib import Path

# 30 June 2026 less 140 days is 10 February, noon UTC.
DAYS = {"moments": 140, "texts": 140, "quarantine": 140}
LATER = datetime(2026, 12, 31)


@pytest.fixture
def made(tmp_path: Path) -> Company:
    company = shop(tmp_path)
    company.ws = replace(company.ws, retention=DAYS)
    return company


def test_a_dry_run_counts_and_changes_nothing(made: Company) -> None:
    before = everything(made)
    aged = retain(made.ws, recorded_at=NOON)
    by_class = {entry.entry: entry for entry in aged.classes}
    # m1, its replaced row, and none of the others, whose days lie later.
    assert (by_class["moments"].older, by_class["moments"].kept) == (2, 4)
    assert by_class["moments"].oldest == datetime(2026, 2, 10, 15)
    assert by_class["texts"].older == 1
    assert by_class["quarantine"].older == 0
    assert everything(made) == before


def test_what_is_removed_is_gone_and_stays_away(made: Company) -> None:
    sole = made.live("opinions", "id, text")
    assert ("o1", "Muy bien") in sole
    made.ws = replace(made.ws, retention={"moments": 140})
    done = retain(made.ws, recorded_at=NOON, dry_run=False, by="Marta")
    assert done.certificate is not None
    document = json.loads(done.certificate.read_text())
    assert document["tables"] == [{"table": "moments", "rows_before": 6, "rows_removed": 2}]
    assert [row[0] for row in made.live("moments", "id")] == ["m2", "m3", "m4", "m5"]
    assert made.history("moments") == []
    before = everything(made)
    count = made.load(full=True).find("moments.shop")
    assert count is not None
    assert count.expired == 1
    assert count.read == count.unchanged + count.expired + sum(count.quarantined.values())
    assert everything(made) == before
    assert retain(made.ws, recorded_at=NOON).classes[0].older == 0


def test_a_company_that_keeps_longer_takes_the_rows_in_again(made: Company) -> None:
    made.ws = replace(made.ws, retention={"moments": 140})
    retain(made.ws, recorded_at=NOON, dry_run=False, by="Marta")
    made.ws = replace(made.ws, retention={"moments": 400})
    report = made.load(full=True)
    assert report.find("moments.shop").accepted == 1  # type: ignore[union-attr]


def test_words_go_and_the_opinion_stays(made: Company) -> None:
    made.ws = replace(made.ws, retention={"texts": 140})
    rows = made.live("opinions", "id, score")
    # A later opinion with words, so that not every text is older.
    made.write("answers.csv", [*TABLES["answers"], {**TABLES["answers"][0], "id": "o4", "at": "2026-06-01 10:00"}])
    made.load()
    retain(made.ws, recorded_at=NOON, dry_run=False, by="Marta")
    assert ("o1", "") in made.live("opinions", "id, text")
    assert ("o4", "Muy bien") in made.live("opinions", "id, text")
    assert set(rows) <= set(made.live("opinions", "id, score"))
    facts = open_facts(made.ws)
    heard = facts.table("opinions")
    assert facts.engine.fetch(heard["text"].notnull().sum()).as_py() == 3
    before = everything(made)
    assert made.load(full=True).total("corrected") == 0
    assert everything(made) == before


def test_the_quarantine_is_emptied_and_not_filled_again(made: Company) -> None:
    made.ws = replace(made.ws, retention={"quarantine": 30})
    assert found(made, ["moon"])
    retain(made.ws, recorded_at=LATER, dry_run=False, by="Marta")
    assert {row[-1] for row in everything(made)["quarantine"]} == {"closed"}
    assert found(made, ["moon"]) == []
    made.load(full=True)
    assert {row[-1] for row in everything(made)["quarantine"]} == {"closed"}


def test_nothing_is_removed_if_everything_would_be(made: Company) -> None:
    before = everything(made)
    made.ws = replace(made.ws, retention={"moments": 140, "orders": 30})
    assert retain(made.ws, recorded_at=LATER).classes[1].kept == 0
    with pytest.raises(ValueOutOfRange, match="orders"):
        retain(made.ws, recorded_at=LATER, dry_run=False, by="Marta")
    assert everything(made) == before
    assert not (made.root / ".promesa" / "retention.json").exists()


def test_a_company_that_limits_nothing_is_told_so(tmp_path: Path) -> None:
    made = shop(tmp_path)
    with pytest.raises(NothingLoaded):
        retain(made.ws, recorded_at=NOON)
