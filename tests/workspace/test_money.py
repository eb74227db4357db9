"""Accounts, minutes and rates: read, checked, and said back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from promesa.workspace import describe

ACCOUNT = '[accounts.fleet]\ntouchpoints = ["delivery"]\nspread = "moments"'


@pytest.mark.parametrize(
    ("added", "key", "told"),
    [
        ('[accounts.fleet]\ntouchpoints = ["delivry"]', "accounts.fleet.touchpoints", "'delivery'"),
        ('[accounts.fleet]\nspread = "moment"', "accounts.fleet.spread", "did you mean 'moments'?"),
        ('[accounts.fleet]\nspread = "moments"', "accounts.fleet.spread", 'spread = "orders"'),
        (ACCOUNT.replace("moments", "minutes"), "accounts.fleet.spread", 'spread = "moments"'),
        (f'{ACCOUNT}\n[accounts.other]\ntouchpoints = ["delivery"]', "accounts.other.touchpoints", "two accounts"),
        ("[accounts.fleet]\nspreads = 1", "accounts.fleet.spreads", "'spread'"),
        ('[accounts."La flota"]', "accounts.La flota", "'la_flota'"),
    ],
)
def test_mistakes_of_accounts(draft, added, key, told):
    draft.add("model.toml", added)
    mistake = draft.only_mistake()
    assert mistake.key == key
    assert told in f"{mistake.what} {mistake.expected} {mistake.fix}"


@pytest.mark.parametrize(
    ("added", "key"),
    [
        ("cost_per_minute = 2", "touchpoints.delivery.minutes"),
        ('minutes = "days_late"', "touchpoints.delivery.cost_per_minute"),
        ('cost_per_minute = 2\nminutes = "waited"', "touchpoints.delivery.minutes"),
        ('cost_per_minute = -2\nminutes = "days_late"', "touchpoints.delivery.cost_per_minute"),
    ],
)
def test_minutes_come_with_their_cost(draft, added, key):
    draft.replace("model.toml", 'stage = "after"', f'stage = "after"\n{added}')
    assert key in {place for _, place in draft.mistakes()}


def test_minutes_are_measured_at_their_touchpoint(draft):
    draft.replace("model.toml", "[elements.days_late]", '[touchpoints.call]\nstage = "after"\nfunction = "logistics"\n'
                  'cost_per_minute = 2\nminutes = "days_late"\n\n[elements.days_late]')  # fmt: skip
    assert draft.only_mistake().key == "touchpoints.call.minutes"


def test_accounts_are_read_and_said_back(draft):
    draft.add("model.toml", f'{ACCOUNT}\n[accounts.office]\nlabel = {{ es = "Oficina", en = "Office" }}')
    workspace = draft.open()
    assert workspace.model.accounts["fleet"].spread == "moments"
    document = describe(workspace).to_document()
    assert document["accounts"][0] == {
        "account": "fleet", "label": "fleet", "touchpoints": "delivery", "spread": "moments"
    }  # fmt: skip
    assert "Oficina, paga ningún" in describe(workspace, "es").text()
    assert "stays with nobody" in describe(workspace, "en").text()


@pytest.mark.parametrize(
    ("added", "key", "told"),
    [
        ('[rates.EURO]\n"2026-01-01" = 1', "rates.EURO", "no such currency"),
        ('[rates.COP]\n"2026-01-01" = 1', "rates.COP", "own currency"),
        ("[rates.EUR]", "rates.EUR", "rate of the first day"),
        ('[rates.EUR]\n"01/01/2026" = 1', "rates.EUR.01/01/2026", "year-month-day"),
        ('[rates.EUR]\n"2026-01-01" = 0', "rates.EUR.2026-01-01", "above 0"),
        ('[rates.EUR]\n"2026-01-01" = "4200"', "rates.EUR.2026-01-01", "without quotes"),
        ('[rates.EUR]\n"2026-01-01" = 1.00000000001', "rates.EUR.2026-01-01", "10 digits"),
        ("[rates]\nEUR = 4200", "rates.EUR", "table of rates"),
    ],
)
def test_mistakes_of_rates(draft, added, key, told):
    draft.add("promesa.toml", added)
    mistake = draft.only_mistake()
    assert mistake.key == key
    assert told in f"{mistake.what} {mistake.expected} {mistake.fix}"


def test_rates_are_read_in_the_order_of_days_and_said_back(draft):
    draft.add("promesa.toml", "[rates.EUR]\n2026-02-01 = 4300\n2026-01-01 = 4200.5\n[rates.USD]\n2026-01-01 = 3900")
    workspace = draft.open()
    assert workspace.rates["EUR"] == ((date(2026, 1, 1), Decimal("4200.5")), (date(2026, 2, 1), Decimal(4300)))
    said = describe(workspace, "en").text()
    assert "EUR: 2 rates, from" in said
    assert "USD: 3900 from" in said
