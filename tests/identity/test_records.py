"""Records: one row a customer, of each field the newest usable value, whatever the order of the rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from promesa.engine import Embedded
from promesa.identity import records
from promesa.identity.records import RECORD_COLUMNS, left_out, make_records, record_columns
from promesa.workspace import Identifier, Label
from tests.drawn import cases

from .profiles import NOON, ignoring, model, put_profiles, records_of

CARD = Identifier(name="card", label=Label(es="tarjeta", en="card"), kind="number", joins="alone")
KEY = Identifier(name="shop", label=Label(es="tienda", en="shop"), kind="key", joins="alone", system="tienda")
OTHER_PHONE = Identifier(name="mobile", label=Label(es="móvil", en="mobile"), kind="phone", joins="never")
EARLIER = NOON - timedelta(days=1)


def test_the_columns_are_those_of_the_model():
    of = model(CARD, KEY, compare=("city",))
    also = (("trait_city", "text"), ("id_card", "text"), ("id_shop", "text"))
    assert record_columns(of) == RECORD_COLUMNS + also
    engine = Embedded(threads=1)
    make_records(engine, of, profiles=put_profiles(engine, [{}], ("card", "shop")), into="records")
    types = {"whole": "BIGINT", "time": "TIMESTAMP", "text": "VARCHAR", "day": "DATE"}
    assert engine.columns("SELECT * FROM records") == [(name, types[kind]) for name, kind in record_columns(of)]


def test_each_field_is_the_newest_that_is_usable():
    [record], left = records_of([
        {"customer": 1, "at": EARLIER, "name": "Ana Ruiz Gómez", "email": "ana@correo.example", "phone": "3007654321"},
        {"customer": 1, "at": NOON, "name": "Ana López", "email": "no@tiene.com", "phone": None},
    ])  # fmt: skip
    assert record["at"] == EARLIER  # a link is as old as its younger record
    assert (record["name"], record["surname"], record["surname_2"]) == ("ana lopez", "lopez", None)
    assert (record["email"], record["email_user"], record["phone"]) == ("ana@correo.example", "ana", "+573007654321")
    assert left == [{"field": "email", "reason": "placeholder", "records": 1}]


def test_of_rows_of_one_instant_the_last_source_and_id_count():
    rows = [
        {"customer": 1, "source": "b", "id": "1", "document": "5555551"},
        {"customer": 1, "source": "a", "id": "9", "document": "5555552"},
        {"customer": 1, "source": "b", "id": "0", "document": "5555553"},
    ]
    assert records_of(rows)[0][0]["document"] == "5555551"


def test_own_identifiers_and_traits():
    rows = [{"card": "00-12 34 56a", "shop": " T007 ", "mobile": "300 765 4321", "city": " BOGOTÁ,  D.C. "}]
    of = model(CARD, KEY, OTHER_PHONE, compare=("city",))
    [record], _ = records_of(rows, of=of, also=("card", "shop", "mobile"))
    assert (record["id_card"], record["id_shop"], record["id_mobile"]) == ("123456A", "T007", "+573007654321")
    assert (record["trait_city"], record["phone"]) == ("bogota d c", None)


def test_ignored_values_are_compared_as_they_read_when_comparable():
    of = model(
        ignoring("email", "Tienda@Correo.example"), ignoring("phone", "300 765 4321"),
        ignoring("document", "CC 7.777.771"), replace(KEY, ignore=("T0",)), country_trait="country",
    )  # fmt: skip
    rows = [
        {"email": "tienda+1@correo.example", "phone": "+573007654321", "document": "7777771", "shop": "T0"},
        {"email": "ana@correo.example", "phone": "3007654322", "document": "7777772", "shop": "T1"},
        {"phone": "+34 612345679", "country": "España"},
    ]
    records, left = records_of(rows, of=of, also=("shop",))
    assert [records[0][field] for field in ("email", "phone", "document", "id_shop")] == [None] * 4
    assert [records[1][field] for field in ("phone", "document", "id_shop")] == ["+573007654322", "7777772", "T1"]
    assert records[2]["phone"] == "+34612345679"
    assert {row["field"] for row in left} == {"email", "phone", "document", "id_shop"}
    assert {row["reason"] for row in left} == {"ignored"}


def test_no_rows_and_no_columns():
    engine = Embedded(threads=1)
    assert make_records(engine, model(), profiles=put_profiles(engine, []), into="records") == []
    assert engine.value("SELECT count(*) FROM records") == 0
    bare = "SELECT 7::BIGINT AS customer, TIMESTAMP '2026-01-01' AS \"at\""
    assert make_records(engine, model(compare=("city",), country_trait="country"), profiles=bare, into="records") == []
    [row] = engine.run("SELECT * FROM records")
    assert row == (7, datetime(2026, 1, 1), *[None] * (len(RECORD_COLUMNS) - 1))


def test_rows_without_a_customer_have_no_record():
    assert [record["customer"] for record in records_of([{"customer": None, "name": "Ana"}, {"customer": 3}])[0]] == [3]


def test_nothing_stays_behind_and_left_out_says_the_same():
    engine = Embedded(threads=1)
    rows = [{"customer": 1, "name": "x"}, {"customer": 1, "name": "TEST"}, {"customer": 2, "phone": "0000000"}]
    profiles = put_profiles(engine, rows)
    told = make_records(engine, model(), profiles=profiles, into="records")
    assert told == left_out(engine, model(), profiles=f"SELECT * FROM {profiles}")
    assert told == [
        {"field": "name", "reason": "one letter", "records": 1},
        {"field": "name", "reason": "placeholder", "records": 1},
        {"field": "phone", "reason": "placeholder", "records": 1},
    ]
    tables = {str(name) for (name,) in engine.run("SELECT table_name FROM duckdb_tables()")}
    assert not {name for name in tables if "left_out" in name or "many" in name or "rows" in name}


ROW = st.fixed_dictionaries({
    "customer": st.integers(1, 4),
    "at": st.sampled_from([EARLIER, NOON]),
    "source": st.sampled_from(["crm", "tienda"]),
    "name": st.sampled_from(["Ana Ruiz", "Pepe Pérez Gómez", "x", None, "García Muñoz, María José"]),
    "email": st.sampled_from(["ana@correo.example", "no@tiene.com", None]),
    "phone": st.sampled_from(["3007654321", "+34 612345679", "0", None]),
    "address": st.sampled_from(["Cl 45 # 12-34, 110231", "Plaza Mayor", None]),
    "city": st.sampled_from(["Bogotá", "n/a", None]),
})  # fmt: skip
ENGINE = Embedded(threads=1)
OF = model(compare=("city",))


@settings(max_examples=cases(3))
@given(st.lists(ROW, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_other_customers_change_nothing(rows, random):
    rows = [{**row, "id": str(number)} for number, row in enumerate(rows)]
    expected, left = records_of(rows, of=OF, engine=ENGINE)
    assert [record["customer"] for record in expected] == sorted({row["customer"] for row in rows})
    shuffled = random.sample(rows, len(rows))
    assert records_of(shuffled, of=OF, engine=ENGINE) == (expected, left)
    alone = [record for record in expected if record["customer"] == rows[0]["customer"]]
    own = [row for row in rows if row["customer"] == rows[0]["customer"]]
    assert records_of(own, of=OF, engine=ENGINE)[0] == alone


def test_many_rows_are_read_in_one_statement_as_few_in_steps(monkeypatch):
    names = ("Ana Ruiz", "Gómez, Luz", "x", None)
    rows = [
        {"customer": n // 2, "id": str(n), "name": name, "phone": f"30076543{n:02d}", "address": f"Cl 45 # {n}-34"}
        for n, name in enumerate(names * 2)
    ]
    in_steps = records_of(rows, of=OF, engine=ENGINE)
    monkeypatch.setattr(records, "FEW", len(rows) - 1)
    assert records_of(rows, of=OF, engine=ENGINE) == in_steps
    assert len(in_steps[0]) == len(names)
    held = ENGINE.run("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'promesa_with%'")
    assert held == [], "no row is held longer than it is read"
