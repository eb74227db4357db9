"""truth.json against a recount of the written files by plain SQL."""

from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from tests.simulate.warehouse import Warehouse

RULES = {  # as in model.toml, with local days taken by DuckDB in the company's zone
    "arrives_by_date": ("delivery", "CAST(delivered AS DATE) <= CAST(promised AS DATE)"),
    "answered_in_2_minutes": ("phone_support", "wait_minutes <= 2"),
    "in_stock_online": ("online_checkout", "in_stock = 1"),
    "pickup_in_2_hours": ("pickup", "pickup_hours <= 2"),
    "bill_is_right": ("invoice", "bill_right = 1"),
    "refund_in_10_days": ("refund", "CAST(delivered AS DATE) <= CAST(promised AS DATE)"),
}
FAR = "TIMESTAMP '2100-01-01'"


@pytest.fixture(scope="module")
def files(company: Path) -> Warehouse:
    warehouse = Warehouse(company)
    warehouse.db.execute(f"CREATE TABLE all_moments AS SELECT * FROM {warehouse.moments()}")
    warehouse.db.execute(
        f"""CREATE TABLE moments AS SELECT DISTINCT * FROM all_moments
        WHERE "at" < {FAR} AND customer IS NOT NULL AND touchpoint <> 'Quiosco digital'"""
    )
    warehouse.db.execute(f"CREATE TABLE opinions AS SELECT DISTINCT * FROM {warehouse.load('opinions.encuestas')}")
    return warehouse


def test_ids_are_unique(files: Warehouse) -> None:
    assert files.one("SELECT count(*) - count(DISTINCT id) FROM moments") == 0
    assert files.one("SELECT count(*) - count(DISTINCT id) FROM opinions") == 0


def test_moments_by_touchpoint(files: Warehouse, truth: dict[str, Any]) -> None:
    lived = "NOT (promised IS NOT NULL AND delivered IS NULL)"
    counted = dict(files.rows(f"SELECT touchpoint, count(*) FROM moments WHERE {lived} GROUP BY 1"))
    assert counted == {name: count for name, count in truth["moments"].items() if count}


def test_parcels_leave_no_later_after_the_bill_in_winter(files: Warehouse) -> None:
    waits = files.rows(
        """SELECT epoch(d."at" - b."at") / 3600 FROM moments AS b JOIN moments AS d ON d.journey = b.journey
        WHERE b.touchpoint = 'invoice' AND d.touchpoint = 'dispatch'"""
    )
    others = [hours for (hours,) in waits if abs(hours - 11.2) > 0.01]
    assert len(others) < 0.01 * len(waits)  # the nights in which clocks change


@pytest.mark.parametrize("promise", RULES)
def test_commitments(files: Warehouse, truth: dict[str, Any], promise: str) -> None:
    touchpoint, kept = RULES[promise]
    open_ = "(promised IS NOT NULL AND delivered IS NULL)"
    end = f"DATE '{truth['window']['end']}'"
    released = "outcome IS NOT DISTINCT FROM 'cancelled' AS released"
    made = f"SELECT *, {released} FROM moments WHERE touchpoint = '{touchpoint}'"
    broken = f"CASE WHEN {open_} THEN CAST(promised AS DATE) <= {end} ELSE NOT {kept} END"
    counts = files.rows(
        f"""SELECT count(*) FILTER (NOT released AND NOT {open_} AND {kept}),
            count(*) FILTER (NOT released AND {broken}),
            count(*) FILTER (NOT released AND {open_} AND CAST(promised AS DATE) > {end}),
            count(*) FILTER (released) FROM ({made})"""
    )[0]
    expected = truth["promises"][promise]
    assert counts == tuple(expected[name] for name in ("kept", "broken", "not_yet_due", "released"))


def test_elements(files: Warehouse, truth: dict[str, Any]) -> None:
    for name, expected in truth["elements"].items():
        count, mean = files.rows(f"SELECT count({name}), avg({name}) FROM moments")[0]
        assert count == expected["n"], name
        # Freight is written in whole pesos or cents, so its share differs in the sixth decimal.
        assert mean == pytest.approx(expected["mean"], rel=1e-3 if name == "freight_share" else 1e-9), name


def test_surveys(files: Warehouse, truth: dict[str, Any]) -> None:
    concepts = {
        "expectation": "expectation",
        "ease": "ces",
        "purchase": "csat",
        "emotion": "emotion",
        "memory": "memory",
    }
    for survey, concept in concepts.items():
        found = files.rows(f"SELECT count(*), count(score), avg(score) FROM opinions WHERE concept = '{concept}'")[0]
        expected = truth["surveys"][survey]
        assert found[:2] == (expected["asked"], expected["answers"]), survey
        assert found[2] == pytest.approx(expected["mean"])
    top = files.one(
        "SELECT avg(CASE WHEN score >= 4 THEN 1.0 ELSE 0 END) FROM opinions WHERE concept='csat' AND score > 0"
    )
    assert top == pytest.approx(truth["surveys"]["purchase"]["top_box"])
    nps = "avg(CASE WHEN score >= 9 THEN 100.0 WHEN score <= 6 THEN -100.0 ELSE 0 END)"
    assert files.one(f"SELECT {nps} FROM opinions WHERE concept = 'nps' AND score IS NOT NULL") == pytest.approx(
        truth["surveys"]["purchase"]["nps"]
    )
    touched = files.one("SELECT count(*) FROM opinions WHERE concept = 'service_score' AND score <= 5")
    assert touched == truth["surveys"]["delivery"]["answers"] + truth["surveys"]["contact"]["answers"]


