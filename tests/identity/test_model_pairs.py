"""Candidates: found for every usual error, and the same found bit by bit as all at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from promesa.engine import Embedded
from promesa.identity import keys
from promesa.identity.blocking import NEAR, pairs
from promesa.identity.keys import select_parts

from .linkage import MODEL, write_company, write_records

PERSON = {
    "given": "maria", "surname": "garcia", "surname_2": "ospina", "name": "garcia maria ospina",
    "email": "mj.go77@correo.example", "email_user": "mj.go77", "phone": "+573001234567", "document": "52123456",
    "birth_date": date(1980, 4, 9), "address": "carrera 7 120 41", "address_numbers": "7 120 41",
    "trait_city": "bogota",
}  # fmt: skip


@pytest.fixture(scope="module")
def engine():
    with Embedded(threads=2) as engine:
        yield engine


@pytest.fixture
def many_records(monkeypatch):
    """Few records are compared each with each; here they are not."""
    monkeypatch.setattr(keys, "_KEYS", tuple(key for key in keys._KEYS if key.field != keys.EVERYONE))


def only(*names: str, **other: object) -> dict[str, object]:
    return {name: PERSON[name] for name in names} | other


@pytest.mark.parametrize(
    ("one", "two"),
    [
        pytest.param(only("email"), only("email"), id="e-mail"),
        pytest.param(only("phone"), only("phone"), id="phone"),
        pytest.param(only("document"), only("document"), id="document"),
        pytest.param(
            only("email", "email_user"), only("email_user", email="mj.go77@otro.example"), id="other provider"
        ),
        pytest.param(
            only("given", "birth_date"), only("given", birth_date=date(1980, 9, 4)), id="day and month swapped"
        ),
        pytest.param(
            only("given", "surname", "surname_2"),
            only("given", surname="ospina", surname_2="garcia"),
            id="surnames swapped",
        ),
        pytest.param(
            only("surname", "surname_2", "birth_date"),
            only("birth_date", surname="ospina"),
            id="one surname, the other",
        ),
        pytest.param(
            only("given", "surname", "document"),
            only("given", "surname", document="52123956"),
            id="a wrong digit of the document",
        ),
        pytest.param(
            only("given", "surname", "birth_date"),
            only("given", surname="garzia", birth_date=date(1981, 4, 9)),
            id="surname misspelt and another year",
        ),
        pytest.param(only("address_numbers", "surname"), only("address_numbers", "surname"), id="address and surname"),
        pytest.param(only("trait_city", "surname"), only("trait_city", "surname"), id="city and surname"),
        pytest.param(
            only("name", "given", "surname"), only("name", given="garcia", surname="maria"), id="name turned round"
        ),
    ],
)
def test_records_of_one_person_are_compared(engine, many_records, one, two):
    write_records(engine, [{"customer": 8, **one}, {"customer": 3, **two}, {"customer": 5}], into="records")
    pairs(engine, select_parts(MODEL, "records"), new=None, into="candidates", model=MODEL)
    assert engine.run("FROM candidates") == [(3, 8)]


def test_records_that_share_nothing_are_not_compared(engine, many_records):
    other = {"given": "luis", "surname": "mora", "birth_date": date(1951, 12, 30), "phone": "+573009999999"}
    write_records(engine, [{"customer": 1, **PERSON}, {"customer": 2, **other}], into="records")
    pairs(engine, select_parts(MODEL, "records"), new=None, into="candidates", model=MODEL)
    assert engine.run("FROM candidates") == []


def test_few_records_are_compared_each_with_each(engine):
    write_records(engine, [{"customer": place} for place in (4, 2, 9)], into="records")
    pairs(engine, select_parts(MODEL, "records"), new=None, into="candidates", model=MODEL)
    assert engine.run("FROM candidates ORDER BY ALL") == [(2, 4), (2, 9), (4, 9)]


def all_pairs(engine: Embedded, records: str) -> set[tuple[object, ...]]:
    pairs(engine, select_parts(MODEL, records), new=None, into="whole", model=MODEL)
    return set(engine.run("FROM whole"))


@pytest.mark.parametrize(
    ("seed", "share", "changed", "crosses"), [(9, 1, 0, False), (2, 10, 5, True), (3, 40, 40, True), (5, 0, 120, True)]
)
def test_new_and_changed_records_give_what_all_at_once_gives(engine, many_records, seed, share, changed, crosses):
    """Blocks near their limit included: names come from a small company, so that many are crossed."""
    write_company(engine, 800, seed=seed)
    engine.run(f"CREATE OR REPLACE TEMP TABLE known AS SELECT * FROM records WHERE customer % 100 >= {share}")
    found = all_pairs(engine, "known")
    engine.run("CREATE OR REPLACE TEMP TABLE whole_known AS FROM whole")
    engine.run(f"CREATE OR REPLACE TEMP TABLE was AS SELECT * FROM known ORDER BY customer LIMIT {changed}")
    engine.run("UPDATE records SET phone = NULL, surname = 'garcia' WHERE customer IN (SELECT customer FROM was)")
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE new AS SELECT customer FROM records WHERE customer % 100 < {share} "
        "UNION SELECT customer FROM was"
    )
    known = "SELECT low, high FROM whole_known"
    options = {"before": select_parts(MODEL, "was"), "known": known, "lost": "lost_pairs"}
    pairs(engine, select_parts(MODEL, "records"), new="new", into="some_pairs", model=MODEL, **options)
    touched = {customer for (customer,) in engine.run("FROM new")}
    stay = {(low, high) for low, high in found if low not in touched and high not in touched}
    again, lost = set(engine.run("FROM some_pairs")), set(engine.run("FROM lost_pairs"))
    assert lost <= stay
    assert (stay - lost) | again == all_pairs(engine, "records")
    others = {(low, high) for low, high in again if low not in touched and high not in touched}
    assert bool(lost or others) is crosses


def test_nothing_new_finds_nothing(engine):
    write_company(engine, 300, seed=2)
    engine.run("CREATE OR REPLACE TEMP TABLE new (customer BIGINT)")
    assert (
        pairs(engine, select_parts(MODEL, "records"), new="new", into="some_pairs", model=MODEL, lost="lost_pairs")
        == []
    )
    assert engine.run("FROM some_pairs") == []
    assert engine.run("FROM lost_pairs") == []


def test_the_company_says_how_many_may_share_a_key(engine, many_records):
    write_company(engine, 800, seed=1)
    few = replace(MODEL, identity=replace(MODEL.identity, block_most=12))
    left_out = pairs(engine, select_parts(MODEL, "records"), new=None, into="few_pairs", model=few)
    assert set(engine.run("FROM few_pairs")) < all_pairs(engine, "records")
    assert {entry.most for entry in left_out} <= {2, 4, 12}


def test_what_too_many_share_is_counted_the_same_however_records_come(engine, many_records):
    write_company(engine, 800, seed=1)
    few = replace(MODEL, identity=replace(MODEL.identity, block_most=12))
    whole = pairs(engine, select_parts(MODEL, "records"), new=None, into="few_pairs", model=few)
    engine.run("CREATE OR REPLACE TEMP TABLE new AS SELECT customer FROM records")
    bit_by_bit = pairs(engine, select_parts(MODEL, "records"), new="new", into="some_pairs", model=few)
    assert [replace(entry, crossed=0) for entry in bit_by_bit if entry.blocks] == whole
    ways = {key.field: len(key.ways) for key in keys.keys_of(few)}
    assert any(ways[entry.key] > 1 and entry.records > entry.most for entry in whole)


def test_whoever_shares_an_identifier_with_new_ones_is_near_them(engine, many_records):
    write_company(engine, 300, seed=4)
    engine.run("CREATE OR REPLACE TEMP TABLE was AS SELECT * FROM records ORDER BY customer LIMIT 5")
    engine.run("UPDATE records SET phone = NULL WHERE customer IN (SELECT customer FROM was)")
    engine.run("UPDATE records SET email = 'info@shop.example' WHERE customer % 3 = 0")
    engine.run(
        "CREATE OR REPLACE TEMP TABLE new AS SELECT customer FROM records WHERE customer % 20 = 0 "
        "UNION SELECT customer FROM was"
    )
    pairs(
        engine,
        select_parts(MODEL, "records"),
        new="new",
        before=select_parts(MODEL, "was"),
        into="some_pairs",
        model=MODEL,
    )
    fields = ("document", "email", "phone")
    new = {customer for (customer,) in engine.run("FROM new")}
    columns = f"SELECT customer, {', '.join(fields)} FROM"
    now, then = engine.run(f"{columns} records"), engine.run(f"{columns} was")
    held = [{row[place] for row in [*now, *then] if row[0] in new} - {None} for place, _ in enumerate(fields, start=1)]
    sharing = {row[0] for row in now if any(value in values for value, values in zip(row[1:], held, strict=True))}
    assert {customer for (customer,) in engine.run(f"FROM {NEAR}")} == sharing
    assert len(sharing) > 100
