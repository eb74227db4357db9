"""Identifiers join by their own rule: alone unless names contradict, with a name only where names agree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from promesa.engine import Embedded, literal
from promesa.identity.exact import born_apart, documents_apart, exact_links, key_pairs
from promesa.identity.records import record_columns
from promesa.store import surrogate
from promesa.workspace import Identifier, Label
from tests.store.companies import model

if TYPE_CHECKING:
    from collections.abc import Iterator

TYPES = {"whole": "BIGINT", "text": "VARCHAR", "time": "TIMESTAMP", "day": "DATE"}
KEY = Identifier(name="shop_key", label=Label(es="c", en="k"), kind="key", joins="alone", system="shop")
BUILT_IN = {name: replace(identifier, most=5) for name, identifier in model().identifiers.items()}
MODEL = replace(model(), identifiers={**BUILT_IN, "shop_key": replace(KEY, most=5)})


@pytest.fixture
def engine() -> Iterator[Embedded]:
    with Embedded(threads=1) as made:
        made.run("SET VARIABLE promesa_secret = 'test'")
        yield made


def records(engine: Embedded, rows: list[dict[str, Any]], *, table: str = "r") -> str:
    """Write records; `name` is given names, then a comma, then surnames."""
    made = []
    for number, row in enumerate(rows, start=1):
        given, _, surname = str(row.get("name", "")).partition(",")
        first, _, rest = given.strip().partition(" ")
        one, _, two = surname.strip().partition(" ")
        parts = {"given": first, "given_2": rest, "surname": one, "surname_2": two}
        made.append({**row, "customer": number, "at": f"2026-01-{number:02d}", **{k: v for k, v in parts.items() if v}})
    columns = [column for column in record_columns(MODEL) if column[0] != "name"]
    listed = ", ".join(
        "(" + ", ".join(f"CAST({literal(row.get(c))} AS {TYPES[kind]})" for c, kind in columns) + ")" for row in made
    )
    names = ", ".join(f'"{column}"' for column, _ in columns)
    engine.run(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM (VALUES {listed}) t({names})")
    return table


def links(engine: Embedded, rows: list[dict[str, Any]], **options: Any) -> list[tuple[object, ...]]:
    given = {"model": MODEL, "new": None, "keyed": None, **options}
    exact_links(engine, records(engine, rows), into="found", **given)
    return engine.run("SELECT low, high, rule, reason FROM found ORDER BY ALL")


CONTRADICT = [
    ("ana, lopez", "pedro, gomez", True),
    ("ana, lopez", "pedro, lopez", True),
    ("ana, lopez", "ana, gomez", True),
    ("ana, lopez", "ana, lopez", False),
    ("ana maria, lopez", "maria, lopez", False),
    ("ana, lopez ruiz", "ana, ruiz", False),
    ("ana, lopes", "anna, lopez", False),
    ("a, lopez", "ana, lopez", False),
    ("lopez, ana", "ana, lopez", False),
    ("ana,", "ana, lopez", False),
    ("ana,", "pedro, lopez", True),
    ("", "pedro, lopez", False),
]


@pytest.mark.parametrize(("one", "two", "contradicts"), CONTRADICT)
def test_a_document_joins_unless_the_names_contradict(engine: Embedded, one: str, two: str, contradicts: bool) -> None:
    rows = [{"name": one, "document": "52123456"}, {"name": two, "document": "52123456"}]
    assert links(engine, rows) == [(1, 2, "document", "names" if contradicts else None)]


AGREE = [
    ("ana, lopez", "ana, lopez", True),
    ("ana, lopez ruiz", "ana, ruiz", True),
    ("a, lopez", "ana, lopez", True),
    ("ana maria, lopez", "maria, lopez", True),
    ("ana maria, lopez", "ana, lopez", True),
    ("fernanda, lopez", "fernamda, lopez", True),
    ("ana, lopez", "pedro, lopez", False),
    ("maria jose, lopez", "maria isabel, lopez", False),
    ("maria jose, lopez", "jose maria, lopez", False),
    ("mario, lopez", "maria, lopez", False),
    ("juan, lopez", "juana, lopez", False),
    ("ana, lopez", "ana, gomez", False),
    ("ana,", "ana,", False),
    ("", "ana, lopez", False),
]


@pytest.mark.parametrize(("one", "two", "agree"), AGREE)
@pytest.mark.parametrize("order", [1, -1])
def test_an_email_joins_only_with_the_name(engine: Embedded, one: str, two: str, agree: bool, order: int) -> None:
    rows = [{"name": name, "email": "casa@correo.example"} for name in (one, two)[::order]]
    assert links(engine, rows) == ([(1, 2, "email", None)] if agree else [])


@pytest.mark.parametrize(
    ("one", "two", "joins"),
    [
        ({"birth_date": "1980-02-03"}, {"birth_date": "1980-02-03"}, True),
        ({"birth_date": "1980-02-03"}, {"birth_date": "1980-03-02"}, True),
        ({"birth_date": "1980-02-03"}, {"birth_date": "1981-02-03"}, True),
        ({"birth_date": "1980-02-03"}, {"birth_date": "1955-11-20"}, False),
        ({"birth_date": "1980-02-03"}, {}, True),
        ({"document": "52123456"}, {"document": "52123465"}, True),
        ({"document": "52123456"}, {"document": "80999123"}, False),
        ({"document": "52123456"}, {}, True),
    ],
)
def test_father_and_son_of_one_name_and_phone_are_not_joined(
    engine: Embedded, one: dict[str, Any], two: dict[str, Any], joins: bool
) -> None:
    rows = [{"name": "juan, perez", "phone": "+573104567890", **own} for own in (one, two)]
    assert bool([link for link in links(engine, rows) if link[2] == "phone"]) == joins


def test_a_value_that_too_many_hold_joins_nobody_and_is_told(engine: Embedded) -> None:
    rows = [{"name": f"ana, lopez{n % 2}", "email": "tienda@correo.example", "document": "1"} for n in range(6)]
    shared = exact_links(engine, records(engine, rows), model=MODEL, new=None, keyed=None, into="found")
    assert engine.run("FROM found") == []
    assert [(s.identifier, s.values, s.records, s.most) for s in shared] == [("document", 1, 6, 5), ("email", 1, 6, 5)]


def test_up_to_the_most_all_pairs_are_joined(engine: Embedded) -> None:
    found = links(engine, [{"name": "ana, lopez", "document": "52123456"} for _ in range(5)])
    assert [link[:2] for link in found] == [(a, b) for a in range(1, 6) for b in range(a + 1, 6)]
    times = engine.run('SELECT DISTINCT high, CAST("at" AS VARCHAR) FROM found ORDER BY 1')
    assert times[0] == (2, "2026-01-02 00:00:00")


def test_only_pairs_with_a_new_record(engine: Embedded) -> None:
    rows = [{"document": "52123456"} for _ in range(4)]
    engine.run("CREATE TEMP TABLE new AS SELECT 3 AS customer")
    assert [link[:2] for link in links(engine, rows, new="new")] == [(1, 3), (2, 3), (3, 4)]


def test_an_identifier_that_never_joins(engine: Embedded) -> None:
    never = {**MODEL.identifiers, "document": replace(MODEL.identifiers["document"], joins="never")}
    assert links(engine, [{"document": "52123456"}] * 2, model=replace(MODEL, identifiers=never)) == []


def test_a_key_of_another_system_joins_the_customer_it_names(engine: Embedded) -> None:
    shop = int(str(engine.value(f"SELECT {surrogate(literal('shop'), literal('K7'))}")))
    table = records(engine, [{"id_shop_key": "K7"}, {"id_shop_key": "K8"}, {"id_shop_key": "K7"}])
    assert key_pairs(engine, table, model=MODEL, known=f"SELECT {shop} AS customer", into="keyed") == []
    assert engine.run("SELECT low, high FROM keyed ORDER BY ALL") == [(1, 3), (1, shop), (3, shop)]
    exact_links(engine, table, model=MODEL, new=None, keyed="keyed", into="found")
    assert engine.run('SELECT low, high, reason, day("at") FROM found ORDER BY ALL') == [
        (1, 3, None, 3),
        (1, shop, None, 1),
        (3, shop, None, 3),
    ]
    many = records(engine, [{"id_shop_key": "K7"} for _ in range(6)])
    shared = key_pairs(engine, many, model=MODEL, known=f"SELECT {shop} AS customer", into="keyed")
    assert [(s.identifier, s.records) for s in shared] == [("shop_key", 6)]
    assert engine.run("FROM keyed") == []


@pytest.mark.parametrize(
    ("before", "now", "crosses"), [(5, 6, True), (6, 5, True), (4, 5, False), (6, 7, False), (5, 5, False)]
)
def test_a_value_put_over_or_under_the_most_is_noticed(engine: Embedded, before: int, now: int, crosses: bool) -> None:
    was = records(engine, [{"document": "52123456"} for _ in range(before)] or [{}], table="was")
    table = records(engine, [{"document": "52123456"} for _ in range(now)] + [{"document": "999999"}])
    engine.run(
        f"CREATE TEMP TABLE new AS SELECT unnest(range({min(before, now) + 1}, {max(before, now) + 1})) AS customer"
    )
    options: dict[str, Any] = {"new": "new", "before": was, "moved": "moved"}
    exact_links(engine, table, model=MODEL, keyed=None, into="found", **options)
    known = range(1, min(before, now) + 1)
    moved = {(one, two) for one in known for two in known if one < two} if crosses else set()
    assert set(engine.run("SELECT low, high FROM moved")) == moved
    found = {(low, high) for low, high in engine.run("SELECT low, high FROM found") if high in known}
    assert found == (moved if now < before else set())


def test_nobody_s_name_stands_in_what_agreed(engine: Embedded) -> None:
    links(engine, [{"name": "ana, lopez", "document": "52123456"}, {"name": "ana, lopez", "document": "52123456"}])
    assert engine.run("SELECT agreed FROM found") == [('{"document": "same", "name": "same"}',)]


@pytest.mark.parametrize(
    ("one", "two", "apart"),
    [
        ("52123456", "52123456", False),
        ("52123456", "52123956", False),
        ("52123456", "5212356", False),
        ("52123456", "52124356", False),
        ("52123456", "52123965", True),
        ("52123456", None, False),
        (None, None, False),
    ],
)
def test_documents_are_apart_by_more_than_a_slip(engine: Embedded, one: str | None, two: str | None, apart: bool):
    sides = f"(SELECT {literal(one)}::VARCHAR AS one, {literal(two)}::VARCHAR AS two)"
    assert engine.value(f"SELECT {documents_apart('one', 'two')} FROM {sides}") is apart


@pytest.mark.parametrize(
    ("one", "two", "apart"),
    [
        ("1980-04-09", "1980-04-09", False),
        ("1980-04-09", "1980-09-04", False),
        ("1980-04-09", "1981-04-09", False),
        ("1980-04-09", "1980-04-19", False),
        ("1980-04-09", "1908-04-09", False),
        ("1980-04-09", "1981-04-19", True),
        ("1980-04-09", "1981-09-04", True),
        ("1980-04-09", None, False),
    ],
)
def test_birth_dates_are_apart_by_more_than_a_slip(engine: Embedded, one: str, two: str | None, apart: bool):
    sides = f"(SELECT {literal(one)}::DATE AS one, {literal(two)}::DATE AS two)"
    assert engine.value(f"SELECT {born_apart('one', 'two')} FROM {sides}") is apart
