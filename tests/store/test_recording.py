"""Single facts written by promesa keep the rules of every load; a bad one stores nothing."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from promesa.errors import InputError, UnknownName
from promesa.store import inspect_store, open_store, record_facts, session
from tests.store.companies import NOON, Company, company

if TYPE_CHECKING:
    from pathlib import Path

PROFILES = 'SELECT id, "at" AS at, customer, name, email FROM people'
EARLIER = NOON - timedelta(days=1)


@pytest.fixture
def shop(tmp_path: Path) -> Company:
    made = company(tmp_path, loads={"profiles.crm": PROFILES}, sources={"people": {}})
    made.write(
        "people.csv",
        [{"id": "p1", "at": "2026-01-05 10:00:00", "customer": "k1", "name": "Ana Ruiz", "email": "a@correo.example"}],
    )
    made.load()
    return made


def record(shop: Company, table: str, *rows: dict[str, Any], source: str = "promesa") -> int:
    with session(shop.ws, recorded_at=NOON) as run:
        return record_facts(run, table, rows, source=source)


def known(shop: Company) -> int:
    return int(shop.live("identities", "customer")[0][0])


def test_a_fact_of_a_known_customer_is_recorded_as_if_it_had_been_loaded(shop: Company) -> None:
    customer = known(shop)
    assert record(shop, "consents", {"at": EARLIER, "customer": customer, "purpose": "news", "granted": True}) == 1
    rows = shop.live("consents", 'source, "at", customer, purpose, granted, until, recorded_at')
    assert rows == [("promesa", EARLIER, customer, "news", True, None, NOON)]
    assert len(shop.live("identities")) == 1


def test_a_time_with_a_zone_and_a_naive_one_are_the_same_instant(shop: Company) -> None:
    base = {"customer": known(shop), "purpose": "news", "granted": False}
    record(shop, "consents", {**base, "id": "a", "at": EARLIER, "until": EARLIER.replace(tzinfo=UTC)})
    assert shop.live("consents", '"at", until') == [(EARLIER, EARLIER)]


def test_a_new_customer_by_key_gets_the_surrogate_of_a_load(shop: Company) -> None:
    known_before = known(shop)
    row = {"at": EARLIER, "purpose": "news", "granted": True}
    record(shop, "consents", {**row, "customer": "k1", "customer_source": "crm"}, {**row, "customer": "k9"})
    found = {key: (source, number) for source, key, number in shop.live("identities", "customer_source, key, customer")}
    assert found["k1"] == ("crm", known_before)
    assert found["k9"][0] == "promesa"
    assert {number for (number,) in shop.live("consents", "customer")} == {number for _, number in found.values()}


def test_the_same_id_again_corrects_and_keeps_the_old_row(shop: Company) -> None:
    row = {"id": "c1", "at": EARLIER, "customer": known(shop), "purpose": "news", "granted": True}
    assert record(shop, "consents", row) == 1
    assert record(shop, "consents", row) == 0
    assert record(shop, "consents", {**row, "granted": False}) == 1
    assert shop.live("consents", "id, granted") == [("c1", False)]
    assert shop.history("consents", "id, granted") == [("c1", True)]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"birth_date": "31.05.84"}, "birth_date"),
        ({"birth_date": "1984-02-31"}, "birth_date"),
        ({"at": NOON + timedelta(days=1)}, "at"),
        ({"at": None}, "at"),
    ],
)
def test_a_bad_value_names_its_column_and_stores_nothing(shop: Company, change: dict[str, Any], column: str) -> None:
    before = open_store(shop.ws).version
    sound = {"at": EARLIER, "customer": known(shop), "name": "Eva"}
    with pytest.raises(InputError) as caught:
        record(shop, "profiles", sound, {**sound, **change})
    assert column in str(caught.value)
    for value in change.values():
        assert value is None or str(value) not in str(caught.value)
    assert open_store(shop.ws).version == before


def test_what_nobody_knows_is_refused(shop: Company) -> None:
    row = {"at": EARLIER, "customer": 12345, "purpose": "news", "granted": True}
    with pytest.raises(InputError, match="not known"):
        record(shop, "consents", row)
    with pytest.raises(UnknownName, match="purpos"):
        record(shop, "consents", {**row, "purpos": "x"})
    with pytest.raises(UnknownName):
        record(shop, "consent", row)
    assert record(shop, "consents") == 0


def test_the_store_is_read_beside_a_writer(shop: Company) -> None:
    with session(shop.ws, recorded_at=NOON), inspect_store(shop.ws) as look:
        assert look.engine.value(f"SELECT count(*) FROM ({look.rows('profiles')})") == 1
        assert look.engine.run(f"SELECT * FROM ({look.rows('links')})") == []
        assert "profiles" in look.tables()
        assert look.is_empty("links")
