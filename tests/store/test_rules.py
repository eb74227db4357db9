"""Bad rows: each goes to the quarantine by its rule, and the others come through."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from promesa.errors import LoadFailed
from promesa.store import quarantine_list
from promesa.workspace import Channel
from tests.store.companies import MOMENTS, Company, company, label, model, moment

if TYPE_CHECKING:
    from pathlib import Path

WITH_COST = MOMENTS.replace("days_late", "days_late, cost AS cost")
OPINIONS = 'SELECT id, "at", customer, concept, score, scale_min, scale_max, text FROM facts'


def shop_of(tmp_path: Path, sql: str = MOMENTS, table: str = "moments", **types: str) -> Company:
    return company(tmp_path, loads={f"{table}.shop": sql}, sources={"facts": {"types": types}})


def opinion(number: int, **changes: object) -> dict[str, object]:
    row = {"concept": "stars", "score": "4", "scale_min": "", "scale_max": "", "text": "bien"}
    base = {key: value for key, value in moment(number).items() if key in {"id", "at", "customer"}}
    return {**base, **row, **changes}


@pytest.mark.parametrize(
    ("changes", "rule", "column"),
    [
        ({"customer": ""}, "missing-customer", "customer"),
        ({"id": ""}, "missing-id", "id"),
        ({"at": ""}, "missing-at", "at"),
        ({"touchpoint": ""}, "missing-touchpoint", "touchpoint"),
        ({"touchpoint": "delivry"}, "unknown-touchpoint", "touchpoint"),
        ({"at": "2026-07-01 00:00:00"}, "future-date", "at"),
        ({"days_late": "tres"}, "not-a-number", "days_late"),
        ({"days_late": "inf"}, "not-a-number", "days_late"),
        ({"days_late": "1,5"}, "not-a-number", "days_late"),
        ({"cost": "-1"}, "negative", "cost"),
        ({"cost": "1e15"}, "too-large", "cost"),
        ({"cost": "gratis"}, "not-a-number", "cost"),
        ({"at": "31/02/2026"}, "not-a-time", "at"),
        ({"at": "2026-02-31"}, "not-a-time", "at"),
        ({"at": "infinity"}, "not-a-time", "at"),
    ],
)
def test_bad_moment(tmp_path: Path, changes: dict[str, object], rule: str, column: str) -> None:
    # Every column as text, as a source gives it whose kinds could not be told.
    types = dict.fromkeys(("id", "at", "customer", "touchpoint", "days_late", "cost"), "text")
    shop = shop_of(tmp_path, WITH_COST, **types)
    shop.write("facts.csv", [moment(0, cost="2"), moment(1, **{"cost": "1", **changes}), moment(2, cost="")])
    count = shop.load().loads[0]
    assert (count.read, count.accepted, dict(count.quarantined)) == (3, 2, {rule: 1})
    (item,) = quarantine_list(shop.ws)
    assert (item.rule, item.column, item.row, item.load) == (rule, column, 2, "moments.shop")
    assert item.file == "load/moments.shop.sql"
    assert item.explanation("es") != item.rule != item.explanation("en")


def test_every_fault_of_a_row_is_told(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, days_late="text")
    shop.write("facts.csv", [moment(0, customer="", touchpoint="x", days_late="y")])
    assert shop.load().quarantined == {"missing-customer": 1}
    (item,) = quarantine_list(shop.ws)
    assert [fault[0] for fault in item.faults] == ["missing-customer", "unknown-touchpoint", "not-a-number"]


def test_nearest_name_is_offered(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    shop.write("facts.csv", [moment(0, touchpoint="delivry")])
    shop.load()
    assert quarantine_list(shop.ws)[0].fix == "did you mean 'delivery'?"


@pytest.mark.parametrize("score", ["0", "5.5", "-1"])
def test_score_off_the_declared_scale(tmp_path: Path, score: str) -> None:
    shop = shop_of(tmp_path, OPINIONS, "opinions", scale_min="number", scale_max="number")
    shop.write("facts.csv", [opinion(0, score=score), opinion(1), opinion(2, score="")])
    count = shop.load().loads[0]
    assert (count.accepted, dict(count.quarantined)) == (2, {"score-off-scale": 1})
    assert shop.live("opinions", "score, scale_min, scale_max") == [(4.0, 1.0, 5.0), (None, 1.0, 5.0)]


def test_scale_of_the_row_goes_before_the_declared_one(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, OPINIONS, "opinions")
    shop.write(
        "facts.csv",
        [
            opinion(0, score="9", scale_min="0", scale_max="10"),
            opinion(1, score="9", scale_max="10"),
            opinion(2, score="11", scale_min="0", scale_max="10"),
            opinion(3, score="3", scale_min="5", scale_max="1"),
            opinion(4, concept="fun"),
        ],
    )
    assert shop.load().quarantined == {"score-off-scale": 1, "bad-scale": 1, "unknown-concept": 1}
    assert shop.live("opinions", "score, scale_min, scale_max") == [(9.0, 0.0, 10.0), (9.0, 1.0, 10.0)]


def test_opinion_without_customer_and_without_answer_is_sound(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, OPINIONS, "opinions", score="number", text="text")
    shop.write("facts.csv", [opinion(0, customer="", score="", text="")])
    assert shop.load().loads[0].accepted == 1
    assert shop.live("opinions", "customer, score, text") == [(None, None, None)]


def test_channels_are_checked_once_any_is_declared(tmp_path: Path) -> None:
    sql = MOMENTS.replace("days_late", "channel")
    for folder, channels, wanted in (("a", {}, {}), ("b", {"web": Channel(name="web", label=label("web"))}, 1)):
        shop = company(tmp_path / folder, loads={"moments.shop": sql}, model=model(channels=channels))
        shop.write("facts.csv", [moment(0, channel="wbe"), moment(1, channel="")])
        assert shop.load().quarantined == ({"unknown-channel": wanted} if wanted else {})


def test_purpose_of_spend_is_checked_and_of_consents_is_not(tmp_path: Path) -> None:
    shop = company(
        tmp_path,
        loads={
            "spend.books": "SELECT id, \"at\", 'adds' AS purpose, 1 AS amount FROM facts",
            "consents.crm": "SELECT id, \"at\", customer, 'newsletter' AS purpose, 'sí' AS granted FROM facts",
        },
    )
    shop.write("facts.csv", [moment(0)])
    report = shop.load()
    assert report.quarantined == {"unknown-purpose": 1}
    assert shop.live("consents", "purpose, granted") == [("newsletter", True)]


def test_values_take_the_kinds_of_the_table(tmp_path: Path) -> None:
    shop = company(
        tmp_path,
        loads={
            "profiles.crm": """SELECT id, DATE '2026-01-01' AS "at", 12.0::DOUBLE AS customer, name,
                DATE '1980-02-29' AS birth_date, 'norte' AS region FROM facts""",
            "orders.shop": """SELECT id, TIMESTAMP '2026-01-01 10:00' AS "at", 12 AS customer, 'crm' AS customer_source,
                10.123456 AS revenue, 2.00005::DOUBLE AS cost, true AS quantity FROM facts""",
        },
    )
    shop.write("facts.csv", [{"id": "a", "name": 'Ñandú, "Ana"'}])
    assert shop.load().quarantined == {}
    assert shop.live("profiles", "name, birth_date, region") == [('Ñandú, "Ana"', date(1980, 2, 29), "norte")]
    assert shop.live("orders", "revenue, cost, quantity") == [(Decimal("10.1235"), Decimal("2.0001"), 1.0)]
    # 12.0 is the key 12 that a column with gaps turned into a float.
    assert shop.live("profiles", "customer") == shop.live("orders", "customer")


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (MOMENTS.replace("customer, ", ""), "'customer'"),
        (MOMENTS.replace("touchpoint", "touchpoint AS touch_point"), "'touch_point'"),
        (MOMENTS.replace("days_late", "days_late AS dayslate"), "'dayslate'"),
        (MOMENTS.replace("days_late", "now() AS recorded_at"), "'recorded_at'"),
        (MOMENTS.replace('"at"', 'id AS id, 1.5 AS "at"'), "'id_1'"),
        (MOMENTS.replace('"at"', '1.5 AS "at"'), "'at'"),
        (MOMENTS.replace("facts", "fact, facts"), "moments.shop.sql"),
        (MOMENTS.replace("days_late", "days"), "moments.shop.sql"),
        (MOMENTS + " WHERE CAST(customer AS INTEGER) > 0", "moments.shop.sql"),
    ],
)
def test_a_load_file_that_does_not_fit(tmp_path: Path, sql: str, told: str) -> None:
    shop = shop_of(tmp_path, sql)
    shop.write("facts.csv", [moment(0, customer="Ana Pérez")])
    with pytest.raises(LoadFailed) as error:
        shop.load()
    assert error.value.code == "load-failed"
    assert told in str(error.value)
    assert "Ana" not in str(error.value)
    assert not shop.live("moments")


def test_unknown_column_names_the_nearest(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, MOMENTS.replace("days_late", "days_late AS dayslate"))
    shop.write("facts.csv", [moment(0)])
    with pytest.raises(LoadFailed) as error:
        shop.load()
    assert "days_late" in error.value.fix


def test_one_bad_load_file_stores_none_of_the_run(tmp_path: Path) -> None:
    shop = company(tmp_path, loads={"moments.shop": MOMENTS, "moments.web": MOMENTS.replace("id,", "")})
    shop.write("facts.csv", [moment(0)])
    with pytest.raises(LoadFailed):
        shop.load()
    assert not shop.live("moments")
