"""Amounts in other currencies: converted by the rate of their local day, exactly, or put into the quarantine."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from promesa.errors import LoadFailed
from promesa.store import quarantine_list, quarantine_replay
from tests.store.companies import NOON, Company, company

if TYPE_CHECKING:
    from pathlib import Path

ORDERS = 'SELECT id, "at", customer, revenue, cost, currency FROM facts'
RATES = {"USD": ((date(2026, 1, 1), Decimal("0.9")), (date(2026, 3, 1), Decimal("0.85005")))}
TEXT = dict.fromkeys(("id", "at", "customer", "revenue", "cost", "currency"), "text")


def shop_of(tmp_path: Path, *, sql: str = ORDERS, table: str = "orders", rates: Any = RATES) -> Company:
    shop = company(tmp_path, loads={f"{table}.shop": sql}, sources={"facts": {"types": TEXT}})
    shop.ws = replace(shop.ws, rates=rates)
    return shop


def order(number: int, **changes: object) -> dict[str, object]:
    base: dict[str, object] = {
        "id": f"o{number}", "at": "2026-02-01 10:00:00", "customer": f"c{number}", "revenue": "10", "cost": "",
        "currency": "",
    }  # fmt: skip
    return {**base, **changes}


def test_each_row_is_converted_by_the_rate_of_its_local_day(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    shop.write(
        "facts.csv",
        [
            order(0),
            order(1, currency="EUR", cost="4"),
            order(2, currency=" usd ", cost="4"),
            order(3, currency="USD", at="2026-02-28 23:59:59"),
            order(4, currency="USD", at="2026-03-01 00:00:00"),
            order(5, currency="USD", revenue="-10"),
        ],
    )
    report = shop.load()
    assert not report.loads[0].quarantined
    assert shop.live("orders", "id, revenue, cost, currency, rate") == [
        ("o0", Decimal(10), None, None, None),
        ("o1", Decimal(10), Decimal(4), "EUR", None),
        ("o2", Decimal(9), Decimal("3.6"), "USD", 0.9),
        ("o3", Decimal(9), None, "USD", 0.9),
        ("o4", Decimal("8.5005"), None, "USD", 0.85005),
        ("o5", Decimal(-9), None, "USD", 0.9),
    ]


def test_a_row_without_a_rate_waits_for_it(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    rows = [order(0, currency="USD", at="2025-12-31 10:00:00"), order(1, currency="GBP"), order(2, currency="USD")]
    shop.write("facts.csv", rows)
    assert dict(shop.load().loads[0].quarantined) == {"no-rate": 2}
    items = sorted(quarantine_list(shop.ws), key=lambda item: str(item.value))
    assert [(item.column, item.value) for item in items] == [
        ("currency", "GBP 2026-02-01"),
        ("currency", "USD 2025-12-31"),
    ]
    assert '[rates.GBP] "2026-02-01"' in str(items[0].fix)
    assert "promesa quarantine replay" in str(items[0].fix)
    shop.ws = replace(shop.ws, rates={**RATES, "GBP": ((date(2025, 1, 1), Decimal("1.2")),)})
    quarantine_replay(shop.ws, recorded_at=NOON.replace(minute=5))
    assert shop.live("orders", "id, revenue, rate") == [("o1", Decimal(12), 1.2), ("o2", Decimal(9), 0.9)]


def test_a_changed_rate_is_a_correction(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    shop.write("facts.csv", [order(0, currency="USD"), order(1)])
    shop.load()
    assert shop.load().loads[0].skipped
    shop.ws = replace(shop.ws, rates={"USD": ((date(2026, 1, 1), Decimal("0.8")),)})
    count = shop.load().loads[0]
    assert (count.corrected, count.unchanged) == (1, 1)
    assert shop.live("orders", "revenue, rate")[0] == (Decimal(8), 0.8)
    assert shop.history("orders", "revenue, rate") == [(Decimal(9), 0.9)]


def test_load_files_that_give_no_currency_are_as_they_were(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, sql='SELECT id, "at", customer, revenue FROM facts')
    shop.write("facts.csv", [order(0, currency="USD")])
    shop.load()
    assert shop.live("orders", "revenue, currency, rate") == [(Decimal(10), None, None)]
    shop.ws = replace(shop.ws, rates={})
    assert shop.load().loads[0].skipped


@pytest.mark.parametrize(
    ("table", "columns"),
    [("costs", "amount"), ("spend", "amount, 'ads' AS purpose"), ("moments", "cost, 'call' AS touchpoint")],
)
def test_every_table_with_money_takes_a_currency(tmp_path: Path, table: str, columns: str) -> None:
    amount, _, rest = columns.partition(", ")
    more = f", {rest}" if rest else ""
    shop = shop_of(
        tmp_path, table=table, sql=f'SELECT id, "at", customer, revenue AS {amount}, currency{more} FROM facts'
    )
    shop.write("facts.csv", [order(0, currency="USD")])
    shop.load()
    assert shop.live(table, f"{amount}, rate") == [(Decimal(9), 0.9)]


def test_a_load_file_cannot_give_the_rate(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, sql=ORDERS.replace("currency", "currency, 1 AS rate"))
    shop.write("facts.csv", [order(0)])
    with pytest.raises(LoadFailed, match="'rate'"):
        shop.load()


def test_an_account_that_nobody_declared_goes_to_the_quarantine(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, table="costs", sql='SELECT id, "at", revenue AS amount, currency AS account FROM facts')
    shop.write("facts.csv", [order(0), order(1, currency="rent")])
    assert dict(shop.load().loads[0].quarantined) == {"unknown-account": 1}


def test_amounts_are_those_of_exact_decimals(tmp_path: Path) -> None:
    chance = Random(4)
    days = {date(2026, 1, 1) + timedelta(days=n): round(Decimal(chance.uniform(1e-4, 3)), 10) for n in range(90)}
    usual = [*days]
    days[date(2026, 4, 15)] = Decimal("0.00005")  # halves of the last digit
    days[date(2026, 4, 16)] = Decimal(5_000_000)
    shop = shop_of(tmp_path, rates={"USD": tuple(sorted(days.items()))})
    rows = [
        order(
            n,
            currency="USD",
            at=f"{chance.choice(usual)} 12:00:00",
            revenue=str(Decimal(chance.randrange(-(10**9), 10**9)) / chance.choice([1, 10, 100, 10_000])),
        )
        for n in range(300)
    ]
    rows += [order(400 + n, currency="USD", at="2026-04-15 09:00:00", revenue=str(n)) for n in range(-9, 9)]
    rows.append(order(999, currency="USD", at="2026-04-16 09:00:00", revenue="99999999"))
    shop.write("facts.csv", rows)
    assert dict(shop.load().loads[0].quarantined) == {"too-large": 1}
    told = dict(shop.live("orders", "id, revenue"))
    for row in rows[:-1]:
        rate = days[date.fromisoformat(str(row["at"])[:10])]
        exact = (Decimal(str(row["revenue"])) * rate).quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN)
        assert told[row["id"]] == exact, row