def test_money(files: Warehouse, truth: dict[str, Any]) -> None:
    orders, revenue, cost = files.rows(f"SELECT count(*), sum(revenue), sum(cost) FROM {files.load('orders.tienda')}")[
        0
    ]
    assert orders == truth["money"]["orders"]
    assert revenue == pytest.approx(truth["money"]["revenue"])
    assert cost == pytest.approx(truth["money"]["cost_of_goods"])


def test_returns(files: Warehouse, truth: dict[str, Any]) -> None:
    persons = parquet.read_table(files.folder / "truth" / "true_persons.parquet").to_pandas()
    files.db.register("persons", persons[persons["sistema"] == "tienda"])
    found = files.rows(
        f"""WITH placed AS (
          SELECT persona, "at", epoch(lead("at") OVER (PARTITION BY persona ORDER BY "at") - "at") / 86400 AS gap
          FROM {files.load("orders.tienda")} JOIN persons ON clave = customer)
        SELECT count(*), avg(CASE WHEN gap <= 90 THEN 1.0 ELSE 0 END) FROM placed
        WHERE "at" <= (DATE '{truth["window"]["end"]}' + 1) - INTERVAL 90 DAY"""
    )[0]
    assert found[0] == pytest.approx(truth["returns"]["realised"]["n"], abs=3)  # Madrid's day ends before Bogotá's
    assert found[1] == pytest.approx(truth["returns"]["realised"]["mean"], abs=2e-3)


def test_dirt(files: Warehouse, truth: dict[str, Any]) -> None:
    dirt = truth["dirt"]
    assert files.bad_cells["turnos"] == dirt["text_in_number"]["turnos"] > 0
    assert files.bad_cells["facturas"] == dirt["impossible_date"]["facturas"] > 0
    assert sum(files.bad_cells.values()) == files.bad_cells["turnos"] + files.bad_cells["facturas"]
    counts = {
        "unknown_touchpoint.turnos": "SELECT count(*) FROM all_moments WHERE touchpoint = 'Quiosco digital'",
        "missing_customer.contactos": "SELECT count(*) FROM all_moments WHERE customer IS NULL",
        "future_date.sesiones": f'SELECT count(*) FROM all_moments WHERE "at" >= {FAR} - INTERVAL 50 YEAR',
        "off_scale.respuestas": "SELECT count(*) FROM opinions WHERE concept = 'service_score' AND score > 5",
        "negative_amount.inversion": f"SELECT count(*) FROM {files.load('spend.mercadeo')} WHERE amount < 0",
        "typos.clientes": "SELECT count(*) FROM clientes WHERE id_cliente LIKE 'C9%'",
    }
    for name, sql in counts.items():
        rule, source = name.split(".")
        assert files.one(sql) == dirt[rule][source] > 0, name


@pytest.mark.parametrize("source", ["pedidos_colombia", "pedidos_espana", "contactos", "respuestas", "sesiones"])
def test_duplicates(files: Warehouse, truth: dict[str, Any], source: str) -> None:
    repeated = files.one(f"SELECT count(*) - (SELECT count(*) FROM (SELECT DISTINCT * FROM {source})) FROM {source}")
    assert repeated == truth["dirt"]["duplicates"][source] > 0


@pytest.mark.parametrize(
    ("source", "key", "column"),
    [
        ("pedidos_colombia", "pedido", "total"),
        ("pedidos_espana", "pedido", "total"),
        ("facturas", "factura", "correcta"),
    ],
)
def test_corrections(files: Warehouse, truth: dict[str, Any], source: str, key: str, column: str) -> None:
    changed = files.one(
        f"""SELECT count(DISTINCT {key}) FROM {source} AS new JOIN {source} AS old USING ({key})
        WHERE new.versión = 2 AND old.versión = 1 AND new.{column} <> old.{column}"""
    )
    assert changed == truth["dirt"]["corrections"][source] > 0


def test_a_touchpoint_appears_and_one_vanishes(files: Warehouse, truth: dict[str, Any]) -> None:
    first = files.one("SELECT min(CAST(\"at\" AS DATE)) FROM moments WHERE touchpoint = 'whatsapp_support'")
    last = files.one("SELECT max(CAST(\"at\" AS DATE)) FROM moments WHERE touchpoint = 'paper_catalogue'")
    assert str(first) >= truth["touchpoints"]["appears"]["first_day"]
    assert str(last) <= truth["touchpoints"]["vanishes"]["last_day"]
