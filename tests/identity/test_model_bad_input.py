"""Columns without anything, values that everyone has, no records at all: no collapse and no crash."""

from __future__ import annotations

import pytest

from promesa.engine import Embedded
from promesa.identity.blocking import pairs
from promesa.identity.keys import select_parts
from promesa.identity.scoring import score
from promesa.identity.training import train

from .linkage import MODEL, write_company, write_records

MORE = [pytest.param(column, marks=pytest.mark.slow) for column in ("email", "address")]


@pytest.fixture
def engine():
    with Embedded(threads=2) as engine:
        yield engine


def linked(engine: Embedded, *, at_least: float) -> list[tuple[object, ...]]:
    link_model = train(engine, "records", model=MODEL, seed=1)
    pairs(engine, select_parts(MODEL, "records"), new=None, into="candidates", model=MODEL)
    score(engine, "records", "candidates", link_model=link_model, into="scored", at_least=at_least)
    return engine.run("SELECT low, high FROM scored ORDER BY ALL")


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_or_no_records(engine, n):
    write_records(engine, [{"customer": place + 1} for place in range(n)], into="records")
    assert linked(engine, at_least=0.5) == []


def test_records_that_say_nothing_are_nobody(engine):
    write_records(engine, [{"customer": place + 1} for place in range(50)], into="records")
    link_model = train(engine, "records", model=MODEL, seed=1)
    assert {note["reason"] for note in link_model.notes} == {"empty", "few pairs"}
    assert linked(engine, at_least=0.5) == []


def test_two_records_of_one_person_are_found_with_the_shipped_shares(engine):
    one = {"given": "irene", "surname": "montoya", "document": "88123456", "email": "irene.m@correo.example"}
    others = [
        {
            "customer": 10 + place,
            "given": given,
            "surname": "henao",
            "document": f"7012{place}999",
            "email": f"{given}@correo.example",
        }
        for place, given in enumerate(("ana", "luis", "marta", "hugo", "rosa"))
    ]
    write_records(engine, [{"customer": 1, **one}, {"customer": 2, **one}, *others], into="records")
    assert linked(engine, at_least=0.99) == [(1, 2)]


@pytest.mark.parametrize("column", [pytest.param("phone", marks=pytest.mark.slow), "birth_date", *MORE])
def test_a_value_that_everyone_has_joins_nobody(engine, column):
    value = {"birth_date": "DATE '1980-01-01'"}.get(column, "'3005551234'")
    write_company(engine, 500, seed=5)
    before = len(linked(engine, at_least=0.9))
    engine.run(f"UPDATE records SET {column} = {value}")
    assert len(linked(engine, at_least=0.9)) <= before


@pytest.mark.parametrize("column", ["document", MORE[0]])
def test_a_value_that_most_have_joins_nobody(engine, column):
    value = {"birth_date": "DATE '1980-01-01'"}.get(column, "'3005551234'")
    write_company(engine, 500, seed=5)
    before = set(linked(engine, at_least=0.9))
    engine.run(f"UPDATE records SET {column} = {value} WHERE customer % 10 < 6")
    after = linked(engine, at_least=0.9)
    wrong = engine.value(
        "SELECT count(*) FROM scored JOIN truth AS one ON one.customer = low JOIN truth AS two ON two.customer = high "
        "WHERE one.person <> two.person"
    )
    assert len(after) <= 1.05 * len(before)
    assert int(str(wrong)) <= 0.05 * len(before)


def test_blocks_too_large_are_counted_without_their_values(engine):
    rows = [{"customer": place, "phone": "+573001112233", "given": f"nombre{place}"} for place in range(1, 2001)]
    write_records(engine, rows, into="records")
    found = pairs(engine, select_parts(MODEL, "records"), new=None, into="candidates", model=MODEL)
    assert [(one.key, one.blocks, one.records) for one in found] == [("phone", 1, 2000)]
    assert "3001112233" not in repr(found)
